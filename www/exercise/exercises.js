/**
 * Exercises: on a case with a reference, all masks are hidden, the visitor draws, and compares. What the visitor draws are
 * edits that begin with an empty mask, so every editing tool works. The edits from before return when the exercise ends.
 */
import { find } from '../core/dom.js';
import { isDrawing } from '../core/store.js';

/** @import { Engine } from '../engine/engine.js' */
/** @import { Store } from '../core/store.js' */
/** @import { CaseState, SliceState } from '../core/types.js' */

const HINTS = {
  drawing: 'Draw the lesion on every slice, then compare. Prediction and reference are hidden.',
  comparing: 'Side by side: your mask on the left, the network’s on the right. The colours show the agreement with the reference.',
};

export class Exercises {
  #bar = find('#exercise');
  #hint = find('p', this.#bar);
  #engine;
  #store;
  #mayDiscard;
  #onError;
  /** By number of pixels. Slices without a drawing have one in common. @type {Map<number, Uint8Array>} */
  #empty = new Map();

  /**
   * @param {Engine} engine
   * @param {Store} store
   * @param {{mayDiscard: (action: string, edits: Uint8Array[]) => Promise<boolean>, onError: (error: unknown) => void}} page
   */
  constructor(engine, store, { mayDiscard, onError }) {
    this.#engine = engine;
    this.#store = store;
    this.#mayDiscard = mayDiscard;
    this.#onError = onError;
    // Slices may have been added to the case.
    store.on('open', () => {
      for (const open of store.cases) if (open.exercise) this.#emptySlices(open);
    });
    for (const change of /** @type {const} */ (['open', 'view', 'exercise'])) store.on(change, () => this.#show());
  }

  /** Begins an exercise on the case in view. */
  start() {
    const open = this.#store.current;
    if (!open || open.exercise) return;
    const before = new Map(open.slices.map(({ info, edit }) => [info.id, edit]));
    for (const slice of open.slices) this.#setEdit(slice, this.#emptyMask(slice));
    // The measures of the prediction are out of date.
    this.#store.setMeasure(open.id, { measure: null, measureFault: null });
    this.#store.setExercise(open.id, { comparing: false, before });
    this.#store.setDisplay({ tool: 'brush', overlay: 'mask', overlayVisible: true });
  }

  /** Compares the case in view, or hides the answers again. */
  toggleComparison() {
    const { current: open, display } = this.#store;
    if (!open?.exercise) return;
    const comparing = !open.exercise.comparing;
    this.#store.setExercise(open.id, { ...open.exercise, comparing });
    this.#store.setDisplay(comparing
      ? { tool: 'browse', overlay: 'agreement', layout: 'side', overlayVisible: true, referenceVisible: true }
      : { tool: 'brush', overlay: 'mask', layout: display.layout === 'side' ? 'slice' : display.layout });
  }

  /** Ends the exercise on the case in view. The edits from before return. */
  async end() {
    const open = this.#store.current;
    if (!open?.exercise || !(await this.#mayDiscard('Ending the exercise', open.slices.flatMap(({ edit }) => edit ?? [])))) return;
    if (this.#store.case(open.id) !== open || !open.exercise) return;
    const { before } = open.exercise;
    for (const slice of open.slices) this.#setEdit(slice, before.get(slice.info.id) ?? null);
    this.#store.setExercise(open.id, null);
    const { layout } = this.#store.display;
    this.#store.setDisplay({ tool: 'browse', overlay: 'mask', layout: layout === 'side' ? 'slice' : layout });
  }

  /** @param {CaseState} open */
  #emptySlices(open) {
    for (const slice of open.slices) if (!slice.edit) this.#setEdit(slice, this.#emptyMask(slice));
  }

  /** @param {SliceState} slice */
  #emptyMask({ info: { width, height } }) {
    const size = width * height;
    const mask = this.#empty.get(size) ?? new Uint8Array(size);
    this.#empty.set(size, mask);
    // Nothing is lost with an empty drawing.
    this.#store.markSaved([mask]);
    return mask;
  }

  /** @param {SliceState} slice @param {Uint8Array | null} edit */
  #setEdit({ info }, edit) {
    this.#engine.setEdit(info.id, edit).catch(this.#onError);
    this.#store.setSlice(info.id, { edit });
  }

  #show() {
    const { current } = this.#store;
    this.#bar.hidden = !current?.exercise;
    this.#hint.textContent = !current?.exercise ? '' : isDrawing(current) ? HINTS.drawing : HINTS.comparing;
  }
}
