/**
 * A question in a modal dialog of the page. The values of its buttons are the answers; Cancel and Escape answer with ''.
 */
import { find } from './dom.js';

export class ConfirmDialog {
  #root;
  #text;
  /** Answers the question that is open. @type {(answer: string) => void} */
  #answer = () => {};

  /** @param {string} selector a `<dialog>` with a `<p>` for the question and buttons with values */
  constructor(selector) {
    this.#root = /** @type {HTMLDialogElement} */ (find(selector));
    this.#text = find('p', this.#root);
    for (const button of this.#root.querySelectorAll('button')) {
      button.addEventListener('click', () => this.#root.close(button.value));
    }
    // By a button or by Escape. The event is late: a newer question may be open.
    this.#root.addEventListener('close', () => {
      if (!this.#root.open) this.#answer(this.#root.returnValue);
    });
  }

  /** Resolves to the answer. A newer question replaces an older one, which is answered with ''. @param {string} question @returns {Promise<string>} */
  ask(question) {
    this.#answer('');
    this.#text.textContent = question;
    this.#root.returnValue = '';
    if (!this.#root.open) this.#root.showModal();
    return new Promise((resolve) => {
      this.#answer = resolve;
    });
  }

  /** Closes the dialog and answers an open question with ''. */
  dismiss() {
    this.#answer('');
    if (this.#root.open) this.#root.close();
  }
}
