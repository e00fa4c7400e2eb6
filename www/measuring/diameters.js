/**
 * The two diameters of a region, as in the RANO criteria (Wen et al., "RANO 2.0", Journal of Clinical Oncology 2023): the
 * longest one in the slice, and the longest one that is perpendicular to it. Pixels are rectangles, and the ends lie on the
 * border of the region. “Perpendicular” is meant in millimetres.
 */
import { largestRegion } from '../editing/regions.js';

/** @import { Region } from '../editing/regions.js' */
/** @import { Runs } from '../editing/runs.js' */
/** @import { Diameters, Line, Point } from './lines.js' */
/** The size of a pixel. Only the ratio matters where it is unknown. @typedef {{x: number, y: number}} PixelSize */

/** How many lines are tried for the perpendicular diameter: so many for each pixel, with these limits. */
const FINE = 16;
const [FEWEST, MOST] = [1 << 12, 1 << 17];

/**
 * The diameters of the largest region.
 * @param {Uint8Array} mask 0 or 1 a pixel
 * @param {number} width
 * @param {number} height
 * @param {PixelSize} size
 * @returns {Diameters | null} null where the mask is empty
 */
export function proposedDiameters(mask, width, height, size) {
  const found = largestRegion(mask, width, height);
  if (!found) return null;
  const long = longest(hullOf(cornersOf(found.region, found.runs, size)));
  const short = perpendicular(found.region, found.runs, size, long);
  return /** @type {Diameters} */ ([long, short].map((line) => line.map(([x, y]) => [x / size.x, y / size.y])));
}

/**
 * The diameters with one end moved. They stay perpendicular: with the long one the short one turns, and an end of the short one
 * moves the short one along the long one.
 * @param {Diameters} diameters
 * @param {0 | 1} line 0 for the long one
 * @param {0 | 1} end
 * @param {Point} to
 * @param {PixelSize} size
 * @returns {Diameters}
 */
export function moveDiameter(diameters, line, end, to, size) {
  /** @param {Point} point @returns {Point} */
  const scaled = ([x, y]) => [x * size.x, y * size.y];
  const [long, short] = diameters.map((one) => /** @type {Line} */ (one.map(scaled)));
  const before = axisOf(long);
  /** Along the long diameter, from 0 to 1, and across it. @type {[number, number][]} */
  const ends = short.map((point) => before.of(point));
  if (line === 0) long[end] = scaled(to);
  else {
    const [along, across] = before.of(scaled(to));
    for (const [i, one] of ends.entries()) ends[i] = [along, i === end ? across : one[1]];
  }
  const after = axisOf(long);
  const moved = /** @type {Line} */ (ends.map(([along, across]) => after.at(along, across)));
  return /** @type {Diameters} */ ([long, moved].map((one) => one.map(([x, y]) => [x / size.x, y / size.y])));
}

/** Coordinates along a line, from 0 to 1 between its ends, and across it. @param {Line} line */
function axisOf([[fromX, fromY], [toX, toY]]) {
  const length = Math.hypot(toX - fromX, toY - fromY) || 1;
  const [x, y] = toX === fromX && toY === fromY ? [1, 0] : [(toX - fromX) / length, (toY - fromY) / length];
  return {
    /** @param {Point} point @returns {[number, number]} */
    of: ([atX, atY]) => [((atX - fromX) * x + (atY - fromY) * y) / length, (atY - fromY) * x - (atX - fromX) * y],
    /** @param {number} along @param {number} across @returns {Point} */
    at: (along, across) => [fromX + along * length * x - across * y, fromY + along * length * y + across * x],
  };
}

/** The corners of a region that its convex hull may have: those at the ends of its rows. @param {Region} region @param {Runs} runs @param {PixelSize} size */
function cornersOf(region, { rows, starts, ends }, size) {
  /** @type {Map<number, [number, number]>} */
  const extents = new Map();
  for (const run of region) {
    for (const y of [rows[run], rows[run] + 1]) {
      const [left, right] = extents.get(y) ?? [Infinity, -Infinity];
      extents.set(y, [Math.min(left, starts[run]), Math.max(right, ends[run])]);
    }
  }
  return [...extents].flatMap(([y, columns]) => columns.map((x) => /** @type {Point} */ ([x * size.x, y * size.y])));
}

