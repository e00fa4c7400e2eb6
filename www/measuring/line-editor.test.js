import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Store } from '../core/store.js';
import { LineEditor } from './line-editor.js';
import { lengthOf, MOST_RULERS, NO_LINES } from './lines.js';

const SIDE = 8;

/** A case with two slices, the first one in view. The mask of each is its upper half. */
function opened() {
  const store = new Store();
  const slices = ['s0', 's1'].map((id) => ({ id, name: id, width: SIDE, height: SIDE, grey: true, reference: false, segmented: true, edited: false }));
  const cases = [{ id: 'a', name: 'a', resolution: null, doubtful: null, inputCheck: { accepted: true, reasons: [] }, slices }];
  const inspection = { cases: [/** @type {any} */ ({ name: 'a' })], passedOver: [], refused: [], notes: [] };
  const probability = new Uint16Array(SIDE * SIDE).fill(65535, 0, (SIDE * SIDE) / 2);
  store.open({ cases, notes: [], questions: [], series: [], inspection }, () => ({ probability, edit: null }));
  store.showIndex(0);
  const editor = new LineEditor(store);
  return { store, editor, lines: () => store.currentSlice?.lines ?? NO_LINES };
}

test('a drag draws a ruler, a drag from its end moves it, and a click draws nothing', () => {
  const { editor, lines } = opened();
  editor.begin([1, 1], 1);
  editor.draw([4, 5]);
  editor.end();
  assert.deepEqual(lines().rulers, [[[1, 1], [4, 5]]]);
  editor.begin([4.5, 5], 1);
  editor.draw([99, -3]);
  editor.end();
  assert.deepEqual(lines().rulers, [[[1, 1], [SIDE, 0]]], 'the end stays on the slice');
  editor.begin([3, 7], 1);
  editor.end();
  assert.equal(lines().rulers.length, 1);
  assert.equal(editor.canRemove, false);
});

test('a cancelled drag changes nothing', () => {
  const { editor, lines } = opened();
  editor.begin([1, 1], 1);
  editor.draw([4, 5]);
  editor.end();
  const before = lines();
  for (const start of /** @type {[number, number][]} */ ([[1, 1], [6, 6]])) {
    editor.begin(start, 1);
    editor.draw([2, 2]);
    editor.cancel();
    assert.equal(lines(), before);
  }
});

test('diameters are proposed from the mask, moved end by end, and removed together', () => {
  const { store, editor, lines } = opened();
  store.setSpacing('a', { x: 2, y: 2, z: 1 }, null);
  assert.equal(editor.hasLines, false);
  editor.propose();
  const [long] = lines().diameters ?? assert.fail();
  assert.equal(lengthOf(long, store.pixelSize), 2 * Math.hypot(8, 4));
  const ends = Array.from({ length: 5 }, () => editor.next());
  assert.equal(new Set(ends.map(String)).size, 4, 'four ends in turn');
  assert.deepEqual(ends[0], ends[4]);
  const at = editor.next() ?? assert.fail();
  editor.begin(at, 0.1);
  assert.equal(editor.isMoving, true);
  editor.draw([at[0], at[1] - 1]);
  assert.match(editor.movingLength.join(), /^\d+\.\d mm$/);
  editor.end();
  editor.remove();
  assert.deepEqual([lines(), editor.canRemove], [NO_LINES, false]);
});

test('lines belong to their slice, and another slice has nothing to remove', () => {
  const { store, editor, lines } = opened();
  editor.propose();
  store.showIndex(1);
  assert.deepEqual([editor.hasLines, editor.canRemove], [false, false]);
  editor.remove();
  store.showIndex(0);
  assert.ok(lines().diameters);
  assert.equal(store.unsavedEdits, 1);
  assert.deepEqual(store.settings.lines, { s0: lines() });
  store.markSaved(store.edits);
  assert.equal(store.unsavedEdits, 0);
});

test('a slice has a limited number of rulers', () => {
  const { editor, lines } = opened();
  for (let i = 0; i <= MOST_RULERS; i++) {
    editor.begin([1, 1], 0);
    editor.draw([1, 3 + i / 100]);
    editor.end();
    if (lines().rulers.length < i + 1) break;
  }
  assert.ok(lines().rulers.length <= MOST_RULERS);
});
