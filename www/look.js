/**
 * The display controls: contrast, mask style, opacity.
 */
import { find } from './dom.js';

/** @import { Look } from './types.js' */

export class Looks {
  #root = find('#look');
  #inputs = [...this.#root.querySelectorAll('input')];

  /** @param {() => void} onLook */
  constructor(onLook) {
    this.#root.addEventListener('input', () => {
      find('output', this.#root).textContent = `${this.#named('opacity').value} %`;
      onLook();
    });
  }

  /** @returns {Look} */
  get value() {
    return {
      contrast: /** @type {Look['contrast']} */ (this.#picked('contrast')),
      style: /** @type {Look['style']} */ (this.#picked('style')),
      opacity: this.#named('opacity').valueAsNumber / 100,
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
    find('[data-if="reference"]', this.#root).hidden = !reference;
  }

  /** The other of fill and outline. */
  flip() {
    this.#inputs.find(({ name, checked }) => name === 'style' && !checked)?.click();
  }

  /** Shows or hides the mask. */
  hide() {
    this.#named('shown').click();
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
