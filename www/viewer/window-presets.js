/**
 * Windows: which grey levels are shown as black and as white.
 */

/** @import { Contrast, Pixels, Window } from '../core/types.js' */

/** Steps of a level in the pixels. */
export const STEPS = 64;
/**
 * Those that have a name and are the same for every slice of every case.
 * @type {Record<string, Window>}
 */
export const PRESETS = { usual: { low: 0, high: 255 }, bright: { low: 70, high: 255 }, dark: { low: 0, high: 150 } };
/** Parts of the tissue's pixels that `tissue` shows as black and as white. */
const TAIL = 0.01;

/**
 * From the darkest to the brightest tissue of a slice, but for the few pixels at either end.
 * @param {Pixels} pixels
 * @param {Contrast} contrast
 * @returns {Window}
 */
export function tissue(pixels, contrast) {
  const channel = contrast === 'pre' ? 0 : contrast === 'post' ? 2 : 1;
  const counts = new Uint32Array(Math.ceil(pixels.brightest) + 1);
  for (let i = channel; i < pixels.levels.length; i += 3) counts[Math.round(pixels.levels[i] / STEPS)]++;
  // Air is most of a slice and says nothing.
  counts.fill(0, 0, 8);
  const tail = TAIL * counts.reduce((sum, value) => sum + value, 0);
  const end = (/** @type {number[]} */ levels) => {
    let seen = 0;
    return levels.find((level) => (seen += counts[level]) > tail);
  };
  const levels = [...counts.keys()];
  return { low: end(levels) ?? 0, high: end(levels.reverse()) ?? 255 };
}
