/**
 * The jobs of the page: opening files, adding files, opening a session, segmenting. Each job has one `AbortSignal`. A new
 * job aborts the one before it, or waits until that has loaded its files, or gives its files to it.
 */
import { faultOf } from '../core/errors.js';
import { countOf, formatCount } from '../core/format.js';
import { isSegmentable, isWaiting } from '../core/store.js';

/** @import { Engine, JobControl } from './engine.js' */
/** @import { MeasurementSync } from './measurement-sync.js' */
/** @import { Store } from '../core/store.js' */
/** @import { CaseState, Fault, Note, Phase, Segmented, Source, Words } from '../core/types.js' */
/**
 * @typedef {object} JobEvents
 * @property {() => void} onStart messages of the job before are out of date
 * @property {(phase: Phase, text: string, canContinue?: boolean) => void} onStatus
 * @property {(done: number, all: number, noun: string) => void} onProgress
 * @property {(faults: Fault[]) => void} onFaults files and slices that cannot be used
 * @property {(ofFiles: Note[], ofCases: Note[]) => void} onNotes on the files just read, and on all cases
 * @property {(error: unknown) => void} onFailed nothing more can be computed
 */

/** @implements {JobControl} */
class Job {
  stopping = false;
  loading = true;
  /** Whether it takes more files: until it has read all that it has. */
  takesFiles;
  /** Settles when its files are open, or when it is known that they are not. @type {Promise<unknown>} */
  loaded = Promise.resolve();
  /** Files of the drop that the browser could not open. */
  unopened = 0;
  #controller = new AbortController();

  /** @param {Source[]} sources */
  constructor(sources) {
    /** All its files. */
    this.all = [...sources];
    /** Those that it has not read yet. */
    this.unread = [...sources];
    this.takesFiles = sources.length > 0;
  }

  get signal() {
    return this.#controller.signal;
  }

  abort() {
    this.#controller.abort();
  }
}

export class Jobs {
  #engine;
  #store;
  #measurement;
  #events;
  /** The newest job. @type {Job | null} */
  #current = null;
  /** Jobs that run or wait. @type {Set<Job>} */
  #active = new Set();
  /** Files that were not read because their job was cancelled or failed. @type {Source[]} */
  #unread = [];
  /** How many of the files cannot be used. */
  #rejected = 0;
  /** Starts the newest job again. */
  #retry = () => {};

  /**
   * @param {Engine} engine
   * @param {Store} store
   * @param {MeasurementSync} measurement
   * @param {JobEvents} events
   */
  constructor(engine, store, measurement, events) {
    this.#engine = engine;
    this.#store = store;
    this.#measurement = measurement;
    this.#events = events;
  }

  /** Whether anything was opened since the page started, or since `clear`. */
  get started() {
    return this.#current !== null;
  }

  /** Whether the newest job is being cancelled. */
  get stopping() {
    return this.#current?.stopping ?? false;
  }

  /** Aborts all jobs and drops their results. */
  abort() {
    for (const job of this.#active) job.abort();
  }

  /** Stops the newest job after the file or slice under way. Finished slices are kept. */
  cancel() {
    if (this.#current) this.#current.stopping = true;
  }

  /** Continues what was cancelled or has failed. */
  continue() {
    const unread = this.#unread.splice(0);
    if (unread.length > 0) void this.add(unread);
    else if (this.#store.cases.length > 0) void this.#resume();
    else this.#retry();
  }

  /** Closes everything. */
  async clear() {
    this.abort();
    this.#current = null;
    this.#retry = () => {};
    this.#unread = [];
    this.#events.onStart();
    this.#store.close();
    await this.#engine.clear().catch((error) => this.#events.onFailed(error));
    if (!this.#current) this.#events.onStatus('ready', 'Nothing is open. Drop files anywhere on this page.');
  }

  /**
   * Opens files in place of the open ones.
   * @param {Source[]} sources
   * @param {Fault[]} [faults] what the browser could not open
   */
  async open(sources, faults = []) {
    this.abort();
    this.#unread = [];
    this.#events.onStart();
    this.#store.close();
    this.#retry = () => void this.open(sources, faults);
    const job = this.#start(sources, faults);
    await this.#run(job, async () => {
      await this.#engine.clear();
      return !job.signal.aborted && this.#readFiles(job, false);
    });
  }

  /** Opens files beside the open ones. @param {Source[]} sources @param {Fault[]} [faults] */
  async add(sources, faults = []) {
    const before = this.#current;
    if (before?.takesFiles && !before.stopping) {
      before.all.push(...sources);
      before.unread.push(...sources);
      this.#report(before, faults);
      return;
    }
    const job = this.#start(sources, faults);
    await this.#run(job, async () => {
      await before?.loaded.catch(() => {});
      before?.abort();
      return !job.signal.aborted && this.#readFiles(job, true);
    });
  }

