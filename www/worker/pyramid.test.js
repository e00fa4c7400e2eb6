import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pyramidOf } from './pyramid.js';

/** @param {number} width @param {number} height @param {(x: number, y: number, channel: number) => number} level */
function slice(width, height, level) {
  const levels = Uint16Array.from({ length: 3 * width * height }, (_, i) => {
    const at = Math.floor(i / 3);
    return level(at % width, Math.floor(at / width), i % 3);
  });
  return { width, height, levels, brightest: 255 };
}

test('a slice of 512 by 512 has no copies', () => {
  const pixels = slice(512, 512, () => 0);
  assert.deepEqual(pyramidOf(pixels), [pixels]);
});

test('a pixel of a copy is the mean of four pixels, in each channel', () => {
  const [, half] = pyramidOf(slice(600, 500, (x, y, channel) => x + 10 * y + 10_000 * channel));
  assert.deepEqual([half.width, half.height, half.brightest], [300, 250, 255]);
  for (const [x, y] of [[0, 0], [299, 249], [17, 101]]) {
    for (const channel of [0, 1, 2]) {
      const mean = Math.round(2 * x + 0.5 + 10 * (2 * y + 0.5) + 10_000 * channel);
      assert.equal(half.levels[3 * (300 * y + x) + channel], mean, `${x}, ${y}, channel ${channel}`);
    }
  }
});

test('the brightest levels do not overflow, and the last row and column of an odd size are kept', () => {
  const [, half] = pyramidOf(slice(601, 501, (x, y) => (x === 600 || y === 500 ? 65_535 : 4)));
  assert.deepEqual([half.width, half.height], [301, 251]);
  const at = (/** @type {number} */ x, /** @type {number} */ y) => half.levels[3 * (301 * y + x)];
  assert.deepEqual([at(300, 0), at(0, 250), at(300, 250), at(299, 249)], [65_535, 65_535, 65_535, 4]);
});

test('the last copy is small, and not smaller than needed', () => {
  assert.deepEqual(pyramidOf(slice(2000, 1100, () => 7)).map(({ width, height }) => [width, height]), [[2000, 1100], [1000, 550], [500, 275]]);
});
