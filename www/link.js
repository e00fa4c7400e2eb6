/**
 * One worker and the calls under way to it.
 */
import { FaultError } from './fault.js';

/** @import { Fault } from './types.js' */

/** How long a call may take before the worker counts as hung; a software GPU needs seconds a slice. */
const PATIENCE_MS = 180_000;

export class Link {
  #worker;
  #onLost;
  #next = 1;
  /** @type {Map<number, {resolve: (value: any) => void, reject: (error: FaultError) => void, timer: ReturnType<typeof setTimeout>}>} */
  #calls = new Map();
  #closing = new AbortController();

  /** @param {(fault: Fault) => void} onLost called once, before any call fails for it; not after `close`. */
  constructor(onLost) {
    this.#onLost = onLost;
    const name = `glioscope ${crypto.randomUUID()}`;
    // A worker from a network address answers to that response's own policy, and a static host sends none. One from a
    // blob inherits the page's: with it, `connect-src 'self'` holds for the code that sees the files.
    const source = `import ${JSON.stringify(new URL('worker.js', import.meta.url).href)};`;
    const blob = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
    this.#worker = new Worker(blob, { type: 'module', name });
    this.#worker.addEventListener('message', () => URL.revokeObjectURL(blob), { once: true });
    this.#worker.onmessage = ({ data }) => {
      if (data.held) this.#watch(name);
      else if (data.fault) this.#lose(data.fault);
      else this.#settle(data);
    };
    this.#worker.onmessageerror = () => this.#lose(fault('an answer of the worker could not be read'));
    this.#worker.onerror = (event) => {
      URL.revokeObjectURL(blob);
      event.preventDefault();
      this.#lose(fault(event.message || 'the worker could not be loaded'));
    };
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
      this.#calls.set(id, { resolve, reject, timer: setTimeout(late, patience) });
      this.#worker.postMessage({ ...message, id, action });
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
