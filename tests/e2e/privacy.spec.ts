/**
 * Nothing leaves the browser: not by accident, which every test watches for, and not on purpose either.
 */
import { test as base } from '@playwright/test';
import { expect, test } from './page.ts';

/** Where nobody listens; what counts is that nobody is asked. */
const ELSEWHERE = 'https://elsewhere.invalid/?slice';

test('the watch sees what the worker asks for', async ({ scope, page }) => {
  const seen: string[] = [];
  page.on('request', (request) => seen.push(new URL(request.url()).pathname));
  await scope.open('?backend=cpu');
  for (const file of ['worker.js', 'pkg/glioscope_bg.wasm', 'model/weights.bin']) {
    expect(seen.some((path) => path.endsWith(`/www/${file}`)), file).toBe(true);
  }
});

test('no request at all once the page is ready', async ({ scope, page }) => {
  const seen: string[] = [];
  page.on('request', (request) => seen.push(request.url()));
  await scope.open('?backend=cpu&workers=3');
  // Each of the three workers has its own copy of the model.
  await expect.poll(() => seen.filter((address) => address.endsWith('weights.bin')).length).toBe(3);
  // So does the page fetch the volume viewer, once it has nothing else to do.
  await expect.poll(() => seen.some((address) => address.endsWith('vendor/niivue.js'))).toBe(true);
  seen.length = 0;
  await page.click('#sample');
  await scope.is('done');
  await scope.download();
  expect(seen.filter((address) => !address.startsWith('blob:'))).toEqual([]);
});

base('the policy stops page and worker from asking elsewhere', async ({ page }) => {
  const asked: string[] = [];
  page.on('request', (request) => {
    if (request.url().startsWith(ELSEWHERE)) asked.push(request.url());
  });
  await page.context().route(`${ELSEWHERE}**`, (route) => route.fulfill({ body: 'leaked', headers: { 'Access-Control-Allow-Origin': '*' } }));
  await page.goto('./?backend=cpu&workers=1');
  await expect(page.locator('body')).toHaveAttribute('data-state', 'ready');
  const ask = (address: string) => fetch(address).then(() => 'answered', () => 'refused');
  expect(await page.evaluate(ask, ELSEWHERE)).toBe('refused');
  expect(page.workers()).toHaveLength(1);
  expect(await page.workers()[0].evaluate(ask, ELSEWHERE)).toBe('refused');
  const beacon = await page.evaluate((address) => {
    const image = new Image();
    return new Promise<string>((resolve) => {
      document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective), { once: true });
      image.src = address;
    });
  }, ELSEWHERE);
  expect(beacon).toBe('img-src');
});
