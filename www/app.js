/**
 * The page, wired: the one module that knows the state, the engine, and all that shows them.
 */
import { Engine } from './engine/engine.js';
import { faultOf } from './core/errors.js';
import { Job } from './engine/job.js';
import { Looking } from './viewer/viewer-controller.js';
import { Measuring } from './engine/measurement-sync.js';
import { Notice, Report } from './panels/notice.js';
import { Panels } from './panels/panels-controller.js';
import { State } from './core/store.js';
import { Status } from './panels/status.js';

/** @import { Backend, CaseState, Note } from './core/types.js' */

const address = new URLSearchParams(location.search);
const wish = /** @type {Backend | undefined} */ (['cpu', 'webgpu'].find((name) => name === address.get('backend')));
const workers = Number(address.get('workers')) || null;

const state = new State();
const engine = new Engine(wish ?? null, workers, {
  onStanding(standing) {
    void panels.standing(standing);
    prepare().catch(() => {});
  },
  onLost({ message }) {
    const kept = state.cases.length > 0 ? ' Your files, finished slices and edits are kept.' : '';
    notice.say(`The worker stopped: ${message.replace(/[.\s]+$/, '')}. A new one has been started.${kept}`);
  },
  onDead(fault) {
    // What this device has drawn so far is as wrong as its numbers.
    if (fault.kind === 'device') {
      job.cancel();
      state.close();
    }
    failed(fault);
  },
});
const measuring = new Measuring(engine, state);
const status = new Status(() => job.cancel(), () => job.again());
const notice = new Notice(() => (job.begun ? job.again() : void start()));
const errors = new Report('#errors');
const notes = new Report('#notes');
/** What was said of files as they were read. Of the cases all is said anew each time. @type {Map<string, Note>} */
const said = new Map();
/** Where the work had put the view: whoever looks elsewhere by the end of it is left alone. */
let put = state.at;
/** Whether it was said that nothing can be computed any more. */
let over = false;
/** What the first worker that is up makes possible, whoever has asked for it. @type {Promise<void> | null} */
let prepared = null;
const job = new Job(engine, state, measuring, {
  onStart() {
    errors.clear();
    notes.clear();
    said.clear();
    notice.clear();
  },
  onStatus(turn, text, rest) {
    over &&= turn === 'error';
    status.set(turn, text, rest);
    panels.turn(turn === 'running');
    const touched = state.edits.length > 0 || looking.drawing;
    if (turn === 'done' && state.fresh && state.at === put && !touched) state.show((put = { ...state.at, slice: state.best(state.at.case) }));
  },
  onProgress: (done, all, noun) => status.progress(done, all, noun),
  onFaults: (faults) => errors.add(faults),
  onNotes(read, made) {
    for (const note of read) said.set(JSON.stringify(note), note);
    notes.clear();
    notes.add([...said.values(), ...made, ...state.cases.flatMap(greyNote)]);
  },
  onSettings(settings) {
    state.rules = settings.rules;
    settings.spacing.forEach((spacing, at) => state.cases[at] && state.setSpacing(at, spacing));
    state.setThreshold(settings.threshold);
  },
  onFailed: failed,
});
const looking = new Looking(engine, state);
const panels = new Panels(state, engine, job, {
  picture: () => looking.picture(),
  onFault: (message) => notice.say(message),
});
state.on('open', () => {
  put = state.at;
});
void start();

async function start() {
  over = false;
  status.set('loading', 'Loading the network…');
  try {
    await engine.open();
    await prepare();
    if (!job.begun) status.set('ready', 'Ready. Files may be dropped anywhere on this page.');
  } catch (error) {
    if (!job.begun) failed(error);
  }
}

function prepare() {
  return (prepared ??= engine.model().then(
    ({ threshold }) => {
      if (state.cases.length === 0) state.setThreshold(threshold);
      looking.setOwnThreshold(threshold);
      looking.prefetch();
      panels.rehearse();
    },
    (error) => {
      // The next worker may do better.
      prepared = null;
      throw error;
    },
  ));
}

/**
 * Says where one channel had to serve for three.
 * @param {CaseState} open
 */
function greyNote({ name, slices }) {
  const grey = slices.filter(({ info }) => info.grey).length;
  return grey > 0 ? [{ file: name, message: `${grey === 1 ? '1 grey slice' : `${grey} grey slices`} taken as FLAIR for all three channels` }] : [];
}

/** Nothing more can be computed. @param {unknown} error */
function failed(error) {
  if (over) return;
  over = true;
  status.set('error', 'Stopped');
  const fault = faultOf(error);
  const message = fault.message.replace(/[.\s]+$/, '');
  const way = wish ? ` Without “?backend=${wish}” in its address the page chooses for itself.` : '';
  notice.say(`glioscope cannot compute here: ${message}.${way}`, true);
  panels.fail({ ...fault, message });
}
