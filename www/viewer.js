/**
 * The stage: a slice with what was found on it, alone or beside the reference, and what is known of it in the corners.
 */
import { Camera } from './camera.js';
import { colour, find } from './dom.js';
import { outline } from './outline.js';
import { agreement, heat, paint, tint } from './picture.js';
import { remember } from './remember.js';

/** @import { Pane } from './camera.js' */
/** @import { Look, Pixels } from './types.js' */
/**
 * @typedef {object} View
 * @property {Pixels} pixels
 * @property {Uint8Array | null} mask
 * @property {Uint16Array | null} probability
 * @property {Uint8Array | null} reference
 * @property {boolean} beside whether the reference has a pane of its own
 */
/** @typedef {Record<'nw' | 'ne' | 'sw' | 'se', string>} Corners lines of text, by the points of the compass */
/** @typedef {{x: number, y: number, size: number}} Cursor where the brush is and how wide, in pixels of the slice */

/** Three colours have to be told apart: they are laid on no weaker than this. */
const LEAST_AGREEMENT = 0.6;

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
  #frame = 0;
  #referenceColour = colour('--reference');
  // Moving about redraws these as they are.
  #paint = remember((/** @type {Pixels} */ pixels, /** @type {Look['contrast']} */ contrast, /** @type {number} */ low, /** @type {number} */ high) =>
    paint(pixels, contrast, { low, high }));
  #tint = remember(tint);
  #heat = remember(heat);
  #agreement = remember(agreement);
  #outline = remember(outline);
  #referenceOutline = remember(outline);
  #referenceTint = remember(tint);

  constructor() {
    new ResizeObserver(() => this.schedule()).observe(this.#stage);
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

  /** The picture as it stands on the stage. @returns {Promise<Blob | null>} a PNG */
  picture() {
    this.#draw();
    return new Promise((resolve) => this.#canvas.toBlob(resolve));
  }

  /**
   * What lies under a point of the window, in pixels of the slice; outside of it as well.
   * @param {number} clientX
   * @param {number} clientY
   */
  pixelAt(clientX, clientY) {
    if (!this.#view) return null;
    const point = this.#devicePoint(clientX, clientY);
    const pane = this.#panes().find(({ x, width }) => point.x >= x && point.x < x + width) ?? this.#panes()[0];
    const { scale, left, top } = this.camera.place(pane, this.#view.pixels);
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

  #draw() {
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
    this.#drawPane(context, first, this.#view, second ? { ...look, reference: false } : look);
    // Beside the mask the reference is drawn as the mask is.
    if (second) this.#drawPane(context, second, this.#view, { ...look, hidden: true, reference: true });
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Pane} pane
   * @param {View} view
   * @param {Look} look
   */
  #drawPane(context, pane, { pixels, mask, probability, reference, beside }, look) {
    const { scale, left, top } = this.camera.place(pane, pixels);
    const { width, height } = pixels;
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.beginPath();
    context.rect(pane.x, pane.y, pane.width, pane.height);
    context.clip();
    context.setTransform(scale, 0, 0, scale, left, top);
    // Near enough, one wants to see the pixels as they are.
    context.imageSmoothingEnabled = scale / devicePixelRatio < 8;
    context.imageSmoothingQuality = 'high';
    context.drawImage(this.#paint(pixels, look.contrast, look.window.low, look.window.high), 0, 0);
    context.imageSmoothingEnabled = false;
    /** @param {Path2D} path @param {string} colour @param {number} strength @param {number} weight */
    const stroke = (path, colour, strength, weight) => {
      context.globalAlpha = strength;
      context.strokeStyle = colour;
      context.lineCap = 'square';
      context.lineWidth = (weight * devicePixelRatio) / scale;
      context.stroke(path);
    };
    /** @param {OffscreenCanvas} layer @param {number} strength */
    const lay = (layer, strength) => {
      context.globalAlpha = strength;
      context.drawImage(layer, 0, 0);
    };
    /** @param {OffscreenCanvas} layer @param {Path2D} path @param {string} colour */
    const cover = (layer, path, colour) => {
      if (look.style === 'fill') lay(layer, look.opacity);
      // A line needs more strength than an area to be seen as well.
      if (look.style === 'fill') stroke(path, colour, Math.min(1, look.opacity + 0.25), 1);
      else stroke(path, colour, 0.4 + 0.6 * look.opacity, 2);
    };
    if (!look.hidden) {
      if (look.overlay === 'heat' && probability) {
        lay(this.#heat(probability, width, height), look.opacity);
        if (mask) stroke(this.#outline(mask, width, height), '#ffffff', 0.8, 1);
      } else if (look.overlay === 'agreement' && mask && reference) {
        lay(this.#agreement(mask, reference, width, height), Math.max(look.opacity, LEAST_AGREEMENT));
      } else if (mask) {
        cover(this.#tint(mask, width, height, look.colour), this.#outline(mask, width, height), look.colour);
      }
    }
    // Agreement says it all already.
    if (reference && look.reference && (look.hidden || look.overlay !== 'agreement')) {
      const path = this.#referenceOutline(reference, width, height);
      if (beside && look.hidden) cover(this.#referenceTint(reference, width, height, this.#referenceColour), path, this.#referenceColour);
      else stroke(path, this.#referenceColour, 1, 1.5);
    }
    if (this.#cursor) this.#drawCursor(context, this.#cursor, scale);
    context.restore();
  }

  /** @param {CanvasRenderingContext2D} context @param {Cursor} cursor @param {number} scale */
  #drawCursor(context, { x, y, size }, scale) {
    context.beginPath();
    context.arc(x, y, size / 2, 0, 2 * Math.PI);
    // Dark under light: seen on any tissue.
    for (const [style, weight] of /** @type {const} */ ([['#000', 3], ['#fff', 1.25]])) {
      context.globalAlpha = 1;
      context.strokeStyle = style;
      context.lineWidth = (weight * devicePixelRatio) / scale;
      context.stroke();
    }
  }
}
