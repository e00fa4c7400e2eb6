/**
 * The work from files to masks: reading, segmenting, adding, opening a session. The newest job wins; what belongs to an
 * older one is dropped.
 */
import { count, many } from '../core/dom.js';
import { faultOf } from '../core/errors.js';

/** @import { Engine } from './engine.js' */
/** @import { Measuring } from './measurement-sync.js' */
/** @import { State } from '../core/store.js' */
/** @import { CaseState, Fault, Note, Place, Segmented, Settings, Source } from '../core/types.js' */
/**
 * @typedef {object} Told what a job says while it runs
 * @property {(state: 'ready' | 'running' | 'done' | 'error', text: string, rest?: boolean) => void} onStatus with `rest` there is something to go on with
 * @property {(done: number, all: number, noun: string) => void} onProgress
 * @property {(faults: Fault[]) => void} onFaults files and slices that could not be used
 * @property {(read: Note[], made: Note[]) => void} onNotes what was said of the files just read, and of all cases as they are now
 * @property {() => void} onStart an earlier job's words are out of date
 * @property {(settings: Settings) => void} onSettings a session brought its own
 * @property {(error: unknown) => void} onFailed nothing more can be computed
 */

export class Job {
  #engine;
  #state;
  #measuring;
  #told;
  /** @type {AbortController | null} the newest */
  #newest = null;
  /** @type {() => void} the newest once more */
  #again = () => {};
  /** How many files cannot be used. */
  #refused = 0;
  /** What an add that was cancelled has not read. @type {Source[]} */
  #left = [];
  /** What is being added, until it is known how far that went. @type {Source[]} */
  #adding = [];
  /** Grows with whatever takes the place of all that is open. */
  #replaced = 0;
  /** Settled when the page has what was read last, or knows why not. @type {Promise<unknown>} */
  #reading = Promise.resolve();
  /** The same of sessions: they bring more than files, so what joins one waits for all of it. @type {Promise<unknown>} */
  #opening = Promise.resolve();

  /**
   * @param {Engine} engine
   * @param {State} state
   * @param {Measuring} measuring
   * @param {Told} told
   */
  constructor(engine, state, measuring, told) {
    this.#engine = engine;
    this.#state = state;
    this.#measuring = measuring;
    this.#told = told;
  }

  get begun() {
    return this.#newest !== null;
  }

  /** Stops after the slice under way; what is finished is kept. */
  cancel() {
    this.#newest?.abort();
  }

