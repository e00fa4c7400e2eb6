/**
 * The slices of a queue, worked off by the first worker and, on the CPU, by its helpers.
 */
import { FaultError } from '../core/errors.js';
import { ATTEMPTS, refusal } from './primary-worker.js';

/** @import { Kept } from './recovery-log.js' */
/** @import { Lead } from './primary-worker.js' */
/** @import { Pool } from './pool.js' */
/** @import { Queue } from './queue.js' */
/** @import { Fault, Place, Segmented } from '../core/types.js' */

/**
 * @param {object} crew
 * @param {Lead} crew.lead
 * @param {Pool} crew.pool
 * @param {Kept} crew.kept keeps every probability
 * @param {Queue} queue
 * @param {{current: () => boolean, stopped: () => boolean}} wanted whether these files are still open, and whether to stop
 * @param {(place: Place, result: Segmented | Fault) => void} onSlice
 */
export async function segmentAll({ lead, pool, kept }, queue, { current, stopped }, onSlice) {
  /** @param {Segmented} found */
  const keep = (found) => {
    if (!current()) return;
    kept.finish(found, found.probability);
    onSlice({ case: found.case, slice: found.slice }, found);
  };
  const work = async () => {
    for (let task; !stopped() && (task = queue.take()); ) {
      try {
        const link = await lead.open();
        keep(await link.call('segment', task.place));
        lead.losses = 0;
      } catch (error) {
        const fault = refusal(error);
        if (error instanceof FaultError && error.lost && ++task.losses < ATTEMPTS) queue.back(task);
        else if (!stopped()) onSlice(task.place, fault);
      }
    }
  };
  /** @param {Segmented} found by a helper: the first worker has to know as well */
  const hand = async (found) => {
    const { case: at, slice, probability } = found;
    if (current()) await lead.ask('adopt', { case: at, slice, probability });
    keep(found);
  };
  await lead.open();
  // Only once the helpers have seen how many slices there are.
  const through = Promise.resolve().then(work);
  await Promise.all([through, lead.backend === 'cpu' ? pool.share(queue, kept, { stopped, through }, hand) : null]);
  // Whatever a lost helper gave back after the first worker had run out of slices.
  await work();
}
