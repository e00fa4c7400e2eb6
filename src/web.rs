//! The boundary to JavaScript, and the only file that knows it: conversions, nothing else.
//!
//! A [`Session`] is a network on a device with the [`Study`] that one visitor has open. Every method takes `&self`, since
//! a slice may be under way on the GPU while the page asks for pictures; what a later `clear` has thrown away is then
//! finished for nobody.
//!
//! Errors cross as objects `{kind, file, message}`. A panic leaves the instance in no known state: `onPanic` says so,
//! and whoever hears it starts another one.

use std::cell::{Ref, RefCell, RefMut};
use std::sync::Once;

use burn::tensor::Device;
use js_sys::{Function, JSON, Reflect, Uint8Array, Uint16Array};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Crypto, SubtleCrypto};

use crate::error::{Error, FileFault};
use crate::layout::CaseSlice;
use crate::mask::Mask;
use crate::mask::Probability;
use crate::network::card::Card;
use crate::network::input_check::InputCheck;
use crate::network::manifest::Manifest;
use crate::network::segmenter::{Backend, Segmenter};
use crate::network::sha256::{hex, sha256};
use crate::read::Channels;
use crate::result::display::STEPS;
use crate::result::findings::Findings;
use crate::result::measure::Voxel;
use crate::study::{HEAD, Note, Settings, Study};
use crate::write::{Bundle, NamedFile, Origin, Volume, nifti, report, zip};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** Where the network runs. */
export type Backend = 'webgpu' | 'cpu';

/**
 * Why something failed. `file` is the one at fault, if one is. Of kind `file`, `model`, `volume`, `device` or `usage`; of
 * kind `session` where `addFile` was given a saved session, which `openSession` takes.
 */
export interface Fault { kind: string; file: string | null; message: string }

/** The network: what it is, what it was fitted on, and how it did on patients that were held out. */
export interface ModelInfo {
    /** The network's shape, for people. */
    name: string;
    /** SHA-256 of the weights, hexadecimal; `version` is its beginning, for people. */
    sha256: string;
    version: string;
    /** The weights' size and how many numbers were fitted. */
    bytes: number;
    parameters: number;
    /** The threshold to begin with, 0 to 1. */
    threshold: number;
    /** The side of the square that slices are brought on, pixels, and how they are normalised. */
    grid: number;
    normalisation: string;
    /** How it was fitted and how well it does: `card.json`, if it was given. */
    card: Card | null;
}

/** `card.json`. */
export interface Card {
    /** Names of patients. */
    split: { fit: string[]; held_out: string[] };
    counts: { slices: number; positive: number };
    recipe: unknown;
    revision: string;
    /** Figures of the held-out patients, each in the unit that its name says. */
    metrics: Record<string, number>;
}

/** A file that was read, and how many slices it holds. `notes`: what a zip holds that cannot be used. */
export interface Added { file: string; slices: number; notes: Note[] }

/** One slice of a case. `grey`: it serves as FLAIR in all channels. `reference`: a mask came with it. */
export interface SliceInfo { name: string; width: number; height: number; grey: boolean; reference: boolean }

/** Whether a case is of a kind that the network was fitted on. `reasons` are whole sentences. */
export interface InputCheck { accepted: boolean; reasons: string[] }

/**
 * The slices of one patient or stack, in order. `resolution`: millimetres a pixel, x then y, where every slice's file
 * gives one and all are the same.
 */
export interface CaseInfo { name: string; slices: SliceInfo[]; resolution: [number, number] | null; verdict: Verdict }

/** A file that was left out of the cases, and why; the message names the file too. */
export interface Note { file: string; message: string }

/** What the files that were read make up. */
export interface Assembly { cases: CaseInfo[]; notes: Note[] }

/** A finished slice on its own grid, row by row. `probability` is 0 to 65535 for 0 to 1. */
export interface Segmented {
    case: number;
    slice: number;
    width: number;
    height: number;
    probability: Uint16Array<ArrayBuffer>;
    milliseconds: number;
}

