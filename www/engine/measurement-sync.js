/**
 * Keeps the measures of the cases up to date with their masks. Measures one case at a time, and rarely enough that the
 * slices are not delayed.
 */
import { faultOf } from '../core/errors.js';

/** @import { Engine } from './engine.js' */
/** @import { Store } from '../core/store.js' */
/** @import { CaseState } from '../core/types.js' */

/** Measuring takes at most 1/4 of the primary worker's time. */
const PAUSE_FACTOR = 4;
/** The shortest and the longest pause between two measurements. */
const MIN_PAUSE_MS = 120;
const MAX_PAUSE_MS = 2000;

export class MeasurementSync {
  #engine;
  #store;
  /** The ids of cases whose measures are out of date. @type {Set<string>} */
  #stale = new Set();
  /** @type {Promise<void> | null} */
  #running = null;

  /** @param {Engine} engine @param {Store} store */
  constructor(engine, store) {
    this.#engine = engine;
    this.#store = store;
    const all = () => this.#measure(...store.cases.map(({ id }) => id));
    store.on('open', all);
    store.on('settings', all);
    store.on('slice', (id) => {
      const open = store.placeOf(id)?.open;
      if (open) this.#measure(open.id);
    });
  }

  /** Resolves when all measures are up to date. */
  async settled() {
    while (this.#running) await this.#running;
  }

  /** @param {string[]} ids of cases */
  #measure(...ids) {
    for (const id of ids) this.#stale.add(id);
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
  }

  async #run() {
    // Several changes in one task are measured once.
    await Promise.resolve();
    while (this.#stale.size > 0) {
      const inView = this.#store.current?.id;
      const id = inView !== undefined && this.#stale.has(inView) ? inView : [...this.#stale][0];
      this.#stale.delete(id);
      const open = this.#store.case(id);
      if (!open) continue;
      const start = performance.now();
      await this.#measureCase(open);
      const pause = Math.max(MIN_PAUSE_MS, PAUSE_FACTOR * (performance.now() - start));
      if (this.#stale.size > 0) await new Promise((resolve) => setTimeout(resolve, Math.min(MAX_PAUSE_MS, pause)));
    }
  }

  /** @param {CaseState} open */
  async #measureCase(open) {
    try {
      const measure = await this.#engine.measure(open.id, this.#store.threshold, open.spacing);
      // The case may have been closed, or may have got other slices.
      if (this.#store.case(open.id) !== open || !measure.slices.every(({ id }, i) => open.slices[i]?.info.id === id)) return;
      open.measure = measure;
      await this.#updateSmallRegions(open);
      this.#store.setMeasure(open.id, { measure, measureFault: null });
    } catch (error) {
      if (this.#store.case(open.id) === open) this.#store.setMeasure(open.id, { measure: null, measureFault: faultOf(error) });
    }
  }

  /**
   * Which regions are small is known when the last slice of a case is segmented. Only then their pixels are fetched.
   * @param {CaseState} open
   */
  async #updateSmallRegions(open) {
    for (const [index, { id, removedSmallRegions: pixels }] of (open.measure?.slices ?? []).entries()) {
      if ((pixels > 0) === (open.slices[index].smallRegions !== null)) continue;
      const smallRegions = pixels > 0 ? ((await this.#engine.smallRegions(id)) ?? null) : null;
      if (this.#store.case(open.id) !== open) return;
      this.#store.setSlice(id, { smallRegions });
    }
  }
}
