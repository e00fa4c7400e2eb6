//! [`TrainingDistribution`]: what the slices of the training data look like.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Display;

use serde::{Deserialize, Serialize};

use super::outcome::InputCheck;
use super::statistics::{covariance, inverse, quantile};
use super::traits::{COUNT, MIN_HEAD, TRAITS, Traits};
use crate::error::ModelFault;
use crate::network::preprocess::CaseStatistics;
use crate::read::Slice;

/// The fewest slices for each trait from which a distribution is estimated.
const MIN_SLICES_PER_TRAIT: usize = 10;

/// The fraction of slices at each end that lie outside a trait's range. A single odd slice would widen the range for
/// all.
const TAIL: f64 = 0.001;

/// The fraction of slices within the largest distance.
const WITHIN: f64 = 0.995;

/// Traits are clamped to these quantiles before their covariance is taken, so that single odd slices do not widen it.
const CLAMP: [f64; 2] = [0.01, 0.99];

/// The finest difference in a trait that counts. Ranges are widened by it, and no standard deviation is smaller.
/// Without it, a trait that never varies, such as the air around phantoms, would refuse a slice that differs by one
/// pixel.
const RESOLUTION: f64 = 0.01;

/// The largest difference between mirrored entries of the precision matrix, as a fraction of the geometric mean of
/// their diagonal entries: rounding to single precision stays well below it.
const ASYMMETRY: f32 = 1e-4;

/// The most reasons that are given for a case that is not accepted.
const MAX_REASONS: usize = 3;

/// The distribution of the traits over the slices of the training data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingDistribution {
    /// How many slices were measured.
    pub slices: usize,
    /// The range of each of the 16 traits: all but 0.1 % of the slices at each end, widened by 0.01.
    pub traits: Vec<TraitRange>,
    /// The inverse of the traits' covariance matrix, `[16, 16]`, in the order of `traits`.
    pub precision: Vec<Vec<f32>>,
    /// The squared Mahalanobis distance from the medians that holds 99.5 % of the slices.
    pub distance: f32,
}

/// The range of one trait.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TraitRange {
    /// The trait's name.
    pub name: String,
    /// The lower end.
    pub low: f32,
    /// The median.
    pub centre: f32,
    /// The upper end.
    pub high: f32,
}

impl TrainingDistribution {
    /// Estimates the distribution from the traits of all slices; `None` from fewer than 160 slices.
    pub fn of(slices: &[Traits]) -> Option<Self> {
        if slices.len() < MIN_SLICES_PER_TRAIT * COUNT {
            return None;
        }
        let columns: Vec<Vec<f64>> = (0..COUNT)
            .map(|index| {
                let mut column: Vec<f64> = slices.iter().map(|slice| slice.0[index]).collect();
                column.sort_by(f64::total_cmp);
                column
            })
            .collect();
        let traits = columns.iter().zip(&TRAITS).map(|(column, known)| TraitRange {
            name: known.name.to_owned(),
            low: (quantile(column, TAIL) - RESOLUTION) as f32,
            centre: quantile(column, 0.5) as f32,
            high: (quantile(column, 1.0 - TAIL) + RESOLUTION) as f32,
        });
        let ends: Vec<[f64; 2]> = columns.iter().map(|column| CLAMP.map(|level| quantile(column, level))).collect();
        let clamped: Vec<Vec<f64>> = slices
            .iter()
            .map(|slice| slice.0.iter().zip(&ends).map(|(value, [low, high])| value.clamp(*low, *high)).collect())
            .collect();
        let precision = inverse(covariance(&clamped, RESOLUTION))?;
        let precision = precision.into_iter().map(|row| row.into_iter().map(|value| value as f32).collect()).collect();
        let mut distribution =
            Self { slices: slices.len(), traits: traits.collect(), precision, distance: f32::INFINITY };
        let mut distances: Vec<f64> = slices.iter().map(|slice| distribution.distance_of(slice)).collect();
        distances.sort_by(f64::total_cmp);
        distribution.distance = quantile(&distances, WITHIN) as f32;
        Some(distribution)
    }

