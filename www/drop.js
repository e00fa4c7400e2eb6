/**
 * Files come in here: dropped, chosen, or as the sample.
 */
import { find } from './dom.js';

/** @import { Fault, Source } from './types.js' */

/** What operating systems leave in folders. */
const LITTER = /(^|\/)(\.[^/]*|Thumbs\.db|desktop\.ini|__MACOSX\/.*)$/i;

/** @param {(sources: Source[], faults: Fault[]) => void} onSources with what could not be looked into */
export function listenForFiles(onSources) {
  /** @param {Source[]} sources @param {Fault[]} [faults] */
  const emit = (sources, faults = []) => {
    const wanted = sources.filter(({ name }) => !LITTER.test(name));
    if (wanted.length + faults.length > 0) onSources(wanted, faults);
  };
  for (const selector of ['#files', '#folder']) {
    const input = /** @type {HTMLInputElement} */ (find(selector));
    input.addEventListener('change', () => {
      emit([...(input.files ?? [])].map((file) => ({ name: file.webkitRelativePath || file.name, file })));
      // The same files may be chosen again.
      input.value = '';
    });
  }
  find('#sample').addEventListener('click', () => emit([{ name: 'sample', file: null }]));

  let depth = 0;
  /** @param {DragEvent} event @param {number} step */
  const drag = (event, step) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    depth = Math.max(0, depth + step);
    document.body.toggleAttribute('data-dragging', depth > 0);
  };
  addEventListener('dragenter', (event) => drag(event, 1));
  addEventListener('dragleave', (event) => drag(event, -1));
  addEventListener('dragover', (event) => drag(event, 0));
  addEventListener('drop', async (event) => {
    drag(event, -depth);
    if (!event.dataTransfer) return;
    /** @type {Fault[]} */
    const faults = [];
    emit(await dropped(event.dataTransfer, faults), faults);
  });
}

/**
 * The files of a drop, folders walked to their ends.
 * @param {DataTransfer} transfer
 * @param {Fault[]} faults what the browser refuses is added here
 * @returns {Promise<Source[]>}
 */
async function dropped(transfer, faults) {
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
  return walk(entry, faults).catch((error) => {
    faults.push({ kind: 'file', file: entry.fullPath.replace(/^\//, ''), message: `the browser cannot open it: ${error.message}` });
    return [];
  });
}

/**
 * @param {FileSystemEntry} entry
 * @param {Fault[]} faults
 * @returns {Promise<Source[]>}
 */
async function walk(entry, faults) {
  if (entry.isFile) {
    /** @type {File} */
    const file = await new Promise((resolve, reject) => /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject));
    return [{ name: entry.fullPath.replace(/^\//, ''), file }];
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
