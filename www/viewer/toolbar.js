/**
 * The parts of the toolbar that are no commands: its tab stop, the bars of the tools, and the size of the brush.
 */
import { find } from '../core/dom.js';
import { rove } from '../core/roving.js';

/** @import { Store } from '../core/store.js' */

export class Toolbar {
  #editing = find('#brush');
  #measuring = find('#ruler');
  #size = /** @type {HTMLInputElement} */ (find('input[name="size"]', this.#editing));
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
    this.#editing.hidden = !['brush', 'eraser', 'region'].includes(tool);
    this.#editing.dataset.tool = tool;
    this.#measuring.hidden = tool !== 'measure';
    this.#size.valueAsNumber = brushSize;
    find('output', this.#editing).textContent = `${brushSize} px`;
    // After buttons were shown or hidden.
    requestAnimationFrame(() => this.#stop.update());
  }
}
