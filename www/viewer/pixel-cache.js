/**
 * The pixels of the slices that were looked at last, asked for once each.
 */

/** @import { Engine } from '../engine/engine.js' */
/** @import { Pixels, Place } from '../core/types.js' */
/** @typedef {{pixels: Pixels, reference: Uint8Array | null}} Picture */

/** Bytes of pixels that are kept: 170 slices at 256 by 256, of the largest the one in view and another. */
const KEPT = 64 << 20;

export class Pictures {
  #engine;
  /** @type {Map<string, {promise: Promise<Picture>, picture: Picture | null}>} the oldest first */
  #entries = new Map();

  /** @param {Engine} engine */
  constructor(engine) {
    this.#engine = engine;
  }

  clear() {
    this.#entries = new Map();
  }

  /** What is here already. @param {Place} place */
  ready(place) {
    return this.#touch(key(place))?.picture ?? null;
  }

  /**
   * @param {Place} place
   * @param {boolean} paired whether a mask was dropped with it
   * @returns {Promise<Picture>}
   */
  get(place, paired) {
    const entries = this.#entries;
    const name = key(place);
    const known = this.#touch(name);
    if (known) return known.promise;
    const asked = [this.#engine.pixels(place), paired ? this.#engine.reference(place) : undefined];
    const promise = Promise.all(asked).then((answers) => {
      const picture = { pixels: /** @type {Pixels} */ (answers[0]), reference: /** @type {Uint8Array} */ (answers[1]) ?? null };
      entry.picture = picture;
      this.#trim();
      return picture;
    });
    const entry = { promise, picture: /** @type {Picture | null} */ (null) };
    entries.set(name, entry);
    promise.catch(() => entries.delete(name));
    return promise;
  }

  /** Makes it the newest. @param {string} name */
  #touch(name) {
    const entry = this.#entries.get(name);
    if (entry && this.#entries.delete(name)) this.#entries.set(name, entry);
    return entry;
  }

  /** Lets the oldest go until the others are few enough. */
  #trim() {
    const here = [...this.#entries].filter(([, { picture }]) => picture).reverse();
    let bytes = 0;
    for (const [at, [name, { picture }]] of here.entries()) {
      bytes += picture?.pixels.levels.byteLength ?? 0;
      if (at > 1 && bytes > KEPT) this.#entries.delete(name);
    }
  }
}

/** @param {Place} place */
function key(place) {
  return `${place.case}/${place.slice}`;
}
