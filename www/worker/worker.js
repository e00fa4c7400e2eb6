/**
 * The worker: the only module that imports the wasm package. It answers `{id, action, ...}` with `{id, result}` or
 * `{id, error}`; a message without an id says that this worker is lost and why.
 */
import { faultOf } from '../core/errors.js';
import { bytes, compiled } from './verified-fetch.js';
import { probe, watchDevices } from './gpu.js';

/** @import { VolumeKind } from '../engine/engine.js' */
/** @import { Backend, Fault, Place, Source, Spacing } from '../core/types.js' */
/** @typedef {{case: number, threshold: number, spacing: Spacing | null}} Scope a case and how it is measured */
/** @typedef {{value: unknown, transfer?: Transferable[]}} Answer */

/** @type {import('../pkg/glioscope.js').Session | undefined} */
let session;
/** Grows with every `clear` and session: a file that is still being read then belongs to nobody. */
let batch = 0;

/** How far a probability of the self-test may be from what the network gave where it was fitted. */
const TOLERANCE = 1e-3;

/** @type {Record<string, (message: any) => Answer | Promise<Answer>>} */
const actions = {
  probe: async () => ({ value: await probe() }),
  open: async (message) => ({ value: await open(message) }),
  check: async () => ({ value: await check() }),
  model: () => ({ value: opened().model() }),
  read: async (source) => ({ value: await read(source) }),
  clear: () => {
    batch++;
    return { value: opened().clear() };
  },
  assemble: () => ({ value: opened().assemble() }),
  segment: async (/** @type {Place} */ at) => {
    const found = await opened().segment(at.case, at.slice);
    return { value: found, transfer: [found.probability.buffer] };
  },
  adopt: (/** @type {Place & {probability: Uint16Array}} */ { probability, ...at }) => ({
    value: opened().adopt(at.case, at.slice, probability),
  }),
  setEdit: (/** @type {Place & {mask?: Uint8Array}} */ { mask, ...at }) => ({
    value: opened().setEdit(at.case, at.slice, mask),
  }),
  pixels: (/** @type {Place} */ at) => {
    const pixels = opened().pixels(at.case, at.slice);
    return { value: pixels, transfer: [pixels.levels.buffer] };
  },
  reference: (/** @type {Place} */ at) => given(opened().reference(at.case, at.slice)),
  mask: (/** @type {Place & {threshold: number}} */ at) => given(opened().mask(at.case, at.slice, at.threshold)),
  leftOut: (/** @type {Place} */ at) => given(opened().leftOut(at.case, at.slice)),
  probability: (/** @type {Place} */ at) => given(opened().probability(at.case, at.slice)),
  measure: (/** @type {Scope} */ { threshold, spacing, ...at }) => ({ value: opened().measure(at.case, threshold, spacing) }),
  volume: (/** @type {Scope & {what: VolumeKind}} */ { what, threshold, spacing, ...at }) =>
    given(opened().volume(at.case, what, threshold, spacing)),
  exportZip: ({ settings }) => given(opened().exportZip(settings)),
  report: ({ settings }) => ({ value: opened().report(settings) }),
  saveSession: ({ settings }) => given(opened().saveSession(settings)),
};

/** Bytes that nobody needs here any more. @param {Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | undefined} bytes */
function given(bytes) {
  return bytes ? { value: bytes, transfer: [bytes.buffer] } : { value: undefined };
}

/**
 * Loads the package and the model and opens a session. Workers after the first get the compiled module from it.
 * @param {{backend: Backend, module?: WebAssembly.Module}} wish
 */
async function open(wish) {
  const [{ default: init, onPanic, Session, version }, module, manifest, weights] = await Promise.all([
    pkg(),
    wish.module ?? compiled('pkg/glioscope_bg.wasm'),
    bytes('model/model.json'),
    bytes('model/weights.bin'),
  ]);
  await init({ module_or_path: module });
  onPanic((message) => lost({ kind: 'panic', file: null, message }));
  session = await Session.create(wish.backend, manifest, weights);
  return { backend: session.backend(), module, version: version() };
}

function pkg() {
  return import('../pkg/glioscope.js');
}

/** The known slice on this device: how far off, and how long it took. A device that is too far off computes nothing. */
async function check() {
  const start = performance.now();
  const difference = await opened().check();
  const milliseconds = performance.now() - start;
  // Not `>`, which lets NaN pass.
  if (!(difference <= TOLERANCE)) {
    const message = `the self-test is off by ${difference}, at most ${TOLERANCE} passes`;
    throw { kind: 'device', file: null, message };
  }
  return { difference, milliseconds };
}

/** @param {Source} source */
async function read({ name, file, session }) {
  if (!file) return opened().sample();
  // A session takes the place of what is being read beside it.
  const mine = session ? ++batch : batch;
  /** @param {Blob} part */
  const content = async (part) => {
    const buffer = await part.arrayBuffer().catch((/** @type {Error} */ error) => {
      throw { kind: 'file', file: name, message: `the browser cannot read it any more: ${error.message}` };
    });
    if (mine !== batch) throw new Error(`${name} was superseded`);
    return new Uint8Array(buffer);
  };
  const { Session } = await pkg();
  // A film that was dropped by mistake is not fetched to be refused.
  Session.admit(name, file.size, await content(file.slice(0, Session.headLength())));
  const bytes = await content(file);
  return session ? opened().openSession(bytes) : opened().addFile(name, bytes);
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
    if (fault.kind === 'panic' || (fault.kind === 'device' && action !== 'open' && action !== 'check')) lost(fault);
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
