/**
 * The worker with the network on WebGPU: the only module that imports `pkg/gpu.js`. It takes input and returns logits.
 */
import { watchDevices } from './gpu.js';
import { lost, serve } from './serve.js';
import { fetchBytes, fetchModule } from './verified-fetch.js';

/** @type {import('../pkg/gpu.js').GpuNetwork | undefined} */
let network;
/** The forward pass under way: one after another, so that the time of each is its own. @type {Promise<unknown>} */
let busy = Promise.resolve();

serve({
  open: async () => ({ value: await open() }),
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
watchDevices((message) => lost({ kind: 'device', file: null, message }));

/** Loads the package and the model. */
async function open() {
  const [{ default: init, onPanic, GpuNetwork }, module, manifest, weights] = await Promise.all([
    import('../pkg/gpu.js'),
    fetchModule('pkg/gpu_bg.wasm'),
    fetchBytes('model/model.json'),
    fetchBytes('model/weights.safetensors'),
  ]);
  await init({ module_or_path: module });
  onPanic((message) => lost({ kind: 'panic', file: null, message }));
  network = await GpuNetwork.create(manifest, weights);
}
