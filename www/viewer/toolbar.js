/**
 * The bar over the stage: what a drag does, the brush, how near one looks, and which view is open.
 */
import { find } from '../core/dom.js';

/** @import { Tool } from '../core/types.js' */
/** @typedef {'slice' | 'side' | 'volume'} Layout */
/**
 * @typedef {object} Acts
 * @property {() => void} onTool
 * @property {(layout: Layout) => void} onLayout
 * @property {(size: number) => void} onSize
 * @property {Record<'undo' | 'redo' | 'revert' | 'nearer' | 'farther' | 'fit' | 'flicker', () => void>} press
 */

export class Tools {
  #root = find('#tools');
  #brush = find('#brush');
  #size = /** @type {HTMLInputElement} */ (find('input[name="size"]', this.#brush));

  /** @param {Acts} acts */
  constructor({ onTool, onLayout, onSize, press }) {
    this.#root.addEventListener('input', ({ target }) => {
      if (!(target instanceof HTMLInputElement)) return;
      if (target.name === 'layout') onLayout(/** @type {Layout} */ (target.value));
      if (target.name !== 'tool') return;
      this.#brush.hidden = !this.drawing;
      onTool();
    });
    this.#size.addEventListener('input', () => {
      find('output', this.#brush).textContent = `${this.#size.value} px`;
      onSize(this.#size.valueAsNumber);
    });
    for (const root of [this.#root, this.#brush]) {
      root.addEventListener('click', ({ target }) => {
        const button = target instanceof Element ? target.closest('button') : null;
        const act = button?.dataset.act;
        const name = /** @type {keyof Acts['press']} */ (act);
        if (press[name] && button?.getAttribute('aria-disabled') !== 'true') press[name]();
      });
    }
  }

  /** @returns {Tool} */
  get tool() {
    return /** @type {Tool} */ (this.#checked('tool'));
  }

  /** @returns {Layout} */
  get layout() {
    return /** @type {Layout} */ (this.#checked('layout'));
  }

  /** Whether a drag changes the mask. */
  get drawing() {
    return this.tool === 'brush' || this.tool === 'eraser';
  }

  /** @param {'tool' | 'layout'} name @param {string} value */
  pick(name, value) {
    const input = /** @type {HTMLInputElement} */ (find(`input[name="${name}"][value="${value}"]`, this.#root));
    if (!input.disabled && !input.closest('[hidden]')) input.click();
  }

  /** Makes the brush wider or narrower. @param {number} by in pixels */
  grow(by) {
    this.#size.valueAsNumber += by;
    this.#size.dispatchEvent(new Event('input'));
  }

  /**
   * What can be done here.
   * @param {{reference: boolean, undo: boolean, redo: boolean, edited: boolean, near: boolean, flickering: boolean}} can
   */
  offer({ reference, undo, redo, edited, near, flickering }) {
    for (const node of this.#root.querySelectorAll('[data-if="reference"]')) /** @type {HTMLElement} */ (node).hidden = !reference;
    if (!reference && this.layout === 'side') this.pick('layout', 'slice');
    this.#enable('undo', undo);
    this.#enable('redo', redo);
    this.#enable('revert', edited);
    this.#enable('fit', near);
    this.#enable('farther', near);
    find('[data-act="flicker"]', this.#root).setAttribute('aria-pressed', String(flickering));
  }

  /** @param {string} act @param {boolean} on */
  #enable(act, on) {
    for (const root of [this.#root, this.#brush]) {
      for (const button of root.querySelectorAll(`[data-act="${act}"]`)) {
        // A disabled button would drop the focus; it says so instead.
        button.setAttribute('aria-disabled', String(!on));
      }
    }
  }

  /** @param {string} name */
  #checked(name) {
    return /** @type {HTMLInputElement} */ (find(`input[name="${name}"]:checked`, this.#root)).value;
  }
}
