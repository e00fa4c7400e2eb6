//! How well probabilities agree with the references, counted by each protocol that figures are quoted by.
//!
//! - **Patient**: the volume DSC of each patient, that is of the summed confusion of all slices, threshold as in the
//!   manifest; then mean, median, worst and standard deviation over patients. Once as drawn, that is as the page draws it,
//!   without small regions (`glioscope::mask::small_regions`); once with every region; and once after keeping each patient's largest
//!   3-D component (26 neighbours). A patient whose reference is empty counts 1 if nothing is drawn,
//!   else 0.
//! - **Pooled**: one confusion of all pixels of all patients.
//! - **Per slice**: the mean of the slices' own Dice, over the slices that have foreground in the reference, and over
//!   all slices where empty on empty counts 1.
//! - **Empty slices**: the share of the slices without foreground in the reference on which any pixel is drawn.
//! - **Reliability**: of pixels of like probability, the share that is lesion.
//! - **Slice**: the batch-pooled soft Dice of many notebooks, `(2 Σpt + 100) / (Σp + Σt + 100)` with the sums over all
//!   pixels of [`BATCH`] slices at once, and the plain mean over batches, the last one shorter as it comes. There the slices
//!   come in the one order that a random split gave them; here it is the mean over [`ORDERS`] random orders, so
//!   that it is no matter of luck. It is flattering twice: `p` is a probability, and a batch pools large and small
//!   lesions. On patients that were held out it is not comparable with figures of a split by slices.

use std::collections::BTreeMap;

use glioscope::mask::Probability;
use glioscope::mask::metrics::{Confusion, SoftOverlap};
use glioscope::mask::{Mask, largest_component};
use glioscope::random::Rng;
use serde::Serialize;

use crate::reliability::{self, Reliability};

/// Slices in a batch of the slice protocol.
pub(crate) const BATCH: usize = 32;

/// What the slice protocol adds above and below the line.
pub(crate) const SMOOTH: f64 = 100.0;

/// Orders of the slices over which the slice protocol's figure is averaged. One order of 320 slices is off by 0.004, from
/// 0.013 below to 0.005 above; the mean of so many by a tenth of that.
pub(crate) const ORDERS: usize = 100;

/// Collects slices patient by patient; [`Tally::finish`] gives the figures.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    threshold: f32,
    patients: Vec<PatientScore>,
    slice_dice: Vec<SliceDice>,
    soft: Vec<SoftOverlap>,
    reliability: reliability::Counts,
}

/// One patient's figures.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PatientScore {
    /// The patient's name.
    pub(crate) patient: String,
    /// How many slices were scored.
    pub(crate) slices: usize,
    /// Volume DSC as drawn, 0 to 1.
    pub(crate) dice: f64,
    /// Volume DSC with every region, small ones too.
    pub(crate) dice_every_region: f64,
    /// Volume DSC with the largest 3-D component alone.
    pub(crate) dice_largest: f64,
    /// Volume intersection over union as drawn.
    pub(crate) iou: f64,
    /// The share of the truth that was drawn; none without any truth.
    pub(crate) sensitivity: Option<f64>,
    /// The share of what was drawn that is true; none where nothing was.
    pub(crate) precision: Option<f64>,
    /// Slices without foreground in the reference.
    pub(crate) empty_slices: usize,
    /// Those of them on which anything was drawn.
    pub(crate) false_slices: usize,
    /// Pixels inside the reference.
    pub(crate) truth_pixels: u64,
    /// Pixels drawn.
    pub(crate) drawn_pixels: u64,
    #[serde(skip)]
    confusion: Confusion,
}

