/**
 * Asks before a file is written that has the patient's name and identifiers. They come from DICOM files.
 */
import { find } from '../core/dom.js';

export class IdentifierWarning {
  #root = /** @type {HTMLDialogElement} */ (find('#identifiers'));
  #text = find('p', this.#root);

  constructor() {
    for (const button of this.#root.querySelectorAll('button')) {
      button.addEventListener('click', () => this.#root.close(button.value));
    }
  }

  /** Whether the visitor wants the file. @param {string} file the beginning of a sentence, for example “A session” @returns {Promise<boolean>} */
  mayWrite(file) {
    this.#text.textContent = `${file} contains the name, the identifiers and the dates in the DICOM files. No other file that this page saves has them.`;
    this.#root.returnValue = '';
    this.#root.showModal();
    return new Promise((resolve) => {
      this.#root.addEventListener('close', () => resolve(this.#root.returnValue === 'save'), { once: true });
    });
  }
}
