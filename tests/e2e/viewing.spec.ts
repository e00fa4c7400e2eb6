/**
 * Viewing: windows, zoom, overlays, comparison with the reference, and the volume.
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { excerpt, phantoms } from './files.ts';
import { expect, override, slowSlices, test } from './page.ts';
import { area, colourAt, countPixels, countVoxels, drag, drawn } from './stage.ts';

/** The side of a phantom's slice. */
const SIDE = 256;

test.beforeEach(async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  // Reference and prediction differ by a few pixels here, so that every colour is visible.
  await scope.chooseFolder(excerpt(phantoms()[0], 4));
  await scope.is('done');
  await area(page);
});

test('preset, slider and drag change the window, and the measures stay the same', async ({ page }) => {
  const before = await area(page);
  const dark = await countPixels(page, 'bright');
  await page.selectOption('select[name="preset"]', 'dark');
  await expect.poll(() => countPixels(page, 'bright')).toBeGreaterThan(dark + 500);
  await page.click('[data-command="reset-window"]');
  await expect.poll(() => countPixels(page, 'bright')).toBe(dark);
  await page.locator('input[name="level"]').fill('60');
  await expect(page.locator('select[name="preset"]')).toHaveValue('custom');
  await expect.poll(() => countPixels(page, 'bright')).toBeGreaterThan(dark);
  await page.click('[data-command="reset-window"]');
  await drag(page, [128, 60], [40, 60], SIDE, 'right');
  await expect(page.locator('select[name="preset"]')).toHaveValue('custom');
  expect(Number(await page.locator('input[name="width"]').inputValue()), 'a drag to the left narrows the window').toBeLessThan(255);
  await page.click('[data-command="reset-window"]');
  // In the list of presets, letters select a preset.
  await page.focus('#stage');
  await page.keyboard.press('w');
  await drag(page, [128, 128], [128, 60], SIDE);
  expect(Number(await page.locator('input[name="level"]').inputValue()), 'a drag upwards lowers the level').toBeLessThan(128);
  expect(await area(page)).toBe(before);
});

test('another window shows differences above the default white level @full', async ({ page }) => {
  await page.keyboard.press('h');
  await page.locator('input[name="reference"]').uncheck();
  const white = await countPixels(page, 'white');
  expect(white, 'fat is white').toBeGreaterThan(500);
  await page.selectOption('select[name="preset"]', 'full');
  await expect.poll(() => countPixels(page, 'white')).toBeLessThan(white / 10);
  // The sliders reach the same values as the preset.
  const [level, width] = [page.locator('input[name="level"]'), page.locator('input[name="width"]')];
  expect(Number(await width.inputValue())).toBeGreaterThan(255);
  await page.selectOption('select[name="preset"]', 'default');
  await level.fill('250');
  await width.fill('80');
  await expect.poll(() => countPixels(page, 'white')).toBeLessThan(white / 4);
});

test('each preset has its own window and picture @full', async ({ page }) => {
  const seen: string[][] = [];
  for (const preset of ['default', 'full', 'auto', 'bright', 'dark']) {
    await page.selectOption('select[name="preset"]', preset);
    await drawn(page);
    const window = await Promise.all(['level', 'width'].map((name) => page.locator(`input[name="${name}"]`).inputValue()));
    seen.push([window.join(' '), await page.locator('#stage canvas').evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL())]);
  }
  for (const which of [0, 1]) expect(new Set(seen.map((one) => one[which])).size).toBe(5);
});

test('the automatic window follows the slice and the contrast @full', async ({ page }) => {
  await page.selectOption('select[name="preset"]', 'auto');
  const window = async () => (await Promise.all(['level', 'width'].map((name) => page.locator(`input[name="${name}"]`).inputValue()))).join(' ');
  const picture = async () => {
    await drawn(page);
    return page.locator('#stage canvas').evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
  };
  const [first, last] = [page.locator('#strip button').first(), page.locator('#strip button').last()];
  // While the pixels of a slice are loading, the window stays what it was.
  for (const slice of [first, last]) {
    const before = await picture();
    await slice.click();
    await expect.poll(picture).not.toBe(before);
  }
  /** Window and picture of each slice when the preset is selected on it. */
  const seen: [string, string][] = [];
  for (const slice of [first, last]) {
    await slice.click();
    await page.selectOption('select[name="preset"]', 'full');
    await page.selectOption('select[name="preset"]', 'auto');
    // The window is that of the drawn slice.
    const drawnPicture = await picture();
    seen.push([await window(), drawnPicture]);
  }
  expect(seen[0][0]).not.toBe(seen[1][0]);
  for (const [at, slice] of [first, last].entries()) {
    await slice.click();
    await expect.poll(window).toBe(seen[at][0]);
    await page.mouse.move(5, 5);
    await expect.poll(async () => (await picture()) === seen[at][1]).toBe(true);
    await expect(page.locator('select[name="preset"]')).toHaveValue('auto');
  }
  const flair = await window();
  await page.keyboard.press('2');
  await expect.poll(window).not.toBe(flair);
  await page.keyboard.press('1');
  await expect.poll(window).toBe(flair);
});

