import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Store } from './store.js';

/** @param {string} id @param {string[]} slices */
function caseOf(id, slices) {
  return {
    id, name: id, resolution: null, doubtful: null, inputCheck: { accepted: true, reasons: [] },
    slices: slices.map((name) => ({ id: name, name, width: 2, height: 1, grey: false, reference: false, segmented: false, edited: false })),
  };
}

/** @param {ReturnType<typeof caseOf>[]} cases */
function assembly(cases) {
  const inspected = cases.map(({ name }) => /** @type {any} */ ({ name }));
  return { cases, notes: [], questions: [], series: [], inspection: { cases: inspected, passedOver: [], refused: [], notes: [] } };
}

const nothing = () => ({ probability: null, edit: null });

/** @param {[string, string[]][]} cases */
function opened(...cases) {
  const store = new Store();
  store.open(assembly(cases.map(([id, slices]) => caseOf(id, slices))), nothing);
  return store;
}

test('the middle slice of the first case is shown', () => {
  const store = opened(['a', ['a1', 'a2', 'a3']], ['b', ['b1']]);
  assert.equal(store.currentSlice?.info.id, 'a2');
  assert.equal(store.index, 1);
});

test('the slice in view stays when a case comes before its case', () => {
  const store = opened(['b', ['b1', 'b2']]);
  store.show('b1');
  store.setSpacing('b', { x: 1, y: 2, z: 3 }, null);
  store.open(assembly([caseOf('a', ['a1']), caseOf('b', ['b1', 'b2'])]), nothing);
  assert.equal(store.currentSlice?.info.id, 'b1');
  assert.equal(store.current, store.cases[1]);
  assert.deepEqual(store.case('b')?.spacing, { x: 1, y: 2, z: 3 });
  assert.equal(store.fresh, false);
});

test('each case has its own reading, and closing everything drops the files that were passed over', () => {
  const store = new Store();
  const { inspection, ...rest } = assembly([caseOf('a', ['a1']), caseOf('b', ['b1'])]);
  const question = { text: 'which?', readings: [] };
  store.open({ ...rest, questions: [question], inspection: { ...inspection, passedOver: [{ file: 'x', reason: 'text' }] } }, nothing);
  assert.deepEqual(store.cases.map(({ reading }) => reading.name), ['a', 'b']);
  assert.deepEqual([store.passedOver.length, store.questions], [1, [question]]);
  store.close();
  assert.deepEqual([store.passedOver, store.questions], [[], []]);
});

test('measures stay with a case that has the same slices, and only with such a case', () => {
  const store = opened(['a', ['a1']], ['b', ['b1']]);
  const measure = /** @type {any} */ ({ slices: [], largest: -1 });
  for (const id of ['a', 'b']) store.setMeasure(id, { measure, measureFault: null });
  store.open(assembly([caseOf('a', ['a1']), caseOf('b', ['b1', 'b2'])]), nothing);
  assert.equal(store.case('a')?.measure, measure);
  assert.equal(store.case('b')?.measure, null);
});

test('positions are limited to the slices of the case', () => {
  const store = opened(['a', ['a1', 'a2', 'a3']]);
  store.showIndex(Infinity);
  assert.equal(store.index, 2);
  store.showIndex(-Infinity);
  assert.equal(store.index, 0);
});

test('an edit is unsaved until it is marked as saved, and a later one is unsaved again', () => {
  const store = opened(['a', ['a1']]);
  store.setSlice('a1', { edit: Uint8Array.of(1, 0) });
  assert.equal(store.unsavedEdits, 1);
  store.markSaved(store.edits);
  assert.equal(store.unsavedEdits, 0);
  store.setSlice('a1', { edit: Uint8Array.of(1, 1) });
  assert.equal(store.unsavedEdits, 1);
});

test('a session restores threshold, spacing, rules and display', () => {
  const store = opened(['a', ['a1']]);
  const view = { ...store.display, opacity: 0.8, layout: 'volume' };
  store.restore({ threshold: 0.3, spacing: { a: { x: 1, y: 1, z: 5 } }, rules: 'no oedema', view });
  const { threshold, spacing, rules } = store.settings;
  assert.deepEqual([threshold, spacing, rules], [0.3, { a: { x: 1, y: 1, z: 5 } }, 'no oedema']);
  assert.equal(store.display.opacity, 0.8);
  assert.equal(store.display.layout, 'volume');
});

test('a session keeps exercises', () => {
  const before = opened(['a', ['a1']], ['b', ['b1']]);
  before.setExercise('b', { comparing: true, before: new Map() });
  const after = opened(['a', ['a1']], ['b', ['b1']]);
  after.restore(before.settings);
  assert.equal(after.case('a')?.exercise, null);
  assert.equal(after.case('b')?.exercise?.comparing, true);
});

test('a session shows the slice that was in view, also in another case', () => {
  const cases = /** @type {[string, string[]][]} */ ([['a', ['a1', 'a2', 'a3']], ['b', ['b1', 'b2']]]);
  const before = opened(...cases);
  before.show('b1');
  const after = opened(...cases);
  after.restore(before.settings);
  assert.equal(after.currentSlice?.info.id, 'b1');
  assert.equal(after.fresh, false, 'the page chooses no other slice');
  // Sessions of other programs may name no slice, or one that is not open.
  for (const slice of [undefined, null, 7, 'c1']) {
    const other = opened(...cases);
    other.restore({ ...before.settings, view: { slice } });
    assert.equal(other.currentSlice?.info.id, 'a2');
    assert.equal(other.fresh, true);
  }
});

test('closing leaves nothing in view', () => {
  const store = opened(['a', ['a1']]);
  store.close();
  assert.equal(store.current, undefined);
  assert.equal(store.currentSlice, undefined);
  assert.equal(store.slice('a1'), undefined);
});

test('two cases are compared while one of them is in view and neither has an exercise', () => {
  const pair = { earlier: 'a', later: 'b', shift: 0 };
  const store = opened(['a', ['a1']], ['b', ['b1', 'b2']], ['c', ['c1']]);
  store.compare(pair);
  assert.equal(store.comparedCase?.id, 'b');
  store.show('b2');
  assert.equal(store.comparedCase?.id, 'a');
  store.show('c1');
  assert.deepEqual([store.comparison, store.comparedCase], [null, undefined]);
  store.show('a1');
  store.compare(pair);
  store.setExercise('b', { comparing: false, before: new Map() });
  assert.equal(store.comparison, null);
  store.setExercise('b', null);
  store.compare(pair);
  store.open(assembly([caseOf('a', ['a1']), caseOf('c', ['c1'])]), nothing);
  assert.equal(store.comparison, null);
});

test('a session keeps the two cases that are compared, if both are open', () => {
  const store = opened(['a', ['a1']], ['b', ['b1']]);
  store.show('b1');
  store.compare({ earlier: 'a', later: 'b', shift: -1.5 });
  const settings = JSON.parse(JSON.stringify(store.settings));
  const again = opened(['a', ['a1']], ['b', ['b1']]);
  again.restore(settings);
  assert.deepEqual(again.comparison, { earlier: 'a', later: 'b', shift: -1.5 });
  const alone = opened(['b', ['b1']]);
  alone.restore(settings);
  assert.equal(alone.comparison, null);
});
