/**
 * Keeps the measures of the cases up with their masks: asks anew for what has changed, one case at a time and never so
 * often that it would hold up the slices.
 */

/** @import { Engine } from './engine.js' */
/** @import { State } from './state.js' */

/** Measuring takes at most one part in this many of the first worker's time. */
const SHARE = 4;
/** Between two measures of a case while slices arrive, in milliseconds. */
const PAUSE_MS = 120;

export class Measuring {
  #engine;
  #state;
  /** @type {Set<number>} cases whose measures are not those of their masks */
  #stale = new Set();
  /** @type {Promise<void> | null} */
  #running = null;

  /** @param {Engine} engine @param {State} state */
  constructor(engine, state) {
    this.#engine = engine;
    this.#state = state;
    const all = () => this.#renew(...state.cases.keys());
    state.on('open', all);
    state.on('settings', all);
    state.on('slice', () => this.#renew(state.told.case));
  }

  /** Resolves when every measure is that of its mask. */
  async settled() {
    while (this.#running) await this.#running;
  }

  /** @param {number[]} cases */
  #renew(...cases) {
    for (const at of cases) this.#stale.add(at);
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
  }

  async #run() {
    // What comes in one go is measured in one go.
    await Promise.resolve();
    while (this.#stale.size > 0) {
      const { cases, at, threshold } = this.#state;
      const next = this.#stale.has(at.case) ? at.case : [...this.#stale][0];
      this.#stale.delete(next);
      const open = cases[next];
      if (!open) continue;
      const start = performance.now();
      const measure = await this.#engine.measure(next, threshold, open.spacing).catch(() => null);
      // Cases may have been closed or moved meanwhile.
      if (measure && this.#state.cases[next] === open && measure.slices.length === open.slices.length) {
        open.measure = measure;
        this.#state.tell('measure', { case: next, slice: measure.largest });
      }
      if (this.#stale.size > 0) await pause(Math.min(2000, Math.max(PAUSE_MS, SHARE * (performance.now() - start))));
    }
  }
}

/** @param {number} milliseconds */
function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
