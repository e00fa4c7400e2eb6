/**
 * Editing masks: strokes, undo and redo, and back to the prediction.
 */
import { Brush } from './brush.js';
import { EditHistory } from './edit-history.js';

/** @import { Engine } from '../engine/engine.js' */
/** @import { Store } from '../core/store.js' */
/** @import { Edit } from './edit-history.js' */

export class MaskEditor {
  #brush = new Brush();
  #history = new EditHistory();
  #engine;
  #store;
  #onChange;
  #onError;
  /** The stroke under way: its slice and the mask so far. @type {{slice: string, mask: Uint8Array} | null} */
  #stroke = null;
  /** The slice on which a stroke was tried before it was segmented. @type {string | null} */
  #refused = null;

  /**
   * @param {Engine} engine
   * @param {Store} store
   * @param {() => void} onChange the mask during a stroke, or the message, is another one
   * @param {(error: unknown) => void} onError an edit could not be passed to the library
   */
  constructor(engine, store, onChange, onError) {
    this.#engine = engine;
    this.#store = store;
    this.#onChange = onChange;
    this.#onError = onError;
    store.on('open', () => {
      this.cancel();
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
    return this.#id !== undefined && this.#history.canUndo(this.#id);
  }

  get canRedo() {
    return this.#id !== undefined && this.#history.canRedo(this.#id);
  }

  /** Why the slice in view cannot be edited, after an attempt. */
  get message() {
    return this.#refused !== null && this.#refused === this.#id && !this.#store.currentSlice?.probability ? 'no edits before it is segmented' : '';
  }

  /** Whether a stroke may begin. Otherwise `message` says why not. */
  canBegin() {
    const slice = this.#store.currentSlice;
    // In an exercise the mask begins empty.
    if (slice?.probability || slice?.edit) return true;
    this.#refused = slice?.info.id ?? null;
    this.#onChange();
    return false;
  }

  /** Begins a stroke on the slice in view. @param {Uint8Array} mask its mask @param {boolean} set @param {{x: number, y: number}} point */
  begin(mask, set, point) {
    const { currentSlice: slice, display } = this.#store;
    if (!slice) return;
    const { id, width, height } = slice.info;
    this.#brush.size = display.brushSize;
    this.#stroke = { slice: id, mask: this.#brush.begin(mask, width, height, set, point) };
    this.#onChange();
  }

  /** @param {{x: number, y: number}} point */
  draw(point) {
    const mask = this.#brush.draw(point);
    if (!mask || !this.#stroke) return;
    this.#stroke.mask = mask;
    this.#onChange();
  }

  /** Ends a stroke and keeps it. */
  end() {
    const mask = this.#brush.end();
    const stroke = this.#stroke;
    this.#stroke = null;
    if (mask && stroke) this.#record(stroke.slice, mask);
  }

  /** Ends a stroke and drops it. */
  cancel() {
    this.#brush.end();
    this.#stroke = null;
    this.#refused = null;
    this.#onChange();
  }

  undo() {
    this.#apply((id, edit) => this.#history.undo(id, edit));
  }

  redo() {
    this.#apply((id, edit) => this.#history.redo(id, edit));
  }

  /** Goes back to the prediction. This can be undone. */
  revert() {
    const slice = this.#store.currentSlice;
    if (slice?.edit) this.#record(slice.info.id, null);
  }

  get #id() {
    return this.#store.currentSlice?.info.id;
  }

  /** @param {(id: string, edit: Edit) => Edit | undefined} move */
  #apply(move) {
    const slice = this.#store.currentSlice;
    const edit = slice && move(slice.info.id, slice.edit);
    if (slice && edit !== undefined) this.#set(slice.info.id, edit);
  }

  /** @param {string} id @param {Edit} edit */
  #record(id, edit) {
    const slice = this.#store.slice(id);
    if (!slice) return;
    this.#history.record(id, slice.edit, edit);
    this.#set(id, edit);
  }

  /** @param {string} id @param {Edit} edit */
  #set(id, edit) {
    // Before the store, so that the worker has the edit before it is asked for measures.
    this.#engine.setEdit(id, edit).catch(this.#onError);
    this.#store.setSlice(id, { edit });
  }
}
