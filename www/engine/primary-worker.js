/**
 * The primary worker: the open cases, and the network on the CPU. When the worker is lost, a new one takes over with
 * everything from the recovery log.
 */
import { anonymousMessage, GlioscopeError, faultOf } from '../core/errors.js';
import { WorkerClient } from './worker-client.js';

/** @import { Downloads } from './downloads.js' */
/** @import { Host } from './host.js' */
/** @import { RecoveryLog } from './recovery-log.js' */
/** @import { Fault, TestResult } from '../core/types.js' */
/**
 * @typedef {object} PrimaryEvents
 * @property {() => void} onReport a worker has started, or has been tested
 * @property {(fault: Fault) => void} onLost a worker was lost, and a new one is starting
 * @property {(fault: Fault) => void} onDead no worker can be started; with code `device` where shown results may be wrong
 */

/** A slice or file that ends two workers is at fault itself. */
export const MAX_ATTEMPTS = 2;
/** How many workers may be lost in a row without a finished slice between them. */
const MAX_LOSSES = 6;

/** Why a closed engine computes nothing. */
export const CLOSED = 'the engine was closed';

const SCRIPT = 'worker.js';

export class PrimaryWorker {
  /** The workers that failed, without file names. @type {string[]} */
  failures = [];
  /** The version of the package, once a worker has started. */
  version = '';
  /** The result of the self-test, once it has passed. @type {TestResult | null} */
  test = null;
  /** Resolves to the result of the self-test. @type {PromiseWithResolvers<TestResult>} */
  #tested = Promise.withResolvers();
  /** @type {Promise<void> | null} */
  #testing = null;
  #host;
  #log;
  #downloads;
  #events;
  /** Workers that were lost in a row. */
  #losses = 0;
  /** @type {Promise<WorkerClient> | null} */
  #client = null;
  #lastLoss = '';
  /** Why nothing is computed any more. @type {GlioscopeError | null} */
  #rejected = null;

  /**
   * @param {Host} host
   * @param {RecoveryLog} log
   * @param {Downloads} downloads
   * @param {PrimaryEvents} events
   */
  constructor(host, log, downloads, events) {
    this.#host = host;
    this.#log = log;
    this.#downloads = downloads;
    this.#events = events;
  }

  /** Resolves to the result of the self-test, when it has passed. */
  get tested() {
    return this.#tested.promise;
  }

  /** Starts a worker if there is none. Rejects with a fault with code `gone` when none works. */
  open() {
    if (this.#rejected) return Promise.reject(this.#rejected);
    if (!this.#client) {
      const opening = this.#start();
      this.#client = opening;
      opening.catch(() => {
        if (this.#client === opening) this.#client = null;
      });
    }
    return this.#client;
  }

  /** Ends the worker. Nothing is computed any more. */
  close() {
    this.#rejected = gone(CLOSED);
    void this.#client?.then((client) => client.close(), () => {});
    this.#client = null;
  }

  /** Workers that are lost from now on are counted from zero. */
  resetLosses() {
    this.#losses = 0;
  }

  /**
   * Calls the worker, and its successor if the worker is lost during the call.
   * @param {string} action
   * @param {object} [message]
   * @param {AbortSignal} [signal]
   */
  async ask(action, message, signal) {
    for (let attempt = 1; ; attempt++) {
      const client = await this.open();
      try {
        return await client.call(action, message, { signal });
      } catch (error) {
        if (!(error instanceof GlioscopeError && error.workerLost) || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  /** Runs the self-test, once. Without a device to fall back to, a failure ends everything: wrong numbers are worse than none. */
  runTest() {
    return (this.#testing ??= this.#runTest().catch((error) => {
      this.#testing = null;
      throw error;
    }));
  }

  async #runTest() {
    const client = await this.open();
    try {
      // The first run includes compilation, so the time of the second one counts.
      await client.call('check');
      this.test = await client.call('check');
      this.#tested.resolve(/** @type {TestResult} */ (this.test));
      this.#events.onReport();
    } catch (error) {
      const fault = faultOf(error);
      if (fault.code !== 'device') throw error;
      this.#record(fault);
      this.#rejected = gone(fault.message);
      client.close();
      this.#events.onDead(fault);
      throw error;
    }
  }

  /**
   * Starts a helper: one more worker on the CPU.
   * @param {() => void} onLost
   */
  async startHelper(onLost) {
    const client = new WorkerClient(this.#host, SCRIPT, onLost);
    try {
      await client.call('open', await this.#downloads.cpu());
      return client;
    } catch (error) {
      client.close();
      throw error;
    }
  }

  /** Starts a worker, and fills it from the recovery log. */
  async #start() {
    for (;;) {
      if (this.#losses >= MAX_LOSSES) throw gone(`${MAX_LOSSES} workers were lost, the last one because: ${this.#lastLoss}`);
      let started = false;
      const client = new WorkerClient(this.#host, SCRIPT, (fault) => {
        this.#losses++;
        this.#lastLoss = fault.message;
        if (started) this.#replace(fault);
      });
      try {
        this.version = await client.call('open', await this.#downloads.cpu());
        await this.#log.restore(client);
        started = true;
        this.#events.onReport();
        return client;
      } catch (error) {
        client.close();
        const fault = fileFault(error);
        this.#record(fault);
        if (!(error instanceof GlioscopeError && error.workerLost)) throw gone(fault.message, fault.file);
      }
    }
  }

  /**
   * Starts a new worker after the current one was lost.
   * @param {Fault} fault
   */
  #replace(fault) {
    this.#record(fault);
    this.#client = null;
    this.#events.onLost(fault);
    this.open().catch((error) => this.#events.onDead(faultOf(error)));
  }

  /** @param {Fault} fault */
  #record(fault) {
    this.failures.push(`cpu: ${anonymousMessage(fault)}`);
  }
}

/**
 * The fault of one file or slice. Throws where nothing more can be computed.
 * @param {unknown} error
 */
export function fileFault(error) {
  const fault = faultOf(error);
  if (fault.code === 'gone') throw error;
  return fault;
}

/**
 * The fault after which nothing more can be computed.
 * @param {string} message
 * @param {string | null} [file] the file that it concerns
 */
export function gone(message, file = null) {
  return new GlioscopeError({ code: 'gone', file, message });
}
