//! The network on the CPU with the study of one visitor, as a JavaScript class.

use std::cell::{Ref, RefCell, RefMut};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use js_sys::{Float32Array, Reflect, Uint8Array, Uint16Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Crypto, SubtleCrypto};

use super::convert::{bytes_of, from_js, parsed, renamed, settings, spacing, threshold, to_js};
use super::fault::{fault, usage};
use super::info::{AssemblyInfo, Measured, ModelInfo, Pixels, Segmented};
use super::stream::ZipChunks;
use crate::error::Error;
use crate::network::Card;
use crate::network::segmenter::{Backend, Segmenter};
use crate::network::sha256::{hex, sha256};
use crate::phantom::Sample;
use crate::read::{Limits, Samples, Slice, Spacing, join_pair};
use crate::result::display::STEPS;
use crate::result::findings::Findings;
use crate::result::lines::Lines;
use crate::study::{HEAD, Settings, Study};
use crate::write::{Origin, SourceMasks, Volume, nifti, report, upright_nifti};

const CPU: &str = "cpu";
const WEBGPU: &str = "webgpu";

/// The network on the CPU, with the open files, cases and findings.
///
/// Slices and cases are addressed by the ids that `assemble` gives.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Session {
    segmenter: Segmenter,
    /// Where the results were computed.
    backends: RefCell<BTreeSet<&'static str>>,
    card: Option<Card>,
    study: Rc<RefCell<Study>>,
}

#[wasm_bindgen]
impl Session {
    /// Loads the model. `cardJson` is `card.json`, for `model` and for reports: the network runs without it.
    pub async fn create(
        #[wasm_bindgen(js_name = modelJson)] model_json: Vec<u8>,
        weights: Vec<u8>,
        #[wasm_bindgen(js_name = cardJson)] card_json: Option<Vec<u8>>,
    ) -> Result<Session, JsValue> {
        let sha256 = match browser_sha256(&weights).await {
            Some(found) => found,
            None => sha256(&weights),
        };
        let segmenter = Segmenter::load_hashed(&model_json, &weights, sha256, Backend::Cpu).map_err(fault)?;
        let card = card_json.map(|json| Card::from_json(&json)).transpose().map_err(fault)?;
        Ok(Self { segmenter, backends: RefCell::default(), card, study: Rc::default() })
    }

    /// Segments a known slice. Returns the largest difference in probability, 0 to 1, from the result on the machine that
    /// fitted the network. Throws a fault with code `device` where a value is not finite.
    pub async fn check(&self) -> Result<f32, JsValue> {
        self.segmenter.known_answer_error().await.map_err(fault)
    }

    /// The network's input for the known slice, `[3, grid, grid]`, for another device.
    #[wasm_bindgen(js_name = knownInput, unchecked_return_type = "Float32Array<ArrayBuffer>")]
    pub fn known_input(&self) -> Float32Array {
        Float32Array::from(self.segmenter.known_input().as_slice())
    }

    /// As `check`, for the logits `[grid, grid]` that WebGPU has computed from `knownInput`.
    #[wasm_bindgen(js_name = checkLogits)]
    pub fn check_logits(&self, logits: Vec<f32>) -> Result<f32, JsValue> {
        self.segmenter.known_answer_error_of(logits, WEBGPU).map_err(fault)
    }

    /// What the model's files say of the network.
    #[wasm_bindgen(unchecked_return_type = "ModelInfo")]
    pub fn model(&self) -> Result<JsValue, JsValue> {
        to_js(&ModelInfo::of(self.segmenter.manifest(), self.card.as_ref()))
    }

    /// How many bytes at the beginning of a file `admit` reads.
    #[wasm_bindgen(js_name = headLength)]
    pub fn head_length() -> usize {
        HEAD
    }

    /// Whether `addFile` needs the content of a file of `size` bytes that begins with `head`. Without it, `addFile` passes the
    /// file over; it may then be given the head alone. Throws if the file would be refused for its kind or size.
    pub fn admit(name: &str, size: f64, head: &[u8]) -> Result<bool, JsValue> {
        let litter = Study::admit(name, size as u64, head).map_err(fault)?;
        Ok(litter.is_none() || Study::needs(name, size as u64))
    }

