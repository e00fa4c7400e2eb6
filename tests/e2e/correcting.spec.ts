/**
 * Corrections of whole masks, and lengths and values that are read from a slice.
 */
import { excerpt, phantoms, unzip } from './files.ts';
import type { Page } from '@playwright/test';
import { expect, saved, test } from './page.ts';
import { area, countPixels, drag, drawn, point } from './stage.ts';

const SIDE = 256;

/** The number of pixels that a change of the mask of the slice in view adds. */
async function change(page: Page, act: () => Promise<unknown>): Promise<number> {
  const before = await area(page);
  await act();
  await expect.poll(() => area(page)).not.toBe(before);
  return (await area(page)) - before;
}

/** Draws a disc of 21 pixels with the brush, far from the lesion. */
async function dab(page: Page, x: number, y: number) {
  await page.keyboard.press('b');
  await page.locator('#brush input[name="size"]').fill('21');
  await drag(page, [x, y], [x, y], SIDE);
}

async function click(page: Page, x: number, y: number) {
  const at = await point(page, x, y, SIDE);
  await page.mouse.click(at.x, at.y);
}

async function open(scope: { chooseFolder(folder: string): Promise<void>; is(state: 'done'): Promise<void> }, page: Page, slices: number) {
  await scope.chooseFolder(excerpt(phantoms()[0], slices));
  await scope.is('done');
  await area(page);
}

test('a click removes a region or keeps only that one; a whole mask grows, shrinks and gets its holes filled', async ({ scope, page }) => {
  await scope.open('?backend=cpu&workers=1');
  await open(scope, page, 2);
  const predicted = await area(page);
  const disc = await change(page, () => dab(page, 60, 150));
  expect(Math.abs(disc - 346)).toBeLessThan(20);
  // A ring: the middle of the disc is erased.
  await page.keyboard.press('e');
  await page.locator('#brush input[name="size"]').fill('9');
  const hole = await change(page, () => drag(page, [60, 150], [60, 150], SIDE));
  expect(await change(page, () => page.keyboard.press('u')), 'the hole is filled').toBe(-hole);
  const ring = await change(page, () => page.keyboard.press('>'));
  expect(ring).toBeGreaterThan(60);
  expect(await change(page, () => page.click('#brush [data-command="shrink"]'))).toBeLessThan(0);
  await page.keyboard.press('Control+z');
  await page.keyboard.press('Control+z');
  await expect.poll(() => area(page)).toBe(predicted + disc);

  await page.keyboard.press('g');
  await expect(page.locator('#brush')).toBeVisible();
  await click(page, 20, 20);
  await expect(page.locator('#stage [data-corner="sw"]')).toContainText('no region here');
  await click(page, 62, 152);
  await expect.poll(() => area(page)).toBe(predicted);
  await page.keyboard.press('Control+z');
  await page.locator('#brush [data-command="regionAction-keep"]').click();
  await click(page, 62, 152);
  await expect.poll(() => area(page)).toBe(disc);
  await page.keyboard.press('Control+z');
  // By key alone: the cursor is where the pointer was.
  await page.focus('#stage');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('x');
  await expect.poll(() => area(page)).toBe(predicted);
});

test('slices between edited ones are interpolated in one step, a mask is copied, and undo goes to the slice of the edit', async ({ scope, page }) => {
  await scope.open('?backend=cpu&workers=1');
  await open(scope, page, 6);
  const position = page.locator('#readout h2');
  const show = async (slice: number) => {
    await page.locator('#slice').fill(String(slice));
    await expect(position).toHaveText(`Slice ${slice} of 6`);
  };
  const interpolate = page.locator('[data-command="interpolate"]');
  await show(1);
  await dab(page, 50, 150);
  await expect(interpolate).toHaveAttribute('aria-disabled', 'true');
  await show(5);
  await dab(page, 70, 150);
  await expect(page.locator('#strip [data-edited]')).toHaveCount(2);
  await expect(interpolate).toHaveAttribute('aria-disabled', 'false');
  await page.keyboard.press('i');
  await expect(page.locator('#strip [data-edited]')).toHaveCount(5);
  await show(3);
  // Between two discs at 50 and 70 is one at 60.
  await page.keyboard.press('g');
  await page.locator('#brush [data-command="regionAction-keep"]').click();
  await click(page, 60, 150);
  await expect.poll(() => area(page)).toBeLessThan(420);
  expect(await area(page)).toBeGreaterThan(50);
  await page.keyboard.press('n');
  await expect(position).toHaveText('Slice 4 of 6');
  const copied = await area(page);
  await show(1);
  for (const [slice, edited] of [[4, 5], [3, 5], [3, 2], [5, 1], [1, 0]]) {
    await page.keyboard.press('Control+z');
    await expect(position).toHaveText(`Slice ${slice} of 6`);
    await expect(page.locator('#strip [data-edited]')).toHaveCount(edited);
  }
  for (let i = 0; i < 5; i++) await page.keyboard.press('Control+y');
  await expect(position).toHaveText('Slice 4 of 6');
  await expect.poll(() => area(page)).toBe(copied);
});

