//! Agreement between a prediction and a reference, as the literature on the dataset counts it.

use std::iter::Sum;
use std::ops::{Add, AddAssign};

use crate::mask::Mask;

/// Pixel counts of a prediction against a reference.
///
/// The sum of the confusions of all slices is the confusion of the volume.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Confusion {
    /// True positives: pixels inside both.
    pub tp: u64,
    /// False positives: pixels inside the prediction only.
    pub fp: u64,
    /// False negatives: pixels inside the reference only.
    pub fn_: u64,
    /// True negatives: pixels outside both.
    pub tn: u64,
}

impl Confusion {
    /// Compares two masks of the same size, pixel by pixel.
    ///
    /// # Panics
    ///
    /// If the masks differ in width or height.
    pub fn new(prediction: &Mask, reference: &Mask) -> Self {
        assert_eq!(
            [prediction.width(), prediction.height()],
            [reference.width(), reference.height()],
            "the prediction and the reference differ in size"
        );
        let mut counts = [0_u64; 4];
        for (&predicted, &expected) in prediction.inside().iter().zip(reference.inside()) {
            counts[usize::from(predicted) << 1 | usize::from(expected)] += 1;
        }
        let [tn, fn_, fp, tp] = counts;
        Self { tp, fp, fn_, tn }
    }

    /// The Dice coefficient, 2 TP / (2 TP + FP + FN), from 0 to 1. It is 1 if both masks are empty.
    pub fn dice(&self) -> f64 {
        fraction(2 * self.tp, 2 * self.tp + self.fp + self.fn_).unwrap_or(1.0)
    }

    /// Intersection over union, TP / (TP + FP + FN), from 0 to 1. It is 1 if both masks are empty.
    pub fn iou(&self) -> f64 {
        fraction(self.tp, self.tp + self.fp + self.fn_).unwrap_or(1.0)
    }

    /// The fraction of the reference that was predicted, TP / (TP + FN), from 0 to 1. `None` if the reference is empty.
    pub fn sensitivity(&self) -> Option<f64> {
        fraction(self.tp, self.reference_pixels())
    }

    /// The fraction of the prediction that is correct, TP / (TP + FP), from 0 to 1. `None` if the prediction is empty.
    pub fn precision(&self) -> Option<f64> {
        fraction(self.tp, self.prediction_pixels())
    }

    /// Pixels inside the prediction.
    pub fn prediction_pixels(&self) -> u64 {
        self.tp + self.fp
    }

    /// Pixels inside the reference.
    pub fn reference_pixels(&self) -> u64 {
        self.tp + self.fn_
    }
}

impl Add for Confusion {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { tp: self.tp + other.tp, fp: self.fp + other.fp, fn_: self.fn_ + other.fn_, tn: self.tn + other.tn }
    }
}

impl AddAssign for Confusion {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Confusion {
    fn sum<I: Iterator<Item = Self>>(confusions: I) -> Self {
        confusions.fold(Self::default(), Add::add)
    }
}

/// The sums behind the soft Dice coefficient of probabilities. Overlaps of several slices add up to their pooled
/// overlap.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SoftOverlap {
    /// Σpr: the sum of each probability times its reference value.
    pub both: f64,
    /// Σp + Σr.
    pub total: f64,
}

impl SoftOverlap {
    /// Compares probabilities and reference values, both from 0 to 1 and in the same order. Sums in `f64`.
    ///
    /// # Panics
    ///
    /// If the two differ in length.
    pub fn new(probabilities: &[f32], reference: &[f32]) -> Self {
        assert_eq!(probabilities.len(), reference.len(), "one reference value for each probability");
        let pairs = probabilities.iter().zip(reference).map(|(&p, &r)| (f64::from(p), f64::from(r)));
        pairs.map(|(p, r)| Self { both: p * r, total: p + r }).sum()
    }

    /// `(2 Σpr + smooth) / (Σp + Σr + smooth)`, from 0 to 1. It is 1 if `smooth` and both sides are 0, as
    /// [`Confusion::dice`] is.
    pub fn dice(&self, smooth: f64) -> f64 {
        let whole = self.total + smooth;
        if whole == 0.0 { 1.0 } else { (2.0 * self.both + smooth) / whole }
    }
}

