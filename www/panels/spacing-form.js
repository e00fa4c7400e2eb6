/**
 * How large a pixel is and how far apart the slices are. Asked for, never guessed: only what a file states is filled in,
 * and it says so.
 */
import { find } from '../core/dom.js';

/** @import { CaseState, Spacing } from '../core/types.js' */

export class SpacingForm {
  #form = find('#spacing');
  #inputs = /** @type {HTMLInputElement[]} */ ([...this.#form.querySelectorAll('input')]);
  #origin = find('#spacing-origin');
  #fault = find('#spacing-fault');
  #forget = /** @type {HTMLButtonElement} */ (find('#spacing-forget'));
  /** @type {[number, number] | null} as the files of this case have it */
  #resolution = null;
  /** Which case the fields are filled for. */
  #shown = '';
  #name = '';
  /** What was typed for each case, by its name: until it is complete nobody else has it. @type {Map<string, string[]>} */
  #typed = new Map();

  /** @param {(spacing: Spacing | null) => void} onSpacing null while it is not complete */
  constructor(onSpacing) {
    this.#form.addEventListener('input', () => {
      this.#typed.set(this.#name, this.#inputs.map(({ value }) => value));
      this.#explain();
      onSpacing(this.#value());
    });
    this.#form.addEventListener('submit', (event) => event.preventDefault());
    this.#forget.addEventListener('click', () => {
      this.#typed.delete(this.#name);
      this.#fill(null);
      onSpacing(null);
    });
  }

  /** Fills the fields when another case comes into view, and leaves alone what is being typed. @param {CaseState} state */
  show({ name, resolution, spacing }) {
    const shown = JSON.stringify([name, resolution]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#name = name;
    this.#resolution = resolution;
    this.#fill(spacing);
  }

  /** Nothing is open: the next case fills the fields, whatever its name. */
  reset() {
    this.#shown = '';
    this.#typed.clear();
  }

  /** @param {Spacing | null} spacing */
  #fill(spacing) {
    const [x, y] = this.#resolution ?? [null, null];
    const { x: over, y: down, slice } = spacing ?? { x, y, slice: null };
    const values = [over, down, slice].map((value) => (value === null ? '' : String(Number(value.toPrecision(6)))));
    (this.#typed.get(this.#name) ?? values).forEach((value, at) => {
      this.#inputs[at].value = value;
    });
    this.#explain();
  }

  /** @returns {Spacing | null} */
  #value() {
    const [x, y, slice] = this.#inputs.map((input) => (input.value && input.validity.valid ? input.valueAsNumber : NaN));
    return x > 0 && y > 0 && slice > 0 ? { x, y, slice } : null;
  }

  #explain() {
    const wrong = this.#inputs.find((input) => !input.validity.valid);
    const given = this.#inputs.some((input) => input.value !== '');
    for (const input of this.#inputs) input.ariaInvalid = String(input === wrong);
    this.#fault.hidden = !wrong;
    this.#fault.textContent = wrong ? `Spacing has to be a number of millimetres from ${wrong.min} to ${wrong.max}.` : '';
    this.#forget.hidden = !given;
    this.#origin.textContent = this.#words(given);
  }

  /** @param {boolean} given */
  #words(given) {
    const [x, y] = this.#inputs;
    const file = this.#resolution?.map((value) => Number(value.toPrecision(6)));
    const complete = this.#value() !== null;
    if (file && x.valueAsNumber === file[0] && y.valueAsNumber === file[1]) {
      return `x and y are from the file. ${complete ? 'The slice distance is as you gave it.' : 'No TIFF states the slice distance: give it to see mL.'}`;
    }
    const stated = file ? ` The file states ${file[0]} × ${file[1]} mm.` : '';
    if (complete) return `As you gave it.${stated}`;
    if (file) return `All three are needed. Until then mm² are by what the file states, ${file[0]} × ${file[1]} mm.`;
    if (given) return 'All three are needed for mm² and mL.';
    return 'The files do not state it, and nothing is guessed. Give all three to see mm² and mL.';
  }
}
