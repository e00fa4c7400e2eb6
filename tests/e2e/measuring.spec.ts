/**
 * The page's measures match the saved files, which are counted here independently.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Page } from '@playwright/test';
import { excerpt, phantoms, readMask, unzip } from './files.ts';
import { withResolution } from './making.ts';
import { expect, override, test } from './page.ts';

async function enterSpacing(page: Page, spacing: Record<string, string>) {
  for (const [name, value] of Object.entries(spacing)) await page.fill(`#spacing [name="${name}"]`, value);
}

const number = (text: string | null) => Number((text ?? '').replaceAll(',', ''));

test('areas, volume and scores match the saved masks', async ({ scope, page }) => {
  const folder = excerpt(phantoms()[0], 5);
  await scope.open('?backend=cpu');
  await scope.chooseFolder(folder);
  await scope.is('done');
  await page.click('#tab-measure');
  const masks = new Map([...unzip((await scope.download()).bytes)]
    .filter(([path]) => path.endsWith('_mask.tif')).map(([path, bytes]) => [basename(path), readMask(bytes).pixels]));
  expect(masks.size).toBe(5);
  const [tp, fp, fn] = [0, 1, 2].map((which) => [...masks].reduce((sum, [name, mask]) => {
    const reference = readMask(readFileSync(join(folder, name))).pixels;
    return sum + mask.reduce((pixels, value, i) => {
      const [predicted, expected] = [value > 0, reference[i] > 0];
      return pixels + Number([predicted && expected, predicted && !expected, !predicted && expected][which]);
    }, 0);
  }, 0));
  await expect(page.locator('#case-volume b')).toHaveText((tp + fp).toLocaleString('en'));
  const column = page.locator('#scores tbody tr td:nth-of-type(2)');
  await expect(column).toHaveText([(2 * tp) / (2 * tp + fp + fn), tp / (tp + fp + fn), tp / (tp + fn), tp / (tp + fp)].map((value) => value.toFixed(3)));
  const range = (await page.locator('#range tbody td').allTextContents()).map(number);
  expect(range).toHaveLength(3);
  expect(range[1]).toBe(tp + fp);
  expect(range[0]).toBeGreaterThanOrEqual(range[1]);
  expect(range[1]).toBeGreaterThanOrEqual(range[2]);
});

test('a score whose denominator is zero is shown as a dash @full', async ({ scope, page }) => {
  // Two slices below the lesion and two through it, each pair with one empty and one non-empty reference.
  const [folder] = phantoms();
  const name = basename(folder);
  const bytes = (slice: number, mask = '') => readFileSync(join(folder, `${name}_${slice}${mask}.tif`));
  const [empty, full] = [bytes(3, '_mask'), bytes(13, '_mask')];
  expect([empty, full].map((file) => readMask(file).pixels.some((value) => value > 0))).toEqual([false, true]);
  const cases = [
    [3, empty, ['1.000', '1.000', '–', '–']],
    [4, full, ['0.000', '0.000', '0.000', '–']],
    [12, empty, ['0.000', '0.000', '–', '0.000']],
    [13, full, [/^0\.[5-9]/, /^0\.[5-9]/, /^0\.[5-9]/, /^0\.[5-9]/]],
  ] as const;
  await scope.open('?backend=cpu');
  await scope.chooseFiles(cases.flatMap(([slice, reference]) => [
    { name: `${name}_${slice}.tif`, bytes: bytes(slice) },
    { name: `${name}_${slice}_mask.tif`, bytes: reference },
  ]));
  await scope.is('done');
  await page.click('#tab-measure');
  for (const [at, [slice, , shown]] of cases.entries()) {
    await page.locator('#strip button').nth(at).click();
    await expect(page.locator('#scores tbody tr td:nth-of-type(1)'), `slice ${slice}`).toHaveText([...shown]);
  }
});

test('measures in millimetres appear when all three spacing values are entered, and are correct', async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  await scope.chooseFolder(excerpt(phantoms()[0], 3));
  await scope.is('done');
  await page.click('#tab-measure');
  const panel = page.locator('#measures');
  for (const name of ['x', 'y', 'z']) await expect(page.locator(`#spacing [name="${name}"]`)).toHaveValue('');
  await expect(page.locator('#spacing-origin')).toContainText('do not state the spacing');
  await expect(panel).not.toContainText(/mm²|mL/);
  const voxels = number(await page.locator('#case-volume b').textContent());
  const area = number(await page.locator('#readout .figure.lesion b').textContent());
  expect(area).toBeGreaterThan(0);
  await enterSpacing(page, { x: '0.9', y: '0.8' });
  await expect(page.locator('#spacing-origin')).toContainText('Enter all three values');
  await expect(panel).not.toContainText(/mm²|mL/);
  await enterSpacing(page, { z: '5' });
  const millilitres = (voxels * 0.9 * 0.8 * 5) / 1000;
  await expect(page.locator('#case-volume b')).toHaveText(`${millilitres.toFixed(millilitres < 10 ? 2 : 1)} mL`);
  await expect(page.locator('#readout .figure.lesion span')).toContainText(`${Math.round(area * 0.9 * 0.8).toLocaleString('en')} mm²`);
  await expect(page.locator('#plots figcaption').first()).toContainText('mm²');
  await enterSpacing(page, { z: '-2' });
  await expect(page.locator('#spacing-fault')).toBeVisible();
  await expect(panel).not.toContainText('mL');
  await page.click('#spacing-clear');
  await expect(page.locator('#spacing [name="x"]')).toHaveValue('');
});

test('the resolution of a TIFF is filled in and gives areas; the slice distance must be entered', async ({ scope, page }) => {
  const folder = excerpt(phantoms()[0], 2);
  const files = readdirSync(folder).map((name) => ({ name, bytes: withResolution(readFileSync(join(folder, name)), 0.9375, 0.75) }));
  await scope.open('?backend=cpu');
  await scope.chooseFiles(files);
  await scope.is('done');
  await page.click('#tab-measure');
  await expect(page.locator('#spacing [name="x"]')).toHaveValue(/^0\.9375/);
  await expect(page.locator('#spacing [name="y"]')).toHaveValue('0.75');
  await expect(page.locator('#spacing [name="z"]')).toHaveValue('');
  await expect(page.locator('#spacing-origin')).toContainText('from the file');
  await expect(page.locator('#measures')).not.toContainText('mL');
  const area = number(await page.locator('#readout .figure.lesion b').textContent());
  const stated = `${Math.round(area * 0.9375 * 0.75).toLocaleString('en')} mm²`;
  await expect(page.locator('#readout .figure.lesion span')).toContainText(stated);
  // An incomplete spacing does not override the file.
  await enterSpacing(page, { x: '2' });
  await expect(page.locator('#spacing-origin')).toContainText('0.9375 × 0.75 mm from the file');
  await expect(page.locator('#readout .figure.lesion span')).toContainText(stated);
  await page.click('#spacing-clear');
  await enterSpacing(page, { z: '4' });
  await expect(page.locator('#case-volume b')).toContainText('mL');
  await expect(page.locator('#spacing-origin')).toContainText('from the file');
  await enterSpacing(page, { x: '1' });
  await expect(page.locator('#spacing-origin')).toContainText('Entered by you. The file states');
});

test('each case has its own spacing', async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  await scope.drop(...phantoms().map((folder) => excerpt(folder, 1)));
  await scope.is('done');
  await page.click('#tab-measure');
  await enterSpacing(page, { x: '1', y: '1', z: '3' });
  await expect(page.locator('#cases .size').first()).toContainText('mL');
  await page.locator('#cases button').nth(1).click();
  await expect(page.locator('#spacing [name="x"]')).toHaveValue('');
  await expect(page.locator('#cases .size').nth(1)).not.toContainText('mL');
  await page.locator('#cases button').first().click();
  await expect(page.locator('#spacing [name="z"]')).toHaveValue('3');
});

test('an incomplete spacing stays with its case @full', async ({ scope, page }) => {
  const [first, second] = phantoms().map((folder) => excerpt(folder, 1));
  await scope.open('?backend=cpu');
  await scope.chooseFolder(first);
  await scope.is('done');
  await page.click('#tab-measure');
  await enterSpacing(page, { x: '0.9', y: '0.8' });
  await page.setInputFiles('#add-folder', second);
  await expect(page.locator('#cases b')).toHaveCount(2);
  await scope.is('done');
  const fields = page.locator('#spacing input');
  for (const [at, values] of [[1, ['', '', '']], [0, ['0.9', '0.8', '']]] as const) {
    await page.locator('#cases button').nth(at).click();
    await expect(page.locator('#cases button').nth(at)).toHaveAttribute('aria-current', 'true');
    for (const [field, value] of values.entries()) await expect(fields.nth(field)).toHaveValue(value);
  }
  // Newly opened files start without a spacing, even with the same name.
  await scope.chooseFolder(first);
  await scope.is('done');
  for (const field of await fields.all()) await expect(field).toHaveValue('');
});

test('the plots have a bar per slice, and a click on a bar shows its slice', async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  await scope.chooseFolder(excerpt(phantoms()[0], 8));
  await scope.is('done');
  await page.click('#tab-measure');
  await expect(page.locator('#plots figure')).toHaveCount(2);
  for (const plot of await page.locator('#plots .bars').all()) {
    expect(((await plot.getAttribute('d')) ?? '').match(/M/g)).toHaveLength(8);
  }
  const plot = page.locator('.plot-dice');
  await plot.scrollIntoViewIfNeeded();
  const box = await plot.boundingBox();
  if (!box) throw new Error('the plot is not drawn');
  await page.mouse.click(box.x + box.width - 4, box.y + box.height / 3);
  await expect(page.locator('#readout h2')).toHaveText('Slice 8 of 8');
  await expect(plot).toHaveAttribute('aria-label', /Slice 8: [\d.]+/);
});

test('the edited mask and the prediction are both measured', async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  await scope.chooseFolder(excerpt(phantoms()[0], 2));
  await scope.is('done');
  await page.click('#tab-measure');
  const before = number(await page.locator('#case-volume b').textContent());
  await page.locator('#tools input[value="brush"]').check({ force: true });
  const box = await page.locator('#stage').boundingBox();
  if (!box) throw new Error('the stage is not visible');
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x - 150, y);
  await page.mouse.down();
  await page.mouse.move(x - 60, y, { steps: 6 });
  await page.mouse.up();
  await expect(page.locator('#measures')).toContainText('Prediction at 0.50');
  await expect(page.locator('#measures')).toContainText(`${before.toLocaleString('en')} voxels`);
  expect(number(await page.locator('#case-volume b').textContent())).toBeGreaterThan(before);
  await expect(page.locator('#scores thead')).toContainText('Prediction');
  await expect(page.locator('#cases .counts')).toContainText('1 edited');
});

test('a measuring error is shown until measuring works again @full', async ({ scope, page }) => {
  await scope.tamper('pkg/glioscope.js', override('measure', `if (given[1] === 0.6) throw new Error('no ruler'); return original.apply(this, given);`));
  await scope.open('?backend=cpu');
  await scope.chooseFolder(excerpt(phantoms()[0], 2));
  await scope.is('done');
  await expect(page.locator('#readout .figure.lesion')).toBeVisible();
  await page.locator('input[name="threshold"]').fill('60');
  await expect(page.locator('#readout')).toContainText('Measuring failed: no ruler');
  await expect(page.locator('#readout .figure.lesion')).toHaveCount(0);
  await page.click('#tab-measure');
  await expect(page.locator('#measures')).toHaveText('Measuring failed: no ruler');
  await page.click('#tab-look');
  await page.locator('input[name="threshold"]').fill('50');
  await expect(page.locator('#readout .figure.lesion')).toBeVisible();
  await expect(page.locator('#readout')).not.toContainText('Measuring failed');
});
