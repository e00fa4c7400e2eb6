/**
 * Everything that computes. Callers see cases, slices and errors, never workers. Behind it are the CPU and the GPU, the
 * helpers, and the recovery from a lost worker. The page uses it, and other pages get it from the npm package as `Client`.
 *
 * All measures and files come from here. Requests are answered between two slices while a case is being segmented.
 */
import { GlioscopeError, faultOf } from '../core/errors.js';
import { Downloads } from './downloads.js';
import { Formats } from './formats.js';
import { Gpu } from './gpu.js';
import { modelOf } from './model.js';
import { Pool } from './pool.js';
import { fileFault, PrimaryWorker } from './primary-worker.js';
import { Queue } from './queue.js';
import { RecoveryLog } from './recovery-log.js';
import { segmentAll } from './scheduler.js';

/** @import { Host, Model } from './host.js' */
/** @import { ModelSource } from './model.js' */
/** @import { Item } from './queue.js' */

/** @import { Added, Assembly, Backend, CaseMeasure, DeviceReport, Fault, ModelInfo, Note, Pixels, Segmented, Settings, Source, Spacing, Words } from '../core/types.js' */
/** @typedef {'pre' | 'flair' | 'post' | 'mask' | 'network' | 'probability' | 'reference' | 'tp' | 'fp' | 'fn'} VolumeKind */
/**
 * Controls a job. `signal` aborts it: its results are dropped. `stopping`: it ends after the file or slice under way, and
 * its results are kept.
 * @typedef {{readonly signal: AbortSignal, readonly stopping: boolean}} JobControl
 */
/** @typedef {{faults: Fault[], notes: Note[]}} ReadResult files that cannot be used, and notes on the others */

/**
 * What runs. `backends`: those that may be used; the better one of them is. `workers`: how many to use on the CPU, or null
 * for the default.
 * @typedef {{host: Host, model: Model, backends: readonly Backend[], workers: number | null}} EngineOptions
 */

/**
 * @typedef {object} EngineEvents
 * @property {(received: number, total: number | null) => void} onDownload bytes of the files for the CPU, before compression; `total` is null where it is unknown
 * @property {(report: DeviceReport) => void} onReport a device has started, has been tested, or is not used any more
 * @property {(backend: Backend, fault: Fault) => void} onLost a worker was lost. On the CPU a new one is starting
 * @property {(fault: Fault) => void} onDead nothing more can be computed; with code `device` where shown results may be wrong
 */

/**
 * The parts that compute with one model, and what they know of the open files.
 * @typedef {{downloads: Downloads, log: RecoveryLog, primary: PrimaryWorker, gpu: Gpu, pool: Pool}} Devices
 */

/** The signal of a job that is not aborted. */
const NEVER = new AbortController().signal;

export class Engine {
  #options;
  #events;
  /** The one backend that may be used; null for the better one of both. @type {Backend | null} */
  #requested;
  /** @type {Devices} */
  #devices;
  #formats;
  /** While a session is being opened: resolves to whether the open cases stay open. @type {Promise<boolean> | null} */
  #openingSession = null;

  /** @param {EngineOptions} options @param {EngineEvents} events */
  constructor(options, events) {
    this.#options = options;
    this.#events = events;
    const [only, other] = options.backends;
    this.#requested = other ? null : only;
    this.#formats = new Formats(options.host);
    this.#devices = this.#connect(new Downloads(options.host, options.model, events.onDownload));
  }

  /** @param {Downloads} downloads of a model @returns {Devices} */
  #connect(downloads) {
    const { host, workers } = this.#options;
    // Those of a former model have nothing to report.
    const current = () => this.#devices?.primary === primary;
    const onReport = () => current() && this.#report();
    /** @param {Backend} backend */
    const onLost = (backend) => (/** @type {Fault} */ fault) => void (current() && this.#events.onLost(backend, fault));
    const onDead = (/** @type {Fault} */ fault) => void (current() && this.#events.onDead(fault));
    const log = new RecoveryLog();
    const primary = new PrimaryWorker(host, log, downloads, { onReport, onLost: onLost('cpu'), onDead });
    const gpu = new Gpu(host, primary, downloads, this.#requested === 'webgpu', { onReport, onLost: onLost('webgpu') });
    return { downloads, log, primary, gpu, pool: new Pool(workers, (onHelperLost) => primary.startHelper(onHelperLost)) };
  }

  get #log() {
    return this.#devices.log;
  }

  get #primary() {
    return this.#devices.primary;
  }

