//! File bytes → [`Slice`]s: TIFF, PNG and NIfTI, and DICOM and other images with the feature `formats`. They are recognised by their
//! first bytes and not by their names.
//!
//! Supported are integers and floating-point numbers in one channel or three; an alpha channel is dropped. Everything else
//! is a [`FileFault`](crate::error::FileFault) with the values found. No file makes the readers panic or allocate more
//! than [`Limits`] allows.

mod decoded;
#[cfg(feature = "formats")]
mod dicom;
mod dicom_head;
mod format;
mod kind_name;
mod limits;
mod nifti;
mod note;
mod orientation;
#[cfg(feature = "formats")]
mod other;
mod planes;
mod png;
mod scale;
mod scan;
mod series;
mod slice;
mod spacing;
mod tiff;
pub mod zip;

pub use dicom_head::is_dicom;
pub(crate) use dicom_head::without_pictures;
pub(crate) use format::admit;
pub use format::read;
#[cfg(feature = "formats")]
pub use format::{DICOM_HEAD, convert, dicom_study};
pub use limits::Limits;
pub(crate) use nifti::{Field, Header};
pub use nifti::{join_pair, other_of_pair};
pub use note::ReadNote;
pub use orientation::Orientation;
pub use scan::Scan;
pub use series::{Frame, Protocol, Sequence, Series, SourceElement};
pub(crate) use series::{Joined, Overview, join as join_series};
pub(crate) use slice::share_scale;
pub use slice::{Channels, Samples, Slice};
pub use spacing::{Spacing, SpacingSource};
pub use zip::ZipLimits;