/**
 * A slice for the eye: levels of red, green and blue, in 64ths. 255 levels are what is shown white at first, equally bright in
 * all slices of a case; what is brighter has more. `brightest`: the highest level of the case, in levels.
 */
export interface Pixels { width: number; height: number; levels: Uint16Array<ArrayBuffer>; brightest: number }

/**
 * A mask against a reference: pixels inside both, one, the other and neither, and the figures that come of it.
 * `sensitivity` is null where the reference is empty, `precision` where the mask is.
 */
export interface Scores {
    tp: number; fp: number; fn: number; tn: number;
    dice: number; iou: number; sensitivity: number | null; precision: number | null;
}

/**
 * One slice, measured. `area`: pixels inside its mask, 0 without one. `edited`: drawn or changed by hand. `done`: the
 * network has been over it. `mm2` is null where neither the voxel's size is known nor the files state a pixel's, `scores`
 * without a mask or a reference. `left_out`: pixels of small regions, which the network's mask leaves out once it has been over the whole case, those that
 * only a threshold as low as 0.05 would let in among them.
 */
export interface SliceMeasure {
    area: number;
    edited: boolean;
    done: boolean;
    scores: Scores | null;
    mm2: number | null;
    left_out: number;
}

/**
 * A case, measured. `range`: the network's masks at thresholds 0.3, 0.5 and 0.7. `network`: without edits, at the
 * threshold given. `largest`: the index of the slice with the largest area, -1 where there is none.
 */
export interface CaseMeasure {
    slices: SliceMeasure[];
    voxels: number;
    millilitres: number | null;
    scores: Scores | null;
    range: { threshold: number; voxels: number; millilitres: number | null }[];
    network: { voxels: number; scores: Scores | null };
    largest: number;
}

/** The voxel's size in millimetres, as someone has said; it is never guessed. */
export interface Spacing { x: number; y: number; slice: number }

/** What the visitor has set: `spacing` has an entry for each case. */
export interface Settings { threshold: number; spacing: (Spacing | null)[]; rules?: string }

/** What a volume can be of. `network` is the mask without edits; `tp`, `fp` and `fn` hold the mask against the reference. */
export type Volume = 'pre' | 'flair' | 'post' | 'mask' | 'network' | 'probability' | 'reference' | 'tp' | 'fp' | 'fn';
"#;

thread_local! {
    static ON_PANIC: RefCell<Option<Function>> = const { RefCell::new(None) };
}

unsafe extern "C" {
    /// The linker's own: runs what dependencies register before anything else (CubeCL its operators).
    fn __wasm_call_ctors();
}

/// Runs the constructors, once; only CubeCL needs what they register, and they take a twentieth of a second.
///
/// Where nothing calls them, the linker has every exported function call them, each time: that is thousands of
/// registrations whenever a single value crosses to JavaScript.
fn construct() {
    static ONCE: Once = Once::new();
    // SAFETY: the linker defines it in every module, and nothing else calls it.
    ONCE.call_once(|| unsafe { __wasm_call_ctors() });
}

/// Which version of the package this is.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// Calls `callback` with the message of a panic, before the trap that follows it. The console gets it in any case.
#[wasm_bindgen(js_name = onPanic)]
pub fn on_panic(#[wasm_bindgen(unchecked_param_type = "(message: string) => void")] callback: Function) {
    ON_PANIC.with(|slot| slot.replace(Some(callback)));
    std::panic::set_hook(Box::new(|panic| {
        let message = JsValue::from(panic.to_string());
        web_sys::console::error_1(&message);
        ON_PANIC.with(|slot| {
            if let Ok(slot) = slot.try_borrow()
                && let Some(callback) = &*slot
            {
                // Nobody is left to hear that even the report failed.
                let _ = callback.call1(&JsValue::NULL, &message);
            }
        });
    }));
}

/// A network on a device, the files that were handed in, and what was found on their slices.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Session {
    backend: &'static str,
    segmenter: Segmenter,
    card: Option<Card>,
    study: RefCell<Study>,
}

