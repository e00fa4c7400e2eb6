/**
 * Saved files open in other programs: the zip with unzip, volumes with nibabel, masks with tifffile, the report in a tab.
 * A session opens in the page again.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Page } from '@playwright/test';
import { MODEL, excerpt, masks, phantoms, readMask, segmented, unzip } from './files.ts';
import { zip } from './making.ts';
import { expect, override, saved, test, type Scope } from './page.ts';
import { python, whyNoPython } from './python.ts';
import { drag } from './stage.ts';

interface Volume {
  shape: number[];
  zooms: number[];
  units: string[];
  codes: number[];
  type: string;
  sum: number;
  least: number;
  most: number;
}

const NIFTI = `
import json, sys, nibabel, numpy
image = nibabel.load(sys.argv[1])
data = numpy.asarray(image.dataobj)
print(json.dumps({
  'shape': list(image.shape), 'zooms': [float(z) for z in image.header.get_zooms()], 'units': list(image.header.get_xyzt_units()),
  'codes': [int(image.header['qform_code']), int(image.header['sform_code'])], 'type': str(image.get_data_dtype()),
  'sum': float(data.sum()), 'least': float(data.min()), 'most': float(data.max())}))`;

const TIFF = `
import json, sys, tifffile
out = []
for path in sys.argv[1:]:
  data = tifffile.imread(path)
  out.append({'shape': list(data.shape), 'type': str(data.dtype), 'values': sorted({int(v) for v in data.flat}), 'inside': int((data > 0).sum())})
print(json.dumps(out))`;

/** Enters the spacing, in millimetres. */
async function enterSpacing(page: Page, [x, y, z]: number[]) {
  await page.click('#tab-measure');
  for (const [name, value] of Object.entries({ x, y, z })) await page.fill(`#spacing [name="${name}"]`, String(value));
  await expect(page.locator('#case-volume b')).toContainText('mL');
}

test('the zip has every result, and unzip finds no errors in it', async ({ scope }) => {
  const folder = excerpt(phantoms()[0], 3);
  const name = basename(folder);
  await scope.open('?backend=cpu');
  await scope.chooseFolder(folder);
  await scope.is('done');
  const archive = await scope.download();
  const path = join(mkdtempSync(join(tmpdir(), 'glioscope-zip-')), archive.name);
  writeFileSync(path, archive.bytes);
  const checked = spawnSync('unzip', ['-t', path], { encoding: 'utf8' });
  if (checked.error) test.info().annotations.push({ type: 'skipped', description: `unzip: ${checked.error.message}` });
  else expect(checked.stdout).toContain('No errors detected');
  const files = unzip(archive.bytes);
  const slices = [...files.keys()].filter((file) => file.endsWith('_mask.tif')).map((file) => file.replace(/_mask\.tif$/, ''));
  expect(slices).toHaveLength(3);
  expect([...files.keys()].sort()).toEqual([
    ...slices.flatMap((stem) => [`${stem}_mask.tif`, `${stem}_overlay.png`]),
    `${name}/mask.nii.gz`, `${name}/probability.nii.gz`,
    'README.txt', 'cohort.csv', 'provenance.json', 'report.html', 'statistics.csv',
  ].sort());
  const provenance = JSON.parse(String(files.get('provenance.json')));
  expect(provenance.model.sha256).toBe(createHash('sha256').update(readFileSync(join(MODEL, 'weights.safetensors'))).digest('hex'));
  expect(provenance.threshold).toBe(0.5);
  expect(provenance.backend).toMatch(/cpu/i);
  expect(provenance.cases[0].spacing.millimetres).toBeNull();
  expect(provenance.cases[0].slices.map((slice: { mask_by: string }) => slice.mask_by)).toEqual(['network', 'network', 'network']);
  expect(String(files.get('README.txt'))).toContain('RESEARCH USE ONLY');
  // One line per slice below the header. The areas match the masks.
  const lines = String(files.get('statistics.csv')).trim().split('\n').map((line) => line.split(','));
  const area = lines[0].indexOf('area_px');
  const areas = lines.slice(1).filter((line) => line[1].endsWith('.tif')).map((line) => Number(line[area]));
  const masks = lines.slice(1).filter((line) => line[1].endsWith('.tif'))
    .map((line) => readMask(files.get(line[1].replace(/\.tif$/, '_mask.tif')) as Buffer).pixels.filter((value) => value > 0).length);
  expect(areas).toHaveLength(3);
  expect(areas).toEqual(masks);
});

