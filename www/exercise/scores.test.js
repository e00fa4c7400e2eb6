import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agreementOf } from './scores.js';

/** @param {string} mask @param {string} reference */
const of = (mask, reference) => agreementOf(Uint8Array.from(mask, Number), Uint8Array.from(reference, Number));

test('false positives and false negatives are counted', () => {
  assert.deepEqual(of('11100', '01111'), { dice: 4 / 7, fp: 1, fn: 2 });
});

test('Dice is 1 for two empty masks, and 0 for masks without a common pixel', () => {
  assert.deepEqual(of('000', '000'), { dice: 1, fp: 0, fn: 0 });
  assert.deepEqual(of('100', '001'), { dice: 0, fp: 1, fn: 1 });
});