#[wasm_bindgen]
impl Session {
    /// Opens the model on `webgpu` or `cpu`. WebGPU can be opened once in an instance's life. `cardJson`, the bytes of
    /// `card.json`, is for `model` and for reports: the network runs without it.
    pub async fn create(
        #[wasm_bindgen(unchecked_param_type = "Backend")] backend: String,
        #[wasm_bindgen(js_name = modelJson)] model_json: Vec<u8>,
        weights: Vec<u8>,
        #[wasm_bindgen(js_name = cardJson)] card_json: Option<Vec<u8>>,
    ) -> Result<Session, JsValue> {
        let (backend, device) = match backend.as_str() {
            "cpu" => ("cpu", Backend::Cpu),
            #[cfg(feature = "burn")]
            "webgpu" => {
                construct();
                let device = Device::wgpu_options().init_async().await;
                let refused = |error| Error::Device { device: "webgpu".to_owned(), reason: format!("{error}") };
                ("webgpu", Backend::Burn(device.map_err(|error| fault(&refused(error)))?))
            }
            other => return Err(usage(&format!("expected the backend webgpu or cpu, found {other:?}"))),
        };
        let sha256 = match browser_sha256(&weights).await {
            Some(found) => found,
            None => sha256(&weights),
        };
        let opened = Segmenter::load_hashed(&model_json, &weights, sha256, device);
        let segmenter = opened.map_err(|error| fault(&error))?;
        let card = card_json.map(|json| Card::from_json(&json)).transpose();
        let card = card.map_err(|error| fault(&error.into()))?;
        Ok(Self { backend, segmenter, card, study: RefCell::default() })
    }

    /// Where the network runs.
    #[wasm_bindgen(unchecked_return_type = "Backend")]
    pub fn backend(&self) -> String {
        self.backend.to_owned()
    }

    /// Segments a known slice: the largest difference in probability from what the network gave where it was fitted,
    /// 0 to 1. NaN or infinity says that the two cannot even be compared.
    pub async fn check(&self) -> Result<f32, JsValue> {
        self.segmenter.known_answer_error().await.map_err(|error| fault(&error))
    }

    /// What `model.json` says of the network.
    #[wasm_bindgen(unchecked_return_type = "ModelInfo")]
    pub fn model(&self) -> Result<JsValue, JsValue> {
        to_js(&ModelInfo::of(self.segmenter.manifest(), self.card.as_ref()))
    }

    /// How many bytes of a file's beginning `admit` looks at.
    #[wasm_bindgen(js_name = headLength)]
    pub fn head_length() -> usize {
        HEAD
    }

    /// Throws if a file of `size` bytes that begins with `head` would be refused whatever else is in it: to be asked before
    /// its bytes are fetched.
    pub fn admit(name: &str, size: f64, head: &[u8]) -> Result<(), JsValue> {
        Study::admit(name, size as u64, head).map_err(|error| fault(&error))
    }

    /// Reads a file: an image, or a zip of images. It belongs to the cases that the next `assemble` makes. What is there
    /// already, name and bytes, is passed over. A name that other bytes have is a fault, and so is what follows of its case
    /// until `assemble`; a zip of such names goes below a folder of its own name.
    #[wasm_bindgen(js_name = addFile, unchecked_return_type = "Added")]
    pub fn add_file(&self, name: &str, bytes: &[u8]) -> Result<JsValue, JsValue> {
        to_js(&self.study_mut().add_file(name, bytes).map_err(|error| fault(&error))?)
    }

    /// Adds the sample case, a synthetic head with its reference masks, as if its files had been handed in.
    pub fn sample(&self) -> Result<(), JsValue> {
        self.study_mut().add_sample().map_err(|error| fault(&error))
    }

    /// Makes cases of all that was read since the last `clear`. Cases that are unchanged keep what was found on them; where
    /// slices have come or gone, probabilities are forgotten and edits stay with their slices.
    #[wasm_bindgen(unchecked_return_type = "Assembly")]
    pub fn assemble(&self) -> Result<JsValue, JsValue> {
        let notes = self.study_mut().assemble();
        self.study_mut().judge(self.segmenter.manifest());
        let study = self.study();
        to_js(&Assembly { cases: study.cases().map(CaseInfo::of).collect(), notes })
    }