test('the native program writes the same files, and the overlays show the outline on the slice', async ({ scope, page }) => {
  const folder = excerpt(phantoms()[0], 3);
  const native = segmented(dirname(folder));
  await scope.open('?backend=cpu');
  await scope.chooseFolder(folder);
  await scope.is('done');
  const files = unzip((await scope.download()).bytes);
  expect([...files.keys()].sort()).toEqual([...native.keys()].sort());
  // The other files name the program that wrote them, and probabilities may differ by rounding.
  const same = [...native].filter(([path]) => /_mask\.tif$|_overlay\.png$|\/mask\.nii\.gz$|^statistics\.csv$/.test(path));
  expect(same).toHaveLength(3 + 3 + 1 + 1);
  for (const [path, bytes] of same) expect(files.get(path)?.equals(bytes), path).toBe(true);
  for (const [path, bytes] of [...files].filter(([name]) => name.endsWith('_overlay.png'))) {
    const { size, coloured } = await page.evaluate(async (base64) => {
      const blob = new Blob([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], { type: 'image/png' });
      const bitmap = await createImageBitmap(blob);
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
      context?.drawImage(bitmap, 0, 0);
      const data = context?.getImageData(0, 0, bitmap.width, bitmap.height).data ?? [];
      let count = 0;
      for (let i = 0; i < data.length; i += 4) count += Number(data[i] > data[i + 2] + 60);
      return { size: [bitmap.width, bitmap.height], coloured: count };
    }, bytes.toString('base64'));
    const inside = readMask(files.get(path.replace('_overlay.png', '_mask.tif')) as Buffer).pixels.filter((value) => value > 0).length;
    expect(size).toEqual([256, 256]);
    expect(inside, path).toBeGreaterThan(0);
    expect(coloured, path).toBeGreaterThan(Math.sqrt(inside));
  }
});

test('nibabel reads the volumes: voxel sizes are in millimetres if the spacing is entered, else unknown', async ({ scope, page }) => {
  const why = whyNoPython();
  test.skip(why !== '', why);
  await scope.open('?backend=cpu');
  await scope.chooseFolder(excerpt(phantoms()[0], 4));
  await scope.is('done');
  await page.click('#tab-measure');
  const voxels = Number((await page.locator('#case-volume b').textContent())?.replaceAll(',', ''));
  const unknown = python<Volume>(NIFTI, (await saved(page, 'mask')).path);
  expect(unknown).toMatchObject({ shape: [256, 256, 4], zooms: [1, 1, 1], codes: [0, 0], type: 'uint8', sum: voxels, least: 0, most: 1 });
  expect(unknown.units[0]).toBe('unknown');
  await enterSpacing(page, [0.5, 0.75, 3]);
  const known = python<Volume>(NIFTI, (await saved(page, 'mask')).path);
  expect(known).toMatchObject({ zooms: [0.5, 0.75, 3], codes: [0, 0], sum: voxels });
  expect(known.units[0]).toBe('mm');
  const probability = python<Volume>(NIFTI, (await saved(page, 'probability')).path);
  expect(probability.shape).toEqual([256, 256, 4]);
  expect(probability.least).toBeGreaterThanOrEqual(0);
  expect(probability.most).toBeLessThanOrEqual(1);
  expect(probability.most).toBeGreaterThan(0.9);
  // The zip has the same volume, compressed.
  const files = unzip((await scope.download()).bytes);
  const packed = [...files].find(([path]) => path.endsWith('/mask.nii.gz'));
  expect(gunzipSync(packed?.[1] as Buffer).equals((await saved(page, 'mask')).bytes)).toBe(true);
});

