/**
 * What the page has to say: one notice across it, and lists of what files were about.
 */
import { find, leave, make } from '../core/dom.js';

export class Notice {
  #root = find('#notice');
  #text = find('p', this.#root);
  #again = find('[data-act="again"]', this.#root);

  /** @param {() => void} onAgain */
  constructor(onAgain) {
    find('[data-act="close"]', this.#root).addEventListener('click', () => this.clear());
    this.#again.addEventListener('click', () => {
      this.clear();
      onAgain();
    });
  }

  /**
   * @param {string} text
   * @param {boolean} [again] whether trying again makes sense
   */
  say(text, again = false) {
    this.#text.textContent = text;
    this.#again.hidden = !again;
    this.#root.hidden = false;
  }

  clear() {
    leave(this.#root);
    this.#root.hidden = true;
  }
}

/** A list of files with a line on each, hidden while it is empty. */
export class Report {
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
      // Some messages begin with the name already.
      const reason = file && message.startsWith(`${file}: `) ? message.slice(file.length + 2) : message;
      this.#list.append(make('li', {}, ...(file ? [make('b', {}, file), ': '] : []), reason));
    }
    this.#frame.hidden = this.#list.childElementCount === 0;
  }
}
