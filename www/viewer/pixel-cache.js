/**
 * The pixels of the slices that were shown last. Each slice is requested once.
 */

/** @import { Engine } from '../engine/engine.js' */
/** @import { Pixels, SliceInfo, SlicePixels } from '../core/types.js' */
/** @typedef {{pyramid: Pixels[], flair: SlicePixels['flair'], reference: Uint8Array | null}} Picture the pixels at 1, 1/2, 1/4, … of the resolution, and the FLAIR channel as the file states it */

/** Bytes of pixels to keep: 170 slices of 256 by 256. Of larger slices at least two are kept. */
const BUDGET = 64 << 20;

export class PixelCache {
  #engine;
  /** By slice id, the least recently used first. @type {Map<string, {promise: Promise<Picture>, picture: Picture | null}>} */
  #entries = new Map();

  /** @param {Engine} engine */
  constructor(engine) {
    this.#engine = engine;
  }

  clear() {
    this.#entries = new Map();
  }

  /** The picture of a slice if it is loaded. @param {string} id */
  loaded(id) {
    return this.#touch(id)?.picture ?? null;
  }

  /** @param {SliceInfo} slice @returns {Promise<Picture>} */
  load({ id, reference: hasReference }) {
    const entries = this.#entries;
    const known = this.#touch(id);
    if (known) return known.promise;
    const requests = [this.#engine.pixels(id), hasReference ? this.#engine.reference(id) : undefined];
    const promise = Promise.all(requests).then((answers) => {
      const pyramid = /** @type {[SlicePixels, ...Pixels[]]} */ (answers[0]);
      const picture = { pyramid, flair: pyramid[0].flair, reference: /** @type {Uint8Array} */ (answers[1]) ?? null };
      entry.picture = picture;
      this.#trim();
      return picture;
    });
    const entry = { promise, picture: /** @type {Picture | null} */ (null) };
    entries.set(id, entry);
    promise.catch(() => entries.delete(id));
    return promise;
  }

  /** Makes it the most recently used. @param {string} id */
  #touch(id) {
    const entry = this.#entries.get(id);
    if (entry && this.#entries.delete(id)) this.#entries.set(id, entry);
    return entry;
  }

  /** Removes the oldest until the others fit the budget. */
  #trim() {
    const loaded = [...this.#entries].filter(([, { picture }]) => picture).reverse();
    let bytes = 0;
    for (const [at, [id, { picture }]] of loaded.entries()) {
      bytes += picture?.flair.byteLength ?? 0;
      for (const { levels } of picture?.pyramid ?? []) bytes += levels.byteLength;
      if (at > 1 && bytes > BUDGET) this.#entries.delete(id);
    }
  }
}
