/**
 * What the page holds on to so that no worker is missed: the files, the probabilities and the edits. A worker that takes
 * over gets all of it; a helper gets the files alone.
 */
import { FaultError } from './fault.js';

/** @import { Link } from './link.js' */
/** @import { Assembly, Place, Source } from './types.js' */

export class Kept {
  /** @type {Source[]} every file that the reader took, in order */
  sources = [];
  /** @type {Assembly | null} what they make up */
  assembly = null;
  /** Whether files are being added, so that the assembly is about to grow. */
  growing = false;
  /** @type {Map<string, Place & {probability: Uint16Array}>} */
  #probabilities = new Map();
  /** @type {Map<string, Place & {mask: Uint8Array}>} */
  #edits = new Map();

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
    this.growing = false;
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
  }

  /**
   * Reads the files into another worker; the cases have to come out as they are here.
   * @param {Link} link
   * @param {() => boolean} stopped
   */
  async pour(link, stopped) {
    const { sources, assembly, growing } = this;
    await link.call('clear');
    for (const source of sources) if (!stopped()) await link.call('read', source);
    if (!assembly || stopped()) return;
    const again = await link.call('assemble');
    if (growing) this.move(again);
    else if (JSON.stringify(again.cases) !== JSON.stringify(assembly.cases)) {
      throw new FaultError({ kind: 'gone', file: null, message: 'the files have changed since they were dropped' });
    }
  }

  /** Fills a worker that takes over. @param {Link} link */
  async restore(link) {
    await this.pour(link, () => false);
    for (const finished of this.#probabilities.values()) await link.call('adopt', finished);
    for (const edit of this.#edits.values()) await link.call('setEdit', edit);
  }
}

/**
 * @template {Place} T
 * @param {Map<string, T>} entries
 * @param {Assembly} from
 * @param {Assembly} to
 */
function moved(entries, from, to) {
  const cases = from.cases.map(({ name, slices }) => {
    const same = JSON.stringify(slices);
    return to.cases.findIndex((other) => other.name === name && JSON.stringify(other.slices) === same);
  });
  const kept = [...entries.values()].filter((entry) => cases[entry.case] >= 0);
  return new Map(kept.map((entry) => {
    const now = { ...entry, case: cases[entry.case] };
    return [key(now), now];
  }));
}

/** @param {Place} place */
function key(place) {
  return `${place.case}/${place.slice}`;
}
