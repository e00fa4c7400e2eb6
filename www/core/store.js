/**
 * The state of the page: what is open, what is in view, and how it is displayed and measured. Everything on the page is
 * drawn from here. Inputs and attributes of the page mirror it.
 */
import { isWithoutLines, NO_LINES, readLines } from '../measuring/lines.js';
import { DEFAULT_DISPLAY, readDisplay, readPlace } from './display.js';

/** @import { Assembly, CaseState, Comparison, Display, Exercise, Lines, Phase, Question, SeriesInfo, Settings, SliceInfo, SliceState, Spacing, Unused } from './types.js' */
/**
 * What listeners hear of. `open`: other cases, or more. `slice`: something about one slice. `view`: another slice is in
 * view. `lines`: the lines on one slice. `settings`: the threshold or a spacing. `display`: a display setting. `measure`: the measures of one case.
 * `exercise`: the exercise of one case. `comparison`: the two cases that are compared. `phase`: what the page does.
 * @typedef {'open' | 'slice' | 'view' | 'lines' | 'settings' | 'display' | 'measure' | 'exercise' | 'comparison' | 'phase'} Change
 */
/** @typedef {Pick<SliceState, 'probability' | 'edit'>} KnownSlice */
/** What a reader has made: an edited mask, or the lines on a slice. @typedef {Uint8Array | Lines} ReaderWork */

export class Store {
  /** @type {CaseState[]} */
  cases = [];
  /** @type {Phase} */
  phase = 'loading';
  threshold = 0.5;
  /** The threshold that the model suggests. */
  modelThreshold = 0.5;
  /** @type {Display} */
  display = { ...DEFAULT_DISPLAY };
  /** The files that are no slices. @type {Unused[]} */
  passedOver = [];
  /** What the names of the files do not decide. @type {Question[]} */
  questions = [];
  /** The DICOM series, and what they are taken for. @type {SeriesInfo[]} */
  series = [];
  /** The annotation rules of an open session, which another program may have written. @type {string | undefined} */
  rules;
  /** Whether the open cases are all new, and no session says which slice was in view. */
  fresh = true;
  /** The two cases that are compared. One of them is in view. @type {Comparison | null} */
  #comparison = null;
  /** The id of the slice in view. @type {string | null} */
  #sliceId = null;
  /** @type {Map<string, {open: CaseState, index: number}>} */
  #places = new Map();
  /** Edits that are in a file of the visitor's. @type {WeakSet<ReaderWork>} */
  #saved = new WeakSet();
  /** @type {Map<Change, ((id: string) => void)[]>} */
  #listeners = new Map();

  /**
   * @param {Change} change
   * @param {(id: string) => void} listener gets the id of the slice for `slice` and `lines`, that of the case for `measure` and `exercise`
   */
  on(change, listener) {
    this.#listeners.set(change, [...(this.#listeners.get(change) ?? []), listener]);
  }

