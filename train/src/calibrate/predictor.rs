//! Fits a [`DicePredictor`] to cases, and scores it.

use glioscope::network::DicePredictor;
use glioscope::network::dice_predictor::logit;
use serde::Serialize;

/// A case that the network had not seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Case {
    /// The Dice that the probabilities expect.
    pub(super) expected: f64,
    /// The Dice of its masks.
    pub(super) dice: f64,
}

/// How well predictions match the Dice of cases.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Quality {
    /// How many cases there are.
    pub(super) cases: usize,
    /// The mean absolute difference.
    pub(super) error: f64,
    /// The correlation coefficient of Pearson.
    pub(super) correlation: f64,
    /// The fraction of cases whose Dice is in the predicted range.
    pub(super) in_range: f64,
    /// Of the fifth of the cases with the lowest Dice, the fraction that is in the fifth with the lowest predicted Dice.
    pub(super) worst_found: f64,
}

/// Rounds of weighted least squares, and a distance; shorter ones weigh like it.
const ROUNDS: usize = 100;
const NEAR: f64 = 1e-3;

/// The line with the least absolute distances from the logits of the cases, with the range of the middle 90 %: the few cases where the
/// network fails do not bend it. It is found by least squares, where each case is weighted by the inverse of its last distance. A line
/// that falls, as few cases can give, becomes level.
pub(super) fn fit(cases: &[Case]) -> DicePredictor {
    let points: Vec<[f64; 2]> = cases.iter().map(|case| [logit(case.expected), logit(case.dice)]).collect();
    let (mut offset, mut slope) = (0.0, 1.0);
    let mut weights = vec![1.0; points.len()];
    for _ in 0..ROUNDS {
        let total = weights.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        let weighted = |of: &dyn Fn(&[f64; 2]) -> f64| {
            points.iter().zip(&weights).map(|(point, weight)| weight * of(point)).sum::<f64>() / total
        };
        let [x, y] = [0, 1].map(|axis| weighted(&|point| point[axis]));
        let variance = weighted(&|point| (point[0] - x).powi(2));
        let covariance = weighted(&|point| (point[0] - x) * (point[1] - y));
        slope = if variance > 0.0 { (covariance / variance).max(0.0) } else { 0.0 };
        offset = y - slope * x;
        weights = points.iter().map(|[x, y]| 1.0 / (y - offset - slope * x).abs().max(NEAR)).collect();
    }
    let mut residuals: Vec<f64> = points.iter().map(|[x, y]| y - offset - slope * x).collect();
    residuals.sort_unstable_by(f64::total_cmp);
    let at = |fraction: f64| {
        let place = (residuals.len().saturating_sub(1) as f64 * fraction).round() as usize;
        residuals.get(place).copied().unwrap_or(0.0)
    };
    DicePredictor { offset, slope, range: [at(0.05).min(0.0), at(0.95).max(0.0)] }
}

/// Scores predictions, each by a predictor that was fitted without the case.
pub(super) fn score(predicted: &[(Case, DicePredictor)]) -> Quality {
    let all: Vec<_> = predicted.iter().map(|(case, predictor)| (case.dice, predictor.predict(case.expected))).collect();
    let fraction = |of: &dyn Fn(usize) -> bool, among: &[usize]| {
        among.iter().filter(|&&index| of(index)).count() as f64 / among.len().max(1) as f64
    };
    let lowest = |of: &dyn Fn(usize) -> f64| {
        let mut order: Vec<usize> = (0..all.len()).collect();
        order.sort_by(|&a, &b| of(a).total_cmp(&of(b)));
        order.truncate(all.len().div_ceil(5));
        order
    };
    let everyone: Vec<usize> = (0..all.len()).collect();
    let worst = lowest(&|index| all[index].0);
    let doubted = lowest(&|index| all[index].1.dice);
    Quality {
        cases: all.len(),
        error: mean(all.iter().map(|(dice, predicted)| (dice - predicted.dice).abs())),
        correlation: correlation(&all.iter().map(|(dice, predicted)| [*dice, predicted.dice]).collect::<Vec<_>>()),
        in_range: fraction(&|index| (all[index].1.from..=all[index].1.to).contains(&all[index].0), &everyone),
        worst_found: fraction(&|index| doubted.contains(&index), &worst),
    }
}

fn correlation(pairs: &[[f64; 2]]) -> f64 {
    let [x, y] = [0, 1].map(|axis| mean(pairs.iter().map(|pair| pair[axis])));
    let product = |a: usize, b: usize| mean(pairs.iter().map(|pair| (pair[a] - [x, y][a]) * (pair[b] - [x, y][b])));
    let deviations = (product(0, 0) * product(1, 1)).sqrt();
    if deviations > 0.0 { product(0, 1) / deviations } else { 0.0 }
}

/// 0 without values.
fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let (sum, count) = values.into_iter().fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    sum / f64::from(count.max(1))
}

#[cfg(test)]
mod tests {
    use glioscope::random::Rng;

    use super::*;

    fn cases(count: usize, noise: f32, seed: u64) -> Vec<Case> {
        let mut rng = Rng::new(seed, 0);
        let sigmoid = |logit: f64| 1.0 / (1.0 + (-logit).exp());
        let case = |_| {
            let expected = f64::from(rng.range(0.5, 0.95));
            Case { expected, dice: sigmoid(1.2 * logit(expected) - 0.3 + f64::from(rng.range(-noise, noise))) }
        };
        (0..count).map(case).collect()
    }

    #[test]
    fn the_line_and_its_range_are_found() {
        let DicePredictor { offset, slope, range } = fit(&cases(2000, 0.5, 1));
        assert!((offset + 0.3).abs() < 0.05 && (slope - 1.2).abs() < 0.05, "{offset} {slope}");
        assert!((range[0] + 0.45).abs() < 0.03 && (range[1] - 0.45).abs() < 0.03, "{range:?}");
        for few in [&[][..], &[Case { expected: 0.8, dice: 0.7 }; 3], &[Case { expected: 0.8, dice: 0.0 }]] {
            assert!(fit(few).validate().is_ok(), "{few:?}");
        }
    }

    #[test]
    fn predictions_of_other_cases_are_scored() {
        let predictor = fit(&cases(500, 0.5, 1));
        let predicted: Vec<_> = cases(500, 0.5, 2).into_iter().map(|case| (case, predictor)).collect();
        let Quality { cases, error, correlation, in_range, worst_found } = score(&predicted);
        assert_eq!(cases, 500);
        assert!(error < 0.06 && correlation > 0.9 && worst_found > 0.7, "{error} {correlation} {worst_found}");
        assert!((in_range - 0.9).abs() < 0.05, "{in_range}");
        let blind = DicePredictor { offset: 0.0, slope: 0.0, range: [0.0, 0.0] };
        let quality = score(&predicted.iter().map(|(case, _)| (*case, blind)).collect::<Vec<_>>());
        assert_eq!((quality.correlation, quality.in_range), (0.0, 0.0));
    }
}
