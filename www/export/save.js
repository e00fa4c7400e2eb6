/**
 * Ways to save a file: a download, a file that the visitor chooses, or a new tab.
 */

/** How long a download may take to start, in milliseconds. Its blob is kept that long. */
const DOWNLOAD_START_MS = 10_000;

/**
 * Starts a download. A page cannot learn whether the visitor cancels it.
 * @param {string} name
 * @param {Uint8Array<ArrayBuffer> | Blob | string} content
 * @param {string} type
 */
export function download(name, content, type) {
  const address = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), DOWNLOAD_START_MS);
}

/**
 * Asks where to save, if the browser can, and starts a download otherwise. Asks before the content is made, because
 * browsers allow the question only right after a click.
 * @param {string} name
 * @param {string} type
 * @param {() => Promise<Blob>} make
 * @returns {Promise<boolean>} whether it was saved; false where the visitor cancelled
 */
export async function saveAs(name, type, make) {
  const ask = /** @type {any} */ (globalThis).showSaveFilePicker;
  if (!ask) {
    download(name, await make(), type);
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
    // Keeps the file that was there. The first error counts.
    await file.abort().catch(() => {});
    throw error;
  }
  return true;
}

/** The page in the last new tab. */
let openedUrl = '';

/**
 * Shows an HTML page in a new tab. Where the browser does not open one, it is downloaded.
 * @param {Promise<string>} html
 * @param {string} name for the download
 */
export async function openInTab(html, name) {
  const blob = new Blob([await html], { type: 'text/html' });
  // The tab can be reloaded and printed until another one is opened or all files are closed.
  releaseTab();
  openedUrl = URL.createObjectURL(blob);
  if (!window.open(openedUrl, '_blank')) download(name, blob, 'text/html');
}

/** Frees the page in the last new tab. */
export function releaseTab() {
  URL.revokeObjectURL(openedUrl);
  openedUrl = '';
}