  get #gpu() {
    return this.#devices.gpu;
  }

  /** Starts what is not running yet. Rejects with code `gone` when nothing can be computed. */
  async start() {
    this.#primary.resetLosses();
    await this.#openDevices();
  }

  /** Resolves when the self-test has passed on a device that is used. Rejects when nothing can be computed. */
  async selfTest() {
    if (this.#requested === 'webgpu') await this.#gpu.open();
    else await this.#primary.runTest();
  }

  /** Ends all workers. What is under way is rejected with code `gone`, and so is all that is asked later. */
  close() {
    closeDevices(this.#devices);
    this.#formats.close();
  }

  /**
   * Computes with another model from now on, with no files open. Resolves when the self-test has passed on the CPU. If the
   * model cannot be used, everything stays as it is, and the promise rejects.
   * @param {ModelSource} model
   * @param {() => void} [onSwitch] called before the open files are closed
   */
  async useModel(model, onSwitch = () => {}) {
    const devices = this.#connect(this.#devices.downloads.withModel(modelOf(model)));
    try {
      await devices.primary.open();
      await devices.primary.runTest();
    } catch (error) {
      closeDevices(devices);
      throw error;
    }
    onSwitch();
    closeDevices(this.#devices);
    this.#devices = devices;
    await this.start();
    this.#report();
  }

  async #openDevices() {
    const { primary, gpu, pool } = this.#devices;
    await primary.open();
    if (this.#requested === 'webgpu') return gpu.open();
    // The first slices run on the CPU.
    setTimeout(() => primary.runTest().catch(() => {}));
    if (this.#requested === 'cpu') pool.start();
    else gpu.open().catch(() => pool.start());
  }

  #report() {
    const { version, test } = this.#primary;
    if (!version || (this.#requested === 'webgpu' && !this.#gpu.isReady)) return;
    const { offer, why } = this.#gpu;
    const { difference = null, milliseconds = null } = (this.#gpu.isReady ? this.#gpu.test : test) ?? {};
    const { adapter = '', software = false, limits = {}, features = [] } = offer ?? {};
    this.#events.onReport({
      version,
      backend: this.#gpu.isReady ? 'webgpu' : 'cpu',
      adapter,
      software,
      why: this.#requested ? 'it was requested' : why,
      difference,
      milliseconds,
      limits,
      features,
    });
  }

  /** The workers that failed, without file names. */
  get failures() {
    return [...this.#primary.failures, ...this.#gpu.failures];
  }

  /** What the model's files say of the network. @returns {Promise<ModelInfo>} */
  model() {
    return this.#primary.ask('model');
  }

  /** Closes everything. */
  async clear() {
    this.#primary.resetLosses();
    this.#log.clear();
    await this.#primary.ask('clear');
  }

  /**
   * Opens files in place of the open ones.
   * @param {Iterable<File | Source>} files images, volumes, or zips of them
   * @param {{signal?: AbortSignal, onRead?: (read: number, all: number) => void}} [options]
   * @returns {Promise<Assembly & ReadResult>} the cases, and the files that cannot be used
   */
  async openFiles(files, { signal = NEVER, onRead = () => {} } = {}) {
    const sources = Array.from(files, (file) => (file instanceof Blob ? { name: file.webkitRelativePath || file.name, file } : file));
    await this.clear();
    const { faults, notes } = await this.read(sources, { signal, stopping: false }, onRead);
    const assembly = await this.assemble(signal);
    return { ...assembly, faults, notes: [...notes, ...assembly.notes] };
  }

  /**
   * Segments all slices of a case. Whether the case suits the model is in its `inputCheck`.
   * @param {string} id
   * @param {{signal?: AbortSignal, onSlice?: (result: Segmented) => void}} [options] `onSlice` gets each slice as soon as it is segmented
   * @returns {Promise<Segmented[]>} in the order of the slices. Rejects if one cannot be segmented, after the others
   */
  async segmentCase(id, { signal = NEVER, onSlice = () => {} } = {}) {
    const slices = this.#log.assembly?.cases.find((one) => one.id === id)?.slices;
    if (!slices) throw new GlioscopeError({ code: 'usage', file: null, message: `no open case has the id ${JSON.stringify(id)}` });
    /** @type {Map<string, Segmented>} */
    const found = new Map();
    /** @type {Fault | null} */
    let failed = null;
    const items = slices.map((slice, index) => ({ slice: slice.id, case: id, index }));
    await this.segment(items, () => id, { signal, stopping: false }, (slice, result) => {
      if ('code' in result) failed ??= { ...result, file: result.file ?? slice };
      else {
        found.set(slice, result);
        onSlice(result);
      }
    });
    signal.throwIfAborted();
    if (failed) throw new GlioscopeError(failed);
    return items.map(({ slice }) => /** @type {Segmented} */ (found.get(slice)));
  }

  /**
   * Reads files, which belong to no case until `assemble`.
   * @param {Source[]} sources those that were read are removed; others may be appended meanwhile
   * @param {JobControl} job
   * @param {(read: number, all: number) => void} onRead
   * @returns {Promise<ReadResult>}
   */
  async read(sources, job, onRead) {
    this.#primary.resetLosses();
    /** @type {ReadResult} */
    const result = { faults: [], notes: [] };
    try {
      for (let done = 0; sources.length > 0 && !job.stopping; onRead(++done, done + sources.length)) {
        const [source] = sources;
        const rare = await this.#readOne(source, job.signal, result);
        job.signal.throwIfAborted();
        sources.shift();
        for (const name of rare) {
          const bytes = await this.#primary.ask('takeRare', { name }, job.signal);
          if (bytes) await this.#readConverted(name, new Blob([bytes]), job.signal, result);
        }
      }
      return result;
    } catch (error) {
      if (!job.signal.aborted) this.#log.dropUnassembled();
      throw error;
    }
  }

  /**
   * Reads a file, and decodes it first where it is a rare one.
   * @param {Source} source
   * @param {AbortSignal} signal
   * @param {ReadResult} result
   * @returns {Promise<string[]>} the rare files in a zip
   */
  async #readOne(source, signal, result) {
    /** @type {Added | undefined} undefined for the sample */
    let added;
    try {
      added = await this.#primary.ask('read', source, signal);
    } catch (error) {
      const fault = this.#refused(error);
      signal.throwIfAborted();
      if (fault.code === 'formats' && source.file) await this.#readConverted(source.name, source.file, signal, result);
      else result.faults.push({ ...fault, file: source.name });
      return [];
    }
    signal.throwIfAborted();
    this.#log.sources.push({ ...source, passedOver: added?.used === false });
    const rare = added?.rare ?? [];
    for (const { file, reason } of added?.refused ?? []) if (!rare.includes(file)) result.faults.push({ code: 'file', file, message: reason });
    result.notes.push(...(added?.notes ?? []));
    return rare;
  }

  /** @param {string} name @param {Blob} file @param {AbortSignal} signal @param {ReadResult} result */
  async #readConverted(name, file, signal, result) {
    const converted = await this.#formats.convert(name, file).catch((error) => faultOf(error));
    signal.throwIfAborted();
    if ('code' in converted) result.faults.push({ ...converted, file: name });
    else await this.#readOne(converted, signal, result);
  }

  /** @param {unknown} error */
  #refused(error) {
    const fault = fileFault(error);
    // The workers were lost because of this file. The files after it are not at fault.
    if (error instanceof GlioscopeError && error.workerLost) this.#primary.resetLosses();
    return fault;
  }

  /**
   * Makes cases of all files that were read. Results of cases that stay the same are kept.
   * @param {AbortSignal} signal
   * @returns {Promise<Assembly>}
   */
  async assemble(signal) {
    const slicesBefore = this.#log.assembly?.cases.flatMap(({ slices }) => slices) ?? [];
    const edits = new Map(slicesBefore.map(({ id }) => [id, this.#log.edit(id)]));
    /** @type {Assembly} */
    const assembly = { ...(await this.#primary.ask('assemble')), inspection: await this.#primary.ask('inspect') };
    signal.throwIfAborted();
    this.#log.assemble(assembly);
    for (const { id, segmented, edited } of assembly.cases.flatMap(({ slices }) => slices)) {
      // An edit that was made since then is not in the assembly.
      const editedSince = this.#log.edit(id) !== (edits.get(id) ?? null);
      if (!segmented) this.#log.dropProbability(id);
      if (!edited && !editedSince) this.#log.setEdit(id, null);
      if (segmented && !this.#log.probability(id)) {
        this.#log.setProbability(id, { probability: await this.#primary.ask('probability', { slice: id }), backend: 'cpu' });
      }
      if (edited && !this.#log.edit(id) && !editedSince) this.#log.setEdit(id, await this.#primary.ask('mask', { slice: id, threshold: 0.5 }));
      signal.throwIfAborted();
    }
    return assembly;
  }

  /** Takes the visitor's answers to the questions about the files, for the next `assemble`. @param {Words[]} words */
  async answer(words) {
    this.#log.answers = words;
    await this.#primary.ask('answer', { words });
  }

  /**
   * Opens a saved session in place of the open cases. If it cannot be opened, the open cases stay open.
   * @param {Source} source
   * @param {AbortSignal} signal
   * @returns {Promise<{assembly: Assembly, settings: Settings}>}
   */
  async openSession(source, signal) {
    this.#primary.resetLosses();
    const { promise, resolve } = /** @type {PromiseWithResolvers<boolean>} */ (Promise.withResolvers());
    this.#openingSession = promise;
    let replaced = false;
    try {
      const settings = /** @type {Settings} */ (await this.#primary.ask('read', { ...source, session: true }, signal));
      replaced = true;
      signal.throwIfAborted();
      this.#log.clear();
      this.#log.sources = [{ ...source, session: true }];
      const assembly = await this.assemble(signal);
      return { assembly, settings };
    } finally {
      this.#openingSession = null;
      resolve(!replaced);
    }
  }

  /**
   * Segments slices.
   * @param {Item[]} items
   * @param {() => string | undefined} preferredCase the case whose slices come first
   * @param {JobControl} job
   * @param {(slice: string, result: Segmented | Fault) => void} onSlice
   */
  async segment(items, preferredCase, job, onSlice) {
    await segmentAll(this.#devices, new Queue(items, preferredCase), job, onSlice, () => this.#openDevices());
  }

  /** The results of a slice that are known to the page. @param {string} id */
  results(id) {
    return { probability: this.#log.probability(id), edit: this.#log.edit(id) };
  }

  /**
   * The mask of a slice: the edited one if there is one, else the network's. Once all slices of its case are segmented, it
   * has no small regions.
   * @param {string} id of the slice
   * @param {number} [threshold] 0 to 1, by default that of the model
   * @returns {Promise<Uint8Array | undefined>} 0 or 1 a pixel, row by row; undefined where the slice is not segmented
   */
  async mask(id, threshold) {
    return this.#request('mask', { slice: id, threshold: threshold ?? (await this.model()).threshold });
  }

  /** @param {string} id of the slice @returns {Promise<Uint8Array | undefined>} 1 where a small region was removed */
  smallRegions(id) {
    return this.#request('smallRegions', { slice: id });
  }

  /** @param {string} id of the slice @param {Uint8Array | null} mask 0 or 1 a pixel; null removes the edit */
  async setEdit(id, mask) {
    this.#log.setEdit(id, mask);
    await this.#request('setEdit', { slice: id, mask: mask ?? undefined });
  }

  /** @param {string} id of the slice @returns {Promise<Pixels[]>} for display: at 1, 1/2, 1/4, … of its resolution */
  pixels(id) {
    return this.#request('pixels', { slice: id });
  }

  /**
   * The mask of a DICOM series as a DICOM segmentation, with the names and identifiers of the patient.
   * @param {string} id of the case @param {number} threshold @param {boolean} labelMap one byte a pixel instead of one bit
   */
  async segmentation(id, threshold, labelMap) {
    return this.#formats.segmentation(await this.#request('sourceMasks', { case: id, threshold }), labelMap);
  }

  /** @param {string} id of the slice @returns {Promise<Uint8Array | undefined>} the reference mask, 0 or 1 a pixel */
  reference(id) {
    return this.#request('reference', { slice: id });
  }

  /**
   * @param {string} id of the case
   * @param {number} threshold
   * @param {Spacing | null} spacing
   * @returns {Promise<CaseMeasure>}
   */
  measure(id, threshold, spacing) {
    return this.#request('measure', { case: id, threshold, spacing });
  }

  /**
   * @param {string} id of the case
   * @param {VolumeKind} what
   * @param {number} threshold
   * @param {Spacing | null} spacing
   * @returns {Promise<Uint8Array<ArrayBuffer>>} NIfTI, on the grid of the file if the case was read from a volume
   */
  volume(id, what, threshold, spacing) {
    return this.#request('volume', { case: id, what, threshold, spacing });
  }

  /**
   * @param {string} id of the case
   * @param {VolumeKind} what
   * @param {number} threshold
   * @param {Spacing | null} spacing
   * @returns {Promise<Uint8Array<ArrayBuffer>>} NIfTI-1 with the slices as they are shown
   */
  uprightVolume(id, what, threshold, spacing) {
    return this.#request('uprightVolume', { case: id, what, threshold, spacing });
  }

  /** @param {Settings} settings @returns {Promise<Blob>} all results as a zip */
  exportZip(settings) {
    return this.#request('exportZip', { settings });
  }

  /** @param {Settings} settings @returns {Promise<string>} an HTML page without external files */
  report(settings) {
    return this.#request('report', { settings });
  }

  /** @param {Settings} settings @returns {Promise<Blob>} a zip for `openSession` */
  saveSession(settings) {
    return this.#request('saveSession', { settings });
  }

  /**
   * A request about the open cases. It waits while a session is being opened, because the same id may be another slice
   * there.
   * @param {string} action
   * @param {object} message
   */
  async #request(action, message) {
    if (this.#openingSession && !(await this.#openingSession)) {
      throw new GlioscopeError({ code: 'superseded', file: null, message: 'other files were opened in the meantime' });
    }
    return this.#primary.ask(action, message);
  }
}

/** @param {Devices} devices */
function closeDevices({ primary, gpu, pool }) {
  primary.close();
  gpu.close();
  pool.close();
}
