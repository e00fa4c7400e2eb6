/**
 * NIfTI volumes: read with their geometry, segmented, and written back on their own grid. DICOM series: read with theirs.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { FIXTURES, segmented, unzip } from './files.ts';
import { inspect, lines } from './inspection.ts';
import { expect, test } from './page.ts';
import { area } from './stage.ts';
import { volume } from './volume.ts';

test('a NIfTI volume is segmented as by the native program, and the results have its grid', async ({ scope, page }) => {
  const folder = volume();
  const [file] = readdirSync(folder);
  const native = segmented(dirname(folder));

  await scope.open('?backend=cpu');
  await scope.drop(folder);
  await expect(page.locator('#reading summary')).toHaveText('Read as 4 slices, FLAIR alone');
  await page.click('#reading summary');
  await expect(page.locator('#reading dd')).toHaveText(['4 of 256 × 256 pixels', 'FLAIR alone', 'none', '0.875 × 0.875 × 5 mm, from NIfTI', 'axial', 'RPS']);
  await scope.is('done');
  await area(page);
  await page.click('#tab-measure');
  await expect(page.locator('#case-volume')).toContainText('mL');

  const files = unzip((await scope.download()).bytes);
  expect([...files.keys()].sort()).toEqual([...native.keys()].sort());
  const [path] = [...files.keys()].filter((name) => name.endsWith('/mask.nii.gz'));
  const [input, mask] = [readFileSync(join(folder, file)), files.get(path) as Buffer].map((bytes) => gunzipSync(bytes));
  expect(mask.equals(gunzipSync(native.get(path) as Buffer))).toBe(true);
  expect(mask.subarray(352).some((value) => value > 0)).toBe(true);
  // dim, pixdim, qform_code to srow_z.
  for (const [from, to] of [[40, 56], [76, 108], [252, 328]]) expect(mask.subarray(from, to).equals(input.subarray(from, to)), `${from} to ${to}`).toBe(true);
  for (const table of ['statistics.csv', 'cohort.csv']) expect(files.get(table)?.equals(native.get(table) as Buffer), table).toBe(true);
});

test('a NIfTI volume in two files is one volume', async ({ scope, page }) => {
  const folder = join(mkdtempSync(join(tmpdir(), 'glioscope-pair-')), 'pair');
  mkdirSync(folder);
  for (const file of ['pair.hdr', 'pair.img']) cpSync(join(FIXTURES, 'nifti', file), join(folder, file));
  await scope.open('?backend=cpu&workers=1');
  await scope.drop(folder);
  await expect(page.locator('#reading summary')).toHaveText('Read as 4 slices, FLAIR alone');
  await expect(page.locator('#errors li')).toHaveCount(0);
});

test('a DICOM study is read as by the native program, with any file names', async ({ scope, page }) => {
  const folder = join(mkdtempSync(join(tmpdir(), 'glioscope-dicom-')), 'study');
  for (const series of ['series', 't1']) cpSync(join(FIXTURES, 'dicom', series), join(folder, series), { recursive: true });
  for (const file of ['DICOMDIR', 'report.dcm']) cpSync(join(FIXTURES, 'dicom', file), join(folder, file));
  const native = inspect(folder);
  expect(native.cases.map(({ name }) => name)).toEqual(['study']);
  expect(native.cases[0].slices.length).toBeGreaterThan(0);

  await scope.open('?backend=cpu&workers=1');
  await scope.drop(folder);
  await expect(page.locator('#cases b')).toHaveText('study');
  await page.click('#reading summary');
  await expect(page.locator('#reading li')).toHaveText(lines(native.cases[0]));
  await expect(page.locator('#reading dd').filter({ hasText: ' mm' })).toHaveText(/, from DICOM$/);
  await page.click('#passed-over summary');
  await expect(page.locator('#passed-over li')).toHaveCount(native.passed_over.length);
  const shown = await page.locator('#passed-over li').allTextContents();
  expect(shown.sort()).toEqual(native.passed_over.map(({ file, reason }) => `${file}: ${reason}`).sort());
  await scope.is('done');

  // The pictures are too small for a head.
  await page.click('[data-command="segment-anyway"]');
  await expect(page.locator('[data-command="save-dicom"]')).toBeEnabled();

  // The patient's identifiers are in DICOM segmentations and sessions alone, and the page warns before it writes them.
  await page.click('#tab-save');
  const saved = () => Promise.all([page.waitForEvent('download'), page.click('#identifiers [value="save"]')]);
  await page.click('[data-command="save-dicom"]');
  await expect(page.locator('#identifiers')).toContainText('A DICOM segmentation contains the name');
  await page.click('#identifiers [autofocus]');
  await expect(page.locator('#identifiers')).toBeHidden();
  for (const [command, kind] of [['save-dicom', 'BINARY'], ['save-label-map', 'LABELMAP']]) {
    await page.click(`[data-command="${command}"]`);
    const [download] = await saved();
    expect(download.suggestedFilename()).toBe('study_mask.dcm');
    const bytes = readFileSync(await download.path());
    expect(bytes.toString('latin1', 128, 132)).toBe('DICM');
    for (const text of ['Secret^Name', 'SECRET-1', kind]) expect(bytes.includes(text), text).toBe(true);
  }
  await page.click('[data-command="save-session"]');
  await expect(page.locator('#identifiers')).toContainText('A session contains the name');
  await page.click('#identifiers [autofocus]');
  const results = unzip((await scope.download()).bytes);
  for (const [name, bytes] of results) expect(bytes.includes('Secret') || bytes.includes('SECRET'), name).toBe(false);
});

/** A folder of FLAIR, T1 and T2 of one made-up study. Other UIDs make the T2 a series of its own. */
function study(): string {
  const folder = join(mkdtempSync(join(tmpdir(), 'glioscope-series-')), 'study');
  for (const series of ['series', 't1']) cpSync(join(FIXTURES, 'dicom', series), join(folder, series), { recursive: true });
  mkdirSync(join(folder, 't2'));
  const root = '1.2.826.0.1.3680043.8.498.1.2';
  for (const file of readdirSync(join(folder, 'series'))) {
    const text = readFileSync(join(folder, 'series', file)).toString('latin1');
    const changed = text.replaceAll(`${root}.1`, `${root}.3`).replaceAll('AX T2 FLAIR', 'AX T2 FSE  ');
    writeFileSync(join(folder, 't2', file), changed, 'latin1');
  }
  return folder;
}

