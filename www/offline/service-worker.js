/**
 * The service worker: the whole site from a cache that holds one version of it, whole and unaltered.
 *
 * `cargo xtask dist` puts this at the site's root, where it may answer for all of the site, with a first line
 * `self.SITE = {version, files}`: so it changes with every version, and the browser notices. It is no module because
 * not every browser that runs the page takes modules here.
 *
 * A new version is fetched while the old one serves, and waits, as browsers have it, until no tab runs the old one any
 * more. No tab ever gets files of two versions. (To take over earlier, by an empty answer that loads the page again, left the
 * page blank once in a dozen times.)
 */

const worker = /** @type {any} ServiceWorkerGlobalScope, which the page's own types do not know. */ (self);
/** @type {{version: string, files: Record<string, string>}} */
const site = worker.SITE;
const scope = new URL(worker.registration.scope);
/** Several sites may share an origin, say below github.io: caches belong to the origin. */
const PREFIX = `glioscope ${scope.pathname} `;
const CACHE = PREFIX + site.version;

worker.addEventListener('install', (/** @type {any} */ event) => event.waitUntil(fill()));

worker.addEventListener('activate', (/** @type {any} */ event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
      // The page that has just been loaded for the first time finds its files here too, should the network go.
      await worker.clients.claim();
    })(),
  );
});

worker.addEventListener('fetch', (/** @type {any} */ event) => {
  /** @type {Request} */
  const request = event.request;
  const url = new URL(request.url);
  // Everything else goes its own way, into the page's policy.
  if (request.method !== 'GET' || url.origin !== scope.origin || !url.pathname.startsWith(scope.pathname)) return;
  // The list cannot hold its own hash; it is in this very file.
  if (url.pathname === `${scope.pathname}assets.json`) event.respondWith(Response.json(site));
  else if (keyOf(url)) event.respondWith(answer(request, url));
});

/** Fetches what the site consists of; one file that is not as it should be, and nothing is kept. */
async function fill() {
  const cache = await caches.open(CACHE);
  const former = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(
    Object.entries(site.files).map(async ([path, integrity]) => {
      const address = new URL(path, scope).href;
      if (await cache.match(address)) return;
      for (const name of former) {
        const kept = await (await caches.open(name)).match(address);
        if (kept && (await hash(kept.clone())) === integrity) return cache.put(address, kept);
      }
      // The visit itself has fetched most of it: the browser's own cache will do where it holds the right bytes.
      // By the address that visitors use: hosts may lead from the page's own name to its folder.
      const source = path === 'index.html' ? scope.href : address;
      const response = await load(source, integrity, 'default').catch(() => load(source, integrity, 'reload'));
      await cache.put(address, response);
    }),
  );
}

/**
 * @param {string} address
 * @param {string} integrity `sha256-…`, which the browser checks
 * @param {RequestCache} cache
 */
async function load(address, integrity, cache) {
  const response = await fetch(address, { integrity, cache, redirect: 'error' });
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
  const kept = await cache.match(/** @type {string} */ (keyOf(url)));
  if (!kept) return fetch(request);
  if (url.pathname !== `${scope.pathname}www/worker/worker.js`) return kept;
  // Started by its address, the worker answers to the policy that comes with it: the page's.
  const page = await (await cache.match(new URL('index.html', scope).href))?.text();
  const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page ?? '') ?? [];
  const headers = new Headers(kept.headers);
  if (policy) headers.append('Content-Security-Policy', policy);
  return new Response(kept.body, { headers });
}

/**
 * Under which address a file of the site is kept, or nothing. Queries choose how the page runs, not what it consists of.
 * @param {URL} url
 */
function keyOf(url) {
  const path = decodeURIComponent(url.pathname.slice(scope.pathname.length)) || 'index.html';
  return path in site.files ? new URL(path, scope).href : null;
}
