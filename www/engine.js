/**
 * Everything that computes, as one object. Its callers see cases, slices and faults, never workers: which backend runs,
 * who shares the slices of a case and who takes over from a lost worker is decided behind it.
 *
 * All that the page measures or exports comes from here, and from the library behind it: `measure`, `volume`,
 * `exportZip`, `report`, `saveSession` answer within a slice's time even while slices are being segmented.
 */
import { Kept } from './kept.js';
import { Lead, refusal } from './lead.js';
import { Pool } from './pool.js';
import { Queue } from './queue.js';
import { segmentAll } from './segmenting.js';

/** @import { Ears } from './lead.js' */
/** @import { Assembly, Backend, CaseMeasure, Fault, Note, Pixels, Place, Segmented, Settings, Source, Spacing } from './types.js' */
/** @typedef {'pre' | 'flair' | 'post' | 'mask' | 'network' | 'probability' | 'reference' | 'tp' | 'fp' | 'fn'} VolumeKind */
/** @typedef {{assembly: Assembly, faults: Fault[], notes: Note[]}} Loaded with the files that were refused, and what was said of the others */

export class Engine {
  #kept = new Kept();
  #lead;
  #pool;
  /** Grows with every load, so that what belongs to an earlier one is known. */
  #batch = 0;

  /**
   * @param {Backend | null} wish the one backend to use, or null for the best that works
   * @param {number | null} workers how many to use on the CPU, or null for what the machine offers
   * @param {Ears} ears
   */
  constructor(wish, workers, ears) {
    this.#lead = new Lead(wish, this.#kept, ears);
    this.#pool = new Pool(workers, (onLost) => this.#lead.hire(onLost));
    this.#lead.onUp = () => {
      if (this.#lead.backend === 'cpu') this.#pool.staff();
    };
  }

  /** Opens the first worker, if there is none. Rejects with a fault of kind `gone` when no backend works. */
  async open() {
    await this.#lead.open();
  }

  /** The self-test on this device, once more; also told to `onStanding`. */
  test() {
    return this.#lead.test();
  }

  /** The model's manifest: what the model card shows. @returns {Promise<any>} */
  model() {
    return this.#lead.ask('model');
  }

  /** Forgets files, probabilities and edits. */
  async clear() {
    this.#batch++;
    this.#lead.losses = 0;
    this.#kept.clear();
    await this.#lead.ask('clear');
  }

  /**
   * Forgets what there is and reads new files.
   * @param {Source[]} sources
   * @param {AbortSignal} signal stops between two files
   * @param {(read: number) => void} onRead
   * @returns {Promise<Loaded>}
   */
  async load(sources, signal, onRead) {
    await this.clear();
    return this.#take(sources, signal, onRead);
  }

  /**
   * Reads more files into what there is: cases that stay as they are keep their probabilities and edits.
   * @param {Source[]} sources
   * @param {AbortSignal} signal
   * @param {(read: number) => void} onRead
   * @returns {Promise<Loaded>}
   */
  async add(sources, signal, onRead) {
    this.#batch++;
    this.#lead.losses = 0;
    this.#kept.growing = true;
    return this.#take(sources, signal, onRead);
  }

