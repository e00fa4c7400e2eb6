//! [`Seen`]: what the slices of a fit were like.

use serde::{Deserialize, Serialize};

use super::outcome::Verdict;
use super::statistics::{covariance, inverse, quantile};
use super::traits::{LEAST_HEAD, NAMES, TRAITS, Traits};
use crate::network::preprocess::CaseStatistics;
use crate::read::Slice;

/// The share of fitted slices at each end that a trait's range leaves out: single odd slices would widen it for all.
const TAIL: f64 = 0.001;
/// The share of fitted slices within the largest distance.
const WITHIN: f64 = 0.995;
/// The quantiles at which traits are cut before their covariance is taken, for the same reason.
const CUT: [f64; 2] = [0.01, 0.99];

/// How finely a trait can be told at best: ranges are wider by this, and no deviation is smaller. Without it a trait that
/// never varied, such as the air around phantoms, would refuse whatever is off by a pixel.
const GRAIN: f64 = 0.01;

/// What the slices of a fit were like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// How many slices were measured.
    pub slices: usize,
    /// The range of each trait: all but 0.1 % of the slices at each end, and a hundredth more.
    pub traits: Vec<Range>,
    /// The inverse of the traits' covariance, row by row, in the order of `traits`.
    pub precision: Vec<Vec<f32>>,
    /// The squared Mahalanobis distance from the centre that 99.5 % of the slices lie within.
    pub distance: f32,
}

/// What one trait was like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// Its name, as in [`Traits`]' order.
    pub name: String,
    /// The least that is usual.
    pub low: f32,
    /// The median.
    pub centre: f32,
    /// The most that is usual.
    pub high: f32,
}

impl Seen {
    /// What slices are like that have these traits; none where they are too few to say (fewer than ten for each trait).
    pub fn of(slices: &[Traits]) -> Option<Self> {
        if slices.len() < 10 * TRAITS {
            return None;
        }
        let columns: Vec<Vec<f64>> = (0..TRAITS)
            .map(|t| {
                let mut column: Vec<f64> = slices.iter().map(|slice| slice.0[t]).collect();
                column.sort_by(f64::total_cmp);
                column
            })
            .collect();
        let range = |(column, (name, ..)): (&Vec<f64>, &(&str, &str, &str))| Range {
            name: (*name).to_owned(),
            low: (quantile(column, TAIL) - GRAIN) as f32,
            centre: quantile(column, 0.5) as f32,
            high: (quantile(column, 1.0 - TAIL) + GRAIN) as f32,
        };
        let traits: Vec<Range> = columns.iter().zip(&NAMES).map(range).collect();
        let ends: Vec<[f64; 2]> = columns.iter().map(|column| CUT.map(|q| quantile(column, q))).collect();
        let cut: Vec<Vec<f64>> = slices
            .iter()
            .map(|slice| slice.0.iter().zip(&ends).map(|(value, [low, high])| value.clamp(*low, *high)).collect())
            .collect();
        let precision = inverse(covariance(&cut, GRAIN))?;
        let precision = precision.into_iter().map(|row| row.into_iter().map(|value| value as f32).collect()).collect();
        let mut seen = Self { slices: slices.len(), traits, precision, distance: f32::INFINITY };
        let mut distances: Vec<f64> = slices.iter().map(|slice| seen.distance_of(slice)).collect();
        distances.sort_by(f64::total_cmp);
        seen.distance = quantile(&distances, WITHIN) as f32;
        Some(seen)
    }

    /// Looks at every slice of a case, on a grid of `side` x `side`: it is accepted if at least half of those with enough
    /// of a head on them are like what was seen, and there is one.
    pub fn verdict<'a>(
        &self,
        slices: impl IntoIterator<Item = &'a Slice>,
        statistics: &CaseStatistics,
        side: usize,
    ) -> Verdict {
        let judged: Vec<Option<usize>> = slices
            .into_iter()
            .filter_map(|slice| Traits::of(&statistics.normalise(slice, side), side, statistics))
            .map(|traits| self.oddity(&traits))
            .collect();
        let odd = judged.iter().flatten().count();
        if judged.is_empty() {
            let reason = format!(
                "No slice shows a head: one bright shape on at least {:.0} % of the frame is expected.",
                100.0 * LEAST_HEAD
            );
            return Verdict { accepted: false, reasons: vec![reason] };
        }
        if 2 * odd <= judged.len() {
            return Verdict { accepted: true, reasons: Vec::new() };
        }
        let mut counts = [0; 2 * TRAITS + 1];
        judged.iter().flatten().for_each(|&oddity| counts[oddity] += 1);
        let mut reasons: Vec<(usize, String)> = counts
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0)
            .map(|(oddity, count)| (*count, format!("On {count} of {} slices {}.", judged.len(), wording(oddity))))
            .collect();
        reasons.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        Verdict { accepted: false, reasons: reasons.into_iter().take(3).map(|(_, reason)| reason).collect() }
    }

    /// All that it holds.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = f32> {
        let ranges = self.traits.iter().flat_map(|range| [range.low, range.centre, range.high]);
        ranges.chain(self.precision.iter().flatten().copied()).chain([self.distance])
    }

    /// What is most unusual about a slice: `2 t` and `2 t + 1` for trait `t` too low and too high, `2 TRAITS` for all of
    /// them together; none where it is like what was seen.
    fn oddity(&self, slice: &Traits) -> Option<usize> {
        // How far beyond its range, in widths of it.
        let beyond = |(t, (range, value)): (usize, (&Range, &f64))| {
            let (low, high) = (f64::from(range.low), f64::from(range.high));
            let (below, above) = ((low - value) / (high - low), (value - high) / (high - low));
            (2 * t + usize::from(above > below), below.max(above))
        };
        let worst = self.traits.iter().zip(&slice.0).enumerate().map(beyond).max_by(|a, b| a.1.total_cmp(&b.1));
        match worst {
            Some((oddity, beyond)) if beyond > 0.0 => Some(oddity),
            _ if self.distance_of(slice) <= f64::from(self.distance) => None,
            // Farther, or no number at all.
            _ => Some(2 * TRAITS),
        }
    }

    /// The squared Mahalanobis distance of a slice from the centre.
    fn distance_of(&self, slice: &Traits) -> f64 {
        let off: Vec<f64> =
            slice.0.iter().zip(&self.traits).map(|(value, range)| value - f64::from(range.centre)).collect();
        let row = |row: &Vec<f32>| row.iter().zip(&off).map(|(&p, o)| f64::from(p) * o).sum::<f64>();
        self.precision.iter().zip(&off).map(|(precision, o)| row(precision) * o).sum()
    }
}

fn wording(oddity: usize) -> &'static str {
    match NAMES.get(oddity / 2) {
        Some((_, low, high)) => [low, high][oddity % 2],
        None => "shape and brightness do not go together as on the slices of the fit",
    }
}
