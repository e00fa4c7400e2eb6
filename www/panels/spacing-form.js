/**
 * The spacing of the case: pixel size and slice distance. It is never guessed. What a file states is filled in and named
 * as such.
 */
import { find } from '../core/dom.js';

/** @import { CaseState, Spacing } from '../core/types.js' */

/** Digits of a spacing on the page. */
const DIGITS = 6;

export class SpacingForm {
  #form = find('#spacing');
  #inputs = /** @type {HTMLInputElement[]} */ ([...this.#form.querySelectorAll('input')]);
  #origin = find('#spacing-origin');
  #fault = find('#spacing-fault');
  #clear = /** @type {HTMLButtonElement} */ (find('#spacing-clear'));
  /** The case in view. @type {CaseState | null} */
  #open = null;

  /** @param {(spacing: Spacing | null, draft: string[] | null) => void} onChange spacing is null while it is incomplete */
  constructor(onChange) {
    this.#form.addEventListener('input', () => {
      this.#explain();
      onChange(this.#value(), this.#inputs.map(({ value }) => value));
    });
    this.#form.addEventListener('submit', (event) => event.preventDefault());
    this.#clear.addEventListener('click', () => onChange(null, null));
  }

  /** @param {CaseState} open */
  show(open) {
    this.#open = open;
    const texts = open.spacingDraft ?? filled(open);
    this.#inputs.forEach((input, i) => {
      // A number field with an invalid text has an empty value. It must not be overwritten while it is being typed.
      if (input.value !== texts[i] && !(input === document.activeElement && open.spacingDraft)) input.value = texts[i];
    });
    this.#explain();
  }

  /** @returns {Spacing | null} */
  #value() {
    const [x, y, z] = this.#inputs.map((input) => (input.value && input.validity.valid ? input.valueAsNumber : NaN));
    return x > 0 && y > 0 && z > 0 ? { x, y, z } : null;
  }

  #explain() {
    const wrong = this.#inputs.find((input) => !input.validity.valid);
    const given = this.#inputs.some((input) => input.value !== '');
    for (const input of this.#inputs) input.ariaInvalid = String(input === wrong);
    this.#fault.hidden = !wrong;
    this.#fault.textContent = wrong ? `Enter millimetres from ${wrong.min} to ${wrong.max}.` : '';
    this.#clear.hidden = !given;
    this.#origin.textContent = this.#explanation(given);
  }

  /** @param {boolean} given whether a field has a value */
  #explanation(given) {
    const [x, y, z] = this.#inputs;
    const stated = this.#open?.resolution?.map(rounded);
    const complete = this.#value() !== null;
    const depth = this.#open?.reading.spacing?.[2];
    if (stated && depth && x.valueAsNumber === stated[0] && y.valueAsNumber === stated[1] && z.valueAsNumber === rounded(depth)) return 'From the file.';
    if (stated && depth && !given) return 'Until you enter all three values, the spacing of the file is used.';
    if (stated && x.valueAsNumber === stated[0] && y.valueAsNumber === stated[1]) {
      return `x and y are from the file. ${complete ? 'The slice distance is yours.' : 'TIFF files do not state the slice distance. Enter it to see mL.'}`;
    }
    if (complete) return `Entered by you.${stated ? ` The file states ${stated[0]} × ${stated[1]} mm.` : ''}`;
    if (stated) return `Enter all three values. Until then mm² use ${stated[0]} × ${stated[1]} mm from the file.`;
    if (given) return 'Enter all three values to see mm² and mL.';
    const doubtful = this.#open?.doubtful?.map(rounded);
    if (doubtful) {
      return `The file states ${doubtful[0]} × ${doubtful[1]} mm, which is doubtful: it is the resolution of a screen or a printer, or too small or large for a head. Enter all three values to see mm² and mL.`;
    }
    return 'The files do not state the spacing. Enter all three values to see mm² and mL.';
  }
}

/** The texts of the fields without a draft. @param {CaseState} open */
function filled({ spacing, resolution, reading }) {
  const [x, y] = resolution ?? [null, null];
  const values = spacing ? [spacing.x, spacing.y, spacing.z] : [x, y, reading.spacing?.[2] ?? null];
  return values.map((value) => (value === null ? '' : String(rounded(value))));
}

/** @param {number} value */
function rounded(value) {
  return Number(value.toPrecision(DIGITS));
}
