import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeLink, linkOf, movedShift, placeInOther, positionOf } from './link.js';

/** @param {number} count @param {number | null} distance @param {string | null} [plane] */
function caseOf(count, distance, plane = null) {
  return /** @type {any} */ ({ slices: Array(count).fill({}), spacing: null, reading: { plane, spacing: distance === null ? null : [1, 1, distance] } });
}

test('with known distances, slices at the same position belong together', () => {
  const link = linkOf(caseOf(21, 5), caseOf(101, 1), 0);
  assert.equal(link.by, 'position');
  assert.deepEqual(placeInOther(link, 'earlier', 10), { index: 50, inside: true });
  assert.deepEqual(placeInOther(link, 'earlier', 12), { index: 60, inside: true });
  assert.deepEqual(placeInOther(link, 'later', 62), { index: 12, inside: true });
  assert.equal(positionOf(link, 'earlier', 12), 10);
  assert.equal(positionOf(link, 'later', 60), 10);
});

test('a position outside the other stack is marked, and has its nearest slice', () => {
  const link = linkOf(caseOf(21, 5), caseOf(5, 5), 0);
  assert.deepEqual(placeInOther(link, 'earlier', 8), { index: 0, inside: true });
  assert.deepEqual(placeInOther(link, 'earlier', 7), { index: 0, inside: false });
  assert.deepEqual(placeInOther(link, 'earlier', 20), { index: 4, inside: false });
});

test('a spacing that the visitor has given counts before that of the file', () => {
  const open = caseOf(11, 5);
  open.spacing = { x: 1, y: 1, z: 10 };
  assert.deepEqual(placeInOther(linkOf(open, caseOf(21, 5), 0), 'earlier', 6), { index: 12, inside: true });
});

test('without a distance, slices at the same fraction of the stack belong together', () => {
  const link = linkOf(caseOf(10, null), caseOf(20, 5), 0);
  assert.equal(link.by, 'fraction');
  assert.deepEqual([0, 5, 9].map((index) => placeInOther(link, 'earlier', index).index), [1, 11, 19]);
  assert.deepEqual([0, 10, 19].map((index) => placeInOther(link, 'later', index).index), [0, 5, 9]);
  assert.equal(positionOf(link, 'earlier', 0), null);
  assert.match(describeLink(link), /by fraction of the stack\. Enter the spacing/);
  assert.ok(placeInOther(linkOf(caseOf(1, null), caseOf(7, null), 0), 'earlier', 0).inside);
});

test('volumes in different planes are linked by fraction', () => {
  assert.equal(linkOf(caseOf(10, 5, 'axial'), caseOf(10, 5, 'axial'), 0).by, 'position');
  const link = linkOf(caseOf(10, 5, 'axial'), caseOf(10, 5, 'sagittal'), 0);
  assert.equal(link.by, 'fraction');
  assert.match(describeLink(link), /planes/);
});

test('the other stack moves by one of its own slices, from both sides', () => {
  const [thick, thin] = [caseOf(21, 4), caseOf(41, 2)];
  const before = linkOf(thick, thin, 0);
  const later = linkOf(thick, thin, movedShift(before, 'earlier', 1));
  assert.equal(placeInOther(later, 'earlier', 10).index, placeInOther(before, 'earlier', 10).index + 1);
  const earlier = linkOf(thick, thin, movedShift(before, 'later', 1));
  assert.equal(placeInOther(earlier, 'later', 20).index, placeInOther(before, 'later', 20).index + 1);
  assert.equal(describeLink(earlier), 'Slices are linked by position, from the middle of each stack, moved by 4.0\u00a0mm.');
  assert.equal(positionOf(earlier, 'later', 20), positionOf(earlier, 'earlier', 11));
});
