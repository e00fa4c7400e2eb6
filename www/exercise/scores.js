/**
 * Agreement of a mask with a reference, counted like the library counts it.
 */

/** @typedef {{dice: number, fp: number, fn: number}} Agreement `fp` and `fn` in pixels */

/**
 * @param {Uint8Array} mask 0 or 1 a pixel
 * @param {Uint8Array} reference
 * @returns {Agreement} Dice is 1 where both are empty
 */
export function agreementOf(mask, reference) {
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < mask.length; i++) counts[mask[i] + 2 * reference[i]]++;
  const [, fp, fn, tp] = counts;
  return { dice: tp + fp + fn === 0 ? 1 : (2 * tp) / (2 * tp + fp + fn), fp, fn };
}
