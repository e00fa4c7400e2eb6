/**
 * Common tasks on the page.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, override, test } from './page.ts';
import { excerpt, masks, phantoms } from './files.ts';

test('one click on the sample shows a segmented slice', async ({ scope, page }) => {
  await scope.open();
  await page.click('#sample');
  await scope.is('done');
  // The page shows the slice with the largest lesion.
  await expect(page.locator('#stage')).toHaveAttribute('aria-label', /: [\d,]*[1-9][\d,]* px$/);
  await expect(page.locator('#readout .figure.lesion b')).not.toHaveText('0');
  await expect(page.locator('#readout .figure.dice')).toBeVisible();
  await expect(page.locator('#backend')).toHaveText(/^(webgpu|cpu)$/);
  await expect(page.locator('#errors li')).toHaveCount(0);
  const amber = await page.locator('#stage canvas').evaluate((canvas: HTMLCanvasElement) => {
    const pixels = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
    let count = 0;
    for (let i = 0; i < pixels.length; i += 4) count += Number(pixels[i] > pixels[i + 2] + 60);
    return count;
  });
  expect(amber, 'pixels of the mask on the stage').toBeGreaterThan(100);
});

test('a software GPU is not preferred, and the page says so', async ({ scope, page }) => {
  await scope.open();
  await expect(page.locator('#backend')).toHaveText('cpu');
  // The bar has the result in full. The panel that it opens gives the reason.
  const detail = page.locator('#backend-detail');
  await expect(detail).toHaveText('self-test passed');
  expect(await detail.evaluate((text) => text.scrollWidth - text.clientWidth), 'the text is not cut off').toBeLessThanOrEqual(0);
  await page.click('.runs');
  await expect(page.locator('#device-facts')).toContainText('software adapter');
});

test('the page names the adapter that computes: the faster one if there are two', async ({ scope, page }) => {
  await scope.tamper('worker/worker.js', (source) => `${source}
    { const ask = GPU.prototype.requestAdapter;
      GPU.prototype.requestAdapter = function (wish) {
        return wish?.powerPreference === 'high-performance' ? ask.call(this, wish) : Promise.resolve(null);
      }; }`);
  await scope.open();
  await page.click('.runs');
  await expect(page.locator('#device-facts')).toContainText('software adapter');
});

test('the important notices are visible on a large screen and on a phone', async ({ scope, page }) => {
  for (const viewport of [{ width: 1440, height: 900 }, { width: 390, height: 844 }]) {
    await page.setViewportSize(viewport);
    await scope.open('?backend=cpu');
    for (const view of ['empty', 'case']) {
      if (view === 'case') await page.click('#sample');
      await expect(page.locator('body')).toHaveAttribute('data-view', view);
      for (const text of ['Research use only', 'Not a medical device', 'Nothing leaves this browser']) {
        await expect(page.getByText(text).first()).toBeInViewport({ ratio: 1 });
      }
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(width, 'no content is wider than the window').toBeLessThanOrEqual(viewport.width);
    }
    await scope.is('done');
  }
});

test('the focus moves to the slice when a case is opened @full', async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  await page.focus('#sample');
  await page.keyboard.press('Space');
  await expect(page.locator('#stage')).toBeFocused();
  await scope.is('done');
  await page.keyboard.press('Space');
  await page.keyboard.press('End');
  const slices = await page.locator('#strip button').count();
  await expect(page.locator('#stage')).toHaveAttribute('aria-label', new RegExp(`^Slice ${slices} of`));
  await expect(page.locator('body')).toHaveAttribute('data-state', 'done');
});

test('slices can be browsed by keyboard, slider, strip and wheel', async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  await scope.chooseFolder(excerpt(phantoms()[0], 6));
  await scope.is('done');
  const at = (slice: number) => expect(page.locator('#stage')).toHaveAttribute('aria-label', new RegExp(`^Slice ${slice} of 6`));
  await page.focus('#stage');
  await page.keyboard.press('Home');
  await at(1);
  await page.keyboard.press('ArrowRight');
  await at(2);
  await page.keyboard.press('End');
  await at(6);
  await page.keyboard.press('ArrowUp');
  await at(5);
  await page.locator('#slice').fill('3');
  await at(3);
  await page.locator('#strip button').nth(3).click();
  await at(4);
  await page.hover('#stage');
  await page.mouse.wheel(0, 50);
  await at(5);
});

test('one notch of the wheel moves one slice, and small steps of a touchpad add up @full', async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  await scope.chooseFolder(excerpt(phantoms()[0], 6));
  await scope.is('done');
  const at = (slice: number) => expect(page.locator('#stage')).toHaveAttribute('aria-label', new RegExp(`^Slice ${slice} of 6`));
  await page.locator('#slice').fill('1');
  await at(1);
  await page.hover('#stage');
  // As Chrome sends it on Linux and on Windows.
  await page.mouse.wheel(0, 120);
  await at(2);
  await page.mouse.wheel(0, 120);
  await at(3);
  await page.mouse.wheel(0, -100);
  await at(2);
  for (let i = 0; i < 10; i++) await page.mouse.wheel(0, 4);
  await at(3);
  // As Firefox sends it.
  await page.locator('#stage').dispatchEvent('wheel', { deltaY: 3, deltaMode: 1 });
  await at(4);
  await page.locator('#stage').dispatchEvent('wheel', { deltaY: -3, deltaMode: 1 });
  await at(3);
  // Steps in one direction do not count for the other.
  for (let i = 0; i < 9; i++) await page.mouse.wheel(0, 4);
  for (let i = 0; i < 10; i++) await page.mouse.wheel(0, -4);
  await at(2);
});

test('the current slice stays in view when slices are added before it', async ({ scope, page }) => {
  const [folder] = phantoms();
  const file = (number: number) => {
    const name = `${basename(folder)}_${number}.tif`;
    return { name, mimeType: '', buffer: readFileSync(join(folder, name)) };
  };
  await scope.open('?backend=cpu');
  await page.setInputFiles('#files', [file(2), file(3)]);
  await scope.is('done');
  await page.locator('#strip button').nth(1).click();
  const shown = page.locator('#readout .file');
  await expect(shown).toHaveText(file(3).name);
  await page.setInputFiles('#add-files', file(1));
  await expect(page.locator('#cases .counts')).toHaveText([/^3 slices/]);
  await expect(page.locator('#stage')).toHaveAttribute('aria-label', /^Slice 3 of 3/);
  await expect(shown).toHaveText(file(3).name);
  await scope.is('done');
  await expect(shown).toHaveText(file(3).name);
});

test('the reasons of the input check are shown above the slice and do not cover it', async ({ scope, page }) => {
  await scope.tamper('pkg/glioscope.js', override('assemble', `
    const assembly = original.apply(this, given);
    for (const one of assembly.cases) one.inputCheck = { accepted: false, reasons: ['The picture has no head in it.', 'It is not grey.'] };
    return assembly;`));
  await scope.open('?backend=cpu');
  for (const viewport of [{ width: 1440, height: 900 }, { width: 1280, height: 720 }, { width: 390, height: 844 }]) {
    await page.setViewportSize(viewport);
    await page.click('#sample');
    await scope.is('done');
    const card = page.locator('#input-check');
    await expect(card).toContainText('This case is not segmented.');
    await expect(card.getByRole('button')).toBeInViewport();
    const [reasons, slice] = await Promise.all([card, page.locator('#stage')].map((node) => node.boundingBox()));
    if (!reasons || !slice) throw new Error('the card or the slice is not visible');
    expect(reasons.y + reasons.height, `above the slice, ${viewport.width} wide`).toBeLessThanOrEqual(slice.y);
    expect(slice.height, 'the slice has room').toBeGreaterThan(150);
  }
});

test('the notice of a new version covers nothing @full', async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  await page.click('#sample');
  await scope.is('done');
  const notice = page.locator('#update');
  await notice.evaluate((node: HTMLElement) => { node.hidden = false; });
  await expect(notice).toBeInViewport({ ratio: 1 });
  const [shown, rest] = await Promise.all([notice, page.locator('main')].map((node) => node.boundingBox()));
  expect(shown && shown.y + shown.height).toBe(rest?.y);
  // Text heights are fractions of a pixel, so the ratio may be slightly below 1.
  for (const control of ['#strip', '#save-all']) await expect(page.locator(control)).toBeInViewport({ ratio: 0.99 });
});

test('the mask can be filled, outlined, faded and hidden', async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  // The page shows the slice with the largest lesion.
  await page.click('#sample');
  await scope.is('done');
  const picture = async () => {
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    const address = await page.locator('#stage canvas').evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
    return createHash('sha256').update(address).digest('hex');
  };
  const seen = [await picture()];
  const change = async (action: () => Promise<unknown>) => {
    await action();
    const now = await picture();
    expect(seen, 'the picture is new').not.toContain(now);
    seen.push(now);
  };
  await change(() => page.keyboard.press('o'));
  await change(() => page.locator('input[name="opacity"]').fill('90'));
  await change(() => page.keyboard.press('h'));
  await change(() => page.locator('input[name="reference"]').uncheck());
  await change(() => page.locator('input[value="composite"]').check({ force: true }));
});

test('the page can be used by keyboard alone @full', async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  const tabTo = async (selector: string) => {
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press('Tab');
      if (await page.locator(selector).evaluate((element) => element === document.activeElement)) return;
    }
    throw new Error(`${selector} cannot be reached by Tab`);
  };
  await tabTo('#sample');
  await page.keyboard.press('Enter');
  await scope.is('done');
  // The toolbar above the stage.
  await tabTo('input[name="tool"]:checked');
  await tabTo('#stage');
  await page.keyboard.press('b');
  await page.keyboard.press('Space');
  await expect(page.locator('#strip [aria-current]')).toHaveAttribute('data-edited', '');
  await page.keyboard.press('Control+z');
  await expect(page.locator('#strip [data-edited]')).toHaveCount(0);
  await tabTo('#slice');
  await tabTo('#strip [aria-current="true"]');
  await page.keyboard.press('ArrowRight');
  await expect(page.locator('#strip [aria-current="true"]')).toBeFocused();
  await tabTo('input[name="opacity"]');
  await tabTo('#save-all');
  const saved = page.waitForEvent('download');
  await page.keyboard.press('Enter');
  expect((await saved).suggestedFilename()).toMatch(/_glioscope\.zip$/);
});

test('the archive is named after its case and has a mask for every slice', async ({ scope }) => {
  await scope.open('?backend=cpu');
  await scope.chooseFolder(excerpt(phantoms()[0], 3));
  await scope.is('done');
  const { name, bytes } = await scope.download();
  expect(name).toBe('PHANTOM_0001_glioscope.zip');
  expect(masks(bytes).size).toBe(3);
});
