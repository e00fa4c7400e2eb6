/**
 * The main task: the page's masks of a patient are those of the native program.
 */
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { agreement, excerpt, masks, nativeMasks, phantoms, readMask, realPatients } from './files.ts';
import { expect, test } from './page.ts';

const AGREEMENT = 0.999;
/** Slices per test on a software GPU, which takes seconds for each. */
const ON_GPU = 4;

// On a busy machine a software GPU can take half a minute per slice.
test.describe.configure({ timeout: 1_800_000 });

for (const backend of ['cpu', 'webgpu'] as const) {
  test(`${backend}: the masks of a synthetic patient match the native program`, async ({ scope, page }) => {
    const [patient] = phantoms();
    const folder = backend === 'cpu' ? patient : excerpt(patient, ON_GPU);
    await scope.open(`?backend=${backend}`);
    await scope.drop(folder);
    await scope.is('done');
    await expect(page.locator('#backend')).toHaveText(backend);
    await compare(folder, (await scope.download()).bytes);
  });

  const [real] = realPatients();
  if (real) {
    test(`${backend}: the masks of a real patient match the native program`, async ({ scope, page }) => {
      const folder = backend === 'cpu' ? real : excerpt(real, ON_GPU);
      await scope.open(`?backend=${backend}`);
      await scope.chooseFolder(folder);
      await scope.is('done');
      await expect(page.locator('#backend')).toHaveText(backend);
      await expect(page.locator('#errors li')).toHaveCount(0);
      await compare(folder, (await scope.download()).bytes);
    });
  }
}

test('two patients in one drop are two complete cases', async ({ scope, page }) => {
  const folders = phantoms().map((folder) => excerpt(folder, 7));
  await scope.open('?backend=cpu');
  await scope.drop(...folders);
  await scope.is('done');
  await expect(page.locator('#cases li b')).toHaveText(folders.map((folder) => basename(folder)));
  const names = [...masks((await scope.download()).bytes).keys()];
  expect(names).toHaveLength(2 * 7);
  for (const folder of folders) {
    const slices = readdirSync(folder).filter((name) => !name.includes('_mask'));
    for (const slice of slices) expect(names).toContain(`${basename(folder)}/${slice.replace('.tif', '_mask.tif')}`);
  }
});

test('one worker and several workers draw the same masks', async ({ scope }) => {
  const folder = excerpt(phantoms()[0], 8);
  const found: Map<string, Buffer>[] = [];
  for (const workers of [1, 3]) {
    await scope.open(`?backend=cpu&workers=${workers}`);
    await scope.chooseFolder(folder);
    await scope.is('done');
    found.push(masks((await scope.download()).bytes));
  }
  expect([...found[0].keys()]).toEqual([...found[1].keys()]);
  for (const [path, bytes] of found[0]) expect(found[1].get(path)?.equals(bytes), path).toBe(true);
});

/** Compares a downloaded archive with `train segment`. */
async function compare(folder: string, archive: Buffer) {
  const expected = nativeMasks(folder);
  const found = new Map([...masks(archive)].map(([path, bytes]) => [basename(path), readMask(bytes)]));
  expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
  const fractions = [...expected].map(([name, mask]) => agreement(mask, found.get(name) as typeof mask));
  const mean = fractions.reduce((sum, value) => sum + value, 0) / fractions.length;
  console.log(`${basename(folder)}: ${fractions.length} masks, ${(100 * mean).toFixed(4)} % equal, lowest ${(100 * Math.min(...fractions)).toFixed(4)} %`);
  expect(Math.min(...fractions)).toBeGreaterThanOrEqual(AGREEMENT);
}
