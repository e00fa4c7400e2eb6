/**
 * Two time points: a second case of the same patient beside the one in view. The page shows both side by side, with linked slices,
 * and measures the change of the volume.
 */
import { find, make, moveFocusOut } from '../core/dom.js';
import { describeLink, linkOf, movedShift, placeInOther } from './link.js';
import { ordered, proposed } from './pair.js';

/** @import { Store } from '../core/store.js' */
/** @import { CaseState, Comparison } from '../core/types.js' */
/** @import { Link, Place, Side } from './link.js' */
/** What is beside the slice in view. `side`: that of the slice in view. @typedef {{side: Side, open: CaseState, place: Place, link: Link}} Beside */

export class TimePoints {
  #bar = find('#time-points');
  #select = /** @type {HTMLSelectElement} */ (find('select', this.#bar));
  #hint = find('p', this.#bar);
  #store;
  /** The cases in the list, as text. */
  #listed = '';
  #comparing = false;

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
    this.#select.addEventListener('change', () => this.#compareWith(this.#select.value));
    for (const change of /** @type {const} */ (['open', 'view', 'settings', 'exercise', 'comparison'])) store.on(change, () => this.#show());
    store.on('comparison', () => {
      const ended = this.#comparing && !store.comparison;
      this.#comparing = store.comparison !== null;
      if (ended && store.display.layout === 'side') store.setDisplay({ layout: 'slice' });
    });
  }

  /** Whether there is another case. */
  get canStart() {
    return this.#others.length > 0 && !this.#store.current?.exercise;
  }

  toggle() {
    const { cases, current, comparison } = this.#store;
    if (comparison) {
      moveFocusOut(this.#bar);
      this.#store.compare(null);
    } else if (current) {
      const other = proposed(this.#others, current.name, cases.indexOf(current));
      if (other) this.#compareWith(other.id);
    }
  }

  /** The earlier case becomes the later one. */
  swap() {
    const { comparison } = this.#store;
    if (!comparison) return;
    const { earlier, later, shift } = comparison;
    const link = this.#link(comparison);
    // The stacks stay where they are against each other.
    this.#store.compare({ earlier: later, later: earlier, shift: link ? -shift / link.ratio : 0 });
  }

  /** The other case is in view, with the slice that is shown. */
  goToOther() {
    const beside = besideOf(this.#store);
    if (beside) this.#store.show(beside.open.slices[beside.place.index].info.id);
  }

  /** Moves the other stack against the one in view. @param {number} slices */
  move(slices) {
    const { comparison } = this.#store;
    const beside = besideOf(this.#store);
    if (comparison && beside) this.#store.compare({ ...comparison, shift: movedShift(beside.link, beside.side, slices) });
  }

  /** The cases that can be compared with the one in view. */
  get #others() {
    const { cases, current } = this.#store;
    return cases.filter((open) => open !== current && !open.exercise);
  }

  /** @param {string} id */
  #compareWith(id) {
    const { cases, current } = this.#store;
    if (!current) return;
    this.#store.compare({ ...ordered(cases, current.id, id), shift: 0 });
    this.#store.setDisplay({ layout: 'side' });
  }

  /** @param {Comparison} comparison */
  #link({ earlier, later, shift }) {
    const [first, second] = [this.#store.case(earlier), this.#store.case(later)];
    return first && second ? linkOf(first, second, shift) : null;
  }

  #show() {
    const { comparison, comparedCase } = this.#store;
    if (!comparison) moveFocusOut(this.#bar);
    this.#bar.hidden = comparison === null;
    const link = comparison && this.#link(comparison);
    if (!link || !comparedCase) return;
    const others = this.#others;
    const listed = JSON.stringify(others.map(({ id, name }) => [id, name]));
    if (listed !== this.#listed) this.#select.replaceChildren(...others.map(({ id, name }) => make('option', { value: id }, name)));
    this.#listed = listed;
    this.#select.value = comparedCase.id;
    const text = describeLink(link);
    if (this.#hint.textContent !== text) this.#hint.textContent = text;
  }
}

/** What is beside the slice in view; null while no cases are compared. @param {Store} store @returns {Beside | null} */
export function besideOf({ comparison, comparedCase: open, current, index }) {
  if (!comparison || !open || !current) return null;
  const side = current.id === comparison.earlier ? 'earlier' : 'later';
  const link = side === 'earlier' ? linkOf(current, open, comparison.shift) : linkOf(open, current, comparison.shift);
  return { side, open, place: placeInOther(link, side, index), link };
}
