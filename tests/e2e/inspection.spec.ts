/**
 * What the page reads files as, before anything is segmented. It equals `train inspect`.
 */
import { copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FIXTURES } from './files.ts';
import { channels, inspect, lines, mixed, zipped } from './inspection.ts';
import { expect, slowSlices, test } from './page.ts';

/** A folder and its zip. */
const WAYS: [string, (folder: string) => string][] = [['folder', (folder) => folder], ['zip', (folder) => join(zipped(folder), 'set.zip')]];

for (const [kind, way] of WAYS) {
  test(`a dropped ${kind} is read as train inspect reads it, before anything is segmented`, async ({ scope, page }) => {
    const path = way(mixed());
    const native = inspect(path);
    expect([native.cases.length, native.refused.length, native.passed_over.length]).toEqual([1, 1, 5]);
    await scope.tamper('pkg/glioscope.js', slowSlices(3000));
    await scope.open('?backend=cpu&workers=1');
    await scope.drop(path);
    await expect(page.locator('#cases b')).toHaveText(native.cases.map(({ name }) => name));
    await expect(page.locator('#reading summary')).toHaveText('Read as 2 slices, pre, FLAIR and post');
    await page.click('#reading summary');
    await expect(page.locator('#reading li')).toHaveText(lines(native.cases[0]));
    await expect(page.locator('#reading dd')).toHaveText([/^2 of \d+ × \d+ pixels$/, 'pre, FLAIR and post', '2 of 2 slices', 'not in the files', 'not in the files']);
    await expect(page.locator('#passed-over summary')).toHaveText('5 files passed over (system file: 2, text: 1, not an image: 1, table: 1)');
    await expect(page.locator('#passed-over li')).toHaveCount(0);
    await page.click('#passed-over summary');
    await expect(page.locator('#passed-over li')).toHaveCount(5);
    const shown = await page.locator('#passed-over li').allTextContents();
    expect(shown.sort()).toEqual(native.passed_over.map(({ file, reason }) => `${file}: ${reason}`).sort());
    await expect(page.locator('#errors li')).toHaveText([new RegExp(`broken\\.tif: ${native.refused[0].reason.slice(0, 20)}`)]);
    await expect(page.locator('body')).toHaveAttribute('data-state', 'running');
    await expect(page.locator('#strip [data-is="clear"], #strip [data-is="lesion"]')).toHaveCount(0);
    await scope.is('done');
  });
}

test('the page asks what the names do not decide, and an answer reads the files again', async ({ scope, page }) => {
  const folder = channels();
  await scope.open('?backend=cpu&workers=2');
  await scope.drop(folder);
  const readings = page.locator('#questions label');
  await expect(page.locator('#questions legend')).toHaveText('The number at the end of set/P_1_0000.png can be a channel or a slice.');
  await expect(readings).toHaveCount(4);
  await expect(readings.first()).toHaveText('Channels: 0000 pre-contrast T1, 0001 FLAIR, 0002 post-contrast T11 case, 2 slices');
  await expect(readings.last()).toHaveText('Slices: every file is a slice with FLAIR alone2 cases, 6 slices');
  await expect(readings.first().locator('input')).toBeChecked();
  await page.click('#reading summary');
  await expect(page.locator('#reading li')).toHaveText(lines(inspect(folder).cases[0]));

  await readings.nth(2).click();
  await expect(page.locator('#reading li')).toHaveText(['P_1_0002.png', 'P_2_0002.png']);
  await readings.last().click();
  await expect(page.locator('#cases b')).toHaveText(['set/P_1', 'set/P_2']);
  await expect(page.locator('#cases .counts')).toHaveText([/^3 slices/, /^3 slices/]);
  // A new worker reads the files in the same way.
  await page.workers()[0].evaluate(() => self.close());
  await expect(page.locator('#notice')).toBeVisible();
  await expect(page.locator('#cases b')).toHaveText(['set/P_1', 'set/P_2']);
  await readings.first().click();
  await expect(page.locator('#cases b')).toHaveText(['set']);
  await expect(page.locator('#reading li')).toHaveText(['P_1_0001.png', 'P_2_0001.png']);
});

test('300 files that are not images are one line, and the page says what can be opened', async ({ scope, page }) => {
  const folder = mkdtempSync(join(tmpdir(), 'glioscope-litter-'));
  for (let number = 0; number < 300; number++) writeFileSync(join(folder, `${number}.xyz`), 'no slice');
  await scope.open('?backend=cpu');
  await scope.drop(folder);
  await scope.is('error');
  await expect(page.locator('#status')).toHaveText('No slices: 300 files are not images. Open TIFF, PNG, NIfTI or DICOM files, a folder of them, or a zip.');
  await expect(page.locator('#passed-over summary')).toHaveText('300 files passed over (not an image: 300)');
  await expect(page.locator('#errors li')).toHaveCount(0);
});

/** A folder with files of rare formats, each a case of its own. */
function rare(...names: string[]): string {
  const folder = join(mkdtempSync(join(tmpdir(), 'glioscope-rare-')), 'set');
  for (const name of names) {
    mkdirSync(join(folder, name), { recursive: true });
    copyFileSync(join(FIXTURES, name), join(folder, name, name));
  }
  return folder;
}

const RARE = ['formats-smooth.jpg', 'formats-lossless.webp', 'formats-rgb.bmp', 'formats-grey.gif', 'formats-zstd-grey-16.tif', 'formats-jpeg-rgb.tif', 'formats-group4.tif'];

for (const [kind, way] of WAYS) {
  test(`rare formats in a ${kind} are decoded by a module that is loaded for them`, async ({ scope, page }) => {
    const path = way(rare(...RARE));
    const native = inspect(path);
    expect([native.cases.length, native.refused.length]).toEqual([RARE.length, 0]);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await scope.open('?backend=cpu&workers=1');
    await page.click('#sample');
    await expect(page.locator('#strip button').first()).toBeVisible();
    expect(asked.filter((address) => address.includes('pkg/formats'))).toEqual([]);
    await scope.drop(path);
    await expect(page.locator('#cases b')).toHaveText(native.cases.map(({ name }) => name));
    await expect(page.locator('#errors li')).toHaveCount(0);
    await expect(page.locator('#notes li').filter({ hasText: 'lossy compression has changed the grey levels' })).toHaveCount(2);
    await page.click('#reading summary');
    await expect(page.locator('#reading li')).toHaveText(lines(native.cases[0]));
  });
}

test('a decoder that panics ends only its own worker, and the other files are read', async ({ scope, page }) => {
  await scope.tamper('pkg/formats.js', (source) => `${source.replace('export function convert', 'function original')}
    export function convert(name, bytes) {
      if (name.includes('webp')) throw new WebAssembly.RuntimeError('unreachable');
      return original(name, bytes);
    }`);
  await scope.open('?backend=cpu&workers=1');
  await scope.drop(rare(...RARE.slice(0, 3)));
  await expect(page.locator('#cases b')).toHaveCount(2);
  await expect(page.locator('#errors li')).toHaveText([/^set\/formats-lossless\.webp\/formats-lossless\.webp: .*unreachable/]);
  await expect(page.locator('#notice')).toBeHidden();
});