impl Sum for SoftOverlap {
    fn sum<I: Iterator<Item = Self>>(overlaps: I) -> Self {
        overlaps.fold(Self::default(), |a, b| Self { both: a.both + b.both, total: a.total + b.total })
    }
}

/// `part / whole`, or `None` if `whole` is 0.
fn fraction(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(bits: u32) -> Mask {
        Mask::new(3, 2, (0..6).map(|i| bits >> i & 1 == 1).collect())
    }

    /// The indices of the pixels inside: the textbook definitions work on sets.
    fn set(mask: &Mask) -> std::collections::BTreeSet<usize> {
        (0..mask.inside().len()).filter(|&i| mask.inside()[i]).collect()
    }

    #[test]
    fn every_pair_of_3x2_masks_matches_the_set_definitions() {
        for a in 0..64 {
            for b in 0..64 {
                let (prediction, reference) = (mask(a), mask(b));
                let confusion = Confusion::new(&prediction, &reference);
                let (p, r) = (set(&prediction), set(&reference));
                let both = p.intersection(&r).count() as f64;
                let of = |part: f64, whole: usize| (whole > 0).then(|| part / whole as f64);
                assert_eq!(confusion.dice(), of(2.0 * both, p.len() + r.len()).unwrap_or(1.0));
                assert_eq!(confusion.iou(), of(both, p.union(&r).count()).unwrap_or(1.0));
                assert_eq!(confusion.sensitivity(), of(both, r.len()));
                assert_eq!(confusion.precision(), of(both, p.len()));
                assert_eq!(confusion.prediction_pixels(), p.len() as u64);
                assert_eq!(confusion.reference_pixels(), r.len() as u64);
                assert_eq!(confusion.tp + confusion.fp + confusion.fn_ + confusion.tn, 6);

                // On binary masks the soft Dice equals the Dice.
                let soft = |mask: &Mask| mask.inside().iter().map(|&i| f32::from(i)).collect::<Vec<_>>();
                assert_eq!(SoftOverlap::new(&soft(&prediction), &soft(&reference)).dice(0.0), confusion.dice());
            }
        }
    }

    #[test]
    fn confusions_of_slices_add_up_to_the_volume() {
        let slices = [(0b11_0011, 0b01_0111), (0, 0b1), (0, 0), (0b1, 0)];
        let sum: Confusion = slices.iter().map(|&(p, r)| Confusion::new(&mask(p), &mask(r))).sum();
        assert_eq!(sum, Confusion { tp: 3, fp: 2, fn_: 2, tn: 17 });
        assert_eq!(sum.dice(), 0.6);
        let mut counted = Confusion::default();
        counted += sum;
        assert_eq!(counted, sum);
    }

    #[test]
    fn soft_dice_of_known_values() {
        // 2 (0.5 + 0.25) + 1 over 0.5 + 0.25 + 0.25 + 2 + 1.
        let slice = SoftOverlap::new(&[0.5, 0.25, 0.25], &[1.0, 1.0, 0.0]);
        assert_eq!(slice.dice(1.0), 2.5 / 4.0);
        assert_eq!(SoftOverlap::new(&[0.0; 4], &[0.0; 4]).dice(100.0), 1.0);
        assert_eq!(SoftOverlap::new(&[], &[]).dice(0.0), 1.0);
        // Pooling two slices gives the overlap of their concatenation.
        let other = SoftOverlap::new(&[1.0, 0.5], &[1.0, 0.0]);
        let pooled: SoftOverlap = [slice, other].into_iter().sum();
        assert_eq!(pooled, SoftOverlap::new(&[0.5, 0.25, 0.25, 1.0, 0.5], &[1.0, 1.0, 0.0, 1.0, 0.0]));
    }

    #[test]
    #[should_panic(expected = "differ in size")]
    fn masks_of_different_sizes_panic() {
        Confusion::new(&Mask::empty(2, 3), &Mask::empty(3, 2));
    }
}
