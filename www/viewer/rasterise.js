/**
 * Pixels, masks and probabilities as pictures. For the eye alone: no value drawn here reaches the network or a figure.
 */

import { STEPS } from './window-presets.js';

/** @import { Contrast, Pixels, Window } from '../core/types.js' */

/** Where a contrast lies in the pixels. */
const CHANNEL = { pre: 0, flair: 1, post: 2 };

/** Where the mask and the reference agree, by what each says; hues that all common kinds of colour blindness tell apart. */
export const AGREEMENT = { tp: '#ffb000', fp: '#bb3300', fn: '#0099ff' };

/** The heat map from 0 to 1: dark to light all the way, so that it reads without hues as well. */
export const HEAT = ['#1b0f4b', '#5a1a8b', '#a5317e', '#e3594f', '#fb9a2c', '#fff3a3'];

/** A probability of 1 in fixed point. */
const WHOLE = 65535;

/** @param {number} threshold 0 to 1 @returns {number} the smallest fixed-point probability inside */
export function cut(threshold) {
  // As the library rounds it: what is drawn is what is measured.
  return Math.max(1, Math.round(Math.fround(threshold) * WHOLE));
}

/**
 * The network's mask: what is at least as probable as the threshold.
 * @param {Uint16Array} probability
 * @param {number} threshold
 * @param {Uint8Array | null} leftOut 1 where it is not inside all the same
 */
export function maskOf(probability, threshold, leftOut) {
  const least = cut(threshold);
  const mask = new Uint8Array(probability.length);
  for (let i = 0; i < mask.length; i++) mask[i] = probability[i] >= least && !leftOut?.[i] ? 1 : 0;
  return mask;
}

/**
 * One contrast of a slice on a canvas of the slice's own size.
 * @param {Pixels} pixels
 * @param {Contrast} contrast
 * @param {Window} [window]
 */
export function paint({ width, height, levels, brightest }, contrast, window = { low: 0, high: 255 }) {
  const span = Math.max(1, window.high - window.low);
  const shown = new Uint8ClampedArray(Math.ceil(brightest * STEPS) + 1);
  for (let step = 0; step < shown.length; step++) shown[step] = (255 * (step / STEPS - window.low)) / span;
  const image = new ImageData(width, height);
  const words = new Uint32Array(image.data.buffer);
  if (contrast === 'composite') {
    for (let i = 0, at = 0; i < words.length; i++, at += 3) {
      words[i] = 0xff000000 | (shown[levels[at + 2]] << 16) | (shown[levels[at + 1]] << 8) | shown[levels[at]];
    }
  } else {
    for (let i = 0, at = CHANNEL[contrast]; i < words.length; i++, at += 3) words[i] = 0xff000000 | (shown[levels[at]] * 0x010101);
  }
  return canvasOf(image);
}

/**
 * A mask as a picture in one colour, clear outside.
 * @param {Uint8Array} mask
 * @param {number} width
 * @param {number} height
 * @param {string} colour `#rrggbb`
 */
export function tint(mask, width, height, colour) {
  const inside = word(colour);
  return colourIn(width, height, (i) => (mask[i] ? inside : 0));
}

/**
 * The probability as a heat map; the more probable, the less of the slice is seen.
 * @param {Uint16Array} probability
 * @param {number} width
 * @param {number} height
 */
export function heat(probability, width, height) {
  const ramp = Uint32Array.from({ length: 256 }, (_, value) => {
    const at = (value / 255) * (HEAT.length - 1);
    const [from, to] = [HEAT[Math.floor(at)], HEAT[Math.ceil(at)]].map(parts);
    const [red, green, blue] = from.map((part, i) => Math.round(part + (to[i] - part) * (at % 1)));
    // What is next to impossible is not drawn, so that the slice stays in sight.
    return ((Math.min(255, value * 6) << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  });
  return colourIn(width, height, (i) => ramp[probability[i] >> 8]);
}

/**
 * Where a mask and the reference agree and where not, each in its colour.
 * @param {Uint8Array} mask
 * @param {Uint8Array} reference
 * @param {number} width
 * @param {number} height
 */
export function agreement(mask, reference, width, height) {
  const [both, extra, missed] = [AGREEMENT.tp, AGREEMENT.fp, AGREEMENT.fn].map(word);
  return colourIn(width, height, (i) => (mask[i] ? (reference[i] ? both : extra) : reference[i] ? missed : 0));
}

/**
 * @param {number} width
 * @param {number} height
 * @param {(i: number) => number} wordAt
 */
function colourIn(width, height, wordAt) {
  const image = new ImageData(width, height);
  const words = new Uint32Array(image.data.buffer);
  for (let i = 0; i < words.length; i++) words[i] = wordAt(i);
  return canvasOf(image);
}

/** Red, green and blue of `#rrggbb`. @param {string} colour */
function parts(colour) {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

/** As it lies in a picture's memory, opaque. @param {string} colour */
function word(colour) {
  const [red, green, blue] = parts(colour);
  return (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
}

/** @param {ImageData} image */
function canvasOf(image) {
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  return canvas;
}