  /** Goes on after what ended the work, a cancel too: with what is open, or with the files that were to be opened. */
  again() {
    const rest = [...this.#adding.splice(0), ...this.#left.splice(0)];
    if (rest.length > 0) void this.#run('add', rest, []);
    else if (this.#state.cases.length > 0) void this.#resume();
    else this.#again();
  }

  /** Closes all that is open. */
  async clear() {
    this.#replaced++;
    this.cancel();
    this.#newest = null;
    this.#again = () => {};
    this.#left = [];
    this.#adding = [];
    this.#told.onStart();
    this.#state.close();
    await this.#engine.clear().catch((error) => this.#told.onFailed(error));
    if (!this.#newest) this.#told.onStatus('ready', 'Closed. Files may be dropped anywhere on this page.');
  }

  /** Opens files in place of what is open. @param {Source[]} sources @param {Fault[]} unopened what could not even be handed in */
  open(sources, unopened = []) {
    this.#replaced++;
    this.#left = [];
    this.#adding = [];
    this.#told.onStart();
    this.#state.close();
    return this.#run('load', sources, unopened);
  }

  /** Opens files beside what is open. @param {Source[]} sources @param {Fault[]} unopened */
  async add(sources, unopened = []) {
    const replaced = this.#replaced;
    await settled(() => this.#opening);
    if (replaced === this.#replaced) await this.#run('add', sources, unopened);
  }

  /** Segments a case although the input check advises against it. @param {number} at */
  async anyway(at) {
    this.#state.cases[at].anyway = true;
    this.#state.tell('settings');
    // Who reads more files segments it with them.
    if (!this.#state.moving) await this.#resume();
  }

  /** Opens a saved session in place of what is open. @param {Source} source */
  async openSession(source) {
    const replaced = ++this.#replaced;
    // If it is broken, all stays as it was: that has to be known.
    this.cancel();
    await settled(() => this.#reading);
    if (replaced !== this.#replaced) return;
    this.#told.onStart();
    await this.#run('session', [source], []);
  }

  /** Segments what is open and has not been yet. */
  async #resume() {
    this.#newest?.abort();
    const mine = (this.#newest = new AbortController());
    try {
      this.#told.onStatus('running', 'Segmenting…');
      await this.#engine.open();
      await this.#segment(mine);
    } catch (error) {
      if (this.#newest === mine) this.#told.onFailed(error);
    }
  }

  /**
   * @param {'load' | 'add' | 'session'} way
   * @param {Source[]} sources
   * @param {Fault[]} unopened
   */
  async #run(way, sources, unopened) {
    this.#newest?.abort();
    const mine = (this.#newest = new AbortController());
    this.#again = () => void this.#run(way, sources, unopened);
    if (way === 'add') this.#adding.push(...sources);
    const reading = this.#read(mine, way, sources, unopened);
    this.#reading = reading;
    if (way === 'session') this.#opening = reading;
    try {
      if (await reading) await this.#segment(mine);
    } catch (error) {
      if (this.#newest === mine) this.#told.onFailed(error);
    }
  }

  /**
   * Has files read and shows the cases.
   * @param {AbortController} mine
   * @param {'load' | 'add' | 'session'} way
   * @param {Source[]} sources
   * @param {Fault[]} unopened
   * @returns {Promise<boolean>} whether there is something to segment
   */
  async #read(mine, way, sources, unopened) {
    const [engine, state, told] = [this.#engine, this.#state, this.#told];
    told.onFaults(unopened);
    told.onStatus('running', 'Reading…');
    /** @param {number} read @param {number} all */
    const onRead = (read, all) => {
      if (this.#newest === mine) told.onProgress(read, all, all === 1 ? 'file read' : 'files read');
    };
    state.moving = true;
    try {
      const loaded = way === 'session' ? await engine.openSession(sources[0]) : await engine[way](sources, mine.signal, onRead);
      if (this.#newest !== mine) return false;
      this.#refused = (way === 'add' ? this.#refused : 0) + loaded.faults.length + unopened.length;
      // What was left before and has not been handed in again is left still.
      const handed = new Set(this.#adding.map(({ name }) => name));
      const before = way === 'add' ? this.#left.filter(({ name }) => !handed.has(name)) : [];
      this.#left = [...before, ...loaded.left];
      this.#adding = [];
      if (way === 'session') state.close();
      state.open(loaded.assembly, (place) => ({ probability: engine.probability(place), edit: engine.edit(place) }));
      told.onFaults(loaded.faults);
      told.onNotes(loaded.notes, loaded.assembly.notes);
      // A session's edits are where they came from.
      if (way === 'session') state.save(state.edits);
      if ('settings' in loaded) told.onSettings(/** @type {Settings} */ (loaded.settings));
      if (state.cases.length > 0) return true;
      told.onStatus('error', this.#refused > 0 ? 'None of these files can be used' : 'No slice to segment');
    } catch (error) {
      if (this.#newest !== mine) return false;
      state.moving = false;
      const fault = faultOf(error);
      if (way === 'session' && fault.kind !== 'gone') {
        told.onFaults([{ ...fault, file: sources[0].name }]);
        this.#refused = 1;
        if (state.cases.length > 0) return true;
        told.onStatus('error', 'This session cannot be opened');
      } else if (way === 'load' && mine.signal.aborted) {
        // What was read of them is no case, and joins none.
        await engine.clear().catch(() => {});
        if (this.#newest === mine) told.onStatus('ready', 'Cancelled while reading');
      } else told.onFailed(error);
    }
    return false;
  }

  /** Every slice that may be segmented and that the network has not seen. @param {AbortController} mine */
  async #segment(mine) {
    const [state, told] = [this.#state, this.#told];
    const waits = (/** @type {Place} */ place) => !state.slice(place).probability && !state.slice(place).fault;
    const places = state.places().filter((place) => state.drawn(place.case) && waits(place));
    told.onStatus('running', `0 of ${many(places.length, 'slice')}`);
    let done = 0;
    /** @param {Place} place @param {Segmented | Fault} result */
    const onSlice = (place, result) => {
      const slice = state.slice(place);
      if ('probability' in result) Object.assign(slice, { probability: result.probability, milliseconds: result.milliseconds });
      else {
        slice.fault = result;
        told.onFaults([{ ...result, file: slice.info.name }]);
      }
      state.tell('slice', place);
      told.onProgress(++done, places.length, 'slices');
    };
    await this.#engine.segment(places, () => state.at.case, mine.signal, onSlice);
    if (this.#newest !== mine) return;
    await this.#measuring.settled();
    const left = this.#left.length;
    if (this.#newest === mine) told.onStatus('done', summary(state.cases, this.#refused, left), left > 0 || places.some(waits));
  }
}

/** Resolves when the newest of them is, others that came meanwhile included. @param {() => Promise<unknown>} newest */
async function settled(newest) {
  for (let last; last !== newest(); await last) last = newest();
}

/**
 * @param {CaseState[]} cases
 * @param {number} refused files that cannot be used: on a phone their list is far below
 * @param {number} left files that were not read
 */
function summary(cases, refused, left) {
  const all = cases.reduce((sum, { slices }) => sum + slices.length, 0);
  const measures = cases.flatMap(({ measure }) => measure?.slices ?? []);
  const held = cases.filter(({ verdict, anyway }) => !verdict.accepted && !anyway);
  const withheld = held.reduce((sum, { slices }) => sum + slices.length, 0);
  const done = cases.flatMap(({ slices }) => slices).filter(({ probability, fault }) => probability || fault).length;
  const lesion = measures.filter(({ area }) => area > 0).length;
  const cancelled = done + withheld < all ? `Cancelled: ${count(done)} of ` : '';
  const kept = held.length > 0 ? `; ${many(held.length, 'case')} held back by the input check` : '';
  const unused = refused > 0 ? `; ${many(refused, 'file')} not used` : '';
  const unread = left > 0 ? `; ${many(left, 'file')} not read` : '';
  return `${cancelled}${many(all, 'slice')}, ${count(lesion)} outlined${kept}${unused}${unread}`;
}
