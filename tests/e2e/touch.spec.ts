/**
 * Fingers, on a phone: a swipe goes through the slices, two fingers zoom, one moves what is near, and a finger paints.
 */
import type { CDPSession, Page } from '@playwright/test';
import { excerpt, phantoms } from './files.ts';
import { expect, test } from './page.ts';
import { area, drawn } from './stage.ts';

test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

type Point = [number, number];

/** Moves fingers over the stage, from where to where as parts of its side. */
async function fingers(page: Page, client: CDPSession, from: Point[], to: Point[]) {
  const box = await page.locator('#stage canvas').boundingBox();
  if (!box) throw new Error('the stage is not in sight');
  const at = (part: number) => from.map(([x, y], id) => ({
    id,
    x: box.x + box.width * (x + (to[id][0] - x) * part),
    y: box.y + box.height * (y + (to[id][1] - y) * part),
  }));
  await client.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: at(0) });
  for (let step = 1; step <= 10; step++) await client.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: at(step / 10) });
  // At rest before they are lifted: a fling would swallow the next tap.
  await page.waitForTimeout(200);
  await client.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: at(1) });
  await client.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
}

test('swipe, pinch, move and paint with fingers', async ({ scope, page, context }) => {
  await scope.open('?backend=cpu');
  await scope.chooseFolder(excerpt(phantoms()[0], 6));
  await scope.is('done');
  await area(page);
  const stage = page.locator('#stage');
  const client = await context.newCDPSession(page);
  await page.locator('#slice').fill('2');
  await expect(stage).toHaveAttribute('aria-label', /^Slice 2 of 6/);
  await fingers(page, client, [[0.3, 0.5]], [[0.42, 0.5]]);
  await expect(stage).not.toHaveAttribute('aria-label', /^Slice 2 of 6/);

  await fingers(page, client, [[0.45, 0.4], [0.55, 0.4]], [[0.2, 0.4], [0.8, 0.4]]);
  await expect(stage).toHaveAttribute('data-near', '');
  const label = await stage.getAttribute('aria-label');
  const picture = () => page.locator('#stage canvas').evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
  await drawn(page);
  const before = await picture();
  await fingers(page, client, [[0.7, 0.5]], [[0.3, 0.5]]);
  await expect.poll(async () => (await picture()) === before).toBe(false);
  expect(await stage.getAttribute('aria-label'), 'one finger moves what is near').toBe(label);

  await page.locator('[data-act="fit"]').tap();
  await expect(stage).not.toHaveAttribute('data-near', '');
  const own = await area(page);
  await page.locator('label', { has: page.locator('input[value="brush"]') }).tap();
  await fingers(page, client, [[0.35, 0.6]], [[0.48, 0.62]]);
  await expect.poll(() => area(page)).toBeGreaterThan(own + 100);
  await page.locator('#brush [data-act="undo"]').tap();
  await expect.poll(() => area(page)).toBe(own);
});
