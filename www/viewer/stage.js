/**
 * The canvas with the slice: zoom and pan, one or two panes, and text in the corners.
 */
import { Announcer } from '../core/announcer.js';
import { find } from '../core/dom.js';
import { drawLines } from '../measuring/draw-lines.js';
import { Camera, sameScale } from './camera.js';
import { Excerpts, visiblePart } from './excerpt.js';
import { Renderer } from './renderer.js';

/** @import { Pane, Placement } from './camera.js' */
/** @import { Excerpt, Layers, Part } from './excerpt.js' */
/** @import { Appearance } from '../core/types.js' */
/** @import { Drawn } from '../measuring/draw-lines.js' */
/**
 * A slice in a pane. `pixel`: the width of a pixel in millimetres, where it is known. `layers` is null while the pixels are loading,
 * and where the other case has no slice.
 * @typedef {{width: number, height: number, pixel: number | null, layers: Layers | null, drawn: Drawn, appearance: Appearance}} Content
 */
/**
 * What one or two panes show. `active`: the pane of the slice in view, where the other pane shows a slice of another case. `comparing`:
 * whether the reference may be in the place of the mask.
 * @typedef {{contents: Content[], active: number | null, comparing: boolean}} View
 */
/** @typedef {Record<'nw' | 'ne' | 'sw' | 'se' | 'left' | 'right' | 'other', string>} Corners text by compass direction, the titles of the two panes, and the top of the right one */
/** The cursor of the tool, in pixels of the slice. Without a size it is a crosshair. @typedef {{x: number, y: number, size: number | null}} Cursor */

export class Stage {
  camera = new Camera();
  #announcer = new Announcer();
  #root = find('#stage');
  #canvas = /** @type {HTMLCanvasElement} */ (find('canvas', this.#root));
  #corners = [...this.#root.querySelectorAll('.corner')].map((node) => /** @type {HTMLElement} */ (node));
  /** @type {View | null} */
  #view = null;
  /** @type {Cursor | null} */
  #cursor = null;
  /** The pane of the pointer. */
  #pane = 0;
  #frame = 0;
  /** For each pane, so that both keep their canvases. */
  #excerpts = [new Excerpts(), new Excerpts()];
  #renderers = [new Renderer(), new Renderer()];

