//! Results → the bytes of files that other programs open: encoders, and the [`Bundle`] that decides which files there are.

mod bundle;
mod cohort;
mod csv;
#[cfg(feature = "formats")]
mod dicom_seg;
mod gzip;
mod name;
mod nifti;
mod nrrd;
mod origin;
mod overlay;
mod overview;
mod provenance;
mod report;
mod source_masks;
mod source_series;
mod terms;
mod tiff;
mod zip;

pub(crate) use bundle::CaseFile;
pub use bundle::{Bundle, NamedFile};
pub use cohort::{COHORT_HEAD, CohortRow, Largest, Status};
pub use csv::{Row, csv};
#[cfg(feature = "formats")]
pub use dicom_seg::{SegmentationKind, SegmentationOptions, dicom_seg};
pub use name::{mask_name, overlay_name};
pub use nifti::{Volume, nifti, upright_nifti};
pub use nrrd::seg_nrrd;
pub use origin::Origin;
pub use overview::{CaseSummary, Overview};
pub use report::report;
pub use source_masks::SourceMasks;
pub use source_series::{SourceImage, SourceSeries};
pub use tiff::{mask_tiff, oriented_mask_tiff, slice_tiff};
pub(crate) use zip::ZipEncoder;
pub use zip::zip;
