/**
 * Keeps the whole site in the browser once it has been visited, so that it opens without a network. Waits until the page
 * has nothing better to do: the first visitor's network is what the first mask waits for. Says so when a newer version of
 * the site is kept beside the one that runs.
 */
import { find } from '../core/dom.js';
import { assets } from './integrity.js';

/** The page says that it is busy or at rest on its body. */
const BUSY = ['loading', 'running'];
const EVERY_MS = 500;

async function keep() {
  if (!('serviceWorker' in navigator)) return;
  // Nobody wrote down what the site consists of: development, where a kept file would be a stale one.
  if (!(await assets().catch(() => null))) return;
  while (BUSY.includes(document.body.dataset.state ?? '')) await new Promise((next) => setTimeout(next, EVERY_MS));
  const registration = await navigator.serviceWorker.register(new URL('../../sw.js', import.meta.url));
  const tell = () => {
    // On a first visit nothing older runs that it could wait for.
    if (registration.waiting && registration.active) find('#update').hidden = false;
  };
  registration.addEventListener('updatefound', () => registration.installing?.addEventListener('statechange', tell));
  tell();
}

// A browser that stores nothing, or has no room, still has the page as long as there is a network.
keep().catch((error) => console.info(`The site is not kept for use without a network: ${error.message}`));