    /// Reads an image or a zip of images, and passes over other files. The next `assemble` sorts its slices into cases. A file
    /// that is open already is skipped; one with an open name and other bytes is refused, and so are the files of its case
    /// until `assemble`.
    #[wasm_bindgen(js_name = addFile, unchecked_return_type = "Added")]
    pub fn add_file(&self, name: &str, bytes: &[u8]) -> Result<JsValue, JsValue> {
        to_js(&self.study_mut().add_file(name, bytes).map_err(fault)?)
    }

    /// Joins a NIfTI volume in two files to one, for `addFile` with the `name` of the header.
    #[wasm_bindgen(js_name = joinPair, unchecked_return_type = "Uint8Array<ArrayBuffer>")]
    pub fn join_pair(name: &str, header: &[u8], voxels: &[u8]) -> Result<Uint8Array, JsValue> {
        let joined = join_pair(name, header, voxels, &Limits::default()).map_err(fault)?;
        Ok(Uint8Array::from(joined.as_slice()))
    }

    /// The bytes of a file in `Added.rare`, once, for the module `formats`.
    #[wasm_bindgen(js_name = takeRare, unchecked_return_type = "Uint8Array<ArrayBuffer> | undefined")]
    pub fn take_rare(&self, name: &str) -> Option<Uint8Array> {
        self.study_mut().take_rare(name).map(|bytes| Uint8Array::from(bytes.as_slice()))
    }

    /// Adds the files of a synthetic case with its reference masks; by default the one with one lesion.
    pub fn sample(
        &self,
        #[wasm_bindgen(unchecked_optional_param_type = "Sample")] kind: Option<String>,
    ) -> Result<(), JsValue> {
        let kind = kind.as_deref().unwrap_or("one");
        let sample = Sample::named(kind).ok_or_else(|| usage(&format!("there is no sample {kind:?}")))?;
        self.study_mut().add_sample(sample).map_err(fault)
    }

    /// Sorts all files that were read since the last `clear` into cases. A case whose slices are the same keeps its findings;
    /// where slices have come or gone, the probabilities are dropped and edited masks stay.
    #[wasm_bindgen(unchecked_return_type = "Assembly")]
    pub fn assemble(&self) -> Result<JsValue, JsValue> {
        let mut study = self.study_mut();
        study.look(&self.segmenter);
        let notes = study.assemble();
        study.check_input(&self.segmenter);
        to_js(&AssemblyInfo::of(&study, notes))
    }

    /// Segments a slice and keeps its probabilities. If the slices of its case change meanwhile, they are not kept.
    #[wasm_bindgen(unchecked_return_type = "Segmented")]
    pub async fn segment(&self, slice: String) -> Result<JsValue, JsValue> {
        let task = self.study().task(&slice).map_err(fault)?;
        let start = now();
        let map = self.segmenter.probability(task.slice(), task.statistics()).await.map_err(fault)?;
        let segmented = to_js(&Segmented::of(&slice, &map, CPU, now() - start))?;
        self.study_mut().keep(&task, map).map_err(fault)?;
        self.backends.borrow_mut().insert(CPU);
        Ok(segmented)
    }

    /// What the open files are read as, before anything is segmented: as the JSON of `train inspect`, with names in camelCase.
    #[wasm_bindgen(unchecked_return_type = "Inspection")]
    pub fn inspect(&self) -> Result<JsValue, JsValue> {
        renamed(&self.study().inspect())
    }

    /// Takes the words of what was chosen for each question and each DICOM series; the next `assemble` reads the files in this
    /// way.
    pub fn answer(&self, #[wasm_bindgen(unchecked_param_type = "Words[]")] words: JsValue) -> Result<(), JsValue> {
        self.study_mut().answer(from_js(&words)?);
        Ok(())
    }

    /// The network's input for slices, `[n, 3, grid, grid]`, for another device.
    #[wasm_bindgen(unchecked_return_type = "Float32Array<ArrayBuffer>")]
    pub fn input(&self, slices: Vec<String>) -> Result<Float32Array, JsValue> {
        let mut input = Vec::new(); // [n, 3, 256, 256]
        for slice in &slices {
            let task = self.study().task(slice).map_err(fault)?;
            input.extend(self.segmenter.input(task.slice(), task.statistics()));
        }
        Ok(Float32Array::from(input.as_slice()))
    }

