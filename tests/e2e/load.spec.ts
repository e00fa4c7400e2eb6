/**
 * Much at once, and the same again and again: nothing grows, nothing slows down. `@soak` is what `cargo xtask soak` runs.
 */
import type { Page } from '@playwright/test';
import { excerpt, patients, phantoms, stack, unzip } from './files.ts';
import { memory, shown } from './memory.ts';
import { expect, test, type Scope } from './page.ts';

/** How long `cargo xtask soak` drives the page. */
const MINUTES = Number(process.env.GLIOSCOPE_SOAK ?? 0);

test.describe.configure({ timeout: 3_600_000 + 60_000 * MINUTES });

test('2,000 slices in one drop: the page answers all the while, and cancel keeps what is done', async ({ scope, page }) => {
  const many = stack(patients(1, 20, 3)[0], 'MANY', 2000);
  await scope.open('?backend=cpu');
  await page.evaluate(() => {
    // How long the page was deaf at most: a timer that is due every 20 ms says.
    let last = performance.now();
    const watch = { longest: 0 };
    Object.assign(globalThis, { watch });
    setInterval(() => {
      watch.longest = Math.max(watch.longest, performance.now() - last - 20);
      last = performance.now();
    }, 20);
  });
  await scope.drop(many);
  await expect(page.locator('#strip button')).toHaveCount(2000, { timeout: 1_200_000 });
  await scope.finished(3);
  await page.click('#cancel');
  await scope.is('done');
  await expect(page.locator('#status')).toHaveText(/^Cancelled/);
  await expect(page.locator('#errors li')).toHaveCount(0);
  const longest = await page.evaluate(() => (globalThis as unknown as { watch: { longest: number } }).watch.longest);
  console.log(`2,000 slices: the page was deaf for ${longest.toFixed(0)} ms at most`);
  // Of a machine whose cores have other work, so it is generous; what counts is that the page comes back.
  expect(longest).toBeLessThan(5000);
  expect(unzip((await scope.download()).bytes).size).toBeGreaterThanOrEqual(3);
});

test('ten patients at once are ten cases, each whole', async ({ scope, page }) => {
  const folders = patients(10, 12, 4).map((folder) => excerpt(folder, 2));
  await scope.open('?backend=cpu');
  await scope.drop(...folders);
  await scope.is('done');
  await expect(page.locator('#cases li b')).toHaveCount(10);
  await expect(page.locator('#errors li')).toHaveCount(0);
  const masks = [...unzip((await scope.download()).bytes).keys()].filter((name) => name.endsWith('_mask.tif'));
  expect(masks).toHaveLength(20);
});

test('case after case in one tab: memory stays what it was after the second', async ({ scope, page }) => {
  await repeat(scope, page, (round) => round < 6, 1.5);
});

test('case after case in one tab, for long @soak', async ({ scope, page }) => {
  const end = performance.now() + 60_000 * MINUTES;
  await repeat(scope, page, (round) => round < 6 || performance.now() < end, 1.1);
});

/** Drops two cases in turn for as long as `goesOn`; fails where memory grows or a case takes `slower` times as long. */
async function repeat(scope: Scope, page: Page, goesOn: (round: number) => boolean, slower: number) {
  await scope.tamper('pkg/glioscope.js', shown);
  const folders = phantoms().map((folder) => excerpt(folder, 8));
  await scope.open('?backend=cpu&workers=2');
  const [times, states]: [number[], Awaited<ReturnType<typeof memory>>[]] = [[], []];
  for (let round = 0; goesOn(round); round++) {
    const start = performance.now();
    await scope.chooseFolder(folders[round % 2]);
    await expect(page.locator('#cases b')).toHaveText([`PHANTOM_000${(round % 2) + 1}`]);
    await scope.is('done');
    times.push(performance.now() - start);
    expect((await scope.download()).bytes.length).toBeGreaterThan(1000);
    states.push(await memory(page));
  }
  const [second, last] = [states[1], states[states.length - 1]];
  const median = (values: number[]) => [...values].sort((a, b) => a - b)[values.length >> 1];
  const half = times.length >> 1;
  const [early, late] = [median(times.slice(1, half + 1)), median(times.slice(half))];
  const mega = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
  console.log(
    `${times.length} cases: wasm ${mega(second.wasm)} → ${mega(last.wasm)} MB, heap ${mega(second.heap)} → ${mega(last.heap)} MB, ` +
      `${early.toFixed(0)} → ${late.toFixed(0)} ms a case`,
  );
  expect(last.workers).toBe(second.workers);
  expect(last.wasm, 'wasm memory').toBeLessThanOrEqual(second.wasm);
  expect(last.heap, 'heap of the page').toBeLessThan(1.1 * second.heap + 2 ** 20);
  expect(late, 'time of a case').toBeLessThan(slower * early);
}
