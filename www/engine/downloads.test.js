import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Downloads } from './downloads.js';
import { modelOf } from './model.js';

/** A host that counts what is requested, and fails as often as the test says. */
function setup() {
  /** @type {string[]} */
  const asked = [];
  const state = { asked, failures: 0 };
  const host = /** @type {import('./host.js').Host} */ (/** @type {unknown} */ ({
    async fetchModule(/** @type {string} */ name, /** @type {(bytes: number) => void} */ onChunk) {
      asked.push(name);
      if (state.failures-- > 0) throw new Error('no network');
      onChunk?.(7);
      return `module ${name}`;
    },
    totalBytes: async () => 10,
  }));
  return { host, state };
}

const files = (/** @type {string} */ name) => ({ manifest: new Blob([name]), weights: new Uint8Array([1]), card: undefined });

test('the module is requested once, also with another model, and again after a failure', async () => {
  const { host, state } = setup();
  const downloads = new Downloads(host, modelOf(files('first')), () => {});
  state.failures = 1;
  await assert.rejects(downloads.cpu(), /no network/);
  const { module, manifest, card } = await downloads.cpu();
  assert.deepEqual([module, new TextDecoder().decode(manifest), card], ['module glioscope', 'first', undefined]);
  const other = await downloads.withModel(modelOf(files('second'))).cpu();
  assert.equal(new TextDecoder().decode(other.manifest), 'second');
  assert.deepEqual(state.asked, ['glioscope', 'glioscope']);
});

test('progress counts the bytes that have arrived', async () => {
  const { host } = setup();
  /** @type {[number, number | null][]} */
  const reports = [];
  const downloads = new Downloads(host, modelOf(files('first')), (...report) => reports.push(report));
  await downloads.cpu();
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.deepEqual(reports.at(-1), [7, 10]);
});
