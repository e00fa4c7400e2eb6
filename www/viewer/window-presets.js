/**
 * Windows: the grey levels that are shown as black and as white.
 */

/** @import { Contrast, Pixels, Preset, Window } from '../core/types.js' */

/** `Pixels.levels` counts in 64ths of a level. */
export const STEPS_PER_LEVEL = 64;
/** The windows that are the same for every slice. @type {Record<string, Window>} */
export const PRESETS = { default: { low: 0, high: 255 }, bright: { low: 70, high: 255 }, dark: { low: 0, high: 150 } };
/** The fractions of tissue pixels that `tissueWindow` shows as black and as white. */
const TAIL = 0.01;
/** Levels below this are air, which covers most of a slice. */
const AIR = 8;

/**
 * The window of a slice under a preset.
 * @param {Preset} preset
 * @param {Window} custom for the preset `custom`
 * @param {Contrast} contrast
 * @param {Pixels} pixels
 * @returns {Window}
 */
export function windowOf(preset, custom, contrast, pixels) {
  if (preset === 'custom') return custom;
  if (preset === 'auto') return tissueWindow(pixels, contrast);
  if (preset === 'full') return { low: 0, high: brightestLevel(pixels) };
  return PRESETS[preset];
}

/** The brightest level of the case. @param {Pixels} pixels */
export function brightestLevel({ brightest }) {
  return Math.ceil(brightest);
}

/**
 * From the darkest to the brightest tissue of a slice, without the extreme 1 % at each end.
 * @param {Pixels} pixels
 * @param {Contrast} contrast
 * @returns {Window}
 */
export function tissueWindow(pixels, contrast) {
  const channel = contrast === 'pre' ? 0 : contrast === 'post' ? 2 : 1;
  const counts = new Uint32Array(brightestLevel(pixels) + 1);
  for (let i = channel; i < pixels.levels.length; i += 3) counts[Math.round(pixels.levels[i] / STEPS_PER_LEVEL)]++;
  counts.fill(0, 0, AIR);
  const tail = TAIL * counts.reduce((sum, value) => sum + value, 0);
  const quantile = (/** @type {number[]} */ levels) => {
    let seen = 0;
    return levels.find((level) => (seen += counts[level]) > tail);
  };
  const levels = [...counts.keys()];
  return { low: quantile(levels) ?? 0, high: quantile(levels.reverse()) ?? 255 };
}

/**
 * A window with its level and width inside the levels that exist.
 * @param {number} level the middle
 * @param {number} width
 * @param {number} brightest
 * @returns {Window}
 */
export function windowFrom(level, width, brightest) {
  const half = Math.min(brightest, Math.max(2, width)) / 2;
  const middle = Math.min(brightest, Math.max(0, level));
  return { low: middle - half, high: middle + half };
}
