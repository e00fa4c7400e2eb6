/**
 * Further workers on the CPU: each takes the next slice when it has finished one.
 */

/** @import { Kept } from './recovery-log.js' */
/** @import { Link } from './worker-client.js' */
/** @import { Queue } from './queue.js' */
/** @import { Segmented } from '../core/types.js' */

/** More than this seldom helps: the slices of a case share one memory bus. */
const MOST = 4;
/** A worker has to read all files first; that pays from this many slices each. */
const SLICES_EACH = 4;
/** Every worker keeps all of the cases, as the whole case decides how a slice is normalised: so much in all of them. */
const BYTES = 1e9;

export class Pool {
  #size;
  #hire;
  /** @type {Set<Promise<Link>>} */
  #helpers = new Set();

  /**
   * @param {number | null} wish how many workers there should be, the first one included, or null for what fits
   * @param {(onLost: () => void) => Promise<Link>} hire
   */
  constructor(wish, hire) {
    this.#size = Math.max(1, Math.floor(wish ?? Math.min(MOST, navigator.hardwareConcurrency || 1)));
    this.#hire = hire;
  }

  /** Opens the helpers ahead of the work: then a drop asks the server for nothing. */
  staff() {
    while (this.#helpers.size < this.#size - 1) {
      const gone = () => this.#helpers.delete(helper);
      const helper = this.#hire(gone);
      this.#helpers.add(helper);
      // One that cannot be had is not missed: the first worker does its slices.
      helper.catch(gone);
    }
  }

  /**
   * Works on the queue. A helper that fails gives its slice back: the queue's owner goes on with it.
   * @param {Queue} queue
   * @param {Kept} kept the files
   * @param {{stopped: () => boolean, through: Promise<void>}} until whether to stop, and when the first worker finds no more slices
   * @param {(found: Segmented) => Promise<void>} hand takes what it found
   */
  async share(queue, kept, { stopped, through }, hand) {
    const worth = Math.floor(Math.min(queue.length / SLICES_EACH, BYTES / kept.bytes)) - 1;
    const idle = () => stopped() || queue.length === 0;
    /** @param {Promise<Link>} helper */
    const help = async (helper) => {
      let task;
      try {
        // One that is still being opened then is not waited for.
        const link = await Promise.race([helper, through]);
        if (!link || idle()) return;
        const whole = await kept.pour(link, idle);
        while (whole && !stopped() && (task = queue.take())) await hand(await link.call('segment', task.place));
        task = undefined;
        // The first worker has it all; here it would only take memory.
        await link.call('clear');
      } catch {
        if (task) queue.back(task);
      }
    };
    await Promise.all([...this.#helpers].slice(0, Math.max(0, worth)).map(help));
  }
}
