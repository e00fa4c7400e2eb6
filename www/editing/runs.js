/**
 * A mask as runs: the pixels inside it, row by row. A mask of millions of pixels has a few thousand runs.
 */

/**
 * Run `i` has the columns `starts[i]` to `ends[i] - 1`. Row `y` has the runs `first[y]` to `first[y + 1] - 1`, from left to right.
 * @typedef {{first: Uint32Array, rows: number[], starts: number[], ends: number[]}} Runs
 */

/**
 * @param {Uint8Array} mask 0 or 1 a pixel, row by row
 * @param {number} width
 * @param {number} height
 * @returns {Runs}
 */
export function runsOf(mask, width, height) {
  /** @type {Runs} */
  const { first, rows, starts, ends } = { first: new Uint32Array(height + 1), rows: [], starts: [], ends: [] };
  const [begin, end] = [mask.indexOf(1), mask.lastIndexOf(1) + 1];
  for (let y = 0, at = 0; y < height; y++) {
    first[y] = starts.length;
    const stop = at + width;
    if (begin < 0 || stop <= begin || at >= end) {
      at = stop;
      continue;
    }
    const row = at;
    while (at < stop) {
      while (at < stop && mask[at] === 0) at++;
      if (at === stop) break;
      rows.push(y);
      starts.push(at - row);
      while (at < stop && mask[at] === 1) at++;
      ends.push(at - row);
    }
  }
  first[height] = starts.length;
  return { first, rows, starts, ends };
}

/**
 * The runs of a row that touch the columns `start` to `end - 1`, as the first one and the one after the last.
 * @param {Runs} runs
 * @param {number} row may lie outside the mask
 * @param {number} start
 * @param {number} end
 * @returns {[number, number]}
 */
export function touching({ first, starts, ends }, row, start, end) {
  if (row < 0 || row + 1 >= first.length) return [0, 0];
  let [low, high] = [first[row], first[row + 1]];
  const stop = high;
  // A row may have thousands of runs.
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle] > start) high = middle;
    else low = middle + 1;
  }
  let after = low;
  while (after < stop && starts[after] < end) after++;
  return [low, after];
}
