/**
 * How long a visitor waits, and what a long stack takes. A figure is printed each time; what it may be at most counts for
 * a machine that has nothing else to do, and grows with the work that this one has besides.
 */
import { patients, stack } from './files.ts';
import { busy, load } from './machine.ts';
import { memory, shown } from './memory.ts';
import { expect, test } from './page.ts';

/** Seconds from the arrival of the last file to the first mask of the sample, on the CPU. */
const FIRST_MASK = 3;
/** Seconds a slice of a patient of 35, on the CPU, with two workers on two cores. */
const SLICE = 0.15;
const SLICES = 35;

test('from the arrival of the files to the first mask of the sample', async ({ scope, page }) => {
  let arrived = 0;
  // The last of what the first mask needs; the viewer of volumes is not among it.
  page.on('requestfinished', (request) => {
    if (/\.(wasm|bin|json)$/.test(request.url())) arrived = performance.now();
  });
  await page.goto('./?backend=cpu&workers=1', { waitUntil: 'domcontentloaded' });
  await page.click('#sample');
  await page.waitForSelector('#strip [data-is="clear"], #strip [data-is="lesion"]');
  const seconds = (performance.now() - arrived) / 1000;
  const factor = busy();
  console.log(`first mask ${seconds.toFixed(2)} s after the files had arrived; load ${load().toFixed(1)}`);
  await scope.is('done');
  expect(arrived).toBeGreaterThan(0);
  expect(seconds).toBeLessThan(FIRST_MASK * factor);
});

test(`a patient of ${SLICES} slices, on the CPU with two workers`, async ({ scope, page }) => {
  const [folder] = patients(1, SLICES, 7);
  await scope.open('?backend=cpu&workers=2');
  await expect(page.locator('#selftest')).toContainText('Passed');
  const start = performance.now();
  await scope.chooseFolder(folder);
  await scope.is('running');
  await scope.is('done');
  const each = (performance.now() - start) / 1000 / SLICES;
  const factor = busy();
  console.log(`${SLICES} slices: ${each.toFixed(3)} s a slice, from the choice of the folder to the last mask measured; load ${load().toFixed(1)}`);
  await expect(page.locator('#strip button')).toHaveCount(SLICES);
  expect(each).toBeLessThan(SLICE * factor);
});

test('memory over 500 slices @soak', async ({ scope, page }) => {
  test.setTimeout(3_600_000);
  const folder = stack(patients(1, 25, 8)[0], 'STACK_0001', 500);
  await scope.tamper('pkg/glioscope.js', shown);
  await scope.open('?backend=cpu&workers=2');
  const up = () => Promise.all(page.workers().map((worker) => worker.evaluate(() => 'wasmMemory' in self)));
  await expect.poll(up, { message: 'both workers' }).toEqual([true, true]);
  const states = [await memory(page)];
  const start = performance.now();
  await scope.chooseFolder(folder);
  for (const slices of [50, 250, 450]) {
    await expect(page.locator('#strip button')).toHaveCount(500, { timeout: 300_000 });
    await scope.finished(slices);
    states.push(await memory(page));
  }
  await scope.is('done');
  states.push(await memory(page));
  const mega = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)}`;
  console.log(
    `500 slices in ${((performance.now() - start) / 1000).toFixed(0)} s, load ${load().toFixed(1)}; empty, after 50, 250, 450 and all: ` +
      `wasm ${states.map(({ wasm }) => mega(wasm)).join(', ')} MB; page and its buffers ${states.map(({ heap, buffers }) => mega(heap + buffers)).join(', ')} MB`,
  );
  // Between the 50th slice and the last nothing may be added but what is kept: two bytes a pixel, here and in the worker,
  // whose memory grows by more than it needs.
  const kept = 450 * 256 * 256 * 2;
  expect(states[4].wasm - states[1].wasm).toBeLessThan(2 * kept + 2 ** 25);
  expect(states[4].heap + states[4].buffers - states[1].heap - states[1].buffers).toBeLessThan(1.5 * kept + 2 ** 24);
});
