/**
 * Registers the service worker, which keeps the whole site for use without a network. It waits until the page is idle,
 * because the first visitor's network should load the model first. It shows a message when a newer version is waiting.
 */
import { find } from '../core/dom.js';
import { assets } from './integrity.js';

const POLL_MS = 500;

/** @param {() => boolean} isBusy whether the page is loading or computing */
export function keepOffline(isBusy) {
  // Without storage the page still works as long as there is a network.
  register(isBusy).catch((error) => console.info(`The site is not available offline: ${error.message}`));
}

/** @param {() => boolean} isBusy */
async function register(isBusy) {
  if (!('serviceWorker' in navigator)) return;
  // Without a list of files this is a development server, where a cached file would be an old one.
  if (!(await assets().catch(() => null))) return;
  while (isBusy()) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  // The script is at the site's root, so that its scope is the whole site.
  const registration = await navigator.serviceWorker.register(new URL('../../sw.js', import.meta.url));
  const showUpdate = () => {
    // On a first visit there is no older version to replace.
    if (registration.waiting && registration.active) find('#update').hidden = false;
  };
  registration.addEventListener('updatefound', () => registration.installing?.addEventListener('statechange', showUpdate));
  showUpdate();
}