test('tifffile reads the masks @full', async ({ scope }) => {
  const why = whyNoPython();
  test.skip(why !== '', why);
  await scope.open('?backend=cpu');
  await scope.chooseFolder(excerpt(phantoms()[0], 2));
  await scope.is('done');
  const masks = [...unzip((await scope.download()).bytes)].filter(([path]) => path.endsWith('_mask.tif'));
  const folder = mkdtempSync(join(tmpdir(), 'glioscope-masks-'));
  const paths = masks.map(([path, bytes]) => {
    writeFileSync(join(folder, basename(path)), bytes);
    return join(folder, basename(path));
  });
  const read = python<{ shape: number[]; type: string; values: number[]; inside: number }[]>(TIFF, ...paths);
  expect(read).toHaveLength(2);
  for (const [at, mask] of read.entries()) {
    expect(mask).toMatchObject({ shape: [256, 256], type: 'uint8', values: [0, 255] });
    expect(mask.inside).toBe(readMask(masks[at][1]).pixels.filter((value) => value > 0).length);
  }
});

test('the report opens in a tab, is complete, and states its intended use', async ({ scope, page, context }) => {
  await scope.open('?backend=cpu');
  await scope.chooseFolder(excerpt(phantoms()[0], 3));
  await scope.is('done');
  await enterSpacing(page, [1, 1, 2]);
  await page.click('#tab-save');
  const opening = context.waitForEvent('page');
  await page.click('[data-command="save-report"]');
  const report = await opening;
  await report.waitForLoadState();
  await expect(report.locator('body')).toContainText(/research use only/i);
  await expect(report.locator('body')).toContainText('PHANTOM_0001');
  await expect(report.locator('body')).toContainText(/\d ml/i);
  await expect(report.locator('script')).toHaveCount(0);
  // The page's policy applies to this tab too. It must allow the report's style and images.
  expect(await report.locator('body').evaluate((body) => getComputedStyle(body).maxWidth)).not.toBe('none');
  expect(await report.locator('img').first().evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
  // The report is available while its case is open.
  await report.reload();
  await page.click('#clear');
  await expect(page.locator('body')).toHaveAttribute('data-view', 'empty');
  await expect(report.reload()).rejects.toThrow();
});

test('the statistics and the view can be saved alone @full', async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  await scope.chooseFolder(excerpt(phantoms()[0], 2));
  await scope.is('done');
  const table = await saved(page, 'csv');
  expect(table.name).toBe('PHANTOM_0001_statistics.csv');
  expect(table.bytes.equals(unzip((await scope.download()).bytes).get('statistics.csv') as Buffer)).toBe(true);
  const view = await saved(page, 'view');
  expect(view.name).toMatch(/^PHANTOM_0001_slice_[12]\.png$/);
  const shown = await page.evaluate((address) => new Promise<number[]>((resolve, reject) => {
    const image = Object.assign(new Image(), { onload: () => resolve([image.naturalWidth, image.naturalHeight]), onerror: reject, src: address });
  }), `data:image/png;base64,${view.bytes.toString('base64')}`);
  expect(Math.min(...shown)).toBeGreaterThanOrEqual(256);
});

test('a saved session is restored without segmenting again', async ({ scope, page }) => {
  // Tests cannot control the browser's own save dialog (File System Access API).
  await page.addInitScript(() => Reflect.deleteProperty(window, 'showSaveFilePicker'));
  await scope.open('?backend=cpu');
  await scope.drop(...phantoms().map((folder) => excerpt(folder, 2)));
  await scope.is('done');
  await enterSpacing(page, [0.9, 0.9, 4]);
  const before = await page.locator('#cases .size').allTextContents();
  const session = await saved(page, 'session');
  expect(session.name).toBe('glioscope_session.zip');
  // Another program may save `rules`. The page has no field for it, and keeps it.
  const rules = 'FLAIR abnormality without oedema';
  const files = unzip(session.bytes);
  const contents = JSON.parse(String(files.get('session.json')));
  files.set('session.json', Buffer.from(JSON.stringify({ ...contents, settings: { ...contents.settings, rules } })));
  await scope.tamper('pkg/glioscope.js', (source) => `${source}\nSession.prototype.segment = () => { throw new Error('asked to segment'); };`);
  await scope.open('?backend=cpu');
  await page.setInputFiles('#files', { name: session.name, mimeType: '', buffer: zip(files) });
  await scope.is('done');
  await expect(page.locator('#errors li')).toHaveCount(0);
  await expect(page.locator('#cases .size')).toHaveText(before);
  expect(JSON.parse(String(unzip((await scope.download()).bytes).get('provenance.json'))).rules).toBe(rules);
  await page.click('#tab-measure');
  await expect(page.locator('#spacing [name="z"]')).toHaveValue('4');
});

