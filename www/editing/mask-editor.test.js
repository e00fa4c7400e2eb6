import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Store } from '../core/store.js';
import { MaskEditor } from './mask-editor.js';
import { areaOf, maskOf } from './random-masks.test.js';

const SIDE = 5;
const EMPTY = new Uint8Array(SIDE * SIDE);
const DOT = maskOf('.....', '.....', '..#..', '.....', '.....');
const BLOCK = maskOf('.....', '.###.', '.###.', '.###.', '.....');
const RING = maskOf('.....', '.###.', '.#.#.', '.###.', '....#');

/** A case with a number of slices, the first one in view, and the masks that the library has got. @param {number} count @param {Partial<{unsegmented: number, width: number}>} [odd] */
function opened(count, { unsegmented = -1, width = SIDE } = {}) {
  const store = new Store();
  const slices = Array.from({ length: count }, (_, i) => {
    const id = `s${i}`;
    return { id, name: id, width: i === 2 ? width : SIDE, height: SIDE, grey: true, reference: false, segmented: true, edited: false };
  });
  const cases = [{ id: 'a', name: 'a', resolution: null, doubtful: null, inputCheck: { accepted: true, reasons: [] }, slices }];
  const inspection = { cases: [/** @type {any} */ ({ name: 'a' })], passedOver: [], refused: [], notes: [] };
  store.open({ cases, notes: [], questions: [], series: [], inspection }, (id) => ({
    probability: id === `s${unsegmented}` ? null : new Uint16Array(SIDE * SIDE), edit: null,
  }));
  store.showIndex(0);
  /** @type {Map<string, Uint8Array | null>} */
  const passed = new Map();
  const engine = /** @type {any} */ ({ setEdit: async (/** @type {string} */ id, /** @type {Uint8Array | null} */ mask) => passed.set(id, mask) });
  const editor = new MaskEditor(engine, store, { onEdit() {}, onChange() {}, onError: () => assert.fail() });
  const edits = () => store.slices.map(({ edit }) => edit && areaOf(edit));
  /** Draws on a slice, as a step. @param {number} index @param {Uint8Array} mask */
  const draw = (index, mask) => {
    store.showIndex(index);
    for (let i = 0; i < mask.length; i++) {
      if (!mask[i]) continue;
      editor.begin(true, { x: (i % SIDE) + 0.5, y: Math.floor(i / SIDE) + 0.5 });
      editor.end();
    }
  };
  store.setDisplay({ brushSize: 1 });
  return { store, editor, edits, draw, passed };
}

test('corrections change the slice in view, and the library gets the same masks', () => {
  const { store, editor, draw, passed } = opened(1);
  draw(0, RING);
  editor.fillHoles();
  assert.deepEqual(passed.get('s0'), maskOf('.....', '.###.', '.###.', '.###.', '....#'));
  editor.region('keep', { x: 4.5, y: 4.5 });
  assert.equal(editor.message, 'no other region, or none here', 'they touch at a corner');
  editor.shrink();
  assert.deepEqual(passed.get('s0'), DOT);
  editor.grow();
  assert.equal(areaOf(passed.get('s0') ?? EMPTY), 5);
  editor.region('remove', { x: 0, y: 0 });
  assert.equal(editor.message, 'no region here');
  editor.region('remove', { x: 2.5, y: 2.5 });
  assert.deepEqual([passed.get('s0'), editor.message], [EMPTY, '']);
  assert.equal(store.currentSlice?.edit, passed.get('s0'));
});

test('undo and redo show the slice of the edit', () => {
  const { store, editor, edits, draw } = opened(3);
  draw(2, DOT);
  draw(0, DOT);
  store.showIndex(1);
  editor.undo();
  assert.deepEqual([store.index, edits()], [0, [null, null, 1]]);
  editor.undo();
  assert.deepEqual([store.index, edits(), editor.canUndo], [2, [null, null, null], false]);
  store.showIndex(0);
  editor.redo();
  assert.deepEqual([store.index, edits()], [2, [null, null, 1]]);
});

test('the slices between drawn ones are interpolated in one step, and again after a correction', async () => {
  const { store, editor, edits, draw } = opened(7);
  draw(1, DOT);
  assert.equal(editor.canInterpolate, false);
  draw(5, BLOCK);
  await editor.interpolate();
  assert.deepEqual(edits(), [null, 1, 1, 1, 9, 9, null]);
  await editor.interpolate();
  editor.undo();
  assert.deepEqual(edits(), [null, 1, null, null, null, 9, null], 'the second time changed nothing');
  editor.redo();
  store.showIndex(3);
  editor.grow();
  const corrected = edits();
  assert.equal(corrected[3], 5);
  await editor.interpolate();
  assert.deepEqual(edits(), [null, 1, 1, 5, 5, 9, null], 'a corrected slice is a drawn one');
  editor.undo();
  assert.deepEqual(edits(), corrected);
  editor.undo();
  editor.undo();
  assert.deepEqual([edits(), store.index], [[null, 1, null, null, null, 9, null], 3]);
});

test('a mask is copied to the next slice, which is then shown', () => {
  const { store, editor, edits, draw } = opened(2);
  draw(0, DOT);
  editor.copyToNext();
  assert.deepEqual([store.index, edits()], [1, [1, 1]]);
  assert.equal(editor.canCopy, false, 'it is the last slice');
  editor.undo();
  assert.deepEqual([store.index, edits()], [1, [1, null]]);
});

test('slices that are not segmented or have another size are not changed', async () => {
  const { store, editor, edits, draw } = opened(4, { unsegmented: 2 });
  draw(0, DOT);
  draw(3, DOT);
  assert.equal(editor.canInterpolate, false);
  store.showIndex(1);
  assert.equal(editor.canCopy, false);
  store.showIndex(2);
  for (const act of /** @type {const} */ (['fillHoles', 'grow', 'shrink'])) editor[act]();
  editor.region('remove', { x: 1, y: 1 });
  assert.deepEqual([edits(), editor.message, editor.canEdit], [[1, null, null, 1], 'no edits before it is segmented', false]);
  const other = opened(4, { width: 6 });
  other.draw(1, DOT);
  other.draw(3, DOT);
  assert.equal(other.editor.canInterpolate, false);
  other.store.showIndex(1);
  assert.equal(other.editor.canCopy, false);
});