    /// Keeps the probabilities of a slice from the logits `[grid, grid]` that WebGPU has computed from its `input`.
    #[wasm_bindgen(js_name = adoptLogits, unchecked_return_type = "Segmented")]
    pub fn adopt_logits(&self, slice: &str, logits: Vec<f32>, milliseconds: f64) -> Result<JsValue, JsValue> {
        let task = self.study().task(slice).map_err(fault)?;
        let map = self.segmenter.probability_of(task.slice(), logits, WEBGPU).map_err(fault)?;
        let segmented = to_js(&Segmented::of(slice, &map, WEBGPU, milliseconds))?;
        self.study_mut().keep(&task, map).map_err(fault)?;
        self.backends.borrow_mut().insert(WEBGPU);
        Ok(segmented)
    }

    /// Keeps probabilities of a slice that another worker has found, on `backend`.
    pub fn adopt(
        &self,
        slice: &str,
        probability: Vec<u16>,
        #[wasm_bindgen(unchecked_param_type = "Backend")] backend: &str,
    ) -> Result<(), JsValue> {
        let known = [CPU, WEBGPU].into_iter().find(|name| *name == backend);
        let backend = known.ok_or_else(|| usage(&format!("expected the backend webgpu or cpu, found {backend:?}")))?;
        self.study_mut().adopt(slice, probability).map_err(fault)?;
        self.backends.borrow_mut().insert(backend);
        Ok(())
    }

    /// A slice for display. All slices of a case have the same scale.
    #[wasm_bindgen(unchecked_return_type = "SlicePixels")]
    pub fn pixels(&self, slice: &str) -> Result<JsValue, JsValue> {
        let study = self.study();
        let (findings, index) = study.slice(slice).map_err(fault)?;
        let slice = &findings.case().slices[index].slice;
        let levels = Uint16Array::from(findings.window().levels(slice).as_slice());
        let brightest = f64::from(findings.window().brightest()) / f64::from(STEPS);
        to_js(&Pixels { width: slice.width(), height: slice.height(), levels, brightest, flair: flair_of(slice) })
    }

    /// The reference mask of a slice, 0 or 1 a pixel, if it has one.
    #[wasm_bindgen(unchecked_return_type = "Uint8Array<ArrayBuffer> | undefined")]
    pub fn reference(&self, slice: &str) -> Result<Option<Uint8Array>, JsValue> {
        let study = self.study();
        let (findings, index) = study.slice(slice).map_err(fault)?;
        Ok(findings.case().slices[index].reference.as_ref().map(bytes_of))
    }

    /// The mask of a slice, 0 or 1 a pixel: the edited one if there is one, else the network's.
    #[wasm_bindgen(unchecked_return_type = "Uint8Array<ArrayBuffer> | undefined")]
    pub fn mask(
        &self,
        slice: &str,
        #[wasm_bindgen(js_name = threshold)] at: f64,
    ) -> Result<Option<Uint8Array>, JsValue> {
        let study = self.study();
        let (findings, index) = study.slice(slice).map_err(fault)?;
        Ok(findings.mask(index, threshold(at)?).map(|mask| bytes_of(&mask)))
    }

    /// The network's mask of a slice, 0 or 1 a pixel.
    #[wasm_bindgen(js_name = networkMask, unchecked_return_type = "Uint8Array<ArrayBuffer> | undefined")]
    pub fn network_mask(
        &self,
        slice: &str,
        #[wasm_bindgen(js_name = threshold)] at: f64,
    ) -> Result<Option<Uint8Array>, JsValue> {
        let study = self.study();
        let (findings, index) = study.slice(slice).map_err(fault)?;
        Ok(findings.network_mask(index, threshold(at)?).map(|mask| bytes_of(&mask)))
    }

    /// The pixels of a slice that lie in removed small regions, 0 or 1 each, if there are any.
    #[wasm_bindgen(js_name = smallRegions, unchecked_return_type = "Uint8Array<ArrayBuffer> | undefined")]
    pub fn small_regions(&self, slice: &str) -> Result<Option<Uint8Array>, JsValue> {
        let study = self.study();
        let (findings, index) = study.slice(slice).map_err(fault)?;
        Ok(findings.small_regions(index).map(bytes_of))
    }

