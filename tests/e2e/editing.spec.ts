/**
 * Correcting: what is drawn by hand is kept apart from the network's mask, is measured, and can be taken back.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { excerpt, masks, phantoms, readMask, unzip } from './files.ts';
import type { Page } from '@playwright/test';
import { expect, override, saved, test, type Scope } from './page.ts';
import { area, drag, drawn } from './stage.ts';

const SIDE = 256;

/** Saves a session, opens it in the page anew, and looks at the slice that was edited. */
async function reopen(scope: Scope, page: Page) {
  const session = await saved(page, 'session');
  await scope.open('?backend=cpu&workers=1');
  await page.setInputFiles('#files', session.path);
  await scope.is('done');
  await page.locator('#strip [data-edited]').click();
}

/** Who drew each mask, as a worker says that has taken over from a lost one. */
async function drawnAfterALoss(scope: Scope, page: Page): Promise<string[]> {
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

test('brush and eraser change the mask and its figures; undo, redo and the way back', async ({ page }) => {
  const own = await area(page);
  await page.keyboard.press('b');
  await expect(page.locator('#brush')).toBeVisible();
  // Over healthy tissue, far from the lesion.
  await drag(page, [80, 150], [120, 150], SIDE);
  await expect.poll(() => area(page)).toBeGreaterThan(own + 300);
  const brushed = await area(page);
  await expect(page.locator('#stage')).toHaveAttribute('aria-label', /, edited: /);
  await expect(page.locator('#strip [aria-current]')).toHaveAttribute('data-edited', '');
  await expect(page.locator('#strip [data-edited]')).toHaveCount(1);
  await page.keyboard.press('e');
  await drag(page, [80, 150], [100, 150], SIDE);
  await expect.poll(() => area(page)).toBeLessThan(brushed);
  const erased = await area(page);
  expect(erased).toBeGreaterThan(own);
  await page.keyboard.press('Control+z');
  await expect.poll(() => area(page)).toBe(brushed);
  await page.click('#brush [data-command="undo"]');
  await expect.poll(() => area(page)).toBe(own);
  await expect(page.locator('#strip [data-edited]')).toHaveCount(0);
  await page.keyboard.press('Control+y');
  await page.keyboard.press('Control+Shift+Z');
  await expect.poll(() => area(page)).toBe(erased);
  await page.click('#brush [data-command="revert"]');
  await expect.poll(() => area(page)).toBe(own);
  await page.keyboard.press('Control+z');
  await expect.poll(() => area(page), { message: 'the way back can be undone too' }).toBe(erased);
});

test('the brush is as wide as it says', async ({ page }) => {
  const own = await area(page);
  await page.keyboard.press('b');
  await page.locator('#brush input[name="size"]').fill('21');
  await drag(page, [90, 150], [90, 150], SIDE);
  await expect.poll(() => area(page)).not.toBe(own);
  const disc = (await area(page)) - own;
  expect(Math.abs(disc - Math.PI * 10.5 ** 2) / disc, `${disc} pixels`).toBeLessThan(0.05);
});

test('an edit is not the network: it stays at every threshold, and other slices move', async ({ page }) => {
  const own = await area(page);
  await page.keyboard.press('b');
  await drag(page, [80, 150], [120, 150], SIDE);
  await expect.poll(() => area(page)).toBeGreaterThan(own);
  await expect(page.locator('#strip [data-edited]')).toHaveCount(1);
  const edited = await area(page);
  await page.locator('input[name="threshold"]').fill('95');
  await page.focus('#stage');
  await page.keyboard.press('PageUp');
  // The stage follows with the next frame: until then it tells of the edited slice.
  await expect(page.locator('#stage')).toHaveAttribute('aria-label', /^Slice 1 of 3/);
  const other = await area(page);
  await page.locator('input[name="threshold"]').fill('5');
  await expect.poll(() => area(page)).toBeGreaterThan(other);
  await page.locator('#strip [data-edited]').click();
  await expect.poll(() => area(page)).toBe(edited);
});

test('a mask is drawn by keyboard alone', async ({ page }) => {
  const own = await area(page);
  await page.focus('#stage');
  await page.keyboard.press('b');
  for (let i = 0; i < 4; i++) await page.keyboard.press('Shift+ArrowLeft');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Space');
  await expect.poll(() => area(page)).toBeGreaterThan(own + 40);
});

test('the brush is seen as soon as the keyboard has it, and is not in the picture that is saved', async ({ page }) => {
  await page.keyboard.press('b');
  // The bar of the brush takes some of the stage's height: from here on that stays.
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
  await expect.poll(async () => (await shown()) === without, { message: 'a ring' }).toBe(false);
  const view = (await saved(page, 'view')).bytes;
  expect((await shown()) === without, 'the ring is still there').toBe(false);
  expect(view.equals(plain)).toBe(true);
});

test('side by side, a stroke stays in the pane that it began in', async ({ page }) => {
  const own = await area(page);
  await page.keyboard.press('s');
  await page.keyboard.press('b');
  const box = await page.locator('#stage').boundingBox();
  if (!box) throw new Error('the stage is not in sight');
  const [middle, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(middle - 12, y);
  await page.mouse.down();
  await page.mouse.move(middle + 12, y, { steps: 6 });
  await page.mouse.up();
  await expect(page.locator('#strip [data-edited]')).toHaveCount(1);
  // Some pixels off the slice's edge and a few on it, but no bar across it.
  await expect.poll(async () => Math.abs((await area(page)) - own)).toBeLessThan(600);
});

test('a stroke ends with the slice that it is on', async ({ page }) => {
  const own = await area(page);
  const label = page.locator('#stage');
  const before = await label.getAttribute('aria-label');
  await page.keyboard.press('b');
  const box = await page.locator('#stage').boundingBox();
  if (!box) throw new Error('the stage is not in sight');
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
  // A dab or two, not the way across.
  await expect.poll(async () => (await area(page)) - own).toBeLessThan(250);
});

test('a slice cannot be edited before it is segmented, and can be edited while files are added', async ({ scope, page }) => {
  // A held call continues when the test says so.
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

test('what is painted is seen: a hidden overlay is shown, a flicker ends', async ({ page }) => {
  await page.keyboard.press('h');
  await page.keyboard.press('f');
  await expect(page.locator('[data-command="flicker"]')).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('b');
  await drag(page, [80, 150], [90, 150], SIDE);
  await expect(page.locator('input[name="shown"]')).toBeChecked();
  await expect(page.locator('[data-command="flicker"]')).toHaveAttribute('aria-pressed', 'false');
});

test('an edit stays when slices and references join its case', async ({ scope, page }) => {
  const folder = excerpt(phantoms()[0], 3);
  const files = readdirSync(folder).sort().map((name) => ({ name, mimeType: '', buffer: readFileSync(join(folder, name)) }));
  const [references, slices] = [files.filter(({ name }) => name.includes('_mask')), files.filter(({ name }) => !name.includes('_mask'))];
  await page.setInputFiles('#files', slices.slice(0, 2));
  await scope.is('done');
  await page.locator('#slice').fill('1');
  await expect(page.locator('#stage')).toHaveAttribute('aria-label', /^Slice 1 of 2/);
  const own = await area(page);
  await page.keyboard.press('b');
  await drag(page, [80, 150], [120, 150], SIDE);
  await expect.poll(() => area(page)).toBeGreaterThan(own);
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
  await expect.poll(() => area(page), { message: 'it can still be undone' }).not.toBe(edited);
  await page.keyboard.press('Control+y');
  await page.setInputFiles('#add-files', slices.slice(2));
  await expect(page.locator('#strip [data-is="clear"], #strip [data-is="lesion"]')).toHaveCount(3);
  await stays();
});

test('edits and slices outlive their worker', async ({ page }) => {
  const own = await area(page);
  await page.keyboard.press('b');
  await drag(page, [80, 150], [120, 150], SIDE);
  await expect.poll(() => area(page)).toBeGreaterThan(own);
  const edited = await area(page);
  await page.workers()[0].evaluate(() => self.close());
  await expect(page.locator('#notice')).toContainText('edits are kept');
  // Asked of the new worker, which knows it only if it was told.
  await page.locator('input[name="threshold"]').fill('30');
  await page.keyboard.press('Home');
  await area(page);
  await page.locator('#strip [data-edited]').click();
  await expect.poll(() => area(page)).toBe(edited);
});

test('what is saved has the hand’s mask where there is one, says so, and opens again with it', async ({ scope, page }) => {
  await page.addInitScript(() => Reflect.deleteProperty(window, 'showSaveFilePicker'));
  await page.reload();
  await scope.is('ready');
  await scope.chooseFolder(excerpt(phantoms()[0], 3));
  await scope.is('done');
  const own = await area(page);
  const network = masks((await scope.download()).bytes);
  await page.keyboard.press('b');
  await drag(page, [80, 150], [120, 150], SIDE);
  await expect.poll(() => area(page)).toBeGreaterThan(own);
  const edited = await area(page);
  const files = unzip((await scope.download()).bytes);
  const changed = [...network].filter(([path, bytes]) => !files.get(path)?.equals(bytes)).map(([path]) => path);
  expect(changed, 'one mask is another one').toHaveLength(1);
  expect(readMask(files.get(changed[0]) as Buffer).pixels.filter((value) => value > 0)).toHaveLength(edited);
  const { slices } = JSON.parse(String(files.get('provenance.json'))).cases[0];
  expect(slices.map(({ mask, mask_by }: { mask: string; mask_by: string }) => [mask_by, mask === changed[0]]).sort()).toEqual([
    ['network', false], ['network', false], ['reader', true],
  ]);
  const [heads, ...lines] = String(files.get('statistics.csv')).trim().split('\n').map((line) => line.split(','));
  const [path, pixels, hand] = ['slice', 'area_px', 'edited'].map((name) => heads.indexOf(name));
  const line = lines.find((cells) => cells[path] === changed[0].replace('_mask.tif', '.tif'));
  expect([Number(line?.[pixels]), line?.[hand]]).toEqual([edited, 'true']);

  await reopen(scope, page);
  await expect.poll(() => area(page)).toBe(edited);
  await page.keyboard.press('b');
  await page.click('#brush [data-command="revert"]');
  await expect.poll(() => area(page), { message: 'the network’s own is there too' }).toBe(own);
  // The worker that takes over reads the session's file, which still has the edit.
  expect(await drawnAfterALoss(scope, page)).toEqual(['network', 'network', 'network']);
});

test('an edit of a session that was taken back stays so when its case has grown and another worker takes over', async ({ scope, page }) => {
  await page.addInitScript(() => Reflect.deleteProperty(window, 'showSaveFilePicker'));
  await page.reload();
  await scope.is('ready');
  const folder = excerpt(phantoms()[0], 4);
  const names = readdirSync(folder).filter((name) => !name.includes('_mask')).sort();
  const files = names.map((name) => ({ name, mimeType: '', buffer: readFileSync(join(folder, name)) }));
  await page.setInputFiles('#files', files.slice(1));
  await scope.is('done');
  const own = await area(page);
  await page.keyboard.press('b');
  await drag(page, [80, 150], [120, 150], SIDE);
  await expect.poll(() => area(page)).toBeGreaterThan(own);
  await reopen(scope, page);
  await page.keyboard.press('b');
  await page.click('#brush [data-command="revert"]');
  await expect(page.locator('#strip [data-edited]')).toHaveCount(0);
  await page.setInputFiles('#add-files', files[0]);
  await expect(page.locator('#cases .counts')).toHaveText([/^4 slices/]);
  await scope.is('done');
  expect(await drawnAfterALoss(scope, page)).toEqual(['network', 'network', 'network', 'network']);
});

test('an edit that the library does not accept is reported', async ({ scope, page }) => {
  await scope.tamper('pkg/glioscope.js', override('setEdit', `throw new Error('no room for an edit');`));
  await scope.open('?backend=cpu');
  await scope.chooseFolder(excerpt(phantoms()[0], 1));
  await scope.is('done');
  await page.keyboard.press('b');
  await drag(page, [80, 150], [120, 150], SIDE);
  await expect(page.locator('#notice')).toContainText('An edit was not applied: no room for an edit');
});

test('an edit that is in no file yet is not closed without a word', async ({ scope, page }) => {
  const own = await area(page);
  const question = page.getByRole('dialog', { name: 'Unsaved edits' });
  const opened = page.locator('#cases b');
  const edit = async () => {
    await page.keyboard.press('b');
    await drag(page, [80, 150], [120, 150], SIDE);
    await expect.poll(() => area(page)).toBeGreaterThan(own);
  };
  await edit();
  // The sample by keyboard, and Escape.
  await page.focus('#sample');
  await page.keyboard.press('Enter');
  await expect(question).toBeVisible();
  await expect(question).toContainText('Opening the sample discards the edits of 1 slice');
  await expect(page.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await page.keyboard.press('h');
  await page.keyboard.press('Escape');
  await expect(question).toBeHidden();
  await expect(page.locator('#sample')).toBeFocused();
  await expect(page.locator('input[name="shown"]'), 'keys are for the question').toBeChecked();
  // Another drop, and the button that has the focus.
  await scope.drop(excerpt(phantoms()[1], 1));
  await expect(question).toContainText('Opening these files');
  await page.keyboard.press('Enter');
  await expect(question).toBeHidden();
  await expect(opened).toHaveText('PHANTOM_0001');
  await expect(page.locator('#strip [data-edited]')).toHaveCount(1);
  // Two questions: the newer one counts.
  await page.click('#clear');
  await expect(question).toContainText('Closing all files');
  await scope.drop(excerpt(phantoms()[1], 1));
  await expect(question).toContainText('Opening these files');
  await page.getByRole('button', { name: 'Discard edits' }).click();
  await expect(opened).toHaveText('PHANTOM_0002');
  await scope.is('done');
  // Without an edit, and with one that is saved, nothing is asked.
  await scope.chooseFolder(excerpt(phantoms()[0], 3));
  await expect(opened).toHaveText('PHANTOM_0001');
  await scope.is('done');
  await edit();
  await scope.download();
  await page.click('#clear');
  await expect(page.locator('body')).toHaveAttribute('data-view', 'empty');
  await expect(question).toBeHidden();
});

test('the browser asks before a page with unsaved edits is left, until they are saved or taken back', async ({ page }) => {
  const own = await area(page);
  await page.keyboard.press('b');
  /** Whether leaving would be asked about; where it would, the page is closed as by hand, and the answer is to stay. */
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
  await expect.poll(() => area(page)).toBeGreaterThan(own);
  expect(await asks()).toBe(true);
  await page.keyboard.press('Control+z');
  await expect.poll(() => area(page)).toBe(own);
  expect(await asks()).toBe(false);
  await page.keyboard.press('Control+y');
  await expect.poll(() => area(page)).toBeGreaterThan(own);
  expect(await asks()).toBe(true);
  await page.evaluate(() => Reflect.deleteProperty(window, 'showSaveFilePicker'));
  await page.click('#tab-save');
  const saving = page.waitForEvent('download');
  await page.click('[data-command="save-session"]');
  await saving;
  await expect.poll(asks).toBe(false);
});
