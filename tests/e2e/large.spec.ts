/**
 * Slices of the largest size that the page reads: what is drawn is what is saved, and no canvas has their size.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { largeSlice, SIDE } from '../bench/large-slice.js';
import { masks, readMask, type Mask } from './files.ts';
import { expect, test } from './page.ts';
import { drawn, point } from './stage.ts';

/** The page draws at most this many pixels of a slice at once. */
const MOST_PIXELS = 2 ** 21;
/** The wheel with Ctrl: steps, their size, and the zoom of each. */
const [WHEEL_STEPS, WHEEL, WHEEL_ZOOM] = [13, -100, 1.0022 ** 100];

/** The page's camera. Node would take a file of `www` for CommonJS. */
const { Camera } = (await import(`data:text/javascript,${encodeURIComponent(readFileSync(join(import.meta.dirname, '../../www/viewer/camera.js'), 'utf8'))}`)) as
  typeof import('../../www/viewer/camera.js');

/** For each pixel of the stage, whether it has the colour of the mask at full opacity. */
async function stage(page: Page) {
  await drawn(page);
  return page.locator('#stage canvas').evaluate((canvas: HTMLCanvasElement) => {
    const { width, height } = canvas;
    const data = canvas.getContext('2d')?.getImageData(0, 0, width, height).data ?? [];
    let inside = '';
    for (let i = 0; i < data.length; i += 4) inside += Number(data[i] > 240 && data[i + 1] > 160 && data[i + 2] < 20);
    return { width, height, inside };
  });
}

/** The value that all pixels of a mask within `distance` of a point have; null where they differ. */
function around({ width, height, pixels }: Mask, x: number, y: number, distance: number): boolean | null {
  const [left, right] = [x - distance, x + distance].map((at) => Math.max(0, Math.min(width - 1, Math.floor(at))));
  const [top, bottom] = [y - distance, y + distance].map((at) => Math.max(0, Math.min(height - 1, Math.floor(at))));
  const value = pixels[top * width + left];
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) if (pixels[row * width + column] !== value) return null;
  }
  return value > 0;
}

