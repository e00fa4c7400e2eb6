/**
 * Connects the rooms of the page. This is the only module that knows all of them.
 */
// First, because the policy has to exist before any worker starts.
import './offline/trusted-types.js';
import { CohortTable } from './cohort/cohort-table.js';
import { CommandButtons } from './core/command-buttons.js';
import { find } from './core/dom.js';
import { faultOf, withoutFullStop } from './core/errors.js';
import { Store } from './core/store.js';
import { UnsavedDialog } from './editing/unsaved-dialog.js';
import { Engine } from './engine/engine.js';
import { Jobs } from './engine/jobs.js';
import { MeasurementSync } from './engine/measurement-sync.js';
import { modelOf } from './engine/model.js';
import { Exercises } from './exercise/exercises.js';
import { Exports } from './export/exports.js';
import { listenForFiles } from './intake/file-intake.js';
import { keepOffline } from './offline/register.js';
import { hostFor, siteModel } from './offline/site-host.js';
import { FileList, Notice } from './panels/notice.js';
import { PanelsController } from './panels/panels-controller.js';
import { Status } from './panels/status.js';
import { ChangePanel } from './timepoints/change-panel.js';
import { TimePoints } from './timepoints/time-points.js';
import { listenForKeys } from './viewer/keyboard.js';
import { ViewerController } from './viewer/viewer-controller.js';

/** @import { CommandContext } from './core/commands.js' */
/** @import { Backend, CaseState, Note, Sample } from './core/types.js' */
/** @import { ModelFiles } from './intake/model-files.js' */

/** How often the page checks whether it is free for other downloads. */
const POLL_MS = 500;

const address = new URLSearchParams(location.search);
/** @type {Backend[]} */
const BACKENDS = ['webgpu', 'cpu'];
const requestedBackend = BACKENDS.find((name) => name === address.get('backend'));
const requestedWorkers = Number(address.get('workers')) || null;
/** The folder of another model on this origin. */
const requestedModel = address.get('model');

const store = new Store();
const model = requestedModel ? modelOf(requestedModel) : siteModel;
const engine = new Engine({ host: hostFor(model), model, backends: requestedBackend ? [requestedBackend] : BACKENDS, workers: requestedWorkers }, {
  onDownload(received, total) {
    if (store.phase === 'loading') status.download(received, total);
  },
  onReport(report) {
    void panels.showReport(report);
    prepare().catch(() => {});
  },
  onLost(backend, { message }) {
    const kept = store.cases.length > 0 ? ' Your files, finished slices and edits are kept.' : '';
    const [what, next] = backend === 'cpu' ? ['The worker', 'A new one has been started'] : ['WebGPU', 'The CPU continues'];
    notice.show(`${what} stopped: ${withoutFullStop(message)}. ${next}.${kept}`);
  },
  onDead(fault) {
    // On a faulty device, the results that are shown may be wrong too.
    if (fault.code === 'device') {
      jobs.abort();
      store.close();
    }
    stop(fault);
  },
});
const measurement = new MeasurementSync(engine, store);
const status = new Status(store);
const notice = new Notice(() => (jobs.started ? jobs.continue() : void start()));
const unusedFiles = new FileList('#errors');
const notes = new FileList('#notes');
/** The notes on files, as they were read. Those on cases are new after each assembly. @type {Map<string, Note>} */
const fileNotes = new Map();
/** Whether the visitor was told that nothing can be computed. */
let stopped = false;
/** Whether something was cancelled or not read. */
let canContinue = false;
/** The slice that the page chose to show. If the visitor has moved on, the view stays. @type {string | null} */
let chosenSlice = null;
/** @type {Promise<void> | null} */
let prepared = null;

