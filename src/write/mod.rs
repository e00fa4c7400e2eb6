//! Results → the bytes of files that other programs open: encoders, and the [`Bundle`] that decides which files there are.

mod bundle;
mod csv;
mod name;
mod nifti;
mod origin;
mod overlay;
mod provenance;
mod report;
mod tiff;
mod zip;

pub(crate) use bundle::CaseFile;
pub use bundle::{Bundle, NamedFile, report};
pub use csv::{Row, csv};
pub use name::{mask_name, overlay_name};
pub use nifti::{Volume, nifti, upright_nifti};
pub use origin::Origin;
pub use tiff::{mask_tiff, oriented_mask_tiff, slice_tiff};
pub(crate) use zip::ZipEncoder;
pub use zip::zip;
