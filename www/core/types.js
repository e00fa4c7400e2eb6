/**
 * What the modules hand to one another. Types only: nothing here runs.
 *
 * @typedef {import('../pkg/glioscope.js').Backend} Backend
 * @typedef {import('../pkg/glioscope.js').Fault} Fault
 * @typedef {import('../pkg/glioscope.js').ModelInfo} ModelInfo
 * @typedef {import('../pkg/glioscope.js').Added} Added
 * @typedef {import('../pkg/glioscope.js').SliceInfo} SliceInfo
 * @typedef {import('../pkg/glioscope.js').CaseInfo} CaseInfo
 * @typedef {import('../pkg/glioscope.js').Verdict} Verdict
 * @typedef {import('../pkg/glioscope.js').Note} Note
 * @typedef {import('../pkg/glioscope.js').Assembly} Assembly
 * @typedef {import('../pkg/glioscope.js').Segmented} Segmented
 * @typedef {import('../pkg/glioscope.js').Pixels} Pixels
 * @typedef {import('../pkg/glioscope.js').Scores} Scores
 * @typedef {import('../pkg/glioscope.js').SliceMeasure} SliceMeasure
 * @typedef {import('../pkg/glioscope.js').CaseMeasure} CaseMeasure
 * @typedef {import('../pkg/glioscope.js').Spacing} Spacing
 * @typedef {import('../pkg/glioscope.js').Settings} Settings
 */

/**
 * A file to read and the name it goes by, folders included; without a file it is the built-in sample. `session`: the
 * file is a saved session, which brings its own files, probabilities and edits.
 * @typedef {{name: string, file: Blob | null, session?: boolean}} Source
 */

/**
 * Which slice of which case, both counted from 0.
 * @typedef {{case: number, slice: number}} Place
 */

/**
 * One slice as the page follows it. `probability` is 0 to 65535 a pixel, row by row on the file's own grid; `edit` is
 * the mask that was drawn by hand instead of the network's, 0 or 1 a pixel; `leftOut` the pixels of small regions, which
 * the network's mask does not have. None of them is changed once it is here.
 * @typedef {object} SliceState
 * @property {SliceInfo} info
 * @property {Uint16Array | null} probability
 * @property {Uint8Array | null} edit
 * @property {Uint8Array | null} leftOut
 * @property {Fault | null} fault why it could not be segmented
 * @property {number | null} milliseconds the network took on this device; null where it came out of a session
 */

/**
 * One case as the page follows it. `measure` lags a moment behind the masks. `spacing` is what the user gave. `anyway`:
 * the input check advises against it, and the user wants masks all the same.
 * @typedef {object} CaseState
 * @property {string} name
 * @property {[number, number] | null} resolution
 * @property {Verdict} verdict
 * @property {boolean} anyway
 * @property {SliceState[]} slices
 * @property {CaseMeasure | null} measure
 * @property {Spacing | null} spacing
 */

/**
 * What runs and how its self-test went: `version` is the package's, `difference` is the largest difference in probability from the native golden,
 * `milliseconds` the time of that slice; both null until the test is through. `limits` and `features` are the adapter's.
 * @typedef {{version: string, backend: Backend, adapter: string, software: boolean, why: string, difference: number | null, milliseconds: number | null, limits: Record<string, number>, features: string[]}} Standing
 */

/**
 * Which sequence to look at: one of the three that the file carries, or all as red, green and blue.
 * @typedef {'pre' | 'flair' | 'post' | 'composite'} Contrast
 */

/**
 * Grey levels, 0 to 255, that are shown as black and as white.
 * @typedef {{low: number, high: number}} Window
 */

/**
 * How a slice and what was found on it are drawn. `opacity` is 0 to 1; `colour` is `#rrggbb`. `overlay`: the mask, the
 * probability as a heat map, or where the mask agrees with the reference.
 * @typedef {object} Look
 * @property {Contrast} contrast
 * @property {Window} window of the slice in view
 * @property {boolean} own whether every slice has a window of its own, by its tissue
 * @property {'mask' | 'heat' | 'agreement'} overlay
 * @property {'fill' | 'outline'} style
 * @property {number} opacity
 * @property {string} colour
 * @property {boolean} hidden
 * @property {boolean} reference whether the reference mask is drawn as well
 */

/**
 * What a drag on the slice does.
 * @typedef {'browse' | 'window' | 'brush' | 'eraser'} Tool
 */

export {};
