/**
 * Editing: an edited mask is separate from the prediction, is measured, and can be reverted.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { excerpt, masks, phantoms, readMask, unzip } from './files.ts';
import type { Page } from '@playwright/test';
import { expect, override, saved, test, type Scope } from './page.ts';
import { area, drag, drawn } from './stage.ts';

const SIDE = 256;

/** Saves a session, reloads the page, opens the session, and selects the edited slice. */
async function reopen(scope: Scope, page: Page) {
  const session = await saved(page, 'session');
  await scope.open('?backend=cpu&workers=1');
  await page.setInputFiles('#files', session.path);
  await scope.is('done');
  await page.locator('#strip [data-edited]').click();
}

/** Ends the worker, and returns the `mask_by` of each slice from the new one. */
async function maskByAfterWorkerLoss(scope: Scope, page: Page): Promise<string[]> {
  await page.workers()[0].evaluate(() => self.close());
  await expect(page.locator('#notice')).toContainText('A new one has been started');
  const files = unzip((await scope.download()).bytes);
  return JSON.parse(String(files.get('provenance.json'))).cases[0].slices.map(({ mask_by }: { mask_by: string }) => mask_by);
}

test.beforeEach(async ({ scope, page }) => {
  await scope.open('?backend=cpu&workers=1');
  await scope.chooseFolder(excerpt(phantoms()[0], 3));
  await scope.is('done');
  await area(page);
});

test('brush and eraser change the mask and its figures; undo, redo and revert work', async ({ page }) => {
  const predicted = await area(page);
  await page.keyboard.press('b');
  await expect(page.locator('#brush')).toBeVisible();
  // Over healthy tissue, far from the lesion.
  await drag(page, [80, 150], [120, 150], SIDE);
  await expect.poll(() => area(page)).toBeGreaterThan(predicted + 300);
  const brushed = await area(page);
  await expect(page.locator('#stage')).toHaveAttribute('aria-label', /, edited: /);
  await expect(page.locator('#strip [aria-current]')).toHaveAttribute('data-edited', '');
  await expect(page.locator('#strip [data-edited]')).toHaveCount(1);
  await page.keyboard.press('e');
  await drag(page, [80, 150], [100, 150], SIDE);
  await expect.poll(() => area(page)).toBeLessThan(brushed);
  const erased = await area(page);
  expect(erased).toBeGreaterThan(predicted);
  await page.keyboard.press('Control+z');
  await expect.poll(() => area(page)).toBe(brushed);
  await page.click('#brush [data-command="undo"]');
  await expect.poll(() => area(page)).toBe(predicted);
  await expect(page.locator('#strip [data-edited]')).toHaveCount(0);
  await page.keyboard.press('Control+y');
  await page.keyboard.press('Control+Shift+Z');
  await expect.poll(() => area(page)).toBe(erased);
  await page.click('#brush [data-command="revert"]');
  await expect.poll(() => area(page)).toBe(predicted);
  await page.keyboard.press('Control+z');
  await expect.poll(() => area(page), { message: 'a revert can be undone' }).toBe(erased);
});

test('the brush has the size that is set', async ({ page }) => {
  const predicted = await area(page);
  await page.keyboard.press('b');
  await page.locator('#brush input[name="size"]').fill('21');
  await drag(page, [90, 150], [90, 150], SIDE);
  await expect.poll(() => area(page)).not.toBe(predicted);
  const disc = (await area(page)) - predicted;
  expect(Math.abs(disc - Math.PI * 10.5 ** 2) / disc, `${disc} pixels`).toBeLessThan(0.05);
});

test('an edited mask does not depend on the threshold, other masks do', async ({ page }) => {
  const predicted = await area(page);
  await page.keyboard.press('b');
  await drag(page, [80, 150], [120, 150], SIDE);
  await expect.poll(() => area(page)).toBeGreaterThan(predicted);
  await expect(page.locator('#strip [data-edited]')).toHaveCount(1);
  const edited = await area(page);
  await page.locator('input[name="threshold"]').fill('95');
  await page.focus('#stage');
  await page.keyboard.press('PageUp');
  // The stage updates in the next frame.
  await expect(page.locator('#stage')).toHaveAttribute('aria-label', /^Slice 1 of 3/);
  const other = await area(page);
  await page.locator('input[name="threshold"]').fill('5');
  await expect.poll(() => area(page)).toBeGreaterThan(other);
  await page.locator('#strip [data-edited]').click();
  await expect.poll(() => area(page)).toBe(edited);
});

