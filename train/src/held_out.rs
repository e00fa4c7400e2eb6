//! The patients that a fit holds out: what the network makes of them, in figures and pictures.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::dataset::Patient;
use crate::evaluate::{self, Input};
use crate::model::Model;
use crate::report::{Canvas, Comparison, comparison};
use crate::score::{Scores, Tally};

/// Rows of the pictures.
const PICTURED: usize = 8;

/// Figures of the held-out patients, patient protocol.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct HeldOut {
    /// Mean DSC over the patients, as drawn, 0 to 1 as all of them.
    pub(crate) mean: f64,
    /// Their median DSC.
    pub(crate) median: f64,
    /// Their lowest DSC.
    pub(crate) worst: f64,
    /// Mean DSC with the largest 3-D component alone.
    pub(crate) mean_largest: f64,
    /// Dice of all pixels of all patients together.
    pub(crate) pooled: f64,
}

impl HeldOut {
    /// Those of `scores`.
    pub(crate) fn of(scores: &Scores) -> Self {
        Self {
            mean: scores.patient.mean,
            median: scores.patient.median,
            worst: scores.patient.worst,
            mean_largest: scores.patient_largest.mean,
            pooled: scores.pooled.dice,
        }
    }
}

impl std::fmt::Display for HeldOut {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { mean, median, worst, pooled, .. } = self;
        write!(formatter, "held out: mean DSC {mean:.4}, median {median:.4}, worst {worst:.3}, pooled {pooled:.4}")
    }
}

/// Held-out patients, scored, with the slice of each that shows the largest lesion, truth beside prediction; nothing without
/// patients.
///
/// # Errors
/// When the device fails.
pub(crate) fn score(model: &Model, patients: &[Patient]) -> Result<Option<(Scores, Canvas)>> {
    if patients.is_empty() {
        return Ok(None);
    }
    let mut tally = Tally::new(model.manifest().threshold);
    let mut rows = Vec::new();
    for patient in patients {
        let mut masks = evaluate::score(model, patient, Input::Case, &mut tally, |_| ())?;
        if let Some(index) = (0..masks.len()).max_by_key(|&index| patient.masks[index].area()) {
            rows.push((&patient.slices[index], &patient.masks[index], masks.swap_remove(index)));
        }
    }
    let rows: Vec<Comparison<'_>> = rows
        .iter()
        .take(PICTURED)
        .map(|(slice, truth, prediction)| Comparison { title: slice.name(), slice, truth, prediction })
        .collect();
    Ok(Some((tally.finish(), comparison(&rows))))
}
