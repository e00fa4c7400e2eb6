import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EditHistory } from './edit-history.js';

/** @param {string} bits */
const mask = (bits) => /** @type {Uint8Array} */ (Uint8Array.from(bits, Number));

const CASE = new Set(['a', 'b', 'c', 'kept', 'closed', 'replaced']);

/** Records an edit of one slice. @param {EditHistory} history @param {string} slice @param {Uint8Array | null} before @param {Uint8Array | null} after */
const record = (history, slice, before, after) => history.record([{ slice, before, after }], CASE);

/** Undoes or redoes a step of slice a, of which `now` is the edit. @param {EditHistory} history @param {'undo' | 'redo'} way @param {Uint8Array | null} now */
const move = (history, way, now) => history[way](CASE, () => now)?.get('a');

test('undo and redo go through the same edits, the prediction included', () => {
  const history = new EditHistory();
  /** @type {(Uint8Array | null)[]} */
  const edits = [null, mask('00110'), mask('01110'), null, mask('10001')];
  for (let i = 1; i < edits.length; i++) record(history, 'a', edits[i - 1], edits[i]);
  let now = edits[edits.length - 1];
  for (let i = edits.length - 2; i >= 0; i--) {
    now = /** @type {Uint8Array | null} */ (move(history, 'undo', now));
    assert.deepEqual(now, edits[i]);
  }
  assert.equal(history.undo(CASE, () => now), undefined);
  for (let i = 1; i < edits.length; i++) {
    now = /** @type {Uint8Array | null} */ (move(history, 'redo', now));
    assert.deepEqual(now, edits[i]);
  }
  assert.equal(history.redo(CASE, () => now), undefined);
});

test('every pixel that differs is in a step, wherever it is', () => {
  for (let length = 1; length < 14; length++) {
    for (let from = 0; from < length; from++) {
      for (let to = from + 1; to <= length; to++) {
        const history = new EditHistory();
        const before = new Uint8Array(length).fill(1, length >> 1);
        const after = before.map((value, i) => (i >= from && i < to ? 1 - value : value));
        record(history, 'a', before, after);
        assert.deepEqual(move(history, 'undo', after), before, `${from} to ${to} of ${length}`);
      }
    }
  }
});

test('undo takes the last step of the case, on any of its slices', () => {
  const history = new EditHistory();
  const edits = { a: mask('10'), b: mask('01') };
  for (const [slice, edit] of Object.entries(edits)) record(history, slice, null, edit);
  history.record([{ slice: 'other', before: null, after: mask('11') }], new Set(['other']));
  const editOf = (/** @type {string} */ slice) => Reflect.get(edits, slice);
  assert.deepEqual([...(history.undo(CASE, editOf) ?? [])], [['b', null]]);
  assert.deepEqual([...(history.undo(CASE, editOf) ?? [])], [['a', null]]);
  assert.equal(history.canUndo(CASE), false);
  assert.equal(history.canUndo(new Set(['other'])), true);
  assert.deepEqual([...(history.redo(CASE, () => null) ?? [])], [['a', edits.a]]);
});

test('a step of several slices is undone at once', () => {
  const history = new EditHistory();
  const [before, after] = [mask('1000'), mask('0110')];
  history.record([{ slice: 'a', before: null, after }, { slice: 'b', before, after }], CASE, true);
  assert.deepEqual(history.undo(CASE, () => after), new Map([['a', null], ['b', before]]));
  assert.deepEqual(history.redo(CASE, (slice) => (slice === 'a' ? null : before)), new Map([['a', after], ['b', after]]));
});

test('it is known which edits are interpolated, also after undo and redo', () => {
  const history = new EditHistory();
  history.record([{ slice: 'a', before: null, after: mask('10') }], CASE, true);
  record(history, 'a', mask('10'), mask('11'));
  const seen = [history.isInterpolated('a')];
  for (const way of /** @type {const} */ (['undo', 'undo', 'redo', 'redo'])) {
    history[way](CASE, () => mask('10'));
    seen.push(history.isInterpolated('a'));
  }
  assert.deepEqual(seen, [false, true, false, true, false]);
  history.undo(CASE, () => mask('11'));
  history.prune(() => null);
  assert.equal(history.isInterpolated('a'), false, 'the edit was replaced');
});

test('a new edit ends redo in its case', () => {
  const history = new EditHistory();
  record(history, 'a', null, mask('10'));
  history.undo(CASE, () => mask('10'));
  record(history, 'b', null, mask('01'));
  assert.equal(history.canRedo(CASE), false);
});

test('a step costs what it changes, not the whole mask', () => {
  const history = new EditHistory();
  const before = new Uint8Array(512 * 512);
  const after = before.slice();
  after.fill(1, 1000, 1020);
  record(history, 'a', before, after);
  assert.ok(history.bytes < 500, `${history.bytes} bytes`);
});

test('all steps share one budget, and the oldest steps go first', () => {
  const history = new EditHistory(250);
  for (const slice of ['a', 'b', 'c']) record(history, slice, null, mask('0110'));
  assert.ok(history.bytes <= 250);
  assert.deepEqual(['a', 'b', 'c'].map((slice) => history.canUndo(new Set([slice]))), [false, true, true]);
});

test('steps of a slice that is closed, or whose edit was replaced, are removed', () => {
  const history = new EditHistory();
  const edit = mask('10');
  for (const slice of ['kept', 'closed', 'replaced']) record(history, slice, null, edit);
  history.prune((slice) => (slice === 'kept' ? edit : slice === 'replaced' ? null : undefined));
  assert.deepEqual(['kept', 'closed', 'replaced'].map((slice) => history.canUndo(new Set([slice]))), [true, false, false]);
});
