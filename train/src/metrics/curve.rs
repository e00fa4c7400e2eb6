//! Fits the curve of a [`Calibration`] to pixels: the logistic regression of whether a pixel is lesion on the hat functions of the
//! knots. Each line has a slope within limits.
//!
//! A temperature alone leaves three quarters of the calibration error (`train/EXPERIMENTS.md`): the published network is far
//! too sure near 0.5 and little beyond.

use glioscope::network::Calibration;

use super::levels::{Level, Levels};

/// The logits of the knots: probabilities of 0.0003, 0.007, 0.05, 0.18, 0.5 and so on.
const KNOTS: [f32; 9] = [-8.0, -5.0, -3.0, -1.5, 0.0, 1.5, 3.0, 5.0, 8.0];
/// The place of the knot that stays 0.
const ZERO: usize = 4;
/// The least and the most slope of a line. Without a least one, a range of thresholds would give the same mask. The most only matters
/// with few pixels.
const GENTLEST: f64 = 0.1;
const STEEPEST: f64 = 3.0;
/// Half a step of a stored probability. 0 and 1 are taken for it, and for 1 minus it: their logits would be infinite.
const SMALLEST: f64 = 0.5 / 65_535.0;
/// Sweeps over all knots, at most, and the change of a knot below which they end.
const SWEEPS: usize = 500;
const SETTLED: f64 = 1e-5;

/// A level with the segment that it lies in, and its place between the two knots: 0 to 1, or outside before the first knot and after
/// the last.
struct Pixels {
    segment: usize,
    place: f64,
    other: f64,
    lesion: f64,
}

/// The calibration of pixels.
pub(crate) fn fit_curve(levels: &Levels) -> Calibration {
    let pixels: Vec<Pixels> = levels.iter().map(Pixels::of).collect();
    let mut values = KNOTS.map(f64::from);
    for _ in 0..SWEEPS {
        let mut largest = 0.0_f64;
        for knot in (0..KNOTS.len()).filter(|knot| *knot != ZERO) {
            let (slope, curvature) = derivatives(&pixels, &values, knot);
            if curvature <= f64::EPSILON {
                continue;
            }
            let mut value = values[knot] - slope / curvature;
            if knot > 0 {
                let width = f64::from(KNOTS[knot] - KNOTS[knot - 1]);
                value = value.clamp(values[knot - 1] + GENTLEST * width, values[knot - 1] + STEEPEST * width);
            }
            if knot + 1 < KNOTS.len() {
                let width = f64::from(KNOTS[knot + 1] - KNOTS[knot]);
                value = value.clamp(values[knot + 1] - STEEPEST * width, values[knot + 1] - GENTLEST * width);
            }
            largest = largest.max((value - values[knot]).abs());
            values[knot] = value;
        }
        if largest < SETTLED {
            break;
        }
    }
    Calibration { knots: KNOTS.into_iter().zip(values).map(|(knot, value)| [knot, value as f32]).collect() }
}

/// A calibration for each of several groups of pixels, fitted on all other groups. With one group it is fitted on that.
pub(crate) fn fit_curves(groups: &[Levels]) -> Vec<Calibration> {
    let curve = |at: usize| {
        let mut others = Levels::default();
        let chosen = groups.iter().enumerate().filter(|(other, _)| *other != at || groups.len() == 1);
        chosen.for_each(|(_, levels)| others.extend(levels));
        fit_curve(&others)
    };
    (0..groups.len()).map(curve).collect()
}

impl Pixels {
    fn of(level: Level) -> Self {
        let Level { probability, other, lesion } = level;
        let probability = f64::from(probability).clamp(SMALLEST, 1.0 - SMALLEST);
        let logit = (probability / (1.0 - probability)).ln() as f32;
        let segment = KNOTS.partition_point(|knot| *knot <= logit).clamp(1, KNOTS.len() - 1) - 1;
        let [from, to] = [KNOTS[segment], KNOTS[segment + 1]];
        let place = f64::from((logit - from) / (to - from));
        Self { segment, place, other: other as f64, lesion: lesion as f64 }
    }
}

