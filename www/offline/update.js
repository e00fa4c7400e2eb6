/**
 * Offers a new version of the site, and loads it on request. All tabs run one version, so it is loaded where only one is open.
 */
import { find } from '../core/dom.js';
import { countOf } from '../core/format.js';

export class Update {
  #root = find('#update');
  #text = find('p', this.#root);
  #registration;
  #mayClose;

  /**
   * @param {ServiceWorkerRegistration} registration
   * @param {() => Promise<boolean>} mayClose whether the open files may be closed; then no edit is unsaved
   */
  constructor(registration, mayClose) {
    this.#registration = registration;
    this.#mayClose = mayClose;
    find('button', this.#root).addEventListener('click', () => void this.#run());
  }

  /** Shows the offer if a new version waits. */
  offer() {
    const { waiting, active } = this.#registration;
    // On a first visit there is no older version to replace.
    if (!waiting || !active) return;
    this.#root.hidden = false;
    this.#text.textContent = 'A new version is ready.';
  }

  async #run() {
    const tabs = await this.#ask('tabs');
    if (tabs > 1) {
      this.#text.textContent = `Close ${tabs === 2 ? 'the other tab' : `the other ${countOf(tabs - 1, 'tab')}`} of this page first.`;
      return;
    }
    if (!(await this.#mayClose())) return;
    navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
    // It is already in use if the other tabs were closed before.
    if (!this.#registration.waiting) location.reload();
    else await this.#ask('update');
  }

  /** @param {'tabs' | 'update'} message @returns {Promise<number>} how many tabs are open */
  #ask(message) {
    const { waiting } = this.#registration;
    if (!waiting) return Promise.resolve(1);
    const { port1, port2 } = new MessageChannel();
    waiting.postMessage(message, [port2]);
    return new Promise((resolve) => {
      port1.onmessage = ({ data }) => resolve(data);
    });
  }
}
