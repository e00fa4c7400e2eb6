/**
 * Correcting masks by hand: strokes, undo and redo, and back to the network's own.
 */
import { Brush } from './brush.js';
import { History } from './edit-history.js';

/** @import { Engine } from '../engine/engine.js' */
/** @import { Edit } from './edit-history.js' */
/** @import { State } from '../core/store.js' */
/** @import { Place } from '../core/types.js' */

export class Editing {
  brush = new Brush();
  #history = new History();
  #engine;
  #state;
  #onChange;
  /** @type {{place: Place, mask: Uint8Array} | null} the mask under the brush */
  #now = null;
  /** Whether the last thing that was asked for on the slice in view could not be done. */
  #refused = false;

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

  /** Why it could not, in few words, for as long as that is so. */
  get refusal() {
    if (!this.#refused) return '';
    if (this.#state.moving) return 'no edits while files are added';
    return this.#slice()?.probability ? '' : 'no edits before it is segmented';
  }

  /** Whether a stroke may begin on the slice in view; where it may not, `refusal` says so. */
  ready() {
    const slice = this.#idle();
    if (slice && !slice.probability) this.#refuse();
    return Boolean(slice?.probability);
  }

  /** Begins a stroke on a slice that is ready. @param {Uint8Array} mask what it changes @param {boolean} set @param {{x: number, y: number}} point */
  begin(mask, set, point) {
    const { width, height } = this.#state.slice(this.#state.at).info;
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
    if (this.#state.moving) return this.#refuse();
    const slice = this.#state.slice(now.place);
    this.#history.note(slice, slice.edit);
    this.#keep(now.place, mask);
  }

  /** Ends a stroke on a slice that is out of view by now. */
  leave() {
    this.#refused = false;
    if (this.#now && !this.mask) this.end();
  }

  /** Gives the stroke under way up. */
  drop() {
    this.brush.end();
    this.#now = null;
    this.#refused = false;
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
    this.#refused = false;
    if (!this.#state.moving) return this.#slice();
    this.#refuse();
    return undefined;
  }

  #refuse() {
    this.#refused = true;
    this.#onChange();
    // Files that come to nothing change nothing else.
    if (this.#state.moving) void this.#state.settled().then(this.#onChange);
  }

  /** @param {Place} place @param {Edit} edit */
  #keep(place, edit) {
    this.#state.slice(place).edit = edit;
    // Told first, so that the first worker knows before it is asked for measures. When none is left, that is said elsewhere.
    this.#engine.setEdit(place, edit).catch(() => {});
    this.#state.tell('slice', place);
  }
}
