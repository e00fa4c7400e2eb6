/**
 * Every command of the page, once: its text, its keys, when it can be used, and what it does. Buttons, titles, keys and
 * the help dialog are made from this list.
 */
import { isDrawing, isSegmentable } from './store.js';

/** @import { Store } from './store.js' */
/** @import { Display, SliceState, Tool } from './types.js' */
/** @typedef {'all' | 'report' | 'session' | 'mask' | 'probability' | 'dicom' | 'label-map' | 'csv' | 'cohort' | 'view'} SaveKind */
/**
 * @typedef {object} EditorCommands
 * @property {boolean} canUndo
 * @property {boolean} canRedo
 * @property {boolean} canEdit
 * @property {boolean} canCopy
 * @property {boolean} canInterpolate
 * @property {() => void} undo
 * @property {() => void} redo
 * @property {() => void} revert
 * @property {() => void} fillHoles
 * @property {() => void} grow
 * @property {() => void} shrink
 * @property {() => void} copyToNext
 * @property {() => Promise<void>} interpolate
 */
/**
 * What commands act on.
 * @typedef {object} CommandContext
 * @property {Store} store
 * @property {EditorCommands} editor
 * @property {{readonly canPropose: boolean, readonly hasLines: boolean, readonly canRemove: boolean, propose(): void, remove(): void}} lines
 * @property {{readonly zoomed: boolean, readonly flickering: boolean, zoomBy(factor: number): void, fit(): void, toggleFlicker(): void, useTool(): void, changeRegion(action: 'remove' | 'keep'): void, nextEnd(): void}} viewer
 * @property {{readonly canCancel: boolean, readonly canContinue: boolean, cancel(): void, continue(): void, openSample(): void, clear(): void, segmentAnyway(id: string): void}} jobs
 * @property {{start(): void, toggleComparison(): void, end(): void}} exercises
 * @property {{readonly canStart: boolean, toggle(): void, swap(): void, goToOther(): void, move(slices: number): void}} timePoints
 * @property {() => void} showCohort
 * @property {(kind: SaveKind) => void} save
 * @property {() => void} toggleHelp
 */
/**
 * @typedef {object} Command
 * @property {string} id
 * @property {string} label the text of its button
 * @property {string} [symbol] shown on the button in place of the label
 * @property {string} [verb] the beginning of the label that narrow buttons hide
 * @property {string} help what it does, for titles and the help dialog
 * @property {string[]} [keys] as in `KeyboardEvent.key`, letters in lower case, with `Ctrl+` and `Shift+` before them
 * @property {string[]} [sliceKeys] keys that work only while slices have the focus, because they scroll the page
 * @property {(context: CommandContext) => boolean} [available] whether it is shown; by default always
 * @property {(context: CommandContext) => boolean} [enabled] whether it can be used; by default always
 * @property {(context: CommandContext) => boolean} [active] whether its button is pressed
 * @property {(context: CommandContext) => void} run
 */

/** How far a key changes the threshold, and the range. */
const THRESHOLD_STEP = 0.05;
const [MIN_THRESHOLD, MAX_THRESHOLD] = [0.05, 0.95];
/** How far Page Up and Page Down go, in slices. */
const PAGE = 10;
const [ZOOM_IN, ZOOM_OUT] = [1.25, 0.8];
/** The range of the brush size, in pixels of the slice. */
const [MIN_BRUSH, MAX_BRUSH] = [1, 61];
/** Thresholds that are shown the same are the same. */
const THRESHOLD_PRECISION = 0.005;

/** @type {Command[]} */
const NAVIGATION = [
  step('previous-slice', 'Previous slice', -1, ['ArrowLeft'], ['ArrowUp']),
  step('next-slice', 'Next slice', 1, ['ArrowRight'], ['ArrowDown']),
  step('back-10', '10 slices back', -PAGE, [], ['PageUp']),
  step('forward-10', '10 slices forward', PAGE, [], ['PageDown']),
  step('first-slice', 'First slice', -Infinity, [], ['Home']),
  step('last-slice', 'Last slice', Infinity, [], ['End']),
  {
    id: 'largest-area', label: 'Go to largest area', help: 'Slice with the largest area', keys: ['l'],
    enabled: ({ store }) => store.current !== undefined,
    run: ({ store }) => store.current && store.showLargest(store.current),
  },
  stepCase('previous-case', 'Previous case', -1, ['Ctrl+ArrowUp']),
  stepCase('next-case', 'Next case', 1, ['Ctrl+ArrowDown']),
  {
    id: 'cohort', label: 'Table', help: 'All cases as a table', keys: ['z'], available: ({ store }) => store.cases.length > 1,
    run: ({ showCohort }) => showCohort(),
  },
];

