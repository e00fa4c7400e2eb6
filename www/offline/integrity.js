/**
 * Compares files with `assets.json`, which `cargo xtask dist` writes beside the page. A file that is truncated, altered, or
 * of another version is reported by name and not used. Without an `assets.json`, as in development, nothing is compared.
 */
import { SITE } from '../core/site.js';

/**
 * By path below the site: `files` has `sha256-…`, `bytes` has the size before compression.
 * @typedef {{version: string, files: Record<string, string>, bytes: Record<string, number>}} Assets
 */

/** @type {Promise<Assets | null> | undefined} */
let requested;

/** The list of the site's files, or null where the host has none. After a failure the next call requests it again. */
export function assets() {
  return (requested ??= fetchAssets().catch((error) => {
    requested = undefined;
    throw error;
  }));
}

async function fetchAssets() {
  const response = await fetch(new URL('assets.json', SITE), { cache: 'no-cache' });
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`assets.json: the server answered ${response.status}`);
  return /** @type {Promise<Assets>} */ (response.json());
}

/**
 * Rejects unless a file belongs to this version of the site.
 * @param {string} path below the site
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
export async function verify(path, bytes) {
  const known = await assets();
  const expected = known?.files[path];
  // Browsers offer `crypto.subtle` only over HTTPS and on localhost.
  if (!expected || !globalThis.crypto?.subtle) return;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const found = `sha256-${btoa(String.fromCharCode(...digest))}`;
  if (found === expected) return;
  throw new Error(
    `${path} is not the file that belongs to this version of the site: its SHA-256 is ${found.slice(7)} over ` +
      `${bytes.byteLength} bytes, expected ${expected.slice(7)}. Reload the page. If the error stays, the host serves a wrong file`,
  );
}
