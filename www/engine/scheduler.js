/**
 * Segments the slices of a queue: on the GPU if it is ready, else with the primary worker and its helpers on the CPU.
 */
import { GlioscopeError } from '../core/errors.js';
import { fileFault, MAX_ATTEMPTS } from './primary-worker.js';

/** @import { Gpu } from './gpu.js' */
/** @import { Pool } from './pool.js' */
/** @import { PrimaryWorker } from './primary-worker.js' */
/** @import { Queue } from './queue.js' */
/** @import { RecoveryLog } from './recovery-log.js' */
/** @import { JobControl } from './engine.js' */
/** @import { Fault, Segmented } from '../core/types.js' */

/**
 * @param {{primary: PrimaryWorker, pool: Pool, gpu: Gpu, log: RecoveryLog}} workers
 * @param {Queue} queue
 * @param {JobControl} job
 * @param {(slice: string, result: Segmented | Fault) => void} onSlice
 * @param {() => Promise<void>} opened resolves when a device that may be used is open
 */
export async function segmentAll({ primary, pool, gpu, log }, queue, job, onSlice, opened) {
  const stopped = () => job.stopping || job.signal.aborted;
  /** @param {Segmented} found */
  const keep = (found) => {
    if (job.signal.aborted) return;
    log.setProbability(found.slice, found);
    onSlice(found.slice, found);
  };
  const work = async () => {
    while (!stopped() && !gpu.isReady && queue.length > 0) {
      const task = queue.take();
      try {
        const client = await primary.open();
        keep(await client.call('segment', { slice: task.slice }));
        primary.resetLosses();
      } catch (error) {
        const fault = fileFault(error);
        if (error instanceof GlioscopeError && error.workerLost && ++task.losses < MAX_ATTEMPTS) queue.putBack(task);
        else if (!stopped()) onSlice(task.slice, fault);
      }
    }
  };
  /** The primary worker needs what a helper has found. @param {Segmented} found */
  const onFound = async (found) => {
    if (!job.signal.aborted) await primary.ask('adopt', found);
    keep(found);
  };
  // A GPU may become ready or fail on the way, and a lost helper may put a slice back.
  while (!stopped() && queue.length > 0) {
    await opened();
    if (gpu.isReady) await gpu.work(queue, job, keep, onSlice);
    else {
      // After the helpers have seen the length of the queue.
      const primaryDone = Promise.resolve().then(work);
      const until = { stopped: () => stopped() || gpu.isReady, primaryDone };
      await Promise.all([primaryDone, pool.work(queue, log, until, onFound)]);
    }
  }
}
