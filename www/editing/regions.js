/**
 * The connected regions of a mask, and its holes. Pixels that share an edge or a corner are connected, as in the library. The
 * library's own components cross the border to the worker as whole masks, which takes longer than finding one region here.
 */
import { runsOf, touching } from './runs.js';

/** @import { Runs } from './runs.js' */
/** Some runs of a mask that are connected, by their indices. @typedef {number[]} Region */

/**
 * The mask without the region at a pixel.
 * @param {Uint8Array} mask
 * @param {number} width
 * @param {number} height
 * @param {{x: number, y: number}} point in pixels
 * @returns {Uint8Array | null} null where the pixel is outside the mask
 */
export function withoutRegion(mask, width, height, point) {
  return withRegion(mask, width, height, point, (region, runs) => paint(mask.slice(), width, runs, region, 0));
}

/**
 * The mask with only the region at a pixel.
 * @param {Uint8Array} mask
 * @param {number} width
 * @param {number} height
 * @param {{x: number, y: number}} point in pixels
 * @returns {Uint8Array | null} null where the pixel is outside the mask
 */
export function onlyRegion(mask, width, height, point) {
  return withRegion(mask, width, height, point, (region, runs) => paint(new Uint8Array(mask.length), width, runs, region, 1));
}

/**
 * The largest region, the first of several equally large ones, with the runs of the mask.
 * @param {Uint8Array} mask
 * @param {number} width
 * @param {number} height
 * @returns {{region: Region, runs: Runs} | null} null where the mask is empty
 */
export function largestRegion(mask, width, height) {
  const runs = runsOf(mask, width, height);
  const { starts, ends } = runs;
  const visited = new Uint8Array(starts.length);
  /** @type {Region | null} */
  let largest = null;
  let most = 0;
  for (let run = 0; run < starts.length; run++) {
    if (visited[run]) continue;
    const region = connected(runs, [run], visited, 1);
    const area = region.reduce((sum, i) => sum + ends[i] - starts[i], 0);
    if (area > most) [largest, most] = [region, area];
  }
  return largest && { region: largest, runs };
}

/**
 * The mask with its holes filled. A hole is a part outside the mask that no path connects to the border of the slice; a path
 * goes from a pixel to the four that share an edge with it.
 * @param {Uint8Array} mask
 * @param {number} width
 * @param {number} height
 */
export function filled(mask, width, height) {
  const runs = runsOf(mask, width, height);
  const gaps = gapsOf(runs, width);
  const { first, starts, ends, rows } = gaps;
  const [top, bottom] = [runs.rows[0], runs.rows[runs.rows.length - 1]];
  const visited = new Uint8Array(starts.length);
  // Above the first row and below the last one, everything is outside.
  const outer = rows.flatMap((row, i) => (row === top || row === bottom || starts[i] === 0 || ends[i] === width ? [i] : []));
  connected(gaps, outer, visited, 0);
  const holes = Array.from({ length: first[height] }, (_, i) => i).filter((i) => !visited[i]);
  return paint(mask.slice(), width, gaps, holes, 1);
}

/**
 * @param {Uint8Array} mask
 * @param {number} width
 * @param {number} height
 * @param {{x: number, y: number}} point
 * @param {(region: Region, runs: Runs) => Uint8Array} act
 */
function withRegion(mask, width, height, point, act) {
  const [x, y] = [Math.floor(point.x), Math.floor(point.y)];
  if (x < 0 || y < 0 || x >= width || y >= height || !mask[y * width + x]) return null;
  const runs = runsOf(mask, width, height);
  const [seed] = touching(runs, y, x, x + 1);
  return act(connected(runs, [seed], new Uint8Array(runs.starts.length), 1), runs);
}

/**
 * All runs that are connected to some.
 * @param {Runs} runs
 * @param {number[]} seeds
 * @param {Uint8Array} visited 1 for each run that was found
 * @param {0 | 1} corner 1 where pixels that share a corner are connected
 * @returns {Region}
 */
function connected(runs, seeds, visited, corner) {
  const region = [...seeds];
  for (const seed of seeds) visited[seed] = 1;
  for (let at = 0; at < region.length; at++) {
    const run = region[at];
    for (const row of [runs.rows[run] - 1, runs.rows[run] + 1]) {
      const [from, to] = touching(runs, row, runs.starts[run] - corner, runs.ends[run] + corner);
      for (let i = from; i < to; i++) {
        if (visited[i]) continue;
        visited[i] = 1;
        region.push(i);
      }
    }
  }
  return region;
}

/** The runs outside the mask, in the rows that have runs inside and between them. @param {Runs} runs @param {number} width @returns {Runs} */
function gapsOf({ first, rows: inside, starts, ends }, width) {
  const height = first.length - 1;
  /** @type {Runs} */
  const gaps = { first: new Uint32Array(height + 1), rows: [], starts: [], ends: [] };
  /** @param {number} row @param {number} start @param {number} end */
  const push = (row, start, end) => {
    if (start === end) return;
    gaps.rows.push(row);
    gaps.starts.push(start);
    gaps.ends.push(end);
  };
  for (let y = 0; y < height; y++) {
    gaps.first[y] = gaps.starts.length;
    if (y < inside[0] || y > inside[inside.length - 1]) continue;
    let start = 0;
    for (let i = first[y]; i < first[y + 1]; i++) {
      push(y, start, starts[i]);
      start = ends[i];
    }
    push(y, start, width);
  }
  gaps.first[height] = gaps.starts.length;
  return gaps;
}

/** Sets the pixels of some runs. @param {Uint8Array} mask @param {number} width @param {Runs} runs @param {number[]} some @param {0 | 1} value */
function paint(mask, width, { rows, starts, ends }, some, value) {
  for (const i of some) mask.fill(value, rows[i] * width + starts[i], rows[i] * width + ends[i]);
  return mask;
}
