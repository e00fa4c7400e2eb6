/**
 * The brush in the hand, by mouse, finger or keyboard: where it is, how wide it shows, and the strokes it makes.
 */

/** @import { Editing } from './mask-editor.js' */
/** @import { Scene } from '../viewer/slice-view.js' */
/** @import { State } from '../core/store.js' */
/** @import { Tools } from '../viewer/toolbar.js' */
/** @typedef {{x: number, y: number}} Point in pixels of the slice */

export class Pen {
  #state;
  #scene;
  #editing;
  #tools;
  #onStroke;
  /** @type {Point} where the keyboard takes it up */
  #at = { x: 0, y: 0 };

  /** @param {State} state @param {Scene} scene @param {Editing} editing @param {Tools} tools @param {() => void} onStroke one is about to begin */
  constructor(state, scene, editing, tools, onStroke) {
    this.#state = state;
    this.#scene = scene;
    this.#editing = editing;
    this.#tools = tools;
    this.#onStroke = onStroke;
  }

  /** Lays it down in the middle of the slice. */
  rest() {
    const { width, height } = this.#state.slice(this.#state.at).info;
    this.#at = { x: width / 2, y: height / 2 };
  }

  /** @param {Point | null} point @param {'start' | 'go' | 'end' | 'drop'} phase */
  stroke(point, phase) {
    if (phase === 'end') this.#editing.end();
    else if (phase === 'drop') this.#editing.drop();
    else if (point && phase === 'go') this.#editing.draw(point);
    else if (point && this.#editing.ready()) {
      this.#onStroke();
      this.#editing.begin(/** @type {Uint8Array} */ (this.#scene.mask), this.#tools.tool === 'brush', point);
    }
    if (point) this.#at = point;
  }

  /** Shows how wide it is; null takes it out of sight. @param {Point | null} point */
  show(point) {
    this.#scene.viewer.point(point && this.#tools.drawing ? { ...point, size: this.#editing.brush.size } : null);
  }

  /** Shows where the keyboard takes it up. */
  appear() {
    this.show(this.#at);
  }

  /**
   * An arrow on the stage moves it, and with Shift and no brush in hand the slice.
   * @param {number} x
   * @param {number} y
   * @param {boolean} far
   * @returns {boolean} whether that was of use
   */
  move(x, y, far) {
    if (!this.#tools.drawing) {
      if (far) this.#scene.viewer.shift(-x, -y);
      return far;
    }
    const { width, height } = this.#state.slice(this.#state.at).info;
    this.#at = { x: Math.min(width, Math.max(0, this.#at.x + x)), y: Math.min(height, Math.max(0, this.#at.y + y)) };
    this.appear();
    return true;
  }

  /** One dab where it is. */
  stamp() {
    if (!this.#tools.drawing) return;
    this.stroke(this.#at, 'start');
    this.stroke(null, 'end');
  }
}
