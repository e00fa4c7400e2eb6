/**
 * The worker with the network on WebGPU: the only module that imports `pkg/gpu.js`. It takes input and returns logits.
 */
import { watchDevices } from './gpu.js';
import { lost, serve } from './serve.js';

/** @import { WorkerFiles } from '../engine/downloads.js' */

/** Loads while the page downloads the other files. */
const pkg = import('../pkg/gpu.js');
// `open` reports a failure.
pkg.catch(() => {});

/** @type {import('../pkg/gpu.js').GpuNetwork | undefined} */
let network;
/** The forward pass under way: one after another, so that the time of each is its own. @type {Promise<unknown>} */
let busy = Promise.resolve();

serve({
  open: async (files) => ({ value: await open(files) }),
  forward: async (/** @type {{input: Float32Array, n: number}} */ { input, n }) => {
    const forward = busy.then(async () => {
      if (!network) throw new Error('the worker was called before it was opened');
      const start = performance.now();
      const logits = await network.forward(input, n);
      return { logits, milliseconds: performance.now() - start };
    });
    busy = forward.catch(() => {});
    const value = await forward;
    return { value, transfer: [value.logits.buffer] };
  },
});
watchDevices((message) => lost({ code: 'device', file: null, message }));

/** @param {WorkerFiles} files */
async function open({ module, manifest, weights }) {
  const { default: init, onPanic, GpuNetwork } = await pkg;
  await init({ module_or_path: module });
  onPanic((message) => lost({ code: 'panic', file: null, message }));
  network = await GpuNetwork.create(manifest, weights);
}
