import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filtered, rowOf, sorted } from './rows.js';

/** @import { Row } from './rows.js' */

/** @param {Partial<Row>} values @returns {Row} */
function row(values) {
  return { id: values.name ?? '', name: '', slices: 1, voxels: null, millilitres: null, dice: null, predicted: null, check: 'passed', edited: 0, largest: '', ...values };
}

const ROWS = [
  row({ name: 'P10', voxels: 5, dice: 0.5, predicted: 0.6 }),
  row({ name: 'P2', voxels: 0, edited: 3 }),
  row({ name: 'P1', check: 'held' }),
  row({ name: 'P3', voxels: 70, dice: 0.9 }),
];
/** @param {Row[]} rows */
const names = (rows) => rows.map(({ name }) => name).join(' ');

test('names are in natural order', () => {
  assert.equal(names(sorted(ROWS, 'name', false)), 'P1 P2 P3 P10');
  assert.equal(names(sorted(ROWS, 'name', true)), 'P10 P3 P2 P1');
});

test('missing values are last in both directions', () => {
  assert.equal(names(sorted(ROWS, 'volume', false)), 'P2 P10 P3 P1');
  assert.equal(names(sorted(ROWS, 'volume', true)), 'P3 P10 P2 P1');
  assert.equal(names(sorted(ROWS, 'dice', true)), 'P3 P10 P1 P2');
  assert.equal(names(sorted(ROWS, 'predicted', false)), 'P10 P1 P2 P3');
});

test('volumes are compared in millilitres where all cases have them', () => {
  const rows = [row({ name: 'a', voxels: 10, millilitres: 9 }), row({ name: 'b', voxels: 20, millilitres: 4 })];
  assert.equal(names(sorted(rows, 'volume', false)), 'b a');
  assert.equal(names(sorted([...rows, row({ name: 'c', voxels: 15 })], 'volume', false)), 'a c b');
});

test('a part of the name and a property choose rows', () => {
  assert.equal(names(filtered(ROWS, 'p1', 'all')), 'P10 P1');
  assert.equal(names(filtered(ROWS, '', 'lesion')), 'P10 P3');
  assert.equal(names(filtered(ROWS, '', 'clear')), 'P2');
  assert.equal(names(filtered(ROWS, '', 'low')), 'P10');
  assert.equal(names(filtered(ROWS, '', 'held')), 'P1');
  assert.equal(names(filtered(ROWS, ' ', 'edited')), 'P2');
});

test('a row hides Dice and predicted Dice during an exercise', () => {
  const slice = { id: 's', area: 4, edited: true, segmented: true };
  const measure = { slices: [slice], voxels: 4, millilitres: null, scores: { dice: 0.75 }, largest: 's', predictedDice: { dice: 0.65, from: 0.4, to: 0.8 } };
  const open = /** @type {any} */ ({ id: 'a', name: 'A', slices: [{ info: { id: 's' } }], measure, inputCheck: { accepted: true, reasons: [] }, exercise: null });
  assert.deepEqual(rowOf(open), row({ id: 'a', name: 'A', voxels: 4, dice: 0.75, predicted: 0.65, edited: 1, largest: 's' }));
  const drawing = rowOf({ ...open, exercise: { comparing: false, before: new Map() } });
  assert.deepEqual([drawing.dice, drawing.predicted], [null, null]);
});
