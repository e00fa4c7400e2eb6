import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinPairs } from './volume-pairs.js';

const file = (/** @type {string} */ name) => ({ name, file: new Blob([name]) });

test('the voxels belong to the header with the same name', async () => {
  const joined = joinPairs([file('p/a.img'), file('p/a.hdr'), file('q/a.hdr'), file('b.IMG'), file('b.HDR'), file('c.img'), file('d.nii')]);
  assert.deepEqual(joined.map(({ name }) => name), ['p/a.hdr', 'q/a.hdr', 'b.HDR', 'c.img', 'd.nii']);
  const voxels = await Promise.all(joined.map(({ voxels }) => voxels?.text()));
  assert.deepEqual(voxels, ['p/a.img', undefined, 'b.IMG', undefined, undefined]);
});
