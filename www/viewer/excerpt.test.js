import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pyramidOf } from '../worker/pyramid.js';
import { Camera } from './camera.js';
import { Excerpts, smallestPart, visiblePart } from './excerpt.js';
import { maskOf } from './threshold.js';

const LARGE = { width: 1999, height: 1700 };
const PANE = { x: 10, y: 0, width: 1000, height: 800 };

/** @param {{width: number, height: number}} size */
function layersOf({ width, height }) {
  const count = width * height;
  const levels = new Uint16Array(3 * count).map((_, i) => i % 16_000);
  const probability = new Uint16Array(count).map((_, i) => (i * 7919) % 65_536);
  const smallRegions = new Uint8Array(count).map((_, i) => Number(i % 5 === 0));
  return { pyramid: pyramidOf({ width, height, levels, brightest: 255 }), probability, smallRegions, edit: null, reference: smallRegions, threshold: 0.4 };
}

test('a slice that is not large is drawn whole, from its own arrays', () => {
  const layers = layersOf({ width: 256, height: 200 });
  const camera = new Camera();
  camera.zoomBy(9, PANE, layers.pyramid[0]);
  const excerpt = new Excerpts().of(layers, visiblePart(layers.pyramid[0], PANE, camera.place(PANE, layers.pyramid[0])));
  assert.equal(excerpt.pixels, layers.pyramid[0]);
  assert.equal(excerpt.probability, layers.probability);
  assert.equal(excerpt.reference, layers.reference);
  assert.deepEqual(excerpt.mask, maskOf(layers, layers.threshold));
});

test('the part of a large slice covers the pane, and has at most a million pixels', () => {
  const camera = new Camera();
  for (const [zoom, x, y] of [[1, 0, 0], [1.7, 300, -200], [2, -900, 50], [3, 5000, 5000], [1.5, -5000, -5000]]) {
    camera.zoomBy(zoom, PANE, LARGE);
    camera.panBy(x, y, PANE, LARGE);
    const placement = camera.place(PANE, LARGE);
    const part = visiblePart(LARGE, PANE, placement);
    assert.ok(part.width * part.height <= 2 ** 20, `${part.width} x ${part.height}`);
    for (const [start, length, all, from, to, offset] of [
      [part.x, part.width, LARGE.width, PANE.x, PANE.x + PANE.width, placement.left],
      [part.y, part.height, LARGE.height, PANE.y, PANE.y + PANE.height, placement.top],
    ]) {
      const [first, last] = [from, to].map((at) => Math.min(all, Math.max(0, (at - offset) / placement.scale)));
      assert.ok(start * part.step <= first && (start + length) * part.step >= last, `${start} and ${length} of ${part.step} for ${first} to ${last}`);
    }
  }
  assert.equal(visiblePart(LARGE, PANE, camera.place(PANE, LARGE)).step, 1, 'near by, every pixel is drawn');
});

test('a pane without a size has a part', () => {
  const hidden = { x: 0, y: 0, width: 0, height: 0 };
  const { step, ...part } = visiblePart(LARGE, hidden, new Camera().place(hidden, LARGE));
  assert.deepEqual([step, part], [2, { x: 0, y: 0, width: 1000, height: 850 }]);
});

test('the mask of a part has the pixels of the whole mask', () => {
  const layers = layersOf(LARGE);
  const edit = /** @type {Uint8Array} */ (maskOf({ ...layers, edit: null }, 0.8));
  const camera = new Camera();
  camera.zoomBy(2, PANE, LARGE);
  const near = visiblePart(LARGE, PANE, camera.place(PANE, LARGE));
  for (const masks of [layers, { ...layers, smallRegions: null }, { ...layers, edit }]) {
    const whole = /** @type {Uint8Array} */ (maskOf(masks, layers.threshold));
    for (const part of [near, smallestPart(layers.pyramid)]) {
      const { mask, pixels } = new Excerpts().of(masks, part);
      assert.ok(mask);
      assert.deepEqual([pixels.width, pixels.height, mask.length], [part.width, part.height, part.width * part.height]);
      for (let i = 0; i < mask.length; i += 97) {
        const x = Math.min(LARGE.width - 1, (part.x + (i % part.width)) * part.step + (part.step >> 1));
        const y = Math.min(LARGE.height - 1, (part.y + Math.floor(i / part.width)) * part.step + (part.step >> 1));
        assert.equal(mask[i], whole[y * LARGE.width + x], `${x}, ${y}`);
      }
    }
  }
});

test('the levels of a part are those of its resolution', () => {
  const layers = layersOf(LARGE);
  const part = { x: 64, y: 128, width: 320, height: 64, step: 2 };
  const { pixels } = new Excerpts().of(layers, part);
  const from = layers.pyramid[1];
  for (const [x, y] of [[0, 0], [319, 63], [5, 40]]) {
    const [at, origin] = [3 * (y * part.width + x), 3 * ((part.y + y) * from.width + part.x + x)];
    assert.deepEqual(pixels.levels.subarray(at, at + 3), from.levels.subarray(origin, origin + 3));
  }
});

test('an excerpt is kept, and another threshold changes only its mask', () => {
  const layers = layersOf(LARGE);
  const excerpts = new Excerpts();
  const part = smallestPart(layers.pyramid);
  const first = excerpts.of(layers, part);
  const again = excerpts.of({ ...layers }, { ...part });
  for (const name of /** @type {const} */ (['part', 'pixels', 'mask', 'probability', 'reference'])) assert.equal(again[name], first[name], name);
  const other = excerpts.of({ ...layers, threshold: 0.9 }, part);
  assert.equal(other.probability, first.probability);
  assert.notEqual(other.mask, first.mask);
});