/** @type {Command[]} */
const TOOLS = [
  tool('browse', 'Browse', 'drag to change slices, or to pan when zoomed in', 'v'),
  tool('window', 'Window', 'drag sideways for width, up or down for level', 'w'),
  tool('brush', 'Brush', 'add to the mask', 'b'),
  tool('eraser', 'Eraser', 'remove from the mask', 'e'),
  tool('region', 'Region', 'click a connected region to remove it, or to keep only that one', 'g'),
  tool('measure', 'Measure', 'drag to draw a ruler or to move an end; point to read values', 't'),
  brush('smaller-brush', 'Smaller brush', -1, ['[']),
  brush('larger-brush', 'Larger brush', 1, [']']),
  {
    id: 'use-tool', label: 'Use the tool', help: 'Use the tool at the cursor: paint, click, or begin and end a line', sliceKeys: [' '],
    enabled: ({ store }) => hasCursor(store), run: ({ viewer }) => viewer.useTool(),
  },
  region('remove', 'Remove', 'Remove the region at the pointer', 'x'),
  region('keep', 'Keep only', 'Keep only the region at the pointer', 'k'),
  choice('regionAction', 'remove', 'Remove', 'A click removes the region', []),
  choice('regionAction', 'keep', 'Keep only', 'A click removes all other regions of the slice', []),
  edit('fill-holes', 'Fill holes', 'Fill the holes of the mask', 'u', 'canEdit', 'fillHoles'),
  edit('grow', 'Grow', 'Grow the mask by a pixel', '>', 'canEdit', 'grow'),
  edit('shrink', 'Shrink', 'Shrink the mask by a pixel', '<', 'canEdit', 'shrink'),
  edit('interpolate', 'Interpolate', 'Fill the slices between edited ones with interpolated masks', 'i', 'canInterpolate', 'interpolate'),
  edit('copy-next', 'Copy to next', 'Copy the mask to the next slice', 'n', 'canCopy', 'copyToNext'),
  edit('undo', 'Undo', 'Undo the last edit of this case', 'Ctrl+z', 'canUndo', 'undo'),
  { ...edit('redo', 'Redo', 'Redo the last undone edit of this case', 'Ctrl+y', 'canRedo', 'redo'), keys: ['Ctrl+y', 'Ctrl+Shift+z'] },
  {
    id: 'revert', label: 'Revert', help: 'Go back to the prediction of this slice',
    enabled: ({ store }) => Boolean(store.currentSlice?.edit) && !store.current?.exercise, run: ({ editor }) => editor.revert(),
  },
];

/** @type {Command[]} */
const MEASURING = [
  {
    id: 'propose-diameters', label: 'Diameters', keys: ['y'],
    help: 'Propose the longest diameter of the largest region and the longest perpendicular one',
    enabled: ({ lines }) => lines.canPropose, run: ({ lines }) => lines.propose(),
  },
  {
    id: 'next-end', label: 'Next end', help: 'Go to the next end of a line; then Space and arrow keys move it', keys: ['q'],
    enabled: ({ lines }) => lines.hasLines, run: ({ viewer }) => viewer.nextEnd(),
  },
  {
    id: 'remove-line', label: 'Remove line', help: 'Remove the line that was moved last', sliceKeys: ['Delete', 'Backspace'],
    enabled: ({ lines }) => lines.canRemove, run: ({ lines }) => lines.remove(),
  },
];

