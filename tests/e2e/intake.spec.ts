/**
 * Opening files: folders, archives and stacks, at once or one after another.
 */
import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Page } from '@playwright/test';
import { excerpt, phantoms, study } from './files.ts';
import { filesOf, pages, zip } from './making.ts';
import { expect, test, type Scope } from './page.ts';

/** Makes each worker log the slices that it segments. */
const SEGMENTS = (source: string) => `${source}
  { const original = Session.prototype.segment;
    Session.prototype.segment = function (...given) { console.log('segments', ...given); return original.apply(this, given); }; }`;

test('in nested folders each patient is a case, with slices in natural order', async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  await scope.drop(study());
  await scope.is('done');
  await expect(page.locator('#cases b')).toHaveText(phantoms().map((folder) => new RegExp(`${basename(folder)}$`)));
  await expect(page.locator('#cases .counts')).toHaveText([/^3 slices/, /^3 slices/]);
  await expect(page.locator('#errors li')).toHaveCount(0);
  const names = [];
  for (const [at, frame] of (await page.locator('#strip button').all()).entries()) {
    await frame.click();
    await expect(frame).toHaveAttribute('aria-current', 'true');
    // The panel updates in the next frame.
    await expect(page.locator('#readout h2')).toHaveText(`Slice ${at + 1} of 3`);
    names.push(await page.locator('#readout .file').textContent());
  }
  expect(names.map((name) => /_(\d+)\.tif$/.exec(name ?? '')?.[1])).toEqual(['2', '9', '10']);
});

test('a multi-page TIFF is a case', async ({ scope, page }) => {
  const folder = excerpt(phantoms()[0], 3);
  const files = readdirSync(folder).filter((name) => !name.includes('_mask')).sort();
  await scope.open('?backend=cpu');
  await scope.chooseFiles([{ name: 'stack.tif', bytes: pages(files.map((name) => readFileSync(join(folder, name)))) }]);
  await scope.is('done');
  await expect(page.locator('#cases b')).toHaveText(['stack']);
  await expect(page.locator('#strip button')).toHaveCount(3);
  await expect(page.locator('#errors li')).toHaveCount(0);
});

test('a zip of folders opens all its cases, and unusable entries are named', async ({ scope, page }) => {
  const [first, second] = phantoms().map((folder) => excerpt(folder, 2));
  const inner = zip(filesOf(first));
  const files = new Map([...filesOf(first), ...filesOf(second), ['inner.zip', inner], ['__MACOSX/._a.tif', Buffer.from('litter')]]);
  await scope.open('?backend=cpu');
  await scope.chooseFiles([{ name: 'study.zip', bytes: zip(files) }]);
  await scope.is('done');
  await expect(page.locator('#cases b')).toHaveText([first, second].map((folder) => new RegExp(basename(folder))));
  await expect(page.locator('#cases .counts')).toHaveText([/^2 slices/, /^2 slices/]);
  await expect(page.locator('#readout .figure.dice')).toBeVisible();
  await expect(page.locator('#errors li').filter({ hasText: 'inner.zip' })).toHaveCount(1);
  await expect(page.locator('#errors li, #notes li').filter({ hasText: '__MACOSX' })).toHaveCount(0);
});

test('files are added to the open cases, and only new slices are segmented', async ({ scope, page }) => {
  const [first, second] = phantoms().map((folder) => excerpt(folder, 2));
  const segmented: string[] = [];
  page.on('console', (message) => {
    if (message.text().startsWith('segments')) segmented.push(message.text());
  });
  await scope.tamper('pkg/glioscope.js', SEGMENTS);
  await scope.open('?backend=cpu&workers=1');
  await scope.chooseFolder(first);
  await scope.is('done');
  expect(segmented).toHaveLength(2);
  const before = await page.locator('#cases .size').first().textContent();
  await page.setInputFiles('#add-folder', second);
  await expect(page.locator('#cases b')).toHaveText([first, second].map((folder) => basename(folder)));
  await scope.is('done');
  await expect(page.locator('#cases .counts')).toHaveText([/^2 slices, \d outlined/, /^2 slices, \d outlined/]);
  await expect(page.locator('#cases .size').first()).toHaveText(before ?? '');
  expect(segmented).toHaveLength(4);
});

