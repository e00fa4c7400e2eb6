/**
 * Tabs: one of several panels is open. Arrow keys move between the tabs (WAI-ARIA tabs pattern).
 */
import { find } from '../core/dom.js';

export class Tabs {
  #tabs;

  /** @param {string} selector of the list of tabs; each names its panel by `aria-controls` */
  constructor(selector) {
    const list = find(selector);
    this.#tabs = /** @type {HTMLButtonElement[]} */ ([...list.querySelectorAll('[role="tab"]')]);
    list.addEventListener('click', ({ target }) => {
      const tab = target instanceof Element ? target.closest('button') : null;
      if (tab) this.open(tab.id);
    });
    list.addEventListener('keydown', (event) => {
      const at = this.#tabs.findIndex(({ ariaSelected }) => ariaSelected === 'true');
      const last = this.#tabs.length - 1;
      const to = { ArrowLeft: at > 0 ? at - 1 : last, ArrowRight: at < last ? at + 1 : 0, Home: 0, End: last }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      // Elsewhere arrow keys change slices.
      event.stopPropagation();
      this.open(this.#tabs[to].id);
      this.#tabs[to].focus();
    });
  }

  /** @param {string} id of the tab */
  open(id) {
    for (const tab of this.#tabs) {
      const selected = tab.id === id;
      tab.ariaSelected = String(selected);
      tab.tabIndex = selected ? 0 : -1;
      find(`#${tab.getAttribute('aria-controls')}`).hidden = !selected;
    }
  }
}
