/**
 * A static host for one test, with its own base path. It can publish another version of the site, serve altered files, pause
 * or fail in the middle of a file, and record its requests.
 */
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test as base } from './page.ts';

const TYPES: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json',
  wasm: 'application/wasm',
  svg: 'image/svg+xml',
};

export class Host {
  /** Its files, by path below the base path. */
  readonly files: Map<string, Buffer>;
  /** The requested paths below the base path, in order. */
  asked: string[] = [];
  /** Closes every connection without an answer, as without a network. */
  down = false;
  /** Closes the connection once, after `bytes` bytes of the file at `path`, and then sets `down`. */
  cut: { path: string; bytes: number } | null = null;
  /** Pauses after `bytes` bytes of the file at `path`, until `until` resolves. */
  pause: { path: string; bytes: number; until: Promise<void> } | null = null;
  #server: Server;

  private constructor(files: Map<string, Buffer>, readonly base: string) {
    this.files = files;
    this.#server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost');
      const path = decodeURIComponent(pathname.slice(base.length)) || 'index.html';
      if (this.down) return void request.socket.destroy();
      this.asked.push(path);
      const file = pathname.startsWith(base) ? this.files.get(path) : undefined;
      if (!file) return void response.writeHead(404).end('not found');
      response.writeHead(200, {
        'Content-Type': TYPES[path.split('.').at(-1) ?? ''] ?? 'application/octet-stream',
        'Content-Length': file.length,
        'Cache-Control': 'no-cache',
      });
      if (this.pause?.path === path) {
        const { bytes, until } = this.pause;
        response.write(file.subarray(0, bytes));
        return void until.then(() => response.end(file.subarray(bytes)));
      }
      if (this.cut?.path !== path) return void response.end(file);
      response.write(file.subarray(0, this.cut.bytes), () => setTimeout(() => request.socket.destroy(), 50));
      this.cut = null;
      this.down = true;
    });
  }

  /** Starts a host with a copy of the site at `address`. */
  static async of(address: string, base = '/a/b/'): Promise<Host> {
    const get = async (path: string) => {
      const response = await fetch(new URL(path, address));
      if (!response.ok) throw new Error(`${path}: ${response.status}; was the site built by cargo xtask dist?`);
      return Buffer.from(await response.arrayBuffer());
    };
    const assets = await get('assets.json');
    const names = Object.keys((JSON.parse(assets.toString()) as Assets).files);
    const files = new Map<string, Buffer>([['assets.json', assets], ['sw.js', await get('sw.js')]]);
    for (const name of names) files.set(name, await get(name));
    const host = new Host(files, base);
    await new Promise<void>((done) => host.#server.listen(0, '127.0.0.1', done));
    return host;
  }

  get url() {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}${this.base}`;
  }

  /** Publishes another version, with one file changed. */
  release(path: string, change: (text: string) => string) {
    const file = this.files.get(path);
    if (!file) throw new Error(`there is no ${path}`);
    this.files.set(path, Buffer.from(change(file.toString())));
    const assets = JSON.parse(String(this.files.get('assets.json'))) as Assets;
    assets.files[path] = `sha256-${createHash('sha256').update(String(this.files.get(path))).digest('base64')}`;
    assets.version = createHash('sha256').update(JSON.stringify(assets.files)).digest('hex').slice(0, 16);
    const [, ...code] = String(this.files.get('sw.js')).split('\n');
    this.files.set('assets.json', Buffer.from(JSON.stringify(assets)));
    this.files.set('sw.js', Buffer.from([`self.SITE = ${JSON.stringify(assets)};`, ...code].join('\n')));
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** With a host, which is another origin. The watch would report its requests. */
export const test = base.extend<{ host: Host }>({
  host: async ({ baseURL }, use) => {
    const host = await Host.of(baseURL ?? '');
    await use(host);
    host.close();
  },
  watch: async ({}, use) => use(),
});

interface Assets {
  version: string;
  files: Record<string, string>;
}
