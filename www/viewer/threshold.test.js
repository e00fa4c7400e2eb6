import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixedPoint, isEmpty, maskOf, thresholdMask } from './threshold.js';

test('a threshold of 0 still needs a probability above 0', () => {
  assert.equal(fixedPoint(0), 1);
  assert.equal(fixedPoint(1), 65535);
});

test('a mask has what reaches the threshold, without small regions', () => {
  const half = fixedPoint(0.5);
  const probability = Uint16Array.of(half - 1, half, 65535, 65535);
  assert.deepEqual([...thresholdMask(probability, 0.5, null)], [0, 1, 1, 1]);
  assert.deepEqual([...thresholdMask(probability, 0.5, Uint8Array.of(0, 0, 0, 1))], [0, 1, 1, 0]);
});

test('an edited mask replaces the predicted one', () => {
  const [probability, edit] = [Uint16Array.of(0, 65535), Uint8Array.of(1, 0)];
  assert.deepEqual(maskOf({ probability, smallRegions: null, edit: null }, 0.5), Uint8Array.of(0, 1));
  assert.equal(maskOf({ probability, smallRegions: null, edit }, 0.5), edit);
  assert.equal(maskOf({ probability: null, smallRegions: null, edit: null }, 0.5), null);
});

test('a mask is empty if it exists and has no pixel', () => {
  const masks = { probability: Uint16Array.of(0, fixedPoint(0.5)), smallRegions: null, edit: null };
  assert.equal(isEmpty(masks, 0.5), false);
  assert.equal(isEmpty(masks, 0.6), true);
  assert.equal(isEmpty({ ...masks, smallRegions: Uint8Array.of(0, 1) }, 0.5), true);
  assert.equal(isEmpty({ ...masks, edit: new Uint8Array(2) }, 0.5), true);
  assert.equal(isEmpty({ ...masks, probability: null }, 0.5), false);
});
