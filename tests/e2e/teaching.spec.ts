/**
 * For teachers: the samples, exercises, and what a session keeps of them.
 */
import type { Page } from '@playwright/test';
import { excerpt, phantoms } from './files.ts';
import { expect, saved, test } from './page.ts';
import { area, countPixels, drag, drawn } from './stage.ts';

const SIDE = 256;

/** A cell of the table with the result of an exercise. */
async function score(page: Page, row: string, column: 'You' | 'Network'): Promise<string> {
  const cells = page.locator('#exercise-table tr', { has: page.getByRole('rowheader', { name: row, exact: true }) }).locator('td');
  return (await cells.nth(column === 'You' ? 0 : 1).textContent()) ?? '';
}

const stageArea = (page: Page, pixels: RegExp | string) => expect(page.locator('#stage')).toHaveAttribute('aria-label', pixels);

test('an exercise hides prediction and reference until the masks are compared', async ({ scope, page }) => {
  await scope.open('?backend=cpu&workers=1');
  await scope.chooseFolder(excerpt(phantoms()[0], 3));
  await scope.is('done');
  const predicted = await area(page);
  const ofNetwork = await page.locator('.figure.dice b').textContent();
  const ofCase = /Dice ([\d.]+)/.exec((await page.locator('#cases .size').textContent()) ?? '')?.[1];
  expect(await countPixels(page, 'blue'), 'the reference').toBeGreaterThan(0);

  await page.focus('#stage');
  await page.keyboard.press('j');
  await expect(page.locator('#exercise')).toContainText('Prediction and reference are hidden');
  await stageArea(page, /, your mask: 0 px$/);
  // No key and no button shows them.
  for (const key of ['a', 'p', 'r', 's', 'f', 'm']) {
    await page.keyboard.press(key);
    expect(await countPixels(page, 'coloured'), `after ${key}`).toBe(0);
  }
  for (const command of ['overlay-agreement', 'overlay-heat', 'toggle-reference', 'layout-side', 'flicker']) {
    await expect(page.locator(`[data-command="${command}"]`)).toBeHidden();
  }
  await expect(page.locator('.figure.dice')).toHaveCount(0);
  await expect(page.locator('#cases')).not.toContainText('Dice');
  await page.click('#tab-measure');
  await expect(page.locator('#measures')).toContainText('Measures appear when you compare the exercise.');
  await expect(page.locator('.plot-dice')).toHaveCount(0);
  await expect(page.locator('#strip [data-edited], #strip [data-is="lesion"]')).toHaveCount(0);

  // By keyboard: paint over healthy tissue in the middle, undo, redo.
  await page.focus('#stage');
  await page.keyboard.press('Space');
  const drawnArea = await area(page);
  expect(drawnArea).toBeGreaterThan(40);
  await page.keyboard.press('Control+z');
  await stageArea(page, /: 0 px$/);
  await page.keyboard.press('Control+z');
  await stageArea(page, /: 0 px$/);
  await page.keyboard.press('Control+y');
  await expect.poll(() => area(page)).toBe(drawnArea);
  await expect(page.locator('#strip [data-edited]')).toHaveCount(1);
  expect(await countPixels(page, 'amber'), 'the drawing').toBeGreaterThan(0);

  await page.keyboard.press('c');
  await expect(page.locator('#exercise-table')).toBeVisible();
  expect(await score(page, 'Dice, slice', 'Network')).toBe(ofNetwork);
  expect(await score(page, 'Dice, case', 'Network')).toBe(ofCase);
  await expect.poll(() => score(page, 'Dice, slice', 'You')).toMatch(/^0\.\d{3}$/);
  const [wrong, missed] = [await score(page, 'False positive, slice', 'You'), await score(page, 'False negative, slice', 'You')];
  await expect(page.locator('#legend')).toContainText(`False positive ${wrong}`);
  await expect(page.locator('#legend')).toContainText(`False negative ${missed}`);
  await expect(page.locator('#stage [data-corner="right"]')).toHaveText(`Network, Dice ${ofNetwork}`);
  await expect(page.locator('#stage [data-corner="left"]')).toHaveText(/^You, Dice 0\.\d{3}$/);
  // What the network has missed and the drawing has missed is blue in both panes, its true positives are amber.
  await drawn(page);
  expect(await countPixels(page, 'amber')).toBeGreaterThan(500);
  expect(await countPixels(page, 'blue')).toBeGreaterThan(500);

  // A drawing that is in no file is not dropped without a question.
  await page.click('[data-command="end-exercise"]');
  await expect(page.locator('#unsaved')).toContainText('Ending the exercise discards the edits of 1 slice');
  await page.click('#unsaved [value="discard"]');
  await expect(page.locator('#exercise')).toBeHidden();
  await expect.poll(() => area(page)).toBe(predicted);
  await expect(page.locator('.figure.dice b')).toHaveText(String(ofNetwork));
});

test('a session keeps an exercise and the place; edits from before return', async ({ scope, page }) => {
  await page.addInitScript(() => Reflect.deleteProperty(window, 'showSaveFilePicker'));
  await scope.open('?backend=cpu&workers=1');
  await scope.chooseFolder(excerpt(phantoms()[0], 3));
  await scope.is('done');
  await page.locator('#slice').fill('1');
  await area(page);
  await page.focus('#stage');
  await page.keyboard.press('b');
  await page.keyboard.press('Space');
  const edited = await area(page);
  await page.keyboard.press('j');
  await stageArea(page, /: 0 px$/);
  await page.keyboard.press('j');
  await expect.poll(() => area(page)).toBe(edited);
  await page.keyboard.press('j');
  await stageArea(page, /: 0 px$/);
  await drag(page, [80, 150], [120, 150], SIDE);
  const drawing = await area(page);
  await page.locator('select[name="preset"]').selectOption('bright');
  const session = await saved(page, 'session');

  await scope.open('?backend=cpu&workers=1');
  await page.setInputFiles('#files', session.path);
  await scope.is('done');
  await expect(page.locator('#exercise')).toBeVisible();
  await stageArea(page, /^Slice 1 of 3 .*, your mask: /);
  expect(await area(page)).toBe(drawing);
  await expect(page.locator('select[name="preset"]')).toHaveValue('bright');
  await page.click('#exercise [data-command="compare"]');
  await expect.poll(() => score(page, 'False positive, slice', 'You')).toMatch(/ px$/);
});

test('the sample is one of five synthetic cases', async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  const kinds = page.locator('#sample-kind');
  const open = async (kind: string, name: string) => {
    await kinds.selectOption(kind);
    await page.click('#sample');
    await scope.is('done');
    await expect(page.locator('#cases b')).toHaveText(name);
  };
  const size = async () => Number(((await page.locator('#cases .size').textContent()) ?? '').split(' ')[0].replaceAll(',', ''));
  await expect(kinds).toHaveValue('one');
  await open('small', 'PHANTOM_0002');
  const small = await size();
  await open('two', 'PHANTOM_0003');
  expect(small).toBeLessThan(await size());
  await open('none', 'PHANTOM_0004');
  // It has references, which are empty.
  await expect(page.locator('[data-command="exercise"]')).toBeVisible();
  await open('refused', 'PHANTOM_0005');
  await expect(page.locator('#input-check')).toBeVisible();
  await expect(page.locator('#status')).toContainText('1 case not segmented');
});
