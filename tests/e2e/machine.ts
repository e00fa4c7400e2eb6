/**
 * How much of this machine is left for what is timed on it.
 */
import { cpus, loadavg } from 'node:os';

/** The processes that want a core, of the last minute. */
export const load = () => loadavg()[0];

/** How many times longer two threads take while other processes want the cores too; 1 on a machine with nothing else to do. */
export function busy(): number {
  return Math.max(1, load() / Math.min(2, cpus().length));
}