/** @type {Command[]} */
const VIEW = [
  { id: 'zoom-out', label: 'Zoom out', symbol: '−', help: 'Zoom out', keys: ['-'], enabled: ({ viewer }) => viewer.zoomed, run: ({ viewer }) => viewer.zoomBy(ZOOM_OUT) },
  { id: 'fit', label: 'Fit', help: 'Fit the slice to the view', keys: ['0'], enabled: ({ viewer }) => viewer.zoomed, run: ({ viewer }) => viewer.fit() },
  { id: 'zoom-in', label: 'Zoom in', symbol: '+', help: 'Zoom in', keys: ['+', '='], run: ({ viewer }) => viewer.zoomBy(ZOOM_IN) },
  choice('layout', 'slice', 'Slice', 'Show one slice', []),
  {
    ...toggledLayout('side', 'Side by side', 'Show mask and reference, or two time points, side by side', ['s']),
    available: (context) => showsReference(context) || isComparing(context),
  },
  toggledLayout('volume', 'Volume', 'Show the case in three planes or in 3-D', ['d']),
  choice('planes', 'multi', 'Three planes', 'Show three planes', []),
  choice('planes', 'render', '3-D', 'Show a 3-D rendering', []),
  {
    id: 'flicker', label: 'Flicker', help: 'Alternate between mask and reference', keys: ['f'],
    available: (context) => showsReference(context) && !isComparing(context),
    enabled: ({ store, viewer }) => viewer.flickering || Boolean(store.currentSlice?.info.reference),
    active: ({ viewer }) => viewer.flickering, run: ({ viewer }) => viewer.toggleFlicker(),
  },
];

/** @type {Command[]} */
const DISPLAY = [
  ...[choice('contrast', 'flair', 'FLAIR', 'Show FLAIR', ['1']),
    choice('contrast', 'pre', 'Pre', 'Show pre-contrast', ['2']),
    choice('contrast', 'post', 'Post', 'Show post-contrast', ['3']),
    choice('contrast', 'composite', 'RGB', 'Show all contrasts as red, green and blue', ['4']),
  ].map((command) => ({ ...command, enabled: hasContrasts })),
  choice('overlay', 'mask', 'Mask', 'Show the mask', ['m']),
  { ...choice('overlay', 'heat', 'Probability', 'Show the probability as a heat map', ['p']), available: ({ store }) => !isDrawing(store.current) },
  { ...choice('overlay', 'agreement', 'Agreement', 'Show true positives, false positives and false negatives', ['a']), available: showsReference },
  choice('style', 'fill', 'Fill', 'Fill the mask', []),
  choice('style', 'outline', 'Outline', 'Outline the mask', []),
  {
    id: 'next-style', label: 'Fill or outline', help: 'Change between fill and outline', keys: ['o'],
    run: ({ store }) => store.setDisplay({ style: store.display.style === 'fill' ? 'outline' : 'fill' }),
  },
  {
    id: 'toggle-overlay', label: 'Show overlay', help: 'Show or hide the overlay', keys: ['h'],
    active: ({ store }) => store.display.overlayVisible,
    run: ({ store }) => store.setDisplay({ overlayVisible: !store.display.overlayVisible }),
  },
  {
    id: 'toggle-reference', label: 'Show reference', help: 'Show or hide the reference', keys: ['r'], available: showsReference,
    active: ({ store }) => store.display.referenceVisible,
    run: ({ store }) => store.setDisplay({ referenceVisible: !store.display.referenceVisible }),
  },
  {
    id: 'reset-window', label: 'Reset', help: 'Reset the window', available: ({ store }) => store.display.preset !== 'default',
    run: ({ store }) => store.setDisplay({ preset: 'default' }),
  },
  threshold('lower-threshold', 'Lower threshold', -THRESHOLD_STEP, [',']),
  threshold('higher-threshold', 'Higher threshold', THRESHOLD_STEP, ['.']),
  {
    id: 'reset-threshold', label: 'Reset', help: 'Reset the threshold to that of the model',
    available: ({ store }) => Math.abs(store.threshold - store.modelThreshold) >= THRESHOLD_PRECISION,
    run: ({ store }) => store.setThreshold(store.modelThreshold),
  },
];

