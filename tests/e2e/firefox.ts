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
  private constructor(readonly browser: Browser, readonly page: Page) {}

  /** Opens the page and waits until it is ready. */
  static async open(address: string): Promise<Fox> {
    const browser = await launch({ browser: 'firefox', executablePath: firefox(), headless: true });
    const page = await browser.newPage();
    // What is saved is looked at here, before the browser's downloads get it.
    await page.evaluateOnNewDocument(() => {
      const make = URL.createObjectURL;
      URL.createObjectURL = (given) => {
        if (given instanceof Blob && given.type.includes('zip')) Object.assign(globalThis, { saved: given });
        return make.call(URL, given);
      };
    });
    await page.goto(`${address}?backend=cpu`);
    const fox = new Fox(browser, page);
    await fox.is('ready');
    return fox;
  }

  is(state: string) {
    return this.page.waitForFunction((wanted) => document.body.dataset.state === wanted, { timeout: 1_700_000, polling: 200 }, state);
  }

  /** Segments the slices of a folder and gives back the archive of everything. */
  async segment(folder: string, button: string): Promise<Buffer> {
    const input = await this.page.$('#files');
    if (!input) throw new Error('there is no way to choose files');
    const files = readdirSync(folder).map((name) => join(folder, name));
    await (input as unknown as { uploadFile(...paths: string[]): Promise<void> }).uploadFile(...files);
    await this.is('running');
    await this.is('done');
    await this.page.evaluate((selector) => document.querySelector<HTMLElement>(selector)?.click(), button);
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
