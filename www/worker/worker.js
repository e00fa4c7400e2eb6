/**
 * The worker with the open files and the network on the CPU: the only module that imports `pkg/glioscope.js`.
 */
import { probe } from './gpu.js';
import { pyramidOf } from './pyramid.js';
import { lost, serve } from './serve.js';

/** @import { WorkerFiles } from '../engine/downloads.js' */
/** @import { VolumeKind } from '../engine/engine.js' */
/** @import { Backend, Source, Spacing, Words } from '../core/types.js' */
/** @typedef {{slice: string}} OfSlice */
/** @typedef {{case: string, threshold: number, spacing: Spacing | null}} OfCase */

/** Loads while the page downloads the other files. */
const pkg = import('../pkg/glioscope.js');
// `open` reports a failure.
pkg.catch(() => {});

/** @type {import('../pkg/glioscope.js').Session | undefined} */
let session;

/** The largest difference in probability that the self-test allows. The backends differ by less than 1e-4. */
const TOLERANCE = 1e-3;

serve({
  probe: async () => ({ value: await probe() }),
  open: async (files) => ({ value: await open(files) }),
  check: async () => ({ value: await check() }),
  knownInput: () => transferred(library().knownInput()),
  checkLogits: (/** @type {{logits: Float32Array}} */ { logits }) => ({ value: accepted(library().checkLogits(logits)) }),
  model: () => ({ value: library().model() }),
  read: async (source, signal) => ({ value: await read(source, signal) }),
  takeRare: (/** @type {{name: string}} */ { name }) => transferred(library().takeRare(name)),
  clear: () => ({ value: library().clear() }),
  assemble: () => ({ value: library().assemble() }),
  inspect: () => ({ value: library().inspect() }),
  answer: (/** @type {{words: Words[]}} */ { words }) => ({ value: library().answer(words) }),
  segment: async (/** @type {OfSlice} */ { slice }) => {
    const found = await library().segment(slice);
    return { value: found, transfer: [found.probability.buffer] };
  },
  input: (/** @type {{slices: string[]}} */ { slices }) => transferred(library().input(slices)),
  adoptLogits: (/** @type {{slices: string[], logits: Float32Array, milliseconds: number}} */ { slices, logits, milliseconds }) => {
    const size = logits.length / slices.length;
    const found = slices.map((slice, at) => library().adoptLogits(slice, logits.subarray(at * size, (at + 1) * size), milliseconds));
    return { value: found, transfer: found.map(({ probability }) => probability.buffer) };
  },
  adopt: (/** @type {OfSlice & {probability: Uint16Array, backend: Backend}} */ { slice, probability, backend }) => ({
    value: library().adopt(slice, probability, backend),
  }),
  setEdit: (/** @type {OfSlice & {mask?: Uint8Array}} */ { slice, mask }) => ({
    value: library().setEdit(slice, mask),
  }),
  pixels: (/** @type {OfSlice} */ { slice }) => {
    const pixels = library().pixels(slice);
    const pyramid = pyramidOf(pixels);
    return { value: pyramid, transfer: [pixels.flair.buffer, ...pyramid.map(({ levels }) => levels.buffer)] };
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
  uprightVolume: (/** @type {OfCase & {what: VolumeKind}} */ { case: id, what, threshold, spacing }) =>
    transferred(library().uprightVolume(id, what, threshold, spacing)),
  sourceMasks: (/** @type {OfCase} */ { case: id, threshold }) => transferred(library().sourceMasks(id, threshold)),
  report: ({ settings }) => ({ value: library().report(settings) }),
  exportZip: ({ settings }) => ({ value: toBlob(library().exportZip(settings)) }),
  saveSession: ({ settings }) => ({ value: toBlob(library().saveSession(settings)) }),
});

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

/** Bytes that are moved to the page. @param {Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Float32Array<ArrayBuffer> | undefined} bytes */
function transferred(bytes) {
  return bytes ? { value: bytes, transfer: [bytes.buffer] } : { value: undefined };
}

/** Opens a session and returns the version of the package. @param {WorkerFiles} files */
async function open({ module, manifest, weights, card }) {
  const { default: init, onPanic, Session, version } = await pkg;
  await init({ module_or_path: module });
  onPanic((message) => lost({ code: 'panic', file: null, message }));
  session = await Session.create(manifest, weights, card);
  return version();
}

/** The self-test: the sample slice against its expected probability. */
async function check() {
  const start = performance.now();
  const difference = accepted(await library().check());
  return { difference, milliseconds: performance.now() - start };
}

/** A device with a larger difference is not used. @param {number} difference */
function accepted(difference) {
  // Written so that NaN fails.
  if (difference <= TOLERANCE) return difference;
  const message = `the self-test differs by ${difference} in probability, the limit is ${TOLERANCE}`;
  throw { code: 'device', file: null, message };
}

/** @param {Source} source @param {AbortSignal} signal */
async function read({ name, file, sample, voxels, session }, signal) {
  if (!file) return library().sample(sample);
  /** @param {Blob} part */
  const content = async (part) => {
    const buffer = await part.arrayBuffer().catch((/** @type {Error} */ error) => {
      throw { code: 'file', file: name, message: `the browser cannot read it any more: ${error.message}` };
    });
    signal.throwIfAborted();
    return new Uint8Array(buffer);
  };
  const { Session } = await pkg;
  // The first bytes tell whether it is a format that can be read, before a large file is loaded.
  const head = await content(file.slice(0, Session.headLength()));
  const bytes = Session.admit(name, file.size, head) ? await content(file) : head;
  if (voxels) return library().addFile(name, Session.joinPair(name, bytes, await content(voxels)));
  if (!session) return library().addFile(name, bytes);
  return library().openSession(bytes);
}

function library() {
  if (!session) throw new Error('the worker was called before it was opened');
  return session;
}
