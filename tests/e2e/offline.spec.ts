/**
 * The site offline: complete after the first visit, in one version, at any path.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from '@playwright/test';
import { test, type Host } from './host.ts';
import { Scope, expect } from './page.ts';
import { FLAGS } from './playwright.config.ts';

test.use({ serviceWorkers: 'allow' });

/** The files for WebGPU and for rare formats, and the preview of links. */
const ON_USE = ['www/pkg/gpu.js', 'www/pkg/gpu_bg.wasm', 'www/pkg/formats.js', 'www/pkg/formats_bg.wasm', 'www/preview.jpg'];

/** Waits until the service worker has cached the site. */
async function cached(page: Page) {
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    while (!navigator.serviceWorker.controller) await new Promise((next) => setTimeout(next, 50));
  });
}

/** Leaves the page and opens it again until it is the second version. In between no tab runs the first one. */
async function reopenUpdated(page: Page, host: Host) {
  // The browser needs a moment to see that no tab runs the first version.
  await expect(async () => {
    await page.goto('about:blank');
    await page.goto(`${host.url}?backend=cpu`);
    expect(await page.title()).toBe('the second version');
  }).toPass();
}

const caches = (page: Page) => page.evaluate(async () => (await window.caches.keys()).filter((name) => name.startsWith('glioscope ')));

test('after one visit the site works offline on the CPU', async ({ host, page, scope }) => {
  await page.goto(`${host.url}?backend=cpu`);
  await scope.is('ready');
  await cached(page);
  await expect(page.locator('#update'), 'there is no older version').toBeHidden();
  for (const path of ON_USE) expect(host.asked, 'the sample on the CPU does not need it').not.toContain(path);
  host.down = true;
  host.asked = [];
  await expect(fetch(host.url), 'the host is down').rejects.toThrow();
  for (const address of ['', 'index.html', '?backend=cpu&workers=1']) {
    await page.goto(host.url + address);
    await scope.is('ready');
  }
  await page.click('#sample');
  await scope.is('done');
  expect((await scope.download()).bytes.length).toBeGreaterThan(1000);
  expect(host.asked).toEqual([]);
});

/** Visits the page on some backends, then opens it offline on WebGPU. */
async function visitThenGoOffline(host: Host, page: Page, backends: string[]) {
  const scope = new Scope(page);
  for (const backend of backends) {
    await page.goto(`${host.url}?backend=${backend}`);
    await scope.is('ready');
    await cached(page);
  }
  host.down = true;
  await page.goto(`${host.url}?backend=webgpu`);
  await scope.is('ready');
  await expect(page.locator('#backend')).toHaveText('webgpu');
}

test('WebGPU works offline once it was used @full', async ({ host, page }) => {
  await visitThenGoOffline(host, page, ['cpu', 'webgpu']);
});

test('WebGPU works offline if the first visit used it @full', async ({ host }) => {
  // The HTTP cache of a private window is too small for the module.
  const context = await chromium.launchPersistentContext(mkdtempSync(join(tmpdir(), 'glioscope-profile-')), {
    executablePath: process.env.GLIOSCOPE_CHROMIUM ?? '/usr/bin/chromium',
    args: FLAGS,
  });
  await visitThenGoOffline(host, await context.newPage(), ['webgpu']);
  await context.close();
});

test('the cached worker script has the page’s policy as a header', async ({ host, page, scope }) => {
  await page.goto(`${host.url}?backend=cpu`);
  await scope.is('ready');
  await cached(page);
  const [sent, own] = await page.evaluate(async () => {
    const { headers } = await fetch('www/worker/worker.js');
    return [headers.get('Content-Security-Policy'), document.querySelector('meta[http-equiv="Content-Security-Policy"]')?.getAttribute('content')];
  });
  expect(sent).toContain("connect-src 'self'");
  expect(sent).toBe(own);
});

test('a new version is fetched while the old one runs, and is used once no tab runs the old one', async ({ host, page, scope }) => {
  await page.goto(`${host.url}?backend=cpu`);
  await scope.is('ready');
  await cached(page);
  await page.evaluate(() => window.caches.open('somebody else’s'));
  const [first] = await caches(page);
  host.release('index.html', (text) => text.replace(/<title>.*<\/title>/, '<title>the second version</title>'));
  host.asked = [];

  await page.reload();
  await expect(page).not.toHaveTitle('the second version');
  await expect.poll(() => page.evaluate(async () => Boolean((await navigator.serviceWorker.getRegistration())?.waiting))).toBe(true);
  await scope.is('ready');
  await expect(page.locator('#update')).toBeVisible();
  // Unchanged files are not fetched again.
  expect(host.asked).not.toContain('www/model/weights.safetensors');
  expect(host.asked).not.toContain('www/pkg/glioscope_bg.wasm');

  await reopenUpdated(page, host);
  await scope.is('ready');
  await expect(page.locator('#update')).toBeHidden();
  await expect.poll(() => caches(page)).toHaveLength(1);
  const now = await caches(page);
  expect(now[0]).not.toBe(first);
  expect(await page.evaluate(() => window.caches.has('somebody else’s')), 'other caches are kept').toBe(true);
});