/// Every figure of one evaluation.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Scores {
    /// Patient protocol, as drawn.
    pub(crate) patient: Spread,
    /// Patient protocol, every pixel at or above the threshold.
    pub(crate) patient_every_region: Spread,
    /// Patient protocol, largest 3-D component of each patient alone.
    pub(crate) patient_largest: Spread,
    /// All pixels of all patients at once.
    pub(crate) pooled: Pooled,
    /// The slices' own Dice.
    pub(crate) per_slice: PerSlice,
    /// Slices without foreground in the reference.
    pub(crate) empty: Empty,
    /// The batch-pooled soft Dice.
    pub(crate) slice_protocol: SliceProtocol,
    /// Whether probabilities mean what they say, over all pixels.
    pub(crate) reliability: Reliability,
    /// Patient by patient, in the order in which they were added.
    pub(crate) patients: Vec<PatientScore>,
}

/// Figures over patients.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Spread {
    /// How many patients there are.
    pub(crate) patients: usize,
    /// Arithmetic mean.
    pub(crate) mean: f64,
    /// The middle one, or the mean of the two in the middle.
    pub(crate) median: f64,
    /// The smallest.
    pub(crate) worst: f64,
    /// Whose that is.
    pub(crate) worst_patient: String,
    /// Sample standard deviation (n - 1); 0 for a single patient.
    pub(crate) deviation: f64,
}

/// Figures of one confusion.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Pooled {
    /// 2 TP / (2 TP + FP + FN).
    pub(crate) dice: f64,
    /// TP / (TP + FP + FN).
    pub(crate) iou: f64,
    /// TP / (TP + FN).
    pub(crate) sensitivity: Option<f64>,
    /// TP / (TP + FP).
    pub(crate) precision: Option<f64>,
}

/// Means of the slices' own Dice.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PerSlice {
    /// Slices with foreground in the reference.
    pub(crate) foreground_slices: usize,
    /// Their mean Dice; 0 where there is none.
    pub(crate) foreground_dice: f64,
    /// All slices.
    pub(crate) slices: usize,
    /// Their mean Dice, empty on empty counting 1.
    pub(crate) dice: f64,
}

/// What is drawn where nothing is.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Empty {
    /// Slices without foreground in the reference.
    pub(crate) slices: usize,
    /// Those of them on which any pixel was drawn.
    pub(crate) drawn: usize,
    /// The second as a share of the first, 0 to 1; 0 where there is none.
    pub(crate) fraction: f64,
}

/// The slice protocol's figures.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SliceProtocol {
    /// Slices in a batch.
    pub(crate) batch: usize,
    /// What is added above and below the line.
    pub(crate) smooth: f64,
    /// How many random orders of the slices there were.
    pub(crate) orders: usize,
    /// How many batches each of them gave.
    pub(crate) batches: usize,
    /// The mean of all batches' soft Dice, order by order.
    pub(crate) soft_dice: f64,
    /// Dice of the masks, all pixels at once, without smoothing.
    pub(crate) hard_dice: f64,
}

#[derive(Clone, Copy, Debug)]
struct SliceDice {
    dice: f64,
    foreground: bool,
}

impl Tally {
    /// An empty tally; a pixel is drawn where its probability is at least `threshold`.
    pub(crate) fn new(threshold: f32) -> Self {
        Self {
            threshold,
            patients: Vec::new(),
            slice_dice: Vec::new(),
            soft: Vec::new(),
            reliability: reliability::Counts::default(),
        }
    }

