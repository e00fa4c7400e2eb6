/**
 * The lines that a reader draws on a slice: rulers, and the two diameters of a region.
 */
import { moveDiameter } from './diameters.js';

/** In pixels of the slice, from the top left corner of the first pixel. @typedef {[number, number]} Point */
/** @typedef {import('../pkg/glioscope.js').Line} Line */
/** The longest diameter and the one that is perpendicular to it. @typedef {[Line, Line]} Diameters */
/** Never changed, only replaced. @typedef {import('../pkg/glioscope.js').Lines} Lines */
/** An end of a line: `at` is the ruler, or 0 for the long and 1 for the short diameter. @typedef {{kind: 'ruler' | 'diameter', at: number, end: 0 | 1}} End */
/** @import { PixelSize } from './diameters.js' */

/** @type {Lines} */
export const NO_LINES = Object.freeze({ rulers: [], diameters: null });
/** The most rulers of a slice. */
export const MOST_RULERS = 100;

/** Whether there is no line. @param {Lines} lines */
export function isWithoutLines({ rulers, diameters }) {
  return rulers.length === 0 && diameters === null;
}

/**
 * The length of a line, in millimetres where the size of a pixel is known, otherwise in pixels.
 * @param {Line} line
 * @param {PixelSize | null} size in millimetres
 */
export function lengthOf([[fromX, fromY], [toX, toY]], size) {
  return Math.hypot((toX - fromX) * (size?.x ?? 1), (toY - fromY) * (size?.y ?? 1));
}

/** All ends in a fixed order. @param {Lines} lines @returns {End[]} */
export function endsOf({ rulers, diameters }) {
  /** @param {End['kind']} kind @param {number} at @returns {End[]} */
  const both = (kind, at) => [{ kind, at, end: 0 }, { kind, at, end: 1 }];
  return [...(diameters ?? []).flatMap((_, at) => both('diameter', at)), ...rulers.flatMap((_, at) => both('ruler', at))];
}

/** @param {Lines} lines @param {End} end @returns {Point} */
export function pointOf({ rulers, diameters }, { kind, at, end }) {
  return (kind === 'ruler' ? rulers : /** @type {Diameters} */ (diameters))[at][end];
}

/**
 * The end that is nearest to a point, and not farther than a distance.
 * @param {Lines} lines
 * @param {Point} point
 * @param {number} within in pixels
 */
export function endNear(lines, [x, y], within) {
  /** @type {End | null} */
  let nearest = null;
  let least = within;
  for (const end of endsOf(lines)) {
    const [atX, atY] = pointOf(lines, end);
    const distance = Math.hypot(atX - x, atY - y);
    if (distance <= least) [nearest, least] = [end, distance];
  }
  return nearest;
}

/**
 * @param {Lines} lines
 * @param {End} which
 * @param {Point} to
 * @param {PixelSize | null} size in millimetres, if it is known
 * @returns {Lines}
 */
export function moveEnd(lines, { kind, at, end }, to, size) {
  if (kind === 'diameter') {
    const { diameters } = lines;
    return diameters ? { ...lines, diameters: moveDiameter(diameters, at === 0 ? 0 : 1, end, to, size ?? { x: 1, y: 1 }) } : lines;
  }
  const moved = /** @type {Line} */ (lines.rulers[at].map((point, i) => (i === end ? to : point)));
  return { ...lines, rulers: lines.rulers.with(at, moved) };
}

/** Removes the ruler of an end, or both diameters. @param {Lines} lines @param {End} end @returns {Lines} */
export function withoutLine(lines, { kind, at }) {
  return kind === 'diameter' ? { ...lines, diameters: null } : { ...lines, rulers: lines.rulers.toSpliced(at, 1) };
}

/**
 * The valid lines of a saved session by slice. Invalid ones are ignored: another program may have written them.
 * @param {unknown} saved
 * @returns {Record<string, Lines>}
 */
export function readLines(saved) {
  if (typeof saved !== 'object' || saved === null) return {};
  return Object.fromEntries(Object.entries(saved).map(([slice, lines]) => [slice, {
    rulers: Array.isArray(lines?.rulers) ? lines.rulers.filter(isLine).slice(0, MOST_RULERS) : [],
    diameters: Array.isArray(lines?.diameters) && lines.diameters.length === 2 && lines.diameters.every(isLine) ? lines.diameters : null,
  }]));
}

/** @param {unknown} value @returns {value is Line} */
function isLine(value) {
  return isPair(value) && value.every((point) => isPair(point) && point.every(Number.isFinite));
}

/** @param {unknown} value @returns {value is [unknown, unknown]} */
function isPair(value) {
  return Array.isArray(value) && value.length === 2;
}
