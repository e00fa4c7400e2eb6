/**
 * Segments the slices of a queue with the primary worker and, on the CPU, its helpers.
 */
import { FaultError } from '../core/errors.js';
import { fileFault, MAX_ATTEMPTS } from './primary-worker.js';

/** @import { Pool } from './pool.js' */
/** @import { PrimaryWorker } from './primary-worker.js' */
/** @import { Queue } from './queue.js' */
/** @import { RecoveryLog } from './recovery-log.js' */
/** @import { JobControl } from './engine.js' */
/** @import { Fault, Segmented } from '../core/types.js' */

/**
 * @param {{primary: PrimaryWorker, pool: Pool, log: RecoveryLog}} workers
 * @param {Queue} queue
 * @param {JobControl} job
 * @param {(slice: string, result: Segmented | Fault) => void} onSlice
 */
export async function segmentAll({ primary, pool, log }, queue, job, onSlice) {
  const stopped = () => job.stopping || job.signal.aborted;
  /** @param {Segmented} found */
  const keep = (found) => {
    if (job.signal.aborted) return;
    log.setProbability(found.slice, found.probability);
    onSlice(found.slice, found);
  };
  const work = async () => {
    for (let task; !stopped() && (task = queue.take()); ) {
      try {
        const client = await primary.open();
        keep(await client.call('segment', { slice: task.slice }));
        primary.resetLosses();
      } catch (error) {
        const fault = fileFault(error);
        if (error instanceof FaultError && error.workerLost && ++task.losses < MAX_ATTEMPTS) queue.putBack(task);
        else if (!stopped()) onSlice(task.slice, fault);
      }
    }
  };
  /** The primary worker needs what a helper has found. @param {Segmented} found */
  const onFound = async (found) => {
    const { slice, probability } = found;
    if (!job.signal.aborted) await primary.ask('adopt', { slice, probability });
    keep(found);
  };
  await primary.open();
  // After the helpers have seen the length of the queue.
  const primaryDone = Promise.resolve().then(work);
  await Promise.all([primaryDone, primary.backend === 'cpu' ? pool.work(queue, log, { stopped, primaryDone }, onFound) : null]);
  // A lost helper may have put a slice back after the primary worker had finished.
  await work();
}