    /// Segments one slice of the assembled cases, both counted from 0, and keeps its probabilities. What is under way
    /// when its case changes or goes is finished for nobody.
    #[wasm_bindgen(unchecked_return_type = "Segmented")]
    pub async fn segment(&self, case: usize, slice: usize) -> Result<JsValue, JsValue> {
        let (ticket, entry, statistics) = {
            let study = self.study();
            let (findings, entry) = find(&study, case, slice)?;
            (study.ticket(case), entry.slice.clone(), *findings.statistics())
        };
        let start = now();
        let map = self.segmenter.probability(&entry, &statistics).await.map_err(|error| fault(&error))?;
        let segmented = to_js(&Segmented {
            case,
            slice,
            width: map.width(),
            height: map.height(),
            probability: Uint16Array::from(map.values()),
            milliseconds: now() - start,
        });
        if let Some(ticket) = ticket {
            self.study_mut().keep(ticket, slice, map);
        }
        segmented
    }

    /// Keeps probabilities that another session has found on the same slice.
    pub fn adopt(&self, case: usize, slice: usize, probability: Vec<u16>) -> Result<(), JsValue> {
        let mut study = self.study_mut();
        let (width, height) = size(&study, case, slice, probability.len())?;
        if let Some(findings) = study.case_mut(case) {
            findings.keep(slice, Probability::new(width, height, probability));
        }
        Ok(())
    }

    /// A slice for the eye; all slices of a case are equally bright.
    #[wasm_bindgen(unchecked_return_type = "Pixels")]
    pub fn pixels(&self, case: usize, slice: usize) -> Result<JsValue, JsValue> {
        let study = self.study();
        let (findings, CaseSlice { slice, .. }) = find(&study, case, slice)?;
        let levels = Uint16Array::from(findings.window().levels(slice).as_slice());
        let brightest = f64::from(findings.window().brightest()) / f64::from(STEPS);
        to_js(&Pixels { width: slice.width(), height: slice.height(), levels, brightest })
    }

    /// The mask that came with a slice, 0 or 1 a pixel, if one did.
    #[wasm_bindgen(unchecked_return_type = "Uint8Array<ArrayBuffer> | undefined")]
    pub fn reference(&self, case: usize, slice: usize) -> Result<Option<Uint8Array>, JsValue> {
        let study = self.study();
        let (_, entry) = find(&study, case, slice)?;
        Ok(entry.reference.as_ref().map(bytes_of))
    }

    /// The mask of a slice, 0 or 1 a pixel: the one drawn by hand if there is one, else the network's.
    #[wasm_bindgen(unchecked_return_type = "Uint8Array<ArrayBuffer> | undefined")]
    pub fn mask(&self, case: usize, slice: usize, threshold: f64) -> Result<Option<Uint8Array>, JsValue> {
        let study = self.study();
        let (findings, _) = find(&study, case, slice)?;
        Ok(findings.mask(slice, threshold as f32).map(|mask| bytes_of(&mask)))
    }

    /// The mask of a slice as the network alone draws it, 0 or 1 a pixel.
    #[wasm_bindgen(js_name = networkMask, unchecked_return_type = "Uint8Array<ArrayBuffer> | undefined")]
    pub fn network_mask(&self, case: usize, slice: usize, threshold: f64) -> Result<Option<Uint8Array>, JsValue> {
        let study = self.study();
        let (findings, _) = find(&study, case, slice)?;
        Ok(findings.network_mask(slice, threshold as f32).map(|mask| bytes_of(&mask)))
    }

    /// The pixels of a slice, 0 or 1 each, that lie in small regions and so in no mask of the network's, if there are any.
    #[wasm_bindgen(js_name = leftOut, unchecked_return_type = "Uint8Array<ArrayBuffer> | undefined")]
    pub fn left_out(&self, case: usize, slice: usize) -> Result<Option<Uint8Array>, JsValue> {
        let study = self.study();
        let (findings, _) = find(&study, case, slice)?;
        Ok(findings.small(slice).map(bytes_of))
    }

