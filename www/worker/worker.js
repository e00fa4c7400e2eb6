/**
 * The worker: the only module that imports the wasm package. It answers `{id, action, ...}` with `{id, result}` or
 * `{id, error}`. `{abort: id}` aborts an action. A message without an id says that this worker is lost and why.
 */
import { faultOf } from '../core/errors.js';
import { probe, watchDevices } from './gpu.js';
import { fetchBytes, fetchModule } from './verified-fetch.js';

/** @import { VolumeKind } from '../engine/engine.js' */
/** @import { Backend, Fault, Source, Spacing } from '../core/types.js' */
/** @typedef {{slice: string}} OfSlice */
/** @typedef {{case: string, threshold: number, spacing: Spacing | null}} OfCase */
/** @typedef {{value: unknown, transfer?: Transferable[]}} Answer */

/** @type {import('../pkg/glioscope.js').Session | undefined} */
let session;
/** Actions under way, by the id of their message. @type {Map<number, AbortController>} */
const running = new Map();

/** The largest difference in probability that the self-test allows. The backends differ by less than 1e-4. */
const TOLERANCE = 1e-3;

/** @type {Record<string, (message: any, signal: AbortSignal) => Answer | Promise<Answer>>} */
const actions = {
  probe: async () => ({ value: await probe() }),
  open: async (message) => ({ value: await open(message) }),
  check: async () => ({ value: await check() }),
  model: () => ({ value: library().model() }),
  read: async (source, signal) => ({ value: await read(source, signal) }),
  clear: () => ({ value: library().clear() }),
  assemble: () => ({ value: library().assemble() }),
  segment: async (/** @type {OfSlice} */ { slice }) => {
    const { width, height, probability, milliseconds } = await library().segment(slice);
    return { value: { slice, width, height, probability, milliseconds }, transfer: [probability.buffer] };
  },
  adopt: (/** @type {OfSlice & {probability: Uint16Array}} */ { slice, probability }) => ({
    value: library().adopt(slice, probability),
  }),
  setEdit: (/** @type {OfSlice & {mask?: Uint8Array}} */ { slice, mask }) => ({
    value: library().setEdit(slice, mask),
  }),
  pixels: (/** @type {OfSlice} */ { slice }) => {
    const pixels = library().pixels(slice);
    return { value: pixels, transfer: [pixels.levels.buffer] };
  },
  reference: (/** @type {OfSlice} */ { slice }) => transferred(library().reference(slice)),
  mask: (/** @type {OfSlice & {threshold: number}} */ { slice, threshold }) =>
    transferred(library().mask(slice, threshold)),
  smallRegions: (/** @type {OfSlice} */ { slice }) => transferred(library().smallRegions(slice)),
  probability: (/** @type {OfSlice} */ { slice }) => transferred(library().probability(slice)),
  measure: (/** @type {OfCase} */ { case: id, threshold, spacing }) => ({
    value: library().measure(id, threshold, spacing),
  }),
  volume: (/** @type {OfCase & {what: VolumeKind}} */ { case: id, what, threshold, spacing }) =>
    transferred(library().volume(id, what, threshold, spacing)),
  report: ({ settings }) => ({ value: library().report(settings) }),
  exportZip: ({ settings }) => ({ value: toBlob(library().exportZip(settings)) }),
  saveSession: ({ settings }) => ({ value: toBlob(library().saveSession(settings)) }),
};

/**
 * Each chunk moves into a blob before the next one is made, so the worker needs the memory of one file of the zip. Browsers
 * keep blobs outside of the worker's memory.
 * @param {import('../pkg/glioscope.js').ZipStream} stream
 */
function toBlob(stream) {
  const parts = [];
  try {
    for (let chunk; (chunk = stream.next()); ) parts.push(new Blob([chunk]));
  } finally {
    stream.free();
  }
  return new Blob(parts, { type: 'application/zip' });
}

/** Bytes that are moved to the page. @param {Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | undefined} bytes */
function transferred(bytes) {
  return bytes ? { value: bytes, transfer: [bytes.buffer] } : { value: undefined };
}

/**
 * Loads the package and the model and opens a session. Workers after the first get the compiled module from the page.
 * @param {{backend: Backend, module?: WebAssembly.Module}} request
 */
async function open(request) {
  const [{ default: init, onPanic, Session, version }, module, manifest, weights, card] = await Promise.all([
    pkg(),
    request.module ?? fetchModule('pkg/glioscope_bg.wasm'),
    fetchBytes('model/model.json'),
    fetchBytes('model/weights.safetensors'),
    fetchBytes('model/card.json'),
  ]);
  await init({ module_or_path: module });
  onPanic((message) => lost({ kind: 'panic', file: null, message }));
  session = await Session.create(request.backend, manifest, weights, card);
  return { backend: session.backend(), module, version: version() };
}

function pkg() {
  return import('../pkg/glioscope.js');
}

/** The self-test: the sample slice against its expected probability. A device with a larger difference is not used. */
async function check() {
  const start = performance.now();
  const difference = await library().check();
  const milliseconds = performance.now() - start;
  // Written so that NaN fails.
  if (!(difference <= TOLERANCE)) {
    const message = `the self-test differs by ${difference} in probability, the limit is ${TOLERANCE}`;
    throw { kind: 'device', file: null, message };
  }
  return { difference, milliseconds };
}

/** @param {Source} source @param {AbortSignal} signal */
async function read({ name, file, session }, signal) {
  if (!file) return library().sample();
  /** @param {Blob} part */
  const content = async (part) => {
    const buffer = await part.arrayBuffer().catch((/** @type {Error} */ error) => {
      throw { kind: 'file', file: name, message: `the browser cannot read it any more: ${error.message}` };
    });
    signal.throwIfAborted();
    return new Uint8Array(buffer);
  };
  const { Session } = await pkg();
  // The first bytes tell whether it is a format that can be read, before a large file is loaded.
  Session.admit(name, file.size, await content(file.slice(0, Session.headLength())));
  const bytes = await content(file);
  if (!session) return library().addFile(name, bytes);
  return library().openSession(bytes);
}

function library() {
  if (!session) throw new Error('the worker was called before it was opened');
  return session;
}

/** @param {Fault} fault */
function lost(fault) {
  postMessage({ id: null, fault });
}

self.onmessage = async ({ data: { id, abort, action, ...message } }) => {
  if (abort !== undefined) {
    running.get(abort)?.abort();
    return;
  }
  const controller = new AbortController();
  running.set(id, controller);
  try {
    const { value, transfer = [] } = await actions[action](message, controller.signal);
    self.postMessage({ id, result: value }, { transfer });
  } catch (error) {
    const fault = faultOf(error);
    // After a trap the instance's memory is in an unknown state. A device that failed once will fail again.
    if (fault.kind === 'panic' || (fault.kind === 'device' && action !== 'open' && action !== 'check')) lost(fault);
    postMessage({ id, error: fault });
  } finally {
    running.delete(id);
  }
};
self.onmessageerror = () => lost({ kind: 'worker', file: null, message: 'a message to the worker could not be read' });
// A trap in an asynchronous task does not reject the promise of any action.
self.addEventListener('unhandledrejection', ({ reason }) => lost(faultOf(reason)));
watchDevices((message) => lost({ kind: 'device', file: null, message }));

// The worker holds this lock while it lives. When the page gets the lock, the worker is gone, even where the browser
// ended it without an event.
navigator.locks?.request(self.name, () => {
  postMessage({ id: null, held: true });
  return new Promise(() => {});
});
