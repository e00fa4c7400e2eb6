/**
 * Tabs: of several panels one is open. The arrow keys go from tab to tab, as readers of screens expect it.
 */
import { find } from '../core/dom.js';

export class Tabs {
  #tabs;

  /** @param {string} selector of the list of tabs, each of which names its panel by `aria-controls` */
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
      // The page has its own use for arrows.
      event.stopPropagation();
      this.open(this.#tabs[to].id);
      this.#tabs[to].focus();
    });
  }

  /** @param {string} id of the tab */
  open(id) {
    for (const tab of this.#tabs) {
      const chosen = tab.id === id;
      tab.ariaSelected = String(chosen);
      tab.tabIndex = chosen ? 0 : -1;
      find(`#${tab.getAttribute('aria-controls')}`).hidden = !chosen;
    }
  }
}
