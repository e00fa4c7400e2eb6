import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ids } from './ids.js';

/** @param {string[][]} cases the names of their slices @returns {any} a library session that has made these cases */
function session(...cases) {
  return {
    assemble: () => ({
      notes: [],
      cases: cases.map((names, at) => ({
        name: `case ${at}`, resolution: null, verdict: { accepted: true, reasons: [] },
        slices: names.map((name) => ({ name, width: 1, height: 1, grey: false, reference: false })),
      })),
    }),
    measure: (/** @type {number} */ at) => ({ slices: cases[at].map(() => ({ done: true, edited: false, left_out: 3 })), largest: 0 }),
  };
}

test('a case keeps its id when a case comes before it and when it gets slices', () => {
  const ids = new Ids();
  const [first] = ids.assemble(session(['b1', 'b2'])).cases;
  const { cases } = ids.assemble(session(['a1'], ['b0', 'b1', 'b2']));
  assert.deepEqual(cases.map(({ id }) => id), ['a1', first.id]);
  assert.equal(ids.case(first.id), 1);
  assert.deepEqual(ids.slice('b2'), [1, 2]);
});

test('an id means the same in a worker that has read all files at once', () => {
  const [one, other] = [new Ids(), new Ids()];
  one.assemble(session(['b1']));
  const { cases } = one.assemble(session(['a1'], ['b0', 'b1']));
  other.assemble(session(['a1'], ['b0', 'b1']));
  for (const { id } of cases) assert.equal(other.case(id), one.case(id));
});

test('no two cases have the same id when a case is split', () => {
  const ids = new Ids();
  ids.assemble(session(['a1', 'a2']));
  const { cases } = ids.assemble(session(['a2'], ['a1']));
  assert.deepEqual(cases.map(({ id }) => id), ['a2', 'a1']);
});

test('the spacing of each case reaches the library at its position, and comes back', () => {
  const ids = new Ids();
  ids.assemble(session(['a1'], ['b1']));
  const settings = { threshold: 0.4, spacing: { b1: { x: 1, y: 2, z: 3 } } };
  const library = ids.settings(settings);
  assert.deepEqual(library.spacing, [null, { x: 1, y: 2, slice: 3 }]);
  assert.deepEqual(ids.restored(library).spacing, settings.spacing);
});

test('an id that is not open is an error', () => {
  assert.throws(() => new Ids().slice('a1'), { kind: 'usage' });
});

test('measures name their slices', () => {
  const ids = new Ids();
  const library = session(['a1', 'a2']);
  ids.assemble(library);
  assert.deepEqual(ids.measure(library, 'a1', 0.5, null).slices.map(({ slice, segmented, smallRegions }) => [slice, segmented, smallRegions]),
    [['a1', true, 3], ['a2', true, 3]]);
});
