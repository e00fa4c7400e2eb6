/**
 * Correcting: what is drawn by hand is kept apart from the network's mask, is measured, and can be taken back.
 */
import { excerpt, phantoms } from './files.ts';
import { expect, test } from './page.ts';
import { area, drag } from './stage.ts';

const SIDE = 256;

test.beforeEach(async ({ scope, page }) => {
  await scope.open('?backend=cpu&workers=1');
  await scope.chooseFolder(excerpt(phantoms()[0], 3));
  await scope.is('done');
  await area(page);
});

test('brush and eraser change the mask and its figures; undo, redo and the way back', async ({ page }) => {
  const own = await area(page);
  await page.keyboard.press('b');
  await expect(page.locator('#brush')).toBeVisible();
  // Over healthy tissue, far from the lesion.
  await drag(page, [80, 150], [120, 150], SIDE);
  await expect.poll(() => area(page)).toBeGreaterThan(own + 300);
  const brushed = await area(page);
  await expect(page.locator('#stage')).toHaveAttribute('aria-label', /, edited: /);
  await expect(page.locator('#strip [aria-current]')).toHaveAttribute('data-edited', '');
  await expect(page.locator('#strip [data-edited]')).toHaveCount(1);
  await page.keyboard.press('e');
  await drag(page, [80, 150], [100, 150], SIDE);
  await expect.poll(() => area(page)).toBeLessThan(brushed);
  const erased = await area(page);
  expect(erased).toBeGreaterThan(own);
  await page.keyboard.press('Control+z');
  await expect.poll(() => area(page)).toBe(brushed);
  await page.click('#brush [data-act="undo"]');
  await expect.poll(() => area(page)).toBe(own);
  await expect(page.locator('#strip [data-edited]')).toHaveCount(0);
  await page.keyboard.press('Control+y');
  await page.keyboard.press('Control+Shift+Z');
  await expect.poll(() => area(page)).toBe(erased);
  await page.click('#brush [data-act="revert"]');
  await expect.poll(() => area(page)).toBe(own);
  await page.keyboard.press('Control+z');
  await expect.poll(() => area(page), { message: 'the way back can be undone too' }).toBe(erased);
});

test('the brush is as wide as it says', async ({ page }) => {
  const own = await area(page);
  await page.keyboard.press('b');
  await page.locator('#brush input[name="size"]').fill('21');
  await drag(page, [90, 150], [90, 150], SIDE);
  await expect.poll(() => area(page)).not.toBe(own);
  const disc = (await area(page)) - own;
  expect(Math.abs(disc - Math.PI * 10.5 ** 2) / disc, `${disc} pixels`).toBeLessThan(0.05);
});

test('an edit is not the network: it stays at every threshold, and other slices move', async ({ page }) => {
  const own = await area(page);
  await page.keyboard.press('b');
  await drag(page, [80, 150], [120, 150], SIDE);
  await expect.poll(() => area(page)).toBeGreaterThan(own);
  await expect(page.locator('#strip [data-edited]')).toHaveCount(1);
  const edited = await area(page);
  await page.locator('input[name="threshold"]').fill('95');
  await page.focus('#stage');
  await page.keyboard.press('PageUp');
  // The stage follows with the next frame: until then it tells of the edited slice.
  await expect(page.locator('#stage')).toHaveAttribute('aria-label', /^Slice 1 of 3/);
  const other = await area(page);
  await page.locator('input[name="threshold"]').fill('5');
  await expect.poll(() => area(page)).toBeGreaterThan(other);
  await page.locator('#strip [data-edited]').click();
  await expect.poll(() => area(page)).toBe(edited);
});

test('a mask is drawn by keyboard alone', async ({ page }) => {
  const own = await area(page);
  await page.focus('#stage');
  await page.keyboard.press('b');
  for (let i = 0; i < 4; i++) await page.keyboard.press('Shift+ArrowLeft');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Space');
  await expect.poll(() => area(page)).toBeGreaterThan(own + 40);
});

test('edits and slices outlive their worker', async ({ page }) => {
  const own = await area(page);
  await page.keyboard.press('b');
  await drag(page, [80, 150], [120, 150], SIDE);
  await expect.poll(() => area(page)).toBeGreaterThan(own);
  const edited = await area(page);
  await page.workers()[0].evaluate(() => self.close());
  await expect(page.locator('#notice')).toContainText('edits are kept');
  // Asked of the new worker, which knows it only if it was told.
  await page.locator('input[name="threshold"]').fill('30');
  await page.keyboard.press('Home');
  await area(page);
  await page.locator('#strip [data-edited]').click();
  await expect.poll(() => area(page)).toBe(edited);
});
