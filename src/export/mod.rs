//! Results → bytes of files that other programs open. Nothing here touches a disk.

mod csv;
mod tiff;
mod zip;

pub use csv::{Row, csv};
pub use tiff::{mask_tiff, slice_tiff};
pub use zip::zip;
