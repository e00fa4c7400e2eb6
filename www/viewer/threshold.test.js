import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixedPoint, thresholdMask } from './threshold.js';

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
