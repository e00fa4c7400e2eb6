/**
 * Many cases: the table, and the keys that go from case to case.
 */
import { readFileSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import { excerpt, patients } from './files.ts';
import { expect, test } from './page.ts';

test('cases are a table that sorts, filters, opens a case and is saved', async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  await expect(page.locator('#show-cohort')).toBeHidden();
  await scope.drop(...patients(4, 12, 4).map((folder) => excerpt(folder, 2)));
  await scope.is('done');
  await page.focus('#stage');
  await page.keyboard.press('z');
  const table = page.locator('#cohort');
  await expect(table).toBeVisible();
  await expect(table.locator('output')).toHaveText('4 cases');
  const column = (at: number) => table.locator(`tbody tr > :nth-child(${at})`).allTextContents();
  const names = await column(2);
  expect(names).toEqual(names.toSorted());

  // Every case has a picture.
  await expect.poll(() => table.locator('tbody canvas').evaluateAll((canvases) => canvases.filter((canvas) => {
    const { width, height } = canvas as HTMLCanvasElement;
    return (canvas as HTMLCanvasElement).getContext('2d')?.getImageData(0, 0, width, height).data.some((value, i) => i % 4 < 3 && value > 60);
  }).length)).toBe(4);

  const dice = table.getByRole('button', { name: 'Dice', exact: true });
  await dice.focus();
  await page.keyboard.press('Enter');
  const scores = (await column(5)).map(Number);
  expect(scores.every((score) => score >= 0 && score <= 1)).toBe(true);
  expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  await expect(table.locator('th[aria-sort="descending"]')).toHaveText('Dice');
  await page.keyboard.press('Enter');
  expect((await column(5)).map(Number)).toEqual(scores.toReversed());

  await table.getByRole('button', { name: 'Predicted Dice' }).click();
  const predicted = (await column(6)).filter((text) => text !== '–').map(Number);
  expect(predicted).toEqual(predicted.toSorted((a, b) => b - a));

  const { violations } = await new AxeBuilder({ page }).include('#cohort').analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(' | ')}`)).toEqual([]);

  await table.locator('select').selectOption('edited');
  await expect(table.locator('output')).toHaveText('0 of 4 cases');
  await table.locator('select').selectOption('all');
  await table.locator('input[name="text"]').fill(names[2]);
  await expect(table.locator('tbody tr')).toHaveCount(1);
  await table.locator('input[name="text"]').fill('');

  const saving = page.waitForEvent('download');
  await table.locator('[data-command="save-cohort"]').click();
  const file = await saving;
  expect(file.suggestedFilename()).toBe('glioscope_cohort.csv');
  const [head, ...lines] = readFileSync(await file.path(), 'utf8').trim().split('\n').map((line) => line.split(','));
  const saved = lines.map((line) => line[head.indexOf('predicted_dice')]).filter((text) => text !== '').map(Number);
  expect(saved.length).toBeGreaterThan(0);
  expect(saved.map((value) => value.toFixed(2)).toSorted()).toEqual(predicted.map((value) => value.toFixed(2)).toSorted());
  await table.locator('select').selectOption('low');
  await expect(table.locator('tbody tr')).toHaveCount(saved.filter((value) => value < 0.7).length);
  await table.locator('select').selectOption('all');

  // By keyboard to the second row, which opens.
  await table.getByRole('button', { name: 'Case', exact: true }).click();
  await table.locator('tbody button').first().focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(table).toBeHidden();
  const current = page.locator('#cases [aria-current="true"] b');
  await expect(current).toHaveText(names[1]);
  await expect(page.locator('#stage')).toBeFocused();
  await expect(page.locator('#readout .predicted, #readout .faulty').first()).toContainText(/Predicted Dice of the network’s masks: 0\.\d\d \(0\.\d\d to 0\.\d\d\)/);
  await page.keyboard.press('Control+ArrowDown');
  await expect(current).toHaveText(names[2]);
  await page.keyboard.press('Control+ArrowUp');
  await page.keyboard.press('Control+ArrowUp');
  await page.keyboard.press('Control+ArrowUp');
  await expect(current).toHaveText(names[0]);
});
