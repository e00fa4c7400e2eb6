/**
 * The package in somebody else's page: the worker that the README shows, taken from there as it stands, draws the masks
 * that the native program draws. `GLIOSCOPE_PACKAGE` may name what `wasm-pack build` has made; without it, the package is
 * the one that the page itself uses, which is bound by the same wasm-bindgen.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test as base } from '@playwright/test';
import { MODEL, excerpt, nativeMasks, phantoms } from './files.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const MADE = process.env.GLIOSCOPE_PACKAGE;
const PACKAGE = MADE ? resolve(MADE) : join(ROOT, 'www/pkg');

const TYPES: Record<string, string> = { js: 'text/javascript', wasm: 'application/wasm', json: 'application/json', html: 'text/html' };

/** A page as small as can be: it starts the worker and keeps what that says. */
const PAGE = `<!doctype html><title>embedded</title><input type="file" multiple><script type="module">
  const worker = new Worker('worker.js', { type: 'module' });
  globalThis.found = [];
  worker.onmessage = ({ data }) => found.push(data);
  worker.onerror = ({ message }) => found.push({ error: message });
  document.querySelector('input').onchange = ({ target }) => worker.postMessage([...target.files]);
</script>`;

/** The first script under the heading. */
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

test('the ten lines of the README draw the native masks', async ({ page, baseURL, files }) => {
  const lines = example().split('\n').filter((line) => line.trim() && !line.trim().startsWith('//'));
  expect(lines.length, lines.join('\n')).toBeLessThanOrEqual(10);
  const elsewhere: string[] = [];
  await page.route('**', (route) => {
    const { pathname, href } = new URL(route.request().url());
    const path = /\/embedded\/(.*)$/.exec(pathname)?.[1];
    const file = path === undefined ? undefined : files.get(path);
    if (!file) elsewhere.push(href);
    return file ? route.fulfill({ body: file(), contentType: TYPES[(path || '.html').split('.').at(-1) ?? ''] ?? 'application/octet-stream' }) : route.fulfill({ status: 404 });
  });
  await page.goto(new URL('embedded/', baseURL).href);
  type Found = { name: string; width: number; height: number; mask: number[]; error?: object };
  const found = () => page.evaluate(() => (globalThis as unknown as { found: (Found & { mask: Uint8Array })[] }).found.map((one) => ({ ...one, mask: [...(one.mask ?? [])] })));
  let before = 0;
  /** Hands a patient in and looks at the masks that come. */
  const outlined = async (patient: string) => {
    const folder = excerpt(patient, 3);
    const native = nativeMasks(folder);
    await page.setInputFiles('input', readdirSync(folder).map((name) => join(folder, name)));
    await expect.poll(async () => (await found()).length, { timeout: 300_000 }).toBe(before + 3);
    for (const { name, width, height, mask, error } of (await found()).slice(before)) {
      expect(error).toBeUndefined();
      const expected = native.get(`${name.split('/').at(-1)?.replace(/\.tif$/, '')}_mask.tif`);
      expect([width, height], name).toEqual([expected?.width, expected?.height]);
      expect(mask.map((inside) => 255 * inside), name).toEqual([...(expected?.pixels ?? [])]);
      expect(mask, 'a mask without a lesion would show nothing').toContain(1);
    }
    before += 3;
  };
  const [first, second] = phantoms();
  await outlined(first);
  // What is no slice is said, and what comes after it is not taken for what came before.
  await page.setInputFiles('input', { name: 'letter.tif', mimeType: 'image/tiff', buffer: Buffer.from('Dear colleague') });
  await expect.poll(async () => JSON.stringify((await found()).at(-1)?.error), { timeout: 60_000 }).toContain('letter.tif');
  before++;
  await outlined(second);
  expect(elsewhere.filter((address) => !address.endsWith('favicon.ico')), 'what the package lacks').toEqual([]);
});

test('every export has a type, and no type is any', async ({ page, baseURL }) => {
  const types = readFileSync(join(PACKAGE, 'glioscope.d.ts'), 'utf8');
  // Below it stands what wasm-bindgen itself needs.
  const own = types.slice(0, types.indexOf('export interface InitOutput')).replace(/\/\*[\s\S]*?\*\//g, '');
  expect(own.match(/\bany\b.*/g), 'any').toBeNull();
  expect(types).not.toContain('_command_export');
  await page.goto(baseURL ?? '');
  const exported = await page.evaluate(async (address) => {
    const given = await import(address);
    return Object.entries(given).flatMap(([name, value]) =>
      typeof value === 'function' && value.prototype && name !== 'default'
        ? [name, ...Object.getOwnPropertyNames(value.prototype), ...Object.getOwnPropertyNames(value)]
        : [name]);
  }, new URL('www/pkg/glioscope.js', baseURL).href);
  const besides = ['default', 'constructor', 'length', 'name', 'prototype', '__destroy_into_raw', 'arguments', 'caller', '__wrap'];
  const names = exported.filter((name) => !besides.includes(name));
  expect(names).toEqual(expect.arrayContaining(['Session', 'create', 'addFile', 'segment', 'mask', 'onPanic', 'version']));
  for (const name of names) expect(types, name).toMatch(new RegExp(`\\b${name}\\s*\\(|class ${name}\\b`));
});

test('what wasm-pack has made is a package that says what it is', () => {
  test.skip(!MADE, 'GLIOSCOPE_PACKAGE names no package');
  const said = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8'));
  expect(said).toMatchObject({ name: 'glioscope', type: 'module', main: 'glioscope.js', types: 'glioscope.d.ts', license: 'MIT OR Apache-2.0' });
  expect(said.version).toMatch(/^\d+\.\d+\.\d+$/);
  expect(said.description).toContain('glioma');
  expect(said.repository.url).toMatch(/^https:/);
  expect(said.keywords).toEqual(expect.arrayContaining(['webgpu', 'segmentation']));
  for (const file of [...said.files, 'README.md', 'LICENSE-MIT', 'LICENSE-APACHE']) expect(existsSync(join(PACKAGE, file)), file).toBe(true);
  expect(readFileSync(join(PACKAGE, 'README.md'), 'utf8')).toContain(example());
});
