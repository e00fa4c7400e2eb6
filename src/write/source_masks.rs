//! [`SourceMasks`]: the masks of a DICOM series, in the form that crosses to the page's module `formats`.

use serde::{Deserialize, Serialize};

use super::nifti::{Volume, stored, voxels};
use super::source_series::SourceSeries;
use crate::error::{Error, Result, VolumeFault};
use crate::mask::Mask;
use crate::result::findings::Findings;

/// The masks of a case that was read from a DICOM series, one for each image.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceMasks {
    /// The series.
    pub source: SourceSeries,
    /// The masks in the order of its images, each on the grid of its image.
    pub masks: Vec<Mask>,
    /// Whether a reader has drawn or edited a mask.
    pub edited: bool,
}

#[derive(Serialize, Deserialize)]
struct Head {
    source: SourceSeries,
    edited: bool,
}

impl SourceMasks {
    /// The masks of a case at a threshold, 0 to 1. An image without a mask gets an empty one.
    ///
    /// # Errors
    ///
    /// [`Error::Volume`] where the case was not read from a DICOM series, or no slice has a mask.
    pub fn of(findings: &Findings, threshold: f32) -> Result<Self> {
        let case = findings.case();
        let fault = || Error::Volume { case: case.name.clone(), fault: VolumeFault::NoSeries };
        let scan = case.scan().ok_or_else(fault)?;
        let source = SourceSeries::of(scan).ok_or_else(fault)?;
        let [columns, rows, _] = scan.stored().size();
        let values = stored(findings, scan, &voxels(findings, Volume::Mask, threshold)?.values);
        let planes = values.chunks_exact(columns * rows);
        let frames = scan.series().map_or(&[][..], |series| series.frames());
        // The rows of the volume are those of the images from the last to the first.
        let mask = |plane: &[u16]| {
            let pixels = plane.chunks_exact(columns).rev().flatten();
            Mask::new(columns, rows, pixels.map(|&value| value > 0).collect())
        };
        let masks = planes.zip(frames).filter(|(_, frame)| frame.is_some()).map(|(plane, _)| mask(plane)).collect();
        let edited = (0..case.slices.len()).any(|index| findings.edit(index).is_some());
        Ok(Self { source, masks, edited })
    }

    /// JSON with the series, a zero, and a byte for each pixel, 0 or 1.
    pub fn to_bytes(&self) -> Vec<u8> {
        let head = Head { source: self.source.clone(), edited: self.edited };
        let mut bytes = match serde_json::to_vec(&head) {
            Ok(bytes) => bytes,
            Err(error) => unreachable!("all of its fields can be written: {error}"),
        };
        bytes.push(0);
        bytes.extend(self.masks.iter().flat_map(|mask| mask.inside().iter().map(|&inside| u8::from(inside))));
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) has written. `None` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let end = bytes.iter().position(|&byte| byte == 0)?;
        let Head { source, edited } = serde_json::from_slice(&bytes[..end]).ok()?;
        let (columns, rows) = (usize::from(source.columns), usize::from(source.rows));
        let pixels = &bytes[end + 1..];
        if columns * rows == 0 || pixels.len() != columns * rows * source.images.len() {
            return None;
        }
        let mask = |plane: &[u8]| Mask::new(columns, rows, plane.iter().map(|&value| value > 0).collect());
        Some(Self { masks: pixels.chunks_exact(columns * rows).map(mask).collect(), source, edited })
    }
}
