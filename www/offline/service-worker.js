/**
 * The service worker: serves the whole site from a cache that holds exactly one version of it.
 *
 * `cargo xtask dist` copies this file to the site's root, because its scope must be the whole site. It puts a first line
 * `self.SITE = {version, files}` before it. So the script changes with every version, and the browser notices. It is a
 * classic script because some browsers that run the page do not support module service workers.
 *
 * The files for WebGPU are large, and only browsers with a hardware GPU use them. The module for rare formats is used by few
 * visitors. So they are cached when they are first used, with the same check. Without them the page works offline on the CPU
 * and reads the common formats.
 *
 * A new version is fetched while the old one serves. It waits until no tab uses the old one, or until the only tab asks for it
 * and is loaded again. So no tab gets files of two versions.
 */

const worker = /** @type {any} ServiceWorkerGlobalScope, which the page's types lack. */ (self);
/** @type {{version: string, files: Record<string, string>}} `files`: `sha256-…` by path below the site */
const site = worker.SITE;
const scope = new URL(worker.registration.scope);
/** Several sites may share an origin, for example on github.io. Caches belong to the origin. */
const PREFIX = `glioscope ${scope.pathname} `;
const CACHE = PREFIX + site.version;
const WORKERS = ['www/worker/worker.js', 'www/worker/gpu-worker.js', 'www/worker/formats-worker.js'];
/** The files that are cached when they are first used. */
const ON_USE = ['www/pkg/gpu.js', 'www/pkg/gpu_bg.wasm', 'www/pkg/formats.js', 'www/pkg/formats_bg.wasm', 'www/preview.jpg'];

worker.addEventListener('install', (/** @type {any} */ event) => event.waitUntil(fill()));

worker.addEventListener('activate', (/** @type {any} */ event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
      // A page that was just loaded for the first time can use the cache too.
      await worker.clients.claim();
    })(),
  );
});

// `tabs` asks how many tabs of the site are open. `update` lets this version take over, if there is one tab.
worker.addEventListener('message', (/** @type {any} */ event) => {
  event.waitUntil(
    (async () => {
      const windows = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true });
      const tabs = windows.filter((/** @type {{url: string}} */ { url }) => url.startsWith(scope.href)).length;
      if (event.data === 'update' && tabs === 1) await worker.skipWaiting();
      event.ports[0].postMessage(tabs);
    })(),
  );
});

worker.addEventListener('fetch', (/** @type {any} */ event) => {
  /** @type {Request} */
  const request = event.request;
  const url = new URL(request.url);
  // Other requests go to the network, where the page's policy applies.
  if (request.method !== 'GET' || url.origin !== scope.origin || !url.pathname.startsWith(scope.pathname)) return;
  // The list is in this file.
  if (url.pathname === `${scope.pathname}assets.json`) event.respondWith(Response.json(site));
  else if (pathOf(url)) event.respondWith(answer(request, url));
});

/** Fetches the files of the site. One wrong file makes the installation fail. */
async function fill() {
  const cache = await caches.open(CACHE);
  const former = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(
    Object.entries(site.files).map(async ([path, integrity]) => {
      const address = new URL(path, scope).href;
      if (await cache.match(address)) return;
      let used = !ON_USE.includes(path);
      for (const name of former) {
        const kept = await (await caches.open(name)).match(address);
        if (kept && (await hash(kept.clone())) === integrity) return cache.put(address, kept);
        used ||= kept !== undefined;
      }
      if (used) await keep(cache, path);
      // The first visit has used it if the HTTP cache has it.
      else await load(address, integrity, 'only-if-cached').then((response) => cache.put(address, response), () => {});
    }),
  );
}

/**
 * Fetches a file and puts it into the cache.
 * @param {Cache} cache
 * @param {string} path
 */
async function keep(cache, path) {
  const address = new URL(path, scope).href;
  const integrity = site.files[path];
  // The visit has fetched most files already, so the HTTP cache is tried first. The page itself is fetched by the address
  // that visitors use: some hosts redirect `index.html` to its folder.
  const source = path === 'index.html' ? scope.href : address;
  const response = await load(source, integrity, 'default').catch(() => load(source, integrity, 'reload'));
  await cache.put(address, response.clone());
  return response;
}

/**
 * @param {string} address
 * @param {string} integrity `sha256-…`, which the browser checks
 * @param {RequestCache} cache
 */
async function load(address, integrity, cache) {
  const response = await fetch(address, { integrity, cache, mode: 'same-origin', redirect: 'error' });
  if (!response.ok) throw new Error(`${address}: the server answered ${response.status}`);
  return response;
}

/** @param {Response} response */
async function hash(response) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await response.arrayBuffer()));
  return `sha256-${btoa(String.fromCharCode(...digest))}`;
}

/**
 * @param {Request} request
 * @param {URL} url
 */
async function answer(request, url) {
  const cache = await caches.open(CACHE);
  const path = /** @type {string} */ (pathOf(url));
  const kept = await cache.match(new URL(path, scope).href);
  if (!kept) return ON_USE.includes(path) ? keep(cache, path).catch(() => fetch(request)) : fetch(request);
  if (!WORKERS.includes(path)) return kept;
  // A worker that is started by its address uses the policy of its response. It gets the page's policy.
  const page = await (await cache.match(new URL('index.html', scope).href))?.text();
  const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page ?? '') ?? [];
  const headers = new Headers(kept.headers);
  if (policy) headers.append('Content-Security-Policy', policy);
  return new Response(kept.body, { headers });
}

/**
 * The path of a file of the site, or null. Queries are ignored: they change how the page runs, not its files.
 * @param {URL} url
 */
function pathOf(url) {
  const path = decodeURIComponent(url.pathname.slice(scope.pathname.length)) || 'index.html';
  return path in site.files ? path : null;
}
