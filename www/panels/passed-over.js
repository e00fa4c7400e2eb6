/**
 * The files that are no slices: their number in one line, and their names on demand.
 */
import { find, make } from '../core/dom.js';
import { countOf } from '../core/format.js';

/** @import { Unused } from '../core/types.js' */

export class PassedOver {
  #root = /** @type {HTMLDetailsElement} */ (find('#passed-over'));
  #summary = find('summary', this.#root);
  #list = find('ul', this.#root);
  /** @type {Unused[]} */
  #files = [];

  constructor() {
    this.#root.addEventListener('toggle', () => this.#fill());
  }

  /** @param {Unused[]} files */
  show(files) {
    this.#files = files;
    this.#root.hidden = files.length === 0;
    /** @type {Map<string, number>} */
    const counts = new Map();
    for (const { reason } of files) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    const kinds = [...counts].sort(([, a], [, b]) => b - a).map(([reason, count]) => `${reason}: ${count}`);
    this.#summary.textContent = `${countOf(files.length, 'file')} passed over (${kinds.join(', ')})`;
    this.#fill();
  }

  /** There may be thousands of files, so the list is made when it is opened. */
  #fill() {
    const lines = this.#root.open ? this.#files : [];
    this.#list.replaceChildren(...lines.map(({ file, reason }) => make('li', {}, make('b', {}, file), `: ${reason}`)));
  }
}
