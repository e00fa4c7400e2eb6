/**
 * Registers the service worker, which keeps the whole site for use without a network. It waits until the page is idle,
 * because the first visitor's network should load the model first.
 */
import { SITE } from '../core/site.js';
import { assets } from './integrity.js';
import { Update } from './update.js';

/** @param {{untilFree: () => Promise<void>, mayClose: () => Promise<boolean>}} page `untilFree` waits until the page neither loads nor computes */
export function keepOffline(page) {
  // Without storage the page still works as long as there is a network.
  register(page).catch((error) => console.info(`The site is not available offline: ${error.message}`));
}

/** @param {Parameters<typeof keepOffline>[0]} page */
async function register({ untilFree, mayClose }) {
  if (!('serviceWorker' in navigator)) return;
  // Without a list of files this is a development server, where a cached file would be an old one.
  if (!(await assets().catch(() => null))) return;
  await untilFree();
  // The script is at the site's root, so that its scope is the whole site.
  const registration = await navigator.serviceWorker.register(new URL('sw.js', SITE));
  const update = new Update(registration, mayClose);
  registration.addEventListener('updatefound', () => registration.installing?.addEventListener('statechange', () => update.offer()));
  update.offer();
}
