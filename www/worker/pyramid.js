/**
 * Copies of a slice at lower resolutions. The page draws thumbnails and large slices from them. Reading all pixels of a
 * large slice would block it.
 */

/** @import { Pixels } from '../core/types.js' */

/** The most pixels of the last copy. A slice of 512 by 512 needs no copy. */
const FEW = 1 << 18;

/**
 * A slice at 1, 1/2, 1/4, … of its resolution. A pixel of a copy is the mean of four pixels of the copy before.
 * @param {Pixels} pixels
 */
export function pyramidOf(pixels) {
  const pyramid = [pixels];
  for (let last = pixels; last.width * last.height > FEW; pyramid.push(last)) last = half(last);
  return pyramid;
}

/** @param {Pixels} pixels @returns {Pixels} */
function half({ width, height, levels, brightest }) {
  const [columns, rows] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const means = new Uint16Array(3 * columns * rows);
  let to = 0;
  for (let y = 0; y < rows; y++) {
    const above = 3 * width * 2 * y;
    // The last row and column of an odd size count twice.
    const below = 3 * width * Math.min(2 * y + 1, height - 1);
    for (let x = 0; x < columns; x++) {
      const left = 3 * 2 * x;
      const right = 3 * Math.min(2 * x + 1, width - 1);
      for (let channel = 0; channel < 3; channel++) {
        const sum = levels[above + left + channel] + levels[above + right + channel] + levels[below + left + channel] + levels[below + right + channel];
        means[to++] = (sum + 2) >> 2;
      }
    }
  }
  return { width: columns, height: rows, levels: means, brightest };
}
