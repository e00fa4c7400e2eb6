//! TIFF → [`Slice`]s, one per page.
//!
//! Supported are classic TIFF and BigTIFF in either byte order; strips and tiles; chunky and planar samples; no
//! compression, LZW, Deflate and PackBits, with the horizontal predictor. Grey with white as zero is inverted, and
//! 8-bit palettes become 8-bit RGB. Thumbnails and transparency masks are skipped.
//!
//! The `tiff` crate was considered. It reads neither palettes nor extra samples, and its limits apply to one image at a
//! time: they do not limit the pages of a file or their total size. Only the decompressors are libraries.

mod codec;
mod decode;
mod directory;
mod encoding;
mod tags;
mod usage;

use directory::{File, Page};
use encoding::Encoding;
use usage::Usage;

use super::{Limits, Slice, Spacing};
use crate::error::{Error, FileFault, Result};

/// Whether these are the first bytes of a TIFF.
pub(super) fn is_tiff(bytes: &[u8]) -> bool {
    [*b"II*\0", *b"MM\0*", *b"II+\0", *b"MM\0+"].iter().any(|signature| bytes.starts_with(signature))
}

/// Reads all pages except thumbnails and transparency masks.
pub(super) fn read(name: &str, bytes: &[u8], limits: &Limits) -> Result<Vec<Slice>> {
    let (file, mut pages) =
        File::pages(bytes, &tags::ALL, limits.pages).map_err(|fault| Error::in_file(name, fault))?;
    let found = pages.len() as u64;
    pages.retain(|page| !is_auxiliary(page));
    if pages.is_empty() {
        return Err(Error::in_file(name, FileFault::NoPages { found }));
    }
    // All pages are checked before the first is decoded, because the limits apply to their sum.
    let mut usage = Usage::default();
    let mut encodings = Vec::with_capacity(pages.len());
    let several = pages.len() > 1;
    for (index, page) in pages.iter().enumerate() {
        let name = if several { format!("{name}#{}", index + 1) } else { name.to_owned() };
        match Encoding::new(page, limits, &mut usage) {
            Ok(encoding) => encodings.push((name, encoding, spacing(page))),
            Err(fault) => return Err(Error::in_file(name, fault)),
        }
    }
    let decode = |(name, encoding, spacing): (String, Encoding<'_>, Option<Spacing>)| {
        let (width, height) = (encoding.width as usize, encoding.height as usize);
        match encoding.decode(&file, limits, &mut usage) {
            Ok((channels, samples)) => Ok(Slice::new(name, width, height, channels, samples)?.with_spacing(spacing)),
            Err(fault) => Err(Error::in_file(name, fault)),
        }
    };
    encodings.into_iter().map(decode).collect()
}

/// Whether a page is a thumbnail (bit 0) or a transparency mask (bit 2) of another page.
fn is_auxiliary(page: &Page<'_>) -> bool {
    matches!(page.find(tags::SUBFILE_TYPE), Ok(Some(flags)) if flags & 0b101 != 0)
}

/// The millimetres per pixel. The specification assumes inches if the unit is missing; here the spacing is then
/// unknown.
fn spacing(page: &Page<'_>) -> Option<Spacing> {
    let unit = match page.find(tags::RESOLUTION_UNIT) {
        Ok(Some(2)) => 25.4,
        Ok(Some(3)) => 10.0,
        _ => return None,
    };
    Some(Spacing::in_plane(unit / page.ratio(tags::X_RESOLUTION)?, unit / page.ratio(tags::Y_RESOLUTION)?))
}
