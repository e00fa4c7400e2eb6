/**
 * One worker and the calls under way to it.
 */
import { FaultError } from '../core/errors.js';

/** @import { Fault } from '../core/types.js' */

/** How long a call may take before the worker counts as hung; a software GPU needs seconds a slice. */
const PATIENCE_MS = 180_000;

const WORKER = new URL('../worker/worker.js', import.meta.url).href;

export class Link {
  #worker;
  #onLost;
  #next = 1;
  /** @type {Map<number, {resolve: (value: any) => void, reject: (error: FaultError) => void, timer: ReturnType<typeof setTimeout>, message: object}>} */
  #calls = new Map();
  #closing = new AbortController();
  // No `randomUUID`: a page by plain HTTP, say from a hospital's own host, has none.
  #name = `glioscope ${crypto.getRandomValues(new Uint32Array(4)).join('-')}`;

  /** @param {(fault: Fault) => void} onLost called once, before any call fails for it; not after `close`. */
  constructor(onLost) {
    this.#onLost = onLost;
    // A worker from a network address answers to that response's own policy, and a static host sends none. One from a
    // blob inherits the page's: with it, `connect-src 'self'` holds for the code that sees the files.
    const source = `import ${JSON.stringify(WORKER)};`;
    const blob = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
    this.#worker = this.#start(blob, (reason) => this.#again(reason));
    this.#worker.addEventListener('message', () => URL.revokeObjectURL(blob), { once: true });
  }

  /**
   * @param {string} address
   * @param {(reason: Fault) => void} onUnread its script cannot be had
   */
  #start(address, onUnread) {
    const worker = new Worker(address, { type: 'module', name: this.#name });
    let heard = false;
    worker.onmessage = ({ data }) => {
      heard = true;
      if (data.held) this.#watch(this.#name);
      else if (data.fault) this.#lose(data.fault);
      else this.#settle(data);
    };
    worker.onmessageerror = () => this.#lose(fault('an answer of the worker could not be read'));
    worker.onerror = (event) => {
      event.preventDefault();
      if (!heard && !event.message) onUnread(fault('the worker could not be loaded'));
      else this.#lose(fault(event.message || 'the worker failed without a word'));
    };
    return worker;
  }

  /**
   * Without a network Firefox does not ask the service worker for what a worker from a blob imports; for a worker by its
   * address it does. The service worker sends that one the page's policy, without which it is not started.
   * @param {Fault} reason
   */
  async #again(reason) {
    const kept = navigator.serviceWorker?.controller ? await fetch(WORKER).catch(() => null) : null;
    if (this.#closing.signal.aborted) return;
    if (!kept?.headers.has('Content-Security-Policy')) return this.#lose(reason);
    this.#worker.terminate();
    this.#worker = this.#start(WORKER, (again) => this.#lose(again));
    for (const { message } of this.#calls.values()) this.#worker.postMessage(message);
  }

  /**
   * @param {string} action one of the worker's
   * @param {object} [message] its arguments, copied
   * @param {number} [patience] milliseconds
   * @returns {Promise<any>}
   */
  call(action, message = {}, patience = PATIENCE_MS) {
    if (this.#closing.signal.aborted) return Promise.reject(new FaultError(fault('the worker is closed'), true));
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const late = () => this.#lose(fault(`the worker did not answer "${action}" within ${patience / 1000} s`));
      const asked = { ...message, id, action };
      this.#calls.set(id, { resolve, reject, timer: setTimeout(late, patience), message: asked });
      this.#worker.postMessage(asked);
    });
  }

  /** Ends the worker; calls under way fail. */
  close() {
    this.#end(fault('the worker was closed'));
  }

  /** @param {string} name of the lock that the worker holds while it lives */
  #watch(name) {
    const signal = this.#closing.signal;
    const gone = () => this.#lose(fault('the browser ended the worker'));
    navigator.locks.request(name, { signal }, gone).catch(() => {});
  }

  /** @param {{id: number, result?: unknown, error?: Fault}} data */
  #settle({ id, result, error }) {
    const call = this.#calls.get(id);
    if (!call) return;
    this.#calls.delete(id);
    clearTimeout(call.timer);
    if (error) call.reject(new FaultError(error));
    else call.resolve(result);
  }

  /** @param {Fault} reason */
  #lose(reason) {
    if (this.#closing.signal.aborted) return;
    this.#onLost(reason);
    this.#end(reason);
  }

  /** @param {Fault} reason */
  #end(reason) {
    this.#closing.abort();
    this.#worker.terminate();
    for (const { reject, timer } of this.#calls.values()) {
      clearTimeout(timer);
      reject(new FaultError(reason, true));
    }
    this.#calls.clear();
  }
}

/**
 * @param {string} message
 * @returns {Fault}
 */
function fault(message) {
  return { kind: 'worker', file: null, message };
}