    /// Adds one patient's slices in order, and gives back the masks that were drawn.
    ///
    /// `maps` has one for each of `truths`, on the same grid; so has `left_out`, the pixels that are not drawn whatever
    /// their probability: `glioscope::mask::small_regions::find` of the slices that are seen together.
    ///
    /// # Panics
    ///
    /// If there are not as many of the one as of the other, or one is not of its truth's size: the caller's error.
    pub(crate) fn add(
        &mut self,
        patient: &str,
        maps: &[Probability],
        left_out: &[Option<Mask>],
        truths: &[Mask],
    ) -> Vec<Mask> {
        assert_eq!([maps.len(), left_out.len()], [truths.len(); 2], "as many maps as truths");
        let mut drawn = Vec::with_capacity(truths.len());
        let (mut confusion, mut every) = (Confusion::default(), Confusion::default());
        let (mut empty_slices, mut false_slices) = (0, 0);
        for ((map, small), truth) in maps.iter().zip(left_out).zip(truths) {
            let whole = Mask::from_probability(map, self.threshold);
            every += Confusion::new(&whole, truth);
            let mask = small.as_ref().map_or_else(|| whole.clone(), |small| whole.without(small));
            let own = Confusion::new(&mask, truth);
            let foreground = !truth.is_empty();
            self.slice_dice.push(SliceDice { dice: own.dice(), foreground });
            empty_slices += usize::from(!foreground);
            false_slices += usize::from(!foreground && !mask.is_empty());
            let probabilities = map.to_unit();
            let inside: Vec<f32> = truth.inside().iter().map(|&inside| f32::from(u8::from(inside))).collect();
            self.soft.push(SoftOverlap::new(&probabilities, &inside));
            self.reliability.add(probabilities, truth);
            confusion += own;
            drawn.push(mask);
        }
        let largest: Confusion =
            largest_component(&drawn).iter().zip(truths).map(|(mask, truth)| Confusion::new(mask, truth)).sum();
        self.patients.push(PatientScore {
            patient: patient.to_owned(),
            slices: truths.len(),
            dice: confusion.dice(),
            dice_every_region: every.dice(),
            dice_largest: largest.dice(),
            iou: confusion.iou(),
            sensitivity: confusion.sensitivity(),
            precision: confusion.precision(),
            empty_slices,
            false_slices,
            truth_pixels: confusion.reference_pixels(),
            drawn_pixels: confusion.prediction_pixels(),
            confusion,
        });
        drawn
    }

    /// The figures of everything that was added.
    pub(crate) fn finish(self) -> Scores {
        let confusion: Confusion = self.patients.iter().map(|patient| patient.confusion).sum();
        let foreground: Vec<f64> =
            self.slice_dice.iter().filter(|slice| slice.foreground).map(|slice| slice.dice).collect();
        let all: Vec<f64> = self.slice_dice.iter().map(|slice| slice.dice).collect();
        let empty = all.len() - foreground.len();
        let drawn = self.patients.iter().map(|patient| patient.false_slices).sum();
        Scores {
            patient: Spread::of(&self.patients, |patient| patient.dice),
            patient_every_region: Spread::of(&self.patients, |patient| patient.dice_every_region),
            patient_largest: Spread::of(&self.patients, |patient| patient.dice_largest),
            pooled: Pooled {
                dice: confusion.dice(),
                iou: confusion.iou(),
                sensitivity: confusion.sensitivity(),
                precision: confusion.precision(),
            },
            per_slice: PerSlice {
                foreground_slices: foreground.len(),
                foreground_dice: mean(&foreground),
                slices: all.len(),
                dice: mean(&all),
            },
            empty: Empty { slices: empty, drawn, fraction: drawn as f64 / empty.max(1) as f64 },
            slice_protocol: SliceProtocol::of(self.soft, confusion.dice()),
            reliability: self.reliability.finish(),
            patients: self.patients,
        }
    }
}

impl Scores {
    /// The figures that `model.json` keeps, by name.
    pub(crate) fn figures(&self) -> BTreeMap<String, f64> {
        let shares = [("pooled_sensitivity", self.pooled.sensitivity), ("pooled_precision", self.pooled.precision)];
        let figures = [
            ("patient_dice_mean", self.patient.mean),
            ("patient_dice_median", self.patient.median),
            ("patient_dice_worst", self.patient.worst),
            ("patient_dice_deviation", self.patient.deviation),
            ("patient_dice_every_region_mean", self.patient_every_region.mean),
            ("patient_dice_largest_component_mean", self.patient_largest.mean),
            ("pooled_dice", self.pooled.dice),
            ("pooled_iou", self.pooled.iou),
            ("slice_dice_foreground_mean", self.per_slice.foreground_dice),
            ("slice_dice_mean", self.per_slice.dice),
            ("empty_slices_drawn_fraction", self.empty.fraction),
            ("calibration_error_above_tenth", self.reliability.expected_error_above_tenth),
            ("slice_protocol_soft_dice", self.slice_protocol.soft_dice),
        ];
        let shares = shares.into_iter().filter_map(|(name, share)| Some((name, share?)));
        figures.into_iter().chain(shares).map(|(name, figure)| (name.to_owned(), figure)).collect()
    }
}

