/**
 * The controls of the display that are no commands: window, opacity, colour and threshold.
 */
import { find } from '../core/dom.js';
import { brightestLevel, PRESETS, windowFrom } from './window-presets.js';

/** @import { Store } from '../core/store.js' */
/** @import { Pixels, Preset, Window } from '../core/types.js' */

export class DisplayPanel {
  #root = find('#look');
  #preset = /** @type {HTMLSelectElement} */ (find('select[name="preset"]', this.#root));
  #colours = /** @type {HTMLInputElement[]} */ ([...this.#root.querySelectorAll('input[name="colour"]')]);
  #store;
  /** The window in view. @type {Window} */
  #window = PRESETS.default;
  #brightest = PRESETS.default.high;

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
    this.#root.addEventListener('input', ({ target }) => {
      if (!(target instanceof HTMLInputElement || target instanceof HTMLSelectElement)) return;
      if (target.name === 'threshold') store.setThreshold(this.#input('threshold').valueAsNumber / 100);
      else if (target.name === 'opacity') store.setDisplay({ opacity: this.#input('opacity').valueAsNumber / 100 });
      else if (target.name === 'colour') store.setDisplay({ colour: target.value });
      else if (target.name === 'preset') store.setDisplay({ preset: /** @type {Preset} */ (target.value) });
      else if (target.name === 'level' || target.name === 'width') {
        this.#setCustom(this.#input('level').valueAsNumber, this.#input('width').valueAsNumber);
      }
    });
  }

  /**
   * @param {Window} window the one in view
   * @param {Pixels | null} pixels those in view
   */
  update(window, pixels) {
    const { display, threshold } = this.#store;
    this.#window = window;
    const brightest = pixels ? brightestLevel(pixels) : this.#brightest;
    // Changes with the case only.
    if (brightest !== this.#brightest) {
      this.#brightest = brightest;
      for (const name of ['level', 'width']) this.#input(name).max = String(brightest);
    }
    this.#preset.value = display.preset;
    this.#show('level', Math.round((window.low + window.high) / 2));
    this.#show('width', Math.round(window.high - window.low));
    this.#show('opacity', Math.round(display.opacity * 100), `${Math.round(display.opacity * 100)} %`);
    this.#show('threshold', Math.round(threshold * 100), threshold.toFixed(2));
    for (const input of this.#colours) input.checked = input.value === display.colour;
  }

  /** Changes the window by a drag: to the right wider, upwards brighter. @param {number} x in CSS pixels @param {number} y */
  drag(x, y) {
    const { low, high } = this.#window;
    this.#setCustom((low + high) / 2 + y / 2, high - low + x);
  }

  /** @param {number} level @param {number} width */
  #setCustom(level, width) {
    this.#store.setDisplay({ preset: 'custom', window: (this.#window = windowFrom(level, width, this.#brightest)) });
  }

  /** @param {string} name @param {number} value @param {string} [text] */
  #show(name, value, text = String(value)) {
    const input = this.#input(name);
    if (input.valueAsNumber !== value) input.valueAsNumber = value;
    const output = find('output', /** @type {HTMLElement} */ (input.parentElement));
    if (output.textContent === text) return;
    output.textContent = text;
    input.setAttribute('aria-valuetext', text);
  }

  /** @param {string} name */
  #input(name) {
    return /** @type {HTMLInputElement} */ (find(`input[name="${name}"]`, this.#root));
  }
}
