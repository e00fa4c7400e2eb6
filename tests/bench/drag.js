/**
 * Times the threshold slider on slices of the largest size that the page reads.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { largeSlice } from './large-slice.js';

/** @import { Page } from 'playwright-core' */

/** Drags that are timed, and positions of the mouse in each. */
const [DRAGS, STEPS] = [3, 30];
/** Milliseconds after which thumbnails and measures follow the threshold. */
const SETTLE_MS = 1500;

/**
 * Opens two slices of 4096 x 4096 pixels and drags the threshold from its lowest to its highest value.
 * @param {Page} page
 * @param {string} url the address of the site
 * @returns {Promise<number>} the longest task of the page's main thread during a drag in milliseconds: the median of three drags
 */
export async function dragMilliseconds(page, url) {
  const folder = mkdtempSync(join(tmpdir(), 'glioscope-drag-'));
  try {
    // Two, because a single slice has no thumbnail.
    const files = [1, 2].map((number) => join(folder, `large_${number}.png`));
    const png = largeSlice();
    for (const file of files) writeFileSync(file, png);
    await page.goto(new URL('?backend=cpu', url).href);
    await page.locator('body[data-state=ready]').waitFor();
    await page.setInputFiles('#files', files);
    await page.locator('body[data-state=done]').waitFor();
    // Without a mask there would be nothing to draw again.
    await page.locator('#strip [data-is=lesion] canvas').nth(1).waitFor();
    const watch = await page.evaluateHandle(watchTasks);
    const longest = [];
    for (let drag = 0; drag < DRAGS; drag++) {
      await page.waitForTimeout(SETTLE_MS);
      await watch.evaluate((seen) => {
        seen.longest = 0;
      });
      await dragThreshold(page);
      await page.waitForTimeout(SETTLE_MS);
      longest.push(await watch.evaluate((seen) => seen.longest));
    }
    return longest.sort((a, b) => a - b)[DRAGS >> 1];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @param {Page} page */
async function dragThreshold(page) {
  const slider = page.locator('input[name="threshold"]');
  const box = await slider.boundingBox();
  if (!box) throw new Error('the threshold slider is not visible');
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + 1, y);
  await page.mouse.down();
  for (let step = 1; step <= STEPS; step++) {
    await page.mouse.move(box.x + 1 + (step / STEPS) * (box.width - 2), y);
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(drawn)));
  }
  await page.mouse.up();
  const [value, max] = [await slider.inputValue(), await slider.getAttribute('max')];
  if (value !== max) throw new Error(`expected a threshold of ${max} % after the drag, found ${value} %`);
}

/**
 * Runs in the page. The browser reports tasks of 50 ms and more. A shorter one is a gap between two timers, which the
 * browser runs every 4 ms.
 */
function watchTasks() {
  const seen = { longest: 0 };
  let last = performance.now();
  const tick = () => {
    const now = performance.now();
    seen.longest = Math.max(seen.longest, now - last);
    last = now;
    setTimeout(tick);
  };
  setTimeout(tick);
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) seen.longest = Math.max(seen.longest, duration);
  }).observe({ type: 'longtask' });
  return seen;
}