impl SliceProtocol {
    fn of(mut slices: Vec<SoftOverlap>, hard_dice: f64) -> Self {
        let mut rng = Rng::new(1, 0);
        let mut order = || {
            rng.shuffle(&mut slices);
            let batches = slices.chunks(BATCH).map(|batch| batch.iter().copied().sum::<SoftOverlap>().dice(SMOOTH));
            mean(&batches.collect::<Vec<_>>())
        };
        let orders: Vec<f64> = (0..ORDERS).map(|_| order()).collect();
        let batches = slices.len().div_ceil(BATCH);
        Self { batch: BATCH, smooth: SMOOTH, orders: ORDERS, batches, soft_dice: mean(&orders), hard_dice }
    }
}

impl Spread {
    fn of(patients: &[PatientScore], figure: impl Fn(&PatientScore) -> f64) -> Self {
        let mut values: Vec<f64> = patients.iter().map(&figure).collect();
        let mean = mean(&values);
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let deviation = (squares / values.len().saturating_sub(1).max(1) as f64).sqrt();
        let worst = patients.iter().min_by(|a, b| figure(a).total_cmp(&figure(b)));
        values.sort_by(f64::total_cmp);
        let median = match values.len() {
            0 => 0.0,
            count => (values[(count - 1) / 2] + values[count / 2]) / 2.0,
        };
        Self {
            patients: values.len(),
            mean,
            median,
            worst: worst.map_or(0.0, &figure),
            worst_patient: worst.map(|patient| patient.patient.clone()).unwrap_or_default(),
            deviation,
        }
    }
}

