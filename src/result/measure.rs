//! What is measured on a case: areas, volumes and agreement with a reference.
//!
//! Every number that the page shows, and every one in an exported file, comes from here. Lengths are in millimetres only
//! where someone has said how large a voxel is, or areas where the files say it of a pixel: it is never guessed.

use serde::Serialize;

use crate::mask::metrics::Confusion;

/// The thresholds at which [`CaseMeasure::range`] tells what the network finds: how much the volume depends on where the
/// line is drawn.
pub const RANGE: [f64; 3] = [0.3, 0.5, 0.7];

/// One slice, measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SliceMeasure {
    /// The slice's id, which is its name.
    pub id: String,
    /// Pixels inside the mask, on the slice's own grid; 0 without a mask.
    pub area: usize,
    /// Whether the mask was drawn or changed by hand.
    pub edited: bool,
    /// Whether the network has been over it.
    pub done: bool,
    /// The mask against the reference, where there are both.
    pub scores: Option<Scores>,
    /// The area in square millimetres, where the voxel's size is known or the files say how large a pixel is.
    pub mm2: Option<f64>,
    /// Pixels of small [regions](crate::mask::small_regions), which the network's mask leaves out, down to
    /// [`FLOOR`](crate::mask::small_regions::FLOOR) whatever the threshold.
    pub removed_small_regions: usize,
}

/// A case, measured at one threshold.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CaseMeasure {
    /// Slice by slice.
    pub slices: Vec<SliceMeasure>,
    /// Pixels inside the masks of all slices.
    pub voxels: usize,
    /// Their volume, where the voxel's size is known.
    pub millilitres: Option<f64>,
    /// All slices that have both a mask and a reference, as one volume; nothing without such a slice.
    pub scores: Option<Scores>,
    /// What the network finds, without edits, at each threshold of [`RANGE`].
    pub range: Vec<RangeMeasure>,
    /// What the network finds, without edits, at the threshold in use.
    pub network: NetworkMeasure,
    /// The id of the slice with the largest area, the first of several. `None` where every area is 0.
    pub largest: Option<String>,
}

/// What the network finds at one threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RangeMeasure {
    /// 0 to 1.
    pub threshold: f64,
    /// Pixels inside the masks of all slices.
    pub voxels: usize,
    /// Their volume, where the voxel's size is known.
    pub millilitres: Option<f64>,
}

/// The masks as the network alone draws them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct NetworkMeasure {
    /// Pixels inside.
    pub voxels: usize,
    /// Against the reference, as in [`CaseMeasure::scores`].
    pub scores: Option<Scores>,
}

/// A [`Confusion`] and the figures that come of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Scores {
    /// Pixels inside both.
    pub tp: u64,
    /// Pixels inside the mask alone.
    pub fp: u64,
    /// Pixels inside the reference alone.
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