    /// The probabilities of a slice, 0 to 65535 for 0 to 1, if it has been segmented.
    #[wasm_bindgen(unchecked_return_type = "Uint16Array<ArrayBuffer> | undefined")]
    pub fn probability(&self, slice: &str) -> Result<Option<Uint16Array>, JsValue> {
        let study = self.study();
        let (findings, index) = study.slice(slice).map_err(fault)?;
        Ok(findings.probability(index).map(|map| Uint16Array::from(map.values())))
    }

    /// Keeps an edited mask of a slice, 0 outside; `undefined` removes it.
    #[wasm_bindgen(js_name = setEdit)]
    pub fn set_edit(&self, slice: &str, mask: Option<Vec<u8>>) -> Result<(), JsValue> {
        let inside = mask.map(|mask| mask.into_iter().map(|value| value != 0).collect());
        self.study_mut().set_edit(slice, inside).map_err(fault)
    }

    /// Areas, volumes and scores of a case.
    #[wasm_bindgen(unchecked_return_type = "CaseMeasure")]
    pub fn measure(
        &self,
        case: &str,
        #[wasm_bindgen(js_name = threshold)] at: f64,
        #[wasm_bindgen(js_name = spacing, unchecked_param_type = "Spacing | null")] given: JsValue,
    ) -> Result<JsValue, JsValue> {
        let study = self.study();
        let findings = study.case(case).map_err(fault)?;
        let measure = findings.measure(threshold(at)?, spacing(&given)?);
        renamed(&Measured { measure, predicted_dice: findings.predicted_dice(self.segmenter.manifest()) })
    }

    /// A case as a NIfTI volume, uncompressed, on the grid of the file if it was read from a volume. A slice without what it shows is 0. Throws if no slice has it, or the slices
    /// have different sizes.
    #[wasm_bindgen(unchecked_return_type = "Uint8Array<ArrayBuffer>")]
    pub fn volume(
        &self,
        case: &str,
        #[wasm_bindgen(unchecked_param_type = "Volume")] what: &str,
        #[wasm_bindgen(js_name = threshold)] at: f64,
        #[wasm_bindgen(js_name = spacing, unchecked_param_type = "Spacing | null")] given: JsValue,
    ) -> Result<Uint8Array, JsValue> {
        self.written(nifti, case, what, at, &given)
    }

    /// As `volume`, with the slices as they are shown, also where the case was read from a volume.
    #[wasm_bindgen(js_name = uprightVolume, unchecked_return_type = "Uint8Array<ArrayBuffer>")]
    pub fn upright_volume(
        &self,
        case: &str,
        #[wasm_bindgen(unchecked_param_type = "Volume")] what: &str,
        #[wasm_bindgen(js_name = threshold)] at: f64,
        #[wasm_bindgen(js_name = spacing, unchecked_param_type = "Spacing | null")] given: JsValue,
    ) -> Result<Uint8Array, JsValue> {
        self.written(upright_nifti, case, what, at, &given)
    }

    /// The masks of a case that was read from a DICOM series, for `dicomSegmentation` of the module `formats`. Throws for any other case,
    /// and if no slice has a mask.
    #[wasm_bindgen(js_name = sourceMasks, unchecked_return_type = "Uint8Array<ArrayBuffer>")]
    pub fn source_masks(
        &self,
        case: &str,
        #[wasm_bindgen(js_name = threshold)] at: f64,
    ) -> Result<Uint8Array, JsValue> {
        let study = self.study();
        let masks = SourceMasks::of(study.case(case).map_err(fault)?, threshold(at)?).map_err(fault)?;
        Ok(Uint8Array::from(masks.to_bytes().as_slice()))
    }

    /// All result files of all cases as one zip.
    #[wasm_bindgen(js_name = exportZip)]
    pub fn export_zip(
        &self,
        #[wasm_bindgen(js_name = settings, unchecked_param_type = "Settings")] given: JsValue,
    ) -> Result<ZipChunks, JsValue> {
        let settings = settings(&given)?;
        self.study_mut().set_lines(&lines_of(&settings)?);
        let stream = self.study().export(self.origin(&settings), &settings);
        Ok(ZipChunks::new(&self.study, stream))
    }

    /// A report of all cases: one HTML page without scripts or other files.
    pub fn report(
        &self,
        #[wasm_bindgen(js_name = settings, unchecked_param_type = "Settings")] given: JsValue,
    ) -> Result<String, JsValue> {
        let settings = settings(&given)?;
        self.study_mut().set_lines(&lines_of(&settings)?);
        Ok(report(&self.origin(&settings), self.study().measured(&settings)))
    }