test('a mask can be drawn by keyboard alone', async ({ page }) => {
  const predicted = await area(page);
  await page.focus('#stage');
  await page.keyboard.press('b');
  for (let i = 0; i < 4; i++) await page.keyboard.press('Shift+ArrowLeft');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Space');
  await expect.poll(() => area(page)).toBeGreaterThan(predicted + 40);
});

test('the brush cursor is shown as soon as the keyboard controls it, and is not in the saved view @full', async ({ page }) => {
  await page.keyboard.press('b');
  // The brush toolbar reduces the height of the stage, which then stays the same.
  await expect(page.locator('#brush')).toBeVisible();
  await page.keyboard.press('v');
  await page.keyboard.press('b');
  const plain = (await saved(page, 'view')).bytes;
  const shown = async () => {
    await drawn(page);
    return page.locator('#stage canvas').evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
  };
  const without = await shown();
  await page.keyboard.press('v');
  await page.focus('#stage');
  await page.keyboard.press('b');
  await expect.poll(async () => (await shown()) === without, { message: 'the ring is drawn' }).toBe(false);
  const view = (await saved(page, 'view')).bytes;
  expect((await shown()) === without, 'the ring is still drawn').toBe(false);
  expect(view.equals(plain)).toBe(true);
});

test('in the side-by-side layout a stroke stays in the pane where it began @full', async ({ page }) => {
  const predicted = await area(page);
  await page.keyboard.press('s');
  await page.keyboard.press('b');
  const box = await page.locator('#stage').boundingBox();
  if (!box) throw new Error('the stage is not visible');
  const [middle, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(middle - 12, y);
  await page.mouse.down();
  await page.mouse.move(middle + 12, y, { steps: 6 });
  await page.mouse.up();
  await expect(page.locator('#strip [data-edited]')).toHaveCount(1);
  // A few pixels near the edge change, but there is no line across the slice.
  await expect.poll(async () => Math.abs((await area(page)) - predicted)).toBeLessThan(600);
});

test('a stroke ends when the slice changes @full', async ({ page }) => {
  const predicted = await area(page);
  const label = page.locator('#stage');
  const before = await label.getAttribute('aria-label');
  await page.keyboard.press('b');
  const box = await page.locator('#stage').boundingBox();
  if (!box) throw new Error('the stage is not visible');
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x - 60, y);
  await page.mouse.down();
  await page.mouse.move(x - 50, y);
  await page.mouse.wheel(0, 60);
  await expect(label).not.toHaveAttribute('aria-label', before ?? '');
  await page.mouse.move(x + 60, y, { steps: 6 });
  await page.mouse.up();
  await expect(page.locator('#strip [data-edited]')).toHaveCount(1);
  await expect(page.locator('#strip [aria-current]')).not.toHaveAttribute('data-edited', '');
  await page.locator('#strip [data-edited]').click();
  // One or two dabs of the brush, not a line.
  await expect.poll(async () => (await area(page)) - predicted).toBeLessThan(250);
});