/** Blocks the worker for 1.5 s. */
const BLOCK = 'for (const end = performance.now() + 1500; performance.now() < end; );';

test('a session restores the display settings', async ({ scope, page }) => {
  await page.addInitScript(() => Reflect.deleteProperty(window, 'showSaveFilePicker'));
  await scope.open('?backend=cpu');
  await scope.chooseFolder(excerpt(phantoms()[0], 1));
  await scope.is('done');
  await page.keyboard.press('3');
  await page.keyboard.press('o');
  await page.locator('input[name="opacity"]').fill('75');
  await page.selectOption('select[name="preset"]', 'bright');
  const session = await saved(page, 'session');
  await scope.open('?backend=cpu');
  await page.setInputFiles('#files', session.path);
  await scope.is('done');
  await expect(page.locator('input[name="contrast"][value="post"]')).toBeChecked();
  await expect(page.locator('input[name="style"][value="outline"]')).toBeChecked();
  await expect(page.locator('input[name="opacity"]')).toHaveValue('75');
  await expect(page.locator('select[name="preset"]')).toHaveValue('bright');
});

/** Saves a session of a patient, and reloads a page that opens sessions slowly. */
async function slowToOpen(scope: Scope, page: Page, folder: string) {
  await page.addInitScript(() => Reflect.deleteProperty(window, 'showSaveFilePicker'));
  await scope.open('?backend=cpu&workers=1');
  await scope.chooseFolder(folder);
  await scope.is('done');
  await enterSpacing(page, [0.9, 0.9, 4]);
  const session = await saved(page, 'session');
  await scope.tamper('pkg/glioscope.js', override('openSession', `${BLOCK} return original.apply(this, given);`));
  await scope.open('?backend=cpu&workers=1');
  return session;
}

test('a mask saved while another patient is added is that of the current case, with its own name @full', async ({ scope, page }) => {
  const [first, second] = phantoms().map((folder) => excerpt(folder, 2));
  await scope.tamper('pkg/glioscope.js', override('assemble', `if (call > 1) ${BLOCK} return original.apply(this, given);`));
  await scope.open('?backend=cpu&workers=1');
  await scope.chooseFolder(second);
  await scope.is('done');
  await enterSpacing(page, [0.9, 0.9, 4]);
  const alone = await saved(page, 'mask');
  // The new case sorts before the open one, whose position changes.
  await page.setInputFiles('#add-folder', first);
  await expect(page.locator('#status')).toContainText('4 of 4 files read');
  const meanwhile = await saved(page, 'mask');
  expect(meanwhile.name).toBe(alone.name);
  expect(meanwhile.bytes.equals(alone.bytes), 'the mask and its spacing are unchanged').toBe(true);
  await scope.is('done');
  await expect(page.locator('#cases b')).toHaveText([basename(first), basename(second)]);
});

test('files added while a session is opened become part of it @full', async ({ scope, page }) => {
  const [first, second] = phantoms().map((folder) => excerpt(folder, 2));
  const session = await slowToOpen(scope, page, second);
  await scope.chooseFolder(excerpt(phantoms()[0], 1));
  await scope.is('done');
  await page.setInputFiles('#files', session.path);
  await page.setInputFiles('#add-folder', first);
  await expect(page.locator('#cases b')).toHaveText([basename(first), basename(second)]);
  await scope.is('done');
  await expect(page.locator('#status')).toHaveText(/^4 slices/);
  await page.locator('#cases button').nth(1).click();
  await page.click('#tab-measure');
  await expect(page.locator('#spacing [name="z"]')).toHaveValue('4');
  // A new worker has the same slices.
  await page.workers()[0].evaluate(() => self.close());
  await expect(page.locator('#notice')).toContainText('A new one has been started');
  expect(masks((await scope.download()).bytes).size).toBe(4);
});

