/**
 * Compares fetched files with `assets.json`, which `cargo xtask dist` writes beside the page. A file that is truncated,
 * altered, or of another version is reported by name and not used. Without an `assets.json`, as in development, nothing
 * is compared.
 */

const SITE = new URL('../..', import.meta.url);

/** @typedef {{version: string, files: Record<string, string>}} Assets `files`: `sha256-…` by path below the site */

/** @type {Promise<Assets | null> | undefined} */
let requested;

/** The list of the site's files, or null where the host has none. */
export function assets() {
  return (requested ??= fetchAssets());
}

async function fetchAssets() {
  const response = await fetch(new URL('assets.json', SITE), { cache: 'no-cache' });
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`assets.json: the server answered ${response.status}`);
  return /** @type {Promise<Assets>} */ (response.json());
}

/**
 * Reads the whole response. Rejects unless its bytes belong to this version of the site.
 * @param {Response} response a clone: its body is consumed
 */
export async function verify(response) {
  const [known, bytes] = await Promise.all([assets(), response.arrayBuffer()]);
  const path = new URL(response.url).pathname.slice(SITE.pathname.length);
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