test('wheel, keys, buttons and double click zoom the slice, and a drag moves it', async ({ page }) => {
  const whole = await countPixels(page, 'amber');
  await page.hover('#stage');
  await page.keyboard.down('Control');
  await page.mouse.wheel(0, -300);
  await page.keyboard.up('Control');
  await expect(page.locator('#stage')).toHaveAttribute('data-near', '');
  const label = await page.locator('#stage').getAttribute('aria-label');
  await page.keyboard.press('0');
  await expect(page.locator('#stage')).not.toHaveAttribute('data-near', '');
  await expect.poll(() => countPixels(page, 'amber')).toBe(whole);
  // The lesion of this phantom is in the upper right.
  await page.locator('#stage').dblclick({ position: { x: 560, y: 260 } });
  await expect.poll(() => countPixels(page, 'amber')).toBeGreaterThan(2 * whole);
  await drag(page, [60, 128], [200, 128], SIDE);
  await drawn(page);
  expect(await page.locator('#stage').getAttribute('aria-label'), 'a drag does not change the slice').toBe(label);
  await page.click('[data-command="fit"]');
  await page.click('[data-command="zoom-in"]');
  await expect(page.locator('#stage')).toHaveAttribute('data-near', '');
  await page.keyboard.press('-');
  await expect(page.locator('#stage')).not.toHaveAttribute('data-near', '');
});

test('the threshold changes the mask and the figures without segmenting again', async ({ page }) => {
  const initial = await area(page);
  const slider = page.locator('input[name="threshold"]');
  await slider.fill('5');
  await expect.poll(() => area(page)).toBeGreaterThan(initial);
  const low = await countPixels(page, 'amber');
  await slider.fill('95');
  await expect.poll(() => countPixels(page, 'amber')).toBeLessThan(low);
  await expect.poll(() => area(page)).toBeLessThan(initial);
  await page.click('[data-command="reset-threshold"]');
  await expect.poll(() => area(page)).toBe(initial);
  await page.keyboard.press(',');
  await expect(page.locator('.threshold output')).toHaveText('0.45');
});

test('the mask on the stage has the measured area', async ({ page }) => {
  // Without the reference and at full opacity, every pixel of the mask can be identified.
  await page.locator('input[name="reference"]').uncheck();
  await page.locator('input[name="opacity"]').fill('100');
  for (const threshold of ['20', '50', '80']) {
    await page.locator('input[name="threshold"]').fill(threshold);
    await expect.poll(async () => {
      const measured = await area(page);
      const stage = await page.locator('#stage canvas').evaluate((canvas: HTMLCanvasElement, side) => {
        const scale = Math.min(canvas.width, canvas.height) / side;
        const [left, top] = [canvas.width, canvas.height].map((room) => Math.round((room - side * scale) / 2));
        const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
        let count = 0;
        for (let y = 0; y < side; y++) {
          for (let x = 0; x < side; x++) {
            const at = 4 * (Math.floor(top + (y + 0.5) * scale) * canvas.width + Math.floor(left + (x + 0.5) * scale));
            count += Number(data[at] > 240 && data[at + 1] > 160 && data[at + 2] < 20);
          }
        }
        return count;
      }, SIDE);
      return stage - measured;
    }, { message: `at ${threshold} %` }).toBe(0);
  }
});

test('the probability has a heat map with a legend, and the agreement three colours with counts', async ({ page }) => {
  await page.keyboard.press('p');
  await expect(page.locator('#legend')).toContainText('Probability 0');
  await expect(page.locator('#legend canvas')).toBeVisible();
  await page.locator('input[name="overlay"][value="agreement"]').check({ force: true });
  await page.locator('input[name="threshold"]').fill('90');
  const counts = async () => ((await page.locator('#legend').textContent()) ?? '').match(/[\d,]+(?= px)/g)?.map((text) => Number(text.replaceAll(',', ''))) ?? [];
  await expect.poll(async () => (await counts()).length).toBe(3);
  await expect.poll(async () => (await counts())[0] + (await counts())[1] - (await area(page))).toBe(0);
  await expect(page.locator('#legend')).toContainText(/True positive.*False positive.*False negative/);
  await page.locator('input[name="reference"]').uncheck();
  await page.locator('input[name="threshold"]').fill('95');
  await expect.poll(async () => (await counts())[2], { message: 'a high threshold gives false negatives' }).toBeGreaterThan(0);
  await expect.poll(() => countPixels(page, 'blue')).toBeGreaterThan(0);
});

