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
  #save;
  /** Answers the question that is open, with the value of a button. @type {(answer: string) => void} */
  #answer = () => {};

  /** @param {Store} store @param {() => Promise<void>} save saves a session */
  constructor(store, save) {
    this.#store = store;
    this.#save = save;
    addEventListener('beforeunload', (event) => {
      if (store.unsavedEdits > 0) event.preventDefault();
    });
    for (const button of this.#root.querySelectorAll('button')) {
      button.addEventListener('click', () => this.#root.close(button.value));
    }
    // By a button or by Escape.
    this.#root.addEventListener('close', () => {
      if (!this.#root.open) this.#answer(this.#root.returnValue);
    });
  }

  /**
   * Whether edits may be dropped. Asks the visitor where one would be lost, and saves a session on request.
   * @param {string} action the beginning of a sentence, for example “Opening these files”
   * @param {Uint8Array[]} [edits] those that would be dropped; by default all
   */
  async mayDiscard(action, edits) {
    // A newer question replaces an older one.
    this.#answer('');
    const count = () => (edits ? this.#store.countUnsaved(edits) : this.#store.unsavedEdits);
    if (count() === 0) {
      if (this.#root.open) this.#root.close();
      return true;
    }
    this.#text.textContent = `${action} discards the edits of ${countOf(count(), 'slice')}. A session keeps files, results and edits.`;
    this.#root.returnValue = '';
    if (!this.#root.open) this.#root.showModal();
    const answer = await new Promise((/** @type {(answer: string) => void} */ resolve) => {
      this.#answer = resolve;
    });
    if (answer !== 'save') return answer === 'discard';
    await this.#save();
    // Nothing is saved where the visitor cancels, or where it fails.
    return count() === 0;
  }
}