test('a slice cannot be edited before it is segmented, and can be edited while files are added @full', async ({ scope, page }) => {
  // A held call waits until the test calls `goOn`.
  const held = (method: string) => override(method, `
    return self.hold === '${method}' ? new Promise((go) => { self.goOn = go; }).then(() => original.apply(this, given)) : original.apply(this, given);`);
  await scope.tamper('pkg/glioscope.js', (source) => held('addFile')(held('segment')(source)));
  await scope.open('?backend=cpu&workers=1');
  const hold = (method: string) => page.workers()[0].evaluate((name) => { Object.assign(self, { hold: name }); }, method);
  const goOn = () => page.workers()[0].evaluate(() => { Reflect.get(self, 'goOn')(); });
  const corner = page.locator('#stage [data-corner="sw"]');
  const names = readdirSync(phantoms()[0]).filter((name) => !name.includes('_mask')).slice(0, 2);
  const [first, second] = names.map((name) => ({ name, mimeType: '', buffer: readFileSync(join(phantoms()[0], name)) }));

  await hold('segment');
  await page.setInputFiles('#files', first);
  await expect(corner).toHaveText('not segmented yet');
  await page.keyboard.press('b');
  await drag(page, [80, 150], [120, 150], SIDE);
  await expect(corner).toHaveText('not segmented yet\nno edits before it is segmented');
  await goOn();
  await scope.is('done');
  await expect(corner).toHaveText(/^[\d,]+ px$/);
  await drag(page, [80, 150], [120, 150], SIDE);
  await expect(corner).toHaveText(/^[\d,]+ px\nedited$/);

  await hold('addFile');
  await page.setInputFiles('#add-files', second);
  await expect(page.locator('body')).toHaveAttribute('data-state', 'running');
  await drag(page, [80, 170], [120, 170], SIDE);
  await expect(page.locator('[data-command="undo"]')).toHaveAttribute('aria-disabled', 'false');
  await page.keyboard.press('Control+z');
  await page.keyboard.press('Control+y');
  await goOn();
  await scope.is('done');
  await expect(page.locator('#cases .counts')).toHaveText([/^2 slices, .* 1 edited$/]);
  // The second stroke is part of the edit: undoing it leaves the first one.
  await page.locator('#strip [data-edited]').click();
  const both = await area(page);
  await page.keyboard.press('Control+z');
  await expect.poll(() => area(page)).toBeLessThan(both);
  await expect(corner).toHaveText(/^[\d,]+ px\nedited$/);
});

test('painting shows a hidden overlay and stops the flicker @full', async ({ page }) => {
  await page.keyboard.press('h');
  await page.keyboard.press('f');
  await expect(page.locator('[data-command="flicker"]')).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('b');
  await drag(page, [80, 150], [90, 150], SIDE);
  await expect(page.locator('input[name="shown"]')).toBeChecked();
  await expect(page.locator('[data-command="flicker"]')).toHaveAttribute('aria-pressed', 'false');
});

test('an edit is kept when slices and references are added to its case @full', async ({ scope, page }) => {
  const folder = excerpt(phantoms()[0], 3);
  const files = readdirSync(folder).sort().map((name) => ({ name, mimeType: '', buffer: readFileSync(join(folder, name)) }));
  const [references, slices] = [files.filter(({ name }) => name.includes('_mask')), files.filter(({ name }) => !name.includes('_mask'))];
  await page.setInputFiles('#files', slices.slice(0, 2));
  await scope.is('done');
  await page.locator('#slice').fill('1');
  await expect(page.locator('#stage')).toHaveAttribute('aria-label', /^Slice 1 of 2/);
  const predicted = await area(page);
  await page.keyboard.press('b');
  await drag(page, [80, 150], [120, 150], SIDE);
  await expect.poll(() => area(page)).toBeGreaterThan(predicted);
  const edited = await area(page);
  const stays = async () => {
    await scope.is('done');
    await expect(page.locator('#cases .counts')).toContainText('1 edited');
    await page.locator('#strip [data-edited]').click();
    await expect.poll(() => area(page)).toBe(edited);
  };
  await page.setInputFiles('#add-files', references.slice(0, 2));
  await expect(page.locator('#readout .figure.dice')).toBeVisible();
  await stays();
  await page.keyboard.press('Control+z');
  await expect.poll(() => area(page), { message: 'the edit can still be undone' }).not.toBe(edited);
  await page.keyboard.press('Control+y');
  await page.setInputFiles('#add-files', slices.slice(2));
  await expect(page.locator('#strip [data-is="clear"], #strip [data-is="lesion"]')).toHaveCount(3);
  await stays();
});

