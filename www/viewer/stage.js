/**
 * The stage: which slice is on it and where, alone or beside the reference, and what is known of it in the corners.
 */
import { Camera } from './camera.js';
import { find } from '../core/dom.js';
import { Painter } from './renderer.js';

/** @import { Pane } from './camera.js' */
/** @import { Look, Pixels } from '../core/types.js' */
/**
 * @typedef {object} View
 * @property {Pixels} pixels
 * @property {Uint8Array | null} mask
 * @property {Uint16Array | null} probability
 * @property {Uint8Array | null} reference
 * @property {boolean} beside whether the reference has a pane of its own
 * @property {boolean} flickering whether it takes turns with the mask
 */
/** @typedef {Record<'nw' | 'ne' | 'sw' | 'se' | 'left' | 'right', string>} Corners lines of text, by the points of the compass, and what the panes of two are */
/** @typedef {{x: number, y: number, size: number}} Cursor where the brush is and how wide, in pixels of the slice */

export class Viewer {
  camera = new Camera();
  #stage = find('#stage');
  #canvas = /** @type {HTMLCanvasElement} */ (find('canvas', this.#stage));
  #corners = [...this.#stage.querySelectorAll('.corner')].map((node) => /** @type {HTMLElement} */ (node));
  /** @type {View | null} */
  #view = null;
  /** @type {Look | null} */
  #look = null;
  /** @type {Cursor | null} */
  #cursor = null;
  /** Which pane was pointed at last. */
  #pane = 0;
  #frame = 0;
  #painter = new Painter();

  constructor() {
    new ResizeObserver(() => this.schedule()).observe(this.#stage);
    this.#followDensity();
  }

  /**
   * @param {View | null} view null while its pixels are on their way
   * @param {Look} look
   * @param {Corners} corners
   * @param {string} label the same in words
   */
  show(view, look, corners, label) {
    this.#view = view;
    this.#look = look;
    this.#stage.ariaLabel = label;
    for (const corner of this.#corners) {
      corner.textContent = corners[/** @type {keyof Corners} */ (corner.dataset.corner)];
    }
    this.schedule();
  }

  /** Where the brush is. @param {Cursor | null} cursor */
  point(cursor) {
    this.#cursor = cursor;
    this.schedule();
  }

  schedule() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  /** The picture as it stands on the stage, without the brush. @returns {Promise<Blob | null>} a PNG */
  picture() {
    this.#draw(null);
    // Back before the next frame.
    this.schedule();
    return new Promise((resolve) => this.#canvas.toBlob(resolve));
  }

  /**
   * What lies under a point of the window, in pixels of the slice; outside of it as well.
   * @param {number} clientX
   * @param {number} clientY
   * @param {boolean} [held] what was taken hold of goes on in the pane where it was
   */
  pixelAt(clientX, clientY, held = false) {
    if (!this.#view) return null;
    const point = this.#devicePoint(clientX, clientY);
    const panes = this.#panes();
    if (!held) this.#pane = Math.max(0, panes.findIndex(({ x, width }) => point.x >= x && point.x < x + width));
    const { scale, left, top } = this.camera.place(panes[this.#pane] ?? panes[0], this.#view.pixels);
    return { x: (point.x - left) / scale, y: (point.y - top) / scale };
  }

  /** @param {number} factor @param {{clientX: number, clientY: number}} [event] where to */
  approach(factor, event) {
    if (!this.#view) return;
    const point = event && this.#devicePoint(event.clientX, event.clientY);
    const panes = this.#panes();
    const pane = (point && panes.find(({ x, width }) => point.x >= x && point.x < x + width)) ?? panes[0];
    this.camera.approach(factor, pane, this.#view.pixels, point);
    this.schedule();
  }

  /** @param {number} x in CSS pixels @param {number} y */
  shift(x, y) {
    if (!this.#view) return;
    this.camera.shift(x * devicePixelRatio, y * devicePixelRatio, this.#panes()[0], this.#view.pixels);
    this.schedule();
  }

  /** Draws anew for a display of another density; the stage may have the same size there. */
  #followDensity() {
    const left = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
    left.addEventListener('change', () => this.#followDensity(), { once: true });
    this.schedule();
  }

  /** @param {number} clientX @param {number} clientY */
  #devicePoint(clientX, clientY) {
    const { left, top } = this.#canvas.getBoundingClientRect();
    return { x: (clientX - left) * devicePixelRatio, y: (clientY - top) * devicePixelRatio };
  }

  /** @returns {Pane[]} */
  #panes() {
    const { width, height } = this.#canvas;
    if (!this.#view?.beside) return [{ x: 0, y: 0, width, height }];
    const half = Math.floor(width / 2);
    return [{ x: 0, y: 0, width: half - 1, height }, { x: half + 1, y: 0, width: width - half - 1, height }];
  }

  /** @param {Cursor | null} [cursor] */
  #draw(cursor = this.#cursor) {
    const width = Math.round(this.#stage.clientWidth * devicePixelRatio);
    const height = Math.round(this.#stage.clientHeight * devicePixelRatio);
    if (this.#canvas.width !== width || this.#canvas.height !== height) Object.assign(this.#canvas, { width, height });
    const context = this.#canvas.getContext('2d');
    if (!context || !this.#look) return;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    if (!this.#view) return;
    const [first, second] = this.#panes();
    const look = this.#look;
    this.#paint(context, first, this.#view, second ? { ...look, reference: false } : look, cursor);
    // Beside the mask the reference is drawn as the mask is.
    if (second) this.#paint(context, second, this.#view, { ...look, hidden: true, reference: true }, cursor);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Pane} pane
   * @param {View} view
   * @param {Look} look
   * @param {Cursor | null} cursor
   */
  #paint(context, pane, view, look, cursor) {
    const place = this.camera.place(pane, view.pixels);
    context.save();
    context.beginPath();
    context.rect(pane.x, pane.y, pane.width, pane.height);
    context.clip();
    context.setTransform(place.scale, 0, 0, place.scale, place.left, place.top);
    this.#painter.paint(context, view, look, place.scale);
    if (cursor) this.#painter.paintCursor(context, cursor, place.scale);
    context.restore();
  }
}
