import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tissueWindow, windowFrom, windowOf } from './window-presets.js';

/** Every level from 0 to 299 once, in all channels. */
const pixels = {
  width: 300, height: 1, brightest: 299.2,
  levels: Uint16Array.from({ length: 900 }, (_, i) => Math.floor(i / 3) * 64),
};

test('the tissue window leaves out air and one percent at each end', () => {
  assert.deepEqual(tissueWindow(pixels, 'flair'), { low: 10, high: 297 });
});

test('a preset is the same for every slice, or of the case, or of the slice', () => {
  const custom = { low: 1, high: 2 };
  assert.deepEqual(windowOf('bright', custom, 'flair', pixels), { low: 70, high: 255 });
  assert.deepEqual(windowOf('full', custom, 'flair', pixels), { low: 0, high: 300 });
  assert.deepEqual(windowOf('auto', custom, 'flair', pixels), tissueWindow(pixels, 'flair'));
  assert.equal(windowOf('custom', custom, 'flair', pixels), custom);
});

test('level and width stay within the levels', () => {
  assert.deepEqual(windowFrom(100, 40, 255), { low: 80, high: 120 });
  assert.deepEqual(windowFrom(-5, 0, 255), { low: -1, high: 1 });
  assert.deepEqual(windowFrom(999, 9999, 255), { low: 127.5, high: 382.5 });
});
