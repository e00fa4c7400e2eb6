/**
 * Editing masks: strokes, corrections of a whole mask, undo and redo, and back to the prediction.
 */
import { maskOf } from '../viewer/threshold.js';
import { Brush } from './brush.js';
import { EditHistory } from './edit-history.js';
import { grown, shrunk } from './morphology.js';
import { filled, onlyRegion, withoutRegion } from './regions.js';
import { between } from './shape-interpolation.js';
import { spansAround } from './spans.js';

/** @import { Engine } from '../engine/engine.js' */
/** @import { Store } from '../core/store.js' */
/** @import { CaseState, SliceState } from '../core/types.js' */
/** @import { Edit } from './edit-history.js' */
/** @import { Span } from './spans.js' */

/** How long the page may be blocked while masks are interpolated. */
const BLOCK_MS = 12;

export class MaskEditor {
  #brush = new Brush();
  #history = new EditHistory();
  #engine;
  #store;
  #events;
  /** The stroke under way: its slice and the mask so far. @type {{slice: string, mask: Uint8Array} | null} */
  #stroke = null;
  /** Why a slice was not edited, and whether it could be edited at all. @type {{slice: string, editable: boolean, message: string} | null} */
  #refused = null;
  /** The case whose masks are being interpolated. @type {object | null} */
  #interpolating = null;