/** @type {Command[]} */
const EXERCISE = [
  {
    id: 'exercise', label: 'Exercise', help: 'Hide prediction and reference, draw the lesion, then compare', keys: ['j'], available: hasReference,
    active: ({ store }) => Boolean(store.current?.exercise),
    run: ({ store, exercises }) => (store.current?.exercise ? exercises.end() : exercises.start()),
  },
  {
    id: 'compare', label: 'Compare', help: 'In an exercise: compare your masks and the network’s with the reference', keys: ['c'],
    available: ({ store }) => Boolean(store.current?.exercise),
    active: ({ store }) => store.current?.exercise?.comparing ?? false, run: ({ exercises }) => exercises.toggleComparison(),
  },
  {
    id: 'end-exercise', label: 'End exercise', help: 'Show the masks from before the exercise',
    available: ({ store }) => Boolean(store.current?.exercise), run: ({ exercises }) => exercises.end(),
  },
];

/** @type {Command[]} */
const TIME_POINTS = [
  {
    id: 'time-points', label: 'Time points', help: 'Compare with another case, an earlier or later one of the same patient', keys: ['5'],
    available: ({ store, timePoints }) => timePoints.canStart || store.comparison !== null,
    active: isComparing, run: ({ timePoints }) => timePoints.toggle(),
  },
  comparing('swap-time-points', 'Swap', 'Swap the earlier and the later case', '6', (timePoints) => timePoints.swap()),
  comparing('other-time-point', 'Go to other', 'Go to the other one of two compared cases; so does a click on it', '7', (timePoints) => timePoints.goToOther()),
  { ...comparing('other-back', 'Move back', 'Move the other stack a slice back', '8', (timePoints) => timePoints.move(-1)), symbol: '−' },
  { ...comparing('other-forward', 'Move forward', 'Move the other stack a slice forward', '9', (timePoints) => timePoints.move(1)), symbol: '+' },
];

/** @type {Command[]} */
const FILES = [
  { id: 'open-sample', label: 'sample', verb: 'Open the ', help: 'Open a synthetic case', run: ({ jobs }) => jobs.openSample() },
  { id: 'clear', label: 'Clear all', help: 'Close all files', run: ({ jobs }) => jobs.clear() },
  {
    id: 'cancel', label: 'Cancel', help: 'Stop after the slice in progress', enabled: ({ jobs }) => jobs.canCancel,
    run: ({ jobs }) => jobs.cancel(),
  },
  { id: 'continue', label: 'Continue', help: 'Continue with the remaining files and slices', available: ({ jobs }) => jobs.canContinue, run: ({ jobs }) => jobs.continue() },
  {
    id: 'segment-anyway', label: 'Segment anyway', help: 'Segment this case although it is not axial FLAIR',
    enabled: ({ store }) => store.current !== undefined && !isSegmentable(store.current),
    run: ({ store, jobs }) => store.current && jobs.segmentAnyway(store.current.id),
  },
  save('all', 'Save all results', 'One zip: masks, overlays, NIfTI, CSV, provenance and report', anyMask),
  save('report', 'Report', 'A printable report of all cases, in a new tab', anyMask),
  save('session', 'Session', 'Files, results and edits; open it here to continue', isOpen),
  save('mask', 'Mask', 'NIfTI of this case, with edits', allSlices(hasMask)),
  save('probability', 'Probability', 'NIfTI of this case', allSlices(({ probability }) => probability !== null)),
  { ...save('dicom', 'DICOM SEG', 'Mask of this case, one bit a pixel; has the patient’s name and identifiers', anyMaskOfCase), available: isDicom },
  { ...save('label-map', 'DICOM label map', 'The same, one byte a pixel: read by few programs so far', anyMaskOfCase), available: isDicom },
  save('csv', 'Statistics', 'CSV, one row per slice', anyMask),
  save('cohort', 'Save CSV', 'CSV, one row per case', anyMask),
  save('view', 'View', 'PNG of the current view', isOpen),
  { id: 'help', label: 'Keys and gestures', symbol: '?', help: 'Show keys and gestures', keys: ['?'], run: ({ toggleHelp }) => toggleHelp() },
];

