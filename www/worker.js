/**
 * The worker: the only module that imports the wasm package. It answers `{id, action, ...}` with `{id, result}` or
 * `{id, error}`; a message without an id says that this worker is lost and why.
 */
import { faultOf } from './fault.js';
import { probe, watchDevices } from './gpu.js';
import { vouch } from './integrity.js';

/** @import { Backend, Fault, Place, Source } from './types.js' */
/** @typedef {{value: unknown, transfer?: Transferable[]}} Answer */

/** @type {import('./pkg/glioscope.js').Session | undefined} */
let session;
/** Grows with every `clear`: a file that is still being read then belongs to nobody. */
let batch = 0;

/** How far a probability of the self-test may be from what the network gave where it was fitted. */
const TOLERANCE = 1e-3;

/** @type {Record<string, (message: any) => Answer | Promise<Answer>>} */
const actions = {
  probe: async () => ({ value: await probe() }),
  open: async (message) => ({ value: await open(message) }),
  read: async (source) => ({ value: await read(source) }),
  clear: () => {
    batch++;
    return { value: opened().clear() };
  },
  assemble: () => ({ value: opened().assemble() }),
  segment: async (/** @type {Place} */ place) => {
    // The probabilities stay here: the page draws the mask alone.
    const { probability, ...found } = await opened().segment(place.case, place.slice);
    return { value: found, transfer: [found.mask.buffer] };
  },
  adopt: (/** @type {Place & {mask: Uint8Array}} */ { mask, ...place }) => ({
    value: opened().adopt(place.case, place.slice, mask),
  }),
  pixels: (/** @type {Place} */ place) => {
    const pixels = opened().pixels(place.case, place.slice);
    return { value: pixels, transfer: [pixels.rgba.buffer] };
  },
  reference: (/** @type {Place} */ place) => ({ value: opened().reference(place.case, place.slice) }),
  zip: () => {
    const bytes = opened().maskZip();
    return { value: bytes, transfer: [bytes.buffer] };
  },
};

/**
 * Loads the package and the model and opens a session. Workers after the first get the compiled module from it.
 * @param {{backend: Backend, module?: WebAssembly.Module}} wish
 */
async function open(wish) {
  const [pkg, module, manifest, weights] = await Promise.all([
    import('./pkg/glioscope.js'),
    wish.module ?? compile(),
    bytes('model/model.json'),
    bytes('model/weights.bin'),
  ]);
  await pkg.default({ module_or_path: module });
  pkg.onPanic((message) => lost({ kind: 'panic', file: null, message }));
  session = await pkg.Session.create(wish.backend, manifest, weights);
  const difference = wish.backend === 'webgpu' ? await session.check() : null;
  // Not `>`, which lets NaN pass.
  if (difference !== null && !(difference <= TOLERANCE)) {
    const message = `the self-test is off by ${difference}, at most ${TOLERANCE} passes`;
    throw { kind: 'device', file: null, message };
  }
  return { backend: session.backend(), difference, module };
}

async function compile() {
  const { response, vouched } = await get('pkg/glioscope_bg.wasm');
  const streams = response.headers.get('Content-Type') === 'application/wasm';
  const compiled = streams ? WebAssembly.compileStreaming(response) : response.arrayBuffer().then(WebAssembly.compile);
  // Compiled while it comes in; run only if it is what it should be.
  const [, module] = await Promise.all([vouched, compiled]);
  return module;
}

/** @param {string} path */
async function bytes(path) {
  const { response, vouched } = await get(path);
  const [, buffer] = await Promise.all([vouched, response.arrayBuffer()]);
  return new Uint8Array(buffer);
}

/** @param {string} path */
async function get(path) {
  const response = await fetch(new URL(path, import.meta.url));
  if (!response.ok) throw new Error(`${path}: the server answered ${response.status}`);
  return { response, vouched: vouch(response.clone()) };
}

/** @param {Source} source */
async function read({ name, file }) {
  if (!file) return opened().sample();
  const mine = batch;
  const buffer = await file.arrayBuffer().catch((/** @type {Error} */ error) => {
    throw { kind: 'file', file: name, message: `the browser cannot read it any more: ${error.message}` };
  });
  if (mine !== batch) throw new Error(`${name} was superseded`);
  return opened().addFile(name, new Uint8Array(buffer));
}

function opened() {
  if (!session) throw new Error('the worker was asked before it was opened');
  return session;
}

/** @param {Fault} fault */
function lost(fault) {
  postMessage({ id: null, fault });
}

self.onmessage = async ({ data: { id, action, ...message } }) => {
  try {
    const { value, transfer = [] } = await actions[action](message);
    self.postMessage({ id, result: value }, { transfer });
  } catch (error) {
    const fault = faultOf(error);
    // After a trap the instance's memory is in no known state; a device that failed once will not do better.
    if (fault.kind === 'panic' || (fault.kind === 'device' && action !== 'open')) lost(fault);
    postMessage({ id, error: fault });
  }
};
self.onmessageerror = () => lost({ kind: 'worker', file: null, message: 'a message to the worker could not be read' });
// A trap in an asynchronous task rejects nothing that anyone waits for.
self.addEventListener('unhandledrejection', ({ reason }) => lost(faultOf(reason)));
watchDevices((message) => lost({ kind: 'device', file: null, message }));

// Held for as long as this worker lives: whoever is granted it next knows that the worker is gone, even when the
// browser ended it without an event.
navigator.locks?.request(self.name, () => {
  postMessage({ id: null, held: true });
  return new Promise(() => {});
});
