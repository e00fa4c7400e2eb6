/**
 * Edits by hand that are in no file yet do not go without a word: the browser asks before the page is left, the page before
 * anything takes their place.
 */
import { find, many } from '../core/dom.js';

/** @import { State } from '../core/store.js' */

export class Unsaved {
  #root = /** @type {HTMLDialogElement} */ (find('#unsaved'));
  #text = find('p', this.#root);
  #state;
  /** @type {(go: boolean) => void} answers the question that is open */
  #answer = () => {};

  /** @param {State} state */
  constructor(state) {
    this.#state = state;
    addEventListener('beforeunload', (event) => {
      if (state.unsaved > 0) event.preventDefault();
    });
    for (const button of this.#root.querySelectorAll('button')) {
      button.addEventListener('click', () => this.#root.close(button.value));
    }
    // By a button or by Escape.
    this.#root.addEventListener('close', () => {
      if (!this.#root.open) this.#answer(this.#root.returnValue === 'go');
    });
  }

  /**
   * Whether what is open may be closed: at once where no edit is lost, else as the visitor decides.
   * @param {string} what is about to happen, as a sentence's beginning
   */
  async mayGo(what) {
    // Of two questions the newer one counts.
    this.#answer(false);
    const { unsaved } = this.#state;
    if (unsaved === 0) {
      if (this.#root.open) this.#root.close();
      return true;
    }
    const edits = unsaved === 1 ? 'The mask of 1 slice was' : `The masks of ${many(unsaved, 'slice')} were`;
    this.#text.textContent = `${edits} edited by hand and not saved since. ${what} discards ${unsaved === 1 ? 'that edit' : 'those edits'} for good. To keep ${unsaved === 1 ? 'it' : 'them'}, go back and save a session or all results first.`;
    this.#root.returnValue = '';
    if (!this.#root.open) this.#root.showModal();
    return new Promise((/** @type {(go: boolean) => void} */ resolve) => {
      this.#answer = resolve;
    });
  }
}
