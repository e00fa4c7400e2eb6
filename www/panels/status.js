/**
 * The progress of the job, and how long it will still take.
 */
import { find } from '../core/dom.js';
import { formatDownload, formatRemaining } from '../core/format.js';

/** @import { Store } from '../core/store.js' */

/** Shorter times are not shown. */
const SHORTEST_ESTIMATE_MS = 2000;

export class Status {
  #text = find('#status');
  /** For screen readers: changes of the job, not every slice. */
  #spoken = find('#spoken');
  #bar = /** @type {HTMLProgressElement} */ (find('#progress'));
  #store;
  #since = 0;
  #stopping = false;

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
  }

  /** @param {string} text */
  set(text) {
    this.#stopping = false;
    this.#text.textContent = text;
    this.#spoken.textContent = text;
    this.#since = performance.now();
    this.#bar.max = 1;
    this.#bar.value = this.#store.phase === 'done' ? 1 : 0;
  }

  /**
   * The progress while the page loads.
   * @param {number} received bytes
   * @param {number | null} total
   */
  download(received, total) {
    this.#text.textContent = `Loading the model: ${formatDownload(received, total)}`;
  }

  /** The job is being cancelled. */
  stopping() {
    this.#stopping = true;
    this.#text.textContent = 'Stopping after the slice in progress…';
  }

  /**
   * @param {number} done
   * @param {number} all
   * @param {string} noun
   */
  progress(done, all, noun) {
    this.#bar.max = all;
    this.#bar.value = done;
    if (this.#stopping) return;
    const left = ((performance.now() - this.#since) / done) * (all - done);
    // The first slice includes compilation, so one slice is not enough for an estimate.
    const estimate = done > 1 && left > SHORTEST_ESTIMATE_MS ? ` · ${formatRemaining(left)} left` : '';
    this.#text.textContent = `${done} of ${all} ${noun}${estimate}`;
  }
}
