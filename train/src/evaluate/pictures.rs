//! The pictures of `train evaluate`: typical patients, and the worst ones.

use glioscope::mask::Mask;
use glioscope::mask::metrics::Confusion;
use glioscope::read::Slice;

use super::summary::four;
use crate::data::Patient;
use crate::metrics::Scores;
use crate::report::{self, Agreement, Canvas, Comparison};

/// Patients in the picture of failures, and slices of each.
const FAILURES: usize = 4;

/// A slice that may be shown.
pub(crate) struct Exhibit<'a> {
    /// Its index in the patient.
    index: usize,
    slice: &'a Slice,
    reference: &'a Mask,
    prediction: Mask,
}

impl<'a> Exhibit<'a> {
    /// The slices with the most wrong pixels, the worst first. Of equal ones the largest lesion comes first.
    pub(crate) fn of(patient: &'a Patient, predictions: &[Mask]) -> Vec<Self> {
        let wrong = |index: usize| {
            let Confusion { tp, fp, fn_, .. } = Confusion::new(&predictions[index], &patient.masks[index]);
            std::cmp::Reverse((fp + fn_, tp))
        };
        let mut worst: Vec<usize> = (0..predictions.len()).collect();
        worst.sort_by_cached_key(|&index| wrong(index));
        worst.truncate(FAILURES);
        let of = |index: usize| Self {
            index,
            slice: &patient.slices[index],
            reference: &patient.masks[index],
            prediction: predictions[index].clone(),
        };
        worst.into_iter().map(of).collect()
    }
}

/// The worst slice of the worst, the median and the best patient.
pub(crate) fn comparison(scores: &Scores, exhibits: &[Vec<Exhibit<'_>>]) -> Canvas {
    let order = worst_first(scores);
    let mut ranks = vec![0, order.len() / 2, order.len().saturating_sub(1)];
    ranks.dedup();
    let chosen = || ranks.iter().filter_map(|&rank| Some((order[rank], exhibits[order[rank]].first()?)));
    let titles: Vec<String> = chosen()
        .map(|(patient, exhibit)| {
            format!("{}   patient Dice {}", exhibit.slice.name(), four(scores.patients[patient].dice))
        })
        .collect();
    let rows: Vec<Comparison<'_>> = chosen()
        .zip(&titles)
        .map(|((_, Exhibit { slice, reference, prediction, .. }), title)| Comparison {
            title,
            slice,
            reference,
            prediction,
        })
        .collect();
    report::comparison(&rows)
}

/// The worst patients, with their slices in order.
pub(crate) fn failures(scores: &Scores, exhibits: &[Vec<Exhibit<'_>>]) -> Canvas {
    let row = |patient: usize| {
        let mut slices: Vec<&Exhibit<'_>> = exhibits[patient].iter().collect();
        slices.sort_by_key(|exhibit| exhibit.index);
        let score = &scores.patients[patient];
        Agreement {
            title: format!("{}   Dice {}", score.patient, four(score.dice)),
            slices: slices.into_iter().map(|exhibit| [exhibit.reference, &exhibit.prediction]).collect(),
        }
    };
    report::agreement(&worst_first(scores).into_iter().take(FAILURES).map(row).collect::<Vec<_>>())
}

/// Indices of the patients by ascending Dice.
fn worst_first(scores: &Scores) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.patients.len()).collect();
    order.sort_by(|&a, &b| scores.patients[a].dice.total_cmp(&scores.patients[b].dice));
    order
}
