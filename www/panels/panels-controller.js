/**
 * The panels beside the viewer, over one store: cases, results, measures, spacing, input check and model card. The panels
 * do not know one another.
 */
import { find, whenIdle } from '../core/dom.js';
import { anonymousMessage } from '../core/errors.js';
import { isDrawing } from '../core/store.js';
import { CaseList } from './case-list.js';
import { followLayout } from './column-order.js';
import { Diagnostics } from './diagnostics.js';
import { fillHelp } from './help.js';
import { InputCheckCard } from './input-check.js';
import { Measures } from './measures.js';
import { ModelCard } from './model-card.js';
import { PassedOver } from './passed-over.js';
import { Plots } from './plots.js';
import { Questions } from './questions.js';
import { Reading } from './reading.js';
import { Results } from './results.js';
import { SeriesList } from './series.js';
import { SelfTest } from './self-test.js';
import { SpacingForm } from './spacing-form.js';
import { Tabs } from './tabs.js';

/** @import { Engine } from '../engine/engine.js' */
/** @import { Store } from '../core/store.js' */
/** @import { DeviceReport, Fault, ModelInfo, Words } from '../core/types.js' */

export class PanelsController {
  #engine;
  #store;
  #selfTest = new SelfTest();
  #modelCard = new ModelCard();
  #caseList;
  #results;
  #measures = new Measures();
  #plots;
  #spacing;
  #inputCheck = new InputCheckCard();
  #reading = new Reading();
  #passedOver = new PassedOver();
  #questions;
  #series;
  #frame = 0;
  /** @type {DeviceReport | null} */
  #report = null;
  /** Why nothing can be computed. @type {string | null} */
  #failure = null;
  /** @type {ModelInfo | null} */
  #model = null;
  /** The name of a model that is not the published one. @type {string | null} */
  #own = null;

  /**
   * @param {Store} store
   * @param {Engine} engine
   * @param {object} events
   * @param {(words: Words[]) => void} events.onAnswer to the questions about the files and their series
   * @param {(action: string, edits: Uint8Array[]) => Promise<boolean>} events.mayDiscard whether edits may be dropped
   */
  constructor(store, engine, { onAnswer, mayDiscard }) {
    this.#engine = engine;
    this.#store = store;
    new Tabs('.tabs');
    fillHelp(store);
    followLayout(store);
    this.#caseList = new CaseList((id) => {
      const open = store.case(id);
      if (open) store.showLargest(open);
    });
    this.#results = new Results(() => store.current && store.showLargest(store.current));
    this.#plots = new Plots((index) => store.showIndex(index));
    this.#spacing = new SpacingForm((spacing, draft) => store.current && store.setSpacing(store.current.id, spacing, draft));
    this.#questions = new Questions((words) => onAnswer([...words, ...this.#series.words]));
    this.#series = new SeriesList(async (words, { study }) => {
      const names = new Set(store.series.flatMap((series) => (series.study === study ? [series.case] : [])));
      const slices = store.cases.flatMap((open) => (names.has(open.name) ? open.slices : []));
      const edits = slices.flatMap(({ edit }) => edit ?? []);
      if (await mayDiscard('Another choice of series', edits)) onAnswer([...this.#questions.words, ...words]);
      else this.#series.show(store.series);
    });
    new Diagnostics(() => ({
      report: this.#report, failure: this.#failure, failures: engine.failures, model: this.#model, cases: store.cases,
    }));
    store.on('open', () => {
      document.body.dataset.view = store.cases.length > 0 ? 'case' : 'empty';
      this.#caseList.open(store.cases);
      this.#passedOver.show(store.passedOver);
      this.#questions.show(store.questions);
      this.#series.show(store.series);
      // After files were opened by keyboard, the keyboard continues on the slice.
      if (store.fresh && store.cases.length > 0 && document.activeElement?.closest('.intake')) find('#stage').focus({ preventScroll: true });
    });
    store.on('measure', (id) => {
      const open = store.case(id);
      if (open) this.#caseList.update(open);
    });
    store.on('phase', () => {
      document.body.dataset.state = store.phase;
    });
    for (const change of /** @type {const} */ (['open', 'slice', 'view', 'lines', 'settings', 'measure', 'exercise', 'phase'])) store.on(change, () => this.#schedule());
  }

  /** @param {DeviceReport} report */
  async showReport(report) {
    this.#report = report;
    this.#failure = null;
    this.#selfTest.show(report);
    this.#model ??= await this.#engine.model().catch(() => null);
    if (this.#model) this.#modelCard.show(this.#model, this.#own);
  }

  /** Another model is used from now on. @param {string} own its name */
  useModel(own) {
    this.#own = own;
    this.#model = null;
    find('#trained-on').hidden = true;
    const line = find('#own-model');
    line.hidden = false;
    find('dd', line).textContent = `your own weights, from ${own}`;
    find('.about [popovertarget="card"]').textContent = `About the model: ${own}`;
  }

  /** Nothing can be computed. @param {Fault} fault */
  showFailure(fault) {
    this.#failure = anonymousMessage(fault);
    this.#selfTest.fail(fault.message);
  }

  /**
   * Has the browser lay out the page of a case while it is idle. Otherwise styles and fonts take more than half of the
   * time to the first frame of the first case.
   */
  prepareLayout() {
    whenIdle(() => {
      const { dataset } = document.body;
      if (dataset.view !== 'empty') return;
      dataset.view = 'case';
      document.body.getBoundingClientRect();
      dataset.view = 'empty';
    });
  }

  /** Draws once with the next frame. */
  #schedule() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    const { cases, current, index, threshold, phase, pixelSize } = this.#store;
    this.#inputCheck.show(current);
    this.#reading.show(current);
    if (!current) return;
    this.#caseList.select(current.id);
    for (const open of cases) this.#caseList.update(open);
    this.#results.show(current, index, phase === 'running');
    this.#measures.show(current, index, threshold, pixelSize);
    this.#plots.show(current.measure, index, !isDrawing(current));
    this.#spacing.show(current);
  }
}