test('after a threshold drag on a slice of 4096 x 4096, stage and thumbnail show the saved mask', async ({ scope, page }) => {
  await page.addInitScript(() => {
    const canvases = { largest: 0 };
    Object.assign(globalThis, { canvases });
    globalThis.OffscreenCanvas = class extends OffscreenCanvas {
      constructor(width: number, height: number) {
        super(width, height);
        canvases.largest = Math.max(canvases.largest, width * height);
      }
    };
  });
  await page.setViewportSize({ width: 1600, height: 1200 });
  await scope.open('?backend=cpu');
  const bytes = largeSlice();
  await scope.chooseFiles([1, 2].map((number) => ({ name: `large_${number}.png`, bytes })));
  await scope.is('done');
  // At full opacity, every pixel of the mask can be identified.
  await page.locator('input[name="opacity"]').fill('100');
  const slider = page.locator('input[name="threshold"]');
  const box = await slider.boundingBox();
  if (!box) throw new Error('the slider is not visible');
  await page.mouse.move(box.x + 1, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + 0.8 * box.width, box.y + box.height / 2, { steps: 20 });
  await page.mouse.up();
  expect(Number(await slider.inputValue())).toBeGreaterThan(60);
  await expect(page.locator('#strip canvas')).toHaveCount(2);
  const saved = [...masks((await scope.download()).bytes).values()].map(readMask);
  const index = Number((await page.locator('#stage').getAttribute('aria-label'))?.match(/^Slice (\d)/)?.[1]) - 1;
  const mask = saved[index];
  expect([mask.width, mask.height]).toEqual([SIDE, SIDE]);

  // The whole slice: pixels that are not on the edge of the mask.
  const far = await stage(page);
  const scale = Math.min(far.width, far.height) / SIDE;
  const [left, top] = [far.width, far.height].map((length) => Math.round((length - SIDE * scale) / 2));
  const counts = { inside: 0, outside: 0, edge: 0, wrong: 0 };
  for (let i = 0; i < far.inside.length; i++) {
    const [x, y] = [((i % far.width) + 0.5 - left) / scale, (Math.floor(i / far.width) + 0.5 - top) / scale];
    if (x < 0 || y < 0 || x >= SIDE || y >= SIDE) continue;
    const expected = around(mask, x, y, 3 / scale);
    counts[expected === null ? 'edge' : expected ? 'inside' : 'outside']++;
    if (expected !== null && expected !== (far.inside[i] === '1')) counts.wrong++;
  }
  expect(counts.wrong, JSON.stringify(counts)).toBe(0);
  expect(counts.inside).toBeGreaterThan(5000);
  expect(counts.outside).toBeGreaterThan(5000);
  expect(counts.edge).toBeLessThan(0.03 * SIDE * SIDE * scale * scale);

  // The thumbnail has 144 by 144 pixels.
  const area = mask.pixels.filter((value) => value > 0).length / SIDE ** 2;
  await expect.poll(() => page.locator('#strip canvas').nth(index).evaluate((canvas: HTMLCanvasElement) => {
    const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
    let amber = 0;
    for (let i = 0; i < data.length; i += 4) amber += Number(data[i] > data[i + 2] + 60 && data[i + 1] > data[i + 2] + 20);
    return amber / (canvas.width * canvas.height);
  })).toBeCloseTo(area, 2);

  // Near by, every pixel. The left edge of the mask stays under the mouse.
  const y = Math.floor(mask.pixels.indexOf(255) / SIDE) + 100;
  const x = mask.pixels.indexOf(255, y * SIDE) - y * SIDE;
  const canvas = await page.locator('#stage canvas').boundingBox();
  if (!canvas) throw new Error('the stage is not visible');
  const edge = await point(page, x, y, SIDE);
  // The browser rounds the position of the wheel.
  const at = { x: Math.round(edge.x), y: Math.round(edge.y) };
  await page.mouse.move(at.x, at.y);
  await page.keyboard.down('Control');
  const camera = new Camera();
  const pane = { x: 0, y: 0, width: far.width, height: far.height };
  for (let step = 0; step < WHEEL_STEPS; step++) {
    await page.mouse.wheel(0, WHEEL);
    await drawn(page);
    camera.zoomBy(WHEEL_ZOOM, pane, mask, { x: at.x - canvas.x, y: at.y - canvas.y });
  }
  await page.keyboard.up('Control');
  const near = await stage(page);
  const place = camera.place(pane, mask);
  expect(place.scale, 'the outline does not cover the middle of a pixel').toBeGreaterThan(3);
  const seen = { inside: 0, outside: 0, wrong: 0 };
  for (let row = Math.ceil(-place.top / place.scale); place.top + (row + 1) * place.scale < near.height; row++) {
    for (let column = Math.ceil(-place.left / place.scale); place.left + (column + 1) * place.scale < near.width; column++) {
      const [deviceX, deviceY] = [place.left + (column + 0.5) * place.scale, place.top + (row + 0.5) * place.scale].map(Math.floor);
      const expected = mask.pixels[row * SIDE + column] > 0;
      seen[expected ? 'inside' : 'outside']++;
      seen.wrong += Number(expected !== (near.inside[deviceY * near.width + deviceX] === '1'));
    }
  }
  expect(seen.wrong, JSON.stringify(seen)).toBe(0);
  expect(Math.min(seen.inside, seen.outside)).toBeGreaterThan(1000);

  const largest = await page.evaluate(() => (globalThis as unknown as { canvases: { largest: number } }).canvases.largest);
  expect(largest).toBeGreaterThan(0);
  expect(largest, 'pixels of the largest canvas').toBeLessThanOrEqual(MOST_PIXELS);
});
