/**
 * The text around two time points, for the stage and for screen readers.
 */
import { formatDifference } from '../core/format.js';
import { positionOf } from './link.js';

/** @import { Corners } from '../viewer/stage.js' */
/** @import { Link, Place, Side } from './link.js' */
/** A slice and its results. @typedef {{name: string, index: number, count: number, state: string[]}} Captioned */

const NO_SLICE = 'no slice at this position';

/**
 * @param {{side: Side, link: Link, place: Place}} beside
 * @param {Captioned} here the slice in view
 * @param {Captioned} there the one beside it
 * @returns {{corners: Corners, label: string}}
 */
export function captionsOf({ side, link, place }, here, there) {
  const otherSide = side === 'earlier' ? 'later' : 'earlier';
  const texts = [
    { title: titleOf(side, here, link), state: here.state },
    place.inside ? { title: titleOf(otherSide, there, link), state: there.state } : { title: headOf(otherSide, there), state: [NO_SLICE] },
  ];
  const [left, right] = side === 'earlier' ? texts : texts.toReversed();
  return {
    corners: { nw: left.title, sw: left.state.join('\n'), other: right.title, right: right.state.join('\n'), ne: '', se: '', left: '' },
    label: `${sentence(side, here)}; ${place.inside ? sentence(otherSide, there) : `${headOf(otherSide, there)}: ${NO_SLICE}`}`,
  };
}

/** @param {Side} side @param {Captioned} slice @param {Link} link */
function titleOf(side, slice, link) {
  const position = positionOf(link, side, slice.index);
  const millimetres = position === null ? '' : `, ${formatDifference(position, (size) => `${size.toFixed(1)} mm`)}`;
  return `${headOf(side, slice)}\n${slice.index + 1} / ${slice.count}${millimetres}`;
}

/** @param {Side} side @param {Captioned} slice */
function headOf(side, { name }) {
  return `${side === 'earlier' ? 'Earlier' : 'Later'}: ${name}`;
}

/** @param {Side} side @param {Captioned} slice */
function sentence(side, { name, index, count, state }) {
  return `Slice ${index + 1} of ${count} of ${name}, ${side}: ${state.join(', ')}`;
}
