//! The figures and pictures of the held-out patients of a fit.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::data::Patient;
use crate::evaluate::{self, Input};
use crate::metrics::{Scores, Tally};
use crate::model::Model;
use crate::report::{Canvas, Comparison, comparison};

/// Most rows of the picture.
const PICTURED: usize = 8;

/// Figures of the held-out patients. They are Dice of final masks, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct HeldOut {
    /// Mean over patients.
    pub(crate) mean: f64,
    /// Median over patients.
    pub(crate) median: f64,
    /// Lowest of a patient.
    pub(crate) worst: f64,
    /// Mean over patients of only the largest 3-D component.
    pub(crate) mean_largest: f64,
    /// Over all pixels of all patients.
    pub(crate) pooled: f64,
}

impl HeldOut {
    /// The figures of `scores`.
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
        write!(formatter, "held out: mean Dice {mean:.4}, median {median:.4}, worst {worst:.3}, pooled {pooled:.4}")
    }
}

/// Scores the held-out patients and draws the slice of each with the largest lesion; none without patients.
///
/// # Errors
/// When the device fails or gives a value that is not finite.
pub(crate) fn score(model: &Model, patients: &[Patient]) -> Result<Option<(Scores, Canvas)>> {
    if patients.is_empty() {
        return Ok(None);
    }
    let mut tally = Tally::new(model.manifest().threshold);
    let mut rows = Vec::new();
    for patient in patients {
        let mut predictions = evaluate::score(model, patient, Input::Case, &mut tally, |_| ())?;
        if let Some(index) = (0..predictions.len()).max_by_key(|&index| patient.masks[index].area()) {
            rows.push((&patient.slices[index], &patient.masks[index], predictions.swap_remove(index)));
        }
    }
    let rows: Vec<Comparison<'_>> = rows
        .iter()
        .take(PICTURED)
        .map(|(slice, reference, prediction)| Comparison { title: slice.name(), slice, reference, prediction })
        .collect();
    Ok(Some((tally.finish(), comparison(&rows))))
}
