/**
 * All implementations draw the same masks: the native program, wasm in Chromium, wasm in Firefox, and WebGPU. WebGPU takes
 * minutes on a software adapter, so its short test is in `masks.spec.ts`.
 */
import { basename } from 'node:path';
import { excerpt, nativeMasks, phantoms, readMask, realPatients, unzip, type Mask } from './files.ts';
import { Fox, firefox } from './firefox.ts';
import { SAVE, expect, test, type Scope } from './page.ts';

test.describe.configure({ timeout: 3_600_000 });

/** The fraction of all pixels that may differ: at the threshold itself, rounding decides. */
const DIFFERENT = 1e-4;

test('Firefox, Chromium and the native program draw the same masks', async ({ scope, baseURL }) => {
  test.skip(!firefox(), 'Firefox is not installed');
  const real = realPatients();
  await compare(scope, baseURL ?? '', [excerpt(phantoms()[0], 6), ...real.slice(0, 1)]);
});

test('Firefox, Chromium and the native program draw the same masks for twenty real patients @soak', async ({ scope, baseURL }) => {
  const real = realPatients().slice(0, 20);
  test.skip(real.length === 0 || !firefox(), 'there are no real patients, or Firefox is not installed');
  await compare(scope, baseURL ?? '', real);
});

test('WebGPU draws the same masks on four slices of each of twenty real patients @soak', async ({ scope, page }) => {
  const real = realPatients().slice(0, 20);
  test.skip(real.length === 0, 'there are no real patients');
  await scope.open('?backend=webgpu');
  let [pixels, gpus] = [0, 0];
  for (const folder of real.map((patient) => excerpt(patient, 4))) {
    const native = nativeMasks(folder);
    await scope.chooseFolder(folder);
    await scope.is('done');
    await expect(page.locator('#backend')).toHaveText('webgpu');
    const found = masks((await scope.download()).bytes);
    expect([...found.keys()].sort(), folder).toEqual([...native.keys()].sort());
    for (const [name, mask] of native) {
      pixels += mask.pixels.length;
      gpus += different(mask, found.get(name));
    }
  }
  console.log(`${real.length} patients, ${pixels} pixels: ${gpus} differ on WebGPU`);
  expect(gpus / pixels).toBeLessThanOrEqual(DIFFERENT);
});

async function compare(scope: Scope, address: string, folders: string[]) {
  const fox = await Fox.open(address);
  let [pixels, chromiums, foxes] = [0, 0, 0];
  try {
    await scope.open('?backend=cpu');
    for (const folder of folders) {
      const native = nativeMasks(folder);
      await scope.chooseFolder(folder);
      await scope.is('done');
      const inChromium = masks((await scope.download()).bytes);
      const inFirefox = masks(await fox.segment(folder, SAVE));
      expect([...inChromium.keys()].sort(), folder).toEqual([...native.keys()].sort());
      expect([...inFirefox.keys()].sort(), folder).toEqual([...native.keys()].sort());
      for (const [name, mask] of native) {
        pixels += mask.pixels.length;
        chromiums += different(mask, inChromium.get(name));
        foxes += different(mask, inFirefox.get(name));
      }
    }
  } finally {
    await fox.close();
  }
  console.log(`${folders.length} patients, ${pixels} pixels: ${chromiums} differ in Chromium, ${foxes} in Firefox`);
  expect(chromiums / pixels).toBeLessThanOrEqual(DIFFERENT);
  expect(foxes / pixels).toBeLessThanOrEqual(DIFFERENT);
}

function masks(archive: Buffer): Map<string, Mask> {
  const files = [...unzip(archive)].filter(([path]) => path.endsWith('_mask.tif'));
  return new Map(files.map(([path, bytes]) => [basename(path), readMask(bytes)]));
}

function different(a: Mask, b: Mask | undefined): number {
  if (a.width !== b?.width || a.height !== b.height) return a.pixels.length;
  return a.pixels.reduce((count, value, i) => count + (value === b.pixels[i] ? 0 : 1), 0);
}
