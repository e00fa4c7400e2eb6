/**
 * Protects edits that are in no file yet: the browser asks before the page is closed, the page before files are replaced.
 */
import { find } from '../core/dom.js';
import { countOf } from '../core/format.js';

/** @import { Store } from '../core/store.js' */

export class UnsavedDialog {
  #root = /** @type {HTMLDialogElement} */ (find('#unsaved'));
  #text = find('p', this.#root);
  #store;
  /** Answers the question that is open. @type {(discard: boolean) => void} */
  #answer = () => {};

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
    addEventListener('beforeunload', (event) => {
      if (store.unsavedEdits > 0) event.preventDefault();
    });
    for (const button of this.#root.querySelectorAll('button')) {
      button.addEventListener('click', () => this.#root.close(button.value));
    }
    // By a button or by Escape.
    this.#root.addEventListener('close', () => {
      if (!this.#root.open) this.#answer(this.#root.returnValue === 'discard');
    });
  }

  /**
   * Whether the open files may be closed. Asks the visitor where an edit would be lost.
   * @param {string} action the beginning of a sentence, for example “Opening these files”
   */
  async mayDiscard(action) {
    // A newer question replaces an older one.
    this.#answer(false);
    const { unsavedEdits } = this.#store;
    if (unsavedEdits === 0) {
      if (this.#root.open) this.#root.close();
      return true;
    }
    this.#text.textContent = `${action} discards the edits of ${countOf(unsavedEdits, 'slice')}. ` +
      'To keep the edits, cancel and save a session or all results first.';
    this.#root.returnValue = '';
    if (!this.#root.open) this.#root.showModal();
    return new Promise((/** @type {(discard: boolean) => void} */ resolve) => {
      this.#answer = resolve;
    });
  }
}
