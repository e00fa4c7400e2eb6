/**
 * Waiting time and memory. Each figure is printed. The limits are for an idle machine and grow with its load.
 */
import { patients, stack } from './files.ts';
import { load, slowdown } from './machine.ts';
import { exposeMemory, memory } from './memory.ts';
import { expect, test } from './page.ts';

/** Seconds from the last download to the first mask of the sample, on the CPU. */
const FIRST_MASK = 3;
/** Seconds per slice of a patient with 35 slices, on the CPU, with two workers on two cores. */
const SLICE = 0.15;
const SLICES = 35;

test('time from the last download to the first mask of the sample', async ({ scope, page }) => {
  let downloaded = 0;
  // The first mask needs these files, but not the volume viewer.
  page.on('requestfinished', (request) => {
    if (/\.(wasm|bin|json)$/.test(request.url())) downloaded = performance.now();
  });
  await page.goto('./?backend=cpu&workers=1', { waitUntil: 'domcontentloaded' });
  await page.click('#sample');
  await page.waitForSelector('#strip [data-is="clear"], #strip [data-is="lesion"]');
  const seconds = (performance.now() - downloaded) / 1000;
  const factor = slowdown();
  console.log(`first mask ${seconds.toFixed(2)} s after the last download; load ${load().toFixed(1)}`);
  await scope.is('done');
  expect(downloaded).toBeGreaterThan(0);
  expect(seconds).toBeLessThan(FIRST_MASK * factor);
});

test(`time of a patient with ${SLICES} slices, on the CPU with two workers`, async ({ scope, page }) => {
  const [folder] = patients(1, SLICES, 7);
  await scope.open('?backend=cpu&workers=2');
  await expect(page.locator('#selftest')).toContainText('Passed');
  const start = performance.now();
  await scope.chooseFolder(folder);
  await scope.is('running');
  await scope.is('done');
  const each = (performance.now() - start) / 1000 / SLICES;
  const factor = slowdown();
  console.log(`${SLICES} slices: ${each.toFixed(3)} s per slice, from choosing the folder to the last measured mask; load ${load().toFixed(1)}`);
  await expect(page.locator('#strip button')).toHaveCount(SLICES);
  expect(each).toBeLessThan(SLICE * factor);
});

test('memory of a case with 500 slices @soak', async ({ scope, page }) => {
  test.setTimeout(3_600_000);
  const folder = stack(patients(1, 25, 8)[0], 'STACK_0001', 500);
  await scope.tamper('pkg/glioscope.js', exposeMemory);
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
  // After slice 50 memory may grow only by the results: two bytes per pixel in the page and in the worker. wasm memory grows
  // in larger steps than needed.
  const kept = 450 * 256 * 256 * 2;
  expect(states[4].wasm - states[1].wasm).toBeLessThan(2 * kept + 2 ** 25);
  expect(states[4].heap + states[4].buffers - states[1].heap - states[1].buffers).toBeLessThan(1.5 * kept + 2 ** 24);
});
