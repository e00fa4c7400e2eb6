/**
 * The page's state and its wiring: the only module that knows the components.
 */
import { Cases } from './cases.js';
import { count, find, many } from './dom.js';
import { listenForFiles } from './drop.js';
import { Engine } from './engine.js';
import { faultOf } from './fault.js';
import { listenForKeys } from './keys.js';
import { Looks } from './look.js';
import { Notice, Report } from './notice.js';
import { Pictures } from './pictures.js';
import { Results } from './results.js';
import { save } from './save.js';
import { Status } from './status.js';
import { Strip } from './strip.js';
import { Timeline } from './timeline.js';
import { Viewer } from './viewer.js';

/** @import { Backend, CaseInfo, CaseState, Fault, Finding, Place, SliceState, Source } from './types.js' */

const address = new URLSearchParams(location.search);
const wish = /** @type {Backend | undefined} */ (['cpu', 'webgpu'].find((name) => name === address.get('backend')));
const workers = Number(address.get('workers')) || null;

/** @type {CaseState[]} */
let cases = [];
/** @type {Place} what is in view */
let at = { case: 0, slice: 0 };
/** @type {AbortController | null} the newest job; whatever belongs to an older one is dropped */
let job = null;
/** @type {Source[]} what the newest job was given */
let given = [];
/** Whether the view follows the work: until the visitor takes over. */
let following = true;
let frame = 0;

const engine = new Engine(wish ?? null, workers, {
  onStanding({ backend, adapter, why, difference }) {
    find('#backend').textContent = backend;
    const test = difference === null ? '' : `self-test passed, off by ${difference.toExponential(0)}`;
    find('#backend-detail').textContent = (backend === 'cpu' ? [why] : [adapter, test]).filter(Boolean).join('; ');
    find('.runs').title = [adapter, why, test].filter(Boolean).join('; ');
  },
  onLost({ message }) {
    const kept = cases.length > 0 ? ' Your files and finished slices are kept.' : '';
    notice.say(`The worker stopped: ${message.replace(/[.\s]+$/, '')}. A new one has been started.${kept}`);
  },
  onDead: failed,
});
const pictures = new Pictures(engine);
const status = new Status(() => job?.abort());
const notice = new Notice(() => (given.length > 0 ? void run(given) : void start()));
const errors = new Report('#errors');
const notes = new Report('#notes');
const list = new Cases((index) => go({ case: index, slice: best(index) }));
const results = new Results((slice) => go({ ...at, slice }));
const looks = new Looks(() => {
  refresh();
  strip.again();
});
const viewer = new Viewer(step);
const timeline = new Timeline((slice) => go({ ...at, slice }));
const strip = new Strip((slice) => go({ ...at, slice }), (slice) => void thumbnail({ ...at, slice }));
const download = /** @type {HTMLButtonElement} */ (find('#download-masks'));

listenForFiles((sources, faults) => void run(sources, faults));
listenForKeys({
  step,
  flip: () => looks.flip(),
  hide: () => looks.hide(),
  isOpen: () => cases.length > 0,
});
download.addEventListener('click', async () => {
  const name = cases.length === 1 ? cases[0].name.replace(/[^\w.-]+/g, '_') : 'glioscope';
  try {
    save(`${name}_masks.zip`, await engine.zip(), 'application/zip');
  } catch (error) {
    notice.say(`The masks could not be packed: ${faultOf(error).message}`);
  }
});
void start();

async function start() {
  status.set('loading', 'Loading the network…');
  try {
    await engine.open();
    if (!job) status.set('ready', 'Ready. Files may be dropped anywhere on this page.');
  } catch (error) {
    if (!job) failed(error);
  }
}

/**
 * Reads and segments; an older job gives way.
 * @param {Source[]} sources
 * @param {Fault[]} [unopened] what could not even be handed in
 */
async function run(sources, unopened = []) {
  job?.abort();
  const mine = (job = new AbortController());
  given = sources;
  reset();
  errors.add(unopened);
  status.set('running', document.body.dataset.state === 'loading' ? 'Loading the network…' : 'Reading…');
  try {
    const { assembly, faults } = await engine.load(sources, mine.signal, (read) => {
      if (job === mine) status.progress(read, sources.length, sources.length === 1 ? 'file read' : 'files read');
    });
    errors.add(faults);
    notes.add([...assembly.notes, ...assembly.cases.flatMap(greyNote)]);
    cases = assembly.cases.map(({ name, slices }) => ({
      name,
      slices: slices.map((info) => ({ info, finding: null, fault: null })),
    }));
    const places = cases.flatMap(({ slices }, index) => slices.map((_, slice) => ({ case: index, slice })));
    if (places.length === 0) {
      status.set('error', faults.length + unopened.length > 0 ? 'None of these files can be used' : 'No slice to segment');
      return;
    }
    enter();
    status.set('running', `0 of ${many(places.length, 'slice')}`);
    let done = 0;
    await engine.segment(places, mine.signal, (place, result) => {
      done++;
      finish(place, result);
      status.progress(done, places.length, 'slices');
    });
    if (job === mine) conclude(done, places.length);
  } catch (error) {
    if (job !== mine) return;
    if (mine.signal.aborted) status.set('ready', 'Cancelled while reading');
    else failed(error);
  }
}