/** All commands, by group. @type {Record<string, Command[]>} */
export const GROUPS = { Slices: NAVIGATION, 'Tools and editing': TOOLS, Measuring: MEASURING, View: VIEW, Display: DISPLAY, Exercise: EXERCISE, 'Two time points': TIME_POINTS, Page: FILES };

/** @type {ReadonlyMap<string, Command>} */
export const COMMANDS = new Map(Object.values(GROUPS).flat().map((command) => [command.id, command]));

/** Gestures and keys that depend on where the pointer or the focus is. @type {[string, string][]} */
export const GESTURES = [
  ['Wheel', 'Change slices; with Ctrl zoom'],
  ['Two fingers', 'Zoom and pan'],
  ['Double click', 'Zoom in, or fit'],
  ['Right button', 'Change the window; also Shift and drag'],
  ['Arrow keys', 'With brush, region or ruler on the slice: move the cursor; with Shift faster'],
  ['Shift + arrow keys', 'On the slice: pan'],
  ['Arrow keys', 'On the volume: move the crosshair, or turn the head in 3-D; with Shift faster'],
];

/** Whether a command can be used now. @param {Command} command @param {CommandContext} context */
export function isEnabled({ available, enabled }, context) {
  return (available?.(context) ?? true) && (enabled?.(context) ?? true);
}

/** Runs a command if it can be used. @param {string} id @param {CommandContext} context */
export function runCommand(id, context) {
  const command = COMMANDS.get(id);
  if (!command) throw new Error(`there is no command ${id}`);
  if (isEnabled(command, context)) command.run(context);
}

/** @type {Record<string, string>} */
const KEY_NAMES = {
  ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓', PageUp: 'Page Up', PageDown: 'Page Down', ' ': 'Space', '-': '−',
};

/** The parts of a key combination, as printed on a keyboard. @param {string} key */
export function keyNames(key) {
  // The plus sign itself is a key.
  const parts = key === '+' ? [key] : key.split('+');
  return parts.map((part) => KEY_NAMES[part] ?? (part.length === 1 ? part.toUpperCase() : part));
}

/** The title of a command's button: what it does, and its first key. @param {Command} command */
export function titleOf({ help, keys }) {
  return keys?.length ? `${help} (${keyNames(keys[0]).join('+')})` : help;
}

/** Whether a drag on the slice changes the mask. @param {Store} store */
export function isPainting({ display: { tool } }) {
  return tool === 'brush' || tool === 'eraser';
}

/** Whether the tool has a cursor on the slice, which arrow keys move. @param {Store} store */
export function hasCursor({ display: { tool } }) {
  return tool !== 'browse' && tool !== 'window';
}

/** @param {CommandContext} context */
function hasReference({ store }) {
  return store.current?.slices.some(({ info }) => info.reference) ?? false;
}

/** Whether the reference may be shown. An exercise hides it. @param {CommandContext} context */
function showsReference(context) {
  return hasReference(context) && !isDrawing(context.store.current);
}

/** @param {CommandContext} context */
function isComparing({ store }) {
  return store.comparison !== null;
}

/** Whether a slice of the case has more than one contrast. @param {CommandContext} context */
function hasContrasts({ store }) {
  return !(store.current?.slices.every(({ info }) => info.grey) ?? false);
}

/** @param {CommandContext} context */
function isOpen({ store }) {
  return store.cases.length > 0;
}

/** @param {SliceState} slice */
function hasMask({ probability, edit }) {
  return probability !== null || edit !== null;
}

/** @param {CommandContext} context */
function anyMask({ store }) {
  return store.slices.some(hasMask);
}

/** Whether the case in view was read from DICOM. @param {CommandContext} context */
function isDicom({ store }) {
  return store.current?.reading.spacingSource === 'dicom';
}

/** @param {CommandContext} context */
function anyMaskOfCase({ store }) {
  return store.current?.slices.some(hasMask) ?? false;
}

/** A NIfTI volume cannot mark missing slices, so all slices of the case are needed. @param {(slice: SliceState) => boolean} has */
function allSlices(has) {
  return (/** @type {CommandContext} */ { store }) => store.current?.slices.every(has) ?? false;
}

/**
 * @param {string} id @param {string} label @param {number} slices @param {string[]} keys @param {string[]} sliceKeys
 * @returns {Command}
 */
