/**
 * Drawing and moving the lines on the slice in view.
 */
import { formatLength } from '../core/format.js';
import { maskOf } from '../viewer/threshold.js';
import { proposedDiameters } from './diameters.js';
import { endNear, endsOf, isWithoutLines, lengthOf, MOST_RULERS, moveEnd, NO_LINES, pointOf, withoutLine } from './lines.js';

/** @import { Store } from '../core/store.js' */
/** @import { End, Line, Lines, Point } from './lines.js' */

/** A shorter line is a click, in pixels of the slice. */
const SHORTEST = 0.5;

export class LineEditor {
  #store;
  /** The drag under way: the lines before it and the end that it moves. @type {{slice: string, before: Lines, end: End} | null} */
  #drag = null;
  /** The end that was moved last, on the slice in view. @type {End | null} */
  #selected = null;

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
    for (const change of /** @type {const} */ (['open', 'view'])) {
      store.on(change, () => {
        this.#drag = null;
        this.#selected = null;
      });
    }
  }

  /** Whether diameters can be proposed: there is a mask. */
  get canPropose() {
    const slice = this.#store.currentSlice;
    return Boolean(slice && (slice.edit ?? slice.probability));
  }

  get hasLines() {
    return !isWithoutLines(this.#lines);
  }

  get canRemove() {
    return this.#selected !== null;
  }

  /** Whether an end is being moved. */
  get isMoving() {
    return this.#drag !== null;
  }

  /** The end that was moved last. */
  get selected() {
    return this.#selected;
  }

  /** The length of the line that is being moved, as text; none without one. @returns {string[]} */
  get movingLength() {
    const end = this.#drag?.end;
    const { rulers, diameters } = this.#lines;
    const line = end && (end.kind === 'ruler' ? rulers : diameters)?.[end.at];
    const { pixelSize } = this.#store;
    return line ? [formatLength(lengthOf(line, pixelSize), pixelSize !== null)] : [];
  }

  /** Moves the end near a point, or begins a ruler there. @param {Point} point @param {number} within in pixels */
  begin(point, within) {
    const slice = this.#store.currentSlice;
    if (!slice) return;
    const before = slice.lines;
    const near = endNear(before, point, within);
    if (!near && before.rulers.length >= MOST_RULERS) return;
    const end = near ?? /** @type {End} */ ({ kind: 'ruler', at: before.rulers.length, end: 1 });
    if (!near) this.#set({ ...before, rulers: [...before.rulers, /** @type {Line} */ ([point, point])] });
    this.#drag = { slice: slice.info.id, before, end };
    this.#selected = end;
    this.#store.notify('lines', slice.info.id);
  }

  /** Moves the end to a point, at most to the border of the slice. @param {Point} point */
  draw([x, y]) {
    const slice = this.#store.currentSlice;
    if (!slice || this.#drag?.slice !== slice.info.id) return;
    const { width, height } = slice.info;
    const to = /** @type {Point} */ ([Math.min(width, Math.max(0, x)), Math.min(height, Math.max(0, y))]);
    this.#set(moveEnd(slice.lines, this.#drag.end, to, this.#store.pixelSize));
  }

  /** Ends the drag. A click alone draws no ruler. */
  end() {
    const drag = this.#drag;
    this.#drag = null;
    if (drag?.end.kind !== 'ruler' || lengthOf(this.#lines.rulers[drag.end.at], null) >= SHORTEST) return;
    this.#selected = null;
    this.#set(withoutLine(this.#lines, drag.end));
  }

  /** Ends the drag and takes it back. */
  cancel() {
    const drag = this.#drag;
    this.#drag = null;
    if (!drag) return;
    this.#selected = null;
    this.#store.setLines(drag.slice, drag.before);
  }

  /** Places the two diameters of the largest region of the mask, in place of the earlier ones. */
  propose() {
    const { currentSlice: slice, threshold, pixelSize } = this.#store;
    const mask = slice && maskOf(slice, threshold);
    if (!mask) return;
    const { width, height } = slice.info;
    const diameters = proposedDiameters(mask, width, height, pixelSize ?? { x: 1, y: 1 });
    this.#drag = null;
    this.#selected = diameters && { kind: 'diameter', at: 0, end: 0 };
    this.#set({ ...slice.lines, diameters });
  }

  /** Selects the next end. @returns {Point | null} where it is */
  next() {
    const ends = endsOf(this.#lines);
    if (ends.length === 0) return null;
    const at = ends.findIndex(({ kind, at, end }) => kind === this.#selected?.kind && at === this.#selected.at && end === this.#selected.end);
    this.#drag = null;
    this.#selected = ends[(at + 1) % ends.length];
    this.#set(this.#lines);
    return pointOf(this.#lines, this.#selected);
  }

  /** Removes the line that was moved last. */
  remove() {
    if (!this.#selected) return;
    const lines = withoutLine(this.#lines, this.#selected);
    this.#drag = null;
    this.#selected = null;
    this.#set(lines);
  }

  get #lines() {
    return this.#store.currentSlice?.lines ?? NO_LINES;
  }

  /** @param {Lines} lines */
  #set(lines) {
    const id = this.#store.currentSlice?.info.id;
    if (id !== undefined) this.#store.setLines(id, lines);
  }
}
