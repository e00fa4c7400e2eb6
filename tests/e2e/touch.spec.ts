/**
 * Touch on a phone: a swipe changes the slice, two fingers zoom, one finger pans a zoomed slice, and a finger paints.
 */
import type { CDPSession, Page } from '@playwright/test';
import { excerpt, phantoms } from './files.ts';
import { expect, test } from './page.ts';
import { area, countPixels, drawn } from './stage.ts';

test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

type Point = [number, number];

/** Moves fingers over the stage. Positions are fractions of its width and height. */
async function fingers(page: Page, client: CDPSession, from: Point[], to: Point[]) {
  const box = await page.locator('#stage canvas').boundingBox();
  if (!box) throw new Error('the stage is not visible');
  const at = (fraction: number) => from.map(([x, y], id) => ({
    id,
    x: box.x + box.width * (x + (to[id][0] - x) * fraction),
    y: box.y + box.height * (y + (to[id][1] - y) * fraction),
  }));
  await client.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: at(0) });
  for (let step = 1; step <= 10; step++) await client.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: at(step / 10) });
  // A pause before lifting: a fling would suppress the next tap.
  await page.waitForTimeout(200);
  await client.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: at(1) });
  await client.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
}

test('swipe, pinch, pan and paint with fingers', async ({ scope, page, context }) => {
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
  expect(await stage.getAttribute('aria-label'), 'one finger pans a zoomed slice').toBe(label);

  await page.locator('[data-command="fit"]').tap();
  await expect(stage).not.toHaveAttribute('data-near', '');
  const predicted = await area(page);
  await page.locator('label', { has: page.locator('input[value="brush"]') }).tap();
  await fingers(page, client, [[0.35, 0.6]], [[0.48, 0.62]]);
  await expect.poll(() => area(page)).toBeGreaterThan(predicted + 100);
  await page.locator('#brush [data-command="undo"]').tap();
  await expect.poll(() => area(page)).toBe(predicted);
  await fingers(page, client, [[0.45, 0.4], [0.55, 0.4]], [[0.2, 0.4], [0.8, 0.4]]);
  await expect(stage).toHaveAttribute('data-near', '');
  await expect(page.locator('#strip [data-edited]'), 'two fingers do not paint').toHaveCount(0);
});

test('a palm next to two fingers does not paint @full', async ({ scope, page, context }) => {
  await scope.open('?backend=cpu');
  await scope.chooseFolder(excerpt(phantoms()[0], 1));
  await scope.is('done');
  await area(page);
  await page.locator('label', { has: page.locator('input[value="brush"]') }).tap();
  const client = await context.newCDPSession(page);
  const box = await page.locator('#stage canvas').boundingBox();
  if (!box) throw new Error('the stage is not visible');
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...points: Point[]) => client.send('Input.dispatchTouchEvent', {
    type, touchPoints: points.map(([x, y], id) => ({ id, x: box.x + box.width * x, y: box.y + box.height * y })),
  });
  await touch('touchStart', [0.45, 0.4], [0.55, 0.4]);
  await touch('touchMove', [0.3, 0.4], [0.7, 0.4]);
  await touch('touchStart', [0.3, 0.4], [0.7, 0.4], [0.4, 0.6]);
  await touch('touchMove', [0.25, 0.4], [0.75, 0.4], [0.5, 0.62]);
  await touch('touchEnd');
  await expect(page.locator('#stage')).toHaveAttribute('data-near', '');
  await drawn(page);
  await expect(page.locator('#strip [data-edited]')).toHaveCount(0);
  // One finger still paints.
  await touch('touchStart', [0.4, 0.6]);
  await touch('touchMove', [0.5, 0.62]);
  await touch('touchEnd');
  await expect(page.locator('#strip [data-edited]')).toHaveCount(1);
});

