/**
 * The slices that wait for the network: those of the case in view first, each case from its middle outwards, since that
 * is where a head is widest and a lesion most likely.
 */

/** @import { Place } from '../core/types.js' */
/** @typedef {{place: Place, losses: number}} Task a slice, and how many workers were lost over it */

export class Queue {
  /** @type {Task[]} */
  #tasks;
  #preferred;

  /**
   * @param {Place[]} places
   * @param {() => number} preferred the case in view
   */
  constructor(places, preferred) {
    this.#preferred = preferred;
    /** @type {Map<number, number>} */
    const middles = new Map();
    for (const { case: at, slice } of places) middles.set(at, Math.max(middles.get(at) ?? 0, slice / 2));
    /** @param {Place} place */
    const distance = (place) => Math.abs(place.slice - (middles.get(place.case) ?? 0));
    this.#tasks = places
      .map((place) => ({ place, losses: 0 }))
      .sort((a, b) => a.place.case - b.place.case || distance(a.place) - distance(b.place));
  }

  get length() {
    return this.#tasks.length;
  }

  /** The next one, which is then no longer here. @returns {Task | undefined} */
  take() {
    const wanted = this.#preferred();
    const at = this.#tasks.findIndex(({ place }) => place.case === wanted);
    return this.#tasks.splice(Math.max(0, at), 1)[0];
  }

  /** Puts one back, as the next. @param {Task} task */
  back(task) {
    this.#tasks.unshift(task);
  }
}