  /**
   * Forgets what there is and opens a saved session with its probabilities and edits.
   * @param {Source} source
   * @returns {Promise<Loaded & {settings: Settings}>}
   */
  async openSession(source) {
    await this.clear();
    const settings = await this.#lead.ask('read', { ...source, session: true });
    this.#kept.sources = [{ ...source, session: true }];
    return { settings, ...(await this.#assemble([], [])) };
  }

  /**
   * Segments slices until all are done or the signal stops it between two of them.
   * @param {Place[]} places
   * @param {() => number} preferred the case whose slices come first
   * @param {AbortSignal} signal
   * @param {(place: Place, result: Segmented | Fault) => void} onSlice
   */
  async segment(places, preferred, signal, onSlice) {
    const batch = this.#batch;
    const current = () => batch === this.#batch;
    const stopped = () => signal.aborted || !current();
    const crew = { lead: this.#lead, pool: this.#pool, kept: this.#kept };
    await segmentAll(crew, new Queue(places, preferred), { current, stopped }, onSlice);
  }

  /** What is kept of a finished slice, 0 to 65535 a pixel. @param {Place} place */
  probability(place) {
    return this.#kept.probability(place);
  }

  /** @param {Place} place @returns {Promise<Uint8Array | undefined>} 1 where a small region is not in the network's mask */
  leftOut(place) {
    return this.#lead.ask('leftOut', place);
  }

  /** The mask that was drawn by hand, 0 or 1 a pixel. @param {Place} place */
  edit(place) {
    return this.#kept.edit(place);
  }

  /** @param {Place} place @param {Uint8Array | null} mask 0 or 1 a pixel; null takes the edit back */
  async setEdit(place, mask) {
    this.#kept.change(place, mask);
    await this.#lead.ask('setEdit', { ...place, mask: mask ?? undefined });
  }

  /** @param {Place} place @returns {Promise<Pixels>} for display, 8 bit */
  pixels(place) {
    return this.#lead.ask('pixels', place);
  }

  /** @param {Place} place @returns {Promise<Uint8Array | undefined>} the reference mask, 0 or 1 a pixel */
  reference(place) {
    return this.#lead.ask('reference', place);
  }

  /**
   * @param {number} at which case
   * @param {number} threshold
   * @param {Spacing | null} spacing
   * @returns {Promise<CaseMeasure>}
   */
  measure(at, threshold, spacing) {
    return this.#lead.ask('measure', { case: at, threshold, spacing });
  }

  /**
   * @param {number} at which case
   * @param {VolumeKind} what
   * @param {number} threshold
   * @param {Spacing | null} spacing
   * @returns {Promise<Uint8Array<ArrayBuffer>>} NIfTI-1
   */
  volume(at, what, threshold, spacing) {
    return this.#lead.ask('volume', { case: at, what, threshold, spacing });
  }

  /** @param {Settings} settings @returns {Promise<Uint8Array<ArrayBuffer>>} everything, as a zip */
  exportZip(settings) {
    return this.#lead.ask('exportZip', { settings });
  }

  /** @param {Settings} settings @returns {Promise<string>} a page of HTML by itself */
  report(settings) {
    return this.#lead.ask('report', { settings });
  }

  /** @param {Settings} settings @returns {Promise<Uint8Array<ArrayBuffer>>} what `openSession` takes */
  saveSession(settings) {
    return this.#lead.ask('saveSession', { settings });
  }

  /**
   * @param {Source[]} sources
   * @param {AbortSignal} signal
   * @param {(read: number) => void} onRead
   * @returns {Promise<Loaded>}
   */
  async #take(sources, signal, onRead) {
    /** @type {Fault[]} */
    const faults = [];
    /** @type {Note[]} */
    const notes = [];
    for (const [index, source] of sources.entries()) {
      signal.throwIfAborted();
      const answer = await this.#lead.ask('read', source).then((added) => ({ added }), (error) => ({ fault: refusal(error) }));
      signal.throwIfAborted();
      if ('fault' in answer) faults.push({ ...answer.fault, file: source.name });
      else this.#kept.sources.push(source);
      if ('added' in answer) notes.push(...(answer.added?.notes ?? []));
      onRead(index + 1);
    }
    const loaded = await this.#assemble(faults, notes);
    signal.throwIfAborted();
    return loaded;
  }

  /**
   * Makes cases of the files. The first worker says what it knows of them already; that is kept here, and nothing else.
   * @param {Fault[]} faults
   * @param {Note[]} notes
   * @returns {Promise<Loaded>}
   */
  async #assemble(faults, notes) {
    const batch = this.#batch;
    const assembly = /** @type {Assembly} */ (await this.#lead.ask('assemble'));
    if (batch !== this.#batch) return { assembly, faults, notes };
    this.#kept.move(assembly);
    this.#kept.growing = false;
    for (const at of assembly.cases.keys()) {
      const known = await this.measure(at, 0.5, null);
      for (const [slice, { done, edited }] of known.slices.entries()) {
        const place = { case: at, slice };
        if (!done && !edited) this.#kept.drop(place);
        if (done && !this.#kept.probability(place)) this.#kept.finish(place, await this.#lead.ask('probability', place));
        if (edited && !this.#kept.edit(place)) this.#kept.change(place, await this.#lead.ask('mask', { ...place, threshold: 0.5 }));
      }
    }
    return { assembly, faults, notes: [...notes, ...assembly.notes] };
  }
}
