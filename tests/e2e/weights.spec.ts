/**
 * Your own weights: a model that is dropped, or named in the address.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MODEL } from './files.ts';
import { expect, test } from './page.ts';

const FILES = ['model.json', 'weights.safetensors', 'card.json'];

/** A folder as `train fit` writes it: the published weights with another threshold, and figures of their own. */
function fitted(): string {
  const folder = join(mkdtempSync(join(tmpdir(), 'glioscope-fit-')), 'mine');
  mkdirSync(folder);
  for (const name of FILES) cpSync(join(MODEL, name), join(folder, name));
  const change = (name: string, to: object) => {
    const path = join(folder, name);
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...to }));
  };
  change('model.json', { threshold: 0.4 });
  change('card.json', { metrics: { patient_dice_mean: 0.123 } });
  return folder;
}

test('dropped weights run after their self-test, with their own card', async ({ page, scope }) => {
  const folder = fitted();
  await scope.open('?backend=cpu');
  await page.click('#sample');
  await scope.is('done');
  await page.setInputFiles('#folder', folder);
  await expect(page.locator('#status')).toContainText('Ready with your own weights, from mine.');
  await scope.is('ready');
  await expect(page.locator('#own-model')).toContainText('from mine');
  await expect(page.locator('#trained-on')).toBeHidden();
  await expect(page.locator('#selftest')).toContainText('Passed');
  await page.click('.about [popovertarget=card]');
  await expect(page.locator('#card-body')).toContainText('These are your own weights, from mine.');
  await expect(page.locator('#card-body')).toContainText('0.123');
  await expect(page.locator('#card-body')).not.toContainText('CC BY-NC-SA');
  await page.keyboard.press('Escape');
  await page.click('#sample');
  await scope.is('done');
  await expect(page.locator('.about')).toContainText('About the model: mine');
  await expect(page.locator('input[name=threshold]')).toHaveValue('40');
});

test('weights that do not belong to their model.json are refused, and the open files stay', async ({ page, scope }) => {
  const folder = fitted();
  const weights = readFileSync(join(folder, 'weights.safetensors'));
  weights[weights.length - 1] ^= 1;
  writeFileSync(join(folder, 'weights.safetensors'), weights);
  await scope.open('?backend=cpu');
  await page.click('#sample');
  await scope.is('done');
  await page.setInputFiles('#folder', folder);
  await expect(page.locator('#errors li')).toContainText('mine: ');
  await expect(page.locator('#errors li')).toContainText('SHA-256');
  await scope.is('done');
  await expect(page.locator('#own-model')).toBeHidden();
  await expect(page.locator('#strip button')).not.toHaveCount(0);
});

test('the address names a model of this site', async ({ page, scope }) => {
  const folder = fitted();
  for (const name of FILES) {
    await page.route(`**/models/mine/${name}`, (route) => route.fulfill({ body: readFileSync(join(folder, name)) }));
  }
  await scope.open('?backend=cpu&model=models/mine');
  await expect(page.locator('#own-model')).toContainText('from models/mine');
  await page.click('#sample');
  await scope.is('done');
  await expect(page.locator('input[name=threshold]')).toHaveValue('40');
  await page.goto('./?backend=cpu&model=https://example.org/model');
  await expect(page.locator('#notice')).toContainText('https://example.org/model is not on the origin of this page');
});
