/**
 * The display settings: their defaults, and how saved ones are read.
 */

/** @import { Comparison, Display } from './types.js' */

/** @type {Readonly<Display>} */
export const DEFAULT_DISPLAY = Object.freeze({
  contrast: 'flair',
  preset: 'default',
  window: { low: 0, high: 255 },
  overlay: 'mask',
  style: 'fill',
  opacity: 0.4,
  colour: '#ffb000',
  overlayVisible: true,
  referenceVisible: true,
  tool: 'browse',
  layout: 'slice',
  planes: 'multi',
  brushSize: 9,
  regionAction: 'remove',
  letterKeys: true,
});

/** @type {Record<string, (value: any) => boolean>} */
const VALID = {
  contrast: oneOf('pre', 'flair', 'post', 'composite'),
  preset: oneOf('default', 'full', 'auto', 'bright', 'dark', 'custom'),
  window: (value) => Number.isFinite(value?.low) && Number.isFinite(value?.high) && value.low < value.high,
  overlay: oneOf('mask', 'heat', 'agreement'),
  style: oneOf('fill', 'outline'),
  opacity: between(0.05, 1),
  colour: (value) => /^#[0-9a-f]{6}$/.test(value),
  overlayVisible: isBoolean,
  referenceVisible: isBoolean,
  tool: oneOf('browse', 'window', 'brush', 'eraser', 'region', 'measure'),
  layout: oneOf('slice', 'side', 'volume'),
  planes: oneOf('multi', 'render'),
  brushSize: between(1, 61),
  regionAction: oneOf('remove', 'keep'),
  letterKeys: isBoolean,
};

/**
 * The valid settings of a saved object. Unknown keys and invalid values are ignored: a session may come from another
 * version, or from another program.
 * @param {unknown} saved
 * @returns {Partial<Display>}
 */
export function readDisplay(saved) {
  if (typeof saved !== 'object' || saved === null) return {};
  return Object.fromEntries(Object.entries(saved).filter(([key, value]) => Object.hasOwn(VALID, key) && VALID[key](value)));
}

/**
 * Where the visitor was: the id of the slice in view, the cases with an exercise, each with whether it was compared, and the two
 * cases that were compared.
 * @param {any} saved
 * @returns {{slice: string | null, exercises: [string, boolean][], comparison: Comparison | null}}
 */
export function readPlace(saved) {
  const exercises = /** @type {[string, any][]} */ (Object.entries(saved?.exercises ?? {}));
  const { earlier, later, shift } = saved?.comparison ?? {};
  return {
    slice: typeof saved?.slice === 'string' ? saved.slice : null,
    exercises: exercises.filter(([, comparing]) => isBoolean(comparing)),
    comparison: typeof earlier === 'string' && typeof later === 'string' && Number.isFinite(shift) ? { earlier, later, shift } : null,
  };
}

/** @param {string[]} values */
function oneOf(...values) {
  return (/** @type {unknown} */ value) => typeof value === 'string' && values.includes(value);
}

/** @param {number} low @param {number} high */
function between(low, high) {
  return (/** @type {unknown} */ value) => typeof value === 'number' && value >= low && value <= high;
}

/** @param {unknown} value */
function isBoolean(value) {
  return typeof value === 'boolean';
}
