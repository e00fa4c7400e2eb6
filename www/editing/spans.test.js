import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spansAround } from './spans.js';

/** @param {string} slices `#` is drawn @param {number} index */
const around = (slices, index) => spansAround([...slices].map((one) => one === '#'), index);

test('a slice between drawn slices is in one span', () => {
  assert.deepEqual(around('#...#', 2), [[0, 4]]);
  assert.deepEqual(around('.#.#.', 2), [[1, 3]]);
});

test('a drawn slice has a span on each side', () => {
  assert.deepEqual(around('#..#.#', 3), [[0, 3], [3, 5]]);
  assert.deepEqual(around('#..#', 3), [[0, 3]]);
  assert.deepEqual(around('#..#', 0), [[0, 3]]);
});

test('without a drawn slice on both sides there is no span', () => {
  for (const [slices, index] of /** @type {[string, number][]} */ ([['..#.', 0], ['.#..', 3], ['....', 1], ['##', 0], ['.#.', 1], ['...#', 0]])) {
    assert.deepEqual(around(slices, index), [], `${slices} at ${index}`);
  }
});
