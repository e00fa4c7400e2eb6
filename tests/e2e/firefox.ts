/**
 * The page in a stock Firefox, which Playwright cannot drive: over WebDriver BiDi, on the CPU path.
 */
import { existsSync } from 'node:fs';
import { launch, type Browser, type Page } from 'puppeteer-core';
import { Remote } from './remote.ts';

const PLACES = ['/usr/bin/firefox-esr', '/usr/bin/firefox', '/Applications/Firefox.app/Contents/MacOS/firefox'];

/** Where a Firefox is, if there is one. */
export function firefox(): string | undefined {
  return [process.env.GLIOSCOPE_FIREFOX ?? '', ...PLACES].find((path) => path && existsSync(path));
}

/** What the browser answers: its windows, or the result of an expression. */
interface Answer { contexts: { context: string }[]; result: { value?: unknown } }

/** Lets the test speak to the browser's own code, and the page's process read a folder that was not chosen in a dialogue. */
function reaching(folder: string) {
  return {
    args: ['--remote-allow-system-access'],
    extraPrefsFirefox: { 'dom.filesystem.pathcheck.disabled': true, 'security.sandbox.content.read_path_whitelist': `${folder}/` },
  };
}

export class Fox extends Remote {
  /** The page's uncaught errors. */
  readonly errors: string[] = [];
  /** The addresses of its requests, in order. */
  readonly asked: string[] = [];

  private constructor(readonly browser: Browser, readonly page: Page) {
    super();
    page.on('pageerror', (error) => this.errors.push(String(error)));
    page.on('request', (request) => this.asked.push(request.url()));
  }

  /** Opens the page and waits until it is ready. Folders below `folders` can then be dropped. */
  static async open(address: string, folders = ''): Promise<Fox> {
    const browser = await launch({
      browser: 'firefox', executablePath: firefox(), headless: true, timeout: 300_000, protocolTimeout: 1_800_000, ...(folders ? reaching(folders) : {}),
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

  /** Drops the files of a folder on the page, with events and a transfer that a script makes. */
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
   * Drops folders. A script can make a transfer of files, but only the browser's own code can put a folder into one, so
   * that code does it in the page's process.
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
    await this.until(60_000, (name) => name in globalThis, 'held');
    await this.#letGo();
  }

  /** Whether this Firefox lets a test speak to its own code: 153 does, 140 answers from the page. */
  async reaches(): Promise<boolean> {
    return (await this.#ask('typeof gBrowser')).result.value === 'object';
  }

  /** Evaluates an expression in the browser's own code, in its first window. */
  async #ask(expression: string): Promise<Answer> {
    const { connection } = this.browser as unknown as { connection: { send(method: string, params: object): Promise<{ result: Answer }> } };
    const tree = await connection.send('browsingContext.getTree', { 'moz:scope': 'chrome' });
    const target = { context: tree.result.contexts[0].context };
    return (await connection.send('script.evaluate', { target, expression, awaitPromise: false })).result;
  }

  /** Drops the files that the page holds for it. */
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

  close() {
    return this.browser.close();
  }
}
