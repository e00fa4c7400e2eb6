//! Scores of predictions against references, by every protocol that figures are usually quoted by.
//!
//! - **Patient**: the Dice of each patient's volume, from the summed confusion of all slices; then mean, median, worst and
//!   standard deviation over patients. It is computed three times: for the final masks, without small regions
//!   (`glioscope::mask::small_regions`); for every region; and for the largest 3-D component (26 neighbours) of each patient. A patient
//!   with an empty reference scores 1 if the prediction is empty too, else 0.
//! - **Pooled**: one confusion of all pixels of all patients.
//! - **Per slice**: the mean Dice of the slices with a lesion in the reference, and of all slices. A slice where reference and
//!   prediction are both empty scores 1.
//! - **Empty slices**: the fraction of the slices without a lesion in the reference that have one in the prediction.
//! - **Surface**: distances between the borders of prediction and reference in each slice, in pixels, and their 95th percentile
//!   (HD95), for the final masks of each patient.
//! - **Volume**: the difference of the volumes of each patient, relative to their mean, with limits of agreement.
//! - **Calibration**: of the pixels with similar probabilities, the fraction that is lesion.
//! - **Slice**: the soft Dice of many notebooks, `(2 Σpr + 100) / (Σp + Σr + 100)` with sums over all pixels of [`BATCH`]
//!   slices, then the mean over batches, the last of which may be smaller. Notebooks have one random order of the slices;
//!   here it is the mean of [`ORDERS`] orders. The protocol flatters in two ways: `p` is a probability, and a batch pools
//!   large and small lesions. Figures of held-out patients are not comparable with those of a split by slices.

use std::collections::BTreeMap;

use glioscope::mask::Probability;
use glioscope::mask::metrics::{Confusion, SoftOverlap};
use glioscope::mask::{Mask, SurfaceDistances, largest_component};
use glioscope::random::Rng;
use serde::Serialize;

use super::levels::Levels;
use super::reliability::{Counts, Reliability};
use super::volume::{VolumeAgreement, difference};

/// Slices in a batch of the slice protocol.
pub(crate) const BATCH: usize = 32;

/// What the slice protocol adds to numerator and denominator.
pub(crate) const SMOOTH: f64 = 100.0;

/// Random orders that the slice protocol averages. The figure of one order of 320 slices is off by about 0.004 (from 0.013
/// below to 0.005 above); the mean of 100 orders is off by a tenth of that.
pub(crate) const ORDERS: usize = 100;

/// Collects the scores patient by patient; [`Tally::finish`] gives the figures.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    threshold: f32,
    patients: Vec<PatientScore>,
    slice_dice: Vec<SliceDice>,
    soft: Vec<SoftOverlap>,
    calibration: Counts,
    levels: Levels,
}

/// One patient's figures.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PatientScore {
    /// The name of the patient.
    pub(crate) patient: String,
    /// Slices that were scored.
    pub(crate) slices: usize,
    /// Dice of the volume, 0 to 1.
    pub(crate) dice: f64,
    /// The same with small regions.
    pub(crate) dice_every_region: f64,
    /// The same with only the largest 3-D component.
    pub(crate) dice_largest: f64,
    /// Intersection over union of the volume, 0 to 1.
    pub(crate) iou: f64,
    /// The fraction of the reference that is in the prediction; none if the reference is empty.
    pub(crate) sensitivity: Option<f64>,
    /// The fraction of the prediction that is in the reference; none if the prediction is empty.
    pub(crate) precision: Option<f64>,
    /// Slices with an empty reference.
    pub(crate) empty_slices: usize,
    /// Those of them with a prediction that is not empty.
    pub(crate) false_slices: usize,
    /// Pixels in the reference.
    pub(crate) reference_pixels: u64,
    /// Pixels in the prediction.
    pub(crate) prediction_pixels: u64,
    /// The difference of the volumes relative to their mean, -2 to 2; above 0 if the prediction is larger.
    pub(crate) volume_difference: f64,
    /// Mean distance between the borders, pixels; none if no slice has both.
    pub(crate) surface_distance: Option<f64>,
    /// The 95th percentile of these distances, pixels.
    pub(crate) hd95: Option<f64>,
    #[serde(skip)]
    confusion: Confusion,
}

