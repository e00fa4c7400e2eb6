/**
 * The list of cases: progress, lesion volume, and the input check.
 */
import { find, make } from '../core/dom.js';
import { rove } from '../core/roving.js';
import { countOf, formatScore, formatVolume } from '../core/format.js';
import { isDrawing, isSegmentable, isWaiting } from '../core/store.js';
import { shownKind } from './input-check.js';

/** @import { CaseState } from '../core/types.js' */

export class CaseList {
  #root = find('#cases');
  /** By case id. @type {Map<string, HTMLButtonElement>} */
  #rows = new Map();
  #stop = rove(this.#root, 'column');

  /** @param {(id: string) => void} onSelect */
  constructor(onSelect) {
    this.#root.addEventListener('click', ({ target }) => {
      const row = target instanceof Element ? target.closest('button') : null;
      for (const [id, button] of this.#rows) if (button === row) onSelect(id);
    });
  }

  /** @param {CaseState[]} cases */
  open(cases) {
    this.#rows = new Map(cases.map(({ id, name }) => {
      const row = make('button', { type: 'button', title: name });
      const head = make('span', { className: 'head' }, make('b', {}, name), make('i', { className: 'badge' }));
      row.append(head, make('span', { className: 'counts' }), make('span', { className: 'size' }),
        make('progress', { max: 1, value: 0, ariaLabel: `Progress of ${name}` }));
      return [id, row];
    }));
    this.#root.replaceChildren(...[...this.#rows.values()].map((row) => make('li', {}, row)));
    for (const open of cases) this.update(open);
    this.#stop.update();
  }

  /** @param {CaseState} open */
  update(open) {
    const { id, slices, measure, inputCheck } = open;
    const row = this.#rows.get(id);
    if (!row) return;
    const done = slices.filter((slice) => !isWaiting(slice)).length;
    const segmented = slices.filter(({ probability }) => probability).length;
    const outlined = measure?.slices.filter(({ area }) => area > 0).length ?? 0;
    const edited = measure?.slices.filter((slice) => slice.edited).length ?? 0;
    const partly = segmented > 0 && segmented < slices.length;
    const counts = [
      partly ? `${segmented} of ${slices.length} slices segmented` : countOf(slices.length, 'slice'),
      ...(open.exercise ? ['exercise'] : []),
      ...(done ? [`${outlined} outlined`] : []),
      ...(edited && !open.exercise ? [`${edited} edited`] : []),
    ];
    find('.counts', row).textContent = counts.join(', ');
    const dice = measure?.scores && !isDrawing(open) ? ` · Dice ${formatScore(measure.scores.dice)}` : '';
    find('.size', row).textContent = done && measure ? `${formatVolume(measure.voxels, measure.millilitres)}${dice}` : '';
    const badge = find('.badge', row);
    const [is, text] = inputCheck.accepted ? ['passed', 'checked'] : isSegmentable(open) ? ['overruled', 'overruled'] : ['held', 'not segmented'];
    badge.dataset.is = is;
    badge.textContent = text;
    badge.title = inputCheck.accepted ? `The input check has passed${shownKind(inputCheck)}` : inputCheck.reasons.join(' ');
    find('progress', row).setAttribute('value', String(done / slices.length));
    row.toggleAttribute('data-done', done === slices.length || !isSegmentable(open));
  }

  /** @param {string} selected */
  select(selected) {
    for (const [id, row] of this.#rows) row.setAttribute('aria-current', String(id === selected));
  }
}
