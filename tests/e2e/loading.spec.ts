/**
 * The first visit: what it downloads, and what the page shows meanwhile.
 */
import { test, type Host } from './host.ts';
import { expect, slowSlices } from './page.ts';

/** The files that the page needs to segment on the CPU. */
const MODEL_FILES = ['www/model/card.json', 'www/model/model.json', 'www/model/weights.safetensors', 'www/pkg/glioscope_bg.wasm'];
const FIRST_FILES = [
  ...MODEL_FILES,
  'assets.json',
  'index.html',
  'www/app.js',
  'www/pkg/glioscope.js',
  'www/startup.js',
  'www/styles.css',
  'www/worker/worker.js',
];
/** What the browser or the page requests at any time, but does not wait for. */
const LATER_FILES = ['www/icon.svg', 'www/model/MODEL_CARD.md', 'www/vendor/niivue.js'];

test('a first visit requests few files, each of them once', async ({ host, page, scope }) => {
  await page.goto(`${host.url}?backend=cpu&workers=1`);
  await scope.is('ready');
  expect(host.asked.filter((path) => !LATER_FILES.includes(path)).sort()).toEqual([...FIRST_FILES].sort());
});

test('module and model are requested before the scripts have arrived', async ({ host, page, scope }) => {
  let send = () => {};
  host.pause = { path: 'www/app.js', bytes: 100, until: new Promise<void>((done) => (send = done)) };
  await page.goto(`${host.url}?backend=cpu`, { waitUntil: 'commit' });
  await expect.poll(() => MODEL_FILES.filter((path) => !host.asked.includes(path))).toEqual([]);
  send();
  await scope.is('ready');
});

/** Bytes of the weights that are sent first: about half. */
const SENT = 1_000_000;

/** Opens the page with a part of the weights, and returns the function that sends the rest. */
async function openHalf(host: Host, open: () => Promise<unknown>) {
  let send = () => {};
  host.pause = { path: 'www/model/weights.safetensors', bytes: SENT, until: new Promise<void>((done) => (send = done)) };
  await open();
  return send;
}

test('the page shows how much of module and model has arrived', async ({ host, page, scope }) => {
  const size = (path: string) => host.files.get(path)?.length ?? 0;
  const total = MODEL_FILES.reduce((sum, path) => sum + size(path), 0);
  const arrived = total - size('www/model/weights.safetensors') + SENT;
  const send = await openHalf(host, () => page.goto(`${host.url}?backend=cpu`, { waitUntil: 'commit' }));
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  await expect(page.locator('#status')).toHaveText(`Loading the model: ${megabytes(arrived)} of ${megabytes(total)} MB`);
  send();
  await scope.is('ready');
  await expect(page.locator('#status')).toHaveText('Ready. Drop files anywhere on this page.');
});

test('the page shows what has arrived from a host without a list of files', async ({ host, page, scope }) => {
  host.files.delete('assets.json');
  const send = await openHalf(host, () => page.goto(`${host.url}?backend=cpu`, { waitUntil: 'commit' }));
  await expect(page.locator('#status')).toHaveText(/^Loading the model: [2-9]\.\d MB$/);
  send();
  await scope.is('ready');
});

test('the volume viewer is downloaded when the page has nothing to compute', async ({ host, page, scope }) => {
  await scope.tamper('pkg/glioscope.js', slowSlices(300));
  await page.goto(`${host.url}?backend=cpu&workers=1`);
  await page.click('#sample');
  await expect(page.locator('#strip button')).not.toHaveCount(0);
  await page.waitForTimeout(1500);
  await scope.is('running');
  expect(host.asked).not.toContain('www/vendor/niivue.js');
  await scope.is('done');
  await expect.poll(() => host.asked).toContain('www/vendor/niivue.js');
});
