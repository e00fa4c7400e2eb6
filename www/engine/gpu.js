/**
 * The network on WebGPU, in a worker of its own. Its module is fetched only where the browser has a hardware GPU, and it is
 * used only where it is faster than the CPU. When it fails, the CPU goes on.
 */
import { anonymousMessage, GlioscopeError, faultOf } from '../core/errors.js';
import { CLOSED, fileFault, gone } from './primary-worker.js';
import { WorkerClient } from './worker-client.js';

/** @import { Downloads } from './downloads.js' */
/** @import { JobControl } from './engine.js' */
/** @import { Host } from './host.js' */
/** @import { PrimaryWorker } from './primary-worker.js' */
/** @import { Queue } from './queue.js' */
/** @import { Fault, Segmented, TestResult } from '../core/types.js' */
/** @import { GpuOffer } from '../worker/gpu.js' */

/** Slices that go through the network together on a fast GPU. Each takes some 10 MB of its memory. */
const BATCH = 4;
/** A GPU that takes longer than this for a slice gets one at a time, so that cancelling does not take long. */
const FAST_MS = 50;
/** Batches under way: the CPU prepares one while the GPU computes another. */
const LANES = 2;
/** How often a GPU that was requested may fail. */
const MAX_FAILURES = 3;

export class Gpu {
  /** Why it is not used, or empty. */
  why = '';
  /** The workers that failed. @type {string[]} */
  failures = [];
  /** What the browser offers, once it was asked. @type {GpuOffer | null} */
  offer = null;
  /** The result of the self-test, while the GPU is used. @type {TestResult | null} */
  test = null;
  #host;
  #primary;
  #downloads;
  #requested;
  #events;
  /** @type {WorkerClient | null} */
  #client = null;
  /** @type {Promise<void> | null} */
  #opening = null;

  /**
   * @param {Host} host
   * @param {PrimaryWorker} primary
   * @param {Downloads} downloads
   * @param {boolean} requested whether it is used however slow it is, and instead of the CPU
   * @param {{onReport: () => void, onLost: (fault: Fault) => void}} events
   */
  constructor(host, primary, downloads, requested, events) {
    this.#host = host;
    this.#primary = primary;
    this.#downloads = downloads;
    this.#requested = requested;
    this.#events = events;
  }

  /** Whether slices go to the GPU. */
  get isReady() {
    return this.test !== null;
  }

  /** Ends the worker. */
  close() {
    this.#client?.close();
    this.#client = null;
    this.test = null;
    this.#opening = Promise.reject(gone(CLOSED));
    this.#opening.catch(() => {});
  }

  /** Starts the worker, once. Rejects when the GPU cannot be used, or is slower than the CPU. */
  open() {
    return (this.#opening ??= this.#open().catch((error) => {
      this.#client?.close();
      this.#client = null;
      throw this.#reject(faultOf(error));
    }));
  }

  async #open() {
    this.offer ??= /** @type {GpuOffer} */ (await this.#primary.ask('probe'));
    if (!(this.#requested ? this.offer.usable : this.offer.preferable)) throw deviceFault(this.offer.why);
    const client = new WorkerClient(this.#host, 'gpu-worker.js', (fault) => this.#lose(client, fault));
    this.#client = client;
    await client.call('open', await this.#downloads.gpu());
    const known = await this.#primary.ask('knownInput');
    const check = async () => {
      const { logits, milliseconds } = await client.call('forward', { input: known, n: 1 });
      return /** @type {TestResult} */ ({ difference: await this.#primary.ask('checkLogits', { logits }), milliseconds });
    };
    // The first run includes the compilation of the shaders, so the time of the second one counts.
    await check();
    const test = await check();
    if (!this.#requested) {
      const cpu = await this.#primary.tested;
      if (test.milliseconds >= cpu.milliseconds) {
        throw deviceFault(`it takes ${Math.round(test.milliseconds)} ms per slice, the CPU takes ${Math.round(cpu.milliseconds)} ms`);
      }
    }
    this.test = test;
    this.#events.onReport();
  }

  /**
   * Works on a queue until it is empty or the GPU fails. Slices that a failure interrupts are put back.
   * @param {Queue} queue
   * @param {JobControl} job
   * @param {(found: Segmented) => void} onFound
   * @param {(slice: string, fault: Fault) => void} onFault
   */
  async work(queue, job, onFound, onFault) {
    const batch = (this.test?.milliseconds ?? Infinity) > FAST_MS ? 1 : BATCH;
    const lane = async () => {
      for (let client; !job.stopping && !job.signal.aborted && this.isReady && (client = this.#client) && queue.length > 0; ) {
        const tasks = Array.from({ length: Math.min(batch, queue.length) }, () => queue.take());
        try {
          for (const found of await this.#segment(client, tasks.map(({ slice }) => slice), job)) onFound(found);
        } catch (error) {
          const fault = fileFault(error);
          if (this.#client !== client) tasks.reverse().forEach((task) => queue.putBack(task));
          else if (!job.signal.aborted) tasks.forEach(({ slice }) => onFault(slice, fault));
        }
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
  }

  /**
   * @param {WorkerClient} client
   * @param {string[]} slices
   * @param {JobControl} job
   * @returns {Promise<Segmented[]>}
   */
  async #segment(client, slices, job) {
    const input = await this.#primary.ask('input', { slices });
    const message = { input, n: slices.length };
    const { logits, milliseconds } = await client.call('forward', message, { transfer: [input.buffer] }).catch((error) => {
      this.#lose(client, faultOf(error));
      throw error;
    });
    if (job.signal.aborted) return [];
    return this.#primary.ask('adoptLogits', { slices, logits, milliseconds: milliseconds / slices.length }).catch((error) => {
      // Values that are not finite.
      const fault = faultOf(error);
      if (fault.code === 'device') this.#lose(client, fault);
      throw error;
    });
  }

  /** @param {WorkerClient} client @param {Fault} fault */
  #lose(client, fault) {
    client.close();
    // While it opens, the pending call fails instead.
    if (this.#client !== client || !this.isReady) return;
    this.#client = null;
    this.test = null;
    this.#reject(fault);
    this.#events.onLost(fault);
  }

  /** @param {Fault} fault @returns {GlioscopeError} */
  #reject(fault) {
    this.failures.push(`webgpu: ${anonymousMessage(fault)}`);
    this.why = this.offer?.usable ? `WebGPU is not used: ${fault.message}` : fault.message;
    const error = gone(fault.message);
    // Where it was requested, there is nothing else to run on.
    this.#opening = this.#requested && this.failures.length < MAX_FAILURES ? null : Promise.reject(error);
    this.#opening?.catch(() => {});
    this.#events.onReport();
    return error;
  }
}

/** @param {string} message */
function deviceFault(message) {
  return new GlioscopeError({ code: 'device', file: null, message });
}
