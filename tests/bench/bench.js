/**
 * Compares the published page's network with onnxruntime-web in one browser. `cargo xtask bench` runs it. To run it alone:
 *
 *     node bench.js --site DIR --model FILE.safetensors --ceiling FILE.wasm --phantom DIR --chromium FILE --out FILE.json
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { brotliCompressSync, constants } from 'node:zlib';
import { chromium } from 'playwright-core';
import { layers, onnx, randomWeights, readSafetensors } from './onnx.js';
import { serve } from './server.js';

/** @import { Browser, Page } from 'playwright-core' */

const { values: options } = parseArgs({
  options: {
    site: { type: 'string' },
    model: { type: 'string' },
    ceiling: { type: 'string' },
    phantom: { type: 'string' },
    chromium: { type: 'string' },
    out: { type: 'string' },
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
});

/** WebGPU on the software adapter, independent of the machine's GPU, and no background traffic of the browser. */
const FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** The reference network of this field: Buda, Saha and Mazurowski 2019, 7.76 M parameters. */
const REFERENCE = { widths: [32, 64, 128, 256, 512], stem: 1 };
/** Slices of a typical patient in the data set. */
const PATIENT = 35;
/** The largest difference in probability between onnxruntime-web and the network. */
const ORT_TOLERANCE = 1e-4;
/** The largest difference in probability between the page's network and the native one. */
const OUR_TOLERANCE = 1e-3;
/** The middle slice of the default phantom, for which `train export` writes input and probability. */
const KNOWN_SLICE = 12;

const quick = options.quick;
const runs = quick
  ? { warmUp: 2, slices: 9, patients: 1, webgpu: 2, cold: 3, reference: 2, growth: [1, 10, 50] }
  : { warmUp: 5, slices: 31, patients: 3, webgpu: 5, cold: 7, reference: 5, growth: [1, 10, 100, 500] };

const { tensors, network } = readSafetensors(new Uint8Array(readFileSync(needed('model'))));
const input = tensors.get('input');
const probability = tensors.get('probability');
if (!input || !probability) throw new Error('the model has no tensors input and probability');
const side = input.shape[2];
/** @type {Record<string, Uint8Array>} */
const made = {
  '/made/ceiling.wasm': readFileSync(needed('ceiling')),
  '/made/model.onnx': onnx(network, tensors, side),
  '/made/reference.onnx': onnx(REFERENCE, randomWeights(REFERENCE), side),
  '/made/input.bin': new Uint8Array(input.values.buffer),
  '/made/probability.bin': new Uint8Array(probability.values.buffer),
  '/made/index.html': new TextEncoder().encode('<!doctype html><script type="module" src="/bench/page.js"></script>'),
};
const ORT = join(import.meta.dirname, 'node_modules/onnxruntime-web/dist');
const folders = { site: needed('site'), bench: import.meta.dirname, ort: ORT, phantom: needed('phantom') };
const server = await serve(folders, made);
const phantom = phantomPaths();

/** @type {[string, string]} */
const OURS = ['ours', 'glioscope.worker.js'];
/** @type {[string, string]} */
const ORTS = ['ort', 'ort.worker.js'];

/** @type {Record<string, (page: Page) => Promise<unknown>>} */
const parts = { ceiling, slice, patient, reference, webgpu, growth };
/** @type {Record<string, unknown>} */
const results = {
  machine: { cpu: cpus()[0]?.model, cores: cpus().length, quick },
  network: { ...network, parameters: count(tensors), layers: layers(network, side) },
  referenceNetwork: { ...REFERENCE, layers: layers(REFERENCE, side) },
};
const only = options.only?.split(',');
for (const [name, part] of Object.entries({ ...parts, cold, memory, bytes })) {
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
  const slices = await openOurs(page, 'ours', 'cpu');
  await openOrt(page, 'ort', { backend: 'cpu', threads: 1 });
  return alternate(page, runs.slices, runs.warmUp, slices);
}

/** A patient on two threads each, alternating. */
async function patient(/** @type {Page} */ page) {
  const slices = await openOurs(page, 'ours', 'cpu');
  await openOurs(page, 'ours2', 'cpu');
  await openOrt(page, 'ort', { backend: 'cpu', threads: 2 });
  const ours = [];
  const ort = [];
  for (let run = -1; run < runs.patients; run++) {
    // The first run is a warm-up.
    const count = run < 0 ? 4 * runs.warmUp : PATIENT;
    ours.push(await page.evaluate(([count, slices]) => bench.patient(['ours', 'ours2'], count, slices), [count, slices]));
    ort.push(await page.evaluate((count) => bench.patient(['ort'], count, 1), count));
  }
  return { slices: PATIENT, threads: 2, ours: spread(ours.slice(1)), ort: spread(ort.slice(1)) };
}

/** The reference network, slice by slice, on one thread and on two. */
async function reference(/** @type {Page} */ page) {
  /** @type {Record<string, unknown>} */
  const found = {};
  for (const threads of [1, 2]) {
    const name = `ort${threads}`;
    await openOrt(page, name, { backend: 'cpu', threads, model: '/made/reference.onnx' }, false);
    const times = [];
    for (let run = -1; run < runs.reference; run++) times.push(await segment(page, name, 0));
    found[`threads${threads}`] = spread(times.slice(1));
    await page.evaluate((name) => bench.stopWorker(name), name);
  }
  return found;
}

/** One slice at a time on the software adapter, alternating. */
async function webgpu(/** @type {Page} */ page) {
  const slices = await openOurs(page, 'ours', 'webgpu');
  await openOrt(page, 'ort', { backend: 'webgpu', threads: 1 });
  return alternate(page, runs.webgpu, 1, slices);
}

/** Time and memory by the number of slices, on one thread. */
async function growth(/** @type {Page} */ page) {
  const found = [];
  await openOurs(page, 'ours', 'cpu');
  for (const slices of runs.growth) {
    const paths = phantom.slice(0, slices);
    if (paths.length < slices) throw new Error(`expected ${slices} slices in ${options.phantom}, found ${paths.length}`);
    const read = await page.evaluate((paths) => bench.call('ours', 'files', { paths }), paths);
    const segmented = await page.evaluate((count) => bench.patient(['ours'], count, count), slices);
    const memory = await page.evaluate(() => bench.call('ours', 'memory'));
    found.push({ slices, read: read.milliseconds, segmented, each: segmented / slices, memory });
  }
  return found;
}

/** Time to the first mask, each in a new browser. */
async function cold() {
  const file = phantom[Math.min(KNOWN_SLICE, phantom.length - 1)];
  const model = { model: '/made/model.onnx', input: '/made/input.bin', side };
  /** @type {Record<string, [string, [string, object][]]>} */
  const ways = {
    ours: [OURS[1], [['open', { backend: 'cpu' }], ['files', { paths: [file] }], ['segment', { slice: 0 }]]],
    ort: [ORTS[1], [['open', { backend: 'cpu', threads: 1, ...model }], ['segment', {}]]],
  };
  /** @type {Record<string, number[]>} */
  const times = { ours: [], ort: [] };
  for (let run = 0; run < runs.cold; run++) {
    for (const [name, [script, steps]] of Object.entries(ways)) {
      times[name].push(
        await inBrowser((page) =>
          page.evaluate(([name, script, steps]) => bench.cold(name, script, steps), /** @type {const} */ ([name, script, steps])),
        ),
      );
    }
  }
  return { ours: spread(times.ours), ort: spread(times.ort) };
}

/** The peak memory of the page's process, for each implementation alone; `blank` is the process without either. */
async function memory() {
  if (process.platform !== 'linux') return { skipped: 'only Linux reports the peak memory of a process' };
  /** @type {Record<string, (page: Page) => Promise<unknown>>} */
  const ways = {
    blank: async () => {},
    ours: (page) => openOurs(page, 'ours', 'cpu'),
    ort: (page) => openOrt(page, 'ort', { backend: 'cpu', threads: 1 }),
  };
  /** @type {Record<string, number>} */
  const found = {};
  for (const [name, open] of Object.entries(ways)) {
    found[name] = await inBrowser(async (page, server) => {
      await open(page);
      for (let run = 0; name !== 'blank' && run < 5; run++) await segment(page, name, 0);
      return renderer(server);
    });
  }
  return found;
}

/**
 * Bytes that are downloaded before the first mask, raw and with brotli at quality 11: all requests until the page is ready.
 * For onnxruntime-web only its own files, without page, network and weights.
 */
async function bytes() {
  /** @type {(folder: string, names: string[]) => {files: number, raw: number, brotli: number}} */
  const weigh = (folder, names) => {
    const sum = { files: names.length, raw: 0, brotli: 0 };
    for (const name of names) {
      const content = readFileSync(join(folder, name));
      const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 };
      sum.raw += content.length;
      sum.brotli += brotliCompressSync(content, { params }).length;
    }
    return sum;
  };
  const asked = await inBrowser(async (page) => {
    /** @type {Set<string>} */
    const paths = new Set();
    page.context().on('request', (request) => paths.add(new URL(request.url()).pathname));
    await page.goto(`${server.url}site/index.html`);
    await page.locator('body[data-state=ready]').waitFor({ timeout: 300_000 });
    return [...paths].filter((path) => path.startsWith('/site/')).map((path) => path.slice('/site/'.length));
  });
  const parts = {
    module: asked.filter((path) => path.endsWith('.wasm')),
    model: asked.filter((path) => path.startsWith('www/model/')),
  };
  const page = asked.filter((path) => !parts.module.includes(path) && !parts.model.includes(path));
  if (!parts.module.length || !parts.model.length) throw new Error(`expected a module and a model, the page requested ${asked.join(', ')}`);
  const site = needed('site');
  return {
    page: weigh(site, page),
    module: weigh(site, parts.module),
    model: weigh(site, parts.model),
    // The page has both backends; so has this build of onnxruntime-web.
    ort: weigh(ORT, ['ort.webgpu.min.mjs', 'ort-wasm-simd-threaded.asyncify.mjs', 'ort-wasm-simd-threaded.asyncify.wasm']),
    ortCpuAlone: weigh(ORT, ['ort.wasm.min.mjs', 'ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm']),
  };
}

