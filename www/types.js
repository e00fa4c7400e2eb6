/**
 * What the modules hand to one another. Types only: nothing here runs.
 *
 * @typedef {import('./pkg/glioscope.js').Backend} Backend
 * @typedef {import('./pkg/glioscope.js').Fault} Fault
 * @typedef {import('./pkg/glioscope.js').SliceInfo} SliceInfo
 * @typedef {import('./pkg/glioscope.js').CaseInfo} CaseInfo
 * @typedef {import('./pkg/glioscope.js').Note} Note
 * @typedef {import('./pkg/glioscope.js').Assembly} Assembly
 * @typedef {import('./pkg/glioscope.js').Segmented} Segmented
 * @typedef {import('./pkg/glioscope.js').Pixels} Pixels
 */

/**
 * A file to read and the name it goes by, folders included; without a file it is the built-in sample.
 * @typedef {{name: string, file: File | null}} Source
 */

/**
 * Which slice of which case, both counted from 0.
 * @typedef {{case: number, slice: number}} Place
 */

/**
 * What the network found on one slice. `mask` has one byte a pixel, 0 or 1, row by row on the file's own grid.
 * @typedef {{mask: Uint8Array, width: number, height: number, area: number, milliseconds?: number, dice?: number}} Finding
 */

/**
 * One slice as the page follows it.
 * @typedef {{info: SliceInfo, finding: Finding | null, fault: Fault | null}} SliceState
 */

/**
 * @typedef {{name: string, slices: SliceState[]}} CaseState
 */

/**
 * Which sequence to look at: one of the three that the file carries, or all as red, green and blue.
 * @typedef {'pre' | 'flair' | 'post' | 'composite'} Contrast
 */

/**
 * How the mask is drawn over the slice. `opacity` is 0 to 1.
 * @typedef {{contrast: Contrast, style: 'fill' | 'outline', opacity: number, hidden: boolean, reference: boolean}} Look
 */

export {};