test('slices and references that are added later become part of their case', async ({ scope, page }) => {
  const folder = excerpt(phantoms()[0], 3);
  const files = readdirSync(folder).sort().map((name) => ({ name, mimeType: '', buffer: readFileSync(join(folder, name)) }));
  const [references, slices] = [files.filter(({ name }) => name.includes('_mask')), files.filter(({ name }) => !name.includes('_mask'))];
  await scope.open('?backend=cpu&workers=1');
  await page.setInputFiles('#files', slices.slice(0, 2));
  await scope.is('done');
  await expect(page.locator('#cases .counts')).toHaveText([/^2 slices/]);
  await expect(page.locator('#readout .figure.dice')).toHaveCount(0);
  await page.setInputFiles('#add-files', slices.slice(2));
  await expect(page.locator('#cases .counts')).toHaveText([/^3 slices/]);
  await scope.is('done');
  await expect(page.locator('#strip [data-is="clear"], #strip [data-is="lesion"]')).toHaveCount(3);
  await page.setInputFiles('#add-files', references);
  await expect(page.locator('#readout .figure.dice')).toBeVisible();
  await scope.is('done');
  await expect(page.locator('#cases .counts')).toHaveText([/^3 slices, \d outlined/]);
  await expect(page.locator('#cases .size')).toHaveText(/Dice 0\.[5-9]/);
  await expect(page.locator('#errors li')).toHaveCount(0);
});

/** The slices of a patient as chosen files, without references. */
function chosen(folder: string) {
  const names = readdirSync(folder).filter((name) => !name.includes('_mask')).sort();
  return names.map((name) => ({ name, mimeType: '', buffer: readFileSync(join(folder, name)) }));
}

/** Makes reading each file take `milliseconds` longer. */
const slowReading = (milliseconds: number) => (source: string) => `${source}
  { const original = Session.prototype.addFile;
    Session.prototype.addFile = function (...given) {
      for (const end = performance.now() + ${milliseconds}; performance.now() < end; );
      return original.apply(this, given);
    }; }`;

/** Opens one slice of a patient with a slow reader, and returns six slices of another patient to add. */
async function prepareSlowAdd(scope: Scope, page: Page) {
  const [first, second] = phantoms();
  await scope.tamper('pkg/glioscope.js', slowReading(1500));
  await scope.open('?backend=cpu&workers=1');
  await page.setInputFiles('#files', chosen(excerpt(first, 1)));
  await scope.is('done');
  return chosen(excerpt(second, 6));
}

test('files added while others are read are read after them, and none is lost', async ({ scope, page }) => {
  const slices = await prepareSlowAdd(scope, page);
  await page.setInputFiles('#add-files', slices.slice(0, 4));
  await expect(page.locator('#status')).toContainText('of 4 files read');
  await page.setInputFiles('#add-files', slices.slice(4));
  await scope.is('done');
  await expect(page.locator('#cases b')).toHaveText(phantoms().map((folder) => basename(folder)));
  await expect(page.locator('#cases .counts')).toHaveText([/^1 slice/, /^6 slices/]);
  await expect(page.locator('#errors li')).toHaveCount(0);
  await expect(page.locator('#notes li')).toHaveCount(0);
});

test('a cancelled add keeps the files that were read, and the rest can be added later @full', async ({ scope, page }) => {
  const slices = await prepareSlowAdd(scope, page);
  await page.setInputFiles('#add-files', slices);
  await expect(page.locator('#status')).toContainText(/^[23] of 6 files read/);
  await page.click('#cancel');
  await scope.is('done');
  await expect(page.locator('#cases .counts')).toHaveText([/^1 slice/, /^[2345] slices/]);
  await expect(page.locator('#status')).toHaveText(/; [1-4] files? not read$/);
  await page.setInputFiles('#add-files', slices);
  await expect(page.locator('#cases .counts')).toHaveText([/^1 slice/, /^6 slices/]);
  await scope.is('done');
  await expect(page.locator('#status')).toHaveText(/^7 slices, \d outlined$/);
});

test('a cancelled add can be continued', async ({ scope, page }) => {
  const slices = await prepareSlowAdd(scope, page);
  await page.setInputFiles('#add-files', slices);
  await expect(page.locator('#status')).toContainText(/^[23] of 6 files read/);
  await page.click('#cancel');
  await scope.is('done');
  await expect(page.locator('#status')).toHaveText(/; [1-4] files? not read$/);
  // Adding another file does not discard the rest. Here the file is open already.
  await page.setInputFiles('#add-files', slices[0]);
  await scope.is('done');
  await expect(page.locator('#status')).toHaveText(/; [1-4] files? not read$/);
  await page.click('#continue');
  await expect(page.locator('#cases .counts')).toHaveText([/^1 slice/, /^6 slices/]);
  await scope.is('done');
  await expect(page.locator('#status')).toHaveText(/^7 slices, \d outlined$/);
  await expect(page.locator('#continue')).toBeHidden();
});

