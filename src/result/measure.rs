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
    /// Pixels of [small regions](crate::mask::small_regions) that were removed from the network's mask. They are counted down to
    /// [`FLOOR`](crate::mask::small_regions::FLOOR), so the number does not depend on the threshold.
    pub removed_small_regions: usize,
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