test('a stroke that the system cancels is discarded', async ({ scope, page, context }) => {
  await scope.open('?backend=cpu');
  await scope.chooseFolder(excerpt(phantoms()[0], 1));
  await scope.is('done');
  const predicted = await area(page);
  await page.locator('label', { has: page.locator('input[value="brush"]') }).tap();
  const client = await context.newCDPSession(page);
  const box = await page.locator('#stage canvas').boundingBox();
  if (!box) throw new Error('the stage is not visible');
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd' | 'touchCancel', ...points: Point[]) => client.send('Input.dispatchTouchEvent', {
    type, touchPoints: points.map(([x, y], id) => ({ id, x: box.x + box.width * x, y: box.y + box.height * y })),
  });
  await touch('touchStart', [0.35, 0.6]);
  await touch('touchMove', [0.48, 0.62]);
  await touch('touchCancel');
  await drawn(page);
  await expect(page.locator('#strip [data-edited]')).toHaveCount(0);
  await expect.poll(() => area(page)).toBe(predicted);
  // A stroke that is not cancelled is kept.
  await touch('touchStart', [0.35, 0.6]);
  await touch('touchMove', [0.48, 0.62]);
  await touch('touchEnd');
  await expect(page.locator('#strip [data-edited]')).toHaveCount(1);
});

test('the slice stays visible while its settings change, and does not cover the focused control @full', async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  await scope.chooseFolder(excerpt(phantoms()[0], 3));
  await scope.is('done');
  const predicted = await area(page);
  const box = async (selector: string) => {
    const found = await page.locator(selector).first().boundingBox();
    if (!found) throw new Error(`${selector} is not visible`);
    return { top: found.y, bottom: found.y + found.height };
  };
  const uncovered = async (selector: string) => {
    const [bar, stage, given] = await Promise.all(['.bar', '#stage', selector].map(box));
    expect(stage.top, 'the slice is below the bar').toBeGreaterThanOrEqual(bar.bottom);
    expect(given.top, `${selector} is below the slice`).toBeGreaterThanOrEqual(stage.bottom);
    expect(given.bottom, `${selector} is in the window`).toBeLessThanOrEqual(844);
  };
  for (const name of ['contrast', 'opacity', 'threshold']) {
    const control = page.locator(`label:has([name="${name}"])`).first();
    // Scrolls the control between the slice and the lower edge.
    await control.evaluate((label) => scrollBy(0, label.getBoundingClientRect().top - 620));
    await uncovered(`label:has([name="${name}"])`);
  }
  const before = await countPixels(page, 'amber');
  await page.locator('input[name="threshold"]').evaluate((slider: HTMLInputElement) => {
    slider.value = '5';
    slider.dispatchEvent(new Event('input', { bubbles: true }));
  });
  await expect.poll(() => area(page)).toBeGreaterThan(predicted);
  await expect.poll(() => countPixels(page, 'amber')).toBeGreaterThan(before);
  await uncovered('label:has([name="threshold"])');
  // By keyboard, upwards from the button at the end.
  await page.focus('#save-all');
  for (const name of ['reference', 'shown', 'threshold', 'opacity']) {
    const focused = () => page.evaluate(() => (document.activeElement instanceof HTMLInputElement ? document.activeElement.name : ''));
    while ((await focused()) !== name) await page.keyboard.press('Shift+Tab');
    await uncovered(`[name="${name}"]`);
  }
});

test('the privacy panel does not cover the research-use notice @full', async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  await page.getByRole('button', { name: 'Nothing leaves this browser' }).tap();
  await expect(page.locator('#privacy')).toBeVisible();
  const seen = await page.locator('.research strong').evaluate((strong) => {
    const { left, top, width, height } = strong.getBoundingClientRect();
    return document.elementFromPoint(left + width / 2, top + height / 2) === strong;
  });
  expect(seen).toBe(true);
});

test('the bar fits in the space above the slice, on narrow phones too', async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  for (const width of [320, 360, 390, 600]) {
    await page.setViewportSize({ width, height: 740 });
    const room = await page.locator('#stage').evaluate((stage) => getComputedStyle(stage).top);
    expect(await page.locator('.bar').evaluate((bar) => `${bar.getBoundingClientRect().height}px`), `${width} wide`).toBe(room);
    for (const text of ['Research use only', 'Not a medical device']) await expect(page.getByText(text).first()).toBeInViewport({ ratio: 1 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  }
});

test('the button with the question mark is round @full', async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  await page.locator('#sample').tap();
  const box = await page.locator('#keys').boundingBox();
  expect(box?.width).toBe(box?.height);
});