const jobs = new Jobs(engine, store, measurement, {
  onStart() {
    unusedFiles.clear();
    notes.clear();
    fileNotes.clear();
    notice.clear();
  },
  onStatus(phase, text, rest = false) {
    stopped &&= phase === 'error';
    canContinue = rest;
    store.setPhase(phase);
    status.set(text);
    if (phase === 'done') showResult();
  },
  onProgress: (done, all, noun) => status.progress(done, all, noun),
  onFaults: (faults) => unusedFiles.add(faults),
  onNotes(ofFiles, ofCases) {
    for (const note of ofFiles) fileNotes.set(JSON.stringify(note), note);
    notes.clear();
    notes.add([...fileNotes.values(), ...ofCases, ...store.cases.flatMap(greyNote)]);
  },
  onFailed: stop,
});
const timePoints = new TimePoints(store);
const viewer = new ViewerController(engine, store, {
  onDraw: () => buttons.schedule(),
  onError: showEditFault,
  onOther: () => timePoints.goToOther(),
});
const panels = new PanelsController(store, engine, {
  onAnswer: (words) => void jobs.answer(words),
  mayDiscard: (action, edits) => unsaved.mayDiscard(action, edits),
});
new ChangePanel(store);
const cohort = new CohortTable(store, (canvas, slice) => viewer.drawThumbnail(canvas, slice));
const exporter = new Exports(engine, store, {
  toPng: () => viewer.toPng(),
  onError: (error) => notice.show(`Not saved: ${withoutFullStop(faultOf(error).message)}.`),
});
const unsaved = new UnsavedDialog(store, () => exporter.save('session'));
const exercises = new Exercises(engine, store, { mayDiscard: (action, edits) => unsaved.mayDiscard(action, edits), onError: showEditFault });

/** Runs an action that closes the open files, unless the visitor wants to keep edits. @param {string} description @param {() => void} action */
async function replacing(description, action) {
  if (await unsaved.mayDiscard(description)) action();
}

/** @type {CommandContext} */
const context = {
  store,
  editor: viewer.editor,
  lines: viewer.lines,
  viewer,
  jobs: {
    get canCancel() {
      return store.phase === 'running' && !jobs.stopping;
    },
    get canContinue() {
      return canContinue;
    },
    cancel() {
      status.stopping();
      jobs.cancel();
    },
    continue: () => jobs.continue(),
    openSample: () => void replacing('Opening the sample', () => void jobs.open([{ name: 'sample', file: null, sample: chosenSample() }])),
    clear: () => void replacing('Closing all files', () => void jobs.clear()),
    segmentAnyway: (id) => void jobs.segmentAnyway(id),
  },
  exercises: {
    start: () => exercises.start(),
    toggleComparison: () => exercises.toggleComparison(),
    end: () => void exercises.end(),
  },
  timePoints,
  showCohort: () => cohort.open(),
  save: (kind) => void exporter.save(kind),
  toggleHelp: () => find('#help').togglePopover(),
};
const buttons = new CommandButtons(context);
for (const change of /** @type {const} */ (['open', 'slice', 'view', 'lines', 'settings', 'display', 'exercise', 'comparison', 'phase'])) store.on(change, () => buttons.schedule());
listenForKeys(context, (x, y, shift) => viewer.stageArrow(x, y, shift));
listenForFiles({
  onOpen: (sources, faults) => void replacing('Opening these files', () => void jobs.open(sources, faults)),
  onAdd: (sources, faults) => void (store.cases.length > 0 ? jobs.add(sources, faults) : jobs.open(sources, faults)),
  onModel: (model) => void replacing('Opening these weights', () => void useModel(model)),
  onSession(session, adding) {
    if (adding && store.cases.length > 0) {
      void jobs.add([], [{ code: 'file', file: session.name, message: 'a session replaces the open files, so it cannot be added. Open it on its own' }]);
    } else void replacing('Opening this session', () => void jobs.openSession(session));
  },
});
store.on('open', () => {
  chosenSlice = store.currentSlice?.info.id ?? null;
});
if (requestedModel) panels.useModel(requestedModel);
keepOffline({
  untilFree,
  async mayClose() {
    if (!(await unsaved.mayDiscard('Updating'))) return false;
    store.close();
    return true;
  },
});
void start();

