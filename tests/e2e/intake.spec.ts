/**
 * How a case comes in: whatever a visitor has, in one go or bit by bit.
 */
import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Page } from '@playwright/test';
import { excerpt, phantoms, study } from './files.ts';
import { filesOf, pages, zip } from './making.ts';
import { expect, test, type Scope } from './page.ts';

/** Has each worker say which slices it segments. */
const SEGMENTS = (source: string) => `${source}
  { const original = Session.prototype.segment;
    Session.prototype.segment = function (...given) { console.log('segments', ...given); return original.apply(this, given); }; }`;

test('nested folders of several patients are a case each, in natural order', async ({ scope, page }) => {
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
    // The panel follows a frame later.
    await expect(page.locator('#readout h2')).toHaveText(`Slice ${at + 1} of 3`);
    names.push(await page.locator('#readout .file').textContent());
  }
  expect(names.map((name) => /_(\d+)\.tif$/.exec(name ?? '')?.[1])).toEqual(['2', '9', '10']);
});

test('a TIFF of several pages is a case', async ({ scope, page }) => {
  const folder = excerpt(phantoms()[0], 3);
  const files = readdirSync(folder).filter((name) => !name.includes('_mask')).sort();
  await scope.open('?backend=cpu');
  await scope.chooseFiles([{ name: 'stack.tif', bytes: pages(files.map((name) => readFileSync(join(folder, name)))) }]);
  await scope.is('done');
  await expect(page.locator('#cases b')).toHaveText(['stack']);
  await expect(page.locator('#strip button')).toHaveCount(3);
  await expect(page.locator('#errors li')).toHaveCount(0);
});

test('a zip of folders is what is in it; what cannot be used of it is named', async ({ scope, page }) => {
  const [first, second] = phantoms().map((folder) => excerpt(folder, 2));
  const inner = zip(filesOf(first));
  const files = new Map([...filesOf(first), ...filesOf(second), ['inner.zip', inner], ['__MACOSX/._a.tif', Buffer.from('litter')]]);
  await scope.open('?backend=cpu');
  await scope.chooseFiles([{ name: 'study.zip', bytes: zip(files) }]);
  await scope.is('done');
  await expect(page.locator('#cases b')).toHaveText([first, second].map((folder) => new RegExp(basename(folder))));
  await expect(page.locator('#cases .counts')).toHaveText([/^2 slices/, /^2 slices/]);
  await expect(page.locator('#readout .figure.dice')).toBeVisible();
  await expect(page.locator('#notes li').filter({ hasText: 'inner.zip' })).toHaveCount(1);
  await expect(page.locator('#errors li, #notes li').filter({ hasText: '__MACOSX' })).toHaveCount(0);
});