  constructor() {
    new ResizeObserver(() => this.schedule()).observe(this.#root);
    this.#followPixelRatio();
  }

  /**
   * @param {View} view
   * @param {Corners} corners
   * @param {string} label the same for screen readers
   */
  show(view, corners, label) {
    this.#view = view;
    this.#root.dataset.active = String(view.active ?? '');
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
    this.#root.dataset.active = '';
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
   * A point of the browser window in pixels of the slice in view; null above another slice. It may lie outside the slice.
   * @param {number} clientX
   * @param {number} clientY
   * @param {boolean} [dragging] a drag stays in the pane where it began
   */
  toSlice(clientX, clientY, dragging = false) {
    const point = this.#toDevice(clientX, clientY);
    if (!dragging) this.#pane = this.#paneAt(point);
    if (this.#isOther(this.#pane)) return null;
    const placed = this.#placed(this.#pane);
    return placed && { x: (point.x - placed.left) / placed.scale, y: (point.y - placed.top) / placed.scale };
  }

  /** Whether a point of the browser window is above another slice than the one in view. @param {number} clientX @param {number} clientY */
  isOther(clientX, clientY) {
    return this.#isOther(this.#paneAt(this.#toDevice(clientX, clientY)));
  }

  /** A distance in CSS pixels, in pixels of the slice in view. @param {number} distance */
  toPixels(distance) {
    const placed = this.#placed(this.#view?.active ?? 0);
    return placed ? (distance * devicePixelRatio) / placed.scale : 0;
  }

  /** @param {number} factor @param {{clientX: number, clientY: number}} [event] the point that stays in place */
  zoomBy(factor, event) {
    const point = event && this.#toDevice(event.clientX, event.clientY);
    const at = point ? this.#paneAt(point) : (this.#view?.active ?? 0);
    const slice = this.#slice(at);
    if (slice) this.camera.zoomBy(factor, this.#panes()[at], slice, point);
    this.schedule();
  }

  /** @param {number} x in CSS pixels @param {number} y */
  panBy(x, y) {
    const at = this.#view?.active ?? 0;
    const slice = this.#slice(at);
    if (slice) this.camera.panBy(x * devicePixelRatio, y * devicePixelRatio, this.#panes()[at], slice);
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
    if (this.#view?.contents.length !== 2) return [{ x: 0, y: 0, width, height }];
    const half = Math.floor(width / 2);
    return [{ x: 0, y: 0, width: half - 1, height }, { x: half + 1, y: 0, width: width - half - 1, height }];
  }

  /** @param {{x: number}} point in device pixels */
  #paneAt(point) {
    return Math.max(0, this.#panes().findIndex(({ x, width }) => point.x >= x && point.x < x + width));
  }

  /** Whether a pane shows another slice than the one in view. @param {number} pane */
  #isOther(pane) {
    const active = this.#view?.active ?? null;
    return active !== null && pane !== active;
  }

  /** The size of the slice in a pane. @param {number} at */
  #slice(at) {
    const { contents = [], active = null } = this.#view ?? {};
    if (!contents[at]?.layers) return null;
    const { width, height } = contents[at];
    const panes = this.#panes();
    return { width, height, fraction: active === null ? 1 : sameScale(contents.map((content, i) => ({ ...content, pane: panes[i] })))[at] };
  }

  /** Where the slice of a pane is. @param {number} at */
  #placed(at) {
    const slice = this.#slice(at);
    return slice && this.camera.place(this.#panes()[at], slice);
  }

  /** @param {Cursor | null} [cursor] */
  #draw(cursor = this.#cursor) {
    const width = Math.round(this.#root.clientWidth * devicePixelRatio);
    const height = Math.round(this.#root.clientHeight * devicePixelRatio);
    if (this.#canvas.width !== width || this.#canvas.height !== height) Object.assign(this.#canvas, { width, height });
    const context = this.#canvas.getContext('2d');
    if (!context) return;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    /** @type {Part | null} */
    let part = null;
    for (const [at, { layers }] of this.#view?.contents.entries() ?? []) {
      const placed = this.#placed(at);
      if (!layers || !placed) continue;
      // Panes with the same slice show the same part of it.
      if (!part || this.#view?.active !== null) part = visiblePart(layers.pyramid[0], this.#panes()[at], placed);
      // With the same masks, too, both have the same canvases.
      const which = layers === this.#view?.contents[0].layers ? 0 : at;
      this.#drawPane(context, at, placed, this.#excerpts[which].of(layers, part), this.#renderers[which], this.#isOther(at) ? null : cursor);
    }
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {number} at
   * @param {Placement} placement
   * @param {Excerpt} excerpt
   * @param {Renderer} renderer
   * @param {Cursor | null} cursor
   */
  #drawPane(context, at, { scale, left, top }, excerpt, renderer, cursor) {
    const pane = this.#panes()[at];
    const { contents, comparing } = /** @type {View} */ (this.#view);
    const { appearance, drawn } = contents[at];
    const { x, y, step } = excerpt.part;
    context.save();
    context.beginPath();
    context.rect(pane.x, pane.y, pane.width, pane.height);
    context.clip();
    // The unit is a pixel of the excerpt.
    context.setTransform(scale * step, 0, 0, scale * step, left + x * step * scale, top + y * step * scale);
    renderer.draw(context, excerpt, appearance, scale * step, comparing);
    context.setTransform(1, 0, 0, 1, 0, 0);
    drawLines(context, drawn, { scale, left, top });
    context.setTransform(scale, 0, 0, scale, left, top);
    if (cursor) renderer.drawCursor(context, cursor, scale);
    context.restore();
  }
}
