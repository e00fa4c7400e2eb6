/** TF.js on one thread in its own worker, controlled by `bench.js`. Answers `{id, action, ...}` with `{id, result}`. */
import { answer } from './answer.js';

/** @type {any} */
let tf;
/** @type {import('./safetensors.js').Network} */
let network;
/** Weights and biases by name. @type {Map<string, any>} */
let tensors;
/** `[side, side, 3]` @type {Float32Array} */
let input;
let side = 0;

answer({
  /** @param {{backend: 'cpu' | 'webgpu', model: string, input: string, side: number}} wish */
  async open({ backend, model, input: path, side: pixels }) {
    const name = backend === 'webgpu' ? 'webgpu' : 'wasm';
    const fetched = Promise.all([fetchOk(`${model}.json`), fetchOk(`${model}.bin`), fetchOk(path)]);
    tf = await import(new URL(`/made/tfjs-${name}.js`, location.href).href);
    if (name === 'wasm') {
      tf.setWasmPaths(new URL('/tfjs/', location.href).href);
      // One thread, with the smaller module.
      tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    }
    if (!(await tf.setBackend(name))) throw new Error(`TF.js cannot use its backend ${name}`);
    await tf.ready();
    const [header, values, pixelValues] = await fetched;
    const read = await header.json();
    network = read.network;
    tensors = tensorsOf(read.tensors, await values.arrayBuffer());
    input = new Float32Array(await pixelValues.arrayBuffer());
    side = pixels;
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
  const probability = tf.tidy(() => unet(tf.tensor(input, [1, side, side, 3])));
  try {
    return await probability.data();
  } finally {
    probability.dispose();
  }
}

/** The graph of `train export --out FILE.onnx`, channels last: [1, side, side, 3] to probabilities [1, side, side, 1]. @param {any} x */
function unet(x) {
  const { widths, stem } = network;
  x = spaceToDepth(x, stem);
  /** @type {any[]} */
  const skips = [];
  widths.forEach((_, depth) => {
    x = pair(depth > 0 ? tf.maxPool(x, 2, 2, 'valid') : x, `down.${depth}`);
    skips.push(x);
  });
  for (let depth = widths.length - 2; depth >= 0; depth--) {
    const up = tf.depthToSpace(conv(x, `up.${depth}`, 'linear'), 2, 'NHWC');
    x = pair(tf.concat([skips[depth], up], 3), `merge.${depth}`);
  }
  x = conv(x, 'head', 'linear');
  if (stem > 1) x = tf.depthToSpace(x, stem, 'NHWC');
  if (!tensors.has('calibration.first.weight')) return tf.sigmoid(x);
  return tf.sigmoid(conv(conv(x, 'calibration.first', 'relu'), 'calibration.second', 'linear'));
}

/** @param {any} x @param {string} name */
function pair(x, name) {
  return conv(conv(x, `${name}.first`, 'relu'), `${name}.second`, 'relu');
}

/** @param {any} x @param {string} name @param {'relu' | 'linear'} activation */
function conv(x, name, activation) {
  const [filter, bias] = [tensors.get(`${name}.weight`), tensors.get(`${name}.bias`)];
  return tf.fused.conv2d({ x, filter, bias, strides: 1, pad: 'same', activation });
}

/** The channels of the result are ordered by channel and then by cell, as in this project. @param {any} x @param {number} cell */
function spaceToDepth(x, cell) {
  if (cell === 1) return x;
  const [n, height, width, channels] = x.shape;
  const cells = tf.reshape(x, [n, height / cell, cell, width / cell, cell, channels]);
  return tf.reshape(tf.transpose(cells, [0, 1, 3, 5, 2, 4]), [n, height / cell, width / cell, channels * cell * cell]);
}

/** @param {{name: string, shape: number[]}[]} entries @param {ArrayBuffer} values */
function tensorsOf(entries, values) {
  let at = 0;
  return new Map(entries.map(({ name, shape }) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const tensor = tf.tensor(new Float32Array(values, at, count), shape);
    at += 4 * count;
    return [name, tensor];
  }));
}

/** @param {string} path */
async function fetchOk(path) {
  const response = await fetch(new URL(path, location.href));
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response;
}
