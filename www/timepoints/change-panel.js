/**
 * The change of the volume between two time points, among the measures.
 */
import { find, make } from '../core/dom.js';
import { formatCount, formatDifference, formatMillilitres, formatPercent, formatVolume, NONE } from '../core/format.js';
import { changeOf } from './change.js';

/** @import { Store } from '../core/store.js' */
/** @import { CaseState } from '../core/types.js' */
/** @import { Change } from './change.js' */

const RANGE_TITLE = 'The lowest change is from the largest volume of the earlier case to the smallest one of the later case, the highest change from the smallest to the largest one. Each case has its volumes at the thresholds 0.3, 0.5 and 0.7.';

export class ChangePanel {
  #root = find('#change');
  #store;
  #shown = '';
  #frame = 0;

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
    for (const change of /** @type {const} */ (['open', 'view', 'measure', 'comparison'])) store.on(change, () => this.#schedule());
  }

  #schedule() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#show());
  }

  #show() {
    const { comparison } = this.#store;
    const earlier = comparison && this.#store.case(comparison.earlier);
    const later = comparison && this.#store.case(comparison.later);
    this.#root.hidden = !earlier || !later;
    if (!earlier || !later) {
      this.#shown = '';
      this.#root.replaceChildren();
      return;
    }
    const [before, after] = [earlier, later].map(measureOf);
    const change = before && after && changeOf(before, after);
    const key = JSON.stringify([earlier.id, later.id, earlier.name, later.name, change]);
    if (key === this.#shown) return;
    this.#shown = key;
    this.#root.replaceChildren(
      make('h3', {}, 'Change of the volume'),
      ...(change ? contentOf(change, earlier, later) : [make('p', { className: 'waiting' }, 'The change appears when both cases are segmented.')]),
    );
  }
}

/** The measures of a case; null while no slice has a mask. @param {CaseState} open */
function measureOf({ measure }) {
  return measure?.slices.some(({ segmented, edited }) => segmented || edited) ? measure : null;
}

/** @param {Change} change @param {CaseState} earlier @param {CaseState} later */
function contentOf(change, earlier, later) {
  const { millilitres, lowest, highest } = change;
  /** @param {number} amount */
  const size = (amount) => (millilitres ? formatMillilitres(amount) : formatCount(amount));
  /** @param {number} amount */
  const volume = (amount) => (millilitres ? formatMillilitres(amount) : formatVolume(amount, null));
  /** @param {number | null} fraction */
  const percent = (fraction) => (fraction === null ? NONE : formatDifference(fraction, formatPercent));
  const { amount, fraction } = change.change;
  return [
    make('p', { className: 'figure lesion' },
      make('b', {}, formatDifference(amount, size)),
      make('span', {}, [...(millilitres ? [] : ['voxels']), fraction === null ? 'no per cent, because the earlier volume is 0' : percent(fraction)].join(', '))),
    make('dl', {},
      row(`Earlier, ${earlier.name}`, volume(change.earlier)),
      row(`Later, ${later.name}`, volume(change.later)),
      row('Range by threshold', `${formatDifference(lowest.amount, size)} to ${formatDifference(highest.amount, volume)}`, RANGE_TITLE),
      row('In per cent', `${percent(lowest.fraction)} to ${percent(highest.fraction)}`, RANGE_TITLE)),
    ...notesOf(change).map((note) => make('p', { className: 'note' }, note)),
  ];
}

/** @param {string} name @param {string} value @param {string} [title] */
function row(name, value, title = '') {
  return make('div', { title }, make('dt', {}, name), make('dd', {}, value));
}

/** @param {Change} change */
function notesOf({ millilitres, within, edited, complete }) {
  return [
    ...(within ? ['The change lies within the range that thresholds from 0.3 to 0.7 alone give.'] : []),
    ...(millilitres ? [] : ['Voxels of unlike spacing cannot be compared. Enter the spacing of both cases to see mL.']),
    ...(edited ? ['Masks were edited. The range has those of the network.'] : []),
    ...(complete ? [] : ['Not all slices of both cases are segmented.']),
  ];
}
