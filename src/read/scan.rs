//! [`Scan`]: what the slices of one volume have in common.

use super::nifti::Header;
use super::planes::Planes;
use super::series::Series;
use super::{ReadNote, SpacingSource};
use crate::volume::{Plane, VoxelGrid};

/// The volume that slices are cut from: where its voxels are, and how its file states it. The slices are axial and upright, with
/// the patient's right on the left, from the feet to the head.
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    stored: VoxelGrid,
    upright: VoxelGrid,
    header: Header,
    centre: [f64; 2],
    levels: usize,
    whole: bool,
    series: Option<Series>,
    notes: Vec<ReadNote>,
}

/// [`Scan::levels`] is not counted further than this.
const COUNTED: usize = 256;

impl Scan {
    /// A volume with the header of a NIfTI file.
    pub(super) fn new(stored: VoxelGrid, header: Header, planes: &Planes) -> Self {
        let upright = stored.upright();
        let (centre, levels) = (centre(&planes.samples, upright.size()), levels(&planes.samples));
        Self { stored, upright, header, centre, levels, whole: planes.whole, series: None, notes: Vec::new() }
    }

    /// A volume of a DICOM series. Its results have a header of NIfTI for the same grid.
    pub(super) fn of_series(stored: VoxelGrid, series: Series, notes: Vec<ReadNote>, planes: &Planes) -> Self {
        Self { series: Some(series), notes, ..Self::new(stored, Header::of_grid(&stored), planes) }
    }

    /// The voxels in the order of the file.
    pub fn stored(&self) -> &VoxelGrid {
        &self.stored
    }

    /// The voxels in the order of the slices: columns, rows, slices.
    pub fn upright(&self) -> &VoxelGrid {
        &self.upright
    }

    /// How many slices it has, at least 1.
    pub fn slices(&self) -> usize {
        self.upright.size()[2]
    }

    /// The plane of acquisition.
    pub fn plane(&self) -> Plane {
        self.stored.plane()
    }

    /// The directions in which the stored indices grow, such as `LAS`.
    pub fn orientation(&self) -> String {
        self.stored.axes().code()
    }

    /// The DICOM series, if the volume was read from one.
    pub fn series(&self) -> Option<&Series> {
        self.series.as_ref()
    }

    /// What is worth knowing about how a DICOM series was read. The notes on other volumes are those of their slices.
    pub(crate) fn notes(&self) -> &[ReadNote] {
        &self.notes
    }

    /// The metadata that state the spacing.
    pub(super) fn spacing_source(&self) -> SpacingSource {
        if self.series.is_some() { SpacingSource::Dicom } else { SpacingSource::Nifti }
    }

    /// The column and row of the centre of brightness over all slices.
    pub(crate) fn centre(&self) -> [f64; 2] {
        self.centre
    }

    /// How many different values the volume has, at most 256.
    pub(crate) fn levels(&self) -> usize {
        self.levels
    }

    /// Whether the samples are the values of the file, as those of labels are.
    pub(crate) fn is_whole(&self) -> bool {
        self.whole
    }

    /// The header of its file.
    pub(crate) fn header(&self) -> &Header {
        &self.header
    }
}

/// Sums of integers, so that the order of storage makes no difference.
fn centre(slices: &[Vec<u16>], [columns, rows, _]: [usize; 3]) -> [f64; 2] {
    let (mut x, mut y, mut all) = (0_u64, 0_u64, 0_u64);
    for slice in slices {
        for (at, &sample) in slice.iter().enumerate() {
            let sample = u64::from(sample);
            x += sample * (at % columns) as u64;
            y += sample * (at / columns) as u64;
            all += sample;
        }
    }
    if all == 0 {
        return [columns, rows].map(|length| (length as f64 - 1.0) / 2.0);
    }
    [x, y].map(|sum| sum as f64 / all as f64)
}

fn levels(slices: &[Vec<u16>]) -> usize {
    let mut seen = vec![false; usize::from(u16::MAX) + 1];
    let mut count = 0;
    for sample in slices.iter().flatten() {
        if !std::mem::replace(&mut seen[usize::from(*sample)], true) {
            count += 1;
            if count == COUNTED {
                break;
            }
        }
    }
    count
}
