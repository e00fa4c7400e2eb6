/**
 * Masks between two masks, by their shapes. Each mask becomes its signed distance: how far a pixel is inside, or how far
 * outside as a negative number. Between the masks, a pixel is inside where the weighted mean of the two is above 0. Raya and
 * Udupa, "Shape-based interpolation of multidimensional objects", IEEE Transactions on Medical Imaging 1990.
 *
 * A part of the work is a step of the generator, so that large masks do not block the page.
 */

/** @typedef {{left: number, top: number, width: number, height: number}} Box */

/** Pixels of one step. */
const STEP = 1 << 18;

/**
 * @param {Uint8Array} one 0 or 1 a pixel
 * @param {Uint8Array} other
 * @param {number} width
 * @param {number} height
 * @param {number} count of the masks between the two
 * @returns {Generator<void, Uint8Array[]>} masks with equal distances, from `one` to `other`
 */
export function* between(one, other, width, height, count) {
  const masks = Array.from({ length: count }, () => new Uint8Array(one.length));
  const box = boxAround(one, other, width, height);
  if (!box) return masks;
  const [from, to] = [yield* signedDistance(one, width, height, box), yield* signedDistance(other, width, height, box)];
  // An empty mask has no shape. The other one then shrinks steadily until nothing is left of it half way.
  for (const [empty, shape] of [[from, to], [to, from]]) {
    if (empty[0] === -Infinity) empty.fill(-shape.reduce((most, value) => Math.max(most, value), 0));
  }
  for (const [i, mask] of masks.entries()) {
    const weight = (i + 1) / (count + 1);
    for (let row = 0; row < box.height; row++) {
      const y = box.top + row;
      if (y < 0 || y >= height) continue;
      for (let column = 0; column < box.width; column++) {
        const at = row * box.width + column;
        const x = box.left + column;
        if (x >= 0 && x < width && (1 - weight) * from[at] + weight * to[at] > 0) mask[y * width + x] = 1;
      }
      if (isStep(row, box)) yield;
    }
    yield;
  }
  return masks;
}

/** The rectangle around both masks, and one pixel more on each side, which may lie outside the slice. @returns {Box | null} null where both are empty @param {Uint8Array} one @param {Uint8Array} other @param {number} width @param {number} height */
function boxAround(one, other, width, height) {
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (const mask of [one, other]) {
    const [begin, end] = [mask.indexOf(1), mask.lastIndexOf(1)];
    if (begin < 0) continue;
    top = Math.min(top, Math.floor(begin / width));
    bottom = Math.max(bottom, Math.floor(end / width));
    for (let y = Math.floor(begin / width); y <= Math.floor(end / width); y++) {
      const row = mask.subarray(y * width, (y + 1) * width);
      const start = row.indexOf(1);
      if (start < 0) continue;
      left = Math.min(left, start);
      right = Math.max(right, row.lastIndexOf(1));
    }
  }
  return right < 0 ? null : { left: left - 1, top: top - 1, width: right - left + 3, height: bottom - top + 3 };
}

/**
 * The signed distance of each pixel of a box from the edge of a mask, in pixels; -Infinity everywhere for an empty mask.
 * @param {Uint8Array} mask
 * @param {number} width
 * @param {number} height
 * @param {Box} box
 * @returns {Generator<void, Float32Array>}
 */
function* signedDistance(mask, width, height, box) {
  const inside = new Uint8Array(box.width * box.height);
  for (let row = 0; row < box.height; row++) {
    const y = box.top + row;
    if (y < 0 || y >= height) continue;
    const start = Math.max(0, box.left);
    inside.set(mask.subarray(y * width + start, y * width + Math.min(width, box.left + box.width)), row * box.width + start - box.left);
  }
  const [toInside, toOutside] = [yield* squaredDistance(inside, box, 1), yield* squaredDistance(inside, box, 0)];
  // The edge lies half way between two pixels.
  for (let i = 0; i < inside.length; i++) toInside[i] = inside[i] ? Math.sqrt(toOutside[i]) - 0.5 : 0.5 - Math.sqrt(toInside[i]);
  return toInside;
}

/**
 * The squared distance of each pixel to the nearest one with a value; Infinity without one. Felzenszwalb and Huttenlocher,
 * "Distance transforms of sampled functions", Theory of Computing 2012.
 * @param {Uint8Array} values
 * @param {Box} box
 * @param {0 | 1} wanted
 * @returns {Generator<void, Float32Array>}
 */
function* squaredDistance(values, box, wanted) {
  const { width, height } = box;
  // Along each column first.
  const distance = new Float32Array(values.length);
  for (let at = 0; at < values.length; at++) {
    distance[at] = values[at] === wanted ? 0 : at < width ? Infinity : distance[at - width] + 1;
  }
  yield;
  for (let at = values.length - width - 1; at >= 0; at--) distance[at] = Math.min(distance[at], distance[at + width] + 1);
  yield;
  // Then along each row: the lower envelope of the parabolas on its pixels.
  const [centres, bounds] = [new Int32Array(width), new Float64Array(width + 1)];
  const row = new Float64Array(width);
  for (let y = 0; y < height; y++) {
    const start = y * width;
    let last = -1;
    for (let x = 0; x < width; x++) {
      row[x] = distance[start + x] ** 2;
      if (row[x] === Infinity) continue;
      let from = -Infinity;
      while (last >= 0) {
        const centre = centres[last];
        from = (row[x] + x * x - row[centre] - centre * centre) / (2 * (x - centre));
        if (from > bounds[last]) break;
        last--;
        from = -Infinity;
      }
      centres[++last] = x;
      bounds[last] = from;
    }
    if (last < 0) continue;
    for (let x = 0, at = 0; x < width; x++) {
      while (at < last && bounds[at + 1] < x) at++;
      distance[start + x] = (x - centres[at]) ** 2 + row[centres[at]];
    }
    if (isStep(y, box)) yield;
  }
  return distance;
}

/** Whether a step ends after a row. @param {number} row @param {Box} box */
function isStep(row, { width }) {
  return (row + 1) % Math.max(1, Math.floor(STEP / width)) === 0;
}