/// Every figure of one evaluation.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Scores {
    /// Patient protocol.
    pub(crate) patient: Spread,
    /// Patient protocol, with small regions.
    pub(crate) patient_every_region: Spread,
    /// Patient protocol, only the largest 3-D component of each patient.
    pub(crate) patient_largest: Spread,
    /// All pixels of all patients.
    pub(crate) pooled: Pooled,
    /// Distances between borders.
    pub(crate) surface: Surface,
    /// Agreement of the volumes.
    pub(crate) volume: VolumeAgreement,
    /// Dice of single slices.
    pub(crate) per_slice: PerSlice,
    /// Slices with an empty reference.
    pub(crate) empty: Empty,
    /// Slice protocol.
    pub(crate) slice_protocol: SliceProtocol,
    /// Calibration over all pixels.
    pub(crate) calibration: Reliability,
    /// The patients, in the order in which they were added.
    pub(crate) patients: Vec<PatientScore>,
}

/// Figures over patients.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Spread {
    /// How many patients there are.
    pub(crate) patients: usize,
    /// Arithmetic mean.
    pub(crate) mean: f64,
    /// Median.
    pub(crate) median: f64,
    /// Lowest figure.
    pub(crate) worst: f64,
    /// The patient with the lowest figure.
    pub(crate) worst_patient: String,
    /// Sample standard deviation (n - 1); 0 for one patient.
    pub(crate) deviation: f64,
}

/// Figures of one confusion matrix.
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

/// Distances between the borders of predictions and references, pixels. They are 0 without patients.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Surface {
    /// Patients with a slice that has both borders. The other figures are over them.
    pub(crate) patients: usize,
    /// Mean over patients of the mean distance.
    pub(crate) mean: f64,
    /// Mean over patients of the 95th percentile.
    pub(crate) hd95_mean: f64,
    /// Median over patients of the 95th percentile.
    pub(crate) hd95_median: f64,
}

/// Mean Dice of single slices.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PerSlice {
    /// Slices with a lesion in the reference.
    pub(crate) lesion_slices: usize,
    /// Their mean Dice; 0 if there are none.
    pub(crate) lesion_dice: f64,
    /// All slices.
    pub(crate) slices: usize,
    /// Their mean Dice; 1 for a slice where reference and prediction are empty.
    pub(crate) dice: f64,
}

/// Slices with an empty reference.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Empty {
    /// How many there are.
    pub(crate) slices: usize,
    /// Those with a prediction that is not empty.
    pub(crate) predicted: usize,
    /// The second divided by the first, 0 to 1; 0 if there are none.
    pub(crate) fraction: f64,
}

/// Figures of the slice protocol.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SliceProtocol {
    /// Slices in a batch.
    pub(crate) batch: usize,
    /// What is added to numerator and denominator.
    pub(crate) smooth: f64,
    /// Random orders of the slices.
    pub(crate) orders: usize,
    /// Batches in each order.
    pub(crate) batches: usize,
    /// Mean soft Dice of all batches.
    pub(crate) soft_dice: f64,
    /// Dice of the masks over all pixels, without smoothing.
    pub(crate) hard_dice: f64,
}

#[derive(Clone, Copy, Debug)]
struct SliceDice {
    dice: f64,
    lesion: bool,
}

impl Tally {
    /// An empty tally. A pixel is predicted as lesion if its probability is at least `threshold`.
    pub(crate) fn new(threshold: f32) -> Self {
        Self {
            threshold,
            patients: Vec::new(),
            slice_dice: Vec::new(),
            soft: Vec::new(),
            calibration: Counts::default(),
            levels: Levels::default(),
        }
    }

