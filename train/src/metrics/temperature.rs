//! Temperature scaling: probabilities whose logits are divided by a number, so that they are as often right as they say.
//!
//! After Guo et al., "On calibration of modern neural networks", ICML 2017. A temperature above 1 moves probabilities towards
//! 0.5. None moves a probability across 0.5, so masks at that threshold stay as they are.

use glioscope::mask::{Mask, Probability};

use super::calibration::{Calibration, Counts};

/// Values of a stored probability.
const LEVELS: usize = 1 << 16;
/// The range of temperatures.
const RANGE: [f64; 2] = [0.2, 20.0];
/// Steps of the search. Each narrows the range by the golden ratio, so that 40 give six digits.
const STEPS: usize = 40;

/// How many pixels of each probability are lesion, and how many are not.
#[derive(Clone, Debug)]
pub(crate) struct Levels {
    counts: Vec<[u64; 2]>,
}

impl Default for Levels {
    fn default() -> Self {
        Self { counts: vec![[0; 2]; LEVELS] }
    }
}

impl Levels {
    /// Adds a slice.
    pub(crate) fn add(&mut self, map: &Probability, reference: &Mask) {
        for (&level, &lesion) in map.values().iter().zip(reference.inside()) {
            self.counts[usize::from(level)][usize::from(lesion)] += 1;
        }
    }

    /// Adds the slices of others.
    pub(crate) fn extend(&mut self, other: &Self) {
        for (own, other) in self.counts.iter_mut().zip(&other.counts) {
            *own = [own[0] + other[0], own[1] + other[1]];
        }
    }

    /// The temperature with the smallest cross-entropy, [`RANGE`]. The cross-entropy has one minimum, since it is convex in the
    /// inverse of the temperature.
    pub(crate) fn temperature(&self) -> f64 {
        let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
        let [mut low, mut high] = RANGE.map(f64::ln);
        for _ in 0..STEPS {
            let [left, right] = [high - golden * (high - low), low + golden * (high - low)];
            if self.cross_entropy(left.exp()) < self.cross_entropy(right.exp()) {
                high = right;
            } else {
                low = left;
            }
        }
        ((low + high) / 2.0).exp()
    }

    /// The sum over all pixels, natural logarithm.
    fn cross_entropy(&self, temperature: f64) -> f64 {
        let of = |(level, &[other, lesion]): (usize, &[u64; 2])| {
            let logit = logit(level) / temperature;
            // ln(1 + e^x) without overflow.
            let softplus = logit.max(0.0) + (-logit.abs()).exp().ln_1p();
            lesion as f64 * (softplus - logit) + other as f64 * softplus
        };
        self.counts.iter().enumerate().filter(|(_, count)| count[0] + count[1] > 0).map(of).sum()
    }

    /// Adds the pixels to `counts`, at `temperature`.
    pub(crate) fn count(&self, temperature: f64, counts: &mut Counts) {
        for (level, &[other, lesion]) in self.counts.iter().enumerate().filter(|(_, count)| count[0] + count[1] > 0) {
            let probability = 1.0 / (1.0 + (-logit(level) / temperature).exp());
            counts.add_pixels(probability as f32, other + lesion, lesion);
        }
    }
}

/// The logit of a stored probability. The two ends, which would be infinite, count as half a step inside.
fn logit(level: usize) -> f64 {
    let last = (LEVELS - 1) as f64;
    let probability = (level as f64).clamp(0.5, last - 0.5) / last;
    (probability / (1.0 - probability)).ln()
}

/// The calibration of several groups of pixels, each at the temperature that all other groups give, and these temperatures.
/// With one group its own temperature is used.
pub(crate) fn out_of_fold(folds: &[Levels]) -> (Vec<f64>, Calibration) {
    let mut counts = Counts::default();
    let temperature = |at: usize| {
        let mut others = Levels::default();
        let chosen = folds.iter().enumerate().filter(|(other, _)| *other != at || folds.len() == 1);
        chosen.for_each(|(_, levels)| others.extend(levels));
        others.temperature()
    };
    let temperatures: Vec<f64> = (0..folds.len()).map(temperature).collect();
    folds.iter().zip(&temperatures).for_each(|(levels, &temperature)| levels.count(temperature, &mut counts));
    (temperatures, counts.finish())
}

#[cfg(test)]
mod tests {
    use glioscope::random::Rng;

    use super::*;

    /// Pixels whose logits are `factor` times too large.
    fn overconfident(factor: f32, seed: u64) -> Levels {
        let mut rng = Rng::new(seed, 0);
        let mut levels = Levels::default();
        for _ in 0..20 {
            let logits: Vec<f32> = (0..2000).map(|_| rng.range(-3.0, 3.0)).collect();
            let sigmoid = |logit: f32| 1.0 / (1.0 + (-logit).exp());
            let values: Vec<f32> = logits.iter().map(|&logit| sigmoid(factor * logit)).collect();
            let inside = logits.iter().map(|&logit| rng.chance(sigmoid(logit))).collect();
            levels.add(&Probability::from_unit(2000, 1, &values).expect("finite"), &Mask::new(2000, 1, inside));
        }
        levels
    }

    #[test]
    fn the_temperature_is_the_factor_of_the_logits() {
        for factor in [0.5, 1.0, 2.5] {
            let found = overconfident(factor, 1).temperature();
            assert!((found / f64::from(factor) - 1.0).abs() < 0.05, "{found} for {factor}");
        }
    }

    #[test]
    fn the_temperature_of_the_other_folds_lowers_the_error() {
        let folds = [1, 2, 3].map(|seed| overconfident(2.0, seed));
        let (temperatures, after) = out_of_fold(&folds);
        assert_eq!(temperatures.len(), 3);
        assert!(temperatures.iter().all(|temperature| (temperature - 2.0).abs() < 0.15), "{temperatures:?}");
        let mut counts = Counts::default();
        folds.iter().for_each(|levels| levels.count(1.0, &mut counts));
        let before = counts.finish();
        assert!(before.expected_error > 0.05 && after.expected_error < 0.02, "{before:?} {after:?}");
        assert_eq!(before.bins.iter().map(|bin| bin.pixels).sum::<u64>(), 120_000);
    }

    #[test]
    fn without_pixels_there_is_a_temperature() {
        assert!(Levels::default().temperature().is_finite());
    }
}
