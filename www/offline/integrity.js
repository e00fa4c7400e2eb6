/**
 * Holds what is fetched against `assets.json`, which `cargo xtask dist` writes beside the page: so that a file that was
 * cut off, altered, or left behind by another version is named instead of run. In a folder without one, as in
 * development, nothing is held against anything.
 */

const site = new URL('../..', import.meta.url);

/** @typedef {{version: string, files: Record<string, string>}} Assets a hash of all, and `sha256-…` by path below the site */

/** @type {Promise<Assets | null> | undefined} */
let asked;

/** What the site consists of, or null where nobody has written it down. */
export function assets() {
  return (asked ??= ask());
}

async function ask() {
  const response = await fetch(new URL('assets.json', site), { cache: 'no-cache' });
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`assets.json: the server answered ${response.status}`);
  return /** @type {Promise<Assets>} */ (response.json());
}

/**
 * Reads all of a response; rejects unless its bytes are those that belong to this version of the site.
 * @param {Response} response a clone, since it is used up here
 */
export async function vouch(response) {
  const [known, bytes] = await Promise.all([assets(), response.arrayBuffer()]);
  const path = new URL(response.url).pathname.slice(site.pathname.length);
  const expected = known?.files[path];
  // Over plain HTTP, but for localhost, a browser has no hash to offer.
  if (!expected || !globalThis.crypto?.subtle) return;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const found = `sha256-${btoa(String.fromCharCode(...digest))}`;
  if (found === expected) return;
  throw new Error(
    `${path} is not the file that belongs to this version of the site: its SHA-256 is ${found.slice(7)} over ` +
      `${bytes.byteLength} bytes, expected ${expected.slice(7)}. Reload the page; if that does not help, its host is at fault`,
  );
}
