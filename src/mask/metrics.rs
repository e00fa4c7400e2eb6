//! How well a mask agrees with a reference, counted as the literature of the dataset counts it.

use std::iter::Sum;
use std::ops::{Add, AddAssign};

use crate::mask::Mask;

/// Pixels by what was predicted and what is true. Confusions of several slices add up to that of a volume.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Confusion {
    /// True positives: inside both.
    pub tp: u64,
    /// False positives: inside the prediction alone.
    pub fp: u64,
    /// False negatives: inside the truth alone.
    pub fn_: u64,
    /// True negatives: outside both.
    pub tn: u64,
}

impl Confusion {
    /// Compares two masks of one grid, pixel by pixel.
    ///
    /// # Panics
    ///
    /// If the masks differ in width or height; whoever pairs them has checked that.
    pub fn new(prediction: &Mask, truth: &Mask) -> Self {
        assert_eq!(
            [prediction.width(), prediction.height()],
            [truth.width(), truth.height()],
            "the prediction's and the truth's grids differ"
        );
        let mut counts = [0_u64; 4];
        for (&prediction, &truth) in prediction.inside().iter().zip(truth.inside()) {
            counts[usize::from(prediction) << 1 | usize::from(truth)] += 1;
        }
        let [tn, fn_, fp, tp] = counts;
        Self { tp, fp, fn_, tn }
    }

    /// Dice similarity coefficient, 2 TP / (2 TP + FP + FN), 0 to 1; 1 where both masks are empty.
    ///
    /// Of the summed confusion of a patient's slices it is the patient's volume DSC.
    pub fn dice(&self) -> f64 {
        share(2 * self.tp, 2 * self.tp + self.fp + self.fn_).unwrap_or(1.0)
    }

    /// Intersection over union, TP / (TP + FP + FN), 0 to 1; 1 where both masks are empty.
    pub fn iou(&self) -> f64 {
        share(self.tp, self.tp + self.fp + self.fn_).unwrap_or(1.0)
    }

    /// The share of the truth that was found, TP / (TP + FN), 0 to 1; none where the truth is empty: there was
    /// nothing to be found.
    pub fn sensitivity(&self) -> Option<f64> {
        share(self.tp, self.truth())
    }

    /// The share of the prediction that is true, TP / (TP + FP), 0 to 1; none where the prediction is empty: nothing
    /// was said that could be true.
    pub fn precision(&self) -> Option<f64> {
        share(self.tp, self.predicted())
    }

    /// Pixels inside the prediction.
    pub fn predicted(&self) -> u64 {
        self.tp + self.fp
    }

    /// Pixels inside the truth.
    pub fn truth(&self) -> u64 {
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

/// The sums of which the Dice coefficient of probabilities is made: of a slice, or, added up, of those that are pooled.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SoftOverlap {
    /// Σpt: each probability times its true value.
    pub both: f64,
    /// Σp + Σt.
    pub total: f64,
}

impl SoftOverlap {
    /// Of values from 0 to 1 in the same order, as f64.
    ///
    /// # Panics
    ///
    /// If the two differ in length.
    pub fn new(probabilities: &[f32], truth: &[f32]) -> Self {
        assert_eq!(probabilities.len(), truth.len(), "as many probabilities as true values");
        let pairs = probabilities.iter().zip(truth).map(|(&p, &t)| (f64::from(p), f64::from(t)));
        pairs.map(|(p, t)| Self { both: p * t, total: p + t }).sum()
    }

    /// `(2 Σpt + smooth) / (Σp + Σt + smooth)`, 0 to 1. With `smooth` 0 and nothing on either side it is 1, as
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

/// Nothing has no share in nothing.
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(bits: u32) -> Mask {
        Mask::new(3, 2, (0..6).map(|i| bits >> i & 1 == 1).collect())
    }

    /// The textbook's sets: the pixels' indices, intersected and united.
    fn set(mask: &Mask) -> std::collections::BTreeSet<usize> {
        (0..mask.inside().len()).filter(|&i| mask.inside()[i]).collect()
    }

    #[test]
    fn every_pair_of_masks_of_three_by_two_pixels() {
        for a in 0..64 {
            for b in 0..64 {
                let (prediction, truth) = (mask(a), mask(b));
                let confusion = Confusion::new(&prediction, &truth);
                let (p, t) = (set(&prediction), set(&truth));
                let both = p.intersection(&t).count() as f64;
                let of = |part: f64, whole: usize| (whole > 0).then(|| part / whole as f64);
                assert_eq!(confusion.dice(), of(2.0 * both, p.len() + t.len()).unwrap_or(1.0));
                assert_eq!(confusion.iou(), of(both, p.union(&t).count()).unwrap_or(1.0));
                assert_eq!(confusion.sensitivity(), of(both, t.len()));
                assert_eq!(confusion.precision(), of(both, p.len()));
                assert_eq!(confusion.predicted(), p.len() as u64);
                assert_eq!(confusion.truth(), t.len() as u64);
                assert_eq!(confusion.tp + confusion.fp + confusion.fn_ + confusion.tn, 6);

                // On hard masks, the soft Dice is the Dice.
                let soft = |mask: &Mask| mask.inside().iter().map(|&i| f32::from(i)).collect::<Vec<_>>();
                assert_eq!(SoftOverlap::new(&soft(&prediction), &soft(&truth)).dice(0.0), confusion.dice());
            }
        }
    }

    #[test]
    fn slices_add_up_to_the_volume() {
        let slices = [(0b11_0011, 0b01_0111), (0, 0b1), (0, 0), (0b1, 0)];
        let sum: Confusion = slices.iter().map(|&(p, t)| Confusion::new(&mask(p), &mask(t))).sum();
        assert_eq!(sum, Confusion { tp: 3, fp: 2, fn_: 2, tn: 17 });
        assert_eq!(sum.dice(), 0.6);
        let mut counted = Confusion::default();
        counted += sum;
        assert_eq!(counted, sum);
    }

    #[test]
    fn soft_dice_by_hand() {
        // 2 (0.5 + 0.25) + 1 over 0.5 + 0.25 + 0.25 + 2 + 1.
        let slice = SoftOverlap::new(&[0.5, 0.25, 0.25], &[1.0, 1.0, 0.0]);
        assert_eq!(slice.dice(1.0), 2.5 / 4.0);
        assert_eq!(SoftOverlap::new(&[0.0; 4], &[0.0; 4]).dice(100.0), 1.0);
        assert_eq!(SoftOverlap::new(&[], &[]).dice(0.0), 1.0);
        // Pooled, as if they were one.
        let other = SoftOverlap::new(&[1.0, 0.5], &[1.0, 0.0]);
        let pooled: SoftOverlap = [slice, other].into_iter().sum();
        assert_eq!(pooled, SoftOverlap::new(&[0.5, 0.25, 0.25, 1.0, 0.5], &[1.0, 1.0, 0.0, 1.0, 0.0]));
    }

    #[test]
    #[should_panic(expected = "grids differ")]
    fn grids_must_agree() {
        Confusion::new(&Mask::empty(2, 3), &Mask::empty(3, 2));
    }
}
