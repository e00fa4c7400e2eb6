/**
 * The package in another page: the worker from the README, used unchanged, returns the same masks as the native program.
 * `GLIOSCOPE_PACKAGE` can name the output folder of `wasm-pack build`. The default is the page's own package, which the same
 * version of wasm-bindgen generates.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test as base } from '@playwright/test';
import { MODEL, excerpt, nativeMasks, phantoms } from './files.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const BUILT = process.env.GLIOSCOPE_PACKAGE;
const PACKAGE = BUILT ? resolve(BUILT) : join(ROOT, 'www/pkg');

const TYPES: Record<string, string> = { js: 'text/javascript', wasm: 'application/wasm', json: 'application/json', html: 'text/html' };

/** A minimal page. It starts the worker and keeps its messages. */
const PAGE = `<!doctype html><title>embedded</title><input type="file" multiple><script type="module">
  const worker = new Worker('worker.js', { type: 'module' });
  globalThis.found = [];
  worker.onmessage = ({ data }) => found.push(data);
  worker.onerror = ({ message }) => found.push({ error: message });
  document.querySelector('input').onchange = ({ target }) => worker.postMessage([...target.files]);
</script>`;

/** The first script in the README's section Embedding. */
function example(): string {
  const section = readFileSync(join(ROOT, 'README.md'), 'utf8').split(/^## /m).find((text) => text.startsWith('Embedding'));
  const code = /```js\n([\s\S]*?)```/.exec(section ?? '')?.[1];
  if (!code) throw new Error('the README has no example under Embedding');
  return code;
}

const test = base.extend<{ files: Map<string, () => Buffer> }>({
  // eslint-disable-next-line no-empty-pattern
  files: async ({}, use) => {
    const folder = (path: string, from: string) => readdirSync(from).map((name) => [`${path}/${name}`, () => readFileSync(join(from, name))] as const);
    await use(new Map([
      ['', () => Buffer.from(PAGE)],
      ['worker.js', () => Buffer.from(example())],
      ...folder('glioscope', PACKAGE),
      ...folder('model', MODEL),
    ]));
  },
});

test('the ten lines of the README return the same masks as the native program', async ({ page, baseURL, files }) => {
  const lines = example().split('\n').filter((line) => line.trim() && !line.trim().startsWith('//'));
  expect(lines.length, lines.join('\n')).toBeLessThanOrEqual(10);
  const missing: string[] = [];
  await page.route('**', (route) => {
    const { pathname, href } = new URL(route.request().url());
    const path = /\/embedded\/(.*)$/.exec(pathname)?.[1];
    const file = path === undefined ? undefined : files.get(path);
    if (!file) missing.push(href);
    return file ? route.fulfill({ body: file(), contentType: TYPES[(path || '.html').split('.').at(-1) ?? ''] ?? 'application/octet-stream' }) : route.fulfill({ status: 404 });
  });
  await page.goto(new URL('embedded/', baseURL).href);
  type Found = { name: string; width: number; height: number; mask: number[]; error?: object };
  const found = () => page.evaluate(() => (globalThis as unknown as { found: (Found & { mask: Uint8Array })[] }).found.map((one) => ({ ...one, mask: [...(one.mask ?? [])] })));
  let before = 0;
  /** Opens the files of a patient and compares the masks. */
  const compare = async (patient: string) => {
    const folder = excerpt(patient, 3);
    const native = nativeMasks(folder);
    await page.setInputFiles('input', readdirSync(folder).map((name) => join(folder, name)));
    await expect.poll(async () => (await found()).length, { timeout: 300_000 }).toBe(before + 3);
    for (const { name, width, height, mask, error } of (await found()).slice(before)) {
      expect(error).toBeUndefined();
      const expected = native.get(`${name.split('/').at(-1)?.replace(/\.tif$/, '')}_mask.tif`);
      expect([width, height], name).toEqual([expected?.width, expected?.height]);
      expect(mask.map((inside) => 255 * inside), name).toEqual([...(expected?.pixels ?? [])]);
      expect(mask, 'the mask is not empty').toContain(1);
    }
    before += 3;
  };
  const [first, second] = phantoms();
  await compare(first);
  // A file that is not an image is reported, and the next patient is not mixed with the previous one.
  await page.setInputFiles('input', { name: 'letter.tif', mimeType: 'image/tiff', buffer: Buffer.from('Dear colleague') });
  await expect.poll(async () => JSON.stringify((await found()).at(-1)?.error), { timeout: 60_000 }).toContain('letter.tif');
  before++;
  await compare(second);
  expect(missing.filter((address) => !address.endsWith('favicon.ico')), 'files missing from the package').toEqual([]);
});

test('every export has a type, and no type is any', async ({ page, baseURL }) => {
  const types = readFileSync(join(PACKAGE, 'glioscope.d.ts'), 'utf8');
  // The types below this line are for wasm-bindgen itself.
  const own = types.slice(0, types.indexOf('export interface InitOutput')).replace(/\/\*[\s\S]*?\*\//g, '');
  expect(own.match(/\bany\b.*/g), 'any').toBeNull();
  expect(types).not.toContain('_command_export');
  await page.goto(baseURL ?? '');
  const exported = await page.evaluate(async (address) => {
    const module = await import(address);
    return Object.entries(module).flatMap(([name, value]) =>
      typeof value === 'function' && value.prototype && name !== 'default'
        ? [name, ...Object.getOwnPropertyNames(value.prototype), ...Object.getOwnPropertyNames(value)]
        : [name]);
  }, new URL('www/pkg/glioscope.js', baseURL).href);
  const internal = ['default', 'constructor', 'length', 'name', 'prototype', '__destroy_into_raw', 'arguments', 'caller', '__wrap'];
  const names = exported.filter((name) => !internal.includes(name));
  expect(names).toEqual(expect.arrayContaining(['Session', 'create', 'addFile', 'segment', 'mask', 'onPanic', 'version']));
  for (const name of names) expect(types, name).toMatch(new RegExp(`\\b${name}\\s*\\(|class ${name}\\b`));
});

test('the package from wasm-pack has complete metadata', () => {
  test.skip(!BUILT, 'GLIOSCOPE_PACKAGE is not set');
  const metadata = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8'));
  expect(metadata).toMatchObject({ name: 'glioscope', type: 'module', main: 'glioscope.js', types: 'glioscope.d.ts', license: 'MIT OR Apache-2.0' });
  expect(metadata.version).toMatch(/^\d+\.\d+\.\d+$/);
  expect(metadata.description).toContain('glioma');
  expect(metadata.repository.url).toMatch(/^https:/);
  expect(metadata.keywords).toEqual(expect.arrayContaining(['webgpu', 'segmentation']));
  for (const file of [...metadata.files, 'README.md', 'LICENSE-MIT', 'LICENSE-APACHE']) expect(existsSync(join(PACKAGE, file)), file).toBe(true);
  expect(readFileSync(join(PACKAGE, 'README.md'), 'utf8')).toContain(example());
});
