/** The functions that `bench.js` calls in the page: workers by name, and timing. */

/** @type {Map<string, {worker: Worker, calls: Map<number, {resolve: (value: any) => void, reject: (error: Error) => void}>}>} */
const workers = new Map();
let next = 1;

/** @param {string} name @param {string} script */
function startWorker(name, script) {
  const worker = new Worker(new URL(script, import.meta.url), { type: 'module' });
  const calls = new Map();
  worker.onmessage = ({ data: { id, result, error } }) => {
    const call = calls.get(id);
    calls.delete(id);
    if (error) call.reject(new Error(error));
    else call.resolve(result);
  };
  worker.onerror = (event) => {
    for (const { reject } of calls.values()) reject(new Error(event.message || `${script} could not be loaded`));
  };
  workers.set(name, { worker, calls });
}

/** @param {string} name @param {string} action @param {object} [message] @returns {Promise<any>} */
function call(name, action, message = {}) {
  const found = workers.get(name);
  if (!found) throw new Error(`there is no worker ${name}`);
  const id = next++;
  return new Promise((resolve, reject) => {
    found.calls.set(id, { resolve, reject });
    found.worker.postMessage({ ...message, id, action });
  });
}

/** @param {string} name */
function stopWorker(name) {
  workers.get(name)?.worker.terminate();
  workers.delete(name);
}

/**
 * Milliseconds until `count` slices are done. Each worker takes the next one when it is free, and repeats its `slices` open
 * slices.
 * @param {string[]} names
 * @param {number} count
 * @param {number} slices
 */
async function patient(names, count, slices) {
  const start = performance.now();
  let taken = 0;
  const work = async (/** @type {string} */ name) => {
    while (taken < count) await call(name, 'segment', { slice: taken++ % slices });
  };
  await Promise.all(names.map(work));
  return performance.now() - start;
}

/**
 * Milliseconds from the start of a worker to the first mask.
 * @param {string} name
 * @param {string} script
 * @param {[string, object][]} steps actions in order
 */
async function cold(name, script, steps) {
  const start = performance.now();
  startWorker(name, script);
  for (const [action, message] of steps) await call(name, action, message);
  return performance.now() - start;
}

/** The largest difference between two probability maps; NaN if one has a NaN. @param {Float32Array} a @param {ArrayLike<number>} b */
function difference(a, b) {
  if (a.length !== b.length) return Infinity;
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    // Unlike a comparison, `Math.max` keeps a NaN.
    most = Math.max(most, Math.abs(a[i] - b[i]));
  }
  return most;
}

/** The largest difference between a worker's probability map and the expected one. @param {string} name @param {number} slice @param {string} path */
async function check(name, slice, path) {
  const expected = new Float32Array(await (await fetch(path)).arrayBuffer());
  return difference(await call(name, 'probability', { slice }), expected);
}

/** Multiply-adds and bytes per second of wasm on one thread. */
async function ceiling() {
  const { instance } = await WebAssembly.instantiateStreaming(fetch('/made/ceiling.wasm'), {});
  const { multiply_add: multiplyAdd, triad } = /** @type {Record<string, (rounds: number) => number>} */ (
    /** @type {unknown} */ (instance.exports)
  );
  const rate = (/** @type {(rounds: number) => number} */ work, /** @type {number} */ rounds) => {
    // Many short calls, because the browser switches to optimised code only between calls.
    for (let i = 0; i < 200; i++) work(1 + rounds / 200);
    let best = 0;
    for (let i = 0; i < 20; i++) {
      const start = performance.now();
      best = Math.max(best, work(rounds) / ((performance.now() - start) / 1e3));
    }
    return best;
  };
  return { macs: rate(multiplyAdd, 1_000_000), bytes: rate(triad, 4) };
}

Object.assign(globalThis, { bench: { startWorker, call, stopWorker, patient, cold, check, ceiling } });
