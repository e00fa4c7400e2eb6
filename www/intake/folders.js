/**
 * The files of a drop, including those in dropped folders.
 */

/** @import { Fault, Source } from '../core/types.js' */

/**
 * @param {DataTransfer} transfer
 * @param {Fault[]} faults receives what the browser cannot open
 * @returns {Promise<Source[]>}
 */
export async function filesOf(transfer, faults) {
  // Entries are available only during the event, so all are taken before the first `await`.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry != null);
  if (entries.length === 0) return [...transfer.files].map((file) => ({ name: file.name, file }));
  return (await Promise.all(entries.map((entry) => tryRead(entry, faults)))).flat();
}

/**
 * @param {FileSystemEntry} entry
 * @param {Fault[]} faults
 * @returns {Promise<Source[]>}
 */
function tryRead(entry, faults) {
  return read(entry, faults).catch((error) => {
    faults.push({ code: 'file', file: pathOf(entry), message: `the browser cannot open it: ${error.message}` });
    return [];
  });
}

/**
 * @param {FileSystemEntry} entry
 * @param {Fault[]} faults
 * @returns {Promise<Source[]>}
 */
async function read(entry, faults) {
  if (entry.isFile) {
    /** @type {File} */
    const file = await new Promise((resolve, reject) => /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject));
    return [{ name: pathOf(entry), file }];
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  const children = [];
  for (;;) {
    /** @type {FileSystemEntry[]} A folder is listed in batches. An empty batch ends the list. */
    const batch = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) break;
    children.push(...batch);
  }
  return (await Promise.all(children.map((child) => tryRead(child, faults)))).flat();
}

/** Folders included. @param {FileSystemEntry} entry */
function pathOf(entry) {
  return entry.fullPath.replace(/^\//, '');
}
