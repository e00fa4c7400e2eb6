/**
 * Many slices at once, and many cases in a row: memory and time do not grow. `cargo xtask soak` runs the tests with `@soak`.
 */
import type { BrowserContext } from '@playwright/test';
import { excerpt, patients, phantoms, stack, unzip } from './files.ts';
import { exposeMemory, memory } from './memory.ts';
import { Scope, expect, test } from './page.ts';

/** Minutes that `cargo xtask soak` runs. */
const MINUTES = Number(process.env.GLIOSCOPE_SOAK ?? 0);

test.describe.configure({ timeout: 3_600_000 + 60_000 * MINUTES });

test('2,000 slices in one drop: the page stays responsive, and cancel keeps finished slices', async ({ scope, page }) => {
  const many = stack(patients(1, 20, 3)[0], 'MANY', 2000);
  await scope.open('?backend=cpu');
  await page.evaluate(() => {
    // The longest delay of a timer with an interval of 20 ms.
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
  console.log(`2,000 slices: the page was blocked for ${longest.toFixed(0)} ms at most`);
  // A generous limit, because the cores may be busy with other work.
  expect(longest).toBeLessThan(5000);
  expect(unzip((await scope.download()).bytes).size).toBeGreaterThanOrEqual(3);
});

test('ten patients in one drop are ten complete cases', async ({ scope, page }) => {
  const folders = patients(10, 12, 4).map((folder) => excerpt(folder, 2));
  await scope.open('?backend=cpu');
  await scope.drop(...folders);
  await scope.is('done');
  await expect(page.locator('#cases li b')).toHaveCount(10);
  await expect(page.locator('#errors li')).toHaveCount(0);
  const masks = [...unzip((await scope.download()).bytes).keys()].filter((name) => name.endsWith('_mask.tif'));
  expect(masks).toHaveLength(20);
});

test('case after case in one tab: memory stops growing @full', async ({ scope, context }) => {
  await repeat(scope, context, (cases, settled) => cases < 60 && !settled, 5, 1.5);
});

test('case after case in one tab, for a long time @soak', async ({ scope, context }) => {
  const end = performance.now() + 60_000 * MINUTES;
  await repeat(scope, context, (cases) => cases < STABLE || performance.now() < end, 40, 1.1);
});

/**
 * Cases without any change of the wasm memory. Memory that a case leaks is new memory with every case. Without a leak it grows
 * in a few steps at first: how much two workers need at once depends on which of them gets a slice when.
 */
const STABLE = 8;

/**
 * Opens two cases in turn while `goesOn` returns true, which gets their number and whether the wasm memory has stopped
 * growing. Fails if memory grows, or if a case then takes more than `slower` times as long as in a new tab. Both tabs are
 * timed in turn, `turns` cases each, so that other load affects both.
 */
async function repeat(scope: Scope, context: BrowserContext, goesOn: (cases: number, settled: boolean) => boolean, turns: number, slower: number) {
  const folders = phantoms().map((folder) => excerpt(folder, 8));
  /** Opens and saves a case, and returns the milliseconds until it is done. */
  const openCase = async (on: Scope, round: number) => {
    const start = performance.now();
    await on.chooseFolder(folders[round % 2]);
    await expect(on.page.locator('#cases b')).toHaveText([`PHANTOM_000${(round % 2) + 1}`]);
    await on.is('done');
    const time = performance.now() - start;
    expect((await on.download()).bytes.length).toBeGreaterThan(1000);
    return time;
  };
  const open = async (on: Scope) => {
    await on.tamper('pkg/glioscope.js', exposeMemory);
    await on.open('?backend=cpu&workers=2');
  };
  await open(scope);
  const states: Awaited<ReturnType<typeof memory>>[] = [];
  const settled = () => states.length > STABLE && states.at(-1 - STABLE)?.wasm === states.at(-1)?.wasm;
  while (goesOn(states.length, settled())) {
    await openCase(scope, states.length);
    states.push(await memory(scope.page));
  }
  const fresh = new Scope(await context.newPage());
  await open(fresh);
  const times: [number[], number[]] = [[], []];
  for (let turn = -2; turn < turns; turn++) {
    for (const [which, on] of [scope, fresh].entries()) {
      await on.page.bringToFront();
      const time = await openCase(on, turn + 2);
      // The first two cases in a tab include compilation.
      if (turn >= 0) times[which].push(time);
    }
  }
  const [second, last] = [states[1], states[states.length - 1]];
  const [late, early] = times.map((values) => [...values].sort((a, b) => a - b)[values.length >> 1]);
  const mega = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
  console.log(
    `${states.length} cases: wasm ${mega(second.wasm)} → ${mega(last.wasm)} MB, heap ${mega(second.heap)} → ${mega(last.heap)} MB, ` +
      `${late.toFixed(0)} ms per case, in a new tab ${early.toFixed(0)}`,
  );
  expect(last.workers).toBe(second.workers);
  expect(settled(), `wasm memory of ${STABLE} cases in a row, in MB: ${states.map(({ wasm }) => mega(wasm)).join(' ')}`).toBe(true);
  expect(last.heap, 'heap of the page').toBeLessThan(1.1 * second.heap + 2 ** 20);
  expect(late, 'time of a case').toBeLessThan(slower * early);
}
