/**
 * Measures in words: the same everywhere on the page.
 */
import { count, many } from './dom.js';

/** @import { Scores } from './types.js' */

/** A dash, where there is nothing to say. */
export const NONE = '–';

/** The scores that are shown, in the order of the field's papers. @type {[keyof Scores, string][]} */
export const SCORES = [['dice', 'Dice'], ['iou', 'IoU'], ['sensitivity', 'Sensitivity'], ['precision', 'Precision']];

/** @param {number} area @param {number | null | undefined} mm2 */
export function areaOf(area, mm2) {
  return mm2 == null ? many(area, 'pixel') : `${many(area, 'pixel')}, ${count(Math.round(mm2))} mm²`;
}

/** @param {number} voxels @param {number | null | undefined} millilitres */
export function volumeOf(voxels, millilitres) {
  return millilitres == null ? many(voxels, 'voxel') : `${many(voxels, 'voxel')}, ${litres(millilitres)}`;
}

/** @param {number} millilitres */
export function litres(millilitres) {
  return `${millilitres.toFixed(millilitres < 10 ? 2 : 1)} mL`;
}

/** A score of 0 to 1; a quotient of nothing is none. @param {number | null | undefined} value */
export function score(value) {
  return value == null || !Number.isFinite(value) ? NONE : value.toFixed(3);
}

/** @param {number} milliseconds */
export function duration(milliseconds) {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