test('colour and style can be chosen, and a key hides the overlay @full', async ({ page }) => {
  await page.locator('input[name="reference"]').uncheck();
  await page.getByRole('radio', { name: 'Magenta' }).check();
  await expect.poll(() => countPixels(page, 'magenta')).toBeGreaterThan(500);
  const filled = await countPixels(page, 'magenta');
  await page.keyboard.press('o');
  await expect.poll(() => countPixels(page, 'magenta')).toBeLessThan(filled / 2);
  await page.keyboard.press('h');
  await expect.poll(() => countPixels(page, 'coloured')).toBe(0);
  // The key also works when another tab is open.
  await page.click('#tab-measure');
  await page.focus('#stage');
  await page.keyboard.press('h');
  await expect.poll(() => countPixels(page, 'coloured')).toBeGreaterThan(500);
  await page.keyboard.press('4');
  await expect(page.locator('#stage [data-corner="ne"]')).toContainText('RGB');
});

test('agreement is shown only for slices with a reference @full', async ({ scope, page }) => {
  const [folder] = phantoms();
  const file = (end: string) => ({ name: `a${end}`, bytes: readFileSync(join(folder, `${basename(folder)}${end}`)) });
  await scope.chooseFiles([file('_12.tif'), file('_12_mask.tif'), file('_13.tif')]);
  await scope.is('done');
  await page.locator('#strip button').nth(0).click();
  await page.keyboard.press('a');
  await expect(page.locator('#legend')).toContainText(/True positive.*False positive.*False negative/);
  await page.locator('#strip button').nth(1).click();
  await expect(page.locator('#legend')).toHaveText('Mask (this slice has no reference)');
  await page.click('#tab-measure');
  await expect(page.locator('#scores caption')).toHaveText('Scores against the reference, on 1 of 2 slices');
  // A case without references, opened while another tab is open.
  await scope.chooseFiles([file('_14.tif')]);
  await scope.is('done');
  await expect(page.locator('#legend')).toHaveText('Mask');
});

test('the selection is visible with forced colours @full', async ({ page }) => {
  await page.emulateMedia({ forcedColors: 'active' });
  const looks = (selector: string) => page.locator(selector).evaluate((node) => {
    const { backgroundColor, color } = getComputedStyle(node);
    return `${backgroundColor} ${color}`;
  });
  for (const name of ['layout', 'overlay']) {
    expect(await looks(`label:has([name="${name}"]:checked)`)).not.toBe(await looks(`label:has([name="${name}"]:not(:checked)) >> nth=0`));
  }
  const swatches = await page.locator('.swatches input').evaluateAll((nodes) => nodes.map((node) => getComputedStyle(node).backgroundColor));
  expect(new Set(swatches).size).toBe(4);
});

test('mask and reference are shown side by side or alternate', async ({ scope, page }) => {
  await page.locator('input[name="reference"]').uncheck();
  await expect.poll(() => countPixels(page, 'blue')).toBe(0);
  await page.keyboard.press('s');
  await expect.poll(() => countPixels(page, 'blue'), { message: 'the reference has a pane' }).toBeGreaterThan(500);
  await expect.poll(() => countPixels(page, 'amber'), { message: 'the mask has a pane' }).toBeGreaterThan(500);
  const [left, right] = ['left', 'right'].map((side) => page.locator(`#stage [data-corner="${side}"]`));
  await expect(left).toHaveText('Mask');
  await expect(right).toHaveText('Reference');
  const [middle, a, b] = await Promise.all([page.locator('#stage'), left, right].map((node) => node.boundingBox()));
  expect([a && a.x + a.width, b?.x], 'each label is in its pane').toEqual(Array(2).fill(middle && middle.x + middle.width / 2));
  await page.keyboard.press('s');
  await page.keyboard.press('f');
  await expect(page.locator('[data-command="flicker"]')).toHaveAttribute('aria-pressed', 'true');
  const seen = new Set<string>();
  await expect.poll(async () => {
    seen.add((await countPixels(page, 'amber')) > 500 ? 'mask' : 'reference');
    return seen.size;
  }).toBe(2);
  await page.keyboard.press('f');
  await expect(page.locator('[data-command="flicker"]')).toHaveAttribute('aria-pressed', 'false');
  // A case without references does not flicker.
  const name = `${basename(phantoms()[1])}_12.tif`;
  await page.setInputFiles('#add-files', { name, mimeType: '', buffer: readFileSync(join(phantoms()[1], name)) });
  await expect(page.locator('#cases b')).toHaveCount(2);
  await scope.is('done');
  await page.keyboard.press('f');
  await expect(page.locator('[data-command="flicker"]')).toHaveAttribute('aria-pressed', 'true');
  await page.locator('#cases button').nth(1).click();
  await expect(page.locator('[data-command="flicker"]')).toHaveAttribute('aria-pressed', 'false');
});

