/**
 * What the names of the files do not decide: each question shows all readings, and what the files are in each of them.
 */
import { find, make, moveFocusOut } from '../core/dom.js';
import { countOf } from '../core/format.js';

/** @import { Question, Words } from '../core/types.js' */

export class Questions {
  #root = find('#questions');
  /** @type {Question[]} */
  #questions = [];

  /** @param {(words: Words[]) => void} onAnswer with the words of the reading that is chosen for each question */
  constructor(onAnswer) {
    this.#root.addEventListener('change', () => onAnswer(this.words));
    this.#root.addEventListener('submit', (event) => event.preventDefault());
  }

  /** The words of the reading that is chosen for each question. */
  get words() {
    return this.#questions.map(({ readings }, at) => {
      const inputs = /** @type {NodeListOf<HTMLInputElement>} */ (this.#root.querySelectorAll(`[name="question-${at}"]`));
      return readings[[...inputs].findIndex(({ checked }) => checked)].words;
    });
  }

  /** @param {Question[]} questions */
  show(questions) {
    if (JSON.stringify(questions) === JSON.stringify(this.#questions)) return;
    const focused = /** @type {HTMLInputElement | null} */ (this.#root.contains(document.activeElement) ? document.activeElement : null);
    this.#questions = questions;
    if (questions.length === 0) moveFocusOut(this.#root);
    this.#root.hidden = questions.length === 0;
    this.#root.replaceChildren(...questions.map(fieldset));
    // The input that had the focus was replaced.
    if (focused) /** @type {HTMLElement | null} */ (this.#root.querySelector(`[name="${focused.name}"]:checked`))?.focus();
  }
}

/** @param {Question} question @param {number} at */
function fieldset({ text, readings }, at) {
  return make('fieldset', {}, make('legend', {}, text), ...readings.map(({ text, chosen, cases, slices, references }) => {
    const found = [countOf(cases, 'case'), countOf(slices, 'slice'), ...(references > 0 ? [countOf(references, 'reference')] : [])];
    const input = make('input', { type: 'radio', name: `question-${at}`, checked: chosen });
    return make('label', {}, input, make('span', {}, text, make('small', {}, found.join(', '))));
  }));
}
