import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EditHistory } from './edit-history.js';

/** @param {string} bits */
const mask = (bits) => /** @type {Uint8Array} */ (Uint8Array.from(bits, Number));

test('undo and redo go through the same edits, the prediction included', () => {
  const history = new EditHistory();
  /** @type {(Uint8Array | null)[]} */
  const edits = [null, mask('00110'), mask('01110'), null, mask('10001')];
  for (let i = 1; i < edits.length; i++) history.record('a', edits[i - 1], edits[i]);
  let now = edits[edits.length - 1];
  for (let i = edits.length - 2; i >= 0; i--) {
    now = /** @type {Uint8Array | null} */ (history.undo('a', now));
    assert.deepEqual(now, edits[i]);
  }
  assert.equal(history.undo('a', now), undefined);
  for (let i = 1; i < edits.length; i++) {
    now = /** @type {Uint8Array | null} */ (history.redo('a', now));
    assert.deepEqual(now, edits[i]);
  }
  assert.equal(history.redo('a', now), undefined);
});

test('every pixel that differs is in a step, wherever it is', () => {
  for (let length = 1; length < 14; length++) {
    for (let from = 0; from < length; from++) {
      for (let to = from + 1; to <= length; to++) {
        const history = new EditHistory();
        const before = new Uint8Array(length).fill(1, length >> 1);
        const after = before.map((value, i) => (i >= from && i < to ? 1 - value : value));
        history.record('a', before, after);
        assert.deepEqual(history.undo('a', after), before, `${from} to ${to} of ${length}`);
      }
    }
  }
});

test('slices have steps of their own', () => {
  const history = new EditHistory();
  history.record('a', null, mask('10'));
  history.record('b', null, mask('01'));
  assert.equal(history.undo('a', mask('10')), null);
  assert.equal(history.canUndo('a'), false);
  assert.equal(history.canUndo('b'), true);
});

test('a new edit ends redo on its slice', () => {
  const history = new EditHistory();
  history.record('a', null, mask('10'));
  history.undo('a', mask('10'));
  history.record('a', null, mask('01'));
  assert.equal(history.canRedo('a'), false);
});

test('a step costs what it changes, not the whole mask', () => {
  const history = new EditHistory();
  const before = new Uint8Array(512 * 512);
  const after = before.slice();
  after.fill(1, 1000, 1020);
  history.record('a', before, after);
  assert.ok(history.bytes < 500, `${history.bytes} bytes`);
});

test('all slices share one budget, and the oldest steps go first', () => {
  const history = new EditHistory(250);
  for (const slice of ['a', 'b', 'c']) history.record(slice, null, mask('0110'));
  assert.ok(history.bytes <= 250);
  assert.deepEqual(['a', 'b', 'c'].map((slice) => history.canUndo(slice)), [false, true, true]);
});

test('steps of a slice that is closed, or whose edit was replaced, are removed', () => {
  const history = new EditHistory();
  const edit = mask('10');
  for (const slice of ['kept', 'closed', 'replaced']) history.record(slice, null, edit);
  history.prune((slice) => (slice === 'kept' ? edit : slice === 'replaced' ? null : undefined));
  assert.deepEqual(['kept', 'closed', 'replaced'].map((slice) => history.canUndo(slice)), [true, false, false]);
});
