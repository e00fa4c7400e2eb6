//! [`Format`]: which reader a file belongs to. A new file format starts here.

use super::{Limits, Slice, decoded, kind_name::kind_name, nifti, png, tiff};
#[cfg(feature = "formats")]
use super::{dicom, dicom_head, other};
use crate::error::{Error, FileFault, Quantity, Result};

/// Reads one file. `name` is used in the names of the slices and in errors only.
///
/// A TIFF with several pages gives one slice per page, in the file's order, named `name#1`, `name#2` and so on. The
/// pages may differ in size. So does an animation. A NIfTI volume gives its axial slices, from the feet to the head, with the same
/// names. A DICOM file gives one slice per frame as it is stored, and `layout` joins them to volumes. Any other file gives one slice
/// called `name`. The orientation that a file states is applied; no gamma and no colour profile is.
///
/// # Errors
///
/// [`Error::File`] with the [`FileFault`]. A fault in one of several pages has that page's name and fails the file.
pub fn read(name: &str, bytes: &[u8], limits: &Limits) -> Result<Vec<Slice>> {
    match Format::admitted(name, bytes.len() as u64, bytes, limits)? {
        Format::Tiff => tiff::read(name, bytes, limits),
        Format::Png => Ok(vec![png::read(name, bytes, limits)?]),
        Format::Decoded => decoded::read(name, bytes, limits),
        Format::Nifti => nifti::read(name, bytes, limits),
        #[cfg(feature = "formats")]
        Format::Dicom => dicom::read(name, bytes, limits),
        #[cfg(feature = "formats")]
        Format::Other(format) => other::read(name, bytes, format, limits),
    }
}

/// Reads one file and gives its slices as bytes that [`read`] takes without the feature `formats`.
///
/// # Errors
///
/// As [`read`].
#[cfg(feature = "formats")]
pub fn convert(name: &str, bytes: &[u8], limits: &Limits) -> Result<Vec<u8>> {
    Ok(decoded::encode(&read(name, bytes, limits)?))
}

/// How many bytes at the beginning of a DICOM file tell its study.
#[cfg(feature = "formats")]
pub const DICOM_HEAD: usize = 1 << 16;

/// The study of a DICOM file, by its first [`DICOM_HEAD`] bytes: the files of one study must be read together. `None` for any
/// other file.
#[cfg(feature = "formats")]
pub fn dicom_study(head: &[u8]) -> Option<String> {
    if dicom_head::is_dicom(head) { dicom::study(head, &Limits::default()) } else { None }
}

/// Whether [`read`] would decode a file of `size` bytes that begins with `head`, its first 512 bytes or more.
///
/// # Errors
///
/// [`FileFault::NotAnImage`], [`FileFault::OtherKind`] and [`FileFault::OverLimit`], as for [`read`].
pub(crate) fn admit(name: &str, size: u64, head: &[u8], limits: &Limits) -> Result<()> {
    Format::admitted(name, size, head, limits).map(|_| ())
}

/// The supported file formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Tiff,
    Png,
    /// Made by `convert`.
    Decoded,
    Nifti,
    #[cfg(feature = "formats")]
    Dicom,
    #[cfg(feature = "formats")]
    Other(image::ImageFormat),
}

impl Format {
    /// The format of a file of `size` bytes that begins with `head`, if it is supported and within the limits.
    fn admitted(name: &str, size: u64, head: &[u8], limits: &Limits) -> Result<Self> {
        let Some(format) = Self::of(head) else {
            let fault = match kind_name(head) {
                Some((kind, in_formats)) => FileFault::OtherKind { kind, in_formats },
                None => FileFault::NotAnImage { found: head.iter().take(4).copied().collect() },
            };
            return Err(Error::in_file(name, fault));
        };
        if size > limits.bytes {
            let fault = FileFault::OverLimit { what: Quantity::Bytes, found: size, limit: limits.bytes };
            return Err(Error::in_file(name, fault));
        }
        Ok(format)
    }

    /// Recognises a file by its first bytes.
    fn of(head: &[u8]) -> Option<Self> {
        if tiff::is_tiff(head) {
            Some(Self::Tiff)
        } else if png::is_png(head) {
            Some(Self::Png)
        } else if decoded::is_decoded(head) {
            Some(Self::Decoded)
        } else if nifti::is_nifti(head) {
            Some(Self::Nifti)
        } else {
            #[cfg(feature = "formats")]
            return if dicom_head::is_dicom(head) { Some(Self::Dicom) } else { other::format(head).map(Self::Other) };
            #[cfg(not(feature = "formats"))]
            None
        }
    }
}
