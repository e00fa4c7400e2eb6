/**
 * The page in a stock Firefox, which Playwright cannot drive: over WebDriver BiDi, on the CPU path.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { launch, type Browser, type Page } from 'puppeteer-core';

const PLACES = ['/usr/bin/firefox-esr', '/usr/bin/firefox', '/Applications/Firefox.app/Contents/MacOS/firefox'];

/** Where a Firefox is, if there is one. */
export function firefox(): string | undefined {
  return [process.env.GLIOSCOPE_FIREFOX ?? '', ...PLACES].find((path) => path && existsSync(path));
}

export class Fox {
  /** What the page threw and nobody caught. */
  readonly errors: string[] = [];
  /** Addresses that were asked for, in order. */
  readonly asked: string[] = [];

  private constructor(readonly browser: Browser, readonly page: Page) {
    page.on('pageerror', (error) => this.errors.push(String(error)));
    page.on('request', (request) => this.asked.push(request.url()));
  }

  /** Opens the page and waits until it is ready. */
  static async open(address: string): Promise<Fox> {
    const browser = await launch({ browser: 'firefox', executablePath: firefox(), headless: true, protocolTimeout: 1_800_000 });
    const page = await browser.newPage();
    // What is saved is looked at here, before the browser's downloads get it.
    await page.evaluateOnNewDocument(() => {
      const make = URL.createObjectURL;
      URL.createObjectURL = (given) => {
        if (given instanceof Blob && given.type.includes('zip')) Object.assign(globalThis, { saved: given });
        return make.call(URL, given);
      };
    });
    const fox = new Fox(browser, page);
    await page.goto(`${address}?backend=cpu`);
    await fox.is('ready');
    return fox;
  }

  /** Waits for a state of the page; an error in its place is told at once. */
  async is(state: string) {
    const settled = (wanted: string) => [wanted, 'error'].includes(document.body.dataset.state ?? '');
    await this.page.waitForFunction(settled, { timeout: 1_700_000, polling: 200 }, state);
    const [found, notice] = await this.page.evaluate(() => [document.body.dataset.state, document.querySelector('#notice')?.textContent?.trim()]);
    if (found !== state) throw new Error(`${found} where ${state} was to come: ${notice}`);
  }

  /** Segments the slices of a folder and gives back the archive of everything. */
  async segment(folder: string, button: string): Promise<Buffer> {
    await this.choose('#files', folder);
    await this.is('running');
    await this.is('done');
    return this.saved(button);
  }

  /** Chooses the files of a folder. */
  async choose(selector: string, folder: string) {
    const input = await this.page.$(selector);
    if (!input) throw new Error(`there is no ${selector}`);
    const files = readdirSync(folder).map((name) => join(folder, name));
    await (input as unknown as { uploadFile(...paths: string[]): Promise<void> }).uploadFile(...files);
  }

  /** Drops the files of a folder on the page: no real hand, but Firefox's own events and transfer. */
  async drop(folder: string) {
    await this.page.evaluate(() => {
      const input = Object.assign(document.createElement('input'), { type: 'file', multiple: true, id: 'hand', hidden: true });
      document.body.append(input);
    });
    await this.choose('#hand', folder);
    await this.page.evaluate(() => {
      const input = document.querySelector<HTMLInputElement>('#hand');
      const dataTransfer = new DataTransfer();
      for (const file of input?.files ?? []) dataTransfer.items.add(file);
      input?.remove();
      for (const type of ['dragenter', 'dragover', 'drop']) {
        document.body.dispatchEvent(new DragEvent(type, { dataTransfer, clientX: 400, clientY: 400, bubbles: true, cancelable: true }));
      }
    });
  }

  /** Waits until an element says what it should. */
  async says(selector: string, words: RegExp) {
    const source = [selector, words.source, words.flags] as const;
    const said = ([where, pattern, flags]: typeof source) => new RegExp(pattern, flags).test(document.querySelector(where)?.textContent ?? '');
    await this.page.waitForFunction(said, { timeout: 60_000, polling: 100 }, source);
  }

  /** How many elements there are. */
  count(selector: string): Promise<number> {
    return this.page.evaluate((where) => document.querySelectorAll(where).length, selector);
  }

  click(selector: string): Promise<void> {
    return this.page.evaluate((where) => document.querySelector<HTMLElement>(where)?.click(), selector);
  }

  /** The archive that a button saves. */
  async saved(button: string): Promise<Buffer> {
    await this.click(button);
    await this.page.waitForFunction(() => 'saved' in globalThis, { timeout: 120_000, polling: 200 });
    const base64 = await this.page.evaluate(async () => {
      const { saved } = globalThis as unknown as { saved?: Blob };
      Reflect.deleteProperty(globalThis, 'saved');
      const bytes = new Uint8Array(await (saved ?? new Blob()).arrayBuffer());
      let text = '';
      for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
      return btoa(text);
    });
    return Buffer.from(base64, 'base64');
  }

  close() {
    return this.browser.close();
  }
}
