/**
 * The page in an unmodified Firefox, which Playwright cannot control: over WebDriver BiDi, on the CPU.
 */
import { existsSync } from 'node:fs';
import { launch, type Browser, type KeyInput, type Page } from 'puppeteer-core';
import { Remote, type Place } from './remote.ts';

const PLACES = ['/usr/bin/firefox-esr', '/usr/bin/firefox', '/Applications/Firefox.app/Contents/MacOS/firefox'];

/** The path of Firefox, if it is installed. */
export function firefox(): string | undefined {
  return [process.env.GLIOSCOPE_FIREFOX ?? '', ...PLACES].find((path) => path && existsSync(path));
}

/** An answer of the browser: its windows, or the result of an expression. */
interface Answer { contexts: { context: string }[]; result: { value?: unknown } }

/** Options that let a test run code in the browser's own context, and let the page's process read `folder`. */
function systemAccess(folder: string) {
  return {
    args: ['--remote-allow-system-access'],
    extraPrefsFirefox: { 'dom.filesystem.pathcheck.disabled': true, 'security.sandbox.content.read_path_whitelist': `${folder}/` },
  };
}

export class Fox extends Remote {
  /** The page's uncaught errors. */
  readonly errors: string[] = [];
  /** The URLs of its requests, in order. */
  readonly asked: string[] = [];

  private constructor(readonly browser: Browser, readonly page: Page) {
    super();
    page.on('pageerror', (error) => this.errors.push(String(error)));
    page.on('request', (request) => this.asked.push(request.url()));
  }

  /** Opens the page and waits until it is ready. Folders below `folders` can then be dropped. */
  static async open(address: string, folders = ''): Promise<Fox> {
    const browser = await launch({
      browser: 'firefox', executablePath: firefox(), headless: true, timeout: 300_000, protocolTimeout: 1_800_000, ...(folders ? systemAccess(folders) : {}),
    });
    const page = await browser.newPage();
    page.setDefaultTimeout(300_000);
    const fox = new Fox(browser, page);
    await page.goto(`${address}?backend=cpu`);
    await fox.is('ready');
    return fox;
  }

  evaluate<Given, Result>(run: (given: Given) => Result | Promise<Result>, given: Given): Promise<Result> {
    return this.page.evaluate(run as (given: unknown) => Result | Promise<Result>, given) as Promise<Result>;
  }

  async upload(selector: string, paths: string[]) {
    const input = await this.page.$(selector);
    if (!input) throw new Error(`there is no ${selector}`);
    await (input as unknown as { uploadFile(...paths: string[]): Promise<void> }).uploadFile(...paths);
  }

  press(key: string) {
    return this.page.keyboard.press(key as KeyInput);
  }

  async drag(from: Place, to: Place) {
    await this.page.mouse.move(from.x, from.y);
    await this.page.mouse.down();
    await this.page.mouse.move(to.x, to.y, { steps: 4 });
    await this.page.mouse.up();
  }

  /** Drops the files of a folder on the page, with synthetic events. */
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
    await this.#dropHeld();
  }

  /**
   * Drops folders. A script in the page can put only files into a `DataTransfer`. The browser's own code can add folders,
   * and does so in the page's process.
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
    await this.#evaluateInBrowser(`gBrowser.selectedBrowser.messageManager.loadFrameScript(${JSON.stringify(script)}, false)`);
    await this.until(60_000, (name) => name in globalThis, 'held');
    await this.#dropHeld();
  }

  /** Whether a test can run code in the browser's own context: Firefox 153 allows it, 140 runs the code in the page. */
  async hasSystemAccess(): Promise<boolean> {
    return (await this.#evaluateInBrowser('typeof gBrowser')).result.value === 'object';
  }

  /** Evaluates an expression in the browser's own context, in its first window. */
  async #evaluateInBrowser(expression: string): Promise<Answer> {
    const { connection } = this.browser as unknown as { connection: { send(method: string, params: object): Promise<{ result: Answer }> } };
    const tree = await connection.send('browsingContext.getTree', { 'moz:scope': 'chrome' });
    const target = { context: tree.result.contexts[0].context };
    return (await connection.send('script.evaluate', { target, expression, awaitPromise: false })).result;
  }

  /** Drops the files in `globalThis.held`. */
  async #dropHeld() {
    await this.page.evaluate(() => {
      const dataTransfer = new DataTransfer();
      for (const file of (globalThis as unknown as { held: File[] }).held) dataTransfer.items.add(file);
      Reflect.deleteProperty(globalThis, 'held');
      for (const type of ['dragenter', 'dragover', 'drop']) {
        document.body.dispatchEvent(new DragEvent(type, { dataTransfer, clientX: 100, clientY: 100, bubbles: true, cancelable: true }));
      }
    });
  }

  close() {
    return this.browser.close();
  }
}
