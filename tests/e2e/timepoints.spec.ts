/**
 * Two time points: a second case beside the one in view, linked slices, and the change of the volume.
 */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { excerpt, patients, phantoms, readSamples } from './files.ts';
import { nifti } from './making.ts';
import { expect, saved, test } from './page.ts';
import { drawn } from './stage.ts';

/** Millimetres: about the pixels of the training data. */
const PIXEL = 0.875;

/** The FLAIR of four slices of a synthetic patient as a volume. Each slice is in it several times. */
function volume(name: string, times: number, distance: number): string {
  const patient = excerpt(phantoms()[0], 4);
  const numbers = readdirSync(patient).flatMap((file) => /_(\d+)\.tif$/.exec(file)?.[1] ?? []).map(Number).sort((a, b) => a - b);
  const slices = numbers.map((number) => readSamples(readFileSync(join(patient, `${basename(patient)}_${number}.tif`))));
  const [{ width, height, channels }] = slices;
  const flair = (x: number, y: number, z: number) => slices[Math.floor(z / times)].samples[(y * width + (width - 1 - x)) * channels + 1];
  const folder = join(mkdtempSync(join(tmpdir(), 'glioscope-time-')), name);
  mkdirSync(folder);
  const affine = [[PIXEL, 0, 0, -100], [0, -PIXEL, 0, 120], [0, 0, distance, -30]];
  writeFileSync(join(folder, `${name}_flair.nii.gz`), gzipSync(nifti([width, height, times * slices.length], affine, flair)));
  return folder;
}

const corner = (page: Page, name: string) => page.locator(`#stage [data-corner="${name}"]`);

/** The numbers of amber pixels in the left and the right half of the stage. */
async function amber(page: Page): Promise<number[]> {
  await drawn(page);
  return page.locator('#stage canvas').evaluate((canvas: HTMLCanvasElement) => {
    const half = Math.floor(canvas.width / 2);
    return [0, half].map((left) => {
      const data = canvas.getContext('2d')?.getImageData(left, 0, half, canvas.height).data ?? [];
      let count = 0;
      for (let i = 0; i < data.length; i += 4) count += Number(data[i] > data[i + 2] + 60 && data[i + 1] > data[i + 2] + 20);
      return count;
    });
  });
}

test('two volumes are linked by position, and a small change lies within the range', async ({ scope, page }) => {
  await page.addInitScript(() => Reflect.deleteProperty(window, 'showSaveFilePicker'));
  await scope.open('?backend=cpu');
  await scope.drop(volume('P1_2019', 1, 5), volume('P1_2023', 2, 2.5));
  await scope.is('done');
  await page.click('#cases button >> nth=0');
  await page.click('[data-command="time-points"]');
  await expect(page.locator('#time-points p')).toHaveText('Slices are linked by position, from the middle of each stack.');
  await page.focus('#stage');
  await page.keyboard.press('End');
  await expect(corner(page, 'nw')).toHaveText('Earlier: P1_2019\n4 / 4, +7.5 mm');
  await expect(corner(page, 'other')).toHaveText('Later: P1_2023\n8 / 8, +8.8 mm');
  await page.keyboard.press('ArrowLeft');
  await expect(corner(page, 'other')).toHaveText(/^Later: P1_2023\n6 \/ 8/);
  await expect.poll(async () => Math.min(...await amber(page))).toBeGreaterThan(200);

  await page.click('#tab-measure');
  await expect(page.locator('#change .figure b')).toHaveText(/^[+−]?0\.\d\d mL$/);
  await expect(page.locator('#change .note')).toHaveText(['The change lies within the range that thresholds from 0.3 to 0.7 alone give.']);
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(' | ')}`)).toEqual([]);

  // A click on the other slice goes to its case. Tools work there, and the slices stay.
  const stage = await page.locator('#stage').boundingBox();
  if (!stage) throw new Error('the stage is not visible');
  await page.mouse.click(stage.x + 0.75 * stage.width, stage.y + stage.height / 2);
  await expect(page.locator('#cases [aria-current="true"] b')).toHaveText('P1_2023');
  await expect(page.locator('#stage')).toHaveAttribute('aria-label', /^Slice 6 of 8 of P1_2023, later: [\d,]+ px; Slice 3 of 4 of P1_2019, earlier: [\d,]+ px$/);

  const session = await saved(page, 'session');
  await scope.open('?backend=cpu');
  await page.setInputFiles('#files', session.path);
  await scope.is('done');
  await expect(corner(page, 'other')).toHaveText(/^Later: P1_2023\n6 \/ 8/);
});

test('two cases without spacing are compared by keyboard alone', async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  await scope.drop(...patients(3, 12, 3).map((folder) => excerpt(folder, 4)));
  await scope.is('done');
  const names = await page.locator('#cases b').allTextContents();
  await page.focus('#stage');
  await page.keyboard.press('5');
  await expect(page.locator('#time-points select')).toHaveValue(/./);
  await expect(page.locator('#time-points p')).toContainText('linked by fraction of the stack');
  await page.keyboard.press('Home');
  await expect(corner(page, 'nw')).toHaveText(`Earlier: ${names[0]}\n1 / 4`);
  await expect(corner(page, 'other')).toHaveText(`Later: ${names[1]}\n1 / 4`);
  await page.keyboard.press('9');
  await expect(corner(page, 'other')).toHaveText(`Later: ${names[1]}\n2 / 4`);
  await page.keyboard.press('6');
  await expect(corner(page, 'nw')).toHaveText(`Earlier: ${names[1]}\n2 / 4`);
  await page.keyboard.press('7');
  await expect(page.locator('#cases [aria-current="true"] b')).toHaveText(names[1]);
  await expect(corner(page, 'nw')).toHaveText(`Earlier: ${names[1]}\n2 / 4`);

  // Another case, chosen in the list.
  await page.locator('#time-points select').focus();
  await page.keyboard.press('ArrowDown');
  await expect(corner(page, 'nw')).toHaveText(`Earlier: ${names[1]}\n2 / 4`);
  await expect(corner(page, 'other')).toHaveText(`Later: ${names[2]}\n2 / 4`);

  await page.focus('#tab-look');
  await page.keyboard.press('ArrowRight');
  const change = page.locator('#change');
  await expect(change).toContainText('Voxels of unlike spacing cannot be compared.');
  await expect(change.locator('.figure span')).toHaveText(/^voxels, [+−][\d.]+ %$/);
  for (const at of [0, 1]) {
    await page.focus('#spacing [name="x"]');
    for (const value of ['1', '1', '5']) {
      await page.keyboard.type(value);
      await page.keyboard.press('Tab');
    }
    await page.focus('#stage');
    if (at === 0) await page.keyboard.press('7');
  }
  await expect(change.locator('.figure b')).toHaveText(/^[+−][\d.]+ mL$/);
  await expect(change).not.toContainText('Voxels');
  await expect(page.locator('#time-points p')).toContainText('linked by position');

  await page.keyboard.press('5');
  await expect(page.locator('#time-points')).toBeHidden();
  await expect(change).toBeHidden();
  await expect(corner(page, 'other')).toHaveText('');
});
