/**
 * The engine's workers and modules from this package's folder. Each address is written out, because bundlers look for it.
 */
import { fetchModule } from '../../www/engine/fetch.js';

/** @import { Host, ModuleName, Script } from '../../www/engine/host.js' */

/** @type {Record<Script, (name: string) => Worker>} */
const WORKERS = {
  'worker.js': (name) => new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name }),
  'gpu-worker.js': (name) => new Worker(new URL('./gpu-worker.js', import.meta.url), { type: 'module', name }),
  'formats-worker.js': (name) => new Worker(new URL('./formats-worker.js', import.meta.url), { type: 'module', name }),
};

/** @type {Record<ModuleName, () => URL>} */
const MODULES = {
  glioscope: () => new URL('./glioscope_bg.wasm', import.meta.url),
  gpu: () => new URL('./gpu_bg.wasm', import.meta.url),
  formats: () => new URL('./formats_bg.wasm', import.meta.url),
};

/** @type {Host} */
export const packageHost = {
  startWorker: (script, name) => WORKERS[script](name),
  restartWorker: async () => null,
  fetchModule: (module, onChunk) => fetchModule(MODULES[module](), { onChunk }),
  totalBytes: async () => null,
};