test('an empty reference is labelled in the side-by-side layout @full', async ({ scope, page }) => {
  const [folder] = phantoms();
  const file = (from: string, to = from) => ({ name: `a${to}.tif`, bytes: readFileSync(join(folder, `${basename(folder)}${from}.tif`)) });
  await scope.chooseFiles([file('_12'), file('_12_mask'), file('_13'), file('_3_mask', '_13_mask')]);
  await scope.is('done');
  await page.keyboard.press('s');
  const right = page.locator('#stage [data-corner="right"]');
  await page.locator('#strip button').nth(1).click();
  await expect(right).toHaveText('Reference, empty');
  await page.locator('#strip button').nth(0).click();
  await expect(right).toHaveText('Reference');
  await page.keyboard.press('s');
  await expect(right).toHaveText('');
});

test('with reduced motion there is no flicker, and a key shows the reference @full', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.keyboard.press('f');
  await expect.poll(() => countPixels(page, 'amber')).toBe(0);
  await page.waitForTimeout(1600);
  expect(await countPixels(page, 'amber')).toBe(0);
  await page.keyboard.press('f');
  await expect.poll(() => countPixels(page, 'amber')).toBeGreaterThan(500);
});

test('flicker draws the reference in the style of the mask @full', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  /** Blue minus red in the middle of the lesion. */
  const blue = async () => {
    const [red, , more] = await colourAt(page, 163, 85, SIDE);
    return more - red;
  };
  await expect.poll(blue).toBeLessThan(0);
  await page.keyboard.press('f');
  await expect.poll(blue, { message: 'filled like the mask' }).toBeGreaterThan(30);
  await page.keyboard.press('o');
  await expect.poll(blue, { message: 'outlined like the mask' }).toBe(0);
  await page.keyboard.press('o');
  await page.keyboard.press('f');
  await expect.poll(blue).toBeLessThan(0);
  // If the mask is hidden, the reference is always an outline.
  await page.keyboard.press('h');
  await expect.poll(blue).toBe(0);
});

test('the picture uses every pixel of a high-density display', async ({ browser, baseURL }) => {
  const page = await browser.newPage({ baseURL, deviceScaleFactor: 2, viewport: { width: 800, height: 700 } });
  await page.goto('./?backend=cpu');
  await page.locator('#sample').click();
  await expect(page.locator('body')).toHaveAttribute('data-view', 'case');
  await drawn(page);
  const [shown, drawnWide] = await page.locator('#stage canvas').evaluate((canvas: HTMLCanvasElement) => [canvas.clientWidth, canvas.width]);
  expect(drawnWide).toBe(2 * shown);
  await page.close();
});

test('the picture adapts to a display of another density @full', async ({ page, context }) => {
  const canvas = page.locator('#stage canvas');
  const density = () => canvas.evaluate((drawn: HTMLCanvasElement) => drawn.width / drawn.clientWidth);
  await expect.poll(density).toBe(1);
  const client = await context.newCDPSession(page);
  for (const [deviceScaleFactor, colorScheme] of [[2, 'dark'], [3, 'light']] as const) {
    await client.send('Emulation.setDeviceMetricsOverride', { width: 1440, height: 900, deviceScaleFactor, mobile: false });
    // The emulated density takes effect when another property of the display changes.
    await page.emulateMedia({ colorScheme });
    await expect.poll(density).toBe(deviceScaleFactor);
  }
});

