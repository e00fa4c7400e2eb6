//! What JavaScript gets as plain objects; `types.d.ts` describes them.

use js_sys::{Uint8Array, Uint16Array};
use serde::Serialize;
use wasm_bindgen::JsValue;

use crate::layout::{CaseId, CaseSlice};
use crate::mask::Probability;
use crate::network::input_check::InputCheck;
use crate::network::preprocess::Normalisation;
use crate::network::{Card, Manifest, PredictedDice};
use crate::read::Channels;
use crate::result::findings::Findings;
use crate::result::measure::CaseMeasure;
use crate::study::{Note, Question, Study, StudySeries, Thumbnail};

#[derive(Serialize)]
pub(super) struct ModelInfo<'a> {
    name: String,
    sha256: &'a str,
    version: &'a str,
    bytes: usize,
    parameters: usize,
    threshold: f64,
    grid: usize,
    normalisation: &'a Normalisation,
    card: Option<&'a Card>,
}

#[derive(Serialize)]
pub(super) struct AssemblyInfo<'a> {
    cases: Vec<CaseInfo<'a>>,
    notes: Vec<Note>,
    questions: Vec<Question>,
    series: Vec<SeriesInfo<'a>>,
}

#[derive(Serialize)]
struct SeriesInfo<'a> {
    #[serde(flatten)]
    series: StudySeries<'a>,
    width: usize,
    height: usize,
    #[serde(with = "serde_wasm_bindgen::preserve")]
    levels: Uint8Array,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CaseInfo<'a> {
    id: CaseId,
    name: &'a str,
    slices: Vec<SliceInfo<'a>>,
    resolution: Option<[f64; 2]>,
    doubtful: Option<[f64; 2]>,
    input_check: InputCheck,
}

#[derive(Serialize)]
struct SliceInfo<'a> {
    id: &'a str,
    name: &'a str,
    width: usize,
    height: usize,
    grey: bool,
    reference: bool,
    segmented: bool,
    edited: bool,
}

#[derive(Serialize)]
pub(super) struct Segmented<'a> {
    slice: &'a str,
    width: usize,
    height: usize,
    #[serde(with = "serde_wasm_bindgen::preserve")]
    probability: Uint16Array,
    backend: &'static str,
    milliseconds: f64,
}

#[derive(Serialize)]
pub(super) struct Measured {
    #[serde(flatten)]
    pub(super) measure: CaseMeasure,
    pub(super) predicted_dice: Option<PredictedDice>,
}

#[derive(Serialize)]
pub(super) struct Pixels {
    pub(super) width: usize,
    pub(super) height: usize,
    #[serde(with = "serde_wasm_bindgen::preserve")]
    pub(super) levels: Uint16Array,
    pub(super) brightest: f64,
    /// A typed array of the kind that holds the values.
    #[serde(with = "serde_wasm_bindgen::preserve")]
    pub(super) flair: JsValue,
}

impl<'a> ModelInfo<'a> {
    pub(super) fn of(manifest: &'a Manifest, card: Option<&'a Card>) -> Self {
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

impl<'a> Segmented<'a> {
    pub(super) fn of(slice: &'a str, map: &Probability, backend: &'static str, milliseconds: f64) -> Self {
        let probability = Uint16Array::from(map.values());
        Self { slice, width: map.width(), height: map.height(), probability, backend, milliseconds }
    }
}

impl<'a> AssemblyInfo<'a> {
    pub(super) fn of(study: &'a Study, notes: Vec<Note>) -> Self {
        let series = study.series().into_iter().map(SeriesInfo::of).collect();
        Self { cases: study.cases().map(CaseInfo::of).collect(), notes, questions: study.questions(), series }
    }
}

impl<'a> SeriesInfo<'a> {
    fn of(series: StudySeries<'a>) -> Self {
        let Thumbnail { width, height, levels } = series.thumbnail();
        Self { series, width, height, levels: Uint8Array::from(levels.as_slice()) }
    }
}

impl<'a> CaseInfo<'a> {
    fn of(findings: &'a Findings) -> Self {
        let case = findings.case();
        let slices = case.slices.iter().enumerate().map(|(index, CaseSlice { slice, reference, .. })| SliceInfo {
            id: slice.name(),
            name: slice.name(),
            width: slice.width(),
            height: slice.height(),
            grey: slice.channels() == Channels::Grey,
            reference: reference.is_some(),
            segmented: findings.probability(index).is_some(),
            edited: findings.edit(index).is_some(),
        });
        Self {
            id: case.id(),
            name: &case.name,
            slices: slices.collect(),
            doubtful: case.slices[0].slice.doubtful_spacing().map(|spacing| [spacing.x, spacing.y]),
            resolution: findings.spacing_in_files().map(|spacing| [spacing.x, spacing.y]),
            // A model without a classifier of kinds accepts every case.
            input_check: findings.input_check().cloned().unwrap_or(InputCheck::unchecked()),
        }
    }
}
