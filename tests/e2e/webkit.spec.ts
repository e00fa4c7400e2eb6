/**
 * The main paths in WebKitGTK, on the CPU: open files, read the masks, move the threshold, edit, save.
 */
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { excerpt, masks, phantoms, readMask, unzip } from './files.ts';
import { inspect, lines, mixed, zipped } from './inspection.ts';
import { SAVE } from './page.ts';
import { WebKit, whyNoWebKit } from './webkit.ts';

test.beforeEach(() => {
  const reason = whyNoWebKit();
  if (reason) console.log(`skipped: ${reason}`);
  test.skip(reason !== '', reason);
});

/** The pixels inside the mask of the slice in view, as the page states them for screen readers. */
async function area(kit: WebKit): Promise<number> {
  await kit.until(60_000, () => /: [\d,]+ px$/.test(document.querySelector('#stage')?.getAttribute('aria-label') ?? ''), null);
  const label = await kit.evaluate(() => document.querySelector('#stage')?.getAttribute('aria-label') ?? '', null);
  return Number(label.match(/: ([\d,]+) px$/)?.[1].replaceAll(',', ''));
}

/** Waits until the mask in view is larger or smaller than it was. */
async function changed(kit: WebKit, from: number): Promise<number> {
  for (let tries = 0; tries < 300; tries++) {
    const found = await area(kit);
    if (found !== from) return found;
    await new Promise((next) => setTimeout(next, 100));
  }
  throw new Error(`the mask still has ${from} pixels`);
}

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

    const own = await area(kit);
    expect(own).toBeGreaterThan(0);
    await kit.evaluate(() => {
      const slider = document.querySelector<HTMLInputElement>('[name="threshold"]');
      if (!slider) throw new Error('there is no threshold slider');
      slider.value = '90';
      slider.dispatchEvent(new Event('input', { bubbles: true }));
      slider.dispatchEvent(new Event('change', { bubbles: true }));
    }, null);
    const strict = await changed(kit, own);
    expect(strict).toBeLessThan(own);

    // A stroke with the brush over healthy tissue, which the slice shows whole and in the middle of the stage.
    const box = await kit.evaluate(() => {
      const { left, top, width, height } = (document.querySelector('#stage canvas') as Element).getBoundingClientRect();
      return { left, top, width, height };
    }, null);
    const side = 256;
    const scale = Math.min(box.width, box.height) / side;
    const at = (x: number, y: number) => ({
      x: box.left + (box.width - side * scale) / 2 + (x + 0.5) * scale, y: box.top + (box.height - side * scale) / 2 + (y + 0.5) * scale,
    });
    await kit.press('b');
    await kit.drag(at(80, 150), at(120, 150));
    const brushed = await changed(kit, strict);
    expect(brushed).toBeGreaterThan(strict);
    await kit.press('>');
    const edited = await changed(kit, brushed);
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

test('WebKit: a zip is read as train inspect reads it', async ({ baseURL }) => {
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
  } finally {
    await kit.close();
  }
});

test('WebKit: the sample opens and its masks are saved', async ({ baseURL }) => {
  const kit = await WebKit.open(baseURL ?? '');
  try {
    await kit.click('#sample');
    await kit.is('running');
    await kit.is('done');
    await kit.says('#readout .figure.lesion b', /^[\d,]*[1-9][\d,]*$/);
    expect(masks(await kit.saved(SAVE)).size).toBeGreaterThan(0);
  } finally {
    await kit.close();
  }
});
