import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecoveryLog } from './recovery-log.js';

/** A case with one slice of that name. @param {string} name */
function assembly(name) {
  return /** @type {any} */ ({ cases: [{ id: name, name, slices: [{ id: name, width: 1, height: 1, grey: true, reference: false }] }] });
}

test('answers that no assembly has used yet do not change the cases that a new worker has to make', async () => {
  const log = new RecoveryLog();
  log.sources = [{ name: 'a.png', file: null }];
  log.assemble(assembly('before'));
  log.answers = [/** @type {any} */ ({ slice_numbers: true })];
  /** @type {string[]} */
  const calls = [];
  const client = /** @type {any} */ ({
    async call(/** @type {string} */ action) {
      calls.push(action);
      return action === 'assemble' ? assembly(calls.includes('answer') ? 'after' : 'before') : undefined;
    },
  });
  await log.restore(client);
  assert.deepEqual(calls, ['clear', 'read', 'assemble', 'answer']);
  log.assemble(assembly('after'));
  calls.length = 0;
  await log.restore(client);
  assert.deepEqual(calls, ['clear', 'read', 'answer', 'assemble']);
});