test('the only tab updates to a new version at once, and offers to save edits before', async ({ host, context, page, scope }) => {
  await page.goto(`${host.url}?backend=cpu&workers=1`);
  await scope.is('ready');
  await cached(page);
  host.release('index.html', (text) => text.replace(/<title>.*<\/title>/, '<title>the second version</title>'));
  await page.reload();
  await scope.is('ready');
  const [offer, button] = [page.locator('#update'), page.locator('#update button')];
  await expect(offer).toContainText('A new version is ready.');
  const second = await context.newPage();
  await second.goto(`${host.url}?backend=cpu&workers=1`);
  await button.click();
  await expect(offer).toContainText('Close the other tab of this page first.');
  await second.close();

  await page.click('#sample');
  await scope.is('done');
  await page.focus('#stage');
  await page.keyboard.press('b');
  await page.keyboard.press('Space');
  await expect(page.locator('#strip [data-edited]')).toHaveCount(1);
  await expect(async () => {
    await button.click();
    await expect(page.locator('#unsaved')).toContainText('Updating discards the edits of 1 slice', { timeout: 1000 });
  }).toPass();
  await page.evaluate(() => Object.assign(window, { showSaveFilePicker: undefined }));
  const saving = page.waitForEvent('download');
  await page.click('#unsaved [value="save"]');
  expect((await saving).suggestedFilename()).toBe('PHANTOM_0001_session.zip');
  await expect(page).toHaveTitle('the second version');
  await scope.is('ready');
  await expect(offer).toBeHidden();
  await expect.poll(() => caches(page)).toHaveLength(1);
});

test('two tabs never run two versions @full', async ({ host, context, page, scope }) => {
  await page.goto(`${host.url}?backend=cpu`);
  await scope.is('ready');
  await cached(page);
  const second = await context.newPage();
  await second.goto(`${host.url}?backend=cpu`);
  host.release('index.html', (text) => text.replace(/<title>.*<\/title>/, '<title>the second version</title>'));
  await page.reload();
  await expect.poll(() => page.evaluate(async () => Boolean((await navigator.serviceWorker.getRegistration())?.waiting))).toBe(true);
  await page.reload();
  await expect(page, 'the other tab still runs the first version').not.toHaveTitle('the second version');
  await second.close();
  await reopenUpdated(page, host);
});

test('an altered file is named, and nothing of its version is cached', async ({ host, page, scope }) => {
  const weights = host.files.get('www/model/weights.safetensors') as Buffer;
  const altered = Buffer.from(weights);
  altered[altered.length >> 1] ^= 1;
  host.files.set('www/model/weights.safetensors', altered);
  await page.goto(`${host.url}?backend=cpu`);
  await scope.is('error');
  await expect(page.locator('#notice')).toContainText('www/model/weights.safetensors is not the file that belongs to this version');
  await expect.poll(() => page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.active?.state ?? 'none')).toBe('none');
  // With the correct file the page works.
  host.files.set('www/model/weights.safetensors', weights);
  await page.click('#notice [data-act="retry"]');
  await scope.is('ready');
});

test('an altered wasm module is not run', async ({ host, page, scope }) => {
  const module = Buffer.from(host.files.get('www/pkg/glioscope_bg.wasm') as Buffer);
  // An additional custom section: the module is valid, but not the same.
  host.files.set('www/pkg/glioscope_bg.wasm', Buffer.concat([module, Buffer.from([0, 2, 1, 120])]));
  await page.goto(`${host.url}?backend=cpu`);
  await scope.is('error');
  await expect(page.locator('#notice')).toContainText('www/pkg/glioscope_bg.wasm is not the file that belongs to this version');
});

for (const path of ['www/model/weights.safetensors', 'www/pkg/glioscope_bg.wasm', 'www/model/model.json']) {
  test(`a network failure during the download of ${path} is reported, and the page continues when the network is back`, async ({ host, page, scope }) => {
    host.cut = { path, bytes: 200 };
    await page.goto(`${host.url}?backend=cpu`);
    await scope.is('error');
    await expect(page.locator('#notice')).toContainText(/cannot compute here/);
    host.down = false;
    await page.click('#notice [data-act="retry"]');
    await scope.is('ready');
  });
}

test('the page runs in a browser that stores nothing @full', async ({ host, page, scope }) => {
  // Storage is full or disabled: every write is rejected.
  await page.addInitScript(() => {
    const refuse = () => Promise.reject(new DOMException('full', 'QuotaExceededError'));
    Object.defineProperty(navigator, 'storage', { value: undefined });
    navigator.serviceWorker.register = refuse;
    Storage.prototype.setItem = () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
  });
  await page.goto(`${host.url}?backend=cpu`);
  await scope.is('ready');
  await page.click('#sample');
  await scope.is('done');
  expect((await scope.download()).bytes.length).toBeGreaterThan(1000);
});