    /// What the network says of a slice, 0 to 65535 for 0 to 1, if it has been over it.
    #[wasm_bindgen(unchecked_return_type = "Uint16Array<ArrayBuffer> | undefined")]
    pub fn probability(&self, case: usize, slice: usize) -> Result<Option<Uint16Array>, JsValue> {
        let study = self.study();
        let (findings, _) = find(&study, case, slice)?;
        Ok(findings.probability(slice).map(|map| Uint16Array::from(map.values())))
    }

    /// Keeps a mask that was drawn by hand, 0 or not a pixel; `undefined` takes it back.
    #[wasm_bindgen(js_name = setEdit)]
    pub fn set_edit(&self, case: usize, slice: usize, mask: Option<Vec<u8>>) -> Result<(), JsValue> {
        let mut study = self.study_mut();
        find(&study, case, slice)?;
        let edit = match mask {
            Some(mask) => {
                let (width, height) = size(&study, case, slice, mask.len())?;
                Some(Mask::new(width, height, mask.into_iter().map(|value| value != 0).collect()))
            }
            None => None,
        };
        if let Some(findings) = study.case_mut(case) {
            findings.set_edit(slice, edit);
        }
        Ok(())
    }

    /// Areas, volumes and scores of a case.
    #[wasm_bindgen(unchecked_return_type = "CaseMeasure")]
    pub fn measure(
        &self,
        case: usize,
        threshold: f64,
        #[wasm_bindgen(unchecked_param_type = "Spacing | null")] spacing: JsValue,
    ) -> Result<JsValue, JsValue> {
        let study = self.study();
        to_js(&find_case(&study, case)?.measure(threshold as f32, voxel(&spacing)?))
    }

    /// A case as a NIfTI-1 volume, uncompressed. Slices that have not yet what it shows are 0; that none has it, or that they
    /// are of more than one size, is a fault.
    #[wasm_bindgen(unchecked_return_type = "Uint8Array<ArrayBuffer>")]
    pub fn volume(
        &self,
        case: usize,
        #[wasm_bindgen(unchecked_param_type = "Volume")] what: &str,
        threshold: f64,
        #[wasm_bindgen(unchecked_param_type = "Spacing | null")] spacing: JsValue,
    ) -> Result<Uint8Array, JsValue> {
        let volume = Volume::of_name(what).ok_or_else(|| usage(&format!("there is no volume {what:?}")))?;
        let study = self.study();
        let bytes = nifti(find_case(&study, case)?, volume, threshold as f32, voxel(&spacing)?);
        Ok(Uint8Array::from(bytes.map_err(|error| fault(&error))?.as_slice()))
    }

    /// All files of the result, of every case, as one zip.
    #[wasm_bindgen(js_name = exportZip, unchecked_return_type = "Uint8Array<ArrayBuffer>")]
    pub fn export_zip(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Settings")] settings: JsValue,
    ) -> Result<Uint8Array, JsValue> {
        let settings = self.settings(&settings)?;
        let mut bundle = Bundle::new(self.origin(&settings));
        let study = self.study();
        let mut files: Vec<NamedFile> =
            study.measured(&settings).flat_map(|(findings, voxel)| bundle.case_files(findings, voxel)).collect();
        files.extend(bundle.finish());
        Ok(Uint8Array::from(zip(&files).as_slice()))
    }

    /// A report of all cases: an HTML page that needs nothing else, without a script.
    pub fn report(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Settings")] settings: JsValue,
    ) -> Result<String, JsValue> {
        let settings = self.settings(&settings)?;
        Ok(report(self.origin(&settings), self.study().measured(&settings)))
    }

    /// What is open as the bytes of a file: the files as they were handed in, what was found, and the settings.
    #[wasm_bindgen(js_name = saveSession, unchecked_return_type = "Uint8Array<ArrayBuffer>")]
    pub fn save_session(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Settings")] settings: JsValue,
    ) -> Result<Uint8Array, JsValue> {
        let settings = self.settings(&settings)?;
        Ok(Uint8Array::from(self.study().save(self.sha256(), &settings).as_slice()))
    }

