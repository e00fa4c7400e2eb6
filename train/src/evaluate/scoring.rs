//! One patient → predicted masks, added to a tally.

use anyhow::{Context as _, Result};
use glioscope::mask::small_regions;
use glioscope::mask::{Mask, Probability};
use glioscope::network::preprocess::CaseStatistics;
use glioscope::read::Slice;
use serde::{Deserialize, Serialize};

use crate::data::Patient;
use crate::metrics::Tally;
use crate::model::Model;

/// The input of the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Input {
    /// All channels, normalised by the statistics of the case
    #[default]
    Case,
    /// All channels, each slice normalised by its own statistics
    Single,
    /// Only FLAIR, as grey slices, normalised by the statistics of the case
    Flair,
}

impl Input {
    /// What it is, for the summary.
    pub(crate) fn description(self) -> &'static str {
        match self {
            Self::Case => "all channels, normalised by case",
            Self::Single => "all channels, normalised by slice",
            Self::Flair => "only FLAIR, normalised by case",
        }
    }
}

/// Runs the network on one patient, adds the result to `tally` and returns the predicted masks.
///
/// `done` is called after every batch with its number of slices.
///
/// # Errors
///
/// When the device fails or gives a value that is not finite. The message has the patient.
pub(crate) fn score(
    model: &Model,
    patient: &Patient,
    input: Input,
    tally: &mut Tally,
    done: impl FnMut(usize),
) -> Result<Vec<Mask>> {
    let maps = probabilities(model, patient, input, done)?;
    let small_regions = match input {
        Input::Case | Input::Flair => small_regions::find(&maps),
        Input::Single => maps.iter().flat_map(|map| small_regions::find([map])).collect(),
    };
    Ok(tally.add(&patient.name, &maps, &small_regions, &patient.masks))
}

/// The probabilities of all slices of a patient.
///
/// # Errors
///
/// As [`score`].
pub(crate) fn probabilities(
    model: &Model,
    patient: &Patient,
    input: Input,
    mut done: impl FnMut(usize),
) -> Result<Vec<Probability>> {
    let maps = match input {
        Input::Case => model.probabilities(&patient.slices, &patient.statistics, &mut done),
        Input::Flair => {
            let slices = patient.slices.iter().map(Slice::flair).collect::<Vec<_>>();
            let CaseStatistics { channels: [_, flair, _], full_scale } = patient.statistics;
            model.probabilities(&slices, &CaseStatistics { channels: [flair; 3], full_scale }, &mut done)
        }
        Input::Single => patient.slices.iter().try_fold(Vec::new(), |mut maps, slice| {
            maps.extend(model.probabilities([slice], &CaseStatistics::of([slice]), &mut done)?);
            Ok(maps)
        }),
    };
    maps.with_context(|| patient.name.clone())
}