    /// The session as a zip: the files as they were handed in, the findings, and the settings.
    #[wasm_bindgen(js_name = saveSession)]
    pub fn save_session(
        &self,
        #[wasm_bindgen(js_name = settings, unchecked_param_type = "Settings")] given: JsValue,
    ) -> Result<ZipChunks, JsValue> {
        let settings = settings(&given)?;
        let stream = self.study().save(&self.model_id(), &settings);
        Ok(ZipChunks::new(&self.study, stream))
    }

    /// Replaces everything that is open by a saved session; `assemble` then makes its cases. If it throws, everything stays as
    /// it was.
    #[wasm_bindgen(js_name = openSession, unchecked_return_type = "Settings")]
    pub fn open_session(&self, bytes: &[u8]) -> Result<JsValue, JsValue> {
        let settings = self.study_mut().open(bytes, &self.model_id()).map_err(fault)?;
        parsed(&settings)
    }

    /// Closes all files and cases.
    pub fn clear(&self) {
        self.study_mut().clear();
        self.backends.borrow_mut().clear();
    }

    fn model_id(&self) -> String {
        self.segmenter.manifest().probabilities_sha256()
    }

    fn origin(&self, settings: &Settings) -> Origin {
        let manifest = self.segmenter.manifest().clone();
        Origin {
            manifest,
            card: self.card.clone(),
            backend: self.backends.borrow().iter().copied().collect::<Vec<_>>().join(" and "),
            threshold: settings.threshold,
            rules: settings.rules.clone(),
        }
    }

    /// The volume of that name, which `write` encodes.
    fn written(
        &self,
        write: impl Fn(&Findings, Volume, f32, Option<Spacing>) -> Result<Vec<u8>, Error>,
        case: &str,
        what: &str,
        at: f64,
        given: &JsValue,
    ) -> Result<Uint8Array, JsValue> {
        let volume = Volume::of_name(what).ok_or_else(|| usage(&format!("there is no volume {what:?}")))?;
        let study = self.study();
        let findings = study.case(case).map_err(fault)?;
        let bytes = write(findings, volume, threshold(at)?, spacing(given)?).map_err(fault)?;
        Ok(Uint8Array::from(bytes.as_slice()))
    }

    // Neither is held across an `await`, so they cannot overlap.
    fn study(&self) -> Ref<'_, Study> {
        self.study.borrow()
    }

    fn study_mut(&self) -> RefMut<'_, Study> {
        self.study.borrow_mut()
    }
}

/// The lines of each slice. Only exports need them parsed.
fn lines_of(settings: &Settings) -> Result<BTreeMap<String, Lines>, JsValue> {
    let Some(lines) = &settings.lines else { return Ok(BTreeMap::new()) };
    serde_json::from_str(lines.as_str()).map_err(|error| usage(&error.to_string()))
}

/// The FLAIR channel as the file states it.
fn flair_of(slice: &Slice) -> JsValue {
    let flair = slice.flair();
    match (flair.numbers(), flair.samples()) {
        (Some(numbers), _) => Float32Array::from(numbers).into(),
        (None, Samples::U8(samples)) => Uint8Array::from(samples.as_slice()).into(),
        (None, Samples::U16(samples)) => Uint16Array::from(samples.as_slice()).into(),
    }
}

/// SHA-256 by the browser, ten times as fast as the module's own. `None` where the browser has none: over plain HTTP, except
/// on localhost.
async fn browser_sha256(bytes: &[u8]) -> Option<String> {
    let crypto: Crypto = Reflect::get(&js_sys::global(), &"crypto".into()).ok()?.dyn_into().ok()?;
    let subtle: SubtleCrypto = Reflect::get(&crypto, &"subtle".into()).ok()?.dyn_into().ok()?;
    let found = subtle.digest_with_str_and_js_u8_array("SHA-256", &Uint8Array::from(bytes)).ok()?;
    let found = JsFuture::from(found).await.ok()?;
    Some(hex(&Uint8Array::new(&found).to_vec()))
}

/// Milliseconds since an arbitrary moment, in a page and in a worker.
fn now() -> f64 {
    let performance = Reflect::get(&js_sys::global(), &JsValue::from("performance"));
    performance.map_or(0.0, |performance| performance.unchecked_into::<web_sys::Performance>().now())
}
