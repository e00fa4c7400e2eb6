import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grown, shrunk } from './morphology.js';
import { filled, largestRegion, onlyRegion, withoutRegion } from './regions.js';
import { areaOf, maskOf, randomMasks } from './random-masks.test.js';

/**
 * The number of the region of each pixel, from 1; 0 elsewhere.
 * @param {Uint8Array} mask
 * @param {number} width
 * @param {number} height
 * @param {number} value of the pixels that form regions
 * @param {boolean} corners
 */
function labelled(mask, width, height, value, corners) {
  const labels = new Uint32Array(mask.length);
  let count = 0;
  for (let start = 0; start < mask.length; start++) {
    if (mask[start] !== value || labels[start]) continue;
    labels[start] = ++count;
    for (const queue = [start]; queue.length > 0; ) {
      const at = /** @type {number} */ (queue.pop());
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) {
          const [x, y] = [(at % width) + dx, Math.floor(at / width) + dy];
          const next = y * width + x;
          if ((!corners && dx && dy) || x < 0 || y < 0 || x >= width || y >= height || mask[next] !== value || labels[next]) continue;
          labels[next] = count;
          queue.push(next);
        }
      }
    }
  }
  return labels;
}

test('regions are those of a flood fill with eight neighbours', () => {
  for (const { mask, width, height } of randomMasks()) {
    const labels = labelled(mask, width, height, 1, true);
    let [most, largest] = [0, 0];
    for (let label = 1; label <= Math.max(...labels); label++) {
      const area = labels.filter((one) => one === label).length;
      if (area > most) [most, largest] = [area, label];
    }
    const found = largestRegion(mask, width, height);
    assert.equal(found?.region.reduce((sum, i) => sum + found.runs.ends[i] - found.runs.starts[i], 0) ?? 0, most);
    if (found) assert.equal(labels[found.runs.rows[found.region[0]] * width + found.runs.starts[found.region[0]]], largest);
    for (let at = 0; at < mask.length; at++) {
      const point = { x: (at % width) + 0.5, y: Math.floor(at / width) + 0.5 };
      const [only, without] = [onlyRegion(mask, width, height, point), withoutRegion(mask, width, height, point)];
      if (!mask[at]) {
        assert.deepEqual([only, without], [null, null]);
        continue;
      }
      assert.deepEqual(only, mask.map((_, i) => Number(labels[i] === labels[at])));
      assert.deepEqual(without, mask.map((value, i) => Number(value && labels[i] !== labels[at])));
    }
  }
});

test('a point outside the slice has no region', () => {
  for (const [x, y] of [[-1, 0], [0, -0.5], [2, 0], [0, 2]]) assert.equal(onlyRegion(maskOf('##', '##'), 2, 2, { x, y }), null);
});

test('holes are the parts outside that no path of four neighbours connects to the border', () => {
  for (const { mask, width, height } of randomMasks()) {
    const labels = labelled(mask, width, height, 0, false);
    const open = new Set([...labels].filter((_, i) => i % width === 0 || (i + 1) % width === 0 || i < width || i >= mask.length - width));
    assert.deepEqual(filled(mask, width, height), mask.map((value, i) => Number(value || !open.has(labels[i]))));
  }
});

test('a ring is filled, also where it is closed only at corners', () => {
  assert.equal(areaOf(filled(maskOf('.#.', '#.#', '.#.'), 3, 3)), 5);
  assert.equal(areaOf(filled(maskOf('.#.', '#.#', '...'), 3, 3)), 3);
});

test('growing and shrinking change the mask by the pixels that share an edge with it', () => {
  for (const { mask, width, height } of randomMasks()) {
    /** @param {number} i */
    const neighbours = (i) => [[-1, 0], [1, 0], [0, -1], [0, 1]].map(([dx, dy]) => {
      const [x, y] = [(i % width) + dx, Math.floor(i / width) + dy];
      return x < 0 || y < 0 || x >= width || y >= height ? 0 : mask[y * width + x];
    });
    assert.deepEqual(grown(mask, width, height), mask.map((value, i) => Number(value || neighbours(i).includes(1))));
    assert.deepEqual(shrunk(mask, width, height), mask.map((value, i) => Number(value && !neighbours(i).includes(0))));
  }
});
