//! Distances between voxels.

use serde::{Deserialize, Serialize};

use crate::error::UsageFault;

/// The distance between the centres of neighbouring voxels, in millimetres. It comes from a file or from a person and is
/// never guessed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spacing {
    /// From one column to the next.
    pub x: f64,
    /// From one row to the next.
    pub y: f64,
    /// From one slice to the next, where it is known. Sessions of version 1 call it `slice`.
    #[serde(default, alias = "slice")]
    pub z: Option<f64>,
}

/// The metadata of a file that states a spacing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum SpacingSource {
    /// The resolution tags of TIFF, in inches or centimetres.
    Tiff,
    /// The description that ImageJ writes.
    ImageJ,
    /// OME-XML.
    Ome,
    /// The header of a NIfTI volume.
    Nifti,
    /// The headers of a DICOM series.
    Dicom,
}

impl SpacingSource {
    /// `tiff`, `imagej`, `ome`, `nifti` or `dicom`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tiff => "tiff",
            Self::ImageJ => "imagej",
            Self::Ome => "ome",
            Self::Nifti => "nifti",
            Self::Dicom => "dicom",
        }
    }
}

impl Spacing {
    /// The spacing of a picture whose distance to the next slice is unknown.
    pub fn in_plane(x: f64, y: f64) -> Self {
        Self { x, y, z: None }
    }

    /// `Ok` if every known distance is finite and above 0, also in the single precision of a NIfTI file.
    ///
    /// # Errors
    ///
    /// [`UsageFault::Spacing`] with the first distance that is not.
    pub fn check(&self) -> Result<(), UsageFault> {
        let wrong = |length: &f64| !((*length as f32).is_finite() && *length as f32 > 0.0);
        match [self.x, self.y].into_iter().chain(self.z).find(wrong) {
            Some(found) => Err(UsageFault::Spacing { found }),
            None => Ok(()),
        }
    }

    /// The area of `pixels` in square millimetres.
    pub fn area(&self, pixels: usize) -> f64 {
        pixels as f64 * self.x * self.y
    }

    /// The volume of `voxels` in millilitres, if the distance between slices is known.
    pub fn volume(&self, voxels: usize) -> Option<f64> {
        Some(voxels as f64 * self.x * self.y * self.z? / 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_above_0_and_finite() {
        let valid = |x, y, z| Spacing { x, y, z }.check().is_ok();
        assert!(valid(0.1, 1.0, Some(100.0)) && valid(0.1, 1.0, None));
        // In single precision 1e-50 is 0 and 1e300 is infinite.
        for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-50, 1e300] {
            assert!(
                !valid(wrong, 1.0, Some(1.0)) && !valid(1.0, wrong, None) && !valid(1.0, 1.0, Some(wrong)),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_spacing_is_read_with_and_without_a_distance_between_slices() {
        for (json, z) in [
            (r#"{"x":0.5,"y":1,"slice":6}"#, Some(6.0)),
            (r#"{"x":0.5,"y":1,"z":6}"#, Some(6.0)),
            (r#"{"x":0.5,"y":1}"#, None),
        ] {
            let spacing: Spacing = serde_json::from_str(json).expect("a spacing");
            assert_eq!(spacing, Spacing { x: 0.5, y: 1.0, z });
        }
        assert_eq!(serde_json::to_string(&Spacing::in_plane(0.5, 1.0)).expect("JSON"), r#"{"x":0.5,"y":1.0,"z":null}"#);
    }

    #[test]
    fn volumes_need_all_three_distances() {
        let plane = Spacing::in_plane(0.5, 2.0);
        assert_eq!((plane.area(6), plane.volume(6)), (6.0, None));
        assert_eq!(Spacing { z: Some(10.0), ..plane }.volume(6), Some(0.06));
    }
}
