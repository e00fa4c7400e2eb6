/**
 * Types that several rooms share. Nothing here runs.
 *
 * @typedef {import('../pkg/glioscope.js').Backend} Backend
 * @typedef {import('../pkg/glioscope.js').ModelInfo} ModelInfo
 * @typedef {import('../pkg/glioscope.js').Added} Added
 * @typedef {import('../pkg/glioscope.js').Note} Note
 * @typedef {import('../pkg/glioscope.js').Pixels} Pixels
 * @typedef {import('../pkg/glioscope.js').SlicePixels} SlicePixels
 * @typedef {import('../pkg/glioscope.js').Scores} Scores
 * @typedef {import('../pkg/glioscope.js').Inspection} Inspection
 * @typedef {import('../pkg/glioscope.js').InspectedCase} InspectedCase
 * @typedef {import('../pkg/glioscope.js').InspectedSlice} InspectedSlice
 * @typedef {import('../pkg/glioscope.js').Question} Question
 * @typedef {import('../pkg/glioscope.js').Words} Words
 * @typedef {import('../pkg/glioscope.js').SeriesInfo} SeriesInfo
 * @typedef {import('../pkg/glioscope.js').SeriesContrast} SeriesContrast
 * @typedef {import('../pkg/glioscope.js').Unused} Unused
 * @typedef {import('../pkg/glioscope.js').CaseInfo} CaseInfo
 * @typedef {import('../pkg/glioscope.js').SliceInfo} SliceInfo
 * @typedef {import('../pkg/glioscope.js').InputCheck} InputCheck
 * @typedef {import('../pkg/glioscope.js').Kind} Kind
 * @typedef {import('../pkg/glioscope.js').Segmented} Segmented
 * @typedef {import('../pkg/glioscope.js').SliceMeasure} SliceMeasure
 * @typedef {import('../pkg/glioscope.js').CaseMeasure} CaseMeasure
 * @typedef {import('../pkg/glioscope.js').PredictedDice} PredictedDice
 * @typedef {import('../pkg/glioscope.js').Spacing} Spacing
 * @typedef {import('../pkg/glioscope.js').Settings} Settings
 * @typedef {import('../pkg/glioscope.js').Sample} Sample
 * @typedef {import('../measuring/lines.js').Lines} Lines
 */

/**
 * The cases that the open files make up, and what the files are read as.
 * @typedef {import('../pkg/glioscope.js').Assembly & {inspection: Inspection}} Assembly
 */

/**
 * Why something failed. Beside the codes of the library: `panic`, its code stopped; `worker`, a worker was lost; `gone`,
 * nothing can be computed any more; `superseded`, other files were opened in the meantime; `internal`, anything else.
 * @typedef {import('../pkg/glioscope.js').Fault['code'] | 'panic' | 'worker' | 'gone' | 'superseded' | 'internal'} ErrorCode
 */

/** An error as a value. @typedef {{code: ErrorCode, file: string | null, message: string}} Fault */

/**
 * A file to read and its name, folders included. Without a file it is a synthetic case; `sample` says which one.
 * `session`: the file is a saved session, which contains files, probabilities and edits. `passedOver`: no slice comes from it.
 * `voxels`: the second file of a NIfTI volume in two files.
 * @typedef {{name: string, file: Blob | null, sample?: Sample, voxels?: Blob, session?: boolean, passedOver?: boolean}} Source
 */

/**
 * One slice. `probability` is 0 to 65535 a pixel, row by row on the file's own grid. `edit` is the edited mask, 0 or 1 a
 * pixel; null while the slice has the predicted mask. `smallRegions` is 1 where a small region was removed from the
 * prediction. `lines` are rulers and diameters. The arrays are never changed, only replaced.
 * @typedef {object} SliceState
 * @property {SliceInfo} info
 * @property {Uint16Array | null} probability
 * @property {Uint8Array | null} edit
 * @property {Uint8Array | null} smallRegions
 * @property {Lines} lines
 * @property {Fault | null} fault why it could not be segmented
 * @property {number | null} milliseconds the network's time on this device; null where it came from a session
 */

