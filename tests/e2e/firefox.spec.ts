/**
 * The main paths in Firefox, on the CPU: open files, correct, measure, exercise, save, and work offline. `truth.spec.ts`
 * compares the masks with the native ones.
 */
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, test } from '@playwright/test';
import { excerpt, masks, phantoms, study, unzip } from './files.ts';
import { Fox, firefox } from './firefox.ts';
import { Host } from './host.ts';
import { inspect, lines, mixed, zipped } from './inspection.ts';
import { SAVE } from './page.ts';
import { useTools } from './tools.ts';
import { volume } from './volume.ts';

test.beforeEach(() => {
  const reason = 'Firefox is not installed; GLIOSCOPE_FIREFOX can name one';
  if (!firefox()) console.log(`skipped: ${reason}`);
  test.skip(!firefox(), reason);
});

test('Firefox: from a drop to masks, measures, a zip and an exercise, without a request to another host', async ({ baseURL }) => {
  const [first, second] = phantoms().map((folder) => excerpt(folder, 3));
  const fox = await Fox.open(baseURL ?? '');
  try {
    const before = fox.asked.length;
    expect(before, 'requests are recorded').toBeGreaterThan(0);
    await fox.drop(first);
    await fox.says('#cases b', /^PHANTOM_0001$/);
    await fox.is('done');
    expect(await fox.count('#strip [data-is="clear"], #strip [data-is="lesion"]')).toBe(3);
    expect(await fox.count('#errors li')).toBe(0);
    await fox.says('#readout .figure.lesion b', /^[\d,]*[1-9][\d,]*$/);
    await fox.says('#readout .figure.dice', /0\.[89]/);

    await fox.click('#tab-measure');
    for (const [name, value] of Object.entries({ x: '1', y: '1', z: '5' })) await fox.page.type(`#spacing [name="${name}"]`, value);
    await fox.says('#case-volume b', /^[\d.]+ mL$/);
    await fox.says('#range', /0\.3.*0\.5.*0\.7/s);
    await fox.page.focus('#stage');
    await fox.page.keyboard.press('y');
    await fox.says('#measures', /Longest diameter[\d.]+ mm/);

    const archive = await fox.saved(SAVE);
    expect(masks(archive).size).toBe(3);
    expect(JSON.parse(String(unzip(archive).get('provenance.json'))).cases[0].spacing.millimetres).toEqual({ x: 1, y: 1, z: 5 });

    // Open another case by the button, then the sample. Each replaces the open case.
    await fox.choose('#files', second);
    await fox.says('#cases b', /^PHANTOM_0002$/);
    await fox.is('done');
    await fox.click('#sample');
    await fox.says('#readout .figure.lesion b', /^[\d,]*[1-9][\d,]*$/);
    await fox.is('done');
    expect(await fox.count('#cases b')).toBe(1);
    await useTools(fox);
    // The page loads its own volume viewer when it is idle.
    const asked = fox.asked.slice(before).filter((address) => !address.startsWith('blob:') && !address.startsWith('data:'));
    expect(asked.filter((address) => !address.startsWith(baseURL ?? ''))).toEqual([]);
    expect(fox.errors).toEqual([]);
  } finally {
    await fox.close();
  }
});

test('Firefox: a dropped folder is read with all its subfolders, and each patient is a case', async ({ baseURL }) => {
  const [folder, patients] = [study(), phantoms()];
  const alone = excerpt(patients[1], 1);
  const fox = await Fox.open(baseURL ?? '', tmpdir());
  try {
    const reason = `${await fox.browser.version()} does not let a test drop a folder; 153 does`;
    const access = await fox.hasSystemAccess();
    if (!access) console.log(`skipped: ${reason}`);
    test.skip(!access, reason);
    await fox.dropFolders(folder);
    await fox.says('#cases', /PHANTOM_0002/);
    await fox.is('done');
    expect(await fox.texts('#cases b')).toEqual(patients.map((patient) => basename(patient)));
    for (const counts of await fox.texts('#cases .counts')) expect(counts).toMatch(/^3 slices/);
    expect(await fox.count('#errors li')).toBe(0);
    await fox.click('#strip button:last-child');
    await fox.says('#readout .file', /^study\/ward 0\/mr\/PHANTOM_0001\/PHANTOM_0001_10\.tif$/);
    // Two folders in one drop.
    await fox.dropFolders(join(folder, 'ward 0'), alone);
    await fox.says('#cases', /1 slice,/);
    await fox.is('done');
    expect(await fox.texts('#cases b')).toEqual(patients.map((patient) => basename(patient)));
    expect(await fox.count('#strip [data-is="clear"], #strip [data-is="lesion"]')).toBe(3);
    expect(fox.errors).toEqual([]);
  } finally {
    await fox.close();
  }
});

test('Firefox: a zip is read as train inspect reads it, and a NIfTI volume is segmented in mL', async ({ baseURL }) => {
  const archive = zipped(mixed());
  const native = inspect(join(archive, 'set.zip'));
  const fox = await Fox.open(baseURL ?? '');
  try {
    await fox.choose('#files', archive);
    await fox.says('#cases b', /^set$/);
    await fox.click('#reading summary');
    await fox.says('#reading li', /reference/);
    expect(await fox.texts('#reading li')).toEqual(lines(native.cases[0]));
    await fox.says('#passed-over summary', /^5 files passed over/);
    expect(await fox.count('#errors li')).toBe(native.refused.length);
    await fox.choose('#files', volume());
    await fox.says('#cases b', /^PHANTOM_0001/);
    await fox.is('done');
    await fox.click('#tab-measure');
    await fox.says('#case-volume b', /^[\d.]+ mL$/);
  } finally {
    await fox.close();
  }
});

test('Firefox: after one visit the site works offline @full', async ({ baseURL }) => {
  const host = await Host.of(baseURL ?? '');
  const fox = await Fox.open(host.url);
  try {
    await fox.page.evaluate(async () => {
      await navigator.serviceWorker.ready;
      while (!navigator.serviceWorker.controller) await new Promise((next) => setTimeout(next, 50));
    });
    host.down = true;
    host.asked = [];
    await fox.page.reload();
    await fox.is('ready');
    await fox.click('#sample');
    await fox.is('done');
    expect(masks(await fox.saved(SAVE)).size).toBeGreaterThan(0);
    expect(host.asked).toEqual([]);
    expect(fox.errors).toEqual([]);
  } finally {
    await fox.close();
    host.close();
  }
});
