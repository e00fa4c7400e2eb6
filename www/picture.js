/**
 * Pixels and masks as pictures. For the eye alone: no value drawn here reaches the network.
 */

/** @import { Contrast, Pixels } from './types.js' */

/** Where a contrast lies in the pixels. */
const CHANNEL = { pre: 0, flair: 1, post: 2 };

/**
 * One contrast of a slice on a canvas of the slice's own size.
 * @param {Pixels} pixels
 * @param {Contrast} contrast
 */
export function paint({ width, height, rgba }, contrast) {
  const image = new ImageData(width, height);
  image.data.set(rgba);
  if (contrast !== 'composite') {
    const channel = CHANNEL[contrast];
    for (let i = 0; i < rgba.length; i += 4) image.data[i] = image.data[i + 1] = image.data[i + 2] = rgba[i + channel];
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
  const image = new ImageData(width, height);
  const words = new Uint32Array(image.data.buffer);
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  const [word] = new Uint32Array(new Uint8Array([red, green, blue, 255]).buffer);
  for (let i = 0; i < mask.length; i++) if (mask[i]) words[i] = word;
  return canvasOf(image);
}

/**
 * The outline of a mask along the edges of its pixels, in pixels: what is inside lies inside the line.
 * @param {Uint8Array} mask
 * @param {number} width
 * @param {number} height
 */
export function outline(mask, width, height) {
  const path = new Path2D();
  /** @param {number} x @param {number} y */
  const inside = (x, y) => x >= 0 && y >= 0 && x < width && y < height && mask[y * width + x] !== 0;
  // Edges in one line are drawn in one stroke, so that no joint shows.
  for (let y = 0; y <= height; y++) {
    for (let x = 0; x < width; x++) {
      const start = x;
      while (x < width && inside(x, y - 1) !== inside(x, y)) x++;
      if (x > start) line(path, start, y, x, y);
    }
  }
  for (let x = 0; x <= width; x++) {
    for (let y = 0; y < height; y++) {
      const start = y;
      while (y < height && inside(x - 1, y) !== inside(x, y)) y++;
      if (y > start) line(path, x, start, x, y);
    }
  }
  return path;
}

/** @param {Path2D} path @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 */
function line(path, x0, y0, x1, y1) {
  path.moveTo(x0, y0);
  path.lineTo(x1, y1);
}

/** @param {ImageData} image */
function canvasOf(image) {
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  return canvas;
}
