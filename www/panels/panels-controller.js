/**
 * The columns beside the viewer, wired: what comes in, what was found and measured, what can be taken away, and what may
 * be trusted. The panels do not know one another.
 */
import { Cases } from './case-list.js';
import { Diagnostics } from './diagnostics.js';
import { find, idle } from '../core/dom.js';
import { listenForFiles } from '../intake/file-intake.js';
import { Exports } from '../export/exports.js';
import { nameless } from '../engine/primary-worker.js';
import { Measures } from './measures.js';
import { ModelCard } from './model-card.js';
import { Plots } from './plots.js';
import { Results } from './results.js';
import { forget } from '../export/save.js';
import { SelfTest } from './self-test.js';
import { SpacingForm } from './spacing-form.js';
import { Tabs } from './tabs.js';
import { Unsaved } from '../editing/unsaved-dialog.js';
import { VerdictCard } from './input-check.js';

/** @import { Engine } from '../engine/engine.js' */
/** @import { Job } from '../engine/job.js' */
/** @import { State } from '../core/store.js' */
/** @import { Fault, ModelInfo, Standing } from '../core/types.js' */

export class Panels {
  #engine;
  #state;
  #selfTest = new SelfTest();
  #modelCard = new ModelCard();
  #list;
  #results;
  #measures = new Measures();
  #plots;
  #spacing;
  #verdict;
  #exports;
  #frame = 0;
  /** Whether slices are being segmented. */
  #running = false;
  /** @type {Standing | null} */
  #standing = null;
  /** Why nothing can be computed. @type {string | null} */
  #failure = null;
  /** @type {ModelInfo | null} */
  #model = null;

  /**
   * @param {State} state
   * @param {Engine} engine
   * @param {Job} job
   * @param {{picture: () => Promise<Blob | null>, onFault: (message: string) => void}} page the view as PNG, and where faults are told
   */
  constructor(state, engine, job, { picture, onFault }) {
    this.#engine = engine;
    this.#state = state;
    new Tabs('.tabs');
    const go = (/** @type {number} */ slice) => state.show({ ...state.at, slice });
    this.#list = new Cases((at) => state.show({ case: at, slice: state.best(at) }));
    this.#results = new Results(go);
    this.#plots = new Plots(go);
    this.#spacing = new SpacingForm((spacing) => state.setSpacing(state.at.case, spacing));
    this.#verdict = new VerdictCard(() => void job.anyway(state.at.case));
    this.#exports = new Exports(engine, state, picture, onFault);
    new Diagnostics(() => ({
      standing: this.#standing, failure: this.#failure, tried: engine.tried, model: this.#model, cases: state.cases,
    }));
    const unsaved = new Unsaved(state);
    /** @param {string} what @param {() => void} act what closes all that is open */
    const instead = async (what, act) => {
      if (await unsaved.mayGo(what)) act();
    };
    listenForFiles({
      onOpen: (sources, faults) => void instead(sources[0]?.file === null ? 'Opening the sample' : 'Opening these files', () => void job.open(sources, faults)),
      onAdd: (sources, faults) => void (state.cases.length > 0 ? job.add(sources, faults) : job.open(sources, faults)),
      onSession: (session, adding) => void (adding && state.cases.length > 0
        ? job.add([], [{ kind: 'file', file: session.name, message: 'a saved session takes the place of all that is open, so it cannot be added: open it by itself' }])
        : instead('Opening this session', () => void job.openSession(session))),
      onClear: () => void instead('Clearing all', () => void job.clear()),
    });
    state.on('open', () => {
      document.body.dataset.view = state.cases.length > 0 ? 'case' : 'empty';
      if (state.cases.length === 0) {
        this.#spacing.reset();
        forget();
      }
      this.#list.open(state.cases);
      this.#refresh();
      if (state.fresh && state.cases.length > 0) this.#lookAtStage();
    });
    for (const change of /** @type {const} */ (['slice', 'view', 'settings'])) state.on(change, () => this.#refresh());
    state.on('measure', () => {
      const { case: at } = state.told;
      this.#list.update(at, state.cases[at]);
      this.#refresh();
    });
  }

  /** What runs, and how its self-test went. @param {Standing} standing */
  async standing(standing) {
    this.#standing = standing;
    this.#failure = null;
    this.#selfTest.show(standing);
    this.#model ??= await this.#engine.model().catch(() => null);
    if (this.#model) this.#modelCard.show(this.#model);
  }

  /**
   * Has the browser lay out what a case shows, unseen, while nothing else is to be done: the styles and fonts of some five
   * hundred elements are more than half of the first case's first frame otherwise.
   */
  rehearse() {
    idle(() => {
      const { dataset } = document.body;
      if (dataset.view !== 'empty') return;
      dataset.view = 'case';
      document.body.getBoundingClientRect();
      dataset.view = 'empty';
    });
  }

  /** Nothing can be computed here. @param {Fault} fault */
  fail(fault) {
    this.#failure = nameless(fault);
    this.#selfTest.fail(fault.message);
    this.turn(false);
  }

  /** @param {boolean} running whether slices are being segmented */
  turn(running) {
    this.#running = running;
    this.#refresh();
  }

  /** Other slices are open: whoever asked for them goes on there, and Space does not ask for them again. */
  #lookAtStage() {
    if (document.activeElement?.closest('.intake')) find('#stage').focus({ preventScroll: true });
  }

  /** Draws with the next frame, however much changes until then. */
  #refresh() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    const { cases, at, current, threshold } = this.#state;
    this.#exports.update();
    this.#verdict.show(current);
    if (!current) return;
    this.#list.select(at.case);
    cases.forEach((state, index) => this.#list.update(index, state));
    const drawn = this.#state.drawn(at.case);
    this.#results.show(current, at.slice, drawn, this.#running);
    this.#measures.show(current, at.slice, threshold);
    this.#plots.show(current.measure, at.slice);
    this.#spacing.show(current);
  }
}