test('files are added to what is open, and only what is new is segmented', async ({ scope, page }) => {
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

test('slices and reference masks that come later join their case', async ({ scope, page }) => {
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

/** Files of a patient as the file chooser hands them in, without their masks. */
function chosen(folder: string) {
  const names = readdirSync(folder).filter((name) => !name.includes('_mask')).sort();
  return names.map((name) => ({ name, mimeType: '', buffer: readFileSync(join(folder, name)) }));
}

/** Each file takes the reader that many milliseconds. */
const slowly = (milliseconds: number) => (source: string) => `${source}
  { const original = Session.prototype.addFile;
    Session.prototype.addFile = function (...given) {
      for (const end = performance.now() + ${milliseconds}; performance.now() < end; );
      return original.apply(this, given);
    }; }`;

/** A slice of one patient is open, and the reader slow; six of another, to be added. */
async function beside(scope: Scope, page: Page) {
  const [first, second] = phantoms();
  await scope.tamper('pkg/glioscope.js', slowly(1500));
  await scope.open('?backend=cpu&workers=1');
  await page.setInputFiles('#files', chosen(excerpt(first, 1)));
  await scope.is('done');
  return chosen(excerpt(second, 6));
}

test('files that are added while others are read come after them, and none is lost', async ({ scope, page }) => {
  const slices = await beside(scope, page);
  await page.setInputFiles('#add-files', slices.slice(0, 4));
  await expect(page.locator('#status')).toContainText('of 4 files read');
  await page.setInputFiles('#add-files', slices.slice(4));
  await scope.is('done');
  await expect(page.locator('#cases b')).toHaveText(phantoms().map((folder) => basename(folder)));
  await expect(page.locator('#cases .counts')).toHaveText([/^1 slice/, /^6 slices/]);
  await expect(page.locator('#errors li')).toHaveCount(0);
  await expect(page.locator('#notes li')).toHaveCount(0);
});

test('an add that is cancelled leaves what it has read, and the rest can be added later', async ({ scope, page }) => {
  const slices = await beside(scope, page);
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

test('an add that is cancelled can be gone on with', async ({ scope, page }) => {
  const slices = await beside(scope, page);
  await page.setInputFiles('#add-files', slices);
  await expect(page.locator('#status')).toContainText(/^[23] of 6 files read/);
  await page.click('#cancel');
  await scope.is('done');
  await expect(page.locator('#status')).toHaveText(/; [1-4] files? not read$/);
  // Nor is it forgotten when something else is added: here what is there already.
  await page.setInputFiles('#add-files', slices[0]);
  await scope.is('done');
  await expect(page.locator('#status')).toHaveText(/; [1-4] files? not read$/);
  await page.click('#continue');
  await expect(page.locator('#cases .counts')).toHaveText([/^1 slice/, /^6 slices/]);
  await scope.is('done');
  await expect(page.locator('#status')).toHaveText(/^7 slices, \d outlined$/);
  await expect(page.locator('#continue')).toBeHidden();
});

test('an add that no worker could go on with is gone on with when one can', async ({ scope, page }) => {
  const slices = await beside(scope, page);
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

test('remarks are of the cases as they are now, each said once', async ({ scope, page }) => {
  const [first, second] = phantoms();
  const folder = excerpt(first, 3);
  const files = readdirSync(folder).sort().map((name) => ({ name, mimeType: '', buffer: readFileSync(join(folder, name)) }));
  const [references, slices] = [true, false].map((wanted) => files.filter(({ name }) => name.includes('_mask') === wanted));
  await scope.open('?backend=cpu');
  await page.setInputFiles('#files', [slices[0], ...references]);
  await scope.is('done');
  const remarked = page.locator('#notes b');
  await expect(remarked).toHaveText(references.slice(1).map(({ name }) => name));
  await page.setInputFiles('#add-files', slices[1]);
  await expect(remarked).toHaveText([references[2].name]);
  await page.setInputFiles('#add-folder', excerpt(second, 1));
  await expect(page.locator('#cases b')).toHaveCount(2);
  await scope.is('done');
  await expect(remarked).toHaveText([references[2].name]);
});

test('of a single file the page itself reads no more than its beginning', async ({ scope, page }) => {
  await page.addInitScript(() => {
    const { arrayBuffer } = Blob.prototype;
    Blob.prototype.arrayBuffer = function () {
      Object.assign(window, { most: Math.max(this.size, Reflect.get(window, 'most') ?? 0) });
      return arrayBuffer.call(this);
    };
  });
  await scope.open('?backend=cpu');
  await scope.chooseFiles([{ name: 'study.zip', bytes: zip(filesOf(excerpt(phantoms()[0], 1))) }]);
  await scope.is('done');
  const most = await page.evaluate(() => Reflect.get(window, 'most'));
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(64);
});

test('a load that is cancelled leaves nothing behind', async ({ scope, page }) => {
  const [first, second] = phantoms();
  await scope.tamper('pkg/glioscope.js', slowly(1500));
  await scope.open('?backend=cpu&workers=1');
  await page.setInputFiles('#files', chosen(excerpt(first, 6)));
  await expect(page.locator('#status')).toContainText(/^[23] of 6 files read/);
  await page.click('#cancel');
  await expect(page.locator('#status')).toHaveText('Cancelled while reading');
  await page.setInputFiles('#files', chosen(excerpt(second, 1)));
  await scope.is('done');
  await expect(page.locator('#cases b')).toHaveText([basename(second)]);
});

test('loose files and a zip in one drop, the zip with a TIFF of several pages in it', async ({ scope, page }) => {
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

test('a drop on the right adds; elsewhere it takes the place of what is open', async ({ scope, page }) => {
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

test('a drag that is given up without a word leaves no veil', async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  const client = await page.context().newCDPSession(page);
  const data = { items: [], files: [excerpt(phantoms()[0], 1)], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver'] as const) await client.send('Input.dispatchDragEvent', { type, x: 400, y: 400, data });
  await expect(page.locator('.veil')).toBeVisible();
  await client.send('Input.dispatchDragEvent', { type: 'dragCancel', x: 400, y: 400, data });
  await expect(page.locator('.veil')).toBeHidden();
  await expect(page.locator('#cases li')).toHaveCount(0);
});

test('clear all leaves nothing open', async ({ scope, page }) => {
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

test('one click leads to the slice with the largest area', async ({ scope, page }) => {
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
  // Over the slider stands a bar for every slice with an area, as high as that.
  const bars = [...((await page.locator('#profile .area').getAttribute('d')) ?? '').matchAll(/M([\d.]+) ([\d.]+)H/g)];
  expect(bars.map(([, at]) => Math.floor(Number(at)))).toEqual(areas.flatMap((area, at) => (area > 0 ? [at] : [])));
  for (const [, at, top] of bars) expect((0.92 - Number(top)) / 0.9).toBeCloseTo(areas[Math.floor(Number(at))] / Math.max(...areas), 3);
});

test('a thumbnail has its slice on it and its mask, as large as that is', async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  await scope.chooseFolder(phantoms()[0]);
  await scope.is('done');
  const shares: [number, number][] = [];
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
    shares.push([area / 256 ** 2, amber / 144 ** 2]);
  }
  for (const [measured, seen] of shares) expect(Math.abs(measured - seen)).toBeLessThan(0.006);
  expect(shares[2][0]).toBeGreaterThan(0.02);
});
