/**
 * The tool on the stage, for mouse, pen, touch and keyboard: its position, its cursor, and what it does there.
 */
import { hasCursor, isPainting } from '../core/commands.js';

/** @import { MaskEditor } from '../editing/mask-editor.js' */
/** @import { LineEditor } from '../measuring/line-editor.js' */
/** @import { StrokePhase } from './pointer.js' */
/** @import { Stage } from './stage.js' */
/** @import { Store } from '../core/store.js' */
/** @typedef {{x: number, y: number}} Point in pixels of the slice */

/** How far Shift and an arrow key go: the cursor in pixels of the slice, the slice in CSS pixels. */
const FAST = 10;
/** How near a line's end a drag has to begin, in CSS pixels: for a mouse, and for a finger. */
const [NEAR, NEAR_TOUCH] = [10, 22];

export class ToolCursor {
  #store;
  #stage;
  #editor;
  #lines;
  /** Where the keyboard continues. @type {Point} */
  #at = { x: 0, y: 0 };
  /** Where values are read; null where the pointer is not on the slice. @type {Point | null} */
  #probed = null;
  #onProbe;
  /** Whether the crosshair of the volume view was moved. */
  #fromVolume = false;

  /**
   * @param {Store} store
   * @param {Stage} stage
   * @param {MaskEditor} editor
   * @param {LineEditor} lines
   * @param {(byKeyboard: boolean) => void} onProbe values are read at another point
   */
  constructor(store, stage, editor, lines, onProbe) {
    this.#store = store;
    this.#stage = stage;
    this.#editor = editor;
    this.#lines = lines;
    this.#onProbe = onProbe;
  }

  /** Where values are read. */
  get probed() {
    return this.#probed;
  }

  /** Where the volume view has its crosshair, as fractions of width and height. */
  get place() {
    const { width = 1, height = 1 } = this.#store.currentSlice?.info ?? {};
    return { x: this.#at.x / width, y: this.#at.y / height };
  }

  set place({ x, y }) {
    const { width = 0, height = 0 } = this.#store.currentSlice?.info ?? {};
    this.#at = { x: x * width, y: y * height };
    this.#fromVolume = true;
  }

  /** The volume view takes the place of the slice: its crosshair is where the pointer was. */
  leave() {
    this.#at = this.#probed ?? this.#at;
    this.#fromVolume = false;
    this.#probe(null, false);
  }

  /** The slice is shown again. Marks the place of the crosshair until the pointer moves. */
  enter() {
    if (!this.#fromVolume) return;
    this.#stage.showCursor({ ...this.#at, size: null });
    this.#probe(this.#at, false);
  }

  /** Moves it to the middle of the slice. */
  centre() {
    const { width = 0, height = 0 } = this.#store.currentSlice?.info ?? {};
    this.#at = { x: width / 2, y: height / 2 };
    this.#probed = null;
  }

  /** @param {Point | null} point @param {StrokePhase} phase @param {boolean} [touch] */
  stroke(point, phase, touch = false) {
    const editor = isPainting(this.#store) ? this.#editor : this.#lines;
    if (phase === 'end') editor.end();
    else if (phase === 'cancel') editor.cancel();
    else if (point && phase === 'start') this.#begin(point, touch ? NEAR_TOUCH : NEAR);
    else if (point && editor === this.#editor) this.#editor.draw(point);
    else if (point) this.#lines.draw([point.x, point.y]);
    if (!point) return;
    this.#at = point;
    if (editor === this.#lines) this.#probe(point, false);
  }

  /** A click with the tool for regions. @param {Point | null} point */
  click(point) {
    if (!point) return;
    this.#at = point;
    this.#editor.region(this.#store.display.regionAction, point);
  }

  /** Changes the region at the pointer, or where the keyboard continues. @param {'remove' | 'keep'} action */
  changeRegion(action) {
    this.#editor.region(action, this.#probed ?? this.#at);
  }

  /** The pointer is above a point; null where it is not on the slice. @param {Point | null} point */
  hover(point) {
    this.show(point);
    this.#probe(point, false);
  }

  /** Shows the cursor of the tool; null hides it. @param {Point | null} point */
  show(point) {
    const { brushSize } = this.#store.display;
    this.#stage.showCursor(point && hasCursor(this.#store) ? { ...point, size: isPainting(this.#store) ? brushSize : null } : null);
  }

  /** Shows it where the keyboard continues. */
  showForKeyboard() {
    this.show(this.#at);
  }

  /**
   * An arrow key on the stage moves the cursor. Without a cursor, Shift and an arrow key pan.
   * @param {number} x
   * @param {number} y
   * @param {boolean} fast
   * @returns {boolean} whether the key was used
   */
  move(x, y, fast) {
    const [byX, byY] = fast ? [FAST * x, FAST * y] : [x, y];
    if (!hasCursor(this.#store)) {
      if (fast) this.#stage.panBy(-byX, -byY);
      return fast;
    }
    this.#moveTo({ x: this.#at.x + byX, y: this.#at.y + byY });
    return true;
  }

  /** Uses the tool once at its position. For a line, the first time begins it and the second one ends it. */
  use() {
    const { tool } = this.#store.display;
    if (tool === 'region') this.click(this.#at);
    else if (tool === 'measure' && this.#lines.isMoving) this.#lines.end();
    else if (tool === 'measure') this.#begin(this.#at, NEAR);
    else if (isPainting(this.#store)) {
      this.#begin(this.#at, NEAR);
      this.#editor.end();
    }
  }

  /** Goes to the next end of a line. */
  nextEnd() {
    this.#store.setDisplay({ tool: 'measure' });
    const end = this.#lines.next();
    if (end) this.#moveTo({ x: end[0], y: end[1] });
  }

  /** @param {Point} point */
  #moveTo({ x, y }) {
    const { width = 0, height = 0 } = this.#store.currentSlice?.info ?? {};
    this.#at = { x: Math.min(width, Math.max(0, x)), y: Math.min(height, Math.max(0, y)) };
    if (this.#lines.isMoving) this.#lines.draw([this.#at.x, this.#at.y]);
    this.showForKeyboard();
    if (!isPainting(this.#store)) this.#probe(this.#at, true);
  }

  /** @param {Point} point @param {number} near in CSS pixels */
  #begin(point, near) {
    if (isPainting(this.#store)) this.#editor.begin(this.#store.display.tool === 'brush', point);
    else this.#lines.begin([point.x, point.y], this.#stage.toPixels(near));
  }

  /** @param {Point | null} point @param {boolean} byKeyboard */
  #probe(point, byKeyboard) {
    this.#probed = point;
    this.#onProbe(byKeyboard);
  }
}
