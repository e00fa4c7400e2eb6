/**
 * Draws an excerpt of a slice and its overlay: pixels, mask, heat map or agreement, and reference. The unit of the drawing
 * context is a pixel of the excerpt. The brush cursor is drawn in pixels of the slice.
 */
import { cssColour } from '../core/dom.js';
import { memoizeLast } from '../core/memoize.js';
import { outline } from './outline.js';
import { rasteriseAgreement, rasteriseHeatMap, rasteriseMask, rasteriseSlice } from './rasterise.js';

/** @import { Appearance, Contrast, Pixels } from '../core/types.js' */
/** @import { Excerpt } from './excerpt.js' */
/** @import { Cursor } from './stage.js' */

/** The three colours of the agreement have to stay distinct, so their opacity is at least this. */
const MIN_AGREEMENT_OPACITY = 0.6;
/** How far the lines of a crosshair reach from the gap in its middle, in CSS pixels. */
const [CROSS_GAP, CROSS_END] = [3, 10];
/** From this many CSS pixels per pixel of the slice, pixels are drawn as squares. */
const MAX_SMOOTH_SCALE = 8;

export class Renderer {
  #referenceColour = cssColour('--reference');
  // Zooming and panning draw the same canvases again.
  #slice = memoizeLast((/** @type {Pixels} */ pixels, /** @type {Contrast} */ contrast, /** @type {number} */ low, /** @type {number} */ high) =>
    rasteriseSlice(pixels, contrast, { low, high }));
  #mask = memoizeLast(rasteriseMask);
  #heatMap = memoizeLast(rasteriseHeatMap);
  #agreement = memoizeLast(rasteriseAgreement);
  #outline = memoizeLast(outline);
  #referenceOutline = memoizeLast(outline);
  #referenceMask = memoizeLast(rasteriseMask);

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Excerpt} excerpt
   * @param {Appearance} appearance
   * @param {number} scale device pixels per pixel of the excerpt
   * @param {boolean} comparing whether the reference may be in the place of the mask
   */
  draw(context, { pixels, mask, probability, reference }, appearance, scale, comparing) {
    const { width, height } = pixels;
    const { contrast, window, overlay, style, opacity, colour, overlayVisible } = appearance;
    // At high zoom single pixels are visible.
    context.imageSmoothingEnabled = scale / devicePixelRatio < MAX_SMOOTH_SCALE;
    context.imageSmoothingQuality = 'high';
    context.drawImage(this.#slice(pixels, contrast, window.low, window.high), 0, 0);
    context.imageSmoothingEnabled = false;
    /** @param {Path2D} path @param {string} colour @param {number} alpha @param {number} lineWidth in CSS pixels */
    const stroke = (path, colour, alpha, lineWidth) => {
      context.globalAlpha = alpha;
      context.strokeStyle = colour;
      context.lineCap = 'square';
      context.lineWidth = (lineWidth * devicePixelRatio) / scale;
      context.stroke(path);
    };
    /** @param {OffscreenCanvas} layer @param {number} alpha */
    const blend = (layer, alpha) => {
      context.globalAlpha = alpha;
      context.drawImage(layer, 0, 0);
    };
    /** @param {OffscreenCanvas} layer @param {Path2D} path @param {string} colour */
    const drawMask = (layer, path, colour) => {
      if (style === 'fill') blend(layer, opacity);
      // A line needs more opacity than an area to be as visible.
      if (style === 'fill') stroke(path, colour, Math.min(1, opacity + 0.25), 1);
      else stroke(path, colour, 0.4 + 0.6 * opacity, 2);
    };
    if (overlayVisible) {
      if (overlay === 'heat' && probability) {
        blend(this.#heatMap(probability, width, height), opacity);
        if (mask) stroke(this.#outline(mask, width, height), '#ffffff', 0.8, 1);
      } else if (overlay === 'agreement' && mask && reference) {
        blend(this.#agreement(mask, reference, width, height), Math.max(opacity, MIN_AGREEMENT_OPACITY));
      } else if (mask) {
        drawMask(this.#mask(mask, width, height, colour), this.#outline(mask, width, height), colour);
      }
    }
    // The agreement shows the reference already.
    if (reference && appearance.referenceVisible && (!overlayVisible || overlay !== 'agreement')) {
      const path = this.#referenceOutline(reference, width, height);
      // In place of the mask, the reference is drawn like a mask, so that only the shapes differ.
      if (comparing && !overlayVisible) drawMask(this.#referenceMask(reference, width, height, this.#referenceColour), path, this.#referenceColour);
      else stroke(path, this.#referenceColour, 1, 1.5);
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {Cursor} cursor @param {number} scale */
  drawCursor(context, { x, y, size }, scale) {
    const unit = devicePixelRatio / scale;
    context.beginPath();
    if (size !== null) context.arc(x, y, size / 2, 0, 2 * Math.PI);
    else {
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        context.moveTo(x + CROSS_GAP * unit * dx, y + CROSS_GAP * unit * dy);
        context.lineTo(x + CROSS_END * unit * dx, y + CROSS_END * unit * dy);
      }
    }
    // White on black is visible on any tissue.
    for (const [style, lineWidth] of /** @type {const} */ ([['#000', 3], ['#fff', 1.25]])) {
      context.globalAlpha = 1;
      context.strokeStyle = style;
      context.lineWidth = lineWidth * unit;
      context.stroke();
    }
  }
}
