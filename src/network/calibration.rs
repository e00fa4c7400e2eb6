//! [`Calibration`]: logits of a network → logits whose probabilities are as often right as they say.

use serde::{Deserialize, Serialize};

use crate::error::ModelFault;

/// A rising, piecewise linear function of the logit, after "isotonic" calibration (Zadrozny and Elkan, KDD 2002) with few knots. 0
/// stays 0, so masks at threshold 0.5 stay as they are, up to the small regions, which are found at probability 0.3. Without knots, every logit stays as it is.
///
/// A network that is fitted until it knows its training data is too sure of other patients: of the pixels with a probability of
/// 0.8 to 0.9, clearly fewer than 80 % are lesion. `train calibrate` fits the knots on patients that the network has not seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Calibration {
    /// Pairs of a logit and the calibrated logit, in ascending order. Before the first knot and after the last one, the nearest
    /// segment goes on.
    pub knots: Vec<[f32; 2]>,
}

/// A part of the function: `weight * max(0, sign * (logit - from))`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ramp {
    /// The logit from which the part differs from 0.
    pub from: f32,
    /// 1 for logits above `from`, -1 for logits below.
    pub sign: f32,
    /// The change of the function's slope at `from`.
    pub weight: f32,
}

impl Calibration {
    /// Checks the knots.
    ///
    /// # Errors
    /// [`ModelFault::Config`] unless there are none, or `[0, 0]` with one on each side at least, all finite and rising.
    pub fn validate(&self) -> Result<(), ModelFault> {
        let knots = &self.knots;
        let fault = |reason: &str| Err(ModelFault::Config { reason: format!("calibration: {reason}") });
        if knots.is_empty() {
            return Ok(());
        }
        if let Some(found) = knots.iter().flatten().find(|value| !value.is_finite()) {
            return fault(&format!("expected finite knots, found {found}"));
        }
        let rises = |[a, b]: &[[f32; 2]; 2]| {
            let slope = (b[1] - a[1]) / (b[0] - a[0]);
            a[0] < b[0] && slope > 0.0 && slope.is_finite()
        };
        if let Some([before, after]) = knots.array_windows().find(|pair| !rises(pair)) {
            return fault(&format!("expected rising knots, found {after:?} after {before:?}"));
        }
        match knots.iter().position(|knot| *knot == [0.0, 0.0]) {
            Some(zero) if zero > 0 && zero + 1 < knots.len() => Ok(()),
            _ => fault("expected the knot [0, 0] and knots on both sides of it"),
        }
    }

    /// The calibrated logit.
    pub fn apply(&self, logit: f32) -> f32 {
        let above = self.knots.partition_point(|knot| knot[0] <= logit).min(self.knots.len().saturating_sub(1)).max(1);
        match self.knots.get(above - 1..=above) {
            Some(&[[from, low], [to, high]]) => low + (logit - from) * ((high - low) / (to - from)),
            _ => logit,
        }
    }

    /// The calibrated probability of a probability. 0 and 1 stay as they are.
    pub fn probability(&self, value: f32) -> f32 {
        if self.knots.is_empty() || value <= 0.0 || value >= 1.0 {
            return value;
        }
        sigmoid(self.apply((value / (1.0 - value)).ln()))
    }

    /// The function as a sum, for other runtimes; two 1x1 convolutions with a rectifier between them compute it. Empty without
    /// knots.
    pub fn ramps(&self) -> Vec<Ramp> {
        let slope = |[[from, low], [to, high]]: &[[f32; 2]; 2]| (high - low) / (to - from);
        let side = |sign: f32| {
            // From 0 outwards.
            let mut segments: Vec<&[[f32; 2]; 2]> =
                self.knots.array_windows().filter(|[from, to]| sign * (from[0] + to[0]) > 0.0).collect();
            if sign < 0.0 {
                segments.reverse();
            }
            let mut before = 0.0;
            let ramp = |segment: &[[f32; 2]; 2]| {
                let (from, slope) = (segment[usize::from(sign < 0.0)][0], slope(segment));
                let weight = sign * (slope - std::mem::replace(&mut before, slope));
                Ramp { from, sign, weight }
            };
            segments.into_iter().map(ramp).collect::<Vec<_>>()
        };
        [side(1.0), side(-1.0)].concat()
    }
}

/// The probability of a logit.
pub(crate) fn sigmoid(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calibration(knots: &[[f32; 2]]) -> Calibration {
        Calibration { knots: knots.to_vec() }
    }

    #[test]
    fn knots_are_joined_by_lines_and_the_last_ones_go_on() {
        let curve = calibration(&[[-4.0, -2.0], [-2.0, -1.5], [0.0, 0.0], [3.0, 1.0], [5.0, 5.0]]);
        for (logit, calibrated) in
            [(-8.0, -3.0), (-4.0, -2.0), (-3.0, -1.75), (-1.0, -0.75), (0.0, 0.0), (1.5, 0.5), (4.0, 3.0), (6.0, 7.0)]
        {
            assert!((curve.apply(logit) - calibrated).abs() < 1e-6, "{logit} became {}", curve.apply(logit));
            let sum: f32 =
                curve.ramps().iter().map(|ramp| ramp.weight * (ramp.sign * (logit - ramp.from)).max(0.0)).sum();
            assert!((sum - calibrated).abs() < 1e-6, "the sum at {logit} is {sum}");
            let probability = curve.probability(sigmoid(logit));
            assert!((probability - sigmoid(calibrated)).abs() < 1e-5, "the probability at {logit} is {probability}");
        }
        assert_eq!(curve.ramps().len(), 4);
    }

    #[test]
    fn without_knots_nothing_changes() {
        let none = Calibration::default();
        assert_eq!([-30.0, 0.0, 1.25].map(|logit| none.apply(logit)), [-30.0, 0.0, 1.25]);
        assert!(none.validate().is_ok() && none.ramps().is_empty());
        assert_eq!(none.probability(0.3), 0.3);
    }

    #[test]
    fn knots_that_cannot_be_are_refused() {
        assert!(calibration(&[[-1.0, -1.0], [0.0, 0.0], [1.0, 0.1]]).validate().is_ok());
        for knots in [
            &[[0.0, 0.0]][..],
            &[[-1.0, -1.0], [0.0, 0.1], [1.0, 1.0]],
            &[[-1.0, -1.0], [0.0, 0.0]],
            &[[0.0, 0.0], [1.0, 1.0]],
            &[[-1.0, -1.0], [0.0, 0.0], [0.0, 1.0]],
            &[[-1.0, -1.0], [0.0, 0.0], [1.0, 0.0]],
            &[[-1.0, -1.0], [0.0, 0.0], [1e-30, 1e30]],
            &[[-1.0, -1.0], [0.0, 0.0], [1.0, f32::INFINITY]],
        ] {
            assert!(calibration(knots).validate().is_err(), "{knots:?}");
        }
    }
}
