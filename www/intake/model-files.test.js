import assert from 'node:assert/strict';
import { test } from 'node:test';
import { modelIn } from './model-files.js';

/** A zip archive with stored files. @param {Record<string, string>} files */
function archive(files) {
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const header = new DataView(new ArrayBuffer(30));
    header.setUint32(0, 0x04034b50, true);
    header.setUint16(26, name.length, true);
    const entry = new DataView(new ArrayBuffer(46));
    entry.setUint32(0, 0x02014b50, true);
    entry.setUint32(20, content.length, true);
    entry.setUint16(28, name.length, true);
    entry.setUint32(42, offset, true);
    parts.push(header, name, content);
    directory.push(entry, name);
    offset += 30 + name.length + content.length;
  }
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint32(12, new Blob(directory).size, true);
  end.setUint32(16, offset, true);
  return new Blob([...parts, ...directory, end]);
}

const text = (/** @type {Blob | Uint8Array | undefined} */ content) => content && new Response(/** @type {any} */ (content)).text();

test('a folder with a manifest and weights is a model, and may have a card', async () => {
  const sources = ['fits/mine/model.json', 'fits/mine/weights.safetensors', 'fits/mine/history.json'].map((name) => ({ name, file: new Blob([name]) }));
  const found = await modelIn(sources);
  assert.equal(found?.name, 'fits/mine');
  assert.equal(await text(found?.weights), 'fits/mine/weights.safetensors');
  assert.equal(found?.card, undefined);
  const card = { name: 'fits/mine/card.json', file: new Blob(['card']) };
  assert.equal(await text((await modelIn([...sources, card]))?.card), 'card');
});

test('a zip of such a folder is a model', async () => {
  const file = archive({ 'mine/model.json': 'manifest', 'mine/weights.safetensors': 'weights', 'mine/card.json': 'card' });
  const found = await modelIn([{ name: 'mine.zip', file }]);
  assert.equal(found?.name, 'mine.zip');
  assert.deepEqual(await Promise.all([found?.manifest, found?.weights, found?.card].map(text)), ['manifest', 'weights', 'card']);
});

test('slices, other archives and files that cannot be read are no model', async () => {
  const unreadable = /** @type {Blob} */ (/** @type {unknown} */ ({ size: 100, slice: () => ({ arrayBuffer: () => Promise.reject(new Error('gone')) }) }));
  for (const file of [new Blob(['short']), archive({ 'model.json': 'alone' }), unreadable, null]) {
    assert.equal(await modelIn([{ name: 'a.zip', file }]), null);
  }
  assert.equal(await modelIn([{ name: 'model.json', file: new Blob([]) }, { name: 'a.tif', file: new Blob([]) }]), null);
});
