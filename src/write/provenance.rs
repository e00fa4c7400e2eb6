//! `provenance.json`: how every number and mask came about, for whoever finds the files later.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::mask::small_regions;
use crate::network::input_check::Verdict;
use crate::network::manifest::Manifest;
use crate::network::preprocess::{CaseStatistics, Normalisation};
use crate::read::Spacing;
use crate::result::measure::CaseMeasure;

/// What `provenance.json` holds.
#[derive(Debug, Serialize)]
pub(super) struct Provenance<'a> {
    program: &'static str,
    version: &'static str,
    notice: &'static str,
    model: Model<'a>,
    /// What the network ran on.
    backend: &'a str,
    /// A pixel is inside if its probability is at least this.
    threshold: f64,
    /// What the masks leave out although its probability is high enough.
    regions: Regions,
    /// By which rules masks were drawn or changed by hand, in the user's own words.
    rules: Option<&'a str>,
    cases: &'a [CaseRecord],
}

/// The network that found what was found.
#[derive(Debug, Serialize)]
struct Model<'a> {
    name: String,
    sha256: &'a str,
    revision: &'a str,
    normalisation: Normalisation,
    grid: usize,
    threshold: f64,
    fitted_on: usize,
    held_out: usize,
    metrics: &'a BTreeMap<String, f64>,
}

/// [`crate::mask::small_regions`]: those below `share_of_largest` of the largest one's voxels at `level` are left out with what surrounds
/// them down to `floor`, in cases whose slices were all segmented.
#[derive(Debug, Serialize)]
struct Regions {
    level: f32,
    floor: f32,
    share_of_largest: f64,
}

/// One case.
#[derive(Debug, Serialize)]
pub(super) struct CaseRecord {
    pub(super) name: String,
    /// Where its volumes are.
    pub(super) folder: String,
    /// Nothing where the network does not know what it was fitted on.
    pub(super) input_check: Option<Verdict>,
    pub(super) spacing: SpacingRecord,
    /// What its intensities were normalised by.
    pub(super) statistics: CaseStatistics,
    pub(super) volumes: Vec<String>,
    /// What was not written, and why.
    pub(super) left_out: Vec<String>,
    pub(super) measure: CaseMeasure,
    /// In the order of `measure.slices`.
    pub(super) slices: Vec<SliceRecord>,
}

/// Where a case's lengths come from.
#[derive(Debug, Serialize)]
pub(super) struct SpacingRecord {
    pub(super) millimetres: Option<Spacing>,
    pub(super) origin: &'static str,
    /// What the slices' files say of x and y, by which areas are measured where nobody has given a voxel.
    pub(super) in_files: Option<[f64; 2]>,
}

/// One slice.
#[derive(Debug, Serialize)]
pub(super) struct SliceRecord {
    pub(super) name: String,
    pub(super) width: usize,
    pub(super) height: usize,
    /// `network`, `by hand`, or nothing where there is no mask.
    pub(super) mask_by: Option<&'static str>,
    pub(super) mask: Option<String>,
}

pub(super) const NOTICE: &str =
    "Research use only. No medical device: no diagnosis, no treatment and no report may rest on it.";

impl<'a> Provenance<'a> {
    pub(super) fn new(
        manifest: &'a Manifest,
        backend: &'a str,
        threshold: f64,
        rules: Option<&'a str>,
        cases: &'a [CaseRecord],
    ) -> Self {
        let model = Model {
            name: manifest.name(),
            sha256: &manifest.weights.sha256,
            revision: &manifest.revision,
            normalisation: manifest.normalisation,
            grid: manifest.grid,
            threshold: manifest.decimal_threshold(),
            fitted_on: manifest.split.fit.len(),
            held_out: manifest.split.held_out.len(),
            metrics: &manifest.metrics,
        };
        let version = env!("CARGO_PKG_VERSION");
        let regions = Regions {
            level: small_regions::LEVEL,
            floor: small_regions::FLOOR,
            share_of_largest: small_regions::SHARE,
        };
        Self { program: "glioscope", version, notice: NOTICE, model, backend, threshold, regions, rules, cases }
    }

    pub(super) fn json(&self) -> Vec<u8> {
        match serde_json::to_vec_pretty(self) {
            Ok(json) => json,
            // Strings and numbers, all keys strings.
            Err(error) => unreachable!("{error}"),
        }
    }
}
