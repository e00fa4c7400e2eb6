import assert from 'node:assert/strict';
import { test } from 'node:test';
import { extract, list } from './zip.js';

/** An archive of one uncompressed file. @param {string} name @param {string} content @param {string} comment */
function archive(name, content, comment) {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50);
  header.writeUInt16LE(name.length, 26);
  const entry = Buffer.alloc(46);
  entry.writeUInt32LE(0x02014b50);
  entry.writeUInt32LE(content.length, 20);
  entry.writeUInt16LE(name.length, 28);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt32LE(entry.length + name.length, 12);
  end.writeUInt32LE(header.length + name.length + content.length, 16);
  end.writeUInt16LE(comment.length, 20);
  return new Blob([header, name, content, entry, name, end, comment]);
}

for (const comment of ['', 'made for a test']) {
  test(`an archive ${comment ? 'with' : 'without'} a comment is listed, and its file extracted`, async () => {
    const blob = archive('a/b.txt', 'content', comment);
    assert.deepEqual((await list(blob)).map(({ name }) => name), ['a/b.txt']);
    assert.equal(new TextDecoder().decode(await extract(blob, 'a/b.txt')), 'content');
    await assert.rejects(extract(blob, 'c.txt'), /the archive has no c\.txt/);
  });
}

test('a file that is no archive has no entries', async () => {
  for (const bytes of ['', 'short', 'x'.repeat(100)]) assert.deepEqual(await list(new Blob([bytes])), []);
});
