/**
 * The page as the tests use it. Every test fails on a request to another origin, a violation of the page's policy or an
 * uncaught error.
 */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as base, type Page } from '@playwright/test';

/** The button that saves all results in one archive. */
export const SAVE = '#save-all';

export type State = 'loading' | 'ready' | 'running' | 'done' | 'error';

/** Alters the text of a script. */
type Change = (source: string) => string;

export class Scope {
  /** The changes of each altered script, in order. */
  readonly #changes = new Map<string, Change[]>();

  constructor(readonly page: Page) {}

  /** Opens the page and waits until a worker is ready. */
  async open(query = '') {
    await this.page.goto(`./${query}`);
    await this.is('ready');
  }

  is(state: State) {
    return expect(this.page.locator('body')).toHaveAttribute('data-state', state, { timeout: 1_700_000 });
  }

  /** Waits until at least `slices` slices of the current case are finished. */
  finished(slices: number) {
    const done = this.page.locator('#strip [data-is="clear"], #strip [data-is="lesion"]');
    return expect.poll(() => done.count(), { timeout: 1_700_000 }).toBeGreaterThanOrEqual(slices);
  }

  /** Chooses a folder, as in the folder dialog. */
  chooseFolder(folder: string) {
    return this.page.setInputFiles('#folder', folder);
  }

  chooseFiles(files: { name: string; bytes: Buffer }[]) {
    return this.page.setInputFiles('#files', files.map(({ name, bytes }) => ({ name, mimeType: '', buffer: bytes })));
  }

  /** Drops files and folders on the page, with the browser's own input events. */
  drop(...paths: string[]) {
    return this.dropAt({ x: 400, y: 400 }, ...paths);
  }

  /** Drops at a position in the window. On the right, files are added to the open ones. */
  async dropAt(place: { x: number; y: number }, ...paths: string[]) {
    const client = await this.page.context().newCDPSession(this.page);
    const data = { items: [], files: paths, dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      await client.send('Input.dispatchDragEvent', { type, ...place, data });
    }
    await client.detach();
  }

  /** Saves all results and returns the archive. */
  async download(): Promise<{ name: string; bytes: Buffer }> {
    const saved = this.page.waitForEvent('download');
    await this.page.click(SAVE);
    const file = await saved;
    return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) };
  }

  /**
   * Serves an altered script of the page for its first `times` requests. Tests inject faults in this way: the product has
   * no switches for them. The published scripts are bundled and minified: `app.js` has all modules of the page,
   * `worker/worker.js` and `worker/gpu-worker.js` have those of a worker. So a change does not rely on names in them.
   */
  async tamper(script: string, change: Change, times = Infinity) {
    let served = 0;
    const limited: Change = (source) => {
      if (served++ >= times) return source;
      const altered = change(source);
      expect(altered, `the change of ${script} has an effect`).not.toBe(source);
      return altered;
    };
    const changes = this.#changes.get(script);
    if (changes) return void changes.push(limited);
    this.#changes.set(script, [limited]);
    await this.page.route(`**/www/${script}`, async (route) => {
      const response = await route.fetch();
      const body = this.#changes.get(script)?.reduce((source, next) => next(source), await response.text());
      await route.fulfill({ response, body });
    });
  }
}

/** Clicks a button of the Save tab, and returns the file with its suggested name. */
export async function saved(page: Page, what: string): Promise<{ name: string; path: string; bytes: Buffer }> {
  await page.click('#tab-save');
  const download = page.waitForEvent('download');
  await page.click(`[data-command="save-${what}"]`);
  const file = await download;
  const path = join(mkdtempSync(join(tmpdir(), 'glioscope-saved-')), file.suggestedFilename());
  await file.saveAs(path);
  return { name: file.suggestedFilename(), path, bytes: readFileSync(path) };
}

/** Replaces a method of the package's `Session`, or of another class. `call` counts from 1 in each worker. */
export function override(method: string, body: string, owner = 'Session') {
  return (source: string) => `${source}
    { const original = ${owner}.prototype.${method}; let call = 0;
      ${owner}.prototype.${method} = function (...given) { call++; ${body} }; }`;
}

/** Makes every slice take `milliseconds` longer, so that a run lasts long enough on any machine. */
export const slowSlices = (milliseconds: number) =>
  override('segment', `return new Promise((go) => setTimeout(go, ${milliseconds})).then(() => original.apply(this, given));`);

export const test = base.extend<{ scope: Scope; watch: void }>({
  scope: async ({ page }, use) => {
    await use(new Scope(page));
    // A helper worker may still be loading an altered file.
    await page.unrouteAll({ behavior: 'ignoreErrors' });
  },
  watch: [
    async ({ page, baseURL }, use) => {
      const origin = new URL(baseURL ?? '').origin;
      const addresses: string[] = [];
      const violations: string[] = [];
      const errors: string[] = [];
      // Includes requests of workers.
      page.on('request', (request) => addresses.push(request.url()));
      page.on('websocket', (socket) => addresses.push(socket.url()));
      page.on('pageerror', (error) => errors.push(String(error)));
      page.on('console', (message) => {
        if (/Content Security Policy/i.test(message.text())) violations.push(message.text());
      });
      await use();
      const external = addresses.filter((address) => !['data:', 'blob:'].includes(new URL(address).protocol))
        .filter((address) => new URL(address).origin !== origin);
      expect(external, 'requests to other origins').toEqual([]);
      expect(violations, 'violations of the policy').toEqual([]);
      expect(errors, 'uncaught errors').toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };
