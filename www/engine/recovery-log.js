/**
 * What the page holds on to so that no worker is missed: the files, the probabilities and the edits. A worker that takes
 * over gets all of it; a helper gets the files alone.
 */
import { FaultError } from '../core/errors.js';

/** @import { Link } from './worker-client.js' */
/** @import { Assembly, Place, Source } from '../core/types.js' */

export class Kept {
  /** @type {Source[]} every file that the reader took, in order */
  sources = [];
  /** @type {Assembly | null} what they make up */
  assembly = null;
  /** How many of them it is made of; those behind are being added. */
  assembled = 0;
  /** @type {Map<string, Place & {probability: Uint16Array}>} */
  #probabilities = new Map();
  /** @type {Map<string, Place & {mask: Uint8Array}>} */
  #edits = new Map();

  /** What a worker takes at least that holds all of the cases: the files as they are, samples of 8 bits, and the probabilities to come. */
  get bytes() {
    const files = this.sources.reduce((sum, { file }) => sum + (file?.size ?? 0), 0);
    const slices = this.assembly?.cases.flatMap((one) => one.slices) ?? [];
    return slices.reduce((sum, { width, height, grey }) => sum + width * height * ((grey ? 1 : 3) + 2), files);
  }

  /** @param {Place} place */
  probability(place) {
    return this.#probabilities.get(key(place))?.probability ?? null;
  }

  /** @param {Place} place */
  edit(place) {
    return this.#edits.get(key(place))?.mask ?? null;
  }

  /** @param {Place} place @param {Uint16Array} probability */
  finish({ case: at, slice }, probability) {
    this.#probabilities.set(key({ case: at, slice }), { case: at, slice, probability });
  }

  /** @param {Place} place @param {Uint8Array | null} mask null takes the edit back */
  change({ case: at, slice }, mask) {
    if (mask) this.#edits.set(key({ case: at, slice }), { case: at, slice, mask });
    else this.#edits.delete(key({ case: at, slice }));
  }

  /** Forgets a slice that is not what it was. @param {Place} place */
  drop(place) {
    this.#probabilities.delete(key(place));
    this.#edits.delete(key(place));
  }

  clear() {
    this.sources = [];
    this.assembly = null;
    this.assembled = 0;
    this.#probabilities = new Map();
    this.#edits = new Map();
  }

  /**
   * Takes what is new as what is there. Cases may have moved: what belongs to a slice goes with it.
   * @param {Assembly} assembly
   */
  move(assembly) {
    if (this.assembly) {
      this.#probabilities = moved(this.#probabilities, this.assembly, assembly);
      this.#edits = moved(this.#edits, this.assembly, assembly);
    }
    this.assembly = assembly;
    this.assembled = this.sources.length;
  }

  /**
   * Reads the files of the cases into another worker, where these have to come out as they are here.
   * @param {Link} link
   * @param {() => boolean} stopped
   * @returns {Promise<boolean>} whether it has them all
   */
  async pour(link, stopped) {
    const { assembly } = this;
    await link.call('clear');
    for (const [at, source] of this.sources.slice(0, this.assembled).entries()) {
      if (!stopped()) await link.call('read', source);
      // What it has found is of the cases as they were then: with the files behind it they are others.
      if (source.session && at + 1 < this.assembled && !stopped()) await link.call('assemble');
    }
    if (!assembly || stopped()) return false;
    const again = await link.call('assemble');
    if (JSON.stringify(again.cases) !== JSON.stringify(assembly.cases)) {
      throw new FaultError({ kind: 'gone', file: null, message: 'the files have changed since they were dropped' });
    }
    return true;
  }

  /** Fills a worker that takes over. @param {Link} link */
  async restore(link) {
    await this.pour(link, () => false);
    for (const finished of this.#probabilities.values()) await link.call('adopt', finished);
    // An edit that was taken back is in a session's file still.
    if (this.sources.some(({ session }) => session)) {
      for (const [at, { slices }] of (this.assembly?.cases ?? []).entries()) {
        for (const slice of slices.keys()) await link.call('setEdit', { case: at, slice });
      }
    }
    for (const edit of this.#edits.values()) await link.call('setEdit', edit);
    for (const source of this.sources.slice(this.assembled)) await link.call('read', source);
  }
}

/**
 * @template {Place} T
 * @param {Map<string, T>} entries
 * @param {Assembly} from
 * @param {Assembly} to
 */
function moved(entries, from, to) {
  // Not by their names: beside another of its name a case gets a longer one.
  const now = new Map(to.cases.map(({ slices }, at) => [JSON.stringify(slices), at]));
  const cases = from.cases.map(({ slices }) => now.get(JSON.stringify(slices)) ?? -1);
  const kept = [...entries.values()].filter((entry) => cases[entry.case] >= 0);
  return new Map(kept.map((entry) => {
    const there = { ...entry, case: cases[entry.case] };
    return [key(there), there];
  }));
}

/** @param {Place} place */
function key(place) {
  return `${place.case}/${place.slice}`;
}