test('the volume shows the case with its mask', async ({ page }) => {
  await page.keyboard.press('d');
  const canvas = page.locator('#volume canvas');
  await expect(canvas).toBeVisible();
  await expect(page.locator('#volume .hint')).toContainText('Voxels are shown as cubes');
  const picture = async () => (await canvas.screenshot()).toString('base64');
  const planes = await picture();
  await page.locator('input[name="planes"][value="render"]').check({ force: true });
  await expect.poll(picture).not.toBe(planes);
  const filled = await picture();
  await page.keyboard.press('h');
  await expect.poll(picture, { message: 'without the mask it looks different' }).not.toBe(filled);
  await page.click('#tab-save');
  const saving = page.waitForEvent('download');
  await page.click('[data-command="save-view"]');
  const png = readFileSync(await (await saving).path());
  expect([png.subarray(1, 4).toString(), png.length > 10_000]).toEqual(['PNG', true]);
  await page.keyboard.press('d');
  await expect(page.locator('#stage')).toBeVisible();
});

test('the volume shows the probability, in three planes and in 3-D', async ({ page }) => {
  await page.keyboard.press('d');
  await expect(page.locator('#volume .hint')).toContainText('Voxels are shown as cubes');
  for (const planes of ['multi', 'render']) {
    await page.locator(`input[name="planes"][value="${planes}"]`).check({ force: true });
    await expect.poll(() => countVoxels(page, 'bright'), { message: `the head in ${planes}` }).toBeGreaterThan(5000);
    await expect.poll(() => countVoxels(page, 'amber'), { message: `the mask in ${planes}` }).toBeGreaterThan(1000);
    // High probabilities are almost white in the heat map.
    const pale = await countVoxels(page, 'pale');
    await page.keyboard.press('p');
    await expect.poll(() => countVoxels(page, 'pale'), { message: `the probability in ${planes}` }).toBeGreaterThan(pale + 1000);
    // Only the edge of the lesion has probabilities that are amber in the heat map.
    expect(await countVoxels(page, 'amber')).toBeLessThan((await countVoxels(page, 'pale')) - pale);
    await page.keyboard.press('h');
    await expect.poll(() => countVoxels(page, 'pale'), { message: `no overlay in ${planes}` }).toBeLessThan(100);
    await page.keyboard.press('h');
    await page.keyboard.press('m');
  }
});

test('the volume uses the window of the slice and the opacity of the overlay @full', async ({ page }) => {
  await page.locator('input[name="reference"]').uncheck();
  await page.keyboard.press('d');
  await expect(page.locator('#volume .hint')).toContainText('Voxels are shown as cubes');
  // Without overlays.
  await page.keyboard.press('h');
  await expect.poll(() => countVoxels(page, 'amber')).toBe(0);
  const full = await countVoxels(page, 'white');
  await page.selectOption('select[name="preset"]', 'dark');
  await expect.poll(() => countVoxels(page, 'white')).toBeGreaterThan(full + 1000);
  const bright = await countVoxels(page, 'bright');
  await page.locator('input[name="level"]').fill('250');
  await page.locator('input[name="width"]').fill('10');
  await expect.poll(() => countVoxels(page, 'bright'), { message: 'few voxels are as bright' }).toBeLessThan(bright / 2);
  await page.click('[data-command="reset-window"]');
  await expect.poll(() => countVoxels(page, 'bright')).toBeGreaterThan(bright / 2);
  await expect.poll(() => countVoxels(page, 'white')).toBeLessThan(full + 100);
  const canvas = page.locator('#volume canvas');
  await canvas.focus();
  await page.keyboard.press('h');
  const seen = new Set<string>();
  for (const opacity of ['5', '50', '100']) {
    await page.locator('input[name="opacity"]').fill(opacity);
    await expect.poll(async () => {
      const before = seen.size;
      return seen.add((await canvas.screenshot()).toString('base64')).size - before;
    }, { message: `the picture differs at ${opacity} %` }).toBe(1);
    await expect.poll(() => countVoxels(page, 'amber'), { message: `the overlay is visible at ${opacity} %` }).toBeGreaterThan(500);
  }
});

test('the volume shows the current case, also while slices are segmented @full', async ({ scope, page }) => {
  await scope.tamper('pkg/glioscope.js', slowSlices(5000));
  await scope.open('?backend=cpu&workers=1');
  await scope.drop(...phantoms());
  await expect(page.locator('#cases button')).toHaveCount(2);
  await page.keyboard.press('d');
  const canvas = page.locator('#volume canvas');
  await expect.poll(() => countVoxels(page, 'bright'), { message: 'the head of the current case' }).toBeGreaterThan(5000);
  // Read in the same task in which the other case is selected.
  const hidden = await page.locator('#cases button').nth(1).evaluate((button: HTMLButtonElement) => {
    button.click();
    return (document.querySelector('#volume canvas') as HTMLCanvasElement).hidden;
  });
  expect(hidden, 'the volume of the previous case is hidden').toBe(true);
  await expect(canvas).toBeVisible();
  await expect(page.locator('body')).toHaveAttribute('data-state', 'running');
});

