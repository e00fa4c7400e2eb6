/**
 * Registers the service worker, which keeps the whole site for use without a network. It waits until the page is idle,
 * because the first visitor's network should load the model first. It shows a message when a newer version is waiting.
 */
import { find } from '../core/dom.js';
import { SITE } from '../core/site.js';
import { assets } from './integrity.js';

/** @param {() => Promise<void>} untilFree waits until the page neither loads nor computes */
export function keepOffline(untilFree) {
  // Without storage the page still works as long as there is a network.
  register(untilFree).catch((error) => console.info(`The site is not available offline: ${error.message}`));
}

/** @param {() => Promise<void>} untilFree */
async function register(untilFree) {
  if (!('serviceWorker' in navigator)) return;
  // Without a list of files this is a development server, where a cached file would be an old one.
  if (!(await assets().catch(() => null))) return;
  await untilFree();
  // The script is at the site's root, so that its scope is the whole site.
  const registration = await navigator.serviceWorker.register(new URL('sw.js', SITE));
  const showUpdate = () => {
    // On a first visit there is no older version to replace.
    if (registration.waiting && registration.active) find('#update').hidden = false;
  };
  registration.addEventListener('updatefound', () => registration.installing?.addEventListener('statechange', showUpdate));
  showUpdate();
}
