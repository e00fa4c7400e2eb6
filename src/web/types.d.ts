/** Where the network runs. */
export type Backend = 'webgpu' | 'cpu';

/**
 * Why something failed. `code` is `file`, `formats`, `session`, `model`, `volume`, `device` or `usage`. `formats` means that
 * the module `formats` may read the file; `session`, that `addFile` was given a saved session, which `openSession` takes;
 * `usage` is a mistake of the caller. `file` is the file at fault, if one is.
 */
export interface Fault {
    code: 'file' | 'formats' | 'session' | 'model' | 'volume' | 'device' | 'usage';
    file: string | null;
    message: string;
}

/** The network, its training data, and its figures on the held-out patients. */
export interface ModelInfo {
    /** The network's shape, for people. */
    name: string;
    /** SHA-256 of the weights, hexadecimal; `version` is its beginning, for people. */
    sha256: string;
    version: string;
    /** The size of the weights in bytes, and how many parameters were fitted. */
    bytes: number;
    parameters: number;
    /** The default threshold, 0 to 1. */
    threshold: number;
    /** The side of the network's square input in pixels, and how slices are normalised. */
    grid: number;
    normalisation: string;
    /** How it was fitted and how well it does: `card.json`, if `create` was given one. */
    card: Card | null;
}

/** `card.json`, with the names of the file. */
export interface Card {
    /** Names of patients. */
    split: { fit: string[]; held_out: string[] };
    counts: { slices: number; positive: number };
    recipe: unknown;
    revision: string;
    /** Figures of the held-out patients. The name of each says its unit. */
    metrics: Record<string, number>;
}

/** A file that is not part of the cases, and why. The message names the file too. */
export interface Note { file: string; message: string }

/** A file that is not part of a case, and the reason without its name. */
export interface Unused { file: string; reason: string }

/**
 * A file that was handed in. `used`: the session keeps it. `slices`: how many it holds. `passedOver`: the file itself or files
 * in a zip that are no slices. `refused`: files in a zip that cannot be read. `rare`: those of them that the module `formats`
 * may read; `takeRare` gives their bytes.
 */
export interface Added {
    file: string;
    used: boolean;
    slices: number;
    passedOver: Unused[];
    refused: Unused[];
    rare: string[];
    notes: Note[];
}

/** What a slice is read as. `page` counts from 1. `contrasts` are `flair` alone or all three. */
export interface InspectedSlice {
    file: string;
    page: number;
    width: number;
    height: number;
    contrasts: string[];
    reference: string | null;
    referencePixels: number | null;
}

/** What a case is read as. `spacing`: millimetres between columns, rows and slices. */
export interface InspectedCase {
    name: string;
    plane: string | null;
    spacing: [number, number, number | null] | null;
    spacingSource: string | null;
    orientation: string | null;
    inputCheck: InputCheck;
    slices: InspectedSlice[];
}

/** What the open files are read as, as in the JSON of `train inspect`. The cases are in the order of `Assembly`. */
export interface Inspection { cases: InspectedCase[]; passedOver: Unused[]; refused: Unused[]; notes: string[] }

/** Words in names that decide how files are read. `answer` takes them back as they are. */
export type Words = object;

/** One way to read the open files, and what they are then. `chosen`: they are read so. */
export interface Reading { text: string; chosen: boolean; words: Words; cases: number; slices: number; references: number }

/** What names do not decide. The first reading is the usual one. */
export interface Question { text: string; readings: Reading[] }

/**
 * A slice of a case. `id` stays the same for as long as the file is open, and is the same in every worker. `grey`: its one
 * channel is used as FLAIR for all channels. `reference`: it has a reference mask. `segmented`: it has probabilities.
 * `edited`: it has an edited mask.
 */
export interface SliceInfo {
    id: string;
    name: string;
    width: number;
    height: number;
    grey: boolean;
    reference: boolean;
    segmented: boolean;
    edited: boolean;
}

/** What a case shows: axial FLAIR, another contrast, coronal or sagittal slices, or no MR image of a head. */
export type Kind = 'flair' | 't1' | 't1-contrast' | 't2' | 'other-plane' | 'no-head';

/** Whether a case shows what the network is fitted on. `reasons` are whole sentences. Without a check there is no `kind`. */
export interface InputCheck { accepted: boolean; reasons: string[]; kind?: Kind }

/**
 * The slices of one patient or stack, in order. `id` stays the same while slices come and go; `name` may get longer.
 * `resolution`: millimetres per pixel, x then y, if the files of all slices state the same. `doubtful`: what a file states and
 * is not plausible.
 */
export interface CaseInfo {
    id: string;
    name: string;
    slices: SliceInfo[];
    resolution: [number, number] | null;
    doubtful: [number, number] | null;
    inputCheck: InputCheck;
}

/** T1 before contrast, FLAIR, T1 after contrast, T2, or anything else. */
export type SeriesContrast = 'pre' | 'flair' | 'post' | 't2' | 'other';