test('a study shows what its series are taken for, and a reader chooses another one as FLAIR', async ({ scope, page }) => {
  await scope.open('?backend=cpu&workers=2');
  await scope.drop(study());
  const series = page.locator('#series li');
  const row = (name: string) => series.filter({ has: page.getByText(name, { exact: true }) });
  await expect(page.locator('#series summary')).toHaveText('3 series, 1 used');
  await expect(series.locator('b')).toHaveText(['AX T2 FLAIR', 'AX T2 FSE', 'AX T1 SE']);
  await expect(row('AX T2 FLAIR').locator('span')).toHaveText('5 slices; from the header; looks like no MR image of a head');
  await expect(row('AX T2 FSE').locator('span')).toHaveText('5 slices; T2, from the header');
  await expect(row('AX T1 SE').locator('span')).toHaveText(/slices; from the header; not used$/);
  await expect(row('AX T2 FSE').getByRole('radio', { checked: true })).toHaveAccessibleName('None: not used');
  await page.click('#reading summary');
  await expect(page.locator('#reading li').first()).toHaveText('series/c');
  await scope.is('done');

  // By keyboard, as in every radio group.
  await row('AX T2 FSE').getByRole('radio', { checked: true }).focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.locator('#reading li').first()).toHaveText('t2/c');
  await expect(row('AX T2 FSE').locator('span')).toHaveText(/^5 slices; chosen by you/);
  await expect(row('AX T2 FLAIR').locator('span')).toHaveText('5 slices; from the header; not used');
  await expect(row('AX T2 FSE').getByRole('radio', { name: 'FLAIR' })).toBeFocused();
  // A new worker reads the files in the same way.
  await page.workers()[0].evaluate(() => self.close());
  await expect(page.locator('#notice')).toBeVisible();
  await expect(page.locator('#reading li').first()).toHaveText('t2/c');

  // Without FLAIR there is no case, and the series stay, so that another one can be chosen.
  await row('AX T2 FSE').getByText('None').click();
  await expect(page.locator('#reading li').first()).toHaveText('series/c');
  await row('AX T2 FLAIR').getByText('None').click();
  await expect(page.locator('#cases b')).toHaveCount(0);
  await expect(page.locator('#status')).toHaveText('No series is used as FLAIR. Choose one below.');
  await row('AX T2 FLAIR').getByText('FLAIR', { exact: true }).last().click();
  await expect(page.locator('#reading li').first()).toHaveText('series/c');
});

test('another choice of series does not drop edits unasked', async ({ scope, page }) => {
  await scope.open('?backend=cpu&workers=1');
  await scope.drop(study());
  await scope.is('done');
  // The pictures are too small for a head.
  await page.click('[data-command="segment-anyway"]');
  await scope.is('done');
  await page.keyboard.press('b');
  const box = await page.locator('#stage').boundingBox();
  if (!box) throw new Error('the stage is not visible');
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await expect(page.locator('#strip [data-edited]')).toHaveCount(1);

  const row = page.locator('#series li').filter({ has: page.getByText('AX T2 FSE', { exact: true }) });
  const flair = row.getByRole('radio', { name: 'FLAIR' });
  await flair.check({ force: true });
  await expect(page.locator('#unsaved')).toContainText('Another choice of series discards the edits of 1 slice');
  await page.keyboard.press('Escape');
  await expect(row.getByRole('radio', { name: 'None' })).toBeChecked();
  await expect(page.locator('#strip [data-edited]')).toHaveCount(1);
  await flair.check({ force: true });
  await page.click('#unsaved [value="discard"]');
  await expect(row.locator('span')).toHaveText(/^5 slices; chosen by you/);
  await expect(page.locator('#strip [data-edited]')).toHaveCount(0);
});