test('rulers and diameters are drawn, adjusted, and are in measures, report, table and session', async ({ scope, page }) => {
  await page.addInitScript(() => Reflect.deleteProperty(window, 'showSaveFilePicker'));
  await scope.open('?backend=cpu&workers=1');
  await open(scope, page, 2);
  await page.click('#tab-measure');
  await page.keyboard.press('t');
  await expect(page.locator('#ruler')).toBeVisible();
  const bright = await countPixels(page, 'bright');
  await drag(page, [40, 200], [100, 200], SIDE);
  const measures = page.locator('#measures');
  await expect(measures).toContainText(/Ruler 1(59|60)\.\d px/);
  expect(await countPixels(page, 'bright')).toBeGreaterThan(bright + 50);
  for (const [name, value] of Object.entries({ x: '0.5', y: '0.5', z: '5' })) await page.fill(`#spacing [name="${name}"]`, value);
  await expect(measures).toContainText(/Ruler 1(29|30)\.\d mm/);
  await drag(page, [100, 200], [140, 200], SIDE);
  await expect(measures).toContainText(/Ruler 1(49|50)\.\d mm/);

  await page.focus('#stage');
  await page.keyboard.press('y');
  const diameter = async (name: string) => Number((await measures.locator('div', { hasText: name }).locator('dd').last().textContent())?.replace(' mm', ''));
  const [long, short] = [await diameter('Longest diameter'), await diameter('Perpendicular diameter')];
  expect(long).toBeGreaterThan(short);
  expect(short).toBeGreaterThan(1);
  // The circle around the mask has at least its area.
  expect(Math.PI * (long / 2) ** 2).toBeGreaterThan((await area(page)) * 0.25);
  await page.keyboard.press('q');
  await page.keyboard.press('Space');
  await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('Space');
  await expect.poll(() => diameter('Longest diameter')).not.toBe(long);
  const moved = await diameter('Longest diameter');
  await expect(measures).toContainText(/FLAIR, mean ± SD\d/);

  const files = unzip((await scope.download()).bytes);
  const [heads, ...lines] = String(files.get('statistics.csv')).trim().split('\n').map((line) => line.split(','));
  const line = lines.find((cells) => cells[heads.indexOf('rulers_mm')] !== '') ?? [];
  const cell = (name: string) => Number(line[heads.indexOf(name)]);
  expect(cell('diameter_mm')).toBeCloseTo(moved, 0);
  expect(cell('diameter_px')).toBeCloseTo(2 * cell('diameter_mm'), 1);
  expect(cell('rulers_mm')).toBeGreaterThan(49);
  expect(cell('flair_min')).toBeLessThanOrEqual(cell('flair_mean'));
  expect(String(files.get('report.html'))).toMatch(/<td>[\d.]+ × [\d.]+ mm<\/td><td>(49|50)\.\d mm<\/td>/);

  const session = await saved(page, 'session');
  await scope.open('?backend=cpu&workers=1');
  await page.setInputFiles('#files', session.path);
  await scope.is('done');
  await page.click('#tab-measure');
  await expect.poll(() => diameter('Longest diameter')).toBe(moved);
  await page.focus('#stage');
  await page.keyboard.press('t');
  for (const rest of [1, 0]) {
    await page.keyboard.press('q');
    await page.keyboard.press('Delete');
    await expect(measures.locator('dt', { hasText: /Ruler|Longest/ })).toHaveCount(rest);
  }
});

test('the value and the probability under the pointer are shown, and announced for the keyboard', async ({ scope, page }) => {
  await scope.open('?backend=cpu&workers=1');
  await open(scope, page, 1);
  const values = page.locator('#stage [data-corner="values"]');
  const at = await point(page, 100, 120, SIDE);
  await page.mouse.move(at.x, at.y);
  await expect(values).toHaveText(/^x 100, y 120\nFLAIR \d+\nprobability [01]\.\d\d$/);
  await expect(page.locator('#values')).toHaveText('');
  await page.mouse.move(5, 5);
  await expect(values).toHaveText('');
  await page.focus('#stage');
  await page.keyboard.press('t');
  await page.keyboard.press('ArrowRight');
  await expect(page.locator('#values')).toHaveText(/^x 129, y 128, FLAIR \d+, probability [01]\.\d\d$/);
  await drawn(page);
});