test('a volume that failed to load is shown when it is opened again @full', async ({ scope, page }) => {
  let online = false;
  await page.route('**/vendor/niivue.js', (route) => online ? route.continue() : route.abort());
  await scope.open('?backend=cpu');
  await scope.chooseFolder(excerpt(phantoms()[0], 4));
  await scope.is('done');
  await page.keyboard.press('d');
  await expect(page.locator('#volume .hint')).toContainText('The volume cannot be shown');
  await expect(page.locator('#volume .hint')).toContainText('reload the page');
  await expect(page.locator('#volume canvas')).toBeHidden();
  online = true;
  const cachesFailure = await page.evaluate(async (address) => {
    const fails = await import(address).then(() => false, () => true);
    return fails && (await fetch(address)).ok;
  }, new URL('www/vendor/niivue.js', page.url()).href);
  if (cachesFailure) {
    // The file is available, but the browser keeps the failed import until the page is reloaded.
    const reason = `Chromium ${page.context().browser()?.version()} caches a failed import; 156 does not`;
    console.log(`skipped: ${reason}`);
    test.skip(true, reason);
  }
  await page.keyboard.press('d');
  await page.keyboard.press('d');
  await expect.poll(() => countVoxels(page, 'amber')).toBeGreaterThan(1000);
  const canvas = page.locator('#volume canvas');
  expect(await canvas.evaluate((drawn: HTMLCanvasElement) => drawn.width), 'one pixel of the canvas per CSS pixel').toBe(await canvas.evaluate((drawn) => drawn.clientWidth));
});

test('closing all files frees the volumes and the GPU memory @full', async ({ scope, page }) => {
  await scope.tamper('vendor/niivue.js', (source) => {
    const [, name] = /([\w$]+) as Niivue\b/.exec(source) ?? [];
    return override('attachToCanvas', 'globalThis.niivue = this; return original.apply(this, given);', name)(source);
  });
  await scope.open('?backend=cpu');
  await scope.chooseFolder(excerpt(phantoms()[0], 4));
  await scope.is('done');
  await page.keyboard.press('d');
  await expect.poll(() => countVoxels(page, 'amber')).toBeGreaterThan(1000);
  const open = () => page.evaluate(() => {
    const { volumes, gl } = Reflect.get(globalThis, 'niivue');
    return { volumes: volumes.length, lost: gl.isContextLost() };
  });
  expect(await open()).toEqual({ volumes: 2, lost: false });
  await page.click('#clear');
  await expect(page.locator('body')).toHaveAttribute('data-view', 'empty');
  await expect.poll(open).toEqual({ volumes: 0, lost: true });
  // The next case has a volume again.
  await scope.chooseFolder(excerpt(phantoms()[1], 4));
  await scope.is('done');
  await expect.poll(() => countVoxels(page, 'amber')).toBeGreaterThan(1000);
  expect(await open()).toEqual({ volumes: 2, lost: false });
});

test('a lost 3-D context is reported, and the volume appears again when it is restored', async ({ page }) => {
  await page.keyboard.press('d');
  await expect.poll(() => countVoxels(page, 'amber')).toBeGreaterThan(1000);
  await page.locator('#volume canvas').evaluate((canvas: HTMLCanvasElement) => {
    const extension = canvas.getContext('webgl2')?.getExtension('WEBGL_lose_context');
    extension?.loseContext();
    Object.assign(globalThis, { restore: () => extension?.restoreContext() });
  });
  await expect(page.locator('#volume .hint')).toContainText('has lost the 3-D context');
  await expect(page.locator('#volume canvas')).toBeHidden();
  await page.evaluate(() => Reflect.get(globalThis, 'restore')());
  await expect(page.locator('#volume .hint')).toContainText('Voxels are shown as cubes');
  await expect.poll(() => countVoxels(page, 'amber')).toBeGreaterThan(1000);
});