  /** Reads the open files again, with the visitor's answers to the questions about them. @param {Words[]} words */
  async answer(words) {
    const before = this.#current;
    const job = this.#start([], []);
    await this.#run(job, async () => {
      await before?.loaded.catch(() => {});
      before?.abort();
      if (job.signal.aborted) return false;
      await this.#engine.answer(words);
      return !job.signal.aborted && this.#readFiles(job, true);
    });
  }

  /** Opens a saved session in place of the open files. @param {Source} source */
  async openSession(source) {
    const before = this.#current;
    if (before) before.stopping = true;
    const job = this.#start([], []);
    await this.#run(job, async () => {
      // If the session cannot be opened, everything stays open. So the files of the job before have to be open first.
      await before?.loaded.catch(() => {});
      before?.abort();
      if (job.signal.aborted) return false;
      this.#retry = () => void this.openSession(source);
      this.#events.onStart();
      return this.#readSession(job, source);
    });
  }

  /** Segments a case that the input check has not accepted. @param {string} id */
  async segmentAnyway(id) {
    this.#store.allowSegmentation(id);
    // A job that is loading files segments it afterwards.
    if (!this.#current?.loading) await this.#resume();
  }

  /** Segments the open slices that wait. */
  async #resume() {
    this.#current?.abort();
    const job = this.#start([], [], 'Segmenting…');
    await this.#run(job, async () => {
      await this.#engine.start();
      return true;
    });
  }

  /** @param {Source[]} sources @param {Fault[]} faults @param {string} [text] the status */
  #start(sources, faults, text = 'Reading…') {
    const job = new Job(sources);
    this.#current = job;
    this.#active.add(job);
    this.#report(job, faults);
    this.#events.onStatus('running', text);
    return job;
  }

  /** @param {Job} job @param {Fault[]} faults */
  #report(job, faults) {
    job.unopened += faults.length;
    this.#events.onFaults(faults);
  }

  /** @param {Job} job @param {() => Promise<boolean>} load whether there is something to segment */
  async #run(job, load) {
    const loaded = load().finally(() => {
      job.loading = false;
    });
    job.loaded = loaded;
    try {
      if (await loaded) await this.#segment(job);
    } catch (error) {
      if (this.#isCurrent(job)) this.#events.onFailed(error);
    } finally {
      this.#active.delete(job);
    }
  }

  /** @param {Job} job */
  #isCurrent(job) {
    return this.#current === job && !job.signal.aborted;
  }

  /**
   * Reads the files of a job and opens the cases.
   * @param {Job} job
   * @param {boolean} adding whether they are opened beside other files
   * @returns {Promise<boolean>} whether there is something to segment
   */
  async #readFiles(job, adding) {
    const [engine, store, events] = [this.#engine, this.#store, this.#events];
    try {
      const { faults, notes } = await engine.read(job.unread, job, (read, all) => {
        if (this.#isCurrent(job)) events.onProgress(read, all, all === 1 ? 'file read' : 'files read');
      }).finally(() => {
        job.takesFiles = false;
      });
      if (!adding && job.stopping) {
        await engine.clear();
        if (this.#isCurrent(job)) events.onStatus('ready', 'Cancelled while reading');
        return false;
      }
      const assembly = await engine.assemble(job.signal);
      this.#rejected = (adding ? this.#rejected : 0) + faults.length + job.unopened;
      this.#keepUnread(job, job.unread);
      store.open(assembly, (slice) => engine.results(slice));
      events.onFaults(faults);
      events.onNotes(notes, assembly.notes);
    } catch (error) {
      if (adding && !job.signal.aborted) this.#keepUnread(job, job.all);
      throw error;
    }
    if (store.cases.length > 0) return true;
    events.onStatus('error', nothingUsable(this.#rejected, store.passedOver.length, store.series.length));
    return false;
  }

  /** Keeps files for `continue`. @param {Job} job @param {Source[]} sources those of the job */
  #keepUnread(job, sources) {
    const names = new Set(job.all.map(({ name }) => name));
    this.#unread = [...this.#unread.filter(({ name }) => !names.has(name)), ...sources];
  }

  /** @param {Job} job @param {Source} source */
  async #readSession(job, source) {
    const [engine, store, events] = [this.#engine, this.#store, this.#events];
    try {
      const { assembly, settings } = await engine.openSession(source, job.signal);
      this.#unread = [];
      this.#rejected = 0;
      store.close();
      store.open(assembly, (slice) => engine.results(slice));
      // The edits of a session are in its file.
      store.markSaved(store.edits);
      store.restore(settings);
      events.onNotes([], assembly.notes);
      return store.cases.length > 0;
    } catch (error) {
      const fault = faultOf(error);
      if (job.signal.aborted || fault.code === 'gone') throw error;
      events.onFaults([{ ...fault, file: source.name }]);
      this.#rejected = 1;
      if (store.cases.length > 0) return true;
      events.onStatus('error', 'This session cannot be opened');
      return false;
    }
  }

  /** Segments every slice that waits. @param {Job} job */
  async #segment(job) {
    const [store, events] = [this.#store, this.#events];
    const items = store.cases.filter(isSegmentable).flatMap((open) => open.slices.flatMap((slice, index) =>
      (isWaiting(slice) ? [{ slice: slice.info.id, case: open.id, index }] : [])));
    if (this.#isCurrent(job)) events.onStatus('running', `0 of ${countOf(items.length, 'slice')}`);
    let done = 0;
    /** @param {string} id @param {Segmented | Fault} result */
    const onSlice = (id, result) => {
      if ('probability' in result) store.setSlice(id, { probability: result.probability, milliseconds: result.milliseconds });
      else {
        store.setSlice(id, { fault: result });
        events.onFaults([{ ...result, file: store.slice(id)?.info.name ?? null }]);
      }
      if (this.#isCurrent(job)) events.onProgress(++done, items.length, 'slices');
    };
    await this.#engine.segment(items, () => store.current?.id, job, onSlice);
    if (!this.#isCurrent(job)) return;
    await this.#measurement.settled();
    if (!this.#isCurrent(job)) return;
    const waiting = items.some(({ slice }) => isWaiting(/** @type {any} */ (store.slice(slice))));
    events.onStatus('done', summary(store.cases, this.#rejected, this.#unread.length), waiting || this.#unread.length > 0);
  }
}

/**
 * What was found where no file is a slice, and what would be one.
 * @param {number} rejected files that cannot be used
 * @param {number} passedOver files that are not images
 * @param {number} series DICOM series
 */
export function nothingUsable(rejected, passedOver, series) {
  if (series > 0) return 'No series is used as FLAIR. Choose one below.';
  const found = [
    ...(rejected > 0 ? [`${countOf(rejected, 'file')} cannot be used`] : []),
    ...(passedOver > 0 ? [`${countOf(passedOver, 'file')} ${passedOver === 1 ? 'is not an image' : 'are not images'}`] : []),
  ];
  return `No slices: ${found.join(', ') || 'nothing was found'}. Open TIFF, PNG, NIfTI or DICOM files, a folder of them, or a zip.`;
}

/**
 * @param {CaseState[]} cases
 * @param {number} rejected files that cannot be used; on a phone their list is out of view
 * @param {number} unread files that were not read
 */
export function summary(cases, rejected, unread) {
  const slices = cases.flatMap((open) => open.slices);
  const held = cases.filter((open) => !isSegmentable(open));
  const heldSlices = held.reduce((sum, open) => sum + open.slices.length, 0);
  const done = slices.filter((slice) => !isWaiting(slice)).length;
  const outlined = cases.flatMap(({ measure }) => measure?.slices ?? []).filter(({ area }) => area > 0).length;
  const cancelled = done + heldSlices < slices.length ? `Cancelled: ${formatCount(done)} of ` : '';
  return [
    `${cancelled}${countOf(slices.length, 'slice')}, ${formatCount(outlined)} outlined`,
    ...(held.length > 0 ? [`${countOf(held.length, 'case')} not segmented: not axial FLAIR`] : []),
    ...(rejected > 0 ? [`${countOf(rejected, 'file')} not used`] : []),
    ...(unread > 0 ? [`${countOf(unread, 'file')} not read`] : []),
  ].join('; ');
}
