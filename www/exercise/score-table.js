/**
 * The result of an exercise: the visitor's masks and the network's, both against the reference.
 */
import { find } from '../core/dom.js';
import { formatCount, formatScore, NONE } from '../core/format.js';
import { table } from '../core/table.js';

/** @import { Agreement } from './scores.js' */
/** What is null is not known, or has no reference. @typedef {{slice: Agreement | null, case: Agreement | null}} Side */

export class ScoreTable {
  #root = find('#exercise-scores');
  #shown = '';

  /** @param {{you: Side, network: Side} | null} result null where nothing is compared */
  show(result) {
    const key = JSON.stringify(result);
    if (key === this.#shown) return;
    this.#shown = key;
    this.#root.hidden = result === null;
    if (!result) return this.#root.replaceChildren();
    const { you, network } = result;
    /** @param {string} name @param {(side: Side) => string} cell */
    const row = (name, cell) => [name, cell(you), cell(network)];
    this.#root.replaceChildren(table('exercise-table', 'Exercise, against the reference', ['', 'You', 'Network'], [
      row('Dice, slice', ({ slice }) => formatScore(slice?.dice)),
      row('False positive, slice', ({ slice }) => pixels(slice?.fp)),
      row('False negative, slice', ({ slice }) => pixels(slice?.fn)),
      row('Dice, case', (side) => formatScore(side.case?.dice)),
      row('False positive, case', (side) => pixels(side.case?.fp)),
      row('False negative, case', (side) => pixels(side.case?.fn)),
    ]));
  }
}

/** @param {number | undefined} count */
function pixels(count) {
  return count === undefined ? NONE : `${formatCount(count)} px`;
}
