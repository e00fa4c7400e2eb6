/**
 * Which slices of two cases belong together: those at the same position where the slice distance of both is known, otherwise those
 * at the same fraction of the stack. The middles of the stacks are at the same place, because files rarely state an origin that two
 * examinations have in common; the reader can move one stack against the other.
 */

/** @import { CaseState } from '../core/types.js' */
/**
 * `ratio`: how many slices of the later case one of the earlier case is. `shift`: how far the later stack is moved, in its slices.
 * @typedef {{by: 'position' | 'fraction', ratio: number, shift: number, earlier: Stack, later: Stack}} Link
 */
/** The number of slices, and millimetres between two of them. @typedef {{count: number, distance: number | null}} Stack */
/** The nearest slice. `inside`: the position lies in the stack. @typedef {{index: number, inside: boolean}} Place */
/** @typedef {'earlier' | 'later'} Side */

/** A slice is as thick as the distance to the next one. Rounding errors do not count. */
const HALF = 0.5 + 1e-6;

/** @param {CaseState} earlier @param {CaseState} later @param {number} shift @returns {Link} */
export function linkOf(earlier, later, shift) {
  const [first, second] = [stackOf(earlier), stackOf(later)];
  const planes = [earlier, later].map(({ reading }) => reading.plane ?? null);
  const comparable = planes.includes(null) || planes[0] === planes[1];
  const known = comparable && first.distance !== null && second.distance !== null;
  return {
    by: known ? 'position' : 'fraction',
    ratio: known ? /** @type {number} */ (first.distance) / /** @type {number} */ (second.distance) : second.count / first.count,
    shift,
    earlier: first,
    later: second,
  };
}

/** The place in the other case of a slice of one side. @param {Link} link @param {Side} side @param {number} index @returns {Place} */
export function placeInOther({ ratio, shift, earlier, later }, side, index) {
  const [here, there] = side === 'earlier' ? [earlier, later] : [later, earlier];
  const at = side === 'earlier'
    ? middle(there) + (index - middle(here)) * ratio + shift
    : middle(there) + (index - middle(here) - shift) / ratio;
  return {
    index: Math.min(there.count - 1, Math.max(0, Math.round(at))),
    inside: at >= -HALF && at <= there.count - 1 + HALF,
  };
}

/** Millimetres from the middle of the earlier stack; null where slices are linked by fraction. @param {Link} link @param {Side} side @param {number} index */
export function positionOf({ by, shift, earlier, later }, side, index) {
  if (by === 'fraction') return null;
  const [stack, moved] = side === 'earlier' ? [earlier, 0] : [later, shift];
  return (index - middle(stack) - moved) * /** @type {number} */ (stack.distance);
}

/** The shift after the other stack was moved by some of its slices. @param {Link} link @param {Side} side the one in view @param {number} slices */
export function movedShift({ ratio, shift }, side, slices) {
  return side === 'earlier' ? shift + slices : shift - slices * ratio;
}

/** What slices are linked by, as a sentence. @param {Link} link */
export function describeLink({ by, shift, earlier, later }) {
  const moved = shift === 0 ? '' : `, moved by ${Math.abs(by === 'position' ? shift * /** @type {number} */ (later.distance) : shift).toFixed(1)}\u00a0${by === 'position' ? 'mm' : 'slices'}`;
  if (by === 'position') return `Slices are linked by position, from the middle of each stack${moved}.`;
  const reason = earlier.distance === null || later.distance === null
    ? ' Enter the spacing of both cases under Measure to link them by position.'
    : ' The planes of the two cases are not the same.';
  return `Slices are linked by fraction of the stack${moved}.${reason}`;
}

/** @param {CaseState} open @returns {Stack} */
function stackOf({ slices, spacing, reading }) {
  return { count: slices.length, distance: spacing?.z ?? reading.spacing?.[2] ?? null };
}

/** @param {Stack} stack */
function middle({ count }) {
  return (count - 1) / 2;
}
