/**
 * The part of a slice that is drawn. A large slice has more pixels than the screen, and drawing all of them would block the
 * page. So only the visible area is drawn, and at a lower resolution where it still has too many pixels.
 */
import { memoizeLast } from '../core/memoize.js';
import { thresholdMask } from './threshold.js';

/** @import { Pixels } from '../core/types.js' */
/** @import { Pane, Placement } from './camera.js' */
/** @import { Masks } from './threshold.js' */
/** @typedef {{width: number, height: number}} Size */
/**
 * An area of a slice. Its pixels are squares of `step` by `step` pixels of the slice; `step` is a power of two. Position and
 * size are in its own pixels.
 * @typedef {Size & {x: number, y: number, step: number}} Part
 */
/**
 * A slice and its masks. `pyramid` has the slice at 1, 1/2, 1/4, … of its resolution.
 * @typedef {Masks & {pyramid: Pixels[], threshold: number, reference: Uint8Array | null}} Layers
 */
/** The pixels of a part. @typedef {{part: Part, pixels: Pixels, mask: Uint8Array | null, probability: Uint16Array | null, reference: Uint8Array | null}} Excerpt */

/** Slices with more pixels than this are large: 1448 by 1448. */
const LARGE = 1 << 21;
/** The most pixels of a part of a large slice. It is less, because zooming and panning need many parts. */
const MAX_PIXELS = 1 << 20;
/** Parts begin and end at multiples of this, so that a short pan needs no other part. */
const TILE = 64;
/** The outline of a mask follows the edge of the part, which therefore is out of view. */
const MARGIN = 4;

/** Keeps the last excerpt. The next one has the same arrays where it can. */
export class Excerpts {
  #part = memoizeLast((/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ width, /** @type {number} */ height, /** @type {number} */ step) =>
    ({ x, y, width, height, step }));
  #pixels = memoizeLast(pixelsOf);
  #edit = memoizeLast(/** @type {typeof valuesOf<Uint8Array>} */ (valuesOf));
  #reference = memoizeLast(/** @type {typeof valuesOf<Uint8Array>} */ (valuesOf));
  #smallRegions = memoizeLast(/** @type {typeof valuesOf<Uint8Array>} */ (valuesOf));
  #probability = memoizeLast(/** @type {typeof valuesOf<Uint16Array>} */ (valuesOf));
  #prediction = memoizeLast(thresholdMask);

  /**
   * @param {Layers} layers
   * @param {Part} area
   * @returns {Excerpt}
   */
  of({ pyramid, edit, probability, smallRegions, threshold, reference }, area) {
    // Equal parts are one object from here on.
    const part = this.#part(area.x, area.y, area.width, area.height, area.step);
    const [slice] = pyramid;
    const found = this.#probability(probability, slice, part);
    return {
      part,
      pixels: this.#pixels(pyramid, part),
      mask: edit ? this.#edit(edit, slice, part) : found && this.#prediction(found, threshold, this.#smallRegions(smallRegions, slice, part)),
      probability: found,
      reference: this.#reference(reference, slice, part),
    };
  }
}

/**
 * The part of a slice that a pane shows, and a little more.
 * @param {Size} slice
 * @param {Pane} pane
 * @param {Placement} placement
 * @returns {Part}
 */
export function visiblePart(slice, pane, { scale, left, top }) {
  const { width, height } = slice;
  if (width * height <= LARGE) return { x: 0, y: 0, width, height, step: 1 };
  // A hidden pane has no size.
  if (scale === 0) return partOf(slice, { left: 0, top: 0, right: width, bottom: height });
  return partOf(slice, {
    left: (pane.x - left) / scale,
    top: (pane.y - top) / scale,
    right: (pane.x + pane.width - left) / scale,
    bottom: (pane.y + pane.height - top) / scale,
  });
}

/** A slice at the lowest resolution of its pyramid. @param {Pixels[]} pyramid @returns {Part} */
export function smallestPart(pyramid) {
  const { width, height } = pyramid[pyramid.length - 1];
  return { x: 0, y: 0, width, height, step: 2 ** (pyramid.length - 1) };
}

/**
 * @param {Size} slice
 * @param {{left: number, top: number, right: number, bottom: number}} area in pixels of the slice
 * @returns {Part}
 */
function partOf(slice, { left, top, right, bottom }) {
  for (let step = 1; ; step *= 2) {
    const [x, width] = range(left / step, right / step, Math.ceil(slice.width / step));
    const [y, height] = range(top / step, bottom / step, Math.ceil(slice.height / step));
    if (width * height <= MAX_PIXELS) return { x, y, width, height, step };
  }
}

/** @param {number} from @param {number} to @param {number} size @returns {[number, number]} start and length */
function range(from, to, size) {
  const start = Math.max(0, TILE * Math.floor((from - MARGIN) / TILE));
  return [start, Math.min(size, TILE * Math.ceil((to + MARGIN) / TILE)) - start];
}

/** @param {Pixels[]} pyramid @param {Part} part @returns {Pixels} */
function pixelsOf(pyramid, { x, y, width, height, step }) {
  const pixels = pyramid[Math.log2(step)];
  if (width === pixels.width && height === pixels.height) return pixels;
  const levels = new Uint16Array(3 * width * height);
  for (let row = 0; row < height; row++) {
    const start = 3 * ((y + row) * pixels.width + x);
    levels.set(pixels.levels.subarray(start, start + 3 * width), 3 * row * width);
  }
  return { ...pixels, width, height, levels };
}

/**
 * The values of a part. Each is the value in the middle of its square.
 * @template {Uint8Array | Uint16Array} T
 * @param {T | null} values one a pixel of the slice
 * @param {Size} slice
 * @param {Part} part
 * @returns {T | null}
 */
function valuesOf(values, slice, { x, y, width, height, step }) {
  if (!values || values.length === width * height) return values;
  const middle = step >> 1;
  const columns = Uint32Array.from({ length: width }, (_, at) => Math.min(slice.width - 1, (x + at) * step + middle));
  const found = /** @type {T} */ (values instanceof Uint8Array ? new Uint8Array(width * height) : new Uint16Array(width * height));
  for (let row = 0, to = 0; row < height; row++) {
    const start = slice.width * Math.min(slice.height - 1, (y + row) * step + middle);
    for (let at = 0; at < width; at++) found[to++] = values[start + columns[at]];
  }
  return found;
}