  /**
   * @param {Engine} engine
   * @param {Store} store
   * @param {object} events
   * @param {() => void} events.onEdit the slice in view is about to be edited
   * @param {() => void} events.onChange the mask during a stroke, or the message, is another one
   * @param {(error: unknown) => void} events.onError an edit could not be passed to the library
   */
  constructor(engine, store, events) {
    this.#engine = engine;
    this.#store = store;
    this.#events = events;
    store.on('open', () => {
      this.cancel();
      this.#interpolating = null;
      this.#history.prune((id) => store.slice(id)?.edit);
    });
    // Each exercise has steps of its own.
    store.on('exercise', () => this.#history.prune((id) => store.slice(id)?.edit));
    store.on('view', () => {
      this.#refused = null;
      // A stroke on a slice that is not in view any more has ended.
      if (this.#stroke && !this.strokeMask) this.end();
    });
  }

  /** The mask of the slice in view during a stroke. */
  get strokeMask() {
    return this.#stroke && this.#stroke.slice === this.#id ? this.#stroke.mask : null;
  }

  get canUndo() {
    return this.#history.canUndo(this.#slices);
  }

  get canRedo() {
    return this.#history.canRedo(this.#slices);
  }

  /** Whether the mask of the slice in view can be changed. In an exercise it begins empty. */
  get canEdit() {
    const slice = this.#store.currentSlice;
    return Boolean(slice?.probability || slice?.edit);
  }

  /** Whether there is a next slice that can take the mask of the slice in view. */
  get canCopy() {
    const [slice, next] = [this.#store.currentSlice, this.#next];
    return this.canEdit && Boolean(next?.probability || next?.edit) && haveOneSize([slice, next]);
  }

  /** Whether there are slices between two drawn ones, next to the slice in view. */
  get canInterpolate() {
    return !this.#interpolating && this.#spans.length > 0;
  }

  /** Why the slice in view was not edited, or what is being done. */
  get message() {
    if (this.#interpolating && this.#interpolating === this.#store.current) return 'interpolating…';
    const refused = this.#refused;
    return refused && refused.slice === this.#id && refused.editable === this.canEdit ? refused.message : '';
  }

  /** Whether the slice in view can be edited. Otherwise `message` says why not. */
  canBegin() {
    if (this.canEdit) return true;
    this.#refuse('no edits before it is segmented');
    return false;
  }

  /** Begins a stroke on the slice in view. @param {boolean} set @param {{x: number, y: number}} point */
  begin(set, point) {
    const { currentSlice: slice, display, threshold } = this.#store;
    if (!slice || !this.canBegin()) return;
    this.#events.onEdit();
    const { id, width, height } = slice.info;
    this.#brush.size = display.brushSize;
    const mask = /** @type {Uint8Array} */ (maskOf(slice, threshold));
    this.#stroke = { slice: id, mask: this.#brush.begin(mask, width, height, set, point) };
    this.#events.onChange();
  }

  /** @param {{x: number, y: number}} point */
  draw(point) {
    const mask = this.#brush.draw(point);
    if (!mask || !this.#stroke) return;
    this.#stroke.mask = mask;
    this.#events.onChange();
  }

  /** Ends a stroke and keeps it. */
  end() {
    const mask = this.#brush.end();
    const stroke = this.#stroke;
    this.#stroke = null;
    if (mask && stroke) this.#record(new Map([[stroke.slice, mask]]));
  }

  /** Ends a stroke and drops it. */
  cancel() {
    this.#brush.end();
    this.#stroke = null;
    this.#refused = null;
    this.#events.onChange();
  }

  undo() {
    this.#move(this.#history.undo(this.#slices, (id) => this.#store.slice(id)?.edit ?? null));
  }

  redo() {
    this.#move(this.#history.redo(this.#slices, (id) => this.#store.slice(id)?.edit ?? null));
  }

  /** Goes back to the prediction. This can be undone. */
  revert() {
    const slice = this.#store.currentSlice;
    if (slice?.edit) this.#record(new Map([[slice.info.id, null]]));
  }

  /** Removes the region at a point, or all others. @param {'remove' | 'keep'} action @param {{x: number, y: number}} point */
  region(action, point) {
    const act = action === 'keep' ? onlyRegion : withoutRegion;
    this.#change((mask, width, height) => act(mask, width, height, point), action === 'keep' ? 'no other region, or none here' : 'no region here');
  }

  fillHoles() {
    this.#change(filled, 'no holes');
  }

  grow() {
    this.#change(grown, 'nothing to grow');
  }

  shrink() {
    this.#change(shrunk, 'nothing to shrink');
  }

  /** Gives the next slice the mask of the slice in view, and shows it. */
  copyToNext() {
    const [slice, next] = [this.#store.currentSlice, this.#next];
    if (!slice || !next || !this.canCopy) return;
    this.#events.onEdit();
    const mask = /** @type {Uint8Array} */ (maskOf(slice, this.#store.threshold));
    this.#store.show(next.info.id);
    this.#record(new Map([[next.info.id, mask.slice()]]));
  }

  /** Interpolates the masks between drawn slices, next to the slice in view. All of them are one step. */
  async interpolate() {
    const { current, threshold } = this.#store;
    const spans = this.#spans;
    if (!current || spans.length === 0 || this.#interpolating) return;
    this.#events.onEdit();
    this.#interpolating = current;
    this.#events.onChange();
    const before = current.slices.map(({ edit }) => edit);
    /** @type {Map<string, Edit>} */
    const edits = new Map();
    for (const [from, to] of spans) {
      const { width, height } = current.slices[from].info;
      const [one, other] = [from, to].map((at) => /** @type {Uint8Array} */ (maskOf(current.slices[at], threshold)));
      const masks = await inParts(between(one, other, width, height, to - from - 1));
      for (const [i, mask] of masks.entries()) edits.set(current.slices[from + 1 + i].info.id, mask);
    }
    if (this.#interpolating !== current) return;
    this.#interpolating = null;
    // Edits of the meantime are not overwritten.
    if (current.slices.every(({ edit }, i) => edit === before[i])) this.#record(edits, true);
    this.#events.onChange();
  }

  get #id() {
    return this.#store.currentSlice?.info.id;
  }

  /** The slices of the case in view. */
  get #slices() {
    return slicesOf(this.#store.current);
  }

  get #next() {
    return this.#store.current?.slices[this.#store.index + 1];
  }

  /** The spans next to the slice in view whose slices can be edited. @returns {Span[]} */
  get #spans() {
    const { current, index } = this.#store;
    if (!current) return [];
    // In an exercise, slices without a drawing have an empty mask.
    const isEmpty = (/** @type {number} */ at) => current.exercise !== null && current.measure?.slices[at]?.area === 0;
    const drawn = current.slices.map(({ info, edit }, at) => edit !== null && !isEmpty(at) && !this.#history.isInterpolated(info.id));
    return spansAround(drawn, index).filter(([from, to]) => {
      const slices = current.slices.slice(from, to + 1);
      return haveOneSize(slices) && slices.every(({ probability, edit }) => probability || edit);
    });
  }

  /** @param {string} message */
  #refuse(message) {
    const id = this.#id;
    this.#refused = id === undefined ? null : { slice: id, editable: this.canEdit, message };
    this.#events.onChange();
  }

  /**
   * Changes the whole mask of the slice in view.
   * @param {(mask: Uint8Array, width: number, height: number) => Uint8Array | null} act null for no change
   * @param {string} otherwise the message where nothing changes
   */
  #change(act, otherwise) {
    const { currentSlice: slice, threshold } = this.#store;
    if (!slice || !this.canBegin()) return;
    this.#events.onEdit();
    const mask = /** @type {Uint8Array} */ (maskOf(slice, threshold));
    const changed = act(mask, slice.info.width, slice.info.height);
    if (changed && !areEqual(mask, changed)) this.#record(new Map([[slice.info.id, changed]]));
    else this.#refuse(otherwise);
  }

  /** Shows a slice of a step that was undone or redone, and its edits. @param {Map<string, Edit> | undefined} edits */
  #move(edits) {
    if (!edits) return;
    const [first] = edits.keys();
    if (!edits.has(this.#id ?? '')) this.#store.show(first);
    this.#set(edits);
  }

  /** @param {Map<string, Edit>} edits by slice @param {boolean} [interpolated] */
  #record(edits, interpolated) {
    const changes = [...edits].flatMap(([slice, after]) => {
      const before = this.#store.slice(slice)?.edit;
      return before === undefined || (before && after && areEqual(before, after)) ? [] : [{ slice, before, after }];
    });
    if (changes.length === 0) return;
    this.#refused = null;
    // A stroke may have ended because another case is in view.
    this.#history.record(changes, slicesOf(this.#store.placeOf(changes[0].slice)?.open), interpolated);
    this.#set(new Map(changes.map(({ slice, after }) => [slice, after])));
  }

  /** @param {Map<string, Edit>} edits by slice */
  #set(edits) {
    for (const [id, edit] of edits) {
      // Before the store, so that the worker has the edit before it is asked for measures.
      this.#engine.setEdit(id, edit).catch(this.#events.onError);
      this.#store.setSlice(id, { edit });
    }
  }
}

/** @param {CaseState | undefined} open */
function slicesOf(open) {
  return new Set(open?.slices.map(({ info }) => info.id));
}

/** @param {(SliceState | undefined)[]} slices */
function haveOneSize(slices) {
  return slices.every((slice) => slice?.info.width === slices[0]?.info.width && slice?.info.height === slices[0]?.info.height);
}

/** @param {Uint8Array} one @param {Uint8Array} other */
function areEqual(one, other) {
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}

/**
 * Runs a generator to its end, in parts that do not block the page.
 * @template T
 * @param {Generator<void, T>} steps
 * @returns {Promise<T>}
 */
async function inParts(steps) {
  for (;;) {
    const start = performance.now();
    while (performance.now() - start < BLOCK_MS) {
      const { done, value } = steps.next();
      if (done) return value;
    }
    await new Promise((resolve) => setTimeout(resolve));
  }
}
