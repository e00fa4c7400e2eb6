//! `provenance.json`: where every mask and number comes from.

use std::collections::BTreeMap;

use serde::Serialize;

use super::origin::Origin;
use crate::mask::small_regions;
use crate::network::PredictedDice;
use crate::network::input_check::InputCheck;
use crate::network::preprocess::{CaseStatistics, Normalisation};
use crate::read::Spacing;
use crate::result::measure::CaseMeasure;

/// The content of `provenance.json`.
#[derive(Debug, Serialize)]
struct Provenance<'a> {
    program: &'static str,
    version: &'static str,
    notice: &'static str,
    model: Model<'a>,
    /// What the network ran on.
    backend: &'a str,
    /// A pixel is inside if its probability is at least this.
    threshold: f64,
    /// Which regions were removed from the network's masks.
    small_regions: SmallRegions,
    /// The rules by which masks were drawn or edited, in the user's words.
    rules: Option<&'a str>,
    /// The last key: the records are written one at a time.
    cases: [(); 0],
}

/// The network.
#[derive(Debug, Serialize)]
struct Model<'a> {
    name: String,
    sha256: &'a str,
    revision: Option<&'a str>,
    normalisation: Normalisation,
    grid: usize,
    threshold: f64,
    fitted_on: Option<usize>,
    held_out: Option<usize>,
    metrics: Option<&'a BTreeMap<String, f64>>,
}

/// The policy of [`small_regions`]: in a case whose slices were all segmented, regions at `level` with less than
/// `fraction_of_largest` of the largest region's voxels are removed, together with the pixels around them down to `floor`.
#[derive(Debug, Serialize)]
struct SmallRegions {
    level: f32,
    floor: f32,
    fraction_of_largest: f64,
}

/// One case.
#[derive(Debug, Serialize)]
pub(super) struct CaseRecord {
    pub(super) name: String,
    /// The folder of its volumes.
    pub(super) folder: String,
    /// `None` where the model has no classifier of kinds.
    pub(super) input_check: Option<InputCheck>,
    /// That of the network's masks at the model's threshold.
    pub(super) predicted_dice: Option<PredictedDice>,
    pub(super) spacing: SpacingRecord,
    /// The statistics that its intensities were normalised with.
    pub(super) statistics: CaseStatistics,
    pub(super) volumes: Vec<String>,
    /// Files that were not written, and why.
    pub(super) not_written: Vec<String>,
    pub(super) measure: CaseMeasure,
    /// In the order of `measure.slices`.
    pub(super) slices: Vec<SliceRecord>,
}

/// The spacing of a case, and its source.
#[derive(Debug, Serialize)]
pub(super) struct SpacingRecord {
    pub(super) millimetres: Option<Spacing>,
    pub(super) origin: &'static str,
    /// The x and y that the files of the slices state. Areas use them where the user has given no spacing.
    pub(super) in_files: Option<[f64; 2]>,
}

/// One slice.
#[derive(Debug, Serialize)]
pub(super) struct SliceRecord {
    pub(super) name: String,
    pub(super) width: usize,
    pub(super) height: usize,
    /// `network`, `reader` for a mask that was drawn or edited, or `None` without a mask.
    pub(super) mask_by: Option<&'static str>,
    pub(super) mask: Option<String>,
}

pub(super) const NOTICE: &str =
    "Research use only. Not a medical device: not for diagnosis, treatment or clinical reports.";

impl<'a> Provenance<'a> {
    fn new(origin: &'a Origin) -> Self {
        let Origin { manifest, card, backend, threshold, rules } = origin;
        let card = card.as_ref();
        let model = Model {
            name: manifest.name(),
            sha256: &manifest.weights.sha256,
            revision: card.map(|card| card.revision.as_str()),
            normalisation: manifest.normalisation,
            grid: manifest.grid,
            threshold: manifest.decimal_threshold(),
            fitted_on: card.map(|card| card.split.fit.len()),
            held_out: card.map(|card| card.split.held_out.len()),
            metrics: card.map(|card| &card.metrics),
        };
        let version = env!("CARGO_PKG_VERSION");
        let small_regions = SmallRegions {
            level: small_regions::LEVEL,
            floor: small_regions::FLOOR,
            fraction_of_largest: small_regions::FRACTION,
        };
        Self {
            program: "glioscope",
            version,
            notice: NOTICE,
            model,
            backend,
            threshold: *threshold,
            small_regions,
            rules: rules.as_deref(),
            cases: [],
        }
    }
}

/// The file before the records of its cases.
pub(super) fn head(origin: &Origin) -> String {
    let json = pretty(&Provenance::new(origin));
    json.strip_suffix(END).unwrap_or(&json).to_owned()
}

/// The file after the records of its cases, which end with a line feed.
pub(super) const END: &str = "]\n}";

impl CaseRecord {
    /// The record with the indentation that it has in the file.
    pub(super) fn json(&self) -> String {
        pretty(self).lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
    }
}

fn pretty(value: &impl Serialize) -> String {
    match serde_json::to_string_pretty(value) {
        Ok(json) => json,
        Err(error) => unreachable!("every key is a string: {error}"),
    }
}