test('edits and slices are kept when their worker is lost', async ({ page }) => {
  const predicted = await area(page);
  await page.keyboard.press('b');
  await drag(page, [80, 150], [120, 150], SIDE);
  await expect.poll(() => area(page)).toBeGreaterThan(predicted);
  const edited = await area(page);
  await page.workers()[0].evaluate(() => self.close());
  await expect(page.locator('#notice')).toContainText('edits are kept');
  // The new worker has the edit only if the page sent it again.
  await page.locator('input[name="threshold"]').fill('30');
  await page.keyboard.press('Home');
  await area(page);
  await page.locator('#strip [data-edited]').click();
  await expect.poll(() => area(page)).toBe(edited);
});

test('saved files have the edited mask, state that it is edited, and restore it', async ({ scope, page }) => {
  await page.addInitScript(() => Reflect.deleteProperty(window, 'showSaveFilePicker'));
  await page.reload();
  await scope.is('ready');
  await scope.chooseFolder(excerpt(phantoms()[0], 3));
  await scope.is('done');
  const predicted = await area(page);
  const network = masks((await scope.download()).bytes);
  await page.keyboard.press('b');
  await drag(page, [80, 150], [120, 150], SIDE);
  await expect.poll(() => area(page)).toBeGreaterThan(predicted);
  const edited = await area(page);
  const files = unzip((await scope.download()).bytes);
  const changed = [...network].filter(([path, bytes]) => !files.get(path)?.equals(bytes)).map(([path]) => path);
  expect(changed, 'exactly one mask differs').toHaveLength(1);
  expect(readMask(files.get(changed[0]) as Buffer).pixels.filter((value) => value > 0)).toHaveLength(edited);
  const { slices } = JSON.parse(String(files.get('provenance.json'))).cases[0];
  expect(slices.map(({ mask, mask_by }: { mask: string; mask_by: string }) => [mask_by, mask === changed[0]]).sort()).toEqual([
    ['network', false], ['network', false], ['reader', true],
  ]);
  const [heads, ...lines] = String(files.get('statistics.csv')).trim().split('\n').map((line) => line.split(','));
  const [path, pixels, editedColumn] = ['slice', 'area_px', 'edited'].map((name) => heads.indexOf(name));
  const line = lines.find((cells) => cells[path] === changed[0].replace('_mask.tif', '.tif'));
  expect([Number(line?.[pixels]), line?.[editedColumn]]).toEqual([edited, 'true']);

  await reopen(scope, page);
  await expect.poll(() => area(page)).toBe(edited);
  await page.keyboard.press('b');
  await page.click('#brush [data-command="revert"]');
  await expect.poll(() => area(page), { message: 'the session has the prediction too' }).toBe(predicted);
  // The new worker reads the session file, which still has the edit.
  expect(await maskByAfterWorkerLoss(scope, page)).toEqual(['network', 'network', 'network']);
});

test('a reverted edit of a session stays reverted when slices are added and the worker is replaced @full', async ({ scope, page }) => {
  await page.addInitScript(() => Reflect.deleteProperty(window, 'showSaveFilePicker'));
  await page.reload();
  await scope.is('ready');
  const folder = excerpt(phantoms()[0], 4);
  const names = readdirSync(folder).filter((name) => !name.includes('_mask')).sort();
  const files = names.map((name) => ({ name, mimeType: '', buffer: readFileSync(join(folder, name)) }));
  await page.setInputFiles('#files', files.slice(1));
  await scope.is('done');
  const predicted = await area(page);
  await page.keyboard.press('b');
  await drag(page, [80, 150], [120, 150], SIDE);
  await expect.poll(() => area(page)).toBeGreaterThan(predicted);
  await reopen(scope, page);
  await page.keyboard.press('b');
  await page.click('#brush [data-command="revert"]');
  await expect(page.locator('#strip [data-edited]')).toHaveCount(0);
  await page.setInputFiles('#add-files', files[0]);
  await expect(page.locator('#cases .counts')).toHaveText([/^4 slices/]);
  await scope.is('done');
  expect(await maskByAfterWorkerLoss(scope, page)).toEqual(['network', 'network', 'network', 'network']);
});

