/**
 * Everything that computes, as one object. Its callers see cases, slices and faults, never workers: which backend runs,
 * who shares the slices of a case and who takes over from a lost worker is decided behind it.
 *
 * All that the page measures or exports comes from here, and from the library behind it: `measure`, `volume`,
 * `exportZip`, `report`, `saveSession` answer within a slice's time even while slices are being segmented.
 */
import { FaultError } from '../core/errors.js';
import { Kept } from './recovery-log.js';
import { Lead, refusal } from './primary-worker.js';
import { Pool } from './pool.js';
import { Queue } from './queue.js';
import { segmentAll } from './scheduler.js';

/** @import { Ears } from './primary-worker.js' */
/** @import { Assembly, Backend, CaseMeasure, Fault, Note, Pixels, Place, Segmented, Settings, Source, Spacing } from '../core/types.js' */
/** @typedef {'pre' | 'flair' | 'post' | 'mask' | 'network' | 'probability' | 'reference' | 'tp' | 'fp' | 'fn'} VolumeKind */
/** @typedef {{assembly: Assembly, left: Source[], faults: Fault[], notes: Note[]}} Loaded with the files that were not read, those that were refused, and what was said of the others */

export class Engine {
  #kept = new Kept();
  #lead;
  #pool;
  /** Grows with every load, so that what belongs to an earlier one is known. */
  #batch = 0;
  /** Grows whenever all is forgotten. */
  #era = 0;
  /** Settled when no file is being read. @type {Promise<unknown>} */
  #reading = Promise.resolve();
  /** What a reading leaves to the one that came between. */
  #rest = heap([]);
  /**
   * From when the first worker makes cases anew until the page has them: by then a number is another case there. Resolves
   * to whether they are as they were.
   * @type {PromiseWithResolvers<boolean> | null}
   */
  #renumbered = null;

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
    this.#lead.losses = 0;
    await this.#lead.open();
  }

  /** Workers that were given up, and why; no file is named. */
  get tried() {
    return this.#lead.tried;
  }

  /** The model's manifest: what the model card shows. @returns {Promise<any>} */
  model() {
    return this.#lead.ask('model');
  }

  /** Forgets files, probabilities and edits. */
  async clear() {
    this.#disown();
    this.#kept.clear();
    this.#inLine(false);
    await this.#lead.ask('clear');
  }

  /**
   * Forgets what there is and reads new files.
   * @param {Source[]} sources
   * @param {AbortSignal} signal stops between two files
   * @param {(read: number, all: number) => void} onRead
   * @returns {Promise<Loaded>}
   */
  async load(sources, signal, onRead) {
    const taken = await this.#take(heap(sources), signal, onRead, this.clear());
    signal.throwIfAborted();
    return this.#assemble(taken);
  }

  /**
   * Reads more files into what there is: cases that stay as they are keep their probabilities and edits. Where files
   * are being read already, these come after them; where the signal stops it, what was read is there.
   * @param {Source[]} sources
   * @param {AbortSignal} signal
   * @param {(read: number, all: number) => void} onRead
   * @returns {Promise<Loaded>}
   */
  async add(sources, signal, onRead) {
    const [batch, era] = [++this.#batch, this.#era];
    this.#lead.losses = 0;
    // Two at once would make cases of what the other has not read to its end.
    await this.#reading;
    if (era !== this.#era) throw superseded();
    this.#rest.sources.push(...sources);
    if (batch !== this.#batch) throw superseded();
    const wanted = this.#rest;
    this.#rest = heap([]);
    try {
      return await this.#assemble(await this.#take(wanted, signal, onRead));
    } catch (error) {
      // What is in no case is not there.
      if (batch === this.#batch) {
        this.#kept.sources.length = this.#kept.assembled;
        this.#inLine(true);
      }
      throw error;
    }
  }

  /**
   * Opens a saved session, with its probabilities and edits, in place of what there is. Where it cannot be opened, all
   * stays as it was; so nothing else may be under way that the page has not been told yet.
   * @param {Source} source
   * @returns {Promise<Loaded & {settings: Settings}>}
   */
  async openSession(source) {
    const batch = this.#disown();
    this.#renumbered ??= Promise.withResolvers();
    const settings = await this.#lead.ask('read', { ...source, session: true }).catch((error) => {
      if (batch === this.#batch) this.#inLine(true);
      throw error;
    });
    if (batch !== this.#batch) throw superseded();
    this.#kept.clear();
    this.#kept.sources = [{ ...source, session: true }];
    return { settings, ...(await this.#assemble(heap([]))) };
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
    return this.#about('leftOut', place);
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

  /** @param {Place} place @returns {Promise<Pixels>} for display */
  pixels(place) {
    return this.#about('pixels', place);
  }

  /** @param {Place} place @returns {Promise<Uint8Array | undefined>} the reference mask, 0 or 1 a pixel */
  reference(place) {
    return this.#about('reference', place);
  }

  /**
   * @param {number} at which case
   * @param {number} threshold
   * @param {Spacing | null} spacing
   * @returns {Promise<CaseMeasure>}
   */
  measure(at, threshold, spacing) {
    return this.#about('measure', { case: at, threshold, spacing });
  }

  /**
   * @param {number} at which case
   * @param {VolumeKind} what
   * @param {number} threshold
   * @param {Spacing | null} spacing
   * @returns {Promise<Uint8Array<ArrayBuffer>>} NIfTI-1
   */
  volume(at, what, threshold, spacing) {
    return this.#about('volume', { case: at, what, threshold, spacing });
  }

  /** @param {Settings} settings @returns {Promise<Uint8Array<ArrayBuffer>>} everything, as a zip */
  exportZip(settings) {
    return this.#about('exportZip', { settings });
  }

  /** @param {Settings} settings @returns {Promise<string>} a page of HTML by itself */
  report(settings) {
    return this.#about('report', { settings });
  }

  /** @param {Settings} settings @returns {Promise<Uint8Array<ArrayBuffer>>} what `openSession` takes */
  saveSession(settings) {
    return this.#about('saveSession', { settings });
  }

  /**
   * Asks the first worker about what the page shows. Where cases are made anew just then, whoever still wants to know has
   * to ask again once it has them.
   * @param {string} action
   * @param {object} message
   */
  async #about(action, message) {
    if (this.#renumbered && !(await this.#renumbered.promise)) throw superseded();
    return this.#lead.ask(action, message);
  }

  /** The page's cases are the worker's. @param {boolean} same as they were before */
  #inLine(same) {
    this.#renumbered?.resolve(same);
    this.#renumbered = null;
  }

  /** What is under way belongs to nobody any more. */
  #disown() {
    this.#era++;
    this.#lead.losses = 0;
    this.#rest = heap([]);
    return ++this.#batch;
  }

  /**
   * Has files read, until there are no more or the signal stops it. What is left where others are added meanwhile is theirs.
   * @param {Heap} wanted
   * @param {AbortSignal} signal
   * @param {(read: number, all: number) => void} onRead
   * @param {Promise<void>} [cleared]
   * @returns {Promise<Heap>} those that were not read, and what was said of the others
   */
  async #take({ sources, faults, notes }, signal, onRead, cleared) {
    const [batch, era] = [this.#batch, this.#era];
    /** @param {unknown} error */
    const refused = (error) => {
      const fault = refusal(error);
      // That is what the workers were lost to: the files behind it are not to blame.
      if (error instanceof FaultError && error.lost) this.#lead.losses = 0;
      return { fault };
    };
    const read = async () => {
      let done = 0;
      await cleared;
      for (; done < sources.length && !signal.aborted; onRead(++done, sources.length)) {
        const source = sources[done];
        const answer = await this.#lead.ask('read', source).then((added) => ({ added }), refused);
        if (era !== this.#era) throw superseded();
        if ('fault' in answer) faults.push({ ...answer.fault, file: source.name });
        else this.#kept.sources.push(source);
        if ('added' in answer) notes.push(...(answer.added?.notes ?? []));
      }
      const rest = { sources: sources.slice(done), faults, notes };
      if (batch === this.#batch) return rest;
      this.#rest = rest;
      throw superseded();
    };
    const reading = read();
    this.#reading = reading.catch(() => {});
    return reading;
  }

  /**
   * Makes cases of the files. The first worker says what it knows of them already; that is kept here, and nothing else.
   * @param {Heap} taken
   * @returns {Promise<Loaded>}
   */
  async #assemble({ sources: left, faults, notes }) {
    const batch = this.#batch;
    // What is superseded leaves this to what came between.
    this.#renumbered ??= Promise.withResolvers();
    const assembly = /** @type {Assembly} */ (await this.#lead.ask('assemble'));
    if (batch !== this.#batch) throw superseded();
    this.#kept.move(assembly);
    for (const at of assembly.cases.keys()) {
      const known = /** @type {CaseMeasure} */ (await this.#lead.ask('measure', { case: at, threshold: 0.5, spacing: null }));
      for (const [slice, { done, edited }] of known.slices.entries()) {
        const place = { case: at, slice };
        if (!done && !edited) this.#kept.drop(place);
        if (done && !this.#kept.probability(place)) this.#kept.finish(place, await this.#lead.ask('probability', place));
        if (edited && !this.#kept.edit(place)) this.#kept.change(place, await this.#lead.ask('mask', { ...place, threshold: 0.5 }));
      }
    }
    if (batch !== this.#batch) throw superseded();
    this.#inLine(false);
    return { assembly, left, faults, notes };
  }
}

/** @typedef {{sources: Source[], faults: Fault[], notes: Note[]}} Heap files to be read, and what was said of those that were */

/** @param {Source[]} sources @returns {Heap} */
function heap(sources) {
  return { sources: [...sources], faults: [], notes: [] };
}

function superseded() {
  return new DOMException('other files took the place of these', 'AbortError');
}
