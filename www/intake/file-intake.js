/**
 * Files come in here: dropped, chosen, or as the sample. What comes in either takes the place of what is open, or is
 * added to it.
 */
import { find } from '../core/dom.js';
import { walk } from './folders.js';
import { isSession } from './zip.js';

/** @import { Fault, Source } from '../core/types.js' */

/** What operating systems leave in folders. */
const LITTER = /(^|\/)(\.[^/]*|Thumbs\.db|desktop\.ini|__MACOSX\/.*)$/i;

/** Over a page a drag is heard of every 50 to 350 ms, even one that rests. */
const SILENT_MS = 2000;

/**
 * @typedef {object} Intake
 * @property {(sources: Source[], faults: Fault[]) => void} onOpen with what could not be looked into
 * @property {(sources: Source[], faults: Fault[]) => void} onAdd likewise, to what is open
 * @property {(session: Source, adding: boolean) => void} onSession a session that was saved from here
 * @property {() => void} onClear
 */

/** @param {Intake} intake */
export function listenForFiles({ onOpen, onAdd, onSession, onClear }) {
  /** @param {boolean} adding @param {Source[]} sources @param {Fault[]} [faults] */
  const emit = async (adding, sources, faults = []) => {
    const wanted = sources.filter(({ name }) => !LITTER.test(name));
    if (wanted.length + faults.length === 0) return;
    const [{ file } = { file: null }] = wanted;
    if (wanted.length === 1 && file && (await isSession(file))) onSession({ ...wanted[0], session: true }, adding);
    else if (adding) onAdd(wanted, faults);
    else onOpen(wanted, faults);
  };
  for (const selector of ['#files', '#folder', '#add-files', '#add-folder']) {
    const input = /** @type {HTMLInputElement} */ (find(selector));
    input.addEventListener('change', () => {
      const sources = [...(input.files ?? [])].map((file) => ({ name: file.webkitRelativePath || file.name, file }));
      void emit(selector.startsWith('#add'), sources);
      // The same files may be chosen again.
      input.value = '';
    });
  }
  find('#sample').addEventListener('click', () => onOpen([{ name: 'sample', file: null }], []));
  find('#clear').addEventListener('click', onClear);

  let depth = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let silence;
  const more = find('#veil-add');
  /** Whether the pointer is where files are added. @param {DragEvent} event */
  const overMore = ({ clientX, clientY }) => {
    const { left, right, top, bottom } = more.getBoundingClientRect();
    return clientX >= left && clientX < right && clientY >= top && clientY < bottom;
  };
  /** @param {DragEvent} event @param {number} step */
  const drag = (event, step) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    depth = Math.max(0, depth + step);
    // A drag that is given up need not leave: it only falls silent.
    clearTimeout(silence);
    if (depth > 0) silence = setTimeout(() => document.body.toggleAttribute('data-dragging', Boolean((depth = 0))), SILENT_MS);
    document.body.toggleAttribute('data-dragging', depth > 0);
    more.toggleAttribute('data-over', depth > 0 && overMore(event));
  };
  addEventListener('dragenter', (event) => drag(event, 1));
  addEventListener('dragleave', (event) => drag(event, -1));
  addEventListener('dragover', (event) => drag(event, 0));
  addEventListener('drop', async (event) => {
    // As long as the veil is there to be measured.
    const adding = overMore(event);
    drag(event, -depth);
    if (!event.dataTransfer) return;
    /** @type {Fault[]} */
    const faults = [];
    await emit(adding, await walk(event.dataTransfer, faults), faults);
  });
}
