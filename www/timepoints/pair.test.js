import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ordered, proposed } from './pair.js';

const CASES = ['P1_2019', 'P1_2021', 'P2_2019', 'P2_2020', 'P2_2024'].map((name) => ({ id: name, name }));

/** @param {string} name */
function proposedFor(name) {
  const at = CASES.findIndex((open) => open.name === name);
  return proposed(CASES.filter((open) => open.name !== name), name, at)?.name;
}

test('the proposed case has a similar name; of several, it is the next one', () => {
  assert.equal(proposedFor('P1_2019'), 'P1_2021');
  assert.equal(proposedFor('P1_2021'), 'P1_2019');
  assert.equal(proposedFor('P2_2020'), 'P2_2024');
  assert.equal(proposed([], 'P1', 0), undefined);
});

test('the earlier case is the one that comes first in the list', () => {
  assert.deepEqual(ordered(CASES, 'P2_2019', 'P1_2019'), { earlier: 'P1_2019', later: 'P2_2019' });
  assert.deepEqual(ordered(CASES, 'P1_2019', 'P2_2019'), { earlier: 'P1_2019', later: 'P2_2019' });
});
