//! The boundary to JavaScript, and the only file that knows it: conversions, nothing else.
//!
//! A [`Session`] is a network on a device with what one visitor has open. Every method takes `&self`, since a slice may
//! be under way on the GPU while the page asks for pictures; what a later `clear` has thrown away is then finished for
//! nobody.
//!
//! Errors cross as objects `{kind, file, message}`. A panic leaves the instance in no known state: `onPanic` says so,
//! and whoever hears it starts another one.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use burn::tensor::Device;
use js_sys::{Float32Array, Function, Reflect, Uint8Array, Uint8ClampedArray};
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;

use crate::case::{Case, CaseSlice, assemble};
use crate::display::Window;
use crate::error::Error;
use crate::export::{mask_tiff, zip};
use crate::image::{self, Channels, Limits, Samples, Slice};
use crate::mask::Mask;
use crate::metrics::Confusion;
use crate::normalize::CaseStatistics;
use crate::phantom::PhantomConfig;
use crate::segmenter::Segmenter;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** Where the network runs. */
export type Backend = 'webgpu' | 'cpu';

/** Why something failed. `file` is the one at fault, if one is. */
export interface Fault { kind: string; file: string | null; message: string }

/** A file that was read, and how many slices it holds. */
export interface Added { file: string; slices: number }

/** One slice of a case. `grey`: it serves as FLAIR in all channels. `reference`: a mask came with it. */
export interface SliceInfo { name: string; width: number; height: number; grey: boolean; reference: boolean }

/** The slices of one patient or stack, in order. */
export interface CaseInfo { name: string; slices: SliceInfo[] }

/** A file that was left out of the cases, and why. */
export interface Note { file: string; message: string }

/** What the files that were read make up. */
export interface Assembly { cases: CaseInfo[]; notes: Note[] }

/** A finished slice on its own grid, row by row. `probability` is 0 to 1, `mask` 0 or 1, `area` the pixels inside. */
export interface Segmented {
    case: number;
    slice: number;
    width: number;
    height: number;
    area: number;
    probability: Float32Array<ArrayBuffer>;
    mask: Uint8Array<ArrayBuffer>;
    milliseconds: number;
    /** With the mask that came with the slice; absent without one. */
    dice?: number;
}

/** A slice for the eye: red, green, blue and alpha, 0 to 255. */
export interface Pixels { width: number; height: number; rgba: Uint8ClampedArray<ArrayBuffer> }
"#;

thread_local! {
    static ON_PANIC: RefCell<Option<Function>> = const { RefCell::new(None) };
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

/// A network on a device, the files that were handed in, and the masks that were found.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Session {
    backend: &'static str,
    segmenter: Segmenter,
    /// Read, and not yet part of a case.
    slices: RefCell<Vec<Slice>>,
    /// Shared with the slices under way: a new list is put in its place, none is ever changed.
    cases: RefCell<Rc<Vec<OpenCase>>>,
    masks: RefCell<BTreeMap<(usize, usize), Mask>>,
}

/// A case and what holds for all of its slices.
#[derive(Debug)]
struct OpenCase {
    case: Case,
    statistics: CaseStatistics,
    window: Window,
}