/**
 * A DICOM series and what it is taken for. `study`: the study that it belongs to, from 0. `case`: the name of the case that uses
 * it. `label`: the folder of its files, or the first one. `description` may be empty. `sequence`: what its header states.
 * `contrast`: what it is taken for. `basis`: what tells so. `kind`: what the network sees in it, if it is used as FLAIR.
 * `choices`: the contrasts that a reader can choose, each with the words for `answer`; `other` is not used. `width`, `height` and
 * `levels` are a thumbnail, 0 to 255 row by row.
 */
export interface SeriesInfo {
    study: number;
    case: string | null;
    label: string;
    description: string;
    slices: number;
    sequence: 'flair' | 't1' | 't1contrast' | 't2' | 'localiser' | 'other' | 'unknown';
    contrast: SeriesContrast;
    basis: 'reader' | 'header' | 'name' | 'network' | 'none';
    kind: Kind | null;
    choices: [SeriesContrast, Words][];
    width: number;
    height: number;
    levels: Uint8Array<ArrayBuffer>;
}

/** The cases that the open files make up, and the DICOM series among them, study by study. */
export interface Assembly { cases: CaseInfo[]; notes: Note[]; questions: Question[]; series: SeriesInfo[] }

/** The probabilities of a slice on its own grid, row by row, 0 to 65535 for 0 to 1. `backend`: where they were computed. */
export interface Segmented {
    slice: string;
    width: number;
    height: number;
    probability: Uint16Array<ArrayBuffer>;
    backend: Backend;
    milliseconds: number;
}

/**
 * A slice for display: levels of red, green and blue, in 64ths. By default level 255 is white; all slices of a case have the
 * same scale. Brighter pixels have higher levels. `brightest` is the highest level of the case, not in 64ths.
 */
export interface Pixels { width: number; height: number; levels: Uint16Array<ArrayBuffer>; brightest: number }

/** A whole slice for display. `flair`: the FLAIR channel as the file states it, row by row. */
export interface SlicePixels extends Pixels {
    flair: Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
}

/**
 * Agreement of a mask (the prediction) with a reference, counted in pixels. `sensitivity` is null where the reference is
 * empty, `precision` where the mask is.
 */
export interface Scores {
    tp: number; fp: number; fn: number; tn: number;
    dice: number; iou: number; sensitivity: number | null; precision: number | null;
}

/**
 * The measures of a slice. `area`: pixels inside its mask, 0 without one. `edited`: the mask is an edited one. `segmented`:
 * the slice has probabilities. `mm2` is null where the size of a pixel is unknown, `scores` without a mask or a reference.
 * `flair`: the FLAIR values inside the mask, null where it is empty. `removedSmallRegions`: pixels of small regions, which the network's mask does not have once all slices of the case are
 * segmented. They are counted at the lowest threshold, 0.05.
 */
export interface SliceMeasure {
    id: string;
    area: number;
    edited: boolean;
    segmented: boolean;
    scores: Scores | null;
    mm2: number | null;
    flair: Intensity | null;
    removedSmallRegions: number;
}

/** Values of pixels as the file states them: mean, standard deviation, smallest and largest. */
export interface Intensity { mean: number; deviation: number; min: number; max: number }

/**
 * The measures of a case. `range`: the network's masks at thresholds 0.3, 0.5 and 0.7. `network`: the network's masks,
 * without edits, at the given threshold. `largest`: the id of the slice with the largest area, null where every area is 0.
 * `predictedDice`: how well the network's masks, without edits and at the model's threshold, are expected to match a reference;
 * null for a single slice, before all slices are segmented, without a lesion, and where the input check does not accept the case.
 */
export interface CaseMeasure {
    slices: SliceMeasure[];
    voxels: number;
    millilitres: number | null;
    scores: Scores | null;
    range: { threshold: number; voxels: number; millilitres: number | null }[];
    network: { voxels: number; scores: Scores | null };
    largest: string | null;
    predictedDice: PredictedDice | null;
}

/** A Dice from 0 to 1. Nine of ten cases are from `from` to `to`. */
export interface PredictedDice { dice: number; from: number; to: number }

/** The distance between voxels in millimetres, as the visitor has given it: between columns, rows and slices. */
export interface Spacing { x: number; y: number; z: number }

/** The two ends of a line, x and y each, in pixels from the top left corner of the slice. */
export type Line = [[number, number], [number, number]];

/** What a reader has measured on a slice. `diameters`: the longest one of a region, and the one perpendicular to it. */
export interface Lines { readonly rulers: readonly Line[]; readonly diameters: [Line, Line] | null }

/**
 * What the visitor has set. `spacing` has case ids as keys, `lines` slice ids. `view` are the page's display settings, 64 KiB of
 * JSON at most.
 */
export interface Settings {
    threshold: number;
    spacing: Record<string, Spacing>;
    lines?: Record<string, Lines>;
    rules?: string;
    view?: unknown;
}

/** A synthetic case: with one lesion, a small one, two or none, or one that the input check refuses. */
export type Sample = 'one' | 'small' | 'two' | 'none' | 'refused';

/** What a volume shows. `network`: the masks without edits. `tp`, `fp`, `fn`: the masks compared with the references. */
export type Volume = 'pre' | 'flair' | 'post' | 'mask' | 'network' | 'probability' | 'reference' | 'tp' | 'fp' | 'fn';
