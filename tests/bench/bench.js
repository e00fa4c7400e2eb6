/**
 * Compares the published page's network with onnxruntime-web and TF.js in one browser. `cargo xtask bench` runs it. To run it
 * alone:
 *
 *     node bench.js --site DIR --model NAME --reference NAME --ceiling FILE.wasm --phantom DIR --chromium FILE --out FILE.json
 *
 * NAME.safetensors and NAME.onnx are exports of a network: that of the site, and the reference network of this field (Buda, Saha and
 * Mazurowski 2019, 7.76 M parameters), with any weights.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { peakMemory, withBrowser } from './browser.js';
import { downloads, sizeOf, sum, weigh } from './bytes.js';
import { dragMilliseconds } from './drag.js';
import { layers } from './layers.js';
import { readSafetensors } from './safetensors.js';
import { serve } from './server.js';
import { segmentFiles } from './site.js';
import * as tfjs from './tfjs.js';

/** @import { Page } from 'playwright-core' */

const { values: options } = parseArgs({
  options: {
    site: { type: 'string' },
    model: { type: 'string' },
    reference: { type: 'string' },
    ceiling: { type: 'string' },
    phantom: { type: 'string' },
    chromium: { type: 'string' },
    out: { type: 'string' },
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
});

/** Slices of a typical patient in the data set. */
const PATIENT = 35;
/** The middle slice of the default phantom, for which `train export` writes input and probability. */
const KNOWN_SLICE = 12;

const quick = options.quick;
const runs = quick
  ? { warmUp: 2, slices: 9, patients: 1, webgpu: 2, cold: 3, reference: 2, growth: [1, 10, 50] }
  : { warmUp: 5, slices: 31, patients: 3, webgpu: 5, cold: 7, reference: 5, growth: [1, 10, 100, 500] };

const { tensors, network } = exported(needed('model'));
const { network: referenceNetwork } = exported(needed('reference'));
const input = tensors.get('input');
const probability = tensors.get('probability');
if (!input || !probability) throw new Error('the model has no tensors input and probability');
const side = input.shape[2];
const tfjsModel = tfjs.model(network, tensors);
/** @type {Record<string, Uint8Array>} */
const made = {
  '/made/ceiling.wasm': readFileSync(needed('ceiling')),
  '/made/model.onnx': readFileSync(`${needed('model')}.onnx`),
  '/made/reference.onnx': readFileSync(`${needed('reference')}.onnx`),
  '/made/input.bin': new Uint8Array(input.values.buffer),
  '/made/tfjs.json': tfjsModel.header,
  '/made/tfjs.bin': tfjsModel.values,
  '/made/tfjs-input.bin': new Uint8Array(tfjs.transposed(input, [0, 2, 3, 1]).values.buffer),
  '/made/tfjs-wasm.js': await tfjs.bundle('wasm'),
  '/made/tfjs-webgpu.js': await tfjs.bundle('webgpu'),
  '/made/probability.bin': new Uint8Array(probability.values.buffer),
  '/made/index.html': new TextEncoder().encode('<!doctype html><link rel="icon" href="data:,"><script type="module" src="/bench/page.js"></script>'),
  // The published package, with its memory where a test can read it.
  '/exposed/www/pkg/glioscope.js': new TextEncoder().encode(
    `${readFileSync(join(needed('site'), 'www/pkg/glioscope.js'), 'utf8')}\nObject.defineProperty(self, 'wasmMemory', { get: () => wasm.memory });\n`,
  ),
};
const MODULES = join(import.meta.dirname, 'node_modules');
const ORT = join(MODULES, 'onnxruntime-web/dist');
const TFJS = join(MODULES, '@tensorflow/tfjs-backend-wasm/dist');
const folders = { site: needed('site'), exposed: needed('site'), bench: import.meta.dirname, ort: ORT, tfjs: TFJS, phantom: needed('phantom') };
const server = await serve(folders, made);
const phantom = phantomSlices();

/**
 * What is compared: the script of its worker, what `open` gets, and the largest difference in probability from the native
 * network that it may have.
 * @typedef {{script: string, files: Record<string, unknown>, tolerance: number}} Contender
 */
/** @satisfies {Record<string, Contender>} */
const CONTENDERS = {
  ours: { script: 'glioscope.worker.js', files: {}, tolerance: 1e-3 },
  ort: { script: 'ort.worker.js', files: { model: '/made/model.onnx', input: '/made/input.bin', side }, tolerance: 1e-4 },
  tfjs: { script: 'tfjs.worker.js', files: { model: '/made/tfjs', input: '/made/tfjs-input.bin', side }, tolerance: 1e-3 },
};
/** @typedef {keyof typeof CONTENDERS} Kind */
const KINDS = /** @type {Kind[]} */ (Object.keys(CONTENDERS));

/** @type {Record<string, (page: Page) => Promise<unknown>>} */
const parts = { ceiling, slice, patient, reference, webgpu, growth };
/** @type {Record<string, unknown>} */
const results = {
  machine: { cpu: cpus()[0]?.model, cores: cpus().length, quick },
  network: { ...network, parameters: count(tensors), layers: layers(network, side) },
  referenceNetwork: { ...referenceNetwork, layers: layers(referenceNetwork, side) },
};
const only = options.only?.split(',');
for (const [name, part] of Object.entries({ ...parts, cold, memory, workers, drag, bytes })) {
  if (only && !only.includes(name)) continue;
  console.log(`bench: ${name}`);
  const start = performance.now();
  try {
    results[name] = name in parts ? await inBrowser(parts[name]) : await /** @type {() => unknown} */ (part)();
  } catch (error) {
    // A part that fails does not stop the others.
    console.log(`bench: ${name} failed: ${error}`);
    results[name] = { failed: String(error) };
  }
  console.log(`bench: ${name} took ${((performance.now() - start) / 1e3).toFixed(1)} s: ${JSON.stringify(brief(results[name]))}`);
}
writeFileSync(needed('out'), `${JSON.stringify(results, null, 2)}\n`);
server.close();

async function ceiling(/** @type {Page} */ page) {
  return page.evaluate(() => bench.ceiling());
}

/** One slice at a time on one thread each, alternating. */
async function slice(/** @type {Page} */ page) {
  for (const kind of KINDS) await open(page, kind, 'cpu', 1);
  return alternate(page, KINDS, runs.slices, runs.warmUp);
}

/** A patient on two threads each, alternating. */
async function patient(/** @type {Page} */ page) {
  // A worker for each thread. Only onnxruntime-web divides a slice between threads: TF.js uses at most half of the cores.
  /** @type {Record<Kind, string[]>} */
  const teams = { ours: ['ours', 'ours2'], ort: ['ort'], tfjs: ['tfjs', 'tfjs2'] };
  for (const kind of KINDS) for (const name of teams[kind]) await open(page, kind, 'cpu', 2 / teams[kind].length, name);
  const slices = await page.evaluate(() => bench.call('ours', 'sample'));
  /** @type {Record<string, number[]>} */
  const times = { ours: [], ort: [], tfjs: [] };
  for (let run = -1; run < runs.patients; run++) {
    // The first run is a warm-up.
    const count = run < 0 ? 4 * runs.warmUp : PATIENT;
    for (const kind of KINDS) {
      const team = /** @type {const} */ ([teams[kind], count, slices]);
      const milliseconds = await page.evaluate((team) => bench.patient(...team), team);
      if (run >= 0) times[kind].push(milliseconds);
    }
  }
  return { slices: PATIENT, threads: 2, ...spreads(times) };
}

/** The reference network, slice by slice, on one thread and on two. */
async function reference(/** @type {Page} */ page) {
  /** @type {Record<string, unknown>} */
  const found = {};
  for (const threads of [1, 2]) {
    const name = `ort${threads}`;
    await start(page, 'ort', { backend: 'cpu', threads, model: '/made/reference.onnx' }, name);
    const times = [];
    for (let run = -1; run < runs.reference; run++) times.push(await segment(page, name, 0));
    found[`threads${threads}`] = spread(times.slice(1));
    await page.evaluate((name) => bench.stopWorker(name), name);
  }
  return found;
}

/** One slice at a time on the software adapter, alternating. */
async function webgpu(/** @type {Page} */ page) {
  for (const kind of KINDS) await open(page, kind, 'webgpu', 1);
  return alternate(page, KINDS, runs.webgpu, 1);
}

/** Time and memory by the number of slices, on one thread. */
async function growth(/** @type {Page} */ page) {
  const found = [];
  await open(page, 'ours', 'cpu', 1);
  for (const slices of runs.growth) {
    const paths = phantom.slice(0, slices).map(({ url }) => url);
    if (paths.length < slices) throw new Error(`expected ${slices} slices in ${options.phantom}, found ${paths.length}`);
    const read = await page.evaluate((paths) => bench.call('ours', 'files', { paths }), paths);
    const segmented = await page.evaluate((count) => bench.patient(['ours'], count, count), slices);
    const memory = await page.evaluate(() => bench.call('ours', 'memory'));
    found.push({ slices, read: read.milliseconds, segmented, each: segmented / slices, memory });
  }
  return found;
}

/** Time on one thread to the first mask, each in a new browser. */
async function cold() {
  const file = phantom[Math.min(KNOWN_SLICE, phantom.length - 1)].url;
  /** @type {Record<string, number[]>} */
  const times = { ours: [], ort: [], tfjs: [] };
  for (let run = 0; run < runs.cold; run++) {
    for (const kind of KINDS) {
      const { script, files } = CONTENDERS[kind];
      /** @type {[string, object][]} */
      const steps = [['open', { backend: 'cpu', threads: 1, ...files }]];
      // The others start from the network's input, without reading a file.
      if (kind === 'ours') steps.push(['files', { paths: [file] }]);
      steps.push(['segment', { slice: 0 }]);
      const milliseconds = await inBrowser((page) =>
        page.evaluate(([name, script, steps]) => bench.cold(name, script, steps), /** @type {const} */ ([kind, script, steps])),
      );
      times[kind].push(milliseconds);
    }
  }
  return spreads(times);
}

/** The peak memory of the page's process, for each implementation alone; `blank` is the process without any. */
async function memory() {
  if (process.platform !== 'linux') return { skipped: 'only Linux reports the peak memory of a process' };
  /** @type {Record<string, number>} */
  const found = { blank: await inBrowser(async (_, browser) => peakMemory(browser)) };
  for (const kind of KINDS) {
    found[kind] = await inBrowser(async (page, browser) => {
      await open(page, kind, 'cpu', 1);
      for (let run = 0; run < 5; run++) await segment(page, kind, 0);
      return peakMemory(browser);
    });
  }
  return found;
}

/** The wasm memory of the page's workers after a patient, in bytes. wasm memory never shrinks. */
async function workers() {
  const files = phantom.slice(0, PATIENT).map(({ path }) => path);
  const sizes = await withBrowser(needed('chromium'), async (page) => {
    await segmentFiles(page, `${server.url}exposed/index.html`, files);
    const size = () => /** @type {{wasmMemory: WebAssembly.Memory}} */ (/** @type {unknown} */ (self)).wasmMemory.buffer.byteLength;
    return Promise.all(page.workers().map((worker) => worker.evaluate(size)));
  });
  // In the order in which they were started.
  const [primary, helper] = sizes;
  if (sizes.length !== 2) throw new Error(`expected two workers, found ${sizes.length}`);
  return { slices: PATIENT, primary, helper };
}

/** The longest main-thread task while the threshold is dragged on a large slice, in milliseconds. */
async function drag() {
  const milliseconds = await withBrowser(needed('chromium'), (page) => dragMilliseconds(page, `${server.url}site/index.html`));
  return { milliseconds };
}

/** Bytes of the page before its first mask, and of the other runtimes, without page, network and weights. */
async function bytes() {
  const url = `${server.url}site/index.html`;
  return {
    ...(await withBrowser(needed('chromium'), (page) => downloads(page, url, needed('site')))),
    ort: weigh(ORT, ['ort.webgpu.min.mjs', 'ort-wasm-simd-threaded.asyncify.mjs', 'ort-wasm-simd-threaded.asyncify.wasm']),
    ortCpuAlone: weigh(ORT, ['ort.wasm.min.mjs', 'ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm']),
    tfjsCpuAlone: sum([sizeOf(made['/made/tfjs-wasm.js']), weigh(TFJS, ['tfjs-backend-wasm-simd.wasm'])]),
  };
}

/**
 * Runs `work` in a new browser with the page of the benchmark.
 * @template T
 * @param {(page: Page, pid: number) => Promise<T>} work
 */
function inBrowser(work) {
  return withBrowser(needed('chromium'), async (page, pid) => {
    await page.goto(`${server.url}made/index.html`);
    await page.waitForFunction(() => 'bench' in globalThis);
    return work(page, pid);
  });
}

/**
 * Starts a worker and checks its output, so that only equal computations are timed.
 * @param {Page} page
 * @param {Kind} kind
 * @param {'cpu' | 'webgpu'} backend
 * @param {number} threads
 */
async function open(page, kind, backend, threads, name = /** @type {string} */ (kind)) {
  await start(page, kind, { backend, threads }, name);
  if (kind === 'ours') await page.evaluate((name) => bench.call(name, 'sample'), name);
  const known = /** @type {const} */ ([name, KNOWN_SLICE, '/made/probability.bin']);
  const difference = await page.evaluate((known) => bench.check(...known), known);
  const { tolerance } = CONTENDERS[kind];
  if (!(difference <= tolerance)) throw new Error(`${name} differs by ${difference}, the limit is ${tolerance}`);
  console.log(`bench: ${name} differs by ${difference.toExponential(1)}`);
}

/** @param {Page} page @param {Kind} kind @param {object} wish @param {string} name */
async function start(page, kind, wish, name) {
  const { script, files } = CONTENDERS[kind];
  await page.evaluate(([name, script]) => bench.startWorker(name, script), [name, script]);
  await page.evaluate(([name, message]) => bench.call(name, 'open', message), /** @type {const} */ ([name, { ...files, ...wish }]));
}

/** @returns {Promise<number>} milliseconds */
function segment(/** @type {Page} */ page, /** @type {string} */ name, /** @type {number} */ slice) {
  return page.evaluate(([name, slice]) => bench.call(name, 'segment', { slice }), /** @type {const} */ ([name, slice]));
}

/**
 * Times `count` slices of each, alternating.
 * @param {Page} page
 * @param {Kind[]} kinds
 * @param {number} count
 * @param {number} warmUp
 */
async function alternate(page, kinds, count, warmUp) {
  const slices = await page.evaluate(() => bench.call('ours', 'sample'));
  const times = Object.fromEntries(kinds.map((kind) => [kind, /** @type {number[]} */ ([])]));
  for (let run = -warmUp; run < count; run++) {
    for (const kind of kinds) {
      // Only the page's network has several slices.
      const milliseconds = await segment(page, kind, (run + slices) % slices);
      if (run >= 0) times[kind].push(milliseconds);
    }
  }
  return spreads(times);
}

/** The phantom's slices in order: their files, and their paths on the server. */
function phantomSlices() {
  const folder = needed('phantom');
  const [name] = readdirSync(folder).filter((name) => name.startsWith('PHANTOM_'));
  const files = readdirSync(join(folder, name)).filter((file) => !file.endsWith('_mask.tif'));
  const number = (/** @type {string} */ file) => Number(/(\d+)\.tif$/.exec(file)?.[1]);
  return files.sort((a, b) => number(a) - number(b)).map((file) => ({ path: join(folder, name, file), url: `/phantom/${name}/${file}` }));
}

/** @param {Record<string, number[]>} times */
function spreads(times) {
  return Object.fromEntries(Object.entries(times).map(([kind, values]) => [kind, spread(values)]));
}

/** @param {number[]} values */
function spread(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (/** @type {number} */ fraction) => sorted[Math.round(fraction * (sorted.length - 1))];
  return { median: at(0.5), low: at(0.1), high: at(0.9), all: values };
}

/** A result for the log, without the lists of single values. @param {unknown} result */
function brief(result) {
  return JSON.parse(JSON.stringify(result, (key, value) => (key === 'all' ? undefined : typeof value === 'number' ? Number(value.toPrecision(4)) : value)));
}

/** @param {import('./safetensors.js').Tensors} tensors */
function count(tensors) {
  let sum = 0;
  for (const [name, { values }] of tensors) if (!['input', 'probability'].includes(name)) sum += values.length;
  return sum;
}

/** @param {string} name */
function exported(name) {
  return readSafetensors(new Uint8Array(readFileSync(`${name}.safetensors`)));
}

/** @param {'site' | 'model' | 'reference' | 'ceiling' | 'phantom' | 'chromium' | 'out'} name */
function needed(name) {
  const value = options[name];
  if (!value) throw new Error(`--${name} is missing`);
  return value;
}
