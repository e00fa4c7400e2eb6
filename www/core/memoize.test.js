import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoizeLast } from './memoize.js';

test('the last result is reused for the same arguments only', () => {
  let calls = 0;
  const add = memoizeLast((/** @type {number} */ a, /** @type {number} */ b) => (calls++, a + b));
  assert.deepEqual([add(1, 2), add(1, 2), add(2, 2), add(1, 2)], [3, 3, 4, 3]);
  assert.equal(calls, 3);
});