/**
 * An exercise on a case with a reference: the visitor draws masks, and compares them with the reference and the network's.
 * While `comparing` is false, both are hidden. `before` are the edits by slice id, which return when the exercise ends.
 * @typedef {{comparing: boolean, before: Map<string, Uint8Array | null>}} Exercise
 */

/**
 * Two time points of one patient, as case ids. `shift`: how far the later stack is moved against the earlier one, in its own slices.
 * @typedef {{earlier: string, later: string, shift: number}} Comparison
 */

/**
 * One case. `reading` is what its files are read as. `measure` is updated a moment after the masks. `measureFault`: why it could not be measured. `spacing` is what
 * the visitor gave, `spacingDraft` what is typed in the three fields so far. `segmentAnyway`: the input check has not
 * accepted the case, and the visitor wants masks. `exercise` is null without one.
 * @typedef {object} CaseState
 * @property {string} id
 * @property {string} name
 * @property {[number, number] | null} resolution
 * @property {[number, number] | null} doubtful
 * @property {InspectedCase} reading
 * @property {InputCheck} inputCheck
 * @property {boolean} segmentAnyway
 * @property {SliceState[]} slices
 * @property {CaseMeasure | null} measure
 * @property {Fault | null} measureFault
 * @property {Exercise | null} exercise
 * @property {Spacing | null} spacing
 * @property {string[] | null} spacingDraft
 */

/**
 * The result of a self-test: the largest difference in probability from the expected result, and the time of the test slice.
 * @typedef {{difference: number, milliseconds: number}} TestResult
 */

/**
 * What runs and the result of its self-test. `version` is the package's. `difference` is the largest difference in
 * probability from the expected result, `milliseconds` the time of the test slice; both are null until the test has
 * passed. `limits` and `features` are the adapter's.
 * @typedef {{version: string, backend: Backend, adapter: string, software: boolean, why: string, difference: number | null, milliseconds: number | null, limits: Record<string, number>, features: string[]}} DeviceReport
 */

/** What the page does: `ready` has nothing open. @typedef {'loading' | 'ready' | 'running' | 'done' | 'error'} Phase */

/**
 * The contrast in view: one of three channels, or all as red, green and blue.
 * @typedef {'pre' | 'flair' | 'post' | 'composite'} Contrast
 */
/** Grey levels, 0 to 255, that are shown as black and as white. @typedef {{low: number, high: number}} Window */
/** @typedef {'default' | 'full' | 'auto' | 'bright' | 'dark' | 'custom'} Preset */
/** @typedef {'mask' | 'heat' | 'agreement'} Overlay */
/** What a drag or a click on the slice does. @typedef {'browse' | 'window' | 'brush' | 'eraser' | 'region' | 'measure'} Tool */
/** @typedef {'slice' | 'side' | 'volume'} Layout */

/**
 * How a slice and its overlay are drawn. `opacity` is 0 to 1, `colour` is `#rrggbb`.
 * @typedef {object} Appearance
 * @property {Contrast} contrast
 * @property {Window} window
 * @property {Overlay} overlay
 * @property {'fill' | 'outline'} style
 * @property {number} opacity
 * @property {string} colour
 * @property {boolean} overlayVisible
 * @property {boolean} referenceVisible
 */

/**
 * The display settings, which sessions save. `window` is that of the preset `custom`. `regionAction`: what a click with the
 * tool `region` does to the region. `letterKeys`: keys without a
 * modifier work everywhere, not only on the slice.
 * @typedef {Appearance & {preset: Preset, tool: Tool, layout: Layout, planes: 'multi' | 'render', brushSize: number, regionAction: 'remove' | 'keep', letterKeys: boolean}} Display
 */

export {};