    /// Adds the slices of a patient, in order, and returns the predicted masks.
    ///
    /// `maps`, `small_regions` and `references` have one entry per slice, on the same grid. The prediction has no pixel of
    /// `small_regions`: `glioscope::mask::small_regions::find` of the slices that the network sees together.
    ///
    /// # Panics
    ///
    /// When their lengths or sizes differ: the caller's error.
    pub(crate) fn add(
        &mut self,
        patient: &str,
        maps: &[Probability],
        small_regions: &[Option<Mask>],
        references: &[Mask],
    ) -> Vec<Mask> {
        assert_eq!([maps.len(), small_regions.len()], [references.len(); 2], "one map and one reference per slice");
        let mut predictions = Vec::with_capacity(references.len());
        let (mut confusion, mut every) = (Confusion::default(), Confusion::default());
        let mut surface = SurfaceDistances::default();
        let (mut empty_slices, mut false_slices) = (0, 0);
        for ((map, small), reference) in maps.iter().zip(small_regions).zip(references) {
            let whole = Mask::from_probability(map, self.threshold);
            every += Confusion::new(&whole, reference);
            let prediction = small.as_ref().map_or_else(|| whole.clone(), |small| whole.without(small));
            let own = Confusion::new(&prediction, reference);
            surface.add(&prediction, reference);
            let lesion = !reference.is_empty();
            self.slice_dice.push(SliceDice { dice: own.dice(), lesion });
            empty_slices += usize::from(!lesion);
            false_slices += usize::from(!lesion && !prediction.is_empty());
            let probabilities = map.to_unit();
            let inside: Vec<f32> = reference.inside().iter().map(|&inside| f32::from(u8::from(inside))).collect();
            self.soft.push(SoftOverlap::new(&probabilities, &inside));
            self.calibration.add(probabilities, reference);
            self.levels.add(map, reference);
            confusion += own;
            predictions.push(prediction);
        }
        let largest: Confusion = largest_component(&predictions)
            .iter()
            .zip(references)
            .map(|(mask, reference)| Confusion::new(mask, reference))
            .sum();
        self.patients.push(PatientScore {
            patient: patient.to_owned(),
            slices: references.len(),
            dice: confusion.dice(),
            dice_every_region: every.dice(),
            dice_largest: largest.dice(),
            iou: confusion.iou(),
            sensitivity: confusion.sensitivity(),
            precision: confusion.precision(),
            empty_slices,
            false_slices,
            reference_pixels: confusion.reference_pixels(),
            prediction_pixels: confusion.prediction_pixels(),
            volume_difference: difference(confusion.prediction_pixels(), confusion.reference_pixels()),
            surface_distance: surface.mean(),
            hd95: surface.hd95(),
            confusion,
        });
        predictions
    }

    /// The probabilities of the patients that were added since the last call.
    pub(crate) fn take_levels(&mut self) -> Levels {
        std::mem::take(&mut self.levels)
    }

    /// The figures of all patients.
    pub(crate) fn finish(self) -> Scores {
        let confusion: Confusion = self.patients.iter().map(|patient| patient.confusion).sum();
        let with_lesion: Vec<f64> =
            self.slice_dice.iter().filter(|slice| slice.lesion).map(|slice| slice.dice).collect();
        let all: Vec<f64> = self.slice_dice.iter().map(|slice| slice.dice).collect();
        let empty = all.len() - with_lesion.len();
        let predicted = self.patients.iter().map(|patient| patient.false_slices).sum();
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
            surface: Surface::of(&self.patients),
            volume: VolumeAgreement::of(
                &self.patients.iter().map(|patient| patient.volume_difference).collect::<Vec<_>>(),
            ),
            per_slice: PerSlice {
                lesion_slices: with_lesion.len(),
                lesion_dice: mean(&with_lesion),
                slices: all.len(),
                dice: mean(&all),
            },
            empty: Empty { slices: empty, predicted, fraction: predicted as f64 / empty.max(1) as f64 },
            slice_protocol: SliceProtocol::of(self.soft, confusion.dice()),
            calibration: self.calibration.finish(),
            patients: self.patients,
        }
    }
}