/**
 * Says where one channel had to serve for three.
 * @param {CaseInfo} info
 */
function greyNote({ name, slices }) {
  const grey = slices.filter((slice) => slice.grey).length;
  return grey > 0 ? [{ file: name, message: `${many(grey, 'grey slice')} taken as FLAIR for all three channels` }] : [];
}

/** Nothing is open. */
function reset() {
  cases = [];
  pictures.clear();
  errors.clear();
  notes.clear();
  notice.clear();
  list.open([]);
  strip.open([]);
  download.disabled = true;
  document.body.dataset.view = 'empty';
}

/** The cases are known: shows the first one, at its middle. */
function enter() {
  document.body.dataset.view = 'case';
  // A picture that moves by itself is not for everyone.
  following = !matchMedia('(prefers-reduced-motion: reduce)').matches;
  list.open(cases);
  at = { case: -1, slice: -1 };
  show({ case: 0, slice: best(0) });
}

/**
 * @param {Place} place
 * @param {Finding | Fault} result
 */
function finish(place, result) {
  const slice = sliceAt(place);
  if ('mask' in result) {
    slice.finding = result;
    download.disabled = false;
  } else {
    slice.fault = result;
    errors.add([{ file: slice.info.name, message: result.message }]);
  }
  list.update(place.case, cases[place.case]);
  if (following) show(place);
  if (place.case !== at.case) return;
  strip.mark(place.slice, slice);
  void thumbnail(place);
  refresh();
}

/**
 * @param {number} done
 * @param {number} all
 */
function conclude(done, all) {
  const slices = cases.flatMap((state) => state.slices);
  const lesion = slices.filter(({ finding }) => finding && finding.area > 0).length;
  const cancelled = done < all ? `Cancelled: ${done} of ` : '';
  status.set('done', `${cancelled}${many(all, 'slice')}, ${count(lesion)} outlined`);
  if (following) show({ case: 0, slice: best(0) });
}

/** Nothing more can be computed. @param {unknown} error */
function failed(error) {
  if (document.body.dataset.state === 'error') return;
  status.set('error', 'Stopped');
  const { message } = faultOf(error);
  const way = wish ? ` Without “?backend=${wish}” in its address the page chooses for itself.` : '';
  notice.say(`glioscope cannot compute here: ${message.replace(/[.\s]+$/, '')}.${way}`, true);
}

/** Moves the view because the visitor asked. @param {Place} place */
function go(place) {
  following = false;
  show(place);
}

/** @param {number} slices */
function step(slices) {
  const last = (cases[at.case]?.slices.length ?? 0) - 1;
  if (last >= 0) go({ ...at, slice: Math.min(last, Math.max(0, at.slice + slices)) });
}

/** @param {Place} place */
function show(place) {
  const moved = place.case !== at.case;
  at = place;
  const { slices } = cases[at.case];
  if (moved) {
    document.body.dataset.slices = String(slices.length);
    strip.open(slices);
    looks.offer(slices.every(({ info }) => info.grey), slices.some(({ info }) => info.reference));
    list.select(at.case);
  }
  strip.select(at.slice);
  refresh();
}

/** Has what is in view drawn with the next frame, however much of it changes until then. */
function refresh() {
  cancelAnimationFrame(frame);
  frame = requestAnimationFrame(render);
}

/** Draws what is in view from the state. */
function render() {
  if (cases.length === 0) return;
  const state = cases[at.case];
  const slice = sliceAt(at);
  timeline.show(state, at.slice);
  results.show(state, at.slice);
  const picture = pictures.ready(at);
  if (!picture) void pictures.get(at, slice.info.reference).then(refresh, () => {});
  const { info, finding } = slice;
  const contrast = info.grey ? 'grey' : looks.value.contrast;
  const found = slice.fault ? 'not segmented' : finding ? `${count(finding.area)} px` : 'waiting';
  const label = `Slice ${at.slice + 1} of ${state.slices.length} of ${state.name}: ${found}`;
  viewer.show(picture && { ...picture, mask: finding?.mask ?? null }, looks.value, {
    nw: `${state.name}\n${at.slice + 1} / ${state.slices.length}`,
    ne: `${contrast === 'flair' ? 'FLAIR' : contrast}\n${info.width} × ${info.height}`,
    sw: found,
    se: finding?.dice === undefined ? '' : `Dice ${finding.dice.toFixed(3)}`,
  }, label);
}

/** @param {Place} place */
async function thumbnail(place) {
  const state = cases[place.case];
  const { info } = state.slices[place.slice];
  const picture = await pictures.get(place, info.reference).catch(() => null);
  if (!picture || cases[at.case] !== state) return;
  const { contrast, hidden } = looks.value;
  strip.draw(place.slice, picture.pixels, hidden ? null : (state.slices[place.slice].finding?.mask ?? null), contrast);
}

/** The slice to show of a case: where most lesion was found, the middle before that. @param {number} index */
function best(index) {
  const areas = cases[index].slices.map(({ finding }) => finding?.area ?? 0);
  const most = Math.max(...areas);
  return most > 0 ? areas.indexOf(most) : areas.length >> 1;
}

/** @param {Place} place @returns {SliceState} */
function sliceAt(place) {
  return cases[place.case].slices[place.slice];
}
