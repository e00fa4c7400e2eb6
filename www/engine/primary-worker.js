/**
 * The primary worker. It chooses a backend that works. When the worker is lost, a new one takes over with everything from
 * the recovery log.
 */
import { anonymousMessage, FaultError, faultOf } from '../core/errors.js';
import { WorkerClient } from './worker-client.js';

/** @import { RecoveryLog } from './recovery-log.js' */
/** @import { Backend, DeviceReport, Fault } from '../core/types.js' */
/**
 * @typedef {object} WorkerEvents
 * @property {(report: DeviceReport) => void} onReport a worker has started, or has been tested
 * @property {(fault: Fault) => void} onLost a worker was lost, and a new one is starting
 * @property {(fault: Fault) => void} onDead no worker can be started; of kind `device` where shown results may be wrong
 */

/** A slice or file that ends two workers is at fault itself. */
export const MAX_ATTEMPTS = 2;
/** How many workers may be lost in a row without a finished slice between them. */
const MAX_LOSSES = 6;
/** Opening includes the download on a slow connection. */
const OPEN_TIMEOUT_MS = 1_200_000;
/** A GPU that takes longer per slice may be slower than the CPU, so the two are compared. */
const SLOW_GPU_MS = 120;

export class PrimaryWorker {
  /** The backend of the newest worker. @type {Backend} */
  backend = 'cpu';
  /** The workers that failed: backend and reason, without file names. @type {string[]} */
  failures = [];
  /** Called when a worker has started. */
  onStarted = () => {};
  #requested;
  #events;
  #log;
  /** Workers that were lost in a row. */
  #losses = 0;
  /** @type {Promise<WorkerClient> | null} */
  #client = null;
  /** @type {WebAssembly.Module | undefined} compiled once, shared by all workers */
  #module;
  /** Why WebGPU is not used any more, or empty. */
  #webgpuFailure = '';
  #lastLoss = '';
  /** Why this device is not used any more. @type {FaultError | null} */
  #rejected = null;
  /** @type {DeviceReport | null} */
  #report = null;

  /**
   * @param {Backend | null} requested the backend to use, or null for the best one that works
   * @param {RecoveryLog} log
   * @param {WorkerEvents} events
   */
  constructor(requested, log, events) {
    this.#requested = requested;
    this.#log = log;
    this.#events = events;
  }

