import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSession } from './session-file.js';

/** The beginning of a zip archive. @param {string} name of its first file @param {number} [signature] */
function archive(name, signature = 0x04034b50) {
  const head = new DataView(new ArrayBuffer(30));
  head.setUint32(0, signature, true);
  return new Blob([head, name, 'content']);
}

test('a session is a zip whose first file is session.json', async () => {
  assert.equal(await isSession(archive('session.json')), true);
  assert.equal(await isSession(archive('slice-01.tiff')), false);
  assert.equal(await isSession(archive('session.json', 7)), false);
  assert.equal(await isSession(new Blob(['short'])), false);
});

test('a file that cannot be read is not a session', async () => {
  const unreadable = /** @type {Blob} */ (/** @type {unknown} */ ({ slice: () => ({ arrayBuffer: () => Promise.reject(new Error('gone')) }) }));
  assert.equal(await isSession(unreadable), false);
});