test('the volume shows agreement in three colours with a legend, and nothing when overlays are off @full', async ({ page }) => {
  // A false positive and a false negative.
  await page.keyboard.press('b');
  await drag(page, [80, 150], [120, 150], SIDE);
  await page.keyboard.press('e');
  await drag(page, [157, 85], [169, 85], SIDE);
  await page.keyboard.press('a');
  await page.keyboard.press('d');
  await expect(page.locator('#volume .hint')).toContainText('Voxels are shown as cubes');
  await expect(page.locator('#legend')).toHaveText('True positiveFalse positiveFalse negative');
  await expect(page.locator('#legend .is-fn')).toBeVisible();
  await expect.poll(() => countVoxels(page, 'amber')).toBeGreaterThan(1000);
  expect(await countVoxels(page, 'red')).toBeGreaterThan(200);
  expect(await countVoxels(page, 'blue')).toBeGreaterThan(100);
  await page.keyboard.press('h');
  await expect.poll(() => countVoxels(page, 'blue')).toBe(0);
  expect(await countVoxels(page, 'amber')).toBe(0);
  await expect(page.locator('#legend')).toHaveText('');
});

test('on the volume, letters are shortcuts of the page, and arrows move the crosshair or rotate the head @full', async ({ page }) => {
  page.on('dialog', (dialog) => expect(dialog.message(), 'NiiVue shows no dialog').toBe(''));
  await page.keyboard.press('d');
  await expect(page.locator('#volume .hint')).toContainText('Voxels are shown as cubes');
  const canvas = page.locator('#volume canvas');
  const picture = async () => (await canvas.screenshot()).toString('base64');
  // NiiVue handles keys while the pointer is over it.
  await canvas.hover();
  await canvas.focus();
  const stage = page.locator('#stage');
  const label = await stage.getAttribute('aria-label');
  for (const planes of ['multi', 'render']) {
    await page.locator(`input[name="planes"][value="${planes}"]`).check({ force: true });
    await canvas.focus();
    let before = await picture();
    for (const arrow of ['ArrowLeft', 'Shift+ArrowUp']) {
      await page.keyboard.press(arrow);
      await expect.poll(picture, { message: `${arrow} in ${planes}` }).not.toBe(before);
      before = await picture();
    }
    // Hides and shows the overlay. Nothing else changes.
    for (const shown of [false, true]) {
      await page.keyboard.press('h');
      await expect(page.locator('input[name="shown"]')).toBeChecked({ checked: shown });
      if (!shown) await expect.poll(picture).not.toBe(before);
    }
    await expect.poll(picture, { message: `H in ${planes} does not rotate` }).toBe(before);
    expect(await stage.getAttribute('aria-label'), 'arrows do not change the slice').toBe(label);
  }
  await page.keyboard.press('End');
  await expect(stage).toHaveAttribute('aria-label', /^Slice 4 of 4/);
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys and gestures' })).toContainText('On the volume');
});

test('the volume waits for further masks before it is updated, and shows all masks at the end @full', async ({ scope, page }) => {
  const timed = override('volume', `if (given[1] === 'mask') (self.builds ??= []).push(performance.now()); return original.apply(this, given);`);
  await scope.tamper('pkg/glioscope.js', (source) => timed(slowSlices(1000)(source)));
  await scope.open('?backend=cpu&workers=1');
  await scope.chooseFolder(excerpt(phantoms()[0], 12));
  await expect(page.locator('body')).toHaveAttribute('data-view', 'case');
  await page.keyboard.press('d');
  await scope.is('done');
  await expect.poll(() => countVoxels(page, 'amber')).toBeGreaterThan(1000);
  const builds = await page.workers()[0].evaluate(() => Reflect.get(self, 'builds') as number[]);
  const soon = builds.filter((time, i) => i > 0 && time - builds[i - 1] < 3900);
  // With the last slice, and once or twice when small regions are removed.
  expect(soon.length, `builds soon after another, of ${builds.length}`).toBeLessThanOrEqual(3);
});