/**
 * Runs `work` in a new browser with the page of the benchmark.
 * @template T
 * @param {(page: Page, pid: number) => Promise<T>} work
 * @returns {Promise<T>}
 */
async function inBrowser(work) {
  const launched = await chromium.launchServer({ executablePath: needed('chromium'), args: FLAGS });
  /** @type {Browser | undefined} */
  let browser;
  try {
    browser = await chromium.connect(launched.wsEndpoint());
    const page = await browser.newPage();
    page.setDefaultTimeout(0);
    page.on('console', (message) => {
      if (message.type() === 'error') console.log(`browser: ${message.text()}`);
    });
    await page.goto(`${server.url}made/index.html`);
    await page.waitForFunction(() => 'bench' in globalThis);
    return await work(page, launched.process().pid ?? 0);
  } finally {
    await browser?.close();
    await launched.close();
  }
}

/** Starts a worker with the page's network, checks its output, and returns the number of slices of the sample. */
async function openOurs(/** @type {Page} */ page, /** @type {string} */ name, /** @type {'cpu' | 'webgpu'} */ backend) {
  await page.evaluate(([name, script]) => bench.startWorker(name, script), [name, OURS[1]]);
  await page.evaluate(([name, backend]) => bench.call(name, 'open', { backend }), [name, backend]);
  const slices = await page.evaluate((name) => bench.call(name, 'sample'), name);
  await agree(page, name, OUR_TOLERANCE);
  return slices;
}

