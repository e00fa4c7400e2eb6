import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { COMMANDS, GROUPS, isEnabled, keyNames, runCommand, titleOf } from './commands.js';
import { Store } from './store.js';

/** @import { CommandContext } from './commands.js' */

const EDITOR = {
  canUndo: false, canRedo: false, canEdit: false, canCopy: false, canInterpolate: false,
  undo() {}, redo() {}, revert() {}, fillHoles() {}, grow() {}, shrink() {}, copyToNext() {}, async interpolate() {},
};

/** @param {Partial<CommandContext>} [parts] @returns {CommandContext} */
function contextOf(parts = {}) {
  return {
    store: new Store(),
    editor: EDITOR,
    lines: { canPropose: false, hasLines: false, canRemove: false, propose() {}, remove() {} },
    viewer: { zoomed: false, flickering: false, zoomBy() {}, fit() {}, toggleFlicker() {}, useTool() {}, changeRegion() {}, nextEnd() {} },
    jobs: { canCancel: false, canContinue: false, cancel() {}, continue() {}, openSample() {}, clear() {}, segmentAnyway() {} },
    exercises: { start() {}, toggleComparison() {}, end() {} },
    timePoints: { canStart: false, toggle() {}, swap() {}, goToOther() {}, move() {} },
    showCohort() {},
    save() {},
    toggleHelp() {},
    ...parts,
  };
}

test('every id and every key belongs to one command', () => {
  const all = Object.values(GROUPS).flat();
  assert.equal(COMMANDS.size, all.length, 'ids are unique');
  const keys = all.flatMap(({ keys = [], sliceKeys = [] }) => [...keys, ...sliceKeys]);
  assert.deepEqual(keys.filter((key, at) => keys.indexOf(key) !== at), []);
});

test('the page has a button for each command that needs one, and no text of its own in it', () => {
  const html = readFileSync(join(import.meta.dirname, '../../index.html'), 'utf8');
  const ids = [...html.matchAll(/data-command="([^"]+)"/g)].map(([, id]) => id);
  assert.deepEqual(ids.filter((id) => !COMMANDS.has(id)), []);
  const unreachable = [...COMMANDS.values()].filter(({ id, keys, sliceKeys }) => !keys?.length && !sliceKeys?.length && !ids.includes(id));
  assert.deepEqual(unreachable.map(({ id }) => id), []);
  assert.deepEqual([...html.matchAll(/<button[^>]*data-command="[^"]+"[^>]*>[^<]+</g)].map(([text]) => text), []);
});

test('a command that is not enabled does not run', () => {
  let undone = 0;
  const editor = { ...EDITOR, undo: () => void undone++ };
  runCommand('undo', contextOf({ editor }));
  assert.equal(undone, 0);
  runCommand('undo', contextOf({ editor: { ...editor, canUndo: true } }));
  assert.equal(undone, 1);
});

test('commands of a reference are not available without one', () => {
  const context = contextOf();
  for (const id of ['layout-side', 'flicker', 'overlay-agreement', 'toggle-reference']) {
    const command = COMMANDS.get(id);
    assert.ok(command && !isEnabled(command, context), id);
  }
});

test('the threshold stays within its range', () => {
  const context = contextOf();
  for (let i = 0; i < 30; i++) runCommand('higher-threshold', context);
  assert.equal(context.store.threshold, 0.95);
  for (let i = 0; i < 30; i++) runCommand('lower-threshold', context);
  assert.equal(context.store.threshold, 0.05);
});

test('the key of a layout goes there and back', () => {
  const context = contextOf();
  runCommand('layout-volume', context);
  assert.equal(context.store.display.layout, 'volume');
  runCommand('layout-volume', context);
  assert.equal(context.store.display.layout, 'slice');
});

test('keys go from case to case, and stop at the ends', () => {
  const context = contextOf();
  const shown = /** @type {string[]} */ ([]);
  const cases = /** @type {any[]} */ (['a', 'b'].map((id) => ({ id })));
  const store = /** @type {any} */ ({ cases, current: cases[0], showLargest: (/** @type {any} */ open) => shown.push((store.current = open).id) });
  for (const id of ['previous-case', 'next-case', 'next-case', 'previous-case']) runCommand(id, { ...context, store });
  assert.deepEqual(shown, ['b', 'a']);
});

test('keys are named as on a keyboard', () => {
  assert.deepEqual(keyNames('Ctrl+Shift+z'), ['Ctrl', 'Shift', 'Z']);
  assert.deepEqual(keyNames('+'), ['+']);
  assert.deepEqual(keyNames(' '), ['Space']);
  const undo = COMMANDS.get('undo');
  assert.equal(undo && titleOf(undo), 'Undo the last edit of this case (Ctrl+Z)');
});
