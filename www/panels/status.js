/**
 * How far the work is, and how long it will still take.
 */
import { find, leave } from '../core/dom.js';

/** @typedef {'loading' | 'ready' | 'running' | 'done' | 'error'} State */

export class Status {
  #text = find('#status');
  /** For screen readers: the turns of the work, not every slice. */
  #spoken = find('#spoken');
  #bar = /** @type {HTMLProgressElement} */ (find('#progress'));
  #cancel = /** @type {HTMLButtonElement} */ (find('#cancel'));
  /** After a cancel. */
  #goOn = find('#go-on');
  #since = 0;

  /** @param {() => void} onCancel @param {() => void} onGoOn */
  constructor(onCancel, onGoOn) {
    this.#goOn.addEventListener('click', onGoOn);
    this.#cancel.addEventListener('click', () => {
      leave(this.#cancel);
      this.#cancel.disabled = true;
      this.#text.textContent = 'Stopping after the slice under way…';
      onCancel();
    });
  }

  /**
   * @param {State} state
   * @param {string} text
   * @param {boolean} [rest] whether something was left undone that can be gone on with
   */
  set(state, text, rest = false) {
    document.body.dataset.state = state;
    if (state !== 'running') leave(this.#cancel);
    this.#cancel.disabled = state !== 'running';
    if (!rest) leave(this.#goOn);
    this.#goOn.hidden = !rest;
    this.#text.textContent = text;
    this.#spoken.textContent = text;
    this.#since = performance.now();
    this.#bar.max = 1;
    this.#bar.value = state === 'done' ? 1 : 0;
  }

  /**
   * @param {number} done
   * @param {number} all
   * @param {string} noun
   */
  progress(done, all, noun) {
    this.#bar.max = all;
    this.#bar.value = done;
    if (this.#cancel.disabled) return;
    const left = ((performance.now() - this.#since) / done) * (all - done);
    // One slice says little about the next ones: the first pays for compiling.
    const rest = done > 1 && left > 2000 ? ` · ${spell(left)} left` : '';
    this.#text.textContent = `${done} of ${all} ${noun}${rest}`;
  }
}

/** @param {number} milliseconds */
function spell(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