    /// Checks a case on a grid of `side` x `side` pixels. It is accepted if at least one slice shows enough of a head,
    /// and at least half of those that do look like the training data.
    pub fn check<'a>(
        &self,
        slices: impl IntoIterator<Item = &'a Slice>,
        statistics: &CaseStatistics,
        side: usize,
    ) -> InputCheck {
        let checked: Vec<Option<Deviation>> = slices
            .into_iter()
            .filter_map(|slice| Traits::of(&statistics.normalise(slice, side), side, statistics))
            .map(|traits| self.deviation(&traits))
            .collect();
        if checked.is_empty() {
            let reason = format!(
                "No slice shows a head: expected one bright area that covers at least {:.0} % of the image.",
                100.0 * MIN_HEAD
            );
            return InputCheck { accepted: false, reasons: vec![reason] };
        }
        let mut counts: BTreeMap<Deviation, usize> = BTreeMap::new();
        for &deviation in checked.iter().flatten() {
            *counts.entry(deviation).or_default() += 1;
        }
        if 2 * counts.values().sum::<usize>() <= checked.len() {
            return InputCheck { accepted: true, reasons: Vec::new() };
        }
        let mut counts: Vec<(Deviation, usize)> = counts.into_iter().collect();
        counts.sort_by_key(|&(_, count)| Reverse(count));
        let reason = |(deviation, count): (Deviation, usize)| {
            format!("On {count} of {} slices, {}.", checked.len(), deviation.description())
        };
        InputCheck { accepted: false, reasons: counts.into_iter().take(MAX_REASONS).map(reason).collect() }
    }

    /// Checks a distribution that was read from a file: 16 known traits in order, each with low ≤ centre ≤ high, a
    /// symmetric 16 x 16 precision matrix with a positive diagonal, a distance of at least 0, and finite numbers
    /// throughout.
    ///
    /// # Errors
    ///
    /// [`ModelFault::TrainingDistribution`] with the first value that breaks a rule.
    pub fn validate(&self) -> Result<(), ModelFault> {
        expect("traits", self.traits.len() == COUNT, COUNT, self.traits.len())?;
        for (index, (range, known)) in self.traits.iter().zip(&TRAITS).enumerate() {
            expect(format!("traits[{index}].name"), range.name == known.name, known.name, &range.name)?;
            let TraitRange { name, low, centre, high } = range;
            for (end, value) in [("low", low), ("centre", centre), ("high", high)] {
                expect(format!("{end} of {name}"), value.is_finite(), "a finite number", value)?;
            }
            expect(format!("low of {name}"), low <= centre, format!("at most {centre}"), low)?;
            expect(format!("high of {name}"), centre <= high, format!("at least {centre}"), high)?;
        }
        expect("precision", self.precision.len() == COUNT, format!("{COUNT} rows"), self.precision.len())?;
        for (i, row) in self.precision.iter().enumerate() {
            expect(format!("precision[{i}]"), row.len() == COUNT, format!("{COUNT} columns"), row.len())?;
            for (j, value) in row.iter().enumerate() {
                expect(format!("precision[{i}][{j}]"), value.is_finite(), "a finite number", value)?;
            }
            expect(format!("precision[{i}][{i}]"), row[i] > 0.0, "a number above 0", row[i])?;
        }
        for i in 0..COUNT {
            for j in 0..i {
                let (value, mirrored) = (self.precision[i][j], self.precision[j][i]);
                let scale = (self.precision[i][i] * self.precision[j][j]).sqrt();
                let symmetric = (value - mirrored).abs() <= ASYMMETRY * scale;
                expect(format!("precision[{i}][{j}]"), symmetric, format!("{mirrored}, as at [{j}][{i}]"), value)?;
            }
        }
        let valid = self.distance.is_finite() && self.distance >= 0.0;
        expect("distance", valid, "a finite number of at least 0", self.distance)
    }

    /// How a slice deviates most from the training data; `None` if it does not.
    fn deviation(&self, slice: &Traits) -> Option<Deviation> {
        // How far a trait lies beyond its range, as a fraction of the range's width.
        let beyond = |(index, (range, value)): (usize, (&TraitRange, &f64))| {
            let (low, high) = (f64::from(range.low), f64::from(range.high));
            let (below, above) = ((low - value) / (high - low), (value - high) / (high - low));
            (Deviation::Trait { index, above: above > below }, below.max(above))
        };
        let worst = self.traits.iter().zip(&slice.0).enumerate().map(beyond).max_by(|a, b| a.1.total_cmp(&b.1));
        match worst {
            Some((deviation, beyond)) if beyond > 0.0 => Some(deviation),
            _ if self.distance_of(slice) <= f64::from(self.distance) => None,
            // A larger distance, or NaN.
            _ => Some(Deviation::Combination),
        }
    }

    /// The squared Mahalanobis distance of a slice from the medians.
    fn distance_of(&self, slice: &Traits) -> f64 {
        let offsets: Vec<f64> =
            slice.0.iter().zip(&self.traits).map(|(value, range)| value - f64::from(range.centre)).collect();
        let row = |row: &Vec<f32>| row.iter().zip(&offsets).map(|(&p, o)| f64::from(p) * o).sum::<f64>();
        self.precision.iter().zip(&offsets).map(|(precision, o)| row(precision) * o).sum()
    }
}

/// A fault that names `field` and the value `found` unless `valid`.
fn expect(field: impl Display, valid: bool, expected: impl Display, found: impl Display) -> Result<(), ModelFault> {
    let fault = || ModelFault::TrainingDistribution {
        field: field.to_string(),
        expected: expected.to_string(),
        found: found.to_string(),
    };
    if valid { Ok(()) } else { Err(fault()) }
}

/// How a slice differs from the training data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Deviation {
    /// One trait lies outside its range.
    Trait { index: usize, above: bool },
    /// Each trait lies within its range, but not all of them together.
    Combination,
}

impl Deviation {
    fn description(self) -> &'static str {
        match self {
            Self::Trait { index, above: false } => TRAITS[index].below,
            Self::Trait { index, above: true } => TRAITS[index].above,
            Self::Combination => "shape and brightness do not match as in the training data",
        }
    }
}
