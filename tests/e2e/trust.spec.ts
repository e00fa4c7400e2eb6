/**
 * The page's statements about the device, the model and privacy are shown, and are correct.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MODEL, excerpt, phantoms } from './files.ts';
import { png } from './making.ts';
import { expect, test } from './page.ts';

test('the self-test runs at start on this device, and its result is visible', async ({ scope, page }) => {
  await scope.open();
  await expect(page.locator('#selftest')).toHaveText(/^Passed on the CPU \(WebAssembly\): largest difference in probability \d\.\de-\d+, [\d.]+ m?s per slice\.$/);
  await page.getByRole('button', { name: 'Self-test and diagnostics' }).click();
  const facts = page.locator('#device-facts');
  // This browser's GPU is SwiftShader. The page names it and says why the CPU is used.
  await expect(facts).toContainText('a software adapter');
  await expect(facts).toContainText('slower than the CPU');
  await expect(facts).toContainText(/Largest difference\d\.\d\de-\d+ in probability/);
  await expect(facts).toContainText(/Time per slice[\d.]+ m?s/);
});

test('a device that fails the self-test is not used, and the page says so', async ({ scope, page }) => {
  await scope.tamper('pkg/glioscope.js', (source) => `${source}\nSession.prototype.check = () => Promise.resolve(0.2);`);
  await page.goto('./?backend=cpu');
  await scope.is('error');
  await expect(page.locator('#notice')).toContainText(/cannot compute here: .*the self-test differs by 0\.2/);
  await expect(page.locator('#selftest')).toHaveText(/^Failed: .*differs by 0\.2/);
  await page.click('#notice [data-act="close"]');
  await scope.chooseFolder(excerpt(phantoms()[0], 1));
  await expect(page.locator('#notice')).toContainText(/cannot compute here: .*the self-test differs by 0\.2/);
  await expect(page.locator('#strip button')).toHaveCount(0);
});

test('diagnostics describe the device and the model, and nothing about the opened files', async ({ scope, page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await scope.open('?backend=cpu');
  await scope.chooseFolder(excerpt(phantoms()[0], 2));
  await scope.is('done');
  await page.click('.runs');
  await expect(page.locator('#diagnostics')).toHaveValue(/"gpu"/);
  await page.click('#copy-diagnostics');
  await expect(page.locator('#copied')).toHaveText('Copied');
  const text = await page.evaluate(() => navigator.clipboard.readText());
  const diagnostics = JSON.parse(text);
  const [, version] = /^version = "(.*)"$/m.exec(readFileSync(join(MODEL, '../../Cargo.toml'), 'utf8')) ?? [];
  expect(diagnostics.version).toBe(`${version}, weights ${diagnostics.model.sha256.slice(0, diagnostics.version.split(' ').at(-1).length)}`);
  expect(diagnostics.site).toMatch(/^[0-9a-f]{16}$/);
  expect(diagnostics.browser.userAgent).toBe(await page.evaluate(() => navigator.userAgent));
  expect(diagnostics.model.sha256).toBe(createHash('sha256').update(readFileSync(join(MODEL, 'weights.safetensors'))).digest('hex'));
  expect(diagnostics.runs.backend).toBe('cpu');
  expect(diagnostics.runs.difference).toBeLessThan(1e-3);
  expect(diagnostics.slices).toMatchObject({ cases: 1, all: 2, timed: 2, faults: [] });
  expect(diagnostics.gpu.limits.maxBufferSize).toBeGreaterThan(0);
  expect(diagnostics.gpu.features).toContain('timestamp-query');
  expect(text).not.toMatch(/PHANTOM|\.tif/);
});

test('the model card on the page has the figures of the running weights', async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  await page.getByRole('button', { name: 'About the model' }).click();
  const read = (file: string) => JSON.parse(readFileSync(join(MODEL, file), 'utf8'));
  const [{ weights }, { metrics, split }] = [read('model.json'), read('card.json')];
  const card = page.locator('#card');
  await expect(card).toBeVisible();
  for (const [name, value] of [
    ['Dice per patient, mean', metrics.patient_dice_mean.toFixed(3)],
    ['Dice per patient, lowest', metrics.patient_dice_worst.toFixed(3)],
    ['Sensitivity, pooled', metrics.pooled_sensitivity.toFixed(3)],
    ['Held-out patients', String(split.held_out.length)],
    ['Weights, SHA-256', weights.sha256],
  ]) {
    await expect(card.locator('dl > div', { has: page.getByText(name, { exact: true }) }).locator('dd')).toHaveText(value);
  }
  await expect(card).toContainText('Research use only');
  // The model card is rendered with headings, and tables with header cells.
  const text = readFileSync(join(MODEL, 'MODEL_CARD.md'), 'utf8');
  for (const [, heading] of text.matchAll(/^## (.*)$/gm)) await expect(card.getByRole('heading', { name: heading, exact: true, level: 3 })).toBeVisible();
  await expect(card.getByRole('table')).toHaveCount(text.match(/^\|( --- \|)+$/gm)?.length ?? 0);
  await expect(card.getByRole('columnheader', { name: 'median', exact: true })).toBeVisible();
  await expect(card.locator('.written')).not.toContainText(/\*\*|\||`/);
  await page.keyboard.press('Escape');
  await expect(card).toBeHidden();
});

test('a case that is not axial FLAIR is not segmented until the visitor confirms', async ({ scope, page }) => {
  const reason = 'The picture has no head in it.';
  await scope.tamper('pkg/glioscope.js', (source) => `${source}
    { const original = Session.prototype.assemble;
      Session.prototype.assemble = function () {
        const assembly = original.call(this);
        const refused = assembly.cases.find(({ name }) => name === 'PHANTOM_0002');
        if (refused) refused.inputCheck = { accepted: false, reasons: [${JSON.stringify(reason)}] };
        return assembly;
      }; }`);
  await scope.open('?backend=cpu');
  await scope.drop(...phantoms().map((folder) => excerpt(folder, 2)));
  await scope.is('done');
  await expect(page.locator('#cases .badge')).toHaveText(['checked', 'not segmented']);
  await expect(page.locator('#status')).toContainText('1 case not segmented: not axial FLAIR');
  await expect(page.locator('#input-check')).toBeHidden();
  await expect(page.locator('#readout')).toContainText('input check passed');
  await page.locator('#cases button').nth(1).click();
  await expect(page.locator('#input-check')).toBeVisible();
  await expect(page.locator('#input-check li')).toHaveText([reason]);
  await page.click('#tab-measure');
  await expect(page.locator('#measures'), 'there are no measures, not zeros').toHaveText('Measures appear when the first slice is segmented.');
  await expect(page.locator('#plots svg')).toHaveCount(0);
  // No slice is queued: every place that could say "waiting" shows this state instead.
  await expect(page.locator('#strip [data-is="held"]')).toHaveCount(2);
  await expect(page.locator('#strip [aria-current]')).toHaveAttribute('aria-label', /^Slice \d, not segmented: not axial FLAIR$/);
  await expect(page.locator('#stage')).toHaveAttribute('aria-label', /: not segmented$/);
  await expect(page.locator('#stage [data-corner="sw"]')).toHaveText('not segmented');
  await expect(page.locator('#legend')).toContainText('Not segmented: not axial FLAIR');
  await expect(page.locator('#legend .is-mask')).toHaveCount(0);
  await expect(page.locator('#readout .figure')).toHaveCount(0);
  await page.getByRole('button', { name: 'Segment anyway' }).click();
  await scope.is('done');
  await expect(page.locator('#input-check')).toBeHidden();
  await expect(page.locator('#readout .figure.lesion')).toBeVisible();
  await expect(page.locator('#stage')).toHaveAttribute('aria-label', / px$/);
  await expect(page.locator('#strip [data-is="held"]')).toHaveCount(0);
  await expect(page.locator('#legend .is-mask')).toBeVisible();
  await expect(page.locator('#readout')).toContainText(reason);
  await expect(page.locator('#cases .badge')).toHaveText(['checked', 'overruled']);
  // The decision is kept when slices are added.
  await page.setInputFiles('#add-folder', excerpt(phantoms()[1], 4));
  await expect(page.locator('#cases .counts').nth(1)).toHaveText(/^4 slices, /);
  await scope.is('done');
  await expect(page.locator('#cases .badge')).toHaveText(['checked', 'overruled']);
  await expect(page.locator('#input-check')).toBeHidden();
});

/** A landscape, as a file that is opened by mistake: sky, sun, hills and a meadow. */
function landscape(x: number, y: number): number[] {
  const grain = 12 * Math.sin(x * 12.9898 + y * 78.233) * Math.sin(x * 3.7 - y * 9.1);
  const hill = 190 - 34 * Math.sin(x / 47) - 12 * Math.sin(x / 13 + 1);
  if (y > hill) return [60 + (y - hill) / 3 + grain, 110 + (y - hill) / 4 + grain, 50 + grain];
  const haze = 150 * Math.exp(-Math.hypot(x - 210, y - 70) / 45);
  return [120 + y / 3 + haze + grain / 3, 160 + y / 4 + haze + grain / 3, 230 - y / 6 + grain / 3];
}