/// The arithmetic mean; 0 of nothing.
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(inside: &[u8]) -> Mask {
        Mask::new(inside.len(), 1, inside.iter().map(|&value| value == 1).collect())
    }

    fn map(values: &[f32]) -> Probability {
        Probability::from_unit(values.len(), 1, values).expect("finite")
    }

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-12, "found {found}, expected {expected}");
    }

    /// Two patients by hand. A: one slice exact, then an empty one with a false pixel that touches nothing. B: one
    /// slice, half found.
    fn two() -> Scores {
        let mut tally = Tally::new(0.5);
        let truths = [mask(&[1, 1, 0, 0, 0, 0]), mask(&[0; 6])];
        let maps = [[0.9, 0.5, 0.1, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.4, 0.8]];
        let drawn = tally.add("A", &maps.map(|values| map(&values)), &[None, None], &truths);
        assert_eq!(drawn[1], mask(&[0, 0, 0, 0, 0, 1]));
        let truth = mask(&[0, 1, 1, 0, 0, 0]);
        tally.add("B", &[map(&[0.0, 1.0, 0.0, 0.0, 0.0, 0.0])], &[None], &[truth]);
        tally.finish()
    }

    #[test]
    fn figures_agree_with_those_by_hand() {
        let scores = two();
        let [a, b] = &scores.patients[..] else { panic!("two patients") };
        close(a.dice, 4.0 / 5.0); // TP 2, FP 1
        close(a.dice_largest, 1.0);
        close(a.precision.expect("something was drawn"), 2.0 / 3.0);
        close(b.dice, 2.0 / 3.0); // TP 1, FN 1
        close(b.sensitivity.expect("there is something"), 0.5);
        assert_eq!([a.empty_slices, a.false_slices, b.empty_slices, b.false_slices], [1, 1, 0, 0]);
        close(scores.patient.mean, (0.8 + 2.0 / 3.0) / 2.0);
        close(scores.patient.median, scores.patient.mean);
        close(scores.patient.worst, 2.0 / 3.0);
        assert_eq!(scores.patient.worst_patient, "B");
        close(scores.patient.deviation, (0.8 - 2.0 / 3.0) / 2.0_f64.sqrt());
        close(scores.patient_largest.mean, (1.0 + 2.0 / 3.0) / 2.0);
        close(scores.pooled.dice, 6.0 / 8.0); // TP 3, FP 1, FN 1
        close(scores.pooled.iou, 3.0 / 5.0);
        close(scores.per_slice.foreground_dice, (1.0 + 2.0 / 3.0) / 2.0);
        close(scores.per_slice.dice, (1.0 + 0.0 + 2.0 / 3.0) / 3.0);
        assert_eq!([scores.empty.slices, scores.empty.drawn], [1, 1]);
        close(scores.empty.fraction, 1.0);
        // One batch: Σpt = 0.9 + 0.5 + 1.0, Σp = 1.5 + 1.2 + 1.0, Σt = 4; probabilities in 65535ths.
        let soft = (2.0 * 2.4 + 100.0) / (3.7 + 4.0 + 100.0);
        assert!((scores.slice_protocol.soft_dice - soft).abs() < 1e-5);
        assert_eq!(scores.slice_protocol.batches, 1);
    }

    #[test]
    fn what_is_left_out_is_not_drawn_and_counts_with_every_region() {
        let mut tally = Tally::new(0.5);
        let truth = mask(&[1, 1, 0, 0, 0, 0]);
        let left_out = mask(&[0, 0, 0, 0, 1, 1]);
        let drawn = tally.add("A", &[map(&[0.9, 0.9, 0.0, 0.0, 0.0, 0.8])], &[Some(left_out)], &[truth]);
        assert_eq!(drawn, [mask(&[1, 1, 0, 0, 0, 0])]);
        let scores = tally.finish();
        close(scores.patient.mean, 1.0);
        close(scores.pooled.dice, 1.0);
        close(scores.patient_every_region.mean, 4.0 / 5.0); // TP 2, FP 1
    }

    #[test]
    fn batches_are_of_32_with_a_shorter_last_one() {
        let mut tally = Tally::new(0.5);
        let (full, none) = (mask(&[1; 300]), mask(&[0; 300]));
        let truths: Vec<Mask> = std::iter::repeat_n(full, 32).chain([none]).collect();
        let maps = vec![map(&[1.0; 300]); truths.len()];
        tally.add("A", &maps, &vec![None; truths.len()], &truths);
        let protocol = tally.finish().slice_protocol;
        assert_eq!(protocol.batches, 2);
        // The false slice comes last in one order of 33.
        let (last, among) = ((1.0 + 100.0 / 400.0) / 2.0, (1.0 + (2.0 * 9300.0 + 100.0) / (18_900.0 + 100.0)) / 2.0);
        let mean = (last + 32.0 * among) / 33.0;
        assert!((protocol.soft_dice - mean).abs() < 0.02 && protocol.soft_dice < among, "{}", protocol.soft_dice);
    }

    #[test]
    fn nothing_at_all_gives_no_nan() {
        let scores = Tally::new(0.5).finish();
        assert_eq!([scores.patient.mean, scores.patient.deviation, scores.per_slice.dice], [0.0; 3]);
        let mut tally = Tally::new(0.5);
        tally.add("empty on empty", &[map(&[0.0; 4])], &[None], &[mask(&[0; 4])]);
        let scores = tally.finish();
        assert_eq!([scores.patient.mean, scores.patient.deviation, scores.per_slice.foreground_dice], [1.0, 0.0, 0.0]);
    }
}
