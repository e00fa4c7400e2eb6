/**
 * A stack of hundreds of slices: the page stays responsive while the stack is read, segmented and browsed.
 */
import { phantoms, stack } from './files.ts';
import { load, slowdown } from './machine.ts';
import { expect, test } from './page.ts';

const SLICES = 500;
/** Milliseconds of CPU time of the main thread. The time of other processes does not count. */
const LONGEST = 50;

interface TraceEvent { name: string; ph: string; pid: number; tid: number; ts: number; dur?: number; tdur?: number; args: { name?: string } }

test('no task blocks the main thread for long', async ({ scope, page, browser }) => {
  await scope.open('?backend=cpu');
  const folder = stack(phantoms()[0], 'STACK_0001', SLICES);
  await browser.startTracing(page, { categories: ['toplevel', 'blink.user_timing', 'v8'] });
  // The browser's work on a folder before the page gets the files does not count.
  await page.evaluate(() => addEventListener('change', () => performance.mark('handed'), { capture: true, once: true }));
  await scope.chooseFolder(folder);
  await expect(page.locator('body')).toHaveAttribute('data-view', 'case', { timeout: 300_000 });
  await expect(page.locator('#strip button')).toHaveCount(SLICES);
  await scope.finished(4);
  const box = await page.locator('#slice').boundingBox();
  if (!box) throw new Error('the slider is not visible');
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  for (let i = 0; i < 50; i++) await page.mouse.move(box.x + 10 + ((box.width - 20) * i) / 50, box.y + box.height / 2);
  await page.mouse.up();
  await page.focus('input[name="threshold"]');
  for (let i = 0; i < 30; i++) await page.keyboard.press(i < 15 ? 'ArrowRight' : 'ArrowLeft');
  await page.locator('#strip').evaluate(async (strip) => {
    for (let left = 0; left < strip.scrollWidth; left += 2000) {
      strip.scrollLeft = left;
      await new Promise((done) => requestAnimationFrame(done));
    }
  });
  const trace = await browser.stopTracing();
  // Thumbnails outside the view are released.
  expect(await page.locator('#strip canvas').count()).toBeLessThan(60);

  const { traceEvents } = JSON.parse(trace.toString('utf8')) as { traceEvents: TraceEvent[] };
  const main = traceEvents.find(({ name, ph }) => name === 'handed' && ph !== 'M');
  if (!main) throw new Error('the page received no files');
  const tasks = traceEvents.filter(({ name, pid, tid }) => name.endsWith('RunTask') && pid === main.pid && tid === main.tid);
  expect(tasks.length, 'recorded tasks').toBeGreaterThan(500);
  // The page does not control garbage collection. Tasks including collections may take twice the limit.
  const collections = traceEvents.filter(({ name, pid, tid, tdur }) => /^M(aj|in)orGC$/.test(name) && tdur && pid === main.pid && tid === main.tid);
  const times = tasks.map(({ ts, dur = 0, tdur = 0 }) => {
    const within = collections.filter((one) => one.ts >= ts && one.ts < ts + dur);
    const whole = ts <= main.ts && main.ts < ts + dur ? Math.min(tdur, ts + dur - main.ts) : tdur;
    return { whole: whole / 1000, own: (whole - within.reduce((sum, one) => sum + (one.tdur ?? 0), 0)) / 1000 };
  });
  const most = (key: 'whole' | 'own') => times.map((time) => time[key]).sort((a, b) => b - a);
  const shown = (key: 'whole' | 'own') => most(key).slice(0, 3).map((time) => time.toFixed(0)).join(', ');
  console.log(`${SLICES} slices: ${tasks.length} tasks of the main thread, the longest ${shown('whole')} ms; without collections ${shown('own')} ms; load ${load().toFixed(1)}`);
  // Shared caches and hyper-threading also increase CPU time, at most by this factor.
  const longest = LONGEST * Math.min(2, slowdown());
  expect(most('own').filter((milliseconds) => milliseconds > longest), 'tasks of the main thread, in milliseconds').toEqual([]);
  expect(most('whole').filter((milliseconds) => milliseconds > 2 * longest), 'the same including garbage collection').toEqual([]);
});
