/**
 * Helpers on the CPU: further workers, each of which takes the next slice when it has finished one.
 */

/** @import { Queue } from './queue.js' */
/** @import { RecoveryLog } from './recovery-log.js' */
/** @import { WorkerClient } from './worker-client.js' */
/** @import { Segmented } from '../core/types.js' */

/** More workers rarely help: they share the memory bus. */
const MAX_WORKERS = 4;
/** A helper has to read all files first. That is worth it from this many slices per worker. */
const SLICES_PER_WORKER = 4;
/** Every worker holds all cases, because normalisation needs the whole case. The limit for all workers, in bytes. */
const MAX_BYTES = 1e9;

export class Pool {
  #size;
  #startHelper;
  /** @type {Set<Promise<WorkerClient>>} */
  #helpers = new Set();

  /**
   * @param {number | null} workers how many workers to use, the primary included, or null for the default
   * @param {(onLost: () => void) => Promise<WorkerClient>} startHelper
   */
  constructor(workers, startHelper) {
    this.#size = Math.max(1, Math.floor(workers ?? Math.min(MAX_WORKERS, navigator.hardwareConcurrency || 1)));
    this.#startHelper = startHelper;
  }

  /** Starts the helpers before there is work, so that opening files needs no network. */
  start() {
    while (this.#helpers.size < this.#size - 1) {
      const remove = () => this.#helpers.delete(helper);
      const helper = this.#startHelper(remove);
      this.#helpers.add(helper);
      // Without it the primary worker does its slices.
      helper.catch(remove);
    }
  }

  /** Ends the helpers. */
  close() {
    for (const helper of this.#helpers) void helper.then((client) => client.close(), () => {});
    this.#helpers.clear();
  }

  /**
   * Works on a queue. A helper that fails puts its slice back for the primary worker.
   * @param {Queue} queue
   * @param {RecoveryLog} log
   * @param {{stopped: () => boolean, primaryDone: Promise<void>}} until when to stop, and when the primary worker finds no more slices
   * @param {(found: Segmented) => Promise<void>} onFound
   */
  async work(queue, log, { stopped, primaryDone }, onFound) {
    const useful = Math.floor(Math.min(queue.length / SLICES_PER_WORKER, MAX_BYTES / log.bytes)) - 1;
    const idle = () => stopped() || queue.length === 0;
    /** @param {Promise<WorkerClient>} helper */
    const help = async (helper) => {
      let task;
      try {
        // Does not wait for a helper that is still starting when the work is done.
        const client = await Promise.race([helper, primaryDone]);
        if (!client || idle()) return;
        const complete = await log.readInto(client, idle);
        while (complete && !idle()) {
          task = queue.take();
          await onFound(await client.call('segment', { slice: task.slice }));
        }
        task = undefined;
        // Frees the memory: the primary worker has everything.
        await client.call('clear');
      } catch {
        if (task) queue.putBack(task);
      }
    };
    await Promise.all([...this.#helpers].slice(0, Math.max(0, useful)).map(help));
  }
}
