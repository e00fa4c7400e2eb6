/**
 * The engine's workers, modules and model from this site. Each file is verified.
 */
import { WWW } from '../core/site.js';
import { assets } from './integrity.js';
import { fetchBytes, fetchModule } from './verified-fetch.js';

/** @import { Host, Model, ModuleName, Script } from '../engine/host.js' */

const MODEL = { manifest: 'model/model.json', weights: 'model/weights.safetensors', card: 'model/card.json' };

/** The host of an engine that starts with this model. @param {Model} model @returns {Host} */
export function hostFor(model) {
  return model === siteModel ? siteHost : { ...siteHost, totalBytes: async () => null };
}

/** @type {Host} */
const siteHost = {
  // A worker that is loaded from a URL has the policy of that response, and static hosts send none. A worker from a blob
  // inherits the page's policy. So `connect-src 'self'` applies to the code that sees the files.
  startWorker(script, name) {
    const source = `import ${JSON.stringify(addressOf(script))};`;
    const blob = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
    const worker = new Worker(blob, { type: 'module', name });
    worker.addEventListener('message', () => URL.revokeObjectURL(blob), { once: true });
    return worker;
  },

  // Offline, Firefox does not ask the service worker for the imports of a worker that was started from a blob. For a
  // worker that was started by its URL it does. The service worker answers that URL with the page's policy; without the
  // policy the worker is not started.
  async restartWorker(script, name) {
    const address = addressOf(script);
    const cached = navigator.serviceWorker?.controller ? await fetch(address).catch(() => null) : null;
    return cached?.headers.has('Content-Security-Policy') ? new Worker(address, { type: 'module', name }) : null;
  },

  fetchModule: (module, onChunk) => fetchModule(pathOf(module), onChunk),

  async totalBytes() {
    // Each file waits for the list too, and reports a failure.
    const known = await assets().catch(() => null);
    if (!known) return null;
    return [pathOf('glioscope'), ...Object.values(MODEL)].reduce((sum, path) => sum + known.bytes[`www/${path}`], 0);
  },
};

/** The published model. @type {Model} */
export const siteModel = {
  manifest: (onChunk) => fetchBytes(MODEL.manifest, onChunk),
  weights: (onChunk) => fetchBytes(MODEL.weights, onChunk),
  card: (onChunk) => fetchBytes(MODEL.card, onChunk),
};

/** @param {Script} script */
function addressOf(script) {
  return new URL(`worker/${script}`, WWW).href;
}

/** @param {ModuleName} module */
function pathOf(module) {
  return `pkg/${module}_bg.wasm`;
}
