//! The measures of a case: areas, volumes and agreement with a reference.
//!
//! The page and the exported files have their numbers from here. Volumes are in millilitres only where a spacing is given,
//! and areas in square millimetres also where the files state one: it is never guessed.

use serde::Serialize;

use crate::mask::metrics::Confusion;

/// The thresholds of [`CaseMeasure::range`], which shows how much the volume depends on the threshold.
pub const RANGE: [f64; 3] = [0.3, 0.5, 0.7];

/// The measures of a slice.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SliceMeasure {
    /// The slice's id, which is its name.
    pub id: String,
    /// Pixels inside the mask, 0 without one.
    pub area: usize,
    /// Whether the mask was drawn or edited by a reader.
    pub edited: bool,
    /// Whether it has probabilities.
    pub segmented: bool,
    /// The mask compared with the reference, where there are both.
    pub scores: Option<Scores>,
    /// The area in square millimetres, where a spacing is given or the files state one.
    pub mm2: Option<f64>,
    /// The FLAIR values inside the mask. `None` where it is empty.
    pub flair: Option<Intensity>,
    /// Pixels of [small regions](crate::mask::small_regions) that were removed from the network's mask. They are counted down to
    /// [`FLOOR`](crate::mask::small_regions::FLOOR), so the number does not depend on the threshold.
    pub removed_small_regions: usize,
}

/// Values of pixels as the file states them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Intensity {
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation: the root of the mean squared difference from the mean.
    pub deviation: f64,
    /// The smallest one.
    pub min: f64,
    /// The largest one.
    pub max: f64,
}

impl Intensity {
    /// Of some values; `None` without one.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values = values.into_iter();
        let first = values.next()?;
        let (mut count, mut sum, mut squares, mut min, mut max) = (1.0, 0.0, 0.0, first, first);
        for value in values {
            // Differences from a value of the region lose no digits where all values are large.
            let difference = value - first;
            count += 1.0;
            sum += difference;
            squares += difference * difference;
            min = value.min(min);
            max = value.max(max);
        }
        let mean = sum / count;
        let deviation = f64::sqrt((squares / count - mean * mean).max(0.0));
        Some(Self { mean: first + mean, deviation, min, max })
    }
}

/// The measures of a case at one threshold.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CaseMeasure {
    /// In the order of the slices.
    pub slices: Vec<SliceMeasure>,
    /// Pixels inside the masks of all slices.
    pub voxels: usize,
    /// Their volume, where a spacing with the distance between slices is given.
    pub millilitres: Option<f64>,
    /// All slices that have both a mask and a reference, as one volume. `None` without such a slice.
    pub scores: Option<Scores>,
    /// The network's masks, without edits, at each threshold of [`RANGE`].
    pub range: Vec<RangeMeasure>,
    /// The network's masks, without edits, at the threshold in use.
    pub network: NetworkMeasure,
    /// The id of the slice with the largest area, the first of several. `None` where every area is 0.
    pub largest: Option<String>,
}

/// The network's masks at one threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RangeMeasure {
    /// 0 to 1.
    pub threshold: f64,
    /// Pixels inside the masks of all slices.
    pub voxels: usize,
    /// Their volume, where a spacing with the distance between slices is given.
    pub millilitres: Option<f64>,
}

/// The network's masks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct NetworkMeasure {
    /// Pixels inside.
    pub voxels: usize,
    /// The masks compared with the references, as in [`CaseMeasure::scores`].
    pub scores: Option<Scores>,
}

/// A [`Confusion`] and its metrics.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Scores {
    /// Pixels inside both.
    pub tp: u64,
    /// Pixels inside only the mask.
    pub fp: u64,
    /// Pixels inside only the reference.
    #[serde(rename = "fn")]
    pub fn_: u64,
    /// Pixels outside both.
    pub tn: u64,
    /// [`Confusion::dice`].
    pub dice: f64,
    /// [`Confusion::iou`].
    pub iou: f64,
    /// [`Confusion::sensitivity`].
    pub sensitivity: Option<f64>,
    /// [`Confusion::precision`].
    pub precision: Option<f64>,
}

impl From<Confusion> for Scores {
    fn from(confusion: Confusion) -> Self {
        let Confusion { tp, fp, fn_, tn } = confusion;
        Self {
            tp,
            fp,
            fn_,
            tn,
            dice: confusion.dice(),
            iou: confusion.iou(),
            sensitivity: confusion.sensitivity(),
            precision: confusion.precision(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intensity_of_no_value_of_one_and_of_four() {
        assert_eq!(Intensity::of([]), None);
        let one = Intensity { mean: 7.0, deviation: 0.0, min: 7.0, max: 7.0 };
        assert_eq!(Intensity::of([7.0]), Some(one));
        let four = Intensity { mean: 1e9 + 5.0, deviation: 5.0_f64.sqrt(), min: 1e9 + 2.0, max: 1e9 + 8.0 };
        assert_eq!(Intensity::of([2.0, 4.0, 6.0, 8.0].map(|value| 1e9 + value)), Some(four));
    }
}
