/**
 * The canvas with the slice: zoom and pan, one or two panes, and text in the corners.
 */
import { Announcer } from '../core/announcer.js';
import { find } from '../core/dom.js';
import { drawLines } from '../measuring/draw-lines.js';
import { Camera } from './camera.js';
import { Excerpts, visiblePart } from './excerpt.js';
import { Renderer } from './renderer.js';

/** @import { Pane } from './camera.js' */
/** @import { Excerpt, Layers } from './excerpt.js' */
/** @import { Appearance } from '../core/types.js' */
/** @import { Drawn } from '../measuring/draw-lines.js' */
/**
 * `sideBySide`: the reference has its own pane, or with `network` the network's mask. `flickering`: mask and reference alternate.
 * @typedef {{sideBySide: boolean, network: boolean, flickering: boolean}} Arrangement
 */
/** @typedef {Layers & Arrangement & {drawn: Drawn}} View */
/** @typedef {Record<'nw' | 'ne' | 'sw' | 'se' | 'left' | 'right', string>} Corners text by compass direction, and the titles of the two panes */
/** The cursor of the tool, in pixels of the slice. Without a size it is a crosshair. @typedef {{x: number, y: number, size: number | null}} Cursor */

export class Stage {
  camera = new Camera();
  #announcer = new Announcer();
  #root = find('#stage');
  #canvas = /** @type {HTMLCanvasElement} */ (find('canvas', this.#root));
  #corners = [...this.#root.querySelectorAll('.corner')].map((node) => /** @type {HTMLElement} */ (node));
  /** @type {View | null} */
  #view = null;
  /** @type {Appearance | null} */
  #appearance = null;
  /** @type {Cursor | null} */
  #cursor = null;
  /** The pane of the pointer. */
  #pane = 0;
  #frame = 0;
  #excerpts = new Excerpts();
  #renderer = new Renderer();
  // Of the network's mask, so that both panes keep their canvases.
  #networkExcerpts = new Excerpts();
  #networkRenderer = new Renderer();

