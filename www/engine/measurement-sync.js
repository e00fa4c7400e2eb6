/**
 * Keeps the measures of the cases up with their masks: asks anew for what has changed, one case at a time and never so
 * often that it would hold up the slices.
 */

/** @import { Engine } from './engine.js' */
/** @import { State } from '../core/store.js' */
/** @import { CaseState } from '../core/types.js' */

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
        await this.#leaveOut(next, open);
        this.#state.tell('measure', { case: next, slice: measure.largest });
      }
      if (this.#stale.size > 0) await pause(Math.min(2000, Math.max(PAUSE_MS, SHARE * (performance.now() - start))));
    }
  }

  /**
   * The last slice of a case decides which regions are small: only now their pixels are known.
   * @param {number} at which case
   * @param {CaseState} open
   */
  async #leaveOut(at, open) {
    for (const [index, { left_out: pixels }] of (open.measure?.slices ?? []).entries()) {
      const slice = open.slices[index];
      if ((pixels > 0) === (slice.leftOut !== null)) continue;
      const leftOut = pixels > 0 ? await this.#engine.leftOut({ case: at, slice: index }).catch(() => undefined) : undefined;
      if (this.#state.cases[at] !== open) return;
      slice.leftOut = leftOut ?? null;
      this.#state.tell('slice', { case: at, slice: index });
    }
  }
}

/** @param {number} milliseconds */
function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
