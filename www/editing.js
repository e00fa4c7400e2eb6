/**
 * Correcting masks by hand: strokes, undo and redo, and back to the network's own.
 */
import { Brush } from './brush.js';
import { History } from './history.js';

/** @import { Engine } from './engine.js' */
/** @import { Edit } from './history.js' */
/** @import { State } from './state.js' */
/** @import { Place } from './types.js' */

export class Editing {
  brush = new Brush();
  #history = new History();
  #engine;
  #state;
  #onChange;
  /** @type {{place: Place, mask: Uint8Array} | null} the mask under the brush */
  #now = null;

  /**
   * @param {Engine} engine
   * @param {State} state
   * @param {() => void} onChange what is under the brush looks different
   */
  constructor(engine, state, onChange) {
    this.#engine = engine;
    this.#state = state;
    this.#onChange = onChange;
  }

  /** The mask as the stroke under way leaves it so far. */
  get mask() {
    const { at } = this.#state;
    const now = this.#now;
    return now && now.place.case === at.case && now.place.slice === at.slice ? now.mask : null;
  }

  /** What can be done on the slice in view. */
  get can() {
    const slice = this.#slice();
    return slice ? { ...this.#history.can(slice), edited: slice.edit !== null } : { undo: false, redo: false, edited: false };
  }

  /** @param {Uint8Array} mask what the stroke changes @param {boolean} set @param {{x: number, y: number}} point */
  begin(mask, set, point) {
    const slice = this.#idle();
    if (!slice?.probability) return;
    const { width, height } = slice.info;
    this.#now = { place: this.#state.at, mask: this.brush.begin(mask, width, height, set, point) };
    this.#onChange();
  }

  /** @param {{x: number, y: number}} point */
  draw(point) {
    const mask = this.brush.draw(point);
    if (!mask || !this.#now) return;
    this.#now.mask = mask;
    this.#onChange();
  }

  end() {
    const mask = this.brush.end();
    const now = this.#now;
    this.#now = null;
    if (!mask || !now) return;
    if (this.#state.moving) return this.#onChange();
    const slice = this.#state.slice(now.place);
    this.#history.note(slice, slice.edit);
    this.#keep(now.place, mask);
  }

  /** Ends a stroke on a slice that is out of view by now. */
  leave() {
    if (this.#now && !this.mask) this.end();
  }

  /** Gives the stroke under way up. */
  drop() {
    this.brush.end();
    this.#now = null;
    this.#onChange();
  }

  undo() {
    const slice = this.#idle();
    const before = slice && this.#history.undo(slice, slice.edit);
    if (before !== undefined) this.#keep(this.#state.at, before);
  }

  redo() {
    const slice = this.#idle();
    const after = slice && this.#history.redo(slice, slice.edit);
    if (after !== undefined) this.#keep(this.#state.at, after);
  }

  /** Back to the network's mask; that too can be undone. */
  revert() {
    const slice = this.#idle();
    if (!slice?.edit) return;
    this.#history.note(slice, slice.edit);
    this.#keep(this.#state.at, null);
  }

  #slice() {
    const { at, current } = this.#state;
    return current?.slices[at.slice];
  }

  /** The slice in view, unless it is about to get another place. */
  #idle() {
    return this.#state.moving ? undefined : this.#slice();
  }

  /** @param {Place} place @param {Edit} edit */
  #keep(place, edit) {
    this.#state.slice(place).edit = edit;
    // Told first, so that the first worker knows before it is asked for measures. When none is left, that is said elsewhere.
    this.#engine.setEdit(place, edit).catch(() => {});
    this.#state.tell('slice', place);
  }
}