impl Scores {
    /// The figures for `model.json`, by name.
    pub(crate) fn figures(&self) -> BTreeMap<String, f64> {
        let fractions = [("pooled_sensitivity", self.pooled.sensitivity), ("pooled_precision", self.pooled.precision)];
        let figures = [
            ("patient_dice_mean", self.patient.mean),
            ("patient_dice_median", self.patient.median),
            ("patient_dice_worst", self.patient.worst),
            ("patient_dice_deviation", self.patient.deviation),
            ("patient_dice_every_region_mean", self.patient_every_region.mean),
            ("patient_dice_largest_component_mean", self.patient_largest.mean),
            ("pooled_dice", self.pooled.dice),
            ("pooled_iou", self.pooled.iou),
            ("slice_dice_foreground_mean", self.per_slice.lesion_dice),
            ("slice_dice_mean", self.per_slice.dice),
            ("empty_slices_drawn_fraction", self.empty.fraction),
            ("calibration_error_above_tenth", self.calibration.expected_error_above_tenth),
            ("slice_protocol_soft_dice", self.slice_protocol.soft_dice),
        ];
        let fractions = fractions.into_iter().filter_map(|(name, fraction)| Some((name, fraction?)));
        figures.into_iter().chain(fractions).map(|(name, figure)| (name.to_owned(), figure)).collect()
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

impl Surface {
    fn of(patients: &[PatientScore]) -> Self {
        let distances: Vec<f64> = patients.iter().filter_map(|patient| patient.surface_distance).collect();
        let mut hd95: Vec<f64> = patients.iter().filter_map(|patient| patient.hd95).collect();
        Self { patients: hd95.len(), mean: mean(&distances), hd95_mean: mean(&hd95), hd95_median: median(&mut hd95) }
    }
}

impl Spread {
    fn of(patients: &[PatientScore], figure: impl Fn(&PatientScore) -> f64) -> Self {
        let mut values: Vec<f64> = patients.iter().map(&figure).collect();
        let mean = mean(&values);
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let deviation = (squares / values.len().saturating_sub(1).max(1) as f64).sqrt();
        let worst = patients.iter().min_by(|a, b| figure(a).total_cmp(&figure(b)));
        Self {
            patients: values.len(),
            mean,
            median: median(&mut values),
            worst: worst.map_or(0.0, &figure),
            worst_patient: worst.map(|patient| patient.patient.clone()).unwrap_or_default(),
            deviation,
        }
    }
}

/// The median; 0 of no values.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        count => (values[(count - 1) / 2] + values[count / 2]) / 2.0,
    }
}

