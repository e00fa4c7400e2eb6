import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answersOf, answersWith, detailsOf, isWorthShowing, nameOf, studiesOf } from './series.js';

/** @import { SeriesInfo } from './types.js' */

/** @param {Partial<SeriesInfo>} changes @returns {SeriesInfo} */
function series(changes) {
  const choices = /** @type {SeriesInfo['choices']} */ (['flair', 'pre', 'post', 'other'].map((contrast) => [contrast, { [contrast]: changes.label ?? 'P/1' }]));
  return {
    study: 0, case: 'P', label: 'P/1', description: '', slices: 26, sequence: 'flair', contrast: 'flair', basis: 'header', kind: null, choices,
    width: 1, height: 1, levels: new Uint8Array(1), ...changes,
  };
}

test('a series tells its slices, what it is taken for, and why', () => {
  for (const [changes, kind, expected] of /** @type {[Partial<SeriesInfo>, string, string][]} */ ([
    [{}, '', '26 slices; from the header'],
    [{ case: null }, '', '26 slices; from the header; not used'],
    [{ case: null, sequence: 't2', contrast: 't2' }, '', '26 slices; T2, from the header'],
    [{ case: null, sequence: 'localiser', contrast: 'other', slices: 1 }, '', '1 slice; localiser, from the header'],
    [{ case: null, sequence: 'localiser', contrast: 'other', basis: 'reader' }, '', '26 slices; chosen by you'],
    [{ sequence: 'unknown', basis: 'network', contrast: 'pre' }, '', '26 slices; from what it looks like'],
    [{ sequence: 'unknown', basis: 'none' }, 'T2', '26 slices; the header does not tell; looks like T2'],
  ])) assert.equal(detailsOf(series(changes), kind), expected);
});

test('a choice keeps the other choices, except one of the same contrast in the same study', () => {
  const [a, b, c] = [series({ label: 'a' }), series({ label: 'b', basis: 'reader' }), series({ label: 'c', basis: 'reader', contrast: 'post' })];
  const other = series({ label: 'd', basis: 'reader', study: 1 });
  assert.deepEqual(answersWith([a, b, c, other], a, 'flair'), [{ flair: 'a' }, { post: 'c' }, { flair: 'd' }]);
  assert.deepEqual(answersWith([a, b, c], c, 'other'), [{ flair: 'b' }, { other: 'c' }]);
  assert.deepEqual([a, b].flatMap(answersOf), [{ flair: 'b' }]);
  const unused = ['e', 'f'].map((label) => series({ label, basis: 'reader', contrast: 'other' }));
  assert.deepEqual(answersWith(unused, unused[0], 'other'), [{ other: 'e' }, { other: 'f' }]);
});

test('studies are shown where there is something to choose', () => {
  const all = [series({}), series({ study: 1 }), series({ study: 1, label: 'Q/2' })];
  assert.deepEqual(studiesOf(all), [[all[0]], [all[1], all[2]]]);
  assert.deepEqual(studiesOf(all).map(isWorthShowing), [false, true]);
  assert.equal(isWorthShowing([series({ case: null })]), true);
  assert.equal(nameOf([series({ case: null, label: 'Q/2' }), series({})]), 'P');
  assert.deepEqual(['Q/R/2', '2'].map((label) => nameOf([series({ case: null, label })])), ['Q/R', '']);
});
