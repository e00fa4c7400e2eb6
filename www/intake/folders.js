/**
 * The files of a drop, folders walked to their ends.
 */

/** @import { Fault, Source } from '../core/types.js' */

/**
 * @param {DataTransfer} transfer
 * @param {Fault[]} faults what the browser refuses is added here
 * @returns {Promise<Source[]>}
 */
export async function walk(transfer, faults) {
  // Entries are to be had during the event only, so all are taken before the first wait.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry != null);
  if (entries.length === 0) return [...transfer.files].map((file) => ({ name: file.name, file }));
  return (await Promise.all(entries.map((entry) => look(entry, faults)))).flat();
}

/**
 * @param {FileSystemEntry} entry
 * @param {Fault[]} faults
 * @returns {Promise<Source[]>}
 */
async function look(entry, faults) {
  return read(entry, faults).catch((error) => {
    faults.push({ kind: 'file', file: nameOf(entry), message: `the browser cannot open it: ${error.message}` });
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
    return [{ name: nameOf(entry), file }];
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  const children = [];
  for (;;) {
    /** @type {FileSystemEntry[]} A folder is listed in portions; an empty one ends it. */
    const portion = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (portion.length === 0) break;
    children.push(...portion);
  }
  return (await Promise.all(children.map((child) => look(child, faults)))).flat();
}

/** Folders included. @param {FileSystemEntry} entry */
function nameOf(entry) {
  return entry.fullPath.replace(/^\//, '');
}