#[wasm_bindgen]
impl Session {
    /// Opens the model on `webgpu` or `cpu`. WebGPU can be opened once in an instance's life.
    pub async fn create(
        #[wasm_bindgen(unchecked_param_type = "Backend")] backend: String,
        #[wasm_bindgen(js_name = modelJson)] model_json: Vec<u8>,
        weights: Vec<u8>,
    ) -> Result<Session, JsValue> {
        let (backend, device) = match backend.as_str() {
            "cpu" => ("cpu", Device::flex()),
            "webgpu" => {
                let device = Device::wgpu_options().init_async().await;
                let refused = |error| Error::Device { device: "webgpu".to_owned(), reason: format!("{error}") };
                ("webgpu", device.map_err(|error| fault(&refused(error)))?)
            }
            other => return Err(usage(&format!("expected the backend webgpu or cpu, found {other:?}"))),
        };
        let segmenter = Segmenter::load(&model_json, &weights, device).map_err(|error| fault(&error))?;
        Ok(Self {
            backend,
            segmenter,
            slices: RefCell::default(),
            cases: RefCell::default(),
            masks: RefCell::default(),
        })
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

    /// Reads a file. It belongs to the cases that the next `assemble` makes.
    #[wasm_bindgen(js_name = addFile, unchecked_return_type = "Added")]
    pub fn add_file(&self, name: &str, bytes: &[u8]) -> Result<JsValue, JsValue> {
        let slices = image::read(name, bytes, &Limits::default()).map_err(|error| fault(&error))?;
        let added = Added { file: name, slices: slices.len() };
        self.slices.borrow_mut().extend(slices);
        to_js(&added)
    }

    /// Adds the sample case, a synthetic head with its reference masks, as if its files had been handed in.
    pub fn sample(&self) -> Result<(), JsValue> {
        for CaseSlice { slice, reference } in PhantomConfig::default().case().slices {
            if let Some(mask) = reference {
                let name = mask_name(slice.name());
                let samples = mask.inside().iter().map(|&inside| if inside { u8::MAX } else { 0 }).collect();
                let mask = Slice::new(name, mask.width(), mask.height(), Channels::Grey, Samples::U8(samples));
                self.slices.borrow_mut().push(mask.map_err(|error| fault(&error))?);
            }
            self.slices.borrow_mut().push(slice);
        }
        Ok(())
    }

    /// Makes cases of all that was read since the last `clear` or `assemble`. Earlier cases and masks are gone.
    #[wasm_bindgen(unchecked_return_type = "Assembly")]
    pub fn assemble(&self) -> Result<JsValue, JsValue> {
        let assembly = assemble(self.slices.take());
        let cases: Vec<OpenCase> = assembly.cases.into_iter().map(OpenCase::new).collect();
        let notes = assembly.notes.iter().map(|note| Note { file: note.name(), message: note.to_string() }).collect();
        let described = to_js(&Assembly { cases: cases.iter().map(CaseInfo::of).collect(), notes });
        self.masks.borrow_mut().clear();
        self.cases.replace(Rc::new(cases));
        described
    }

    /// Segments one slice of the assembled cases, both counted from 0, and keeps its mask for `maskZip`.
    #[wasm_bindgen(unchecked_return_type = "Segmented")]
    pub async fn segment(&self, case: usize, slice: usize) -> Result<JsValue, JsValue> {
        let cases = self.cases();
        let (open, entry) = find(&cases, case, slice)?;
        let start = now();
        let map = self.segmenter.probability(&entry.slice, &open.statistics).await.map_err(|error| fault(&error))?;
        let threshold = self.segmenter.manifest().threshold;
        let mask = Mask::from_probability(map.width, map.height, &map.values, threshold);
        let segmented = to_js(&Segmented {
            case,
            slice,
            width: map.width,
            height: map.height,
            area: mask.area(),
            probability: Float32Array::from(map.values.as_slice()),
            mask: bytes_of(&mask),
            milliseconds: now() - start,
            dice: entry.reference.as_ref().map(|reference| Confusion::new(&mask, reference).dice()),
        });
        if Rc::ptr_eq(&cases, &self.cases()) {
            self.masks.borrow_mut().insert((case, slice), mask);
        }
        segmented
    }

    /// Keeps a mask that another session has found on the same slice: 0 or 1 a pixel.
    pub fn adopt(&self, case: usize, slice: usize, mask: Vec<u8>) -> Result<(), JsValue> {
        let cases = self.cases();
        let (_, CaseSlice { slice: found, .. }) = find(&cases, case, slice)?;
        if mask.len() != found.width() * found.height() {
            let (name, width, height) = (found.name(), found.width(), found.height());
            return Err(usage(&format!("{name}: expected a mask of {width} x {height} bytes, found {}", mask.len())));
        }
        let mask = Mask::new(found.width(), found.height(), mask.into_iter().map(|value| value != 0).collect());
        self.masks.borrow_mut().insert((case, slice), mask);
        Ok(())
    }

    /// A slice for the eye; all slices of a case are equally bright.
    #[wasm_bindgen(unchecked_return_type = "Pixels")]
    pub fn pixels(&self, case: usize, slice: usize) -> Result<JsValue, JsValue> {
        let cases = self.cases();
        let (open, CaseSlice { slice, .. }) = find(&cases, case, slice)?;
        let rgba = Uint8ClampedArray::from(open.window.rgba(slice).as_slice());
        to_js(&Pixels { width: slice.width(), height: slice.height(), rgba })
    }

    /// The mask that came with a slice, 0 or 1 a pixel, if one did.
    #[wasm_bindgen(unchecked_return_type = "Uint8Array<ArrayBuffer> | undefined")]
    pub fn reference(&self, case: usize, slice: usize) -> Result<Option<Uint8Array>, JsValue> {
        let cases = self.cases();
        let (_, entry) = find(&cases, case, slice)?;
        Ok(entry.reference.as_ref().map(bytes_of))
    }

    /// `<stem>_mask.tif` of every slice that is finished, folders kept, as one zip.
    #[wasm_bindgen(js_name = maskZip, unchecked_return_type = "Uint8Array<ArrayBuffer>")]
    pub fn mask_zip(&self) -> Result<Uint8Array, JsValue> {
        let cases = self.cases();
        let masks = self.masks.borrow();
        let file = |(&(case, slice), mask)| {
            let (_, entry) = find(&cases, case, slice)?;
            Ok((mask_name(entry.slice.name()), mask_tiff(mask)))
        };
        let files = masks.iter().map(file).collect::<Result<Vec<_>, JsValue>>()?;
        Ok(Uint8Array::from(zip(&files).as_slice()))
    }

    /// Forgets files, cases and masks.
    pub fn clear(&self) {
        self.slices.take();
        self.cases.take();
        self.masks.take();
    }

    fn cases(&self) -> Rc<Vec<OpenCase>> {
        Rc::clone(&self.cases.borrow())
    }
}

impl OpenCase {
    fn new(case: Case) -> Self {
        let statistics = CaseStatistics::of(case.slices.iter().map(|entry| &entry.slice));
        let window = Window::of(&statistics);
        Self { case, statistics, window }
    }
}

#[derive(Serialize)]
struct Fault<'a> {
    kind: &'a str,
    file: Option<&'a str>,
    message: &'a str,
}

