import assert from 'node:assert/strict';
import { test } from 'node:test';
import { captionsOf } from './captions.js';

const here = { name: 'A', index: 3, count: 5, state: ['12 px', 'edited'] };
const there = { name: 'B', index: 2, count: 3, state: ['7 px'] };
const stack = (/** @type {number} */ count) => ({ count, distance: 5 });

test('the earlier case is on the left, with its position', () => {
  const link = /** @type {const} */ ({ by: 'position', ratio: 1, shift: 0, earlier: stack(5), later: stack(3) });
  const { corners, label } = captionsOf({ side: 'earlier', link, place: { index: 2, inside: true } }, here, there);
  assert.deepEqual([corners.nw, corners.sw], ['Earlier: A\n4 / 5, +5.0 mm', '12 px\nedited']);
  assert.deepEqual([corners.other, corners.right], ['Later: B\n3 / 3, +5.0 mm', '7 px']);
  assert.equal(label, 'Slice 4 of 5 of A, earlier: 12 px, edited; Slice 3 of 3 of B, later: 7 px');
});

test('the slice in view may be the later one, and the other stack may have no slice there', () => {
  const link = /** @type {const} */ ({ by: 'position', ratio: 1, shift: 0, earlier: stack(3), later: stack(5) });
  const { corners, label } = captionsOf({ side: 'later', link, place: { index: 2, inside: false } }, here, there);
  assert.deepEqual([corners.nw, corners.sw, corners.other], ['Earlier: B', 'no slice at this position', 'Later: A\n4 / 5, +5.0 mm']);
  assert.equal(label, 'Slice 4 of 5 of A, later: 12 px, edited; Earlier: B: no slice at this position');
});
