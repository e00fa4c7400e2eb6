import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeOf } from './change.js';

/**
 * @param {number} voxels
 * @param {[number, number, number]} range at 0.3, 0.5 and 0.7
 * @param {number | null} millilitresPerVoxel
 */
function measure(voxels, range, millilitresPerVoxel = null) {
  const volume = (/** @type {number} */ count) => (millilitresPerVoxel === null ? null : count * millilitresPerVoxel);
  return /** @type {any} */ ({
    voxels, millilitres: volume(voxels), slices: [{ segmented: true, edited: false }],
    range: range.map((count, i) => ({ threshold: [0.3, 0.5, 0.7][i], voxels: count, millilitres: volume(count) })),
  });
}

test('a change has millilitres, a fraction and a range', () => {
  const change = changeOf(measure(100, [120, 100, 80], 0.5), measure(150, [180, 150, 140], 1));
  assert.deepEqual([change.millilitres, change.earlier, change.later], [true, 50, 150]);
  assert.deepEqual(change.change, { amount: 100, fraction: 2 });
  assert.deepEqual(change.lowest, { amount: 80, fraction: 80 / 60 });
  assert.deepEqual(change.highest, { amount: 140, fraction: 3.5 });
  assert.equal(change.within, false);
});

test('a change lies within the range when the volumes of the two cases overlap', () => {
  const change = changeOf(measure(100, [120, 100, 80]), measure(110, [130, 110, 90]));
  assert.deepEqual([change.lowest.amount, change.highest.amount, change.within], [-30, 50, true]);
  assert.equal(changeOf(measure(100, [120, 100, 80]), measure(60, [79, 60, 50])).within, false);
  assert.equal(changeOf(measure(100, [120, 100, 80]), measure(60, [80, 60, 50])).within, true);
});

test('a change by edits may lie outside the range', () => {
  assert.equal(changeOf(measure(100, [120, 100, 80]), measure(400, [130, 110, 90])).within, false);
});

test('a volume that was 0 gives no fraction', () => {
  const change = changeOf(measure(0, [10, 0, 0], 1), measure(20, [30, 20, 15], 1));
  assert.deepEqual(change.change, { amount: 20, fraction: null });
  assert.equal(change.lowest.fraction, 0.5);
  assert.equal(change.highest.fraction, null);
  const none = changeOf(measure(0, [0, 0, 0]), measure(0, [0, 0, 0]));
  assert.deepEqual([none.change.amount, none.within], [0, false]);
});

test('amounts are voxels unless both volumes are known', () => {
  const change = changeOf(measure(100, [120, 100, 80], 0.5), measure(150, [180, 150, 140]));
  assert.deepEqual([change.millilitres, change.change.amount], [false, 50]);
});

test('edited and missing masks are marked', () => {
  const [before, after] = [measure(1, [1, 1, 1]), measure(1, [1, 1, 1])];
  assert.deepEqual([changeOf(before, after).edited, changeOf(before, after).complete], [false, true]);
  after.slices.push({ segmented: false, edited: true });
  before.slices.push({ segmented: false, edited: false });
  assert.deepEqual([changeOf(before, after).edited, changeOf(before, after).complete], [true, false]);
});
