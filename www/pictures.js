/**
 * The pixels of the slices that were looked at last, asked for once each.
 */

/** @import { Engine } from './engine.js' */
/** @import { Pixels, Place } from './types.js' */
/** @typedef {{pixels: Pixels, reference: Uint8Array | null}} Picture */

/** Some 16 MB at 256 by 256. */
const KEPT = 64;

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
    return this.#entries.get(key(place))?.picture ?? null;
  }

  /**
   * @param {Place} place
   * @param {boolean} paired whether a mask was dropped with it
   * @returns {Promise<Picture>}
   */
  get(place, paired) {
    const entries = this.#entries;
    const name = key(place);
    const known = entries.get(name);
    if (known) {
      entries.delete(name);
      entries.set(name, known);
      return known.promise;
    }
    const asked = [this.#engine.pixels(place), paired ? this.#engine.reference(place) : undefined];
    const promise = Promise.all(asked).then((answers) => {
      const picture = { pixels: /** @type {Pixels} */ (answers[0]), reference: /** @type {Uint8Array} */ (answers[1]) ?? null };
      entry.picture = picture;
      return picture;
    });
    const entry = { promise, picture: /** @type {Picture | null} */ (null) };
    entries.set(name, entry);
    promise.catch(() => entries.delete(name));
    const [oldest] = entries.keys();
    if (entries.size > KEPT) entries.delete(oldest);
    return promise;
  }
}

/** @param {Place} place */
function key(place) {
  return `${place.case}/${place.slice}`;
}
