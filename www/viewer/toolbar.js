/**
 * The parts of the toolbar that are no commands: its tab stop, the brush bar and the size of the brush.
 */
import { isPainting } from '../core/commands.js';
import { find } from '../core/dom.js';
import { rove } from '../core/roving.js';

/** @import { Store } from '../core/store.js' */

export class Toolbar {
  #brush = find('#brush');
  #size = /** @type {HTMLInputElement} */ (find('input[name="size"]', this.#brush));
  #stop = rove(find('#tools'), 'row');
  #store;

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
    this.#size.addEventListener('input', () => store.setDisplay({ brushSize: this.#size.valueAsNumber }));
  }

  update() {
    const { tool, layout, brushSize } = this.#store.display;
    find('#stage').dataset.tool = tool;
    find('.viewer').dataset.layout = layout;
    this.#brush.hidden = !isPainting(this.#store);
    this.#size.valueAsNumber = brushSize;
    find('output', this.#brush).textContent = `${brushSize} px`;
    // After buttons were shown or hidden.
    requestAnimationFrame(() => this.#stop.update());
  }
}