test('the volume of a long stack shows new masks at the end, or when it is opened again @full', async ({ scope, page }) => {
  // Every slice after the first waits until the test calls `goOn`.
  await scope.tamper('pkg/glioscope.js', override('segment', `
    return (call > 1 ? new Promise((go) => { self.goOn = go; }) : Promise.resolve()).then(() => original.apply(this, given));`));
  const goOn = () => expect.poll(() => page.workers()[0].evaluate(() => {
    const go = Reflect.get(self, 'goOn') as (() => void) | undefined;
    Reflect.deleteProperty(self, 'goOn');
    go?.();
    return go !== undefined;
  })).toBe(true);
  // `MANY_SLICES`, the only constant of 200 in the bundle, where it has another name.
  await scope.tamper('app.js', (source) => source.replace(/= ?200\b/, '=3'));
  await scope.open('?backend=cpu&workers=1');
  await scope.chooseFolder(excerpt(phantoms()[0], 4));
  await scope.finished(1);
  const hint = page.locator('#volume .hint');
  await page.keyboard.press('d');
  await expect(hint).toContainText('Voxels are shown as cubes');
  await goOn();
  await expect(hint).toContainText('New masks appear');
  await page.keyboard.press('d');
  await page.keyboard.press('d');
  await expect(hint).not.toContainText('New masks appear');
  await expect(hint).toContainText('Voxels are shown as cubes');
  await goOn();
  await expect(hint).toContainText('New masks appear');
  await goOn();
  await scope.is('done');
  await expect(hint).not.toContainText('New masks appear');
  await expect.poll(() => countVoxels(page, 'amber')).toBeGreaterThan(1000);
});

test('in a list, letters select an option and are not shortcuts @full', async ({ page }) => {
  const preset = page.locator('select[name="preset"]');
  await preset.focus();
  await page.keyboard.press('b');
  await expect(preset).toHaveValue('bright');
  await expect(page.locator('#brush')).toBeHidden();
  await page.focus('#stage');
  await page.keyboard.press('b');
  await expect(page.locator('#brush')).toBeVisible();
});

test('focused controls are not covered by the bar at the lower edge @full', async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 620 });
  const bar = await page.locator('.takeaway').boundingBox();
  if (!bar) throw new Error('the bar is not visible');
  await page.focus('#tab-look');
  const seen: string[] = [];
  const focused = () => page.evaluate(() => {
    const node = document.activeElement as HTMLInputElement;
    return { id: node.id, name: node.name, bottom: node.getBoundingClientRect().bottom };
  });
  for (let now = await focused(); now.id !== 'save-all'; now = await focused()) {
    expect(now.bottom, `${now.name || now.id} is above the bar`).toBeLessThanOrEqual(bar.y);
    seen.push(now.name);
    await page.keyboard.press('Tab');
  }
  expect(seen).toEqual(expect.arrayContaining(['opacity', 'threshold', 'shown', 'reference']));
});

test('keys are listed, and letter shortcuts can be limited to the slice', async ({ page }) => {
  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Keys and gestures' });
  await expect(help).toBeVisible();
  await help.getByRole('button', { name: 'Close' }).click();
  await expect(help).toBeHidden();
  await page.keyboard.press('?');
  await page.locator('#letters').uncheck();
  await page.keyboard.press('Escape');
  await page.locator('input[name="opacity"]').focus();
  await page.keyboard.press('h');
  await expect(page.locator('input[name="shown"]')).toBeChecked();
  await page.focus('#stage');
  await page.keyboard.press('h');
  await expect(page.locator('input[name="shown"]')).not.toBeChecked();
});

test('keys work as soon as a panel is closed, even if the focus is still in it @full', async ({ page }) => {
  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Keys and gestures' });
  await expect(help).toBeVisible();
  // Both happen before the browser draws and moves the focus.
  const where = await help.getByRole('button', { name: 'Close' }).evaluate((close: HTMLButtonElement) => {
    close.focus();
    close.click();
    document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key: 'h', bubbles: true }));
    return document.activeElement === close;
  });
  expect(where, 'the focus is still in the panel').toBe(true);
  await expect(page.locator('input[name="shown"]')).not.toBeChecked();
});

test('the three contrasts and their composite are four pictures @full', async ({ page }) => {
  await page.keyboard.press('h');
  await page.locator('input[name="reference"]').uncheck();
  const seen: string[] = [];
  for (const contrast of ['pre', 'flair', 'post', 'composite']) {
    await page.locator(`input[name="contrast"][value="${contrast}"]`).check({ force: true });
    await drawn(page);
    seen.push(JSON.stringify(await Promise.all([[128, 40], [163, 85], [100, 128], [140, 200]].map(([x, y]) => colourAt(page, x, y, SIDE)))));
  }
  expect(new Set(seen).size).toBe(4);
  // A single contrast is grey. In the composite they are red, green and blue.
  const [pre, flair, post, all] = seen.map((text) => JSON.parse(text) as [number, number, number][]);
  for (const [at, [red, green, blue]] of all.entries()) {
    expect([pre[at], flair[at], post[at]].map(([level]) => level)).toEqual([red, green, blue]);
    for (const grey of [pre[at], flair[at], post[at]]) expect(new Set(grey).size).toBe(1);
  }
});
