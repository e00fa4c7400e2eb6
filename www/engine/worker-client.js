/**
 * One worker and the calls to it.
 */
import { GlioscopeError } from '../core/errors.js';

/** @import { Fault } from '../core/types.js' */
/** @import { Host, Script } from './host.js' */

/** How long a call may take before the worker counts as hung. A software GPU needs seconds per slice. */
const CALL_TIMEOUT_MS = 180_000;

export class WorkerClient {
  #worker;
  #host;
  #script;
  #onLost;
  #nextId = 1;
  /** @type {Map<number, {resolve: (value: any) => void, reject: (error: GlioscopeError) => void, timer: ReturnType<typeof setTimeout>, message: object}>} */
  #calls = new Map();
  /** Aborted with the fault that ended the worker. */
  #closed = new AbortController();
  // `crypto.randomUUID` is missing on plain HTTP, for example on a hospital's own host.
  #name = `glioscope ${crypto.getRandomValues(new Uint32Array(4)).join('-')}`;

  /**
   * @param {Host} host
   * @param {Script} script
   * @param {(fault: Fault) => void} onLost called once, before the pending calls fail; not called after `close`
   */
  constructor(host, script, onLost) {
    this.#host = host;
    this.#script = script;
    this.#onLost = onLost;
    this.#worker = this.#connect(host.startWorker(script, this.#name), (reason) => this.#restart(reason));
  }

  /**
   * @param {Worker} worker
   * @param {(reason: Fault) => void} onNotLoaded the script cannot be loaded
   */
  #connect(worker, onNotLoaded) {
    let responded = false;
    worker.onmessage = ({ data }) => {
      responded = true;
      if (data.held) this.#watchLock(this.#name);
      else if (data.fault) this.#lose(data.fault);
      else this.#settle(data);
    };
    worker.onmessageerror = () => this.#lose(workerFault('an answer of the worker could not be read'));
    worker.onerror = (event) => {
      event.preventDefault();
      if (!responded && !event.message) onNotLoaded(workerFault('the worker could not be loaded'));
      else this.#lose(workerFault(event.message || 'the worker failed without a message'));
    };
    return worker;
  }

  /** Starts a worker in another way, where the host has one. @param {Fault} reason */
  async #restart(reason) {
    const worker = await this.#host.restartWorker(this.#script, this.#name);
    if (this.#closed.signal.aborted) return worker?.terminate();
    if (!worker) return this.#lose(reason);
    this.#worker.terminate();
    this.#worker = this.#connect(worker, (again) => this.#lose(again));
    for (const { message } of this.#calls.values()) worker.postMessage(message);
  }

  /**
   * @param {string} action one of the worker's
   * @param {object} [message] its arguments, which are copied
   * @param {{signal?: AbortSignal, timeout?: number, transfer?: Transferable[]}} [options] `timeout` in milliseconds
   * @returns {Promise<any>}
   */
  call(action, message = {}, { signal, timeout = CALL_TIMEOUT_MS, transfer = [] } = {}) {
    if (this.#closed.signal.aborted) return Promise.reject(new GlioscopeError(this.#closed.signal.reason, true));
    // A job that was aborted while it waited must not reach the worker.
    if (signal?.aborted) return Promise.reject(signal.reason);
    const id = this.#nextId++;
    const abort = () => this.#worker.postMessage({ abort: id });
    signal?.addEventListener('abort', abort);
    /** @type {Promise<any>} */
    const answer = new Promise((resolve, reject) => {
      const onTimeout = () => this.#lose(workerFault(`the worker did not answer "${action}" within ${timeout / 1000} s`));
      const request = { ...message, id, action };
      this.#calls.set(id, { resolve, reject, timer: setTimeout(onTimeout, timeout), message: request });
      this.#worker.postMessage(request, transfer);
    });
    return answer.finally(() => signal?.removeEventListener('abort', abort));
  }

  /** Ends the worker. Pending calls fail. */
  close() {
    this.#end(workerFault('the worker was closed'));
  }

  /** @param {string} name of the lock that the worker holds while it lives */
  #watchLock(name) {
    const onReleased = () => this.#lose(workerFault('the browser ended the worker'));
    navigator.locks.request(name, { signal: this.#closed.signal }, onReleased).catch(() => {});
  }

  /** @param {{id: number, result?: unknown, error?: Fault}} data */
  #settle({ id, result, error }) {
    const call = this.#calls.get(id);
    if (!call) return;
    this.#calls.delete(id);
    clearTimeout(call.timer);
    if (error) call.reject(new GlioscopeError(error));
    else call.resolve(result);
  }

  /** @param {Fault} reason */
  #lose(reason) {
    if (this.#closed.signal.aborted) return;
    this.#onLost(reason);
    this.#end(reason);
  }

  /** @param {Fault} reason */
  #end(reason) {
    this.#closed.abort(reason);
    this.#worker.terminate();
    for (const { reject, timer } of this.#calls.values()) {
      clearTimeout(timer);
      reject(new GlioscopeError(reason, true));
    }
    this.#calls.clear();
  }
}

/**
 * @param {string} message
 * @returns {Fault}
 */
function workerFault(message) {
  return { code: 'worker', file: null, message };
}