    /// Puts a saved session in the place of all that is open; `assemble` then makes its cases. Where that fails,
    /// everything stays as it was.
    #[wasm_bindgen(js_name = openSession, unchecked_return_type = "Settings")]
    pub fn open_session(&self, bytes: &[u8]) -> Result<JsValue, JsValue> {
        let settings = self.study_mut().open(bytes, self.sha256()).map_err(|error| fault(&error))?;
        to_js(&settings)
    }

    /// Forgets files, cases and what was found.
    pub fn clear(&self) {
        self.study_mut().clear();
    }

    fn sha256(&self) -> &str {
        &self.segmenter.manifest().weights.sha256
    }

    fn origin<'a>(&'a self, settings: &'a Settings) -> Origin<'a> {
        Origin {
            manifest: self.segmenter.manifest(),
            card: self.card.as_ref(),
            backend: self.backend,
            threshold: settings.threshold,
            rules: settings.rules.as_deref(),
        }
    }

    fn settings(&self, settings: &JsValue) -> Result<Settings, JsValue> {
        let settings: Settings = from_js(settings)?;
        settings.check().map_err(|reason| usage(&reason))?;
        Ok(settings)
    }

    // Never held across an `await`.
    fn study(&self) -> Ref<'_, Study> {
        self.study.borrow()
    }

    fn study_mut(&self) -> RefMut<'_, Study> {
        self.study.borrow_mut()
    }
}

#[derive(Serialize)]
struct Fault<'a> {
    kind: &'a str,
    file: Option<&'a str>,
    message: &'a str,
}

#[derive(Serialize)]
struct ModelInfo<'a> {
    name: String,
    sha256: &'a str,
    version: &'a str,
    bytes: usize,
    parameters: usize,
    threshold: f64,
    grid: usize,
    normalisation: &'a crate::network::preprocess::Normalisation,
    card: Option<&'a Card>,
}

#[derive(Serialize)]
struct Assembly<'a> {
    cases: Vec<CaseInfo<'a>>,
    notes: Vec<Note>,
}

#[derive(Serialize)]
struct CaseInfo<'a> {
    name: &'a str,
    slices: Vec<SliceInfo<'a>>,
    resolution: Option<[f64; 2]>,
    verdict: InputCheck,
}

#[derive(Serialize)]
struct SliceInfo<'a> {
    name: &'a str,
    width: usize,
    height: usize,
    grey: bool,
    reference: bool,
}

#[derive(Serialize)]
struct Segmented {
    case: usize,
    slice: usize,
    width: usize,
    height: usize,
    #[serde(with = "serde_wasm_bindgen::preserve")]
    probability: Uint16Array,
    milliseconds: f64,
}

#[derive(Serialize)]
struct Pixels {
    width: usize,
    height: usize,
    #[serde(with = "serde_wasm_bindgen::preserve")]
    levels: Uint16Array,
    brightest: f64,
}

impl<'a> ModelInfo<'a> {
    fn of(manifest: &'a Manifest, card: Option<&'a Card>) -> Self {
        let sha256 = manifest.weights.sha256.as_str();
        Self {
            name: manifest.name(),
            sha256,
            version: sha256.get(..12).unwrap_or(sha256),
            bytes: manifest.weights.bytes,
            parameters: manifest.weights.parameters,
            threshold: manifest.decimal_threshold(),
            grid: manifest.grid,
            normalisation: &manifest.normalisation,
            card,
        }
    }
}

impl<'a> CaseInfo<'a> {
    fn of(findings: &'a Findings) -> Self {
        let case = findings.case();
        let slices = case.slices.iter().map(|CaseSlice { slice, reference }| SliceInfo {
            name: slice.name(),
            width: slice.width(),
            height: slice.height(),
            grey: slice.channels() == Channels::Grey,
            reference: reference.is_some(),
        });
        Self {
            name: &case.name,
            slices: slices.collect(),
            resolution: findings.resolution(),
            // A network that does not know what it was fitted on refuses nothing.
            verdict: findings.verdict().cloned().unwrap_or(InputCheck { accepted: true, reasons: Vec::new() }),
        }
    }
}