/**
 * Starts a worker with onnxruntime-web, and checks its output if it runs the `same` network.
 * @param {Page} page
 * @param {string} name
 * @param {{backend: 'cpu' | 'webgpu', threads: number, model?: string}} wish
 */
async function openOrt(page, name, wish, same = true) {
  const message = { model: '/made/model.onnx', input: '/made/input.bin', side, ...wish };
  await page.evaluate(([name, script]) => bench.startWorker(name, script), [name, ORTS[1]]);
  await page.evaluate(([name, message]) => bench.call(name, 'open', message), /** @type {const} */ ([name, message]));
  if (same) await agree(page, name, ORT_TOLERANCE);
}

/** Fails if the output differs by more than `tolerance`, so that only equal computations are timed. */
async function agree(/** @type {Page} */ page, /** @type {string} */ name, /** @type {number} */ tolerance) {
  const known = /** @type {const} */ ([name, KNOWN_SLICE, '/made/probability.bin']);
  const difference = await page.evaluate((known) => bench.check(...known), known);
  if (!(difference <= tolerance)) throw new Error(`${name} differs by ${difference}, the limit is ${tolerance}`);
  console.log(`bench: ${name} differs by ${difference.toExponential(1)}`);
}

/** @returns {Promise<number>} milliseconds */
function segment(/** @type {Page} */ page, /** @type {string} */ name, /** @type {number} */ slice) {
  return page.evaluate(([name, slice]) => bench.call(name, 'segment', { slice }), /** @type {const} */ ([name, slice]));
}