/** The corners of the convex hull, by Andrew's monotone chain. @param {Point[]} points */
function hullOf(points) {
  points.sort(([ax, ay], [bx, by]) => ax - bx || ay - by);
  /** @param {Point[]} sorted */
  const chain = (sorted) => {
    /** @type {Point[]} */
    const hull = [];
    for (const point of sorted) {
      while (hull.length > 1 && !turnsLeft(hull[hull.length - 2], hull[hull.length - 1], point)) hull.pop();
      hull.push(point);
    }
    return hull;
  };
  return [...chain(points), ...chain(points.toReversed())];
}

/** @param {Point} a @param {Point} b @param {Point} c */
function turnsLeft([ax, ay], [bx, by], [cx, cy]) {
  return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax) > 0;
}

/** The two points that are farthest apart. The hull of a slice has at most some hundred corners. @param {Point[]} points @returns {Line} */
function longest(points) {
  let best = /** @type {Line} */ ([points[0], points[0]]);
  let most = 0;
  for (const [i, from] of points.entries()) {
    for (const to of points.slice(i + 1)) {
      const square = (to[0] - from[0]) ** 2 + (to[1] - from[1]) ** 2;
      // Rounding does not decide between two that are equally long.
      if (square > most * (1 + 1e-12)) [best, most] = [[from, to], square];
    }
  }
  return best;
}

/**
 * The longest line from border to border that is perpendicular to another. Lines are tried at equal distances: for each the
 * first and the last point on the border of the region.
 * @param {Region} region
 * @param {Runs} runs
 * @param {PixelSize} size
 * @param {Line} long
 * @returns {Line}
 */
function perpendicular(region, runs, size, long) {
  const axis = axisOf(long);
  const length = Math.hypot(long[1][0] - long[0][0], long[1][1] - long[0][1]);
  const count = Math.min(MOST, Math.max(FEWEST, Math.ceil((length * FINE) / Math.min(size.x, size.y))));
  const [lowest, highest] = [new Float64Array(count + 1).fill(Infinity), new Float64Array(count + 1).fill(-Infinity)];
  /** @param {number} fromX @param {number} fromY @param {number} toX @param {number} toY an edge of the region, in pixels */
  const edge = (fromX, fromY, toX, toY) => {
    const [one, other] = [axis.of([fromX * size.x, fromY * size.y]), axis.of([toX * size.x, toY * size.y])];
    const [from, to] = one[0] < other[0] ? [one, other] : [other, one];
    // The end of an edge may lie on a line but for rounding.
    const first = Math.max(0, Math.ceil(from[0] * count - 1e-6));
    for (let i = first; i <= Math.min(count, to[0] * count + 1e-6); i++) {
      const part = to[0] - from[0] < 1e-12 ? 0 : (i / count - from[0]) / (to[0] - from[0]);
      const across = from[1] + part * (to[1] - from[1]);
      // An edge along the line has two ends on it.
      const last = to[0] - from[0] < 1e-12 ? to[1] : across;
      lowest[i] = Math.min(lowest[i], across, last);
      highest[i] = Math.max(highest[i], across, last);
    }
  };
  for (const run of region) {
    const [y, start, end] = [runs.rows[run], runs.starts[run], runs.ends[run]];
    edge(start, y, start, y + 1);
    edge(end, y, end, y + 1);
    uncovered(runs, y - 1, start, end, (from, to) => edge(from, y, to, y));
    uncovered(runs, y + 1, start, end, (from, to) => edge(from, y + 1, to, y + 1));
  }
  let best = 0;
  for (let i = 1; i <= count; i++) {
    const [now, most] = [highest[i] - lowest[i], highest[best] - lowest[best]];
    if (now > most + 1e-9 * length) best = i;
  }
  return [axis.at(best / count, lowest[best]), axis.at(best / count, highest[best])];
}

/**
 * The columns of a run that have no run above or below.
 * @param {Runs} runs
 * @param {number} row above or below
 * @param {number} start
 * @param {number} end
 * @param {(from: number, to: number) => void} visit
 */
function uncovered({ first, starts, ends }, row, start, end, visit) {
  let from = start;
  if (row >= 0 && row + 1 < first.length) {
    for (let i = first[row]; i < first[row + 1] && from < end; i++) {
      if (starts[i] > from) visit(from, Math.min(end, starts[i]));
      from = Math.max(from, ends[i]);
    }
  }
  if (from < end) visit(from, end);
}
