/**
 * Tells screen readers the slice in view and its result. The label of the stage changes with every slice and every stroke,
 * and most screen readers do not read that.
 */
import { find } from './dom.js';

/** Slices that are passed quickly are not read. */
const PAUSE_MS = 400;

export class Announcer {
  #region = find('#announced');
  #text = '';
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {string} text */
  show(text) {
    if (text === this.#text) return;
    this.#text = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      // Other controls have a text of their own, which is read.
      const { activeElement } = document;
      if (activeElement === document.body || activeElement === find('#stage')) this.#region.textContent = this.#text;
    }, PAUSE_MS);
  }
}