/// The arithmetic mean; 0 of no values.
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

    /// Two patients. A has a slice without error and an empty one with one false pixel. B has a slice with half of the lesion
    /// found.
    fn two() -> Scores {
        let mut tally = Tally::new(0.5);
        let references = [mask(&[1, 1, 0, 0, 0, 0]), mask(&[0; 6])];
        let maps = [[0.9, 0.5, 0.1, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.4, 0.8]];
        let predictions = tally.add("A", &maps.map(|values| map(&values)), &[None, None], &references);
        assert_eq!(predictions[1], mask(&[0, 0, 0, 0, 0, 1]));
        let reference = mask(&[0, 1, 1, 0, 0, 0]);
        tally.add("B", &[map(&[0.0, 1.0, 0.0, 0.0, 0.0, 0.0])], &[None], &[reference]);
        tally.finish()
    }

    #[test]
    fn figures_match_a_calculation_on_paper() {
        let scores = two();
        let [a, b] = &scores.patients[..] else { panic!("two patients") };
        close(a.dice, 4.0 / 5.0); // TP 2, FP 1
        close(a.dice_largest, 1.0);
        close(a.precision.expect("the prediction is not empty"), 2.0 / 3.0);
        close(b.dice, 2.0 / 3.0); // TP 1, FN 1
        close(b.sensitivity.expect("the reference is not empty"), 0.5);
        assert_eq!([a.empty_slices, a.false_slices, b.empty_slices, b.false_slices], [1, 1, 0, 0]);
        close(scores.patient.mean, (0.8 + 2.0 / 3.0) / 2.0);
        close(scores.patient.median, scores.patient.mean);
        close(scores.patient.worst, 2.0 / 3.0);
        assert_eq!(scores.patient.worst_patient, "B");
        close(scores.patient.deviation, (0.8 - 2.0 / 3.0) / 2.0_f64.sqrt());
        close(scores.patient_largest.mean, (1.0 + 2.0 / 3.0) / 2.0);
        close(scores.pooled.dice, 6.0 / 8.0); // TP 3, FP 1, FN 1
        close(scores.pooled.iou, 3.0 / 5.0);
        // A: 3 pixels for 2, no distance in the first slice and none to measure in the second. B: 1 for 2, one of them 1 away.
        close(scores.volume.bias, (0.4 - 2.0 / 3.0) / 2.0);
        close(scores.volume.mean_error, (0.4 + 2.0 / 3.0) / 2.0);
        assert_eq!([a.surface_distance, a.hd95, b.hd95], [Some(0.0), Some(0.0), Some(1.0)]);
        close(b.surface_distance.expect("both borders"), 1.0 / 3.0);
        close(scores.surface.mean, 1.0 / 6.0);
        close(scores.surface.hd95_median, 0.5);
        assert_eq!(scores.surface.patients, 2);
        close(scores.per_slice.lesion_dice, (1.0 + 2.0 / 3.0) / 2.0);
        close(scores.per_slice.dice, (1.0 + 0.0 + 2.0 / 3.0) / 3.0);
        assert_eq!([scores.empty.slices, scores.empty.predicted], [1, 1]);
        close(scores.empty.fraction, 1.0);
        // One batch: Σpr = 0.9 + 0.5 + 1.0, Σp = 1.5 + 1.2 + 1.0, Σr = 4. Probabilities are stored in 65535ths.
        let soft = (2.0 * 2.4 + 100.0) / (3.7 + 4.0 + 100.0);
        assert!((scores.slice_protocol.soft_dice - soft).abs() < 1e-5);
        assert_eq!(scores.slice_protocol.batches, 1);
    }

    #[test]
    fn small_regions_count_only_in_the_figure_with_every_region() {
        let mut tally = Tally::new(0.5);
        let reference = mask(&[1, 1, 0, 0, 0, 0]);
        let small = mask(&[0, 0, 0, 0, 1, 1]);
        let predictions = tally.add("A", &[map(&[0.9, 0.9, 0.0, 0.0, 0.0, 0.8])], &[Some(small)], &[reference]);
        assert_eq!(predictions, [mask(&[1, 1, 0, 0, 0, 0])]);
        let scores = tally.finish();
        close(scores.patient.mean, 1.0);
        close(scores.pooled.dice, 1.0);
        close(scores.patient_every_region.mean, 4.0 / 5.0); // TP 2, FP 1
    }

    #[test]
    fn batches_have_32_slices_and_the_last_one_the_rest() {
        let mut tally = Tally::new(0.5);
        let (full, none) = (mask(&[1; 300]), mask(&[0; 300]));
        let references: Vec<Mask> = std::iter::repeat_n(full, 32).chain([none]).collect();
        let maps = vec![map(&[1.0; 300]); references.len()];
        tally.add("A", &maps, &vec![None; references.len()], &references);
        let protocol = tally.finish().slice_protocol;
        assert_eq!(protocol.batches, 2);
        // The false slice is the last in one order of 33.
        let (last, among) = ((1.0 + 100.0 / 400.0) / 2.0, (1.0 + (2.0 * 9300.0 + 100.0) / (18_900.0 + 100.0)) / 2.0);
        let mean = (last + 32.0 * among) / 33.0;
        assert!((protocol.soft_dice - mean).abs() < 0.02 && protocol.soft_dice < among, "{}", protocol.soft_dice);
    }

    #[test]
    fn empty_inputs_never_give_nan() {
        let scores = Tally::new(0.5).finish();
        assert_eq!([scores.patient.mean, scores.patient.deviation, scores.per_slice.dice], [0.0; 3]);
        let mut tally = Tally::new(0.5);
        tally.add("both empty", &[map(&[0.0; 4])], &[None], &[mask(&[0; 4])]);
        let scores = tally.finish();
        assert_eq!([scores.patient.mean, scores.patient.deviation, scores.per_slice.lesion_dice], [1.0, 0.0, 0.0]);
    }
}