test('an add that stopped without a worker continues once a worker starts @full', async ({ scope, page }) => {
  const slices = await prepareSlowAdd(scope, page);
  await page.setInputFiles('#add-files', slices);
  await expect(page.locator('#status')).toContainText(/^[1-4] of 6 files read/);
  await page.route('**/www/pkg/**', (route) => route.abort());
  await page.workers()[0].evaluate(() => self.close());
  await scope.is('error');
  await page.unroute('**/www/pkg/**');
  await page.click('#notice [data-act="retry"]');
  await expect(page.locator('#cases .counts')).toHaveText([/^1 slice/, /^6 slices/]);
  await scope.is('done');
  await expect(page.locator('#status')).toHaveText(/^7 slices, \d outlined$/);
});

test('notes describe the current cases, each once', async ({ scope, page }) => {
  const [first, second] = phantoms();
  const folder = excerpt(first, 3);
  const files = readdirSync(folder).sort().map((name) => ({ name, mimeType: '', buffer: readFileSync(join(folder, name)) }));
  const [references, slices] = [true, false].map((wanted) => files.filter(({ name }) => name.includes('_mask') === wanted));
  await scope.open('?backend=cpu');
  await page.setInputFiles('#files', [slices[0], ...references]);
  await scope.is('done');
  const noted = page.locator('#notes b');
  await expect(noted).toHaveText(references.slice(1).map(({ name }) => name));
  await page.setInputFiles('#add-files', slices[1]);
  await expect(noted).toHaveText([references[2].name]);
  await page.setInputFiles('#add-folder', excerpt(second, 1));
  await expect(page.locator('#cases b')).toHaveCount(2);
  await scope.is('done');
  await expect(noted).toHaveText([references[2].name]);
});

test('the page itself reads only the first bytes of a file and the directory of a zip', async ({ scope, page }) => {
  await page.addInitScript(() => {
    const { arrayBuffer } = Blob.prototype;
    Blob.prototype.arrayBuffer = function () {
      Object.assign(window, { most: Math.max(this.size, Reflect.get(window, 'most') ?? 0) });
      return arrayBuffer.call(this);
    };
  });
  await scope.open('?backend=cpu');
  const archive = zip(filesOf(excerpt(phantoms()[0], 1)));
  await scope.chooseFiles([{ name: 'study.zip', bytes: archive }]);
  await scope.is('done');
  const most = await page.evaluate(() => Reflect.get(window, 'most'));
  expect(most).toBeGreaterThan(0);
  expect(archive.length).toBeGreaterThan(50_000);
  expect(most).toBeLessThan(1000);
});

test('a cancelled load leaves no files open', async ({ scope, page }) => {
  const [first, second] = phantoms();
  await scope.tamper('pkg/glioscope.js', slowReading(1500));
  await scope.open('?backend=cpu&workers=1');
  await page.setInputFiles('#files', chosen(excerpt(first, 6)));
  await expect(page.locator('#status')).toContainText(/^[23] of 6 files read/);
  await page.click('#cancel');
  await expect(page.locator('#status')).toHaveText('Cancelled while reading');
  await page.setInputFiles('#files', chosen(excerpt(second, 1)));
  await scope.is('done');
  await expect(page.locator('#cases b')).toHaveText([basename(second)]);
});

test('one drop can have single files and a zip with a multi-page TIFF', async ({ scope, page }) => {
  const [first, second] = phantoms().map((folder) => excerpt(folder, 2));
  const slices = readdirSync(first).filter((name) => !name.includes('_mask')).sort().map((name) => join(first, name));
  const archive = join(mkdtempSync(join(tmpdir(), 'glioscope-zip-')), 'stack.zip');
  const stacked = readdirSync(second).filter((name) => !name.includes('_mask')).sort().map((name) => readFileSync(join(second, name)));
  writeFileSync(archive, zip(new Map([['ward/stack.tif', pages(stacked)]])));
  await scope.open('?backend=cpu');
  await scope.drop(...slices, archive);
  await scope.is('done');
  await expect(page.locator('#cases b')).toHaveText(['PHANTOM_0001', 'ward']);
  await expect(page.locator('#cases .counts')).toHaveText([/^2 slices/, /^2 slices/]);
  await expect(page.locator('#errors li')).toHaveCount(0);
});

