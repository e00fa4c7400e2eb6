/**
 * The page in a stock Firefox, which Playwright cannot drive: over WebDriver BiDi, on the CPU path.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { launch, type Browser, type Page } from 'puppeteer-core';

const PLACES = ['/usr/bin/firefox-esr', '/usr/bin/firefox', '/Applications/Firefox.app/Contents/MacOS/firefox'];

/** Where a Firefox is, if there is one. */
export function firefox(): string | undefined {
  return [process.env.GLIOSCOPE_FIREFOX ?? '', ...PLACES].find((path) => path && existsSync(path));
}

/** What the browser answers: its windows, as it numbers them, or what an expression has come to. */
interface Answer { contexts: { context: string }[]; result: { value?: unknown } }

/** What lets the test speak to the browser's own code, and the page's process reach a folder that nobody chose by hand. */
function reaching(folder: string) {
  return {
    args: ['--remote-allow-system-access'],
    extraPrefsFirefox: { 'dom.filesystem.pathcheck.disabled': true, 'security.sandbox.content.read_path_whitelist': `${folder}/` },
  };
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

  /** Opens the page and waits until it is ready; `folders` may then be dropped from there. */
  static async open(address: string, folders = ''): Promise<Fox> {
    const browser = await launch({
      browser: 'firefox', executablePath: firefox(), headless: true, timeout: 300_000, protocolTimeout: 1_800_000, ...(folders ? reaching(folders) : {}),
    });
    const page = await browser.newPage();
    page.setDefaultTimeout(300_000);
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

  /**
   * Waits until the page answers yes. Not Puppeteer's own waiting: that makes a function of a text within the page, which
   * the page's policy forbids, and Firefox (140.10) holds it to that.
   */
  async #until<Given>(limit: number, asked: (given: Given) => boolean, given: Given) {
    const end = Date.now() + limit;
    while (!(await this.page.evaluate(asked as (given: unknown) => boolean, given))) {
      if (Date.now() > end) throw new Error(`not within ${limit} ms: ${asked} of ${JSON.stringify(given)}`);
      await setTimeout(100);
    }
  }

  /** Waits for a state of the page; an error in its place is told at once. */
  async is(state: string) {
    await this.#until(1_700_000, (wanted) => [wanted, 'error'].includes(document.body.dataset.state ?? ''), state);
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
      Object.assign(globalThis, { held: [...(input?.files ?? [])] });
      input?.remove();
    });
    await this.#letGo();
  }

  /**
   * Drops folders themselves, for the page to walk. A script can make a transfer of files, but only the browser can put a
   * folder into one: its own code, run in the process of the page, hands over what a file manager would.
   */
  async dropFolders(...paths: string[]) {
    const frame = `
      content.wrappedJSObject.held = Components.utils.cloneInto(${JSON.stringify(paths)}.map((path) => {
        const folder = Components.classes['@mozilla.org/file/local;1'].createInstance(Components.interfaces.nsIFile);
        folder.initWithPath(path);
        const transfer = new content.DataTransfer();
        transfer.mozSetDataAt('application/x-moz-file', folder, 0);
        return transfer.files[0];
      }), content, { wrapReflectors: true });`;
    const script = `data:application/javascript,${encodeURIComponent(frame)}`;
    await this.#ask(`gBrowser.selectedBrowser.messageManager.loadFrameScript(${JSON.stringify(script)}, false)`);
    await this.#until(60_000, (name) => name in globalThis, 'held');
    await this.#letGo();
  }

  /** Whether this Firefox lets a test speak to its own code: 153 does, 140 answers from the page instead. */
  async reaches(): Promise<boolean> {
    return (await this.#ask('typeof gBrowser')).result.value === 'object';
  }

  /** Has the browser's own code, that of its first window, evaluate an expression. */
  async #ask(expression: string): Promise<Answer> {
    const { connection } = this.browser as unknown as { connection: { send(method: string, params: object): Promise<{ result: Answer }> } };
    const tree = await connection.send('browsingContext.getTree', { 'moz:scope': 'chrome' });
    const target = { context: tree.result.contexts[0].context };
    return (await connection.send('script.evaluate', { target, expression, awaitPromise: false })).result;
  }

  /** Drops what is held. */
  async #letGo() {
    await this.page.evaluate(() => {
      const dataTransfer = new DataTransfer();
      for (const file of (globalThis as unknown as { held: File[] }).held) dataTransfer.items.add(file);
      Reflect.deleteProperty(globalThis, 'held');
      for (const type of ['dragenter', 'dragover', 'drop']) {
        document.body.dispatchEvent(new DragEvent(type, { dataTransfer, clientX: 100, clientY: 100, bubbles: true, cancelable: true }));
      }
    });
  }

  /** Waits until an element says what it should. */
  async says(selector: string, words: RegExp) {
    const said = ([where, pattern, flags]: string[]) => new RegExp(pattern, flags).test(document.querySelector(where)?.textContent ?? '');
    await this.#until(60_000, said, [selector, words.source, words.flags]);
  }

  /** How many elements there are. */
  count(selector: string): Promise<number> {
    return this.page.evaluate((where) => document.querySelectorAll(where).length, selector);
  }

  /** What they say, in order. */
  texts(selector: string): Promise<string[]> {
    return this.page.evaluate((where) => [...document.querySelectorAll(where)].map((element) => element.textContent?.trim() ?? ''), selector);
  }

  click(selector: string): Promise<void> {
    return this.page.evaluate((where) => document.querySelector<HTMLElement>(where)?.click(), selector);
  }

  /** The archive that a button saves. */
  async saved(button: string): Promise<Buffer> {
    await this.click(button);
    await this.#until(120_000, (name) => name in globalThis, 'saved');
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
