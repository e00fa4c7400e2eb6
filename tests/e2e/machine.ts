/**
 * The load of this machine, to adjust time limits.
 */
import { cpus, loadavg } from 'node:os';

/** The load average of the last minute. */
export const load = () => loadavg()[0];

/** The expected slowdown of two threads under the current load; 1 on an idle machine. */
export function slowdown(): number {
  return Math.max(1, load() / Math.min(2, cpus().length));
}
