/**
 * Numbers as text, the same everywhere on the page.
 */

/** @import { PredictedDice, Scores } from './types.js' */

/** Shown in place of a missing value. */
export const NONE = '–';

/** The scores on the page, in the order that papers use. @type {[keyof Scores, string][]} */
export const SCORES = [['dice', 'Dice'], ['iou', 'IoU'], ['sensitivity', 'Sensitivity'], ['precision', 'Precision']];

const counts = new Intl.NumberFormat('en');

/** A count with separators between thousands. @param {number} value */
export function formatCount(value) {
  return counts.format(value);
}

/**
 * A count and its noun.
 * @param {number} value
 * @param {string} noun
 * @param {string} [plural]
 */
export function countOf(value, noun, plural = `${noun}s`) {
  return `${formatCount(value)} ${value === 1 ? noun : plural}`;
}

/** @param {number} pixels @param {number | null | undefined} mm2 */
export function formatArea(pixels, mm2) {
  return mm2 == null ? countOf(pixels, 'pixel') : `${countOf(pixels, 'pixel')}, ${formatCount(Math.round(mm2))} mm²`;
}

/** @param {number} length @param {boolean} millimetres otherwise it is in pixels */
export function formatLength(length, millimetres) {
  return `${length.toFixed(1)} ${millimetres ? 'mm' : 'px'}`;
}

/** A grey level as the file states it. @param {number} value */
export function formatGrey(value) {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

/** @param {number} voxels @param {number | null | undefined} millilitres */
export function formatVolume(voxels, millilitres) {
  return millilitres == null ? countOf(voxels, 'voxel') : `${countOf(voxels, 'voxel')}, ${formatMillilitres(millilitres)}`;
}

/** @param {number} millilitres */
export function formatMillilitres(millilitres) {
  return `${millilitres.toFixed(millilitres < 10 ? 2 : 1)} mL`;
}

/** A difference, with its sign. @param {number} value @param {(size: number) => string} format */
export function formatDifference(value, format) {
  const size = format(Math.abs(value));
  // What is shown as 0 has no sign.
  return size === format(0) ? size : `${value < 0 ? '−' : '+'}${size}`;
}

/** A score from 0 to 1; a dash where it is not defined. @param {number | null | undefined} value */
export function formatScore(value) {
  return value == null || !Number.isFinite(value) ? NONE : value.toFixed(3);
}

/** A predicted Dice with its range. @param {PredictedDice} predicted */
export function formatPrediction({ dice, from, to }) {
  return `${dice.toFixed(2)} (${from.toFixed(2)} to ${to.toFixed(2)})`;
}

/** @param {number} fraction 0 to 1 */
export function formatPercent(fraction) {
  return `${(100 * fraction).toFixed(1)} %`;
}

/** How much of a download has arrived. @param {number} received bytes @param {number | null} total */
export function formatDownload(received, total) {
  const arrived = (received / 1e6).toFixed(1);
  return total === null ? `${arrived} MB` : `${arrived} of ${(total / 1e6).toFixed(1)} MB`;
}

/** @param {number} milliseconds */
export function formatDuration(milliseconds) {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** A rough duration for an estimate. @param {number} milliseconds */
export function formatRemaining(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