/** Times slices of both, alternating. */
async function alternate(/** @type {Page} */ page, /** @type {number} */ count, /** @type {number} */ warmUp, /** @type {number} */ slices) {
  const ours = [];
  const ort = [];
  for (let run = -warmUp; run < count; run++) {
    const times = [await segment(page, 'ours', (run + slices) % slices), await segment(page, 'ort', 0)];
    if (run < 0) continue;
    ours.push(times[0]);
    ort.push(times[1]);
  }
  return { ours: spread(ours), ort: spread(ort) };
}

/** The peak resident memory of the largest renderer process of a browser, in bytes. */
function renderer(/** @type {number} */ browser) {
  /** @type {(file: string) => string} */
  const read = (file) => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      // The process has ended.
      return '';
    }
  };
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
  const parents = new Map(processes.map((pid) => [pid, Number(/^PPid:\s*(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1])]));
  const below = (/** @type {number | undefined} */ pid) => {
    for (; pid; pid = parents.get(pid)) if (pid === browser) return true;
    return false;
  };
  const renderers = processes.filter((pid) => below(pid) && read(`/proc/${pid}/cmdline`).includes('--type=renderer'));
  const most = renderers.map((pid) => Number(/^VmHWM:\s*(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024);
  return Math.max(...most);
}

/** The URL paths of the phantom's slices, in order. */
function phantomPaths() {
  const folder = needed('phantom');
  const [name] = readdirSync(folder).filter((name) => name.startsWith('PHANTOM_'));
  const files = readdirSync(join(folder, name)).filter((file) => !file.endsWith('_mask.tif'));
  const number = (/** @type {string} */ file) => Number(/(\d+)\.tif$/.exec(file)?.[1]);
  return files.sort((a, b) => number(a) - number(b)).map((file) => `/phantom/${name}/${file}`);
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

/** @param {import('./onnx.js').Tensors} tensors */
function count(tensors) {
  let sum = 0;
  for (const [name, { values }] of tensors) if (!['input', 'probability'].includes(name)) sum += values.length;
  return sum;
}

/** @param {'site' | 'model' | 'ceiling' | 'phantom' | 'chromium' | 'out'} name */
function needed(name) {
  const value = options[name];
  if (!value) throw new Error(`--${name} is missing`);
  return value;
}
