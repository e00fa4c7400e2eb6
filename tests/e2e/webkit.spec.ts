/**
 * The main paths in WebKitGTK, on the CPU: open files, read the masks, move the threshold, edit,
 * measure, exercise, save.
 */
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { excerpt, masks, phantoms, readMask, unzip } from './files.ts';
import { inspect, lines, mixed, zipped } from './inspection.ts';
import { SAVE } from './page.ts';
import { useTools } from './tools.ts';
import { volume } from './volume.ts';
import { WebKit, whyNoWebKit } from './webkit.ts';

// The driver sometimes answers `unknown error`, when a process of the browser has ended.
test.describe.configure({ retries: 2 });

test.beforeEach(() => {
  const reason = whyNoWebKit();
  if (reason) console.log(`skipped: ${reason}`);
  test.skip(reason !== '', reason);
});

test('WebKit: a patient is segmented, thresholded, edited and saved, without a request to another host', async ({ baseURL }) => {
  const site = baseURL ?? '';
  const folder = excerpt(phantoms()[0], 3);
  const kit = await WebKit.open(site);
  try {
    expect(kit.asked.length, 'requests are seen').toBeGreaterThan(0);
    await kit.evaluate(() => {
      Object.assign(globalThis, { faults: [] });
      const { faults } = globalThis as unknown as { faults: string[] };
      addEventListener('error', (event) => faults.push(event.message));
      addEventListener('unhandledrejection', (event) => faults.push(String(event.reason)));
      addEventListener('securitypolicyviolation', (event) => faults.push(event.violatedDirective));
    }, null);
    await kit.choose('#files', folder);
    await kit.says('#cases b', /^PHANTOM_0001$/);
    await kit.is('done');
    expect(await kit.texts('#backend')).toEqual(['cpu']);
    expect(await kit.count('#strip [data-is="clear"], #strip [data-is="lesion"]')).toBe(3);
    expect(await kit.count('#errors li')).toBe(0);
    await kit.says('#readout .figure.dice', /0\.[89]/);

    const own = await kit.area();
    expect(own).toBeGreaterThan(0);
    await kit.evaluate(() => {
      const slider = document.querySelector<HTMLInputElement>('[name="threshold"]');
      if (!slider) throw new Error('there is no threshold slider');
      slider.value = '90';
      slider.dispatchEvent(new Event('input', { bubbles: true }));
      slider.dispatchEvent(new Event('change', { bubbles: true }));
    }, null);
    const strict = await kit.changed(own);
    expect(strict).toBeLessThan(own);

    // A stroke with the brush over healthy tissue.
    await kit.press('b');
    await kit.dragPixels([80, 150], [120, 150]);
    const brushed = await kit.changed(strict);
    expect(brushed).toBeGreaterThan(strict);
    await kit.press('>');
    const edited = await kit.changed(brushed);
    expect(edited).toBeGreaterThan(brushed);
    await kit.press('y');
    await kit.says('#measures', /Longest diameter[\d.]+ px/);
    expect(await kit.count('#strip [data-edited]')).toBe(1);

    const archive = await kit.saved(SAVE);
    const saved = [...masks(archive).values()].map((file) => readMask(file).pixels.filter((value) => value === 255).length);
    expect(saved).toHaveLength(3);
    expect(saved).toContain(edited);
    expect(JSON.parse(String(unzip(archive).get('provenance.json'))).threshold).toBeCloseTo(0.9);

    expect(kit.asked.filter((address) => !address.startsWith(new URL(site).origin))).toEqual([]);
    expect(await kit.evaluate(() => (globalThis as unknown as { faults: string[] }).faults, null)).toEqual([]);
  } finally {
    await kit.close();
  }
});

test('WebKit: a zip is read as train inspect reads it, and a NIfTI volume is segmented in mL', async ({ baseURL }) => {
  const archive = zipped(mixed());
  const native = inspect(join(archive, 'set.zip'));
  const kit = await WebKit.open(baseURL ?? '');
  try {
    await kit.choose('#files', archive);
    await kit.says('#cases b', /^set$/);
    await kit.click('#reading summary');
    await kit.says('#reading li', /reference/);
    expect(await kit.texts('#reading li')).toEqual(lines(native.cases[0]));
    await kit.says('#passed-over summary', /^5 files passed over/);
    expect(await kit.count('#errors li')).toBe(native.refused.length);
    await kit.choose('#files', volume());
    await kit.says('#cases b', /^PHANTOM_0001/);
    await kit.is('done');
    await kit.click('#tab-measure');
    await kit.says('#case-volume b', /^[\d.]+ mL$/);
  } finally {
    await kit.close();
  }
});

test('WebKit: the sample opens, its masks are saved, and the tools of readers and teachers work on it', async ({ baseURL }) => {
  const kit = await WebKit.open(baseURL ?? '');
  try {
    await kit.click('#sample');
    await kit.is('running');
    await kit.is('done');
    await kit.says('#readout .figure.lesion b', /^[\d,]*[1-9][\d,]*$/);
    expect(masks(await kit.saved(SAVE)).size).toBeGreaterThan(0);
    await useTools(kit);
  } finally {
    await kit.close();
  }
});