async function start() {
  stopped = false;
  store.setPhase('loading');
  status.set('Loading the model…');
  try {
    if (requestedModel && new URL(requestedModel, document.baseURI).origin !== location.origin) {
      throw new Error(`the model ${requestedModel} is not on the origin of this page`);
    }
    await engine.start();
    await prepare();
    if (jobs.started) return;
    store.setPhase('ready');
    status.set('Ready. Drop files anywhere on this page.');
  } catch (error) {
    if (!jobs.started) stop(error);
  }
}

/** Computes with the visitor's own weights from now on. A job goes on until they have passed their self-test. @param {ModelFiles} files */
async function useModel(files) {
  const [before, text] = [store.phase, find('#status').textContent ?? ''];
  let switched = false;
  if (before !== 'running') {
    store.setPhase('loading');
    status.set(`Testing ${files.name}…`);
  }
  try {
    await engine.useModel(files, () => {
      switched = true;
      jobs.abort();
      store.close();
      panels.useModel(files.name);
      prepared = null;
    });
    await jobs.clear();
    await prepare();
    status.set(`Ready with your own weights, from ${files.name}. Drop files anywhere on this page.`);
  } catch (error) {
    if (switched) return stop(error);
    unusedFiles.add([{ ...faultOf(error), file: files.name }]);
    if (store.phase !== 'loading') return;
    store.setPhase(before);
    status.set(text);
  }
}

/** Waits until the page neither loads nor computes, so that other downloads do not delay the first mask. */
async function untilFree() {
  while (store.phase === 'loading' || store.phase === 'running') await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}

/** What the page does once, when the first worker has started. */
function prepare() {
  return (prepared ??= engine.model().then(
    ({ threshold }) => {
      store.modelThreshold = threshold;
      if (store.cases.length === 0) store.setThreshold(threshold);
      void untilFree().then(() => viewer.prefetch());
      panels.prepareLayout();
    },
    (error) => {
      // The next worker tries again.
      prepared = null;
      throw error;
    },
  ));
}

/** Shows the largest area of a new case, unless the visitor has moved to another slice or edits. */
function showResult() {
  const { current, currentSlice, fresh, edits } = store;
  if (!current || !fresh || edits.length > 0 || viewer.isPainting || currentSlice?.info.id !== chosenSlice) return;
  store.showLargest(current);
  chosenSlice = store.currentSlice?.info.id ?? null;
}

/**
 * A note on slices with FLAIR alone.
 * @param {CaseState} open
 */
function greyNote({ name, slices }) {
  const grey = slices.filter(({ info }) => info.grey).length;
  return grey > 0 ? [{ file: name, message: `${grey === 1 ? '1 grey slice' : `${grey} grey slices`} used as FLAIR for all three channels` }] : [];
}

/** The synthetic case that the visitor has chosen. */
function chosenSample() {
  return /** @type {Sample} */ (/** @type {HTMLSelectElement} */ (find('#sample-kind')).value);
}

/** @param {unknown} error */
function showEditFault(error) {
  notice.show(`An edit was not applied: ${withoutFullStop(faultOf(error).message)}. Undo it, or save a session and reload the page.`);
}

/** Nothing more can be computed. @param {unknown} error */
function stop(error) {
  if (stopped) return;
  stopped = true;
  canContinue = false;
  store.setPhase('error');
  status.set('Stopped');
  const fault = faultOf(error);
  const message = withoutFullStop(fault.message);
  const wishes = [requestedModel && `model=${requestedModel}`, requestedBackend && `backend=${requestedBackend}`].filter(Boolean);
  const hint = wishes.length > 0 ? ` Remove “${wishes.join('” and “')}” from the address to let the page choose.` : '';
  notice.show(`glioscope cannot compute here: ${message}.${hint}`, true);
  panels.showFailure({ ...fault, message });
}
