/**
 * Messages: one notice across the page, and lists with a line per file.
 */
import { find, make, moveFocusOut } from '../core/dom.js';

export class Notice {
  #root = find('#notice');
  #text = find('p', this.#root);
  #retry = find('[data-act="retry"]', this.#root);

  /** @param {() => void} onRetry */
  constructor(onRetry) {
    find('[data-act="close"]', this.#root).addEventListener('click', () => this.clear());
    this.#retry.addEventListener('click', () => {
      this.clear();
      onRetry();
    });
  }

  /**
   * @param {string} text
   * @param {boolean} [canRetry]
   */
  show(text, canRetry = false) {
    this.#text.textContent = text;
    this.#retry.hidden = !canRetry;
    this.#root.hidden = false;
  }

  clear() {
    moveFocusOut(this.#root);
    this.#root.hidden = true;
  }
}

/** A list of files with a message each. It is hidden while it is empty. */
export class FileList {
  #list;
  #frame;

  /** @param {string} selector of the list */
  constructor(selector) {
    this.#list = find(selector);
    this.#frame = /** @type {HTMLDetailsElement} */ (this.#list.closest('details'));
  }

  clear() {
    this.#list.replaceChildren();
    this.#frame.hidden = true;
  }

  /** @param {{file?: string | null, message: string}[]} entries */
  add(entries) {
    for (const { file, message } of entries) {
      // Some messages begin with the name of the file.
      const reason = file && message.startsWith(`${file}: `) ? message.slice(file.length + 2) : message;
      this.#list.append(make('li', {}, ...(file ? [make('b', {}, file), ': '] : []), reason));
    }
    this.#frame.hidden = this.#list.childElementCount === 0;
  }
}
