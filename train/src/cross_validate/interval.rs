//! Bootstrap intervals over patients (Efron 1979): the percentiles of a figure over resampled patients.

use std::fmt;

use glioscope::random::Rng;
use serde::Serialize;

/// Resamples: enough for the third decimal of an interval.
const RESAMPLES: usize = 10_000;

/// A 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Interval {
    pub(crate) from: f64,
    pub(crate) to: f64,
}

impl fmt::Display for Interval {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:.4} to {:.4}", self.from, self.to)
    }
}

/// The interval of the mean.
pub(crate) fn mean_interval(values: &[f64]) -> Interval {
    interval(values, |values| mean(values))
}

/// The interval of the median.
pub(crate) fn median_interval(values: &[f64]) -> Interval {
    interval(values, |values| {
        values.sort_unstable_by(f64::total_cmp);
        (values[(values.len() - 1) / 2] + values[values.len() / 2]) / 2.0
    })
}

/// The mean of differences within patients, and its interval.
pub(crate) fn mean_difference(differences: &[f64]) -> (f64, Interval) {
    (mean(differences), mean_interval(differences))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// 0 to 0 without values.
fn interval(values: &[f64], figure: impl Fn(&mut [f64]) -> f64) -> Interval {
    if values.is_empty() {
        return Interval { from: 0.0, to: 0.0 };
    }
    let mut rng = Rng::new(1, 0);
    let mut resample = vec![0.0; values.len()];
    let mut figures: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            resample.fill_with(|| values[rng.below(values.len())]);
            figure(&mut resample)
        })
        .collect();
    figures.sort_unstable_by(f64::total_cmp);
    let at = |fraction: f64| figures[((RESAMPLES - 1) as f64 * fraction).round() as usize];
    Interval { from: at(0.025), to: at(0.975) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_mean_is_that_of_the_normal_distribution() {
        // 400 values with mean 0.5 and deviation 0.1: the mean is known to 1.96 * 0.1 / 20.
        let values: Vec<f64> = (0..400).map(|i| if i % 2 == 0 { 0.4 } else { 0.6 }).collect();
        let Interval { from, to } = mean_interval(&values);
        assert!((from - 0.4902).abs() < 0.0015 && (to - 0.5098).abs() < 0.0015, "{from} to {to}");
    }

    #[test]
    fn the_interval_of_a_median_has_values_that_occur() {
        let values: Vec<f64> = (0..21).map(f64::from).collect();
        let Interval { from, to } = median_interval(&values);
        assert!(from < 10.0 && to > 10.0 && from >= 3.0 && to <= 17.0, "{from} to {to}");
        assert_eq!(mean_interval(&[0.25; 5]), Interval { from: 0.25, to: 0.25 });
        assert_eq!(mean_interval(&[]), Interval { from: 0.0, to: 0.0 });
    }

    #[test]
    fn a_difference_that_all_patients_share_excludes_0() {
        let (mean, Interval { from, to }) = mean_difference(&[0.01, 0.02, 0.015, 0.01]);
        assert!((mean - 0.01375).abs() < 1e-9 && from > 0.0 && to < 0.021);
    }
}
