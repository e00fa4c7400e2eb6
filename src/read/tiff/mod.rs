//! TIFF → [`Slice`]s, one a page.
//!
//! Classic and BigTIFF in either byte order; strips and tiles; chunky and planar; no compression, LZW, Deflate and
//! PackBits, with the horizontal predictor. Grey where white is zero is inverted, so that bright is high in every
//! slice; 8-bit palettes become 8-bit RGB. Thumbnails and transparency masks among the pages are passed over.
//!
//! The `tiff` crate was considered. It reads neither palettes nor grey with alpha, and its limits hold for one image at a
//! time: nothing bounds the pages of a file or what they decode to together. Only the decompressors are libraries.

mod codec;
mod decode;
mod directory;
mod encoding;
mod tags;

use directory::{File, Page};
use encoding::Encoding;
use tags::*;

use super::{Limits, Slice, Spacing};
use crate::error::{Error, FileFault, Result};

/// Strips and tiles of one file together. Pages may share them, so the file's length does not bound them, and a
/// decompressor starts anew for each; 300 pages of 512 rows, each row a strip, need 153,600.
const CHUNKS: u64 = 1 << 18;

/// How many times over a file's bytes may be decompressed, where strips or tiles share them, as those of pages that are
/// all black may: bytes that decode to next to nothing would otherwise cost far more time than reading the file does.
const SHARED: u64 = 4;

/// Whether these are the first bytes of a TIFF.
pub(super) fn is_tiff(bytes: &[u8]) -> bool {
    [*b"II*\0", *b"MM\0*", *b"II+\0", *b"MM\0+"].iter().any(|signature| bytes.starts_with(signature))
}

/// Reads every page that is a picture of its own.
pub(super) fn read(name: &str, bytes: &[u8], limits: &Limits) -> Result<Vec<Slice>> {
    let (file, mut pages) = File::pages(bytes, &TAGS, limits.pages).map_err(|fault| Error::in_file(name, fault))?;
    let found = pages.len() as u64;
    pages.retain(|page| !is_auxiliary(page));
    if pages.is_empty() {
        return Err(Error::in_file(name, FileFault::NoPages { found }));
    }
    // All pages are judged before the first is decoded: together they may ask for too much.
    let mut spent = Spent::default();
    let mut encodings = Vec::with_capacity(pages.len());
    let several = pages.len() > 1;
    for (index, page) in pages.iter().enumerate() {
        let name = if several { format!("{name}#{}", index + 1) } else { name.to_owned() };
        match Encoding::new(page, limits, &mut spent) {
            Ok(encoding) => encodings.push((name, encoding, spacing(page))),
            Err(fault) => return Err(Error::in_file(name, fault)),
        }
    }
    let decode = |(name, encoding, spacing): (String, Encoding<'_>, Option<Spacing>)| {
        let (width, height) = (encoding.width as usize, encoding.height as usize);
        match encoding.decode(&file, limits, &mut spent) {
            Ok((channels, samples)) => Ok(Slice::new(name, width, height, channels, samples)?.with_spacing(spacing)),
            Err(fault) => Err(Error::in_file(name, fault)),
        }
    };
    encodings.into_iter().map(decode).collect()
}

/// A reduced copy of another page (bit 0), or a mask that says where another page is transparent (bit 2).
fn is_auxiliary(page: &Page<'_>) -> bool {
    matches!(page.find(SUBFILE_TYPE), Ok(Some(flags)) if flags & 0b101 != 0)
}

/// The resolution in millimetres a pixel. Where the unit is missing the specification assumes inches; this does not:
/// what the file does not say is not known.
fn spacing(page: &Page<'_>) -> Option<Spacing> {
    let unit = match page.find(RESOLUTION_UNIT) {
        Ok(Some(2)) => 25.4,
        Ok(Some(3)) => 10.0,
        _ => return None,
    };
    Some(Spacing::in_plane(unit / page.ratio(X_RESOLUTION)?, unit / page.ratio(Y_RESOLUTION)?))
}

/// What the pages of a file have asked for so far, against [`Limits`] and [`CHUNKS`].
#[derive(Default)]
struct Spent {
    samples: u64,
    /// The same with the padding of tiles.
    padded: u64,
    compressed: u64,
    chunks: u64,
}
