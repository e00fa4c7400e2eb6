/**
 * The list of cases: how far each is, how large its lesion, and what the input check says of it.
 */
import { find, make, many } from '../core/dom.js';
import { score, volumeOf } from '../core/format.js';

/** @import { CaseState } from '../core/types.js' */

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
      const head = make('span', { className: 'head' }, make('b', {}, name), make('i', { className: 'badge' }));
      row.append(head, make('span', { className: 'counts' }), make('span', { className: 'size' }),
        make('progress', { max: 1, value: 0, ariaLabel: `Progress of ${name}` }));
      return row;
    });
    this.#root.replaceChildren(...this.#rows.map((row) => make('li', {}, row)));
    cases.forEach((state, at) => this.update(at, state));
  }

  /**
   * @param {number} at
   * @param {CaseState} state
   */
  update(at, { slices, measure, verdict, anyway }) {
    const row = this.#rows[at];
    const done = slices.filter(({ probability, fault }) => probability || fault).length;
    const segmented = slices.filter(({ probability }) => probability).length;
    const outlined = measure?.slices.filter(({ area }) => area > 0).length ?? 0;
    const edited = measure?.slices.filter((slice) => slice.edited).length ?? 0;
    const some = segmented > 0 && segmented < slices.length;
    const counts = [some ? `${segmented} of ${slices.length} slices segmented` : many(slices.length, 'slice'), ...(done ? [`${outlined} outlined`] : []), ...(edited ? [`${edited} edited`] : [])];
    find('.counts', row).textContent = counts.join(', ');
    const dice = measure?.scores ? ` · Dice ${score(measure.scores.dice)}` : '';
    find('.size', row).textContent = done && measure ? `${volumeOf(measure.voxels, measure.millilitres)}${dice}` : '';
    const badge = find('.badge', row);
    badge.dataset.is = verdict.accepted ? 'passed' : anyway ? 'overruled' : 'held';
    badge.textContent = verdict.accepted ? 'checked' : anyway ? 'overruled' : 'held back';
    badge.title = verdict.accepted ? 'The input check has passed' : verdict.reasons.join(' ');
    find('progress', row).setAttribute('value', String(done / slices.length));
    row.toggleAttribute('data-done', done === slices.length || !(verdict.accepted || anyway));
  }

  /** @param {number} at */
  select(at) {
    this.#rows.forEach((row, index) => row.setAttribute('aria-current', String(index === at)));
  }
}
