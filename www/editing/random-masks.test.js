/**
 * Small masks for the tests of several modules. The suffix keeps the file out of the site.
 */

/** @param {string[]} rows `#` is inside */
export function maskOf(...rows) {
  return Uint8Array.from(rows.join(''), (letter) => Number(letter === '#'));
}

/** @param {Uint8Array} mask */
export function areaOf(mask) {
  return mask.reduce((sum, value) => sum + value, 0);
}

/** Masks of many sizes and densities, the empty and the full one among them, the same on each run. */
export function* randomMasks() {
  let state = 1;
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
  for (const [width, height] of [[1, 1], [1, 5], [5, 1], [2, 2], [7, 5], [12, 9], [17, 23]]) {
    for (const density of [0, 0.2, 0.45, 0.6, 0.8, 1]) {
      yield { mask: Uint8Array.from({ length: width * height }, () => Number(random() < density)), width, height };
    }
  }
}