/// The first and second derivative of the cross-entropy of all pixels by the value of one knot.
fn derivatives(pixels: &[Pixels], values: &[f64; KNOTS.len()], knot: usize) -> (f64, f64) {
    let of = |Pixels { segment, place, other, lesion }: &Pixels| {
        let weight = match knot.wrapping_sub(*segment) {
            0 => 1.0 - place,
            1 => *place,
            _ => return (0.0, 0.0),
        };
        let logit = values[*segment] + place * (values[segment + 1] - values[*segment]);
        let probability = 1.0 / (1.0 + (-logit).exp());
        let pixels = other + lesion;
        (weight * (probability * pixels - lesion), weight * weight * pixels * probability * (1.0 - probability))
    };
    pixels.iter().map(of).fold((0.0, 0.0), |sum, part| (sum.0 + part.0, sum.1 + part.1))
}

#[cfg(test)]
mod tests {
    use glioscope::mask::{Mask, Probability};
    use glioscope::random::Rng;

    use super::*;

    /// Pixels with logits from -6 to 6, whose true logits are `truth` of them.
    fn pixels(truth: impl Fn(f32) -> f32, seed: u64) -> Levels {
        let sigmoid = |logit: f32| 1.0 / (1.0 + (-logit).exp());
        let mut rng = Rng::new(seed, 0);
        let mut levels = Levels::default();
        for _ in 0..20 {
            let logits: Vec<f32> = (0..5000).map(|_| rng.range(-6.0, 6.0)).collect();
            let values: Vec<f32> = logits.iter().map(|&logit| sigmoid(logit)).collect();
            let inside = logits.iter().map(|&logit| rng.chance(sigmoid(truth(logit)))).collect();
            levels.add(&Probability::from_unit(5000, 1, &values).expect("finite"), &Mask::new(5000, 1, inside));
        }
        levels
    }

    #[test]
    fn the_curve_is_the_true_one() {
        let flat = |logit: f32| if logit.abs() < 3.0 { logit / 4.0 } else { logit - logit.signum() * 2.25 };
        let curve = fit_curve(&pixels(flat, 1));
        assert!(curve.validate().is_ok(), "{curve:?}");
        for logit in [-5.0, -3.0, -1.5, 0.0, 1.0, 3.0, 5.0] {
            assert!((curve.apply(logit) - flat(logit)).abs() < 0.15, "{logit} became {}", curve.apply(logit));
        }
        let same = fit_curve(&pixels(|logit| logit, 2));
        assert!([-4.0, -1.0, 2.0].iter().all(|logit| (same.apply(*logit) - logit).abs() < 0.15), "{same:?}");
    }

    #[test]
    fn the_curve_of_the_other_groups_lowers_the_error() {
        let groups = [1, 2, 3].map(|seed| pixels(|logit| logit / 2.0, seed));
        let curves = fit_curves(&groups);
        assert_eq!(curves.len(), 3);
        let none = Calibration::default();
        let before = Levels::reliability(groups.iter().map(|levels| (levels, &none)));
        let after = Levels::reliability(groups.iter().zip(&curves));
        assert!(before.expected_error > 0.05 && after.expected_error < 0.02, "{before:?} {after:?}");
        assert_eq!(before.bins.iter().map(|bin| bin.pixels).sum::<u64>(), 300_000);
    }

    #[test]
    fn few_pixels_none_and_all_of_one_kind_give_a_curve_that_rises() {
        assert!(fit_curve(&Levels::default()).validate().is_ok());
        let map = Probability::new(4, 1, vec![0, 1000, 60_000, 65_535]);
        for inside in [[true; 4], [false; 4], [false, false, true, true], [true, true, false, false]] {
            let mut levels = Levels::default();
            levels.add(&map, &Mask::new(4, 1, inside.to_vec()));
            let curve = fit_curve(&levels);
            assert!(curve.validate().is_ok(), "{inside:?}: {curve:?}");
        }
    }
}
