import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outlineSegments } from './outline.js';

test('an empty mask has no outline', () => {
  assert.deepEqual(outlineSegments(new Uint8Array(9), 3, 3), []);
});

test('edges on one line are one segment', () => {
  const mask = Uint8Array.from([0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]);
  assert.deepEqual(outlineSegments(mask, 4, 3), [[1, 1, 3, 1], [1, 2, 3, 2], [1, 1, 1, 2], [3, 1, 3, 2]].flat());
});

test('the outline runs along every edge between inside and outside', () => {
  const [width, height] = [9, 7];
  const mask = Uint8Array.from({ length: width * height }, (_, i) => Number((i * 7919) % 5 < 2));
  /** @param {number} x @param {number} y */
  const at = (x, y) => (x < 0 || y < 0 || x >= width || y >= height ? 0 : mask[y * width + x]);
  const edges = [];
  for (let y = 0; y <= height; y++) {
    for (let x = 0; x <= width; x++) {
      if (at(x, y) !== at(x, y - 1)) edges.push(`${x} ${y} right`);
      if (at(x, y) !== at(x - 1, y)) edges.push(`${x} ${y} down`);
    }
  }
  const segments = outlineSegments(mask, width, height);
  const drawn = [];
  for (let i = 0; i < segments.length; i += 4) {
    const [x0, y0, x1, y1] = segments.slice(i, i + 4);
    for (let x = x0; x < x1; x++) drawn.push(`${x} ${y0} right`);
    for (let y = y0; y < y1; y++) drawn.push(`${x0} ${y} down`);
  }
  assert.deepEqual(drawn.sort(), edges.sort());
});