test('a broken session does not replace a session that is still being opened @full', async ({ scope, page }) => {
  const [first, second] = phantoms().map((folder) => excerpt(folder, 2));
  const session = await slowToOpen(scope, page, second);
  await scope.chooseFolder(first);
  await scope.is('done');
  await page.setInputFiles('#files', session.path);
  await page.setInputFiles('#files', { name: 'session.zip', mimeType: '', buffer: zip(new Map([['session.json', Buffer.from('{"format": 99}')]])) });
  await expect(page.locator('#errors')).toContainText(/expected format 1 or 2, found 99/);
  await scope.is('done');
  await expect(page.locator('#cases b')).toHaveText([basename(second)]);
  expect(masks((await scope.download()).bytes).size).toBe(2);
});

test('a session that cannot be opened or added leaves the open case unchanged', async ({ scope, page }) => {
  await scope.open('?backend=cpu&workers=1');
  await scope.chooseFolder(excerpt(phantoms()[0], 2));
  await scope.is('done');
  const session = { name: 'session.zip', mimeType: '', buffer: zip(new Map([['session.json', Buffer.from('{"format": 99}')]])) };
  const stays = async (reason: RegExp) => {
    await expect(page.locator('#errors')).toContainText(reason);
    await scope.is('done');
    await expect(page.locator('#cases b')).toHaveText(['PHANTOM_0001']);
    await expect(page.locator('#strip [data-is="clear"], #strip [data-is="lesion"]')).toHaveCount(2);
    await expect(page.locator('#notice')).toBeHidden();
  };
  await page.setInputFiles('#files', session);
  await stays(/expected format 1 or 2, found 99/);
  await page.setInputFiles('#add-files', session);
  await stays(/a session replaces the open files/);
  expect(masks((await scope.download()).bytes).size).toBe(2);
});

test('with a save dialog the session is written to the chosen file', async ({ scope, page }) => {
  await page.addInitScript(() => {
    Object.assign(window, {
      showSaveFilePicker: async (options: { suggestedName: string }) => ({
        createWritable: async () => ({
          write: async (content: Blob) => Object.assign(window, { written: [options.suggestedName, content.size] }),
          close: async () => undefined,
        }),
      }),
    });
  });
  await scope.open('?backend=cpu');
  await scope.chooseFolder(excerpt(phantoms()[0], 1));
  await scope.is('done');
  await page.click('#tab-save');
  await page.click('[data-command="save-session"]');
  await expect.poll(() => page.evaluate(() => Reflect.get(window, 'written')?.[0])).toBe('PHANTOM_0001_session.zip');
  expect(await page.evaluate(() => Reflect.get(window, 'written')[1])).toBeGreaterThan(1000);
});

test('a cancelled dialog saves nothing, and edits stay unsaved @full', async ({ scope, page }) => {
  await page.addInitScript(() => {
    Object.assign(window, { showSaveFilePicker: () => Promise.reject(new DOMException('The user aborted a request.', 'AbortError')) });
  });
  await scope.open('?backend=cpu');
  await scope.chooseFolder(excerpt(phantoms()[0], 1));
  await scope.is('done');
  await page.keyboard.press('b');
  await drag(page, [80, 150], [120, 150], 256);
  await expect(page.locator('#strip [data-edited]')).toHaveCount(1);
  await page.click('#tab-save');
  await page.click('[data-command="save-session"]');
  await expect(page.locator('[data-command="save-session"]')).toHaveAttribute('aria-busy', 'false');
  await expect(page.locator('#notice')).toBeHidden();
  await page.click('#clear');
  await expect(page.getByRole('dialog', { name: 'Unsaved edits' })).toBeVisible();
});

test('a session that cannot be saved leaves no partial file, and the page reports the error', async ({ scope, page }) => {
  await page.addInitScript(() => {
    const acts: string[] = [];
    const file = { write: async () => acts.push('write'), close: async () => acts.push('close'), abort: async () => acts.push('abort') };
    Object.assign(window, { acts, showSaveFilePicker: async () => ({ createWritable: async () => file }) });
  });
  await scope.tamper('pkg/glioscope.js', override('saveSession', `throw new Error('no room for it');`));
  await scope.open('?backend=cpu');
  await scope.chooseFolder(excerpt(phantoms()[0], 1));
  await scope.is('done');
  await page.click('#tab-save');
  await page.click('[data-command="save-session"]');
  await expect(page.locator('#notice')).toContainText('Not saved: no room for it');
  expect(await page.evaluate(() => Reflect.get(window, 'acts'))).toEqual(['abort']);
});
