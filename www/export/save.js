/**
 * Ways out of the page, all of them by the visitor's own hand.
 */

/**
 * Hands bytes to the browser's downloads.
 * @param {string} name
 * @param {Uint8Array<ArrayBuffer> | Blob | string} content
 * @param {string} type
 */
export function save(name, content, type) {
  const address = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The download has its own hold on the bytes once it has begun.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/**
 * Asks where to save, where the browser can; else it is a download. The question comes before the bytes are made, as
 * a browser lets a page ask only right after a click.
 * @param {string} name
 * @param {string} type
 * @param {() => Promise<Uint8Array<ArrayBuffer>>} make
 * @returns {Promise<boolean>} whether it was saved; false where the visitor thought better of it
 */
export async function saveAs(name, type, make) {
  const ask = /** @type {any} */ (globalThis).showSaveFilePicker;
  if (!ask) {
    save(name, await make(), type);
    return true;
  }
  const extension = name.slice(name.lastIndexOf('.'));
  let handle;
  try {
    handle = await ask({ suggestedName: name, types: [{ accept: { [type]: [extension] } }] });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return false;
    throw error;
  }
  const file = await handle.createWritable();
  try {
    await file.write(await make());
    await file.close();
  } catch (error) {
    // Nothing half-written takes the place of what was there. What was wrong before counts, not that this fails too.
    await file.abort().catch(() => {});
    throw error;
  }
  return true;
}

let opened = '';

/**
 * Shows a page by itself in a new tab; where the browser lets no tab open it is downloaded.
 * @param {Promise<string>} page HTML
 * @param {string} name for the download
 */
export async function open(page, name) {
  const blob = new Blob([await page], { type: 'text/html' });
  // The tab may be reloaded and printed, so its address stays until the next one or until all is closed.
  forget();
  opened = URL.createObjectURL(blob);
  if (!window.open(opened, '_blank')) save(name, blob, 'text/html');
}

/** Lets go of the page that was shown last. */
export function forget() {
  URL.revokeObjectURL(opened);
  opened = '';
}