test('an edit that the library rejects is reported @full', async ({ scope, page }) => {
  await scope.tamper('pkg/glioscope.js', override('setEdit', `throw new Error('no room for an edit');`));
  await scope.open('?backend=cpu');
  await scope.chooseFolder(excerpt(phantoms()[0], 1));
  await scope.is('done');
  await page.keyboard.press('b');
  await drag(page, [80, 150], [120, 150], SIDE);
  await expect(page.locator('#notice')).toContainText('An edit was not applied: no room for an edit');
});

test('the page asks before it discards unsaved edits', async ({ scope, page }) => {
  const predicted = await area(page);
  const dialog = page.getByRole('dialog', { name: 'Unsaved edits' });
  const opened = page.locator('#cases b');
  const edit = async () => {
    await page.keyboard.press('b');
    await drag(page, [80, 150], [120, 150], SIDE);
    await expect.poll(() => area(page)).toBeGreaterThan(predicted);
  };
  await edit();
  // Open the sample by keyboard, then press Escape.
  await page.focus('#sample');
  await page.keyboard.press('Enter');
  await expect(dialog).toBeVisible();
  await expect(dialog).toContainText('Opening the sample discards the edits of 1 slice');
  await expect(page.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await page.keyboard.press('h');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(page.locator('#sample')).toBeFocused();
  await expect(page.locator('input[name="shown"]'), 'keys do not reach the page behind the dialog').toBeChecked();
  // Drop other files, then press the focused button.
  await scope.drop(excerpt(phantoms()[1], 1));
  await expect(dialog).toContainText('Opening these files');
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
  await expect(opened).toHaveText('PHANTOM_0001');
  await expect(page.locator('#strip [data-edited]')).toHaveCount(1);
  // Two dialogs: the newer one replaces the older one.
  await page.click('#clear');
  await expect(dialog).toContainText('Closing all files');
  await scope.drop(excerpt(phantoms()[1], 1));
  await expect(dialog).toContainText('Opening these files');
  await page.getByRole('button', { name: 'Discard edits' }).click();
  await expect(opened).toHaveText('PHANTOM_0002');
  await scope.is('done');
  // Without unsaved edits there is no dialog.
  await scope.chooseFolder(excerpt(phantoms()[0], 3));
  await expect(opened).toHaveText('PHANTOM_0001');
  await scope.is('done');
  await edit();
  await scope.download();
  await page.click('#clear');
  await expect(page.locator('body')).toHaveAttribute('data-view', 'empty');
  await expect(dialog).toBeHidden();
});

test('the browser asks before it leaves a page with unsaved edits, until they are saved or undone @full', async ({ page }) => {
  const predicted = await area(page);
  await page.keyboard.press('b');
  /** Whether the browser asks before it leaves the page. If it asks, the test stays on the page. */
  const asks = async () => {
    const free = await page.evaluate(() => dispatchEvent(new Event('beforeunload', { cancelable: true })));
    if (free) return false;
    const asking = page.waitForEvent('dialog');
    await page.close({ runBeforeUnload: true });
    const dialog = await asking;
    expect(dialog.type()).toBe('beforeunload');
    await dialog.dismiss();
    return true;
  };
  expect(await asks()).toBe(false);
  await drag(page, [80, 150], [120, 150], SIDE);
  await expect.poll(() => area(page)).toBeGreaterThan(predicted);
  expect(await asks()).toBe(true);
  await page.keyboard.press('Control+z');
  await expect.poll(() => area(page)).toBe(predicted);
  expect(await asks()).toBe(false);
  await page.keyboard.press('Control+y');
  await expect.poll(() => area(page)).toBeGreaterThan(predicted);
  expect(await asks()).toBe(true);
  await page.evaluate(() => Reflect.deleteProperty(window, 'showSaveFilePicker'));
  await page.click('#tab-save');
  const saving = page.waitForEvent('download');
  await page.click('[data-command="save-session"]');
  await saving;
  await expect.poll(asks).toBe(false);
});
