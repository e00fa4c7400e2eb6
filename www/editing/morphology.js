/**
 * Growing and shrinking a mask by one pixel: by the pixels that share an edge with it.
 */
import { runsOf } from './runs.js';

/**
 * @param {Uint8Array} mask
 * @param {number} width
 * @param {number} height
 */
export function grown(mask, width, height) {
  const { rows, starts, ends } = runsOf(mask, width, height);
  const result = mask.slice();
  for (let i = 0; i < rows.length; i++) {
    const at = rows[i] * width;
    if (starts[i] > 0) result[at + starts[i] - 1] = 1;
    if (ends[i] < width) result[at + ends[i]] = 1;
    if (rows[i] > 0) result.fill(1, at - width + starts[i], at - width + ends[i]);
    if (rows[i] + 1 < height) result.fill(1, at + width + starts[i], at + width + ends[i]);
  }
  return result;
}

/**
 * Everything around the slice is outside the mask.
 * @param {Uint8Array} mask
 * @param {number} width
 * @param {number} height
 */
export function shrunk(mask, width, height) {
  const { first, rows, starts, ends } = runsOf(mask, width, height);
  const result = new Uint8Array(mask.length);
  for (let i = 0; i < rows.length; i++) {
    const at = rows[i] * width;
    if (ends[i] - starts[i] > 2) result.fill(1, at + starts[i] + 1, at + ends[i] - 1);
  }
  for (let y = rows[0]; y <= rows[rows.length - 1]; y++) {
    for (const row of [y - 1, y + 1]) {
      // The columns between the runs of a neighbouring row.
      let start = 0;
      if (row >= 0 && row < height) {
        for (let i = first[row]; i < first[row + 1]; i++) {
          result.fill(0, y * width + start, y * width + starts[i]);
          start = ends[i];
        }
      }
      result.fill(0, y * width + start, (y + 1) * width);
    }
  }
  return result;
}