  /** @param {Change} change @param {string} [id] */
  notify(change, id = '') {
    for (const listener of this.#listeners.get(change) ?? []) listener(id);
  }

  /** The case in view. @returns {CaseState | undefined} */
  get current() {
    return this.#sliceId === null ? undefined : this.#places.get(this.#sliceId)?.open;
  }

  /** The position of the slice in view in its case. */
  get index() {
    return this.#sliceId === null ? 0 : (this.#places.get(this.#sliceId)?.index ?? 0);
  }

  /** The slice in view. @returns {SliceState | undefined} */
  get currentSlice() {
    return this.current?.slices[this.index];
  }

  /** @param {string} id @returns {SliceState | undefined} */
  slice(id) {
    const place = this.#places.get(id);
    return place?.open.slices[place.index];
  }

  /** The case of a slice, and the slice's position in it. @param {string} id */
  placeOf(id) {
    return this.#places.get(id);
  }

  /** @param {string} id @returns {CaseState | undefined} */
  case(id) {
    return this.cases.find((open) => open.id === id);
  }

  get slices() {
    return this.cases.flatMap(({ slices }) => slices);
  }

  get comparison() {
    return this.#comparison;
  }

  /** The case that is compared with the one in view. @returns {CaseState | undefined} */
  get comparedCase() {
    if (!this.#comparison) return undefined;
    const { earlier, later } = this.#comparison;
    return this.case(this.current?.id === earlier ? later : earlier);
  }

  /** Compares two open cases, one of which is in view. null ends it. @param {Comparison | null} comparison */
  compare(comparison) {
    this.#comparison = comparison;
    this.notify('comparison');
  }

  /** Ends a comparison of which a case is closed, has an exercise, or neither is in view. */
  #checkComparison() {
    if (!this.#comparison) return;
    const { earlier, later } = this.#comparison;
    const valid = earlier !== later && [earlier, later].every((id) => this.case(id)?.exercise === null);
    if (!valid || (this.current?.id !== earlier && this.current?.id !== later)) this.compare(null);
  }

  /** Closes everything. */
  close() {
    this.cases = [];
    this.passedOver = [];
    this.questions = [];
    this.series = [];
    this.#places = new Map();
    this.rules = undefined;
    this.#sliceId = null;
    this.notify('open');
    this.#checkComparison();
  }

  /**
   * Opens the cases of an assembly. What is known of a case or slice stays.
   * @param {Assembly} assembly
   * @param {(slice: string) => KnownSlice} known
   */
  open(assembly, known) {
    const [viewed, viewedCase] = [this.#sliceId, this.current?.id];
    const before = new Map(this.cases.map((open) => [open.id, open]));
    const slicesBefore = new Map(this.slices.map((slice) => [slice.info.id, slice]));
    this.passedOver = assembly.inspection.passedOver;
    this.questions = assembly.questions;
    this.series = assembly.series;
    this.cases = assembly.cases.map(({ id, name, resolution, doubtful, inputCheck, slices }, at) => {
      const former = before.get(id);
      const unchanged = former !== undefined && sameSlices(former.slices, slices);
      return {
        id,
        name,
        resolution,
        doubtful,
        inputCheck,
        reading: assembly.inspection.cases[at],
        // A session contains masks that were requested before.
        segmentAnyway: former?.segmentAnyway ?? slices.some((slice) => known(slice.id).probability !== null),
        measure: unchanged ? former.measure : null,
        measureFault: null,
        exercise: former?.exercise ?? null,
        spacing: former?.spacing ?? null,
        spacingDraft: former?.spacingDraft ?? null,
        slices: slices.map((info) => ({
          milliseconds: slicesBefore.get(info.id)?.milliseconds ?? null,
          info,
          fault: null,
          smallRegions: null,
          lines: slicesBefore.get(info.id)?.lines ?? NO_LINES,
          ...known(info.id),
        })),
      };
    });
    this.#places = new Map(this.cases.flatMap((open) => open.slices.map(({ info }, index) => [info.id, { open, index }])));
    const same = this.cases.find((open) => open.id === viewedCase);
    this.fresh = same === undefined;
    if (viewed === null || !this.#places.has(viewed)) this.#sliceId = middleSlice(same ?? this.cases[0]);
    this.notify('open');
    this.#checkComparison();
  }

  /** Shows a slice. @param {string} id */
  show(id) {
    if (!this.#places.has(id)) return;
    this.#sliceId = id;
    this.#checkComparison();
    this.notify('view');
  }

  /** Shows a slice of the case in view by its position, limited to the slices there are. @param {number} index */
  showIndex(index) {
    const slices = this.current?.slices;
    if (!slices) return;
    const { info } = slices[Math.min(slices.length - 1, Math.max(0, index))];
    if (info.id !== this.#sliceId) this.show(info.id);
  }

  /** Shows the slice of a case with the largest area, or the middle one while nothing is measured. @param {CaseState} open */
  showLargest({ slices, measure }) {
    this.show(measure?.largest ?? slices[slices.length >> 1].info.id);
  }

  /** @param {Phase} phase */
  setPhase(phase) {
    this.phase = phase;
    this.notify('phase');
  }

  /** @param {number} threshold 0 to 1 */
  setThreshold(threshold) {
    if (threshold === this.threshold) return;
    this.threshold = threshold;
    this.notify('settings');
  }

  /** @param {string} id of the case @param {Spacing | null} spacing @param {string[] | null} draft the text of the three fields */
  setSpacing(id, spacing, draft) {
    const open = this.case(id);
    if (!open) return;
    Object.assign(open, { spacing, spacingDraft: draft });
    this.notify('settings');
  }

  /** @param {Partial<Display>} changes */
  setDisplay(changes) {
    this.display = { ...this.display, ...changes };
    this.notify('display');
  }

  /** @param {string} id of the slice @param {Partial<SliceState>} changes */
  setSlice(id, changes) {
    const slice = this.slice(id);
    if (!slice) return;
    Object.assign(slice, changes);
    this.notify('slice', id);
  }

  /** @param {string} id of the slice @param {Lines} lines */
  setLines(id, lines) {
    const slice = this.slice(id);
    if (!slice) return;
    slice.lines = lines;
    this.notify('lines', id);
  }

  /** @param {string} id of the case @param {Pick<CaseState, 'measure' | 'measureFault'>} result */
  setMeasure(id, result) {
    const open = this.case(id);
    if (!open) return;
    Object.assign(open, result);
    this.notify('measure', id);
  }

  /** @param {string} id of the case @param {Exercise | null} exercise null where it ends */
  setExercise(id, exercise) {
    const open = this.case(id);
    if (!open) return;
    open.exercise = exercise;
    this.notify('exercise', id);
    this.#checkComparison();
  }

  /** Segments a case that the input check has not accepted. @param {string} id */
  allowSegmentation(id) {
    const open = this.case(id);
    if (!open) return;
    open.segmentAnyway = true;
    this.notify('settings');
  }

  /** The size of a pixel of the case in view in millimetres: as the visitor has given it, or as the files state it. */
  get pixelSize() {
    return this.current ? pixelSizeOf(this.current) : null;
  }

  /** The settings that exports and sessions contain. @returns {Settings} */
  get settings() {
    const spacing = Object.fromEntries(this.cases.flatMap((open) => (open.spacing ? [[open.id, open.spacing]] : [])));
    const exercises = Object.fromEntries(this.cases.flatMap(({ id, exercise }) => (exercise ? [[id, exercise.comparing]] : [])));
    const lines = Object.fromEntries(this.slices.flatMap((slice) => (isWithoutLines(slice.lines) ? [] : [[slice.info.id, slice.lines]])));
    return { threshold: this.threshold, spacing, lines, rules: this.rules, view: { ...this.display, slice: this.#sliceId, exercises, comparison: this.#comparison } };
  }

  /** Takes over the settings of a session. @param {Settings} settings */
  restore(settings) {
    this.rules = settings.rules;
    for (const [id, spacing] of Object.entries(settings.spacing)) this.setSpacing(id, spacing, null);
    for (const [id, lines] of Object.entries(readLines(settings.lines))) {
      this.setLines(id, lines);
      this.markSaved([lines]);
    }
    this.setThreshold(settings.threshold);
    this.setDisplay(readDisplay(settings.view));
    const { slice, exercises, comparison } = readPlace(settings.view);
    for (const [id, comparing] of exercises) this.setExercise(id, { comparing, before: new Map() });
    if (slice === null || !this.#places.has(slice)) return;
    this.fresh = false;
    this.#comparison = comparison;
    this.show(slice);
    this.notify('comparison');
  }

  /** All that readers have made. @returns {ReaderWork[]} */
  get edits() {
    return this.slices.flatMap(workOn);
  }

  /** The number of slices with an edit that is in no file yet. An exercise has edits of its own. */
  get unsavedEdits() {
    const open = this.slices.filter((slice) => this.countUnsaved(workOn(slice)) > 0).length;
    const before = this.cases.flatMap(({ exercise }) => [...(exercise?.before.values() ?? [])].flatMap((edit) => edit ?? []));
    return open + this.countUnsaved(before);
  }

  /** How many of these are in no file yet. @param {ReaderWork[]} edits */
  countUnsaved(edits) {
    return edits.filter((edit) => !this.#saved.has(edit)).length;
  }

  /** @param {ReaderWork[]} edits */
  markSaved(edits) {
    for (const edit of edits) this.#saved.add(edit);
  }
}

/** @param {SliceState} slice @returns {ReaderWork[]} */
function workOn({ edit, lines }) {
  return [...(edit ? [edit] : []), ...(isWithoutLines(lines) ? [] : [lines])];
}

/** The size of a pixel in millimetres: as the visitor has given it, or as the files state it. @param {CaseState} open */
export function pixelSizeOf({ spacing, resolution }) {
  return spacing ?? (resolution && { x: resolution[0], y: resolution[1] });
}

/** Whether masks of a case are shown: the input check has accepted it, or the visitor has overruled it. @param {CaseState} open */
export function isSegmentable({ inputCheck, segmentAnyway }) {
  return inputCheck.accepted || segmentAnyway;
}

/**
 * Whether the reference and the prediction of a case are hidden, because its exercise is not compared yet.
 * @param {CaseState | undefined} open
 */
export function isDrawing(open) {
  return open?.exercise?.comparing === false;
}

/**
 * Whether the masks of a case are expected to match a reference badly. Above 0.7, two masks agree well (Zijdenbos et al., IEEE
 * Transactions on Medical Imaging 1994).
 * @param {number | null} predictedDice
 */
export function isDoubtful(predictedDice) {
  return predictedDice !== null && predictedDice < 0.7;
}

/** Whether a slice waits for the network. @param {SliceState} slice */
export function isWaiting({ probability, fault }) {
  return !probability && !fault;
}

/** @param {SliceState[]} before @param {SliceInfo[]} now */
function sameSlices(before, now) {
  return before.length === now.length && before.every(({ info }, i) => info.id === now[i].id);
}

/** @param {CaseState | undefined} open */
function middleSlice(open) {
  return open ? open.slices[open.slices.length >> 1].info.id : null;
}
