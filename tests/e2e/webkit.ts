/**
 * The page in WebKitGTK's MiniBrowser, over WebDriver, on a virtual screen and on the CPU path.
 *
 * Playwright's own WebKit is a download that no package registry has. `selenium-webdriver` and `webdriver` were
 * considered for the protocol; neither knows this driver, and the tests need six requests of it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { Remote, type Place } from './remote.ts';

const DRIVER = '/usr/bin/WebKitWebDriver';
const SCREEN = '/usr/bin/Xvfb';

/** The browser belongs to the library, whose folder has the machine's and the library's name. */
function miniBrowser(): string | undefined {
  const machines = existsSync('/usr/lib') ? readdirSync('/usr/lib').filter((name) => name.endsWith('-linux-gnu')) : [];
  return machines.map((machine) => `/usr/lib/${machine}/webkit2gtk-4.1/MiniBrowser`).find((path) => existsSync(path));
}

/** Why there is no WebKit on this machine, or nothing where there is one. */
export function whyNoWebKit(): string {
  const missing = [DRIVER, SCREEN].filter((path) => !existsSync(path));
  if (!miniBrowser()) missing.push('MiniBrowser');
  return missing.length === 0 ? '' : `there is no ${missing.join(' and no ')} (Debian: apt-get install webkit2gtk-driver xvfb)`;
}

/** The name by which the protocol refers to elements. */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

/** Sends a command and returns the value of its answer. */
type Send = (method: string, path: string, body?: object) => Promise<unknown>;

export class WebKit extends Remote {
  readonly #send: Send;
  readonly #end: () => Promise<void>;

  /** `asked` has the addresses that the browser requests and the hosts that it connects to. */
  private constructor(readonly asked: string[], send: Send, end: () => Promise<void>) {
    super();
    this.#send = send;
    this.#end = end;
  }

  /** Opens the page and waits until it is ready. */
  static async open(address: string): Promise<WebKit> {
    const asked: string[] = [];
    const proxy = await watch(asked);
    const children: ChildProcess[] = [];
    let session = '';
    const end = async () => {
      if (session) await command('DELETE', session).catch(() => undefined);
      // The driver before the screen that its browser draws on.
      for (const child of children.reverse()) child.kill();
      proxy.closeAllConnections();
      proxy.close();
    };
    const port = await freePort();
    const command: Send = (method, path, body) => ask(port, method, path, body);
    try {
      const screen = spawn(SCREEN, ['-displayfd', '3', '-screen', '0', '1440x900x24', '-nolisten', 'tcp'], {
        stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      });
      children.push(screen);
      const display = `:${await firstLine(screen.stdio[3] as Readable)}`;
      children.push(spawn(DRIVER, [`--port=${port}`], { stdio: 'ignore', env: { ...process.env, DISPLAY: display, LIBGL_ALWAYS_SOFTWARE: '1' } }));
      const options = {
        binary: miniBrowser(),
        args: ['--automation', `--proxy=http://127.0.0.1:${(proxy.address() as AddressInfo).port}`],
      };
      await up(port);
      const found = await command('POST', '/session', { capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': options } } });
      session = `/session/${(found as { sessionId: string }).sessionId}`;
      const kit = new WebKit(asked, (method, path, body) => command(method, session + path, body), end);
      await kit.#send('POST', '/timeouts', { script: 300_000, pageLoad: 300_000 });
      await kit.#send('POST', '/window/rect', { width: 1440, height: 900 });
      await kit.#send('POST', '/url', { url: `${address}?backend=cpu` });
      await kit.is('ready');
      return kit;
    } catch (error) {
      await end();
      throw error;
    }
  }

  async evaluate<Given, Result>(run: (given: Given) => Result | Promise<Result>, given: Given): Promise<Result> {
    const script = `
      const [given, done] = arguments;
      Promise.resolve().then(() => (${run})(given)).then((value) => done({ value }), (error) => done({ error: String(error) }));`;
    const answer = await this.#send('POST', '/execute/async', { script, args: [given] }) as { value: Result; error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.value;
  }

  async upload(selector: string, paths: string[]) {
    const element = await this.#send('POST', '/element', { using: 'css selector', value: selector }) as Record<string, string>;
    await this.#send('POST', `/element/${element[ELEMENT]}/value`, { text: paths.join('\n') });
  }

  async press(key: string) {
    const actions = ['keyDown', 'keyUp'].map((type) => ({ type, value: key }));
    await this.#send('POST', '/actions', { actions: [{ type: 'key', id: 'keyboard', actions }] });
  }

  async drag(from: Place, to: Place) {
    const move = ({ x, y }: Place, duration: number) => ({
      type: 'pointerMove', duration, x: Math.round(x), y: Math.round(y), origin: 'viewport',
    });
    const actions = [move(from, 0), { type: 'pointerDown', button: 0 }, move(to, 300), { type: 'pointerUp', button: 0 }];
    await this.#send('POST', '/actions', { actions: [{ type: 'pointer', id: 'mouse', parameters: { pointerType: 'mouse' }, actions }] });
  }

  close() {
    return this.#end();
  }
}

/** A proxy that passes requests on and notes their addresses. Tunnels are noted and refused: the site needs none. */
async function watch(asked: string[]): Promise<Server> {
  const server = createServer((incoming, outgoing) => {
    const address = incoming.url ?? '';
    asked.push(address);
    const onward = request(address, { method: incoming.method, headers: incoming.headers }, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  server.on('connect', (incoming, socket) => {
    asked.push(incoming.url ?? '');
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return server;
}

/** One command of the protocol. */
function ask(port: number, method: string, path: string, body?: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const sent = method === 'POST' ? JSON.stringify(body ?? {}) : '';
    const onward = request({ host: '127.0.0.1', port, method, path, headers: { 'Content-Length': Buffer.byteLength(sent) } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        try {
          const { value } = JSON.parse(text) as { value: unknown };
          if (response.statusCode === 200) resolve(value);
          else reject(new Error(`${method} ${path}: ${JSON.stringify(value)}`));
        } catch {
          reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`));
        }
      });
    });
    onward.on('error', reject);
    onward.end(sent);
  });
}

/** Waits until the driver listens. */
async function up(port: number) {
  for (let tries = 0; ; tries++) {
    try {
      await ask(port, 'GET', '/status');
      return;
    } catch (error) {
      if (tries >= 300) throw error;
      await setTimeout(100);
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

async function firstLine(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream) {
    text += String(chunk);
    if (text.includes('\n')) break;
  }
  return text.trim();
}
