import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Store } from '../core/store.js';
import { Jobs, nothingUsable, summary } from './jobs.js';

/** @import { Source } from '../core/types.js' */

const tick = () => new Promise((resolve) => setTimeout(resolve));

/** A file for each name. @param {string[]} names @returns {Source[]} */
const sources = (...names) => names.map((name) => ({ name, file: null }));

/** An engine whose files are cases of one slice. It reads a file when the test calls `next`. */
function setup() {
  /** @type {string[]} */
  let files = [];
  /** @type {(() => void)[]} */
  const waiting = [];
  /** @type {string[]} */
  const calls = [];
  const engine = {
    start: async () => {},
    async clear() {
      calls.push('clear');
      files = [];
    },
    async read(/** @type {Source[]} */ unread, /** @type {any} */ job) {
      while (unread.length > 0 && !job.stopping) {
        await new Promise((resolve) => waiting.push(() => resolve(null)));
        job.signal.throwIfAborted();
        files.push(/** @type {Source} */ (unread.shift()).name);
      }
      return { faults: [], notes: [] };
    },
    async assemble() {
      calls.push(`assemble ${files}`);
      return {
        notes: [],
        questions: [],
        series: [],
        inspection: { cases: [], passedOver: [], refused: [], notes: [] },
        cases: files.map((name) => ({
          id: name, name, resolution: null, inputCheck: { accepted: true, reasons: [] },
          slices: [{ id: name, name, width: 1, height: 1, grey: false, reference: false, segmented: false, edited: false }],
        })),
      };
    },
    async answer(/** @type {object[]} */ words) {
      calls.push(`answer ${words.length}`);
    },
    async openSession() {
      throw { code: 'session', file: null, message: 'broken' };
    },
    results: () => ({ probability: null, edit: null }),
    async segment(/** @type {any[]} */ items, /** @type {unknown} */ _case, /** @type {any} */ job, /** @type {Function} */ onSlice) {
      for (const { slice } of items) if (!job.stopping) onSlice(slice, { probability: Uint16Array.of(1), milliseconds: 1 });
    },
  };
  const store = new Store();
  /** @type {string[]} */
  const faults = [];
  const jobs = new Jobs(/** @type {any} */ (engine), store, /** @type {any} */ ({ settled: async () => {} }), {
    onStart() {},
    onStatus: (phase) => store.setPhase(phase),
    onProgress() {},
    onFaults: (found) => faults.push(...found.map(({ message }) => message)),
    onNotes() {},
    onFailed: (error) => assert.fail(String(error)),
  });
  /** Reads one file. */
  const next = async () => {
    await tick();
    waiting.shift()?.();
    await tick();
  };
  return { jobs, store, calls, faults, next, open: () => store.cases.map(({ id }) => id) };
}

test('files that are added while others are read are opened together with them', async () => {
  const { jobs, calls, next, open } = setup();
  void jobs.open(sources('a'));
  void jobs.add(sources('b', 'c'));
  for (let i = 0; i < 3; i++) await next();
  assert.deepEqual(open(), ['a', 'b', 'c']);
  assert.deepEqual(calls, ['clear', 'assemble a,b,c']);
});

test('files that replace others while those are read are opened alone', async () => {
  const { jobs, store, next, open } = setup();
  void jobs.open(sources('a', 'b'));
  await tick();
  void jobs.open(sources('c'));
  for (let i = 0; i < 3; i++) await next();
  assert.deepEqual(open(), ['c']);
  assert.equal(store.phase, 'done');
});

test('a job that is replaced before it reads does not read', async () => {
  const { jobs, next, open } = setup();
  void jobs.open(sources('a'));
  void jobs.open(sources('b'));
  for (let i = 0; i < 2; i++) await next();
  assert.deepEqual(open(), ['b']);
});

test('a cancelled add keeps what was read, and continues with the rest', async () => {
  const { jobs, next, open } = setup();
  void jobs.open(sources('a'));
  await next();
  void jobs.add(sources('b', 'c'));
  await tick();
  jobs.cancel();
  await next();
  assert.deepEqual(open(), ['a', 'b']);
  jobs.continue();
  await next();
  assert.deepEqual(open(), ['a', 'b', 'c']);
});

test('cancelling the first files while they are read opens none of them', async () => {
  const { jobs, store, next, open } = setup();
  void jobs.open(sources('a', 'b'));
  await tick();
  jobs.cancel();
  await next();
  assert.deepEqual(open(), []);
  assert.equal(store.phase, 'ready');
});

test('a session that cannot be opened leaves the open files', async () => {
  const { jobs, store, faults, next, open } = setup();
  void jobs.open(sources('a'));
  await next();
  await jobs.openSession({ name: 's.zip', file: null });
  assert.deepEqual(open(), ['a']);
  assert.deepEqual(faults, ['broken']);
  assert.equal(store.phase, 'done');
});

test('an answer reads the open files again, after the files under way', async () => {
  const { jobs, calls, next, open } = setup();
  void jobs.open(sources('a'));
  await tick();
  const answered = jobs.answer([{}]);
  await next();
  await answered;
  assert.deepEqual(open(), ['a']);
  assert.deepEqual(calls, ['clear', 'assemble a', 'answer 1', 'assemble a']);
});

test('where no file is a slice, the status says what was found and what can be opened', () => {
  assert.equal(nothingUsable(1, 300, 0), 'No slices: 1 file cannot be used, 300 files are not images. Open TIFF, PNG, NIfTI or DICOM files, a folder of them, or a zip.');
  assert.equal(nothingUsable(0, 1, 0), 'No slices: 1 file is not an image. Open TIFF, PNG, NIfTI or DICOM files, a folder of them, or a zip.');
  assert.equal(nothingUsable(1, 2, 3), 'No series is used as FLAIR. Choose one below.');
  assert.equal(nothingUsable(0, 0, 0), 'No slices: nothing was found. Open TIFF, PNG, NIfTI or DICOM files, a folder of them, or a zip.');
});

test('closing everything drops the job under way', async () => {
  const { jobs, store, next, open } = setup();
  void jobs.open(sources('a'));
  await tick();
  await jobs.clear();
  await next();
  assert.deepEqual(open(), []);
  assert.equal(store.phase, 'ready');
  assert.equal(jobs.started, false);
});

test('the summary names what is missing', () => {
  const slice = (/** @type {boolean} */ done) => ({ probability: done ? Uint16Array.of(1) : null, fault: null });
  const open = (/** @type {boolean} */ accepted, /** @type {boolean[]} */ ...done) => /** @type {any} */ ({
    inputCheck: { accepted, reasons: [] }, segmentAnyway: false, slices: done.map(slice), measure: { slices: done.map((yes) => ({ area: yes ? 5 : 0 })) },
  });
  assert.equal(summary([open(true, true, true)], 0, 0), '2 slices, 2 outlined');
  assert.equal(summary([open(true, true, false)], 1, 2), 'Cancelled: 1 of 2 slices, 1 outlined; 1 file not used; 2 files not read');
  assert.equal(summary([open(true, true), open(false, false)], 0, 0), '2 slices, 1 outlined; 1 case not segmented: not axial FLAIR');
});
