/**
 * The stage: one slice, its mask over it, and what is known of it in the corners.
 */
import { colour, find } from './dom.js';
import { outline, paint, tint } from './picture.js';

/** @import { Look, Pixels } from './types.js' */
/**
 * @typedef {object} View
 * @property {Pixels} pixels
 * @property {Uint8Array | null} mask
 * @property {Uint8Array | null} reference
 */
/** @typedef {Record<'nw' | 'ne' | 'sw' | 'se', string>} Corners lines of text, by the points of the compass */

/** How far a wheel or a finger travels for one slice, in CSS pixels. */
const WHEEL_STEP = 40;
const SWIPE_STEP = 14;

export class Viewer {
  #stage = find('#stage');
  #canvas = /** @type {HTMLCanvasElement} */ (find('canvas', this.#stage));
  #corners = [...this.#stage.querySelectorAll('.corner')].map((node) => /** @type {HTMLElement} */ (node));
  /** @type {View | null} */
  #view = null;
  /** @type {Look | null} */
  #look = null;
  #frame = 0;
  #colour = { lesion: colour('--lesion'), reference: colour('--reference') };

  /** @param {(slices: number) => void} onStep */
  constructor(onStep) {
    new ResizeObserver(() => this.#schedule()).observe(this.#stage);
    let turned = 0;
    this.#stage.addEventListener('wheel', (event) => {
      if (event.ctrlKey) return;
      event.preventDefault();
      turned += event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? event.deltaY : event.deltaY * WHEEL_STEP;
      const steps = Math.trunc(turned / WHEEL_STEP);
      turned -= steps * WHEEL_STEP;
      if (steps) onStep(steps);
    }, { passive: false });
    let from = 0;
    this.#stage.addEventListener('pointerdown', (event) => {
      from = event.clientX;
    });
    this.#stage.addEventListener('pointermove', (event) => {
      const steps = event.buttons === 1 ? Math.trunc((event.clientX - from) / SWIPE_STEP) : 0;
      from += steps * SWIPE_STEP;
      if (steps) onStep(steps);
    });
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
    this.#schedule();
  }

  #schedule() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    const ratio = devicePixelRatio;
    const width = Math.round(this.#stage.clientWidth * ratio);
    const height = Math.round(this.#stage.clientHeight * ratio);
    if (this.#canvas.width !== width || this.#canvas.height !== height) Object.assign(this.#canvas, { width, height });
    const context = this.#canvas.getContext('2d');
    if (!context || !this.#look) return;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    if (!this.#view) return;
    const { pixels, mask, reference } = this.#view;
    const look = this.#look;
    const scale = Math.min(width / pixels.width, height / pixels.height);
    const left = Math.round((width - pixels.width * scale) / 2);
    const top = Math.round((height - pixels.height * scale) / 2);
    context.setTransform(scale, 0, 0, scale, left, top);
    context.imageSmoothingQuality = 'high';
    context.drawImage(paint(pixels, look.contrast), 0, 0);
    context.imageSmoothingEnabled = false;
    /** @param {Uint8Array} drawn @param {string} colour @param {number} strength @param {number} weight */
    const stroke = (drawn, colour, strength, weight) => {
      context.globalAlpha = strength;
      context.strokeStyle = colour;
      context.lineCap = 'square';
      context.lineWidth = (weight * ratio) / scale;
      context.stroke(outline(drawn, pixels.width, pixels.height));
    };
    if (mask && !look.hidden) {
      const colour = this.#colour.lesion;
      if (look.style === 'fill') {
        context.globalAlpha = look.opacity;
        context.drawImage(tint(mask, pixels.width, pixels.height, colour), 0, 0);
        stroke(mask, colour, Math.min(1, look.opacity + 0.25), 1);
      } else {
        // A line needs more strength than an area to be seen as well.
        stroke(mask, colour, 0.4 + 0.6 * look.opacity, 2);
      }
    }
    if (reference && look.reference) stroke(reference, this.#colour.reference, 1, 1.5);
    context.globalAlpha = 1;
  }
}