function step(id, label, slices, keys, sliceKeys) {
  return {
    id, label, help: label, keys, sliceKeys,
    enabled: ({ store }) => store.current !== undefined,
    run: ({ store }) => store.showIndex(store.index + slices),
  };
}

/** @param {string} id @param {string} label @param {number} cases @param {string[]} keys @returns {Command} */
function stepCase(id, label, cases, keys) {
  /** @param {CommandContext} context */
  const target = ({ store }) => store.cases[store.cases.findIndex((open) => open === store.current) + cases];
  return {
    id, label, help: label, keys,
    enabled: (context) => context.store.current !== undefined && target(context) !== undefined,
    run: (context) => context.store.showLargest(target(context)),
  };
}

/**
 * Sets one display setting to one value.
 * @param {keyof Display} setting @param {string} value @param {string} label @param {string} help @param {string[]} keys
 * @returns {Command}
 */
function choice(setting, value, label, help, keys) {
  return {
    id: `${setting}-${value}`, label, help, keys,
    active: ({ store }) => store.display[setting] === value,
    run: ({ store }) => store.setDisplay({ [setting]: value }),
  };
}

/** @param {Tool} value @param {string} label @param {string} help @param {string} key @returns {Command} */
function tool(value, label, help, key) {
  // Narrow toolbars show the icon only, so the title begins with the name.
  return choice('tool', value, label, `${label}: ${help}`, [key]);
}

/**
 * A layout whose key also goes back to one slice.
 * @param {'side' | 'volume'} layout @param {string} label @param {string} help @param {string[]} keys
 * @returns {Command}
 */
function toggledLayout(layout, label, help, keys) {
  return {
    ...choice('layout', layout, label, help, keys),
    run: ({ store }) => store.setDisplay({ layout: store.display.layout === layout ? 'slice' : layout }),
  };
}

/** @param {string} id @param {string} label @param {number} pixels @param {string[]} keys @returns {Command} */
function brush(id, label, pixels, keys) {
  return {
    id, label, help: label, keys,
    run: ({ store }) => store.setDisplay({ brushSize: Math.min(MAX_BRUSH, Math.max(MIN_BRUSH, store.display.brushSize + pixels)) }),
  };
}

/** @param {'remove' | 'keep'} action @param {string} label @param {string} help @param {string} key @returns {Command} */
function region(action, label, help, key) {
  return {
    id: `${action}-region`, label, help, keys: [key],
    enabled: ({ editor }) => editor.canEdit, run: ({ viewer }) => viewer.changeRegion(action),
  };
}

/**
 * @param {string} id @param {string} label @param {string} help @param {string} key
 * @param {'canEdit' | 'canUndo' | 'canRedo' | 'canCopy' | 'canInterpolate'} can
 * @param {'fillHoles' | 'grow' | 'shrink' | 'interpolate' | 'copyToNext' | 'undo' | 'redo'} act
 * @returns {Command}
 */
function edit(id, label, help, key, can, act) {
  return { id, label, help, keys: [key], enabled: ({ editor }) => editor[can], run: ({ editor }) => void editor[act]() };
}

/** @param {string} id @param {string} label @param {number} change @param {string[]} keys @returns {Command} */
function threshold(id, label, change, keys) {
  return {
    id, label, help: label, keys,
    run: ({ store }) =>
      store.setThreshold(Math.min(MAX_THRESHOLD, Math.max(MIN_THRESHOLD, Math.round((store.threshold + change) * 100) / 100))),
  };
}

/**
 * @param {string} id @param {string} label @param {string} help @param {string} key
 * @param {(timePoints: CommandContext['timePoints']) => void} act
 * @returns {Command}
 */
function comparing(id, label, help, key, act) {
  return { id, label, help, keys: [key], available: isComparing, run: ({ timePoints }) => act(timePoints) };
}

/** @param {SaveKind} kind @param {string} label @param {string} help @param {(context: CommandContext) => boolean} enabled @returns {Command} */
function save(kind, label, help, enabled) {
  return { id: `save-${kind}`, label, help, enabled, run: (context) => context.save(kind) };
}
