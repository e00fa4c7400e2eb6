/**
 * The list of cases, and what was said about their files.
 */
import { find, make, many } from './dom.js';

/** @import { CaseState } from './types.js' */

export class Cases {
  #root = find('#cases');
  /** @type {HTMLButtonElement[]} */
  #rows = [];

  /** @param {(at: number) => void} onOpen */
  constructor(onOpen) {
    this.#root.addEventListener('click', ({ target }) => {
      const row = target instanceof Element ? target.closest('button') : null;
      if (row) onOpen(this.#rows.indexOf(row));
    });
  }

  /** Starts over. @param {CaseState[]} cases */
  open(cases) {
    this.#rows = cases.map(({ name }) => {
      const row = make('button', { type: 'button', title: name });
      row.append(make('b', {}, name), make('span'), make('progress', { max: 1, value: 0, ariaLabel: `Progress of ${name}` }));
      return row;
    });
    this.#root.replaceChildren(...this.#rows.map((row) => make('li', {}, row)));
    cases.forEach((state, at) => this.update(at, state));
  }

  /**
   * @param {number} at
   * @param {CaseState} state
   */
  update(at, { slices }) {
    const row = this.#rows[at];
    const done = slices.filter(({ finding, fault }) => finding || fault).length;
    const lesion = slices.filter(({ finding }) => finding && finding.area > 0).length;
    find('span', row).textContent = `${many(slices.length, 'slice')}${done ? `, ${lesion} outlined` : ''}`;
    find('progress', row).setAttribute('value', String(done / slices.length));
    row.toggleAttribute('data-done', done === slices.length);
  }

  /** @param {number} at */
  select(at) {
    this.#rows.forEach((row, index) => row.setAttribute('aria-current', String(index === at)));
  }
}
