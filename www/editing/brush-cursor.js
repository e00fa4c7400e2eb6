/**
 * The brush on the stage, for mouse, pen, touch and keyboard: its position, its cursor, and its strokes.
 */
import { isPainting } from '../core/commands.js';

/** @import { MaskEditor } from './mask-editor.js' */
/** @import { StrokePhase } from '../viewer/pointer.js' */
/** @import { SliceView } from '../viewer/slice-view.js' */
/** @import { Store } from '../core/store.js' */
/** @typedef {{x: number, y: number}} Point in pixels of the slice */

/** How far Shift and an arrow key go: the brush in pixels of the slice, the slice in CSS pixels. */
const FAST = 10;

export class BrushCursor {
  #store;
  #view;
  #editor;
  #onStroke;
  /** Where the keyboard continues. @type {Point} */
  #at = { x: 0, y: 0 };

  /** @param {Store} store @param {SliceView} view @param {MaskEditor} editor @param {() => void} onStroke before a stroke */
  constructor(store, view, editor, onStroke) {
    this.#store = store;
    this.#view = view;
    this.#editor = editor;
    this.#onStroke = onStroke;
  }

  /** Moves it to the middle of the slice. */
  centre() {
    const { width = 0, height = 0 } = this.#store.currentSlice?.info ?? {};
    this.#at = { x: width / 2, y: height / 2 };
  }

  /** @param {Point | null} point @param {StrokePhase} phase */
  stroke(point, phase) {
    if (phase === 'end') this.#editor.end();
    else if (phase === 'cancel') this.#editor.cancel();
    else if (point && phase === 'move') this.#editor.draw(point);
    else if (point && this.#editor.canBegin()) {
      this.#onStroke();
      this.#editor.begin(/** @type {Uint8Array} */ (this.#view.mask), this.#store.display.tool === 'brush', point);
    }
    if (point) this.#at = point;
  }

  /** Shows it at a point; null hides it. @param {Point | null} point */
  show(point) {
    const { brushSize } = this.#store.display;
    this.#view.stage.showCursor(point && isPainting(this.#store) ? { ...point, size: brushSize } : null);
  }

  /** Shows it where the keyboard continues. */
  showForKeyboard() {
    this.show(this.#at);
  }

  /**
   * An arrow key on the stage moves the brush. Without a brush, Shift and an arrow key pan.
   * @param {number} x
   * @param {number} y
   * @param {boolean} fast
   * @returns {boolean} whether the key was used
   */
  move(x, y, fast) {
    const [byX, byY] = fast ? [FAST * x, FAST * y] : [x, y];
    if (!isPainting(this.#store)) {
      if (fast) this.#view.stage.panBy(-byX, -byY);
      return fast;
    }
    const { width = 0, height = 0 } = this.#store.currentSlice?.info ?? {};
    this.#at = { x: Math.min(width, Math.max(0, this.#at.x + byX)), y: Math.min(height, Math.max(0, this.#at.y + byY)) };
    this.showForKeyboard();
    return true;
  }

  /** Paints once at its position. */
  paint() {
    if (!isPainting(this.#store)) return;
    this.stroke(this.#at, 'start');
    this.stroke(null, 'end');
  }
}