  /** Starts a worker if there is none. Rejects with a fault of kind `gone` when no backend works. */
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
        if (!(error instanceof FaultError && error.workerLost) || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  /** Runs the self-test. */
  async #test() {
    const client = await this.open();
    try {
      const known = /** @type {DeviceReport} */ (this.#report);
      const first = await client.call('check');
      // The first run includes compilation, so the time of the second one counts.
      const report = { ...known, ...(known.difference === null ? await client.call('check') : first) };
      this.#report = report;
      this.#events.onReport(report);
    } catch (error) {
      const fault = faultOf(error);
      if (fault.kind !== 'device') throw error;
      // Without a backend to fall back to, nothing is computed: wrong numbers are worse than none.
      if (this.backend === 'cpu') this.#rejected = gone(fault.message);
      client.close();
      if (this.#rejected) this.#events.onDead(fault);
      else this.#replace(fault);
      throw error;
    }
  }

  /**
   * Starts a helper: one more worker on the CPU.
   * @param {() => void} onLost
   */
  async startHelper(onLost) {
    const client = new WorkerClient(onLost);
    await client.call('open', { backend: 'cpu', module: this.#module }, { timeout: OPEN_TIMEOUT_MS }).catch((error) => {
      client.close();
      throw error;
    });
    return client;
  }

  /** Starts a worker on a backend that works, and fills it from the recovery log. */
  async #start() {
    for (;;) {
      if (this.#losses >= MAX_LOSSES) throw gone(`${MAX_LOSSES} workers were lost, the last one because: ${this.#lastLoss}`);
      let started = false;
      const client = new WorkerClient((fault) => {
        this.#losses++;
        this.#lastLoss = fault.message;
        if (started) this.#replace(fault);
      });
      try {
        const report = await this.#choose(client);
        if (report.backend === 'webgpu' && !this.#requested && (report.milliseconds ?? 0) > SLOW_GPU_MS) await this.#compareWithCpu(report);
        await this.#log.restore(client);
        started = true;
        this.#report = report;
        this.#events.onReport(report);
        this.onStarted();
        // Its result is reported by an event.
        if (report.difference === null) setTimeout(() => this.#test().catch(() => {}));
        return client;
      } catch (error) {
        client.close();
        const fault = fileFault(error);
        const lost = error instanceof FaultError && error.workerLost;
        if (!this.#fallBack(fault) && !lost) throw gone(fault.message, fault.file);
      }
    }
  }

  /** @param {WorkerClient} client @returns {Promise<DeviceReport>} */
  async #choose(client) {
    const offer = this.#requested === 'cpu' || this.#webgpuFailure ? null : await client.call('probe');
    if (this.#requested === 'webgpu' && !offer.usable) throw gone(offer.why);
    this.backend = this.#requested ?? (offer?.preferable ? 'webgpu' : 'cpu');
    const request = { backend: this.backend, module: this.#module };
    const { backend, module, version } = await client.call('open', request, { timeout: OPEN_TIMEOUT_MS });
    this.#module = module;
    const why = this.#requested ? 'requested in the address' : this.#webgpuFailure || (offer?.why ?? '');
    const { adapter = '', software = false, limits = {}, features = [] } = offer ?? {};
    const report = { version, backend, adapter, software, why, difference: null, milliseconds: null, limits, features };
    // A GPU is tested before it sees a slice. The first run includes compilation, so the time of the second one counts.
    // The CPU is tested later, when the page is idle.
    if (backend === 'webgpu') await client.call('check');
    return backend === 'webgpu' ? { ...report, ...(await client.call('check')) } : report;
  }

  /** Throws where the CPU is faster than the GPU. @param {DeviceReport} report */
  async #compareWithCpu({ milliseconds }) {
    const cpu = await this.startHelper(() => {}).catch(() => null);
    if (!cpu) return;
    const cpuTime = await cpu.call('check').then((result) => result.milliseconds, () => Infinity);
    cpu.close();
    if (cpuTime >= Number(milliseconds)) return;
    const message = `it takes ${Math.round(Number(milliseconds))} ms per slice, the CPU takes ${Math.round(cpuTime)} ms`;
    throw new FaultError({ kind: 'device', file: null, message });
  }

  /**
   * Starts a new worker after the current one was lost.
   * @param {Fault} fault
   */
  #replace(fault) {
    this.#fallBack(fault);
    this.#client = null;
    this.#events.onLost(fault);
    this.open().catch((error) => this.#events.onDead(faultOf(error)));
  }

  /**
   * Records why a worker failed. After a fault of WebGPU the next worker uses the CPU, unless WebGPU was requested.
   * @param {Fault} fault
   * @returns {boolean} whether the next worker uses another backend
   */
  #fallBack(fault) {
    this.failures.push(`${this.backend}: ${anonymousMessage(fault)}`);
    // A faulty model or file fails on every backend.
    if (this.#requested || this.backend === 'cpu' || !['device', 'panic', 'worker'].includes(fault.kind)) return false;
    this.backend = 'cpu';
    this.#webgpuFailure = `WebGPU is not used: ${fault.message}`;
    return true;
  }
}

/**
 * The fault of one file or slice. Throws where nothing more can be computed.
 * @param {unknown} error
 */
export function fileFault(error) {
  const fault = faultOf(error);
  if (fault.kind === 'gone') throw error;
  return fault;
}

/**
 * The fault after which nothing more can be computed.
 * @param {string} message
 * @param {string | null} [file] the file that it concerns
 */
function gone(message, file = null) {
  return new FaultError({ kind: 'gone', file, message });
}