/** A printed page: dark text on white. */
function page(x: number, y: number): number[] {
  const ink = x > 30 && x < 290 && y > 30 && y < 290 && y % 14 < 7 && Math.sin(Math.floor(x / 3) * 7.3 + Math.floor(y / 14) * 3.1) > -0.2;
  return ink ? [25, 25, 30] : [250, 250, 248];
}

for (const [name, colour] of Object.entries({ landscape, page })) {
  test(`the input check rejects a ${name} with reasons, until the visitor confirms`, async ({ scope, page: tab }) => {
    await scope.open('?backend=cpu');
    await scope.chooseFiles([{ name: `${name}.png`, bytes: png(320, 320, colour) }]);
    await scope.is('done');
    await expect(tab.locator('#cases .badge')).toHaveText(['not segmented']);
    await expect(tab.locator('#input-check')).toBeVisible();
    await expect(tab.locator('#input-check li')).not.toHaveCount(0);
    for (const reason of await tab.locator('#input-check li').allTextContents()) expect(reason).toMatch(/^[A-Z1-9].{20,}\.$/);
    await expect(tab.locator('#strip [data-is="held"]')).toHaveCount(1);
    await expect(tab.locator('#readout .figure')).toHaveCount(0);
    await tab.getByRole('button', { name: 'Segment anyway' }).click();
    await expect(tab.locator('#strip [data-is="clear"], #strip [data-is="lesion"]')).toHaveCount(1);
    await expect(tab.locator('#input-check')).toBeHidden();
    await expect(tab.locator('#cases .badge')).toHaveText(['overruled']);
  });
}

test('the privacy panel says that nothing leaves the browser, and how to check it', async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  await page.getByRole('button', { name: 'Nothing leaves this browser' }).click();
  const panel = page.locator('#privacy');
  await expect(panel).toBeVisible();
  await expect(panel).toContainText('Check it yourself');
  await expect(panel).toContainText('Network');
  await page.keyboard.press('Escape');
  await expect(panel).toBeHidden();
});
