/**
 * The display controls: contrast and window, what is laid over the slice and how, and the threshold.
 */
import { find, leave } from '../core/dom.js';
import { remember } from '../core/memoize.js';
import { PRESETS, tissue } from './window-presets.js';

/** @import { Look, Pixels, Window } from '../core/types.js' */

export class Looks {
  #root = find('#look');
  #inputs = [...this.#root.querySelectorAll('input')];
  #preset = /** @type {HTMLSelectElement} */ (find('select[name="preset"]', this.#root));
  /** @type {Window} */
  #window = PRESETS.usual;
  #tissue = remember(tissue);
  #whole = remember((/** @type {number} */ brightest) => ({ low: 0, high: brightest }));
  /** The highest level that there is to see, white at least. */
  #brightest = PRESETS.usual.high;
  #onLook;
  /** @type {() => Pixels | null} */
  #pixels;

  /**
   * @param {() => void} onLook
   * @param {(threshold: number) => void} onThreshold
   * @param {() => Pixels | null} pixels those in view
   */
  constructor(onLook, onThreshold, pixels) {
    this.#onLook = onLook;
    this.#pixels = pixels;
    this.#root.addEventListener('input', ({ target }) => {
      const name = target instanceof HTMLInputElement || target instanceof HTMLSelectElement ? target.name : '';
      if (name === 'threshold') onThreshold(this.#named('threshold').valueAsNumber / 100);
      else if (name === 'preset') this.setPreset(this.#preset.value);
      else if (name === 'level' || name === 'width') this.#byHand(this.#named('level').valueAsNumber, this.#named('width').valueAsNumber);
      else this.#tell();
    });
    find('[data-act="window"]', this.#root).addEventListener('click', () => this.setPreset('usual'));
    this.setPreset('usual');
  }

  /** @returns {Look} */
  get value() {
    return {
      contrast: /** @type {Look['contrast']} */ (this.#picked('contrast')),
      window: this.#window,
      own: this.#preset.value === 'auto',
      overlay: /** @type {Look['overlay']} */ (this.#picked('overlay')),
      style: /** @type {Look['style']} */ (this.#picked('style')),
      opacity: this.#named('opacity').valueAsNumber / 100,
      colour: /** @type {string} */ (this.#picked('colour')),
      hidden: !this.#named('shown').checked,
      reference: this.#named('reference').checked,
    };
  }

  /**
   * Offers what the case has: a grey slice has one contrast, and not every case a mask of its own.
   * @param {boolean} grey
   * @param {boolean} reference
   */
  offer(grey, reference) {
    for (const input of this.#inputs) if (input.name === 'contrast') input.disabled = grey;
    for (const node of this.#root.querySelectorAll('[data-if="reference"]')) /** @type {HTMLElement} */ (node).hidden = !reference;
    if (!reference && this.value.overlay === 'agreement') this.pick('overlay', 'mask');
  }

  /** The threshold as it stands. @param {number} threshold @param {number} own the network's own */
  setThreshold(threshold, own) {
    const input = this.#named('threshold');
    input.valueAsNumber = Math.round(threshold * 100);
    this.#say(input, threshold.toFixed(2));
    this.#reset('threshold', Math.abs(threshold - own) < 0.005, input);
  }

  /** Chooses one of several, as a click would. @param {string} name @param {string} value */
  pick(name, value) {
    const input = this.#inputs.find((one) => one.name === name && one.value === value);
    if (input && !input.disabled && offered(input)) input.click();
  }

  /** The next one of several that can be chosen. @param {string} name */
  next(name) {
    const open = this.#inputs.filter((input) => input.name === name && !input.disabled && offered(input));
    open[(open.findIndex(({ checked }) => checked) + 1) % open.length]?.click();
  }

  /** Shows or hides. @param {'shown' | 'reference'} name */
  toggle(name) {
    if (offered(this.#named(name))) this.#named(name).click();
  }

  /** @param {string} name */
  setPreset(name) {
    this.#preset.value = name;
    this.#setWindow(PRESETS[name] ?? this.#window);
    this.follow();
    this.#tell();
  }

  /** Another slice or contrast may be in view: where the window is the slice's or the case's own, it is that one's now. @returns whether it is another one */
  follow() {
    const pixels = this.#pixels();
    if (!pixels) return false;
    const brightest = Math.ceil(pixels.brightest);
    // This is asked with every frame, and but for another case it is the same.
    if (brightest !== this.#brightest) {
      this.#brightest = brightest;
      for (const name of ['level', 'width']) this.#named(name).max = String(brightest);
    }
    const window = this.#own(pixels) ?? this.#window;
    if (window === this.#window) return false;
    this.#setWindow(window);
    return true;
  }

  /** The window that the slice or its case has by itself, where that is what is asked for. @param {Pixels} pixels */
  #own(pixels) {
    if (this.#preset.value === 'auto') return this.#tissue(pixels, this.value.contrast);
    return this.#preset.value === 'full' ? this.#whole(this.#brightest) : null;
  }

  /** Wider to the right, brighter upwards, as every reader has it. @param {number} x @param {number} y in CSS pixels */
  drag(x, y) {
    const { low, high } = this.#window;
    this.#byHand((low + high) / 2 + y / 2, high - low + x);
  }

  /** @param {number} level @param {number} width */
  #byHand(level, width) {
    const half = Math.min(this.#brightest, Math.max(2, width)) / 2;
    const middle = Math.min(this.#brightest, Math.max(0, level));
    this.#preset.value = 'hand';
    this.#setWindow({ low: middle - half, high: middle + half });
    this.#tell();
  }

  /** @param {Window} window */
  #setWindow(window) {
    this.#window = window;
    this.#named('level').valueAsNumber = Math.round((window.low + window.high) / 2);
    this.#named('width').valueAsNumber = Math.round(window.high - window.low);
    for (const name of ['level', 'width']) this.#say(this.#named(name), this.#named(name).value);
  }

  /** The way back, where there is one. @param {string} name @param {boolean} back whether one is there @param {HTMLElement} control of the same */
  #reset(name, back, control) {
    const button = find(`[data-act="${name}"]`, this.#root);
    if (back) leave(button, control);
    button.hidden = back;
  }

  #tell() {
    this.#say(this.#named('opacity'), `${this.#named('opacity').value} %`);
    this.#reset('window', this.#preset.value === 'usual', this.#preset);
    this.#onLook();
  }

  /** @param {HTMLInputElement} input @param {string} value */
  #say(input, value) {
    find('output', /** @type {HTMLElement} */ (input.parentElement)).textContent = value;
    input.setAttribute('aria-valuetext', value);
  }

  /** @param {string} name */
  #picked(name) {
    return this.#inputs.find((input) => input.name === name && input.checked)?.value;
  }

  /** @param {string} name */
  #named(name) {
    return /** @type {HTMLInputElement} */ (find(`input[name="${name}"]`, this.#root));
  }
}

/** Whether the case has what it is for; the panel that it is in may be out of sight. @param {HTMLElement} input */
function offered(input) {
  return !(/** @type {HTMLElement | null} */ (input.closest('[data-if]'))?.hidden ?? false);
}