fn find_case(study: &Study, case: usize) -> Result<&Findings, JsValue> {
    study.case(case).ok_or_else(|| usage(&format!("there is no case {case} of {}", study.count())))
}

fn find(study: &Study, case: usize, slice: usize) -> Result<(&Findings, &CaseSlice), JsValue> {
    let findings = find_case(study, case)?;
    let slices = &findings.case().slices;
    let entry = slices.get(slice).ok_or_else(|| usage(&format!("there is no slice {slice} of {}", slices.len())))?;
    Ok((findings, entry))
}

/// A slice's width and height, if it has `found` pixels.
fn size(study: &Study, case: usize, slice: usize, found: usize) -> Result<(usize, usize), JsValue> {
    let (_, CaseSlice { slice, .. }) = find(study, case, slice)?;
    let (name, width, height) = (slice.name(), slice.width(), slice.height());
    if found == width * height {
        Ok((width, height))
    } else {
        Err(usage(&format!("{name}: expected {width} x {height} pixels, found {found}")))
    }
}

fn voxel(spacing: &JsValue) -> Result<Option<Voxel>, JsValue> {
    let voxel: Option<Voxel> = if spacing.is_undefined() { None } else { from_js(spacing)? };
    match voxel {
        Some(voxel) if !voxel.is_valid() => Err(usage(&format!("expected a spacing above 0, found {voxel:?}"))),
        voxel => Ok(voxel),
    }
}

/// 1 inside, 0 outside.
fn bytes_of(mask: &Mask) -> Uint8Array {
    Uint8Array::from(mask.to_bytes().as_slice())
}

/// As plain objects, with null for what is not there.
fn to_js(value: &impl Serialize) -> Result<JsValue, JsValue> {
    Ok(value.serialize(&Serializer::json_compatible())?)
}

/// From plain objects, by way of JSON, which is read here in any case.
fn from_js<T: DeserializeOwned>(value: &JsValue) -> Result<T, JsValue> {
    let text = JSON::stringify(value)?.as_string().unwrap_or_default();
    serde_json::from_str(&text).map_err(|error| usage(&format!("{error} in {text}")))
}

fn fault(error: &Error) -> JsValue {
    match error {
        Error::File { file, fault: FileFault::SavedSession } => {
            thrown("session", Some(file), &FileFault::SavedSession.to_string())
        }
        Error::File { file, fault } => thrown("file", Some(file), &fault.to_string()),
        Error::Volume { .. } => thrown("volume", None, &error.to_string()),
        Error::Model(_) => thrown("model", None, &error.to_string()),
        Error::Device { .. } => thrown("device", None, &error.to_string()),
    }
}

/// The caller's own mistake.
fn usage(message: &str) -> JsValue {
    thrown("usage", None, message)
}

fn thrown(kind: &str, file: Option<&str>, message: &str) -> JsValue {
    to_js(&Fault { kind, file, message }).unwrap_or_else(|error| error)
}

/// SHA-256 by the browser, ten times sooner than by code that it has only just been given. Nothing where it offers none: over
/// plain HTTP, but for localhost.
async fn browser_sha256(bytes: &[u8]) -> Option<String> {
    let crypto: Crypto = Reflect::get(&js_sys::global(), &"crypto".into()).ok()?.dyn_into().ok()?;
    let subtle: SubtleCrypto = Reflect::get(&crypto, &"subtle".into()).ok()?.dyn_into().ok()?;
    let found = subtle.digest_with_str_and_js_u8_array("SHA-256", &Uint8Array::from(bytes)).ok()?;
    let found = JsFuture::from(found).await.ok()?;
    Some(hex(&Uint8Array::new(&found).to_vec()))
}

/// Milliseconds since some moment, in a page and in a worker.
fn now() -> f64 {
    let performance = Reflect::get(&js_sys::global(), &JsValue::from("performance"));
    performance.map_or(0.0, |performance| performance.unchecked_into::<web_sys::Performance>().now())
}
