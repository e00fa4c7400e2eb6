/**
 * Pixels, masks and probabilities as canvases, for display only.
 */
import { STEPS_PER_LEVEL } from './window-presets.js';

/** @import { Appearance, Contrast, Pixels, Window } from '../core/types.js' */

/** The channel of each contrast in the pixels. */
const CHANNEL = { pre: 0, flair: 1, post: 2 };

/** True positive, false positive and false negative. Distinct for all common kinds of colour blindness. */
export const AGREEMENT_COLOURS = { tp: '#ffb000', fp: '#bb3300', fn: '#0099ff' };

/** The heat map from 0 to 1. Its lightness rises steadily, so that it can be read without hue. */
export const HEAT_COLOURS = ['#1b0f4b', '#5a1a8b', '#a5317e', '#e3594f', '#fb9a2c', '#fff3a3'];

/** The heat map's opacity reaches its maximum at 1/6: very small probabilities stay transparent. */
const HEAT_ALPHA_SLOPE = 6;

/**
 * One contrast of a slice, on a canvas of the slice's size.
 * @param {Pixels} pixels
 * @param {Contrast} contrast
 * @param {Window} [window]
 */
export function rasteriseSlice({ width, height, levels, brightest }, contrast, window = { low: 0, high: 255 }) {
  const span = Math.max(1, window.high - window.low);
  const shades = new Uint8ClampedArray(Math.ceil(brightest * STEPS_PER_LEVEL) + 1);
  const greys = new Uint32Array(shades.length);
  for (let step = 0; step < shades.length; step++) {
    shades[step] = (255 * (step / STEPS_PER_LEVEL - window.low)) / span;
    greys[step] = 0xff000000 | (shades[step] * 0x010101);
  }
  return rasterise(width, height, (words) => {
    if (contrast === 'composite') {
      const [red, green, blue] = [0xff0000ff, 0xff00ff00, 0xffff0000];
      for (let i = 0, at = 0; i < words.length; i++, at += 3) {
        words[i] = (greys[levels[at]] & red) | (greys[levels[at + 1]] & green) | (greys[levels[at + 2]] & blue);
      }
    } else {
      for (let i = 0, at = CHANNEL[contrast]; i < words.length; i++, at += 3) words[i] = greys[levels[at]];
    }
  });
}

/**
 * A mask in one colour, transparent outside.
 * @param {Uint8Array} mask
 * @param {number} width
 * @param {number} height
 * @param {string} colour `#rrggbb`
 */
export function rasteriseMask(mask, width, height, colour) {
  const colours = Uint32Array.of(0, abgr(colour));
  return rasterise(width, height, (words) => {
    for (let i = 0; i < words.length; i++) words[i] = colours[mask[i]];
  });
}

/**
 * The probability as a heat map.
 * @param {Uint16Array} probability
 * @param {number} width
 * @param {number} height
 */
export function rasteriseHeatMap(probability, width, height) {
  const ramp = Uint32Array.from({ length: 256 }, (_, value) => {
    const at = (value / 255) * (HEAT_COLOURS.length - 1);
    const [from, to] = [HEAT_COLOURS[Math.floor(at)], HEAT_COLOURS[Math.ceil(at)]].map(rgb);
    const [red, green, blue] = from.map((part, i) => Math.round(part + (to[i] - part) * (at % 1)));
    return ((Math.min(255, value * HEAT_ALPHA_SLOPE) << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  });
  return rasterise(width, height, (words) => {
    for (let i = 0; i < words.length; i++) words[i] = ramp[probability[i] >> 8];
  });
}

/**
 * True positive, false positive and false negative pixels of a mask.
 * @param {Uint8Array} mask
 * @param {Uint8Array} reference
 * @param {number} width
 * @param {number} height
 */
export function rasteriseAgreement(mask, reference, width, height) {
  const { tp, fp, fn } = AGREEMENT_COLOURS;
  const colours = Uint32Array.of(0, abgr(fp), abgr(fn), abgr(tp));
  return rasterise(width, height, (words) => {
    for (let i = 0; i < words.length; i++) words[i] = colours[mask[i] + 2 * reference[i]];
  });
}

/**
 * A slice with its mask, in the middle of a square canvas.
 * @param {HTMLCanvasElement} canvas
 * @param {Pixels} pixels
 * @param {Uint8Array | null} mask null where there is none or it is hidden
 * @param {Pick<Appearance, 'contrast' | 'window' | 'colour'>} appearance
 */
export function drawThumbnail(canvas, pixels, mask, { contrast, window, colour }) {
  const context = canvas.getContext('2d');
  if (!context) return;
  const side = canvas.width;
  const scale = Math.min(side / pixels.width, side / pixels.height);
  const [width, height] = [pixels.width * scale, pixels.height * scale];
  const area = /** @type {const} */ ([(side - width) / 2, (side - height) / 2, width, height]);
  context.clearRect(0, 0, side, side);
  context.imageSmoothingQuality = 'high';
  context.drawImage(rasteriseSlice(pixels, contrast, window), ...area);
  if (!mask) return;
  context.globalAlpha = 0.75;
  context.drawImage(rasteriseMask(mask, pixels.width, pixels.height, colour), ...area);
  context.globalAlpha = 1;
}

/**
 * @param {number} width
 * @param {number} height
 * @param {(words: Uint32Array) => void} paint writes the colour of every pixel, as `abgr`. A call for each pixel would take twice as long
 */
function rasterise(width, height, paint) {
  const image = new ImageData(width, height);
  paint(new Uint32Array(image.data.buffer));
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  return canvas;
}

/** Red, green and blue of `#rrggbb`. @param {string} colour */
function rgb(colour) {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

/** An opaque colour in the byte order of `ImageData` on little-endian machines. @param {string} colour */
function abgr(colour) {
  const [red, green, blue] = rgb(colour);
  return (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
}
