/**
 * Thresholds of the fixed-point probability.
 */

/** @import { SliceState } from '../core/types.js' */
/** @typedef {Pick<SliceState, 'probability' | 'smallRegions' | 'edit'>} Masks */

/** A probability of 1 in fixed point. */
const ONE = 65535;

/** The range of the threshold on the page. */
export const THRESHOLD = { min: 0.05, max: 0.95, step: 0.05 };

/**
 * The smallest fixed-point probability that is inside the mask. Rounds like the library, so that the drawn mask is the
 * measured one.
 * @param {number} threshold 0 to 1
 */
export function fixedPoint(threshold) {
  return Math.max(1, Math.round(Math.fround(threshold) * ONE));
}

/**
 * The mask of a slice: the edited one, or the predicted one at a threshold.
 * @param {Masks} masks
 * @param {number} threshold
 */
export function maskOf({ probability, smallRegions, edit }, threshold) {
  return edit ?? (probability && thresholdMask(probability, threshold, smallRegions));
}

/** Whether there is a mask, and it has no pixel. @param {Masks} masks @param {number} threshold */
export function isEmpty({ probability, smallRegions, edit }, threshold) {
  if (edit) return !edit.includes(1);
  if (!probability) return false;
  const smallest = fixedPoint(threshold);
  for (let i = 0; i < probability.length; i++) if (probability[i] >= smallest && !smallRegions?.[i]) return false;
  return true;
}

/**
 * The predicted mask: where the probability reaches the threshold, without small regions.
 * @param {Uint16Array} probability
 * @param {number} threshold
 * @param {Uint8Array | null} smallRegions 1 where a small region was removed
 */
export function thresholdMask(probability, threshold, smallRegions) {
  const smallest = fixedPoint(threshold);
  const mask = new Uint8Array(probability.length);
  for (let i = 0; i < mask.length; i++) mask[i] = Number(probability[i] >= smallest);
  if (smallRegions) for (let i = 0; i < mask.length; i++) mask[i] &= 1 - smallRegions[i];
  return mask;
}
