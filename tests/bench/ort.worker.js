/** onnxruntime-web in its own worker, controlled by `bench.js`. Answers `{id, action, ...}` with `{id, result}`. */
import { answer } from './answer.js';

/** @type {any} */
let ort;
/** @type {any} */
let session;
/** @type {any} */
let input;

answer({
  /** @param {{backend: 'cpu' | 'webgpu', threads: number, model: string, input: string, side: number}} wish */
  async open({ backend, threads, model, input: path, side }) {
    const dist = new URL('/ort/', location.href);
    // The smallest build with the backend, as its documentation recommends.
    const script = backend === 'webgpu' ? 'ort.webgpu.min.mjs' : 'ort.wasm.min.mjs';
    const fetched = Promise.all([bytes(new URL(model, location.href)), bytes(new URL(path, location.href))]);
    ort = await import(new URL(script, dist).href);
    ort.env.wasm.wasmPaths = dist.href;
    ort.env.wasm.numThreads = threads;
    const [network, values] = await fetched;
    const executionProviders = [backend === 'webgpu' ? 'webgpu' : 'wasm'];
    // The size of the batch is free in the file. A size that is known lets the runtime plan its memory.
    session = await ort.InferenceSession.create(network, { executionProviders, freeDimensionOverrides: { batch: 1 } });
    input = new ort.Tensor('float32', new Float32Array(values.buffer), [1, 3, side, side]);
  },

  /** Returns the milliseconds of one slice, from the network's input to probabilities. */
  async segment() {
    const start = performance.now();
    await run();
    return performance.now() - start;
  },

  probability: run,
});

/** @returns {Promise<Float32Array>} */
async function run() {
  const { probability } = await session.run({ input });
  return probability.data;
}

/** @param {URL} url */
async function bytes(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
