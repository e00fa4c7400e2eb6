import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countOf, formatArea, formatDifference, formatDownload, formatDuration, formatMillilitres, formatRemaining, formatScore, formatVolume, NONE } from './format.js';

test('counts have a noun in the right number', () => {
  assert.equal(countOf(1, 'slice'), '1 slice');
  assert.equal(countOf(1234, 'slice'), '1,234 slices');
});

test('sizes have millimetres only where they are known', () => {
  assert.equal(formatArea(7, null), '7 pixels');
  assert.equal(formatArea(7, 5.6), '7 pixels, 6 mm²');
  assert.equal(formatVolume(1, 0.004), '1 voxel, 0.00 mL');
  assert.equal(formatMillilitres(12.34), '12.3 mL');
});

test('a difference has a sign unless it is shown as 0', () => {
  assert.equal(formatDifference(1.5, formatMillilitres), '+1.50 mL');
  assert.equal(formatDifference(-12.34, formatMillilitres), '−12.3 mL');
  assert.equal(formatDifference(-0.001, formatMillilitres), '0.00 mL');
});

test('a score that is not defined is a dash', () => {
  assert.equal(formatScore(0.8766), '0.877');
  for (const value of [null, undefined, NaN]) assert.equal(formatScore(value), NONE);
});

test('a download has its size only where that is known', () => {
  assert.equal(formatDownload(2_140_000, 5_300_000), '2.1 of 5.3 MB');
  assert.equal(formatDownload(2_140_000, null), '2.1 MB');
});

test('times have a unit that fits', () => {
  assert.equal(formatDuration(999.4), '999 ms');
  assert.equal(formatDuration(1250), '1.3 s');
  assert.equal(formatRemaining(89_000), '89 s');
  assert.equal(formatRemaining(120_000), '2 min');
});