  constructor() {
    new ResizeObserver(() => this.schedule()).observe(this.#root);
    this.#followPixelRatio();
  }

  /**
   * @param {View | null} view null while its pixels are loading
   * @param {Appearance} appearance
   * @param {Corners} corners
   * @param {string} label the same for screen readers
   */
  show(view, appearance, corners, label) {
    this.#view = view;
    this.#appearance = appearance;
    this.#root.ariaLabel = label;
    this.#announcer.show(label);
    for (const corner of this.#corners) {
      corner.textContent = corners[/** @type {keyof Corners} */ (corner.dataset.corner)];
    }
    this.schedule();
  }

  /** Nothing is open. */
  clear() {
    this.#view = null;
    this.#root.ariaLabel = 'No slice';
    for (const corner of this.#corners) corner.textContent = '';
    this.schedule();
  }

  /** @param {Cursor | null} cursor null hides it */
  showCursor(cursor) {
    this.#cursor = cursor;
    this.schedule();
  }

  schedule() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  /** The current view without the brush cursor. @returns {Promise<Blob | null>} a PNG */
  toPng() {
    this.#draw(null);
    // Draws the cursor again with the next frame.
    this.schedule();
    return new Promise((resolve) => this.#canvas.toBlob(resolve));
  }

  /**
   * A point of the browser window in pixels of the slice. It may lie outside the slice.
   * @param {number} clientX
   * @param {number} clientY
   * @param {boolean} [dragging] a drag stays in the pane where it began
   */
  toSlice(clientX, clientY, dragging = false) {
    if (!this.#view) return null;
    const point = this.#toDevice(clientX, clientY);
    const panes = this.#panes();
    if (!dragging) this.#pane = Math.max(0, panes.findIndex(({ x, width }) => point.x >= x && point.x < x + width));
    const { scale, left, top } = this.camera.place(panes[this.#pane] ?? panes[0], this.#view.pyramid[0]);
    return { x: (point.x - left) / scale, y: (point.y - top) / scale };
  }

  /** A distance in CSS pixels, in pixels of the slice. @param {number} distance */
  toPixels(distance) {
    return this.#view ? (distance * devicePixelRatio) / this.camera.place(this.#panes()[0], this.#view.pyramid[0]).scale : 0;
  }

  /** @param {number} factor @param {{clientX: number, clientY: number}} [event] the point that stays in place */
  zoomBy(factor, event) {
    if (!this.#view) return;
    const point = event && this.#toDevice(event.clientX, event.clientY);
    const panes = this.#panes();
    const pane = (point && panes.find(({ x, width }) => point.x >= x && point.x < x + width)) ?? panes[0];
    this.camera.zoomBy(factor, pane, this.#view.pyramid[0], point);
    this.schedule();
  }

  /** @param {number} x in CSS pixels @param {number} y */
  panBy(x, y) {
    if (!this.#view) return;
    this.camera.panBy(x * devicePixelRatio, y * devicePixelRatio, this.#panes()[0], this.#view.pyramid[0]);
    this.schedule();
  }

  /** Draws again when the window moves to a display of another density. The stage may keep its size in CSS pixels. */
  #followPixelRatio() {
    const current = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
    current.addEventListener('change', () => this.#followPixelRatio(), { once: true });
    this.schedule();
  }

  /** @param {number} clientX @param {number} clientY */
  #toDevice(clientX, clientY) {
    const { left, top } = this.#canvas.getBoundingClientRect();
    return { x: (clientX - left) * devicePixelRatio, y: (clientY - top) * devicePixelRatio };
  }

  /** @returns {Pane[]} */
  #panes() {
    const { width, height } = this.#canvas;
    if (!this.#view?.sideBySide) return [{ x: 0, y: 0, width, height }];
    const half = Math.floor(width / 2);
    return [{ x: 0, y: 0, width: half - 1, height }, { x: half + 1, y: 0, width: width - half - 1, height }];
  }

  /** @param {Cursor | null} [cursor] */
  #draw(cursor = this.#cursor) {
    const width = Math.round(this.#root.clientWidth * devicePixelRatio);
    const height = Math.round(this.#root.clientHeight * devicePixelRatio);
    if (this.#canvas.width !== width || this.#canvas.height !== height) Object.assign(this.#canvas, { width, height });
    const context = this.#canvas.getContext('2d');
    if (!context || !this.#appearance) return;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    if (!this.#view) return;
    const [first, second] = this.#panes();
    const [slice] = this.#view.pyramid;
    const part = visiblePart(slice, first, this.camera.place(first, slice));
    const excerpt = this.#excerpts.of(this.#view, part);
    const appearance = this.#appearance;
    const { network } = this.#view;
    const renderer = this.#renderer;
    this.#drawPane(renderer, context, first, excerpt, second && !network ? { ...appearance, referenceVisible: false } : appearance, cursor);
    if (!second) return;
    // Both panes show the same part.
    if (network) this.#drawPane(this.#networkRenderer, context, second, this.#networkExcerpts.of({ ...this.#view, edit: null }, part), appearance, cursor);
    else this.#drawPane(renderer, context, second, excerpt, { ...appearance, overlayVisible: false, referenceVisible: true }, cursor);
  }

  /**
   * @param {Renderer} renderer
   * @param {CanvasRenderingContext2D} context
   * @param {Pane} pane
   * @param {Excerpt} excerpt
   * @param {Appearance} appearance
   * @param {Cursor | null} cursor
   */
  #drawPane(renderer, context, pane, excerpt, appearance, cursor) {
    const view = /** @type {View} */ (this.#view);
    const { scale, left, top } = this.camera.place(pane, view.pyramid[0]);
    const { x, y, step } = excerpt.part;
    context.save();
    context.beginPath();
    context.rect(pane.x, pane.y, pane.width, pane.height);
    context.clip();
    // The unit is a pixel of the excerpt.
    context.setTransform(scale * step, 0, 0, scale * step, left + x * step * scale, top + y * step * scale);
    renderer.draw(context, excerpt, appearance, scale * step, (view.sideBySide && !view.network) || view.flickering);
    context.setTransform(1, 0, 0, 1, 0, 0);
    drawLines(context, view.drawn, { scale, left, top });
    context.setTransform(scale, 0, 0, scale, left, top);
    if (cursor) renderer.drawCursor(context, cursor, scale);
    context.restore();
  }
}