test('a drop on the right adds files; elsewhere it replaces the open cases', async ({ scope, page }) => {
  const [first, second] = phantoms().map((folder) => excerpt(folder, 1));
  await scope.open('?backend=cpu');
  await scope.drop(first);
  await scope.is('done');
  await scope.dropAt({ x: 1200, y: 500 }, second);
  await expect(page.locator('#cases b')).toHaveText([first, second].map((folder) => basename(folder)));
  await scope.is('done');
  await scope.drop(second);
  await expect(page.locator('#cases b')).toHaveText([basename(second)]);
  await scope.is('done');
});

test('the drop overlay disappears when a drag is cancelled', async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  const client = await page.context().newCDPSession(page);
  const data = { items: [], files: [excerpt(phantoms()[0], 1)], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver'] as const) await client.send('Input.dispatchDragEvent', { type, x: 400, y: 400, data });
  await expect(page.locator('.veil')).toBeVisible();
  await client.send('Input.dispatchDragEvent', { type: 'dragCancel', x: 400, y: 400, data });
  await expect(page.locator('.veil')).toBeHidden();
  await expect(page.locator('#cases li')).toHaveCount(0);
});

test('clear all closes all files', async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  await scope.chooseFolder(excerpt(phantoms()[0], 2));
  await scope.is('done');
  await page.click('#clear');
  await expect(page.locator('body')).toHaveAttribute('data-view', 'empty');
  await expect(page.locator('#cases li')).toHaveCount(0);
  await expect(page.locator('#save-all')).toBeDisabled();
  await scope.chooseFolder(excerpt(phantoms()[1], 1));
  await scope.is('done');
  await expect(page.locator('#cases b')).toHaveText(['PHANTOM_0002']);
});

test('one click shows the slice with the largest area', async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  await scope.chooseFolder(excerpt(phantoms()[0], 6));
  await scope.is('done');
  const areas: number[] = [];
  for (const frame of await page.locator('#strip button').all()) {
    const text = /([\d,]+) pixels/.exec((await frame.getAttribute('aria-label')) ?? '')?.[1] ?? '0';
    areas.push(Number(text.replaceAll(',', '')));
  }
  await page.locator('#strip button').first().click();
  await page.getByRole('button', { name: 'Go to largest area' }).click();
  const largest = areas.indexOf(Math.max(...areas)) + 1;
  await expect(page.locator('#readout h2')).toHaveText(`Slice ${largest} of 6`);
  // Above the slider, each slice with an area has a bar. Its height is proportional to the area.
  const bars = [...((await page.locator('#profile .area').getAttribute('d')) ?? '').matchAll(/M([\d.]+) ([\d.]+)H/g)];
  expect(bars.map(([, at]) => Math.floor(Number(at)))).toEqual(areas.flatMap((area, at) => (area > 0 ? [at] : [])));
  for (const [, at, top] of bars) expect((0.92 - Number(top)) / 0.9).toBeCloseTo(areas[Math.floor(Number(at))] / Math.max(...areas), 3);
});

test('a thumbnail shows its slice and its mask at the right size', async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  await scope.chooseFolder(phantoms()[0]);
  await scope.is('done');
  const fractions: [number, number][] = [];
  for (const at of [0, 8, 12]) {
    const frame = page.locator('#strip button').nth(at);
    await frame.click();
    await expect(frame.locator('canvas')).toBeVisible();
    const area = Number((/([\d,]+) pixels/.exec((await frame.getAttribute('aria-label')) ?? '')?.[1] ?? '0').replaceAll(',', ''));
    const [tissue, amber] = await frame.locator('canvas').evaluate((canvas: HTMLCanvasElement) => {
      const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      const counts = [0, 0];
      for (let i = 0; i < data.length; i += 4) {
        counts[0] += Number(data[i] > 40);
        counts[1] += Number(data[i] > data[i + 2] + 40);
      }
      return counts;
    });
    expect(tissue, `slice ${at + 1} is on its thumbnail`).toBeGreaterThan(1000);
    fractions.push([area / 256 ** 2, amber / 144 ** 2]);
  }
  for (const [measured, seen] of fractions) expect(Math.abs(measured - seen)).toBeLessThan(0.006);
  expect(fractions[2][0]).toBeGreaterThan(0.02);
});
