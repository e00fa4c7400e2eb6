/**
 * The npm packages in a project outside of the repository, installed from the archives that `cargo xtask package` writes. The
 * examples are those of the package's README, unchanged, and find the same masks as the native program.
 *
 * `GLIOSCOPE_PACKAGES` names the folder of the archives, `GLIOSCOPE_VITE` the version of Vite to install.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test as base, type Page } from '@playwright/test';
import { excerpt, nativeMasks, phantoms } from './files.ts';

const PACKAGES = process.env.GLIOSCOPE_PACKAGES ?? '';
const VITE = process.env.GLIOSCOPE_VITE ?? 'vite';
const SLICES = 3;
const TYPES: Record<string, string> = { html: 'text/html', js: 'text/javascript', wasm: 'application/wasm', json: 'application/json' };

/** An example of the README that contains `part`. */
function example(language: string, part: string): string {
  const readme = readFileSync(join(PACKAGES, 'glioscope/README.md'), 'utf8');
  const found = [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].find(([, code]) => code.includes(part));
  if (!found) throw new Error(`the README has no example with ${part}`);
  return found[1];
}

function run(folder: string, program: string, ...args: string[]): string {
  return execFileSync(program, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

/** A clean project with the examples and both packages. */
function install(): string {
  const folder = mkdtempSync(join(tmpdir(), 'glioscope-project-'));
  const archives = readdirSync(PACKAGES).filter((name) => name.endsWith('.tgz')).map((name) => join(PACKAGES, name));
  expect(archives).toHaveLength(2);
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  const page = example('html', 'main.js');
  writeFileSync(join(folder, 'index.html'), page);
  writeFileSync(join(folder, 'plain.html'), example('html', 'importmap') + page);
  writeFileSync(join(folder, 'main.js'), example('js', '// main.js'));
  writeFileSync(join(folder, 'segment.js'), example('js', '// segment.js'));
  run(folder, 'npm', 'install', '--no-audit', '--no-fund', '--silent', VITE, ...archives);
  return folder;
}

/** Serves a folder, and returns the address and what was asked for and is missing. */
async function serve(folder: string) {
  const missing: string[] = [];
  const server = createServer((request, response) => {
    const path = join(folder, decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname));
    const file = path.endsWith('/') ? `${path}index.html` : path;
    if (!existsSync(file)) {
      missing.push(path);
      return void response.writeHead(404).end();
    }
    response.writeHead(200, { 'Content-Type': TYPES[file.split('.').at(-1) ?? ''] ?? 'application/octet-stream' });
    response.end(readFileSync(file));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, missing, close: () => server.close() };
}

const test = base.extend<object, { project: string; patient: { folder: string; lines: string } }>({
  // eslint-disable-next-line no-empty-pattern
  project: [async ({}, use) => use(install()), { scope: 'worker', timeout: 240_000 }],
  // eslint-disable-next-line no-empty-pattern
  patient: [async ({}, use) => {
    const folder = excerpt(phantoms()[0], SLICES);
    const areas = [...nativeMasks(folder)].map(([name, { pixels }]) => {
      return [name.replace('_mask', ''), pixels.reduce((sum, value) => sum + Number(value > 0), 0)] as const;
    });
    for (const [name, area] of areas) expect(area, name).toBeGreaterThan(0);
    await use({ folder, lines: areas.map(([name, area]) => `${name}: ${area} pixels`).sort().join('\n') });
  }, { scope: 'worker', timeout: 240_000 }],
});

/** Sorted lines without folders. */
function lines(text: string): string {
  return text.trim().split('\n').map((line) => line.split('/').at(-1)).sort().join('\n');
}

/** Opens a patient on the page of the README, and expects the native program's masks. */
async function segment(page: Page, address: string, { folder, lines: expected }: { folder: string; lines: string }) {
  await page.goto(address);
  await expect(page.locator('pre')).toHaveText('Choose the slices of a patient.');
  await page.setInputFiles('input', readdirSync(folder).map((name) => join(folder, name)));
  await expect.poll(async () => lines((await page.locator('pre').textContent()) ?? '')).toBe(expected);
}

test('a Node script finds the masks', async ({ project, patient }) => {
  expect(lines(run(project, 'node', 'segment.js', patient.folder))).toBe(patient.lines);
});

test('a page without a bundler finds the masks', async ({ page, project, patient }) => {
  const { address, missing, close } = await serve(project);
  await segment(page, `${address}plain.html`, patient);
  expect(missing.filter((path) => !path.endsWith('favicon.ico'))).toEqual([]);
  close();
});

test('a page that Vite has built finds the masks', async ({ page, project, patient }) => {
  run(project, 'npx', '--no', '--', 'vite', 'build', '--logLevel', 'warn');
  const { address, missing, close } = await serve(join(project, 'dist'));
  await segment(page, address, patient);
  expect(missing.filter((path) => !path.endsWith('favicon.ico'))).toEqual([]);
  close();
});

test('a client is closed by its signal, throws errors with codes, and survives the loss of a worker', async ({ page, project }) => {
  const { address, close } = await serve(project);
  await page.route('**/try.html', (route) => route.fulfill({ contentType: 'text/html', body: '<title>client</title>' }));
  await page.goto(`${address}try.html`);
  const found = await page.evaluate(async () => {
    const load = (path: string) => import(new URL(`/node_modules/${path}`, location.href).href);
    const { createClient, GlioscopeError } = await load('glioscope/client.js');
    const { default: model } = await load('glioscope-model/index.js');
    const failure = async (run: () => Promise<unknown>) => {
      const error = await run().then(() => null, (error: unknown) => error);
      return error instanceof GlioscopeError ? (error as { code: string }).code : String(error);
    };
    const workers: Worker[] = [];
    const Own = Worker;
    globalThis.Worker = class extends Own {
      constructor(...given: ConstructorParameters<typeof Worker>) {
        super(...given);
        workers.push(this);
      }
    };
    const aborted = await failure(() => createClient({ model, backends: ['cpu'], signal: AbortSignal.abort(new Error('enough')) }));
    const damaged = await failure(() => createClient({ model: { ...model, manifest: new Blob(['{}']) }, backends: ['cpu'] }));
    const received: number[] = [];
    const lost: string[] = [];
    const control = new AbortController();
    workers.length = 0;
    const client = await createClient({
      model: '/node_modules/glioscope-model',
      backends: ['cpu'],
      workers: 1,
      signal: control.signal,
      onProgress: (progress: { received: number }) => received.push(progress.received),
      onLost: (_: string, error: { code: string }) => lost.push(error.code),
    });
    const { cases, faults } = await client.openFiles([{ name: 'sample', file: null }, new File(['Dear colleague'], 'letter.tif')]);
    const [{ id, slices, inputCheck }] = cases;
    const unknown = await failure(() => client.segmentCase('nowhere'));
    const stopped = await failure(() => client.segmentCase(id, { signal: AbortSignal.abort(new Error('stop')) }));
    const all = client.segmentCase(id);
    // As a browser that is short of memory does it.
    workers[0].terminate();
    workers[0].dispatchEvent(new ErrorEvent('error', { message: 'terminated' }));
    const segmented = (await all).length;
    const measure = await client.measure(id, 0.5, null);
    control.abort();
    const closed = await failure(() => client.model());
    return {
      aborted, damaged, unknown, stopped, closed, lost, segmented, slices: slices.length, faults, accepted: inputCheck.accepted,
      voxels: measure.voxels, removed: measure.slices[0].removedSmallRegions, received: Math.max(...received),
    };
  });
  close();
  expect(found).toMatchObject({
    aborted: 'Error: enough', damaged: 'gone', unknown: 'usage', stopped: 'Error: stop', closed: 'gone', lost: ['worker'], accepted: true, removed: expect.any(Number),
  });
  expect(found.faults).toMatchObject([{ code: 'file', file: 'letter.tif' }]);
  expect(found.segmented).toBe(found.slices);
  expect(found.voxels).toBeGreaterThan(100);
  expect(found.received).toBeGreaterThan(1_000_000);
});

test('the types describe every export, and no type is any', async ({ project }) => {
  writeFileSync(join(project, 'typed.ts'), `
    import { init, GlioscopeError, Session, type Assembly, type ErrorCode } from 'glioscope';
    import { createClient, type Client } from 'glioscope/worker';
    import model from 'glioscope-model';
    await init();
    const client: Client = await createClient({ model, backends: ['cpu'], onProgress: ({ received }) => received.toFixed() });
    const { cases }: Assembly = await client.openFiles([new File([], 'a.tif')]);
    const mask: Uint8Array | undefined = await client.mask(cases[0].slices[0].id);
    const codes: ErrorCode[] = ['device', 'gone'];
    // @ts-expect-error there is no such code
    const wrong: ErrorCode = 'nonsense';
    // @ts-expect-error a session is made by create
    new Session();
    export const all = [mask, codes, wrong, new GlioscopeError({ code: 'file', file: null, message: '' }).code satisfies ErrorCode];
  `);
  const tsc = resolve(import.meta.dirname, 'node_modules/.bin/tsc');
  for (const [module, resolution] of [['esnext', 'bundler'], ['nodenext', 'nodenext']]) {
    run(project, tsc, '--noEmit', '--strict', '--ignoreConfig', '--target', 'es2024', '--lib', 'es2024,dom,dom.iterable,esnext.disposable', '--types', '', '--module', module, '--moduleResolution', resolution, 'typed.ts');
  }
  const types = join(PACKAGES, 'glioscope/types');
  for (const path of ['www/pkg/glioscope.d.ts', 'www/engine/engine.d.ts', 'packages/glioscope/client.d.ts', 'packages/glioscope/index.d.ts']) {
    const text = readFileSync(join(types, path), 'utf8');
    // Types of the wasm module below this line are for wasm-bindgen itself.
    const own = text.split('export interface InitOutput')[0].replace(/\/\*[\s\S]*?\*\//g, '');
    expect(own.match(/\bany\b.*/g), path).toBeNull();
  }
});

test('the packages have complete metadata, and each has its licence and its README', () => {
  const described = (name: string) => JSON.parse(readFileSync(join(PACKAGES, name, 'package.json'), 'utf8'));
  expect(described('glioscope')).toMatchObject({ name: 'glioscope', type: 'module', license: 'MIT OR Apache-2.0' });
  expect(described('glioscope-model')).toMatchObject({ name: 'glioscope-model', type: 'module', license: 'CC-BY-NC-SA-4.0' });
  for (const name of ['glioscope', 'glioscope-model']) {
    const { version, description, repository, sideEffects, files, exports } = described(name);
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(description).toContain('glioma');
    expect(repository.url).toMatch(/^git\+https:/);
    expect(sideEffects).toBeDefined();
    const paths = Object.values(exports['.'] as Record<string, string>);
    for (const path of [...paths, 'README.md', ...files.filter((file: string) => !file.includes('*'))]) {
      expect(existsSync(join(PACKAGES, name, path)), `${name}: ${path}`).toBe(true);
    }
  }
  const front = readFileSync(resolve(import.meta.dirname, '../../README.md'), 'utf8');
  expect(front, 'the same example as in the package').toContain(example('js', '// main.js'));
});
