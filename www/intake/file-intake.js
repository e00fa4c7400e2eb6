/**
 * Where files come in: by a drop, by a file dialog, or as the sample. They replace what is open or are added to it.
 */
import { find } from '../core/dom.js';
import { filesOf } from './folders.js';
import { modelIn } from './model-files.js';
import { isSession } from './session-file.js';
import { joinPairs } from './volume-pairs.js';

/** @import { Fault, Source } from '../core/types.js' */
/** @import { ModelFiles } from './model-files.js' */

/** `dragover` fires every 50 to 350 ms, even when the pointer rests. After this long without one, the drag has ended. */
const DRAG_TIMEOUT_MS = 2000;

/**
 * @typedef {object} Handlers
 * @property {(sources: Source[], faults: Fault[]) => void} onOpen with what the browser could not open
 * @property {(sources: Source[], faults: Fault[]) => void} onAdd
 * @property {(session: Source, adding: boolean) => void} onSession a saved session
 * @property {(model: ModelFiles) => void} onModel the files of a model
 */

/** @param {Handlers} handlers */
export function listenForFiles({ onOpen, onAdd, onSession, onModel }) {
  /** @param {boolean} adding @param {Source[]} files @param {Fault[]} [faults] */
  const emit = async (adding, files, faults = []) => {
    const sources = joinPairs(files);
    if (sources.length + faults.length === 0) return;
    const [{ file } = { file: null }] = sources;
    const model = await modelIn(sources);
    if (model) return onModel(model);
    if (sources.length === 1 && file && (await isSession(file))) onSession({ ...sources[0], session: true }, adding);
    else if (adding) onAdd(sources, faults);
    else onOpen(sources, faults);
  };
  for (const selector of ['#files', '#folder', '#add-files', '#add-folder']) {
    const input = /** @type {HTMLInputElement} */ (find(selector));
    input.addEventListener('change', () => {
      const sources = [...(input.files ?? [])].map((file) => ({ name: file.webkitRelativePath || file.name, file }));
      void emit(selector.startsWith('#add'), sources);
      // So that the same files can be chosen again.
      input.value = '';
    });
  }
  listenForDrops(emit);
}

/** @param {(adding: boolean, sources: Source[], faults: Fault[]) => Promise<void>} emit */
function listenForDrops(emit) {
  let depth = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timeout;
  const addArea = find('#veil-add');
  /** @param {DragEvent} event */
  const isOverAddArea = ({ clientX, clientY }) => {
    const { left, right, top, bottom } = addArea.getBoundingClientRect();
    return clientX >= left && clientX < right && clientY >= top && clientY < bottom;
  };
  /** @param {DragEvent} event @param {number} step */
  const drag = (event, step) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    depth = Math.max(0, depth + step);
    // A cancelled drag may end without a `dragleave`.
    clearTimeout(timeout);
    if (depth > 0) timeout = setTimeout(() => document.body.toggleAttribute('data-dragging', Boolean((depth = 0))), DRAG_TIMEOUT_MS);
    document.body.toggleAttribute('data-dragging', depth > 0);
    addArea.toggleAttribute('data-over', depth > 0 && isOverAddArea(event));
  };
  addEventListener('dragenter', (event) => drag(event, 1));
  addEventListener('dragleave', (event) => drag(event, -1));
  addEventListener('dragover', (event) => drag(event, 0));
  addEventListener('drop', async (event) => {
    // Before the area is hidden.
    const adding = isOverAddArea(event);
    drag(event, -depth);
    if (!event.dataTransfer) return;
    /** @type {Fault[]} */
    const faults = [];
    await emit(adding, await filesOf(event.dataTransfer, faults), faults);
  });
}
