/** The published packages in one worker, controlled by `bench.js`. Answers `{id, action, ...}` with `{id, result}`. */
import { answer } from './answer.js';

const SITE = new URL('/site/www/', location.href);

/** @type {any} */
let session;
/** The network on WebGPU, or null on the CPU. @type {any} */
let gpu = null;
/** @type {WebAssembly.Memory} */
let memory;
/** Ids of the slices of the open case, in order. @type {string[]} */
let ids = [];

answer({
  /** @param {{backend: 'cpu' | 'webgpu'}} wish */
  async open({ backend }) {
    const files = ['model.json', 'weights.safetensors', 'card.json'].map((name) => bytes(new URL(`model/${name}`, SITE)));
    const page = load('glioscope');
    const onGpu = backend === 'webgpu' ? load('gpu') : null;
    const [manifest, weights, card] = await Promise.all(files);
    const { package: { Session }, exports } = await page;
    memory = exports.memory;
    session = await Session.create(manifest, weights, card);
    if (onGpu) gpu = await (await onGpu).package.GpuNetwork.create(manifest, weights);
  },

  /** Opens the sample case and returns its number of slices. */
  sample() {
    session.clear();
    session.sample();
    return slices();
  },

  /** @param {{paths: string[]}} wish */
  async files({ paths }) {
    session.clear();
    let milliseconds = 0;
    for (const path of paths) {
      const file = await bytes(new URL(path, location.href));
      const start = performance.now();
      session.addFile(path.split('/').slice(-2).join('/'), file);
      milliseconds += performance.now() - start;
    }
    const start = performance.now();
    const found = slices();
    return { slices: found, milliseconds: milliseconds + performance.now() - start };
  },

  /** Returns the milliseconds of one slice, from pixels to probabilities. @param {{slice: number}} wish */
  async segment({ slice }) {
    const start = performance.now();
    await segment(ids[slice]);
    return performance.now() - start;
  },

  /** @param {{slice: number}} wish */
  async probability({ slice }) {
    const { probability } = await segment(ids[slice]);
    // 16-bit fixed point.
    return Float32Array.from(probability, (/** @type {number} */ value) => value / 65_535);
  },

  memory: () => memory.buffer.byteLength,
});

/** @param {string} id */
async function segment(id) {
  if (!gpu) return session.segment(id);
  const start = performance.now();
  const logits = await gpu.forward(session.input([id]), 1);
  return session.adoptLogits(id, logits, performance.now() - start);
}

/** Loads a package, with streaming compilation. @param {'glioscope' | 'gpu'} name */
async function load(name) {
  const compiled = WebAssembly.compileStreaming(fetch(new URL(`pkg/${name}_bg.wasm`, SITE)));
  const [pkg, module] = await Promise.all([import(new URL(`pkg/${name}.js`, SITE).href), compiled]);
  return { package: pkg, exports: await pkg.default({ module_or_path: module }) };
}

function slices() {
  const { cases } = session.assemble();
  if (cases.length !== 1) throw new Error(`expected one case, found ${cases.length}`);
  ids = cases[0].slices.map((/** @type {{id: string}} */ { id }) => id);
  return ids.length;
}

/** @param {URL} url */
async function bytes(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
