/**
 * How a slice and what was found on it are painted: pixels, mask, heat map or agreement, reference, the brush's rim. Where,
 * the context says: its unit is a pixel of the slice.
 */
import { colour } from '../core/dom.js';
import { outline } from './outline.js';
import { agreement, heat, paint, tint } from './rasterise.js';
import { remember } from '../core/memoize.js';

/** @import { Look, Pixels } from '../core/types.js' */
/** @import { Cursor, View } from './stage.js' */

/** Three colours have to be told apart: they are laid on no weaker than this. */
const LEAST_AGREEMENT = 0.6;

export class Painter {
  #referenceColour = colour('--reference');
  // Moving about paints these as they are.
  #grey = remember((/** @type {Pixels} */ pixels, /** @type {Look['contrast']} */ contrast, /** @type {number} */ low, /** @type {number} */ high) =>
    paint(pixels, contrast, { low, high }));
  #tint = remember(tint);
  #heat = remember(heat);
  #agreement = remember(agreement);
  #outline = remember(outline);
  #referenceOutline = remember(outline);
  #referenceTint = remember(tint);

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {View} view
   * @param {Look} look
   * @param {number} scale device pixels a pixel of the slice
   */
  paint(context, { pixels, mask, probability, reference, beside, flickering }, look, scale) {
    const { width, height } = pixels;
    // Near enough, one wants to see the pixels as they are.
    context.imageSmoothingEnabled = scale / devicePixelRatio < 8;
    context.imageSmoothingQuality = 'high';
    context.drawImage(this.#grey(pixels, look.contrast, look.window.low, look.window.high), 0, 0);
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
      // In the mask's place it is drawn as the mask is: what differs is then the masks alone.
      if ((beside || flickering) && look.hidden) cover(this.#referenceTint(reference, width, height, this.#referenceColour), path, this.#referenceColour);
      else stroke(path, this.#referenceColour, 1, 1.5);
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {Cursor} cursor @param {number} scale */
  paintCursor(context, { x, y, size }, scale) {
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