#[derive(Serialize)]
struct Added<'a> {
    file: &'a str,
    slices: usize,
}

#[derive(Serialize)]
struct Assembly<'a> {
    cases: Vec<CaseInfo<'a>>,
    notes: Vec<Note<'a>>,
}

#[derive(Serialize)]
struct Note<'a> {
    file: &'a str,
    message: String,
}

#[derive(Serialize)]
struct CaseInfo<'a> {
    name: &'a str,
    slices: Vec<SliceInfo<'a>>,
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
    area: usize,
    #[serde(with = "serde_wasm_bindgen::preserve")]
    probability: Float32Array,
    #[serde(with = "serde_wasm_bindgen::preserve")]
    mask: Uint8Array,
    milliseconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    dice: Option<f64>,
}

#[derive(Serialize)]
struct Pixels {
    width: usize,
    height: usize,
    #[serde(with = "serde_wasm_bindgen::preserve")]
    rgba: Uint8ClampedArray,
}

impl<'a> CaseInfo<'a> {
    fn of(open: &'a OpenCase) -> Self {
        let slices = open.case.slices.iter().map(|CaseSlice { slice, reference }| SliceInfo {
            name: slice.name(),
            width: slice.width(),
            height: slice.height(),
            grey: slice.channels() == Channels::Grey,
            reference: reference.is_some(),
        });
        Self { name: &open.case.name, slices: slices.collect() }
    }
}

fn find(cases: &[OpenCase], case: usize, slice: usize) -> Result<(&OpenCase, &CaseSlice), JsValue> {
    let open = cases.get(case).ok_or_else(|| usage(&format!("there is no case {case} of {}", cases.len())))?;
    let slices = &open.case.slices;
    let entry = slices.get(slice).ok_or_else(|| usage(&format!("there is no slice {slice} of {}", slices.len())))?;
    Ok((open, entry))
}

/// The name that the mask of a slice goes by: `P/P_1.tif` → `P/P_1_mask.tif`, `stack.tif#2` → `stack_2_mask.tif`.
fn mask_name(name: &str) -> String {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (file, page) = match name.rsplit_once('#') {
        Some((file, page)) if digits(page) => (file, format!("_{page}")),
        _ => (name, String::new()),
    };
    let extension = |ending: &str| {
        (1..=5).contains(&ending.len()) && ending.bytes().all(|byte| byte.is_ascii_alphanumeric()) && !digits(ending)
    };
    let stem = match file.rsplit_once('.') {
        Some((stem, ending)) if extension(ending) && !stem.is_empty() && !stem.ends_with('/') => stem,
        _ => file,
    };
    format!("{stem}{page}_mask.tif")
}

/// 1 inside, 0 outside.
fn bytes_of(mask: &Mask) -> Uint8Array {
    let bytes: Vec<u8> = mask.inside().iter().map(|&inside| u8::from(inside)).collect();
    Uint8Array::from(bytes.as_slice())
}

/// As plain objects, with null for what is not there.
fn to_js(value: &impl Serialize) -> Result<JsValue, JsValue> {
    Ok(value.serialize(&Serializer::json_compatible())?)
}

fn fault(error: &Error) -> JsValue {
    match error {
        Error::File { file, fault } => thrown("file", Some(file), &fault.to_string()),
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

/// Milliseconds since some moment, in a page and in a worker.
fn now() -> f64 {
    let performance = Reflect::get(&js_sys::global(), &JsValue::from("performance"));
    performance.map_or(0.0, |performance| performance.unchecked_into::<web_sys::Performance>().now())
}
