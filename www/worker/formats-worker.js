/**
 * The worker that decodes rare files and writes DICOM: the only module that imports `pkg/formats.js`. Where a decoder panics, this worker is
 * lost, and no open file with it.
 */
import { lost, serve } from './serve.js';

/** Loads while the page downloads the module. */
const pkg = import('../pkg/formats.js');
// `open` reports a failure.
pkg.catch(() => {});

serve({
  open: async (/** @type {{module: WebAssembly.Module}} */ { module }) => {
    const { default: init, onPanic } = await pkg;
    await init({ module_or_path: module });
    onPanic((message) => lost({ code: 'panic', file: null, message }));
    return { value: undefined };
  },
  convert: async (/** @type {{name: string, file: Blob}} */ { name, file }) => {
    const { convert } = await pkg;
    const bytes = convert(name, new Uint8Array(await file.arrayBuffer()));
    return { value: bytes, transfer: [bytes.buffer] };
  },
  dicomSegmentation: async (/** @type {{masks: Uint8Array, labelMap: boolean, date: string, time: string}} */ { masks, labelMap, date, time }) => {
    const { dicomSegmentation } = await pkg;
    const bytes = dicomSegmentation(masks, labelMap, date, time);
    return { value: bytes, transfer: [bytes.buffer] };
  },
});
