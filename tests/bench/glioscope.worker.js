/** The published package in its own worker, controlled by `bench.js`. Answers `{id, action, ...}` with `{id, result}`. */
import { answer } from './answer.js';

/** @type {any} */
let session;
/** @type {WebAssembly.Memory} */
let memory;
/** Ids of the slices of the open case, in order. @type {string[]} */
let ids = [];

answer({
  /** @param {{backend: string}} wish */
  async open({ backend }) {
    const site = new URL('/site/www/', location.href);
    const compiled = WebAssembly.compileStreaming(fetch(new URL('pkg/glioscope_bg.wasm', site)));
    const [pkg, module, manifest, weights] = await Promise.all([
      import(new URL('pkg/glioscope.js', site).href),
      compiled,
      bytes(new URL('model/model.json', site)),
      bytes(new URL('model/weights.safetensors', site)),
    ]);
    ({ memory } = await pkg.default({ module_or_path: module }));
    session = await pkg.Session.create(backend, manifest, weights);
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
    await session.segment(ids[slice]);
    return performance.now() - start;
  },

  /** @param {{slice: number}} wish */
  async probability({ slice }) {
    const { probability } = await session.segment(ids[slice]);
    // 16-bit fixed point, or f32.
    const scale = probability instanceof Uint16Array ? 1 / 65_535 : 1;
    return Float32Array.from(probability, (/** @type {number} */ value) => value * scale);
  },

  memory: () => memory.buffer.byteLength,
});

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
