//! TIFF → [`Slice`]s, one per page.
//!
//! Supported are classic TIFF and BigTIFF in either byte order; strips and tiles; chunky and planar samples; integers of
//! 1 to 64 bits and floating-point numbers; no compression, LZW, Deflate and PackBits, with predictors. Grey with white
//! as zero is inverted, and palettes become 8-bit RGB. Thumbnails, transparency masks and the smaller copies of a pyramid
//! are skipped. Grey planes, chunky or planar, are slices; the channels of a hyperstack of ImageJ or OME are contrasts of one slice,
//! by their names.
//!
//! The `tiff` crate was considered. It reads neither palettes nor extra samples, and its limits apply to one image at a
//! time: they do not limit the pages of a file or their total size. Only the decompressors are libraries.

mod channels;
mod codec;
mod decode;
mod description;
mod directory;
mod encoding;
#[cfg(feature = "formats")]
mod formats;
mod kind;
mod labels;
mod pages;
mod predictor;
mod shape;
mod spacing;
mod tags;
mod usage;

#[cfg(feature = "formats")]
pub(super) use codec::pack_bits;
use decode::{Picture, Pixels};
use description::Description;
use directory::{File, Page};
use encoding::{Encoding, images_without_directories};
use pages::Parts;
use spacing::Stated;
use usage::Usage;

use super::{Limits, Orientation, ReadNote, Slice};
use crate::error::{Error, FileFault, Result};

/// Whether these are the first bytes of a TIFF.
pub(super) fn is_tiff(bytes: &[u8]) -> bool {
    [*b"II*\0", *b"MM\0*", *b"II+\0", *b"MM\0+"].iter().any(|signature| bytes.starts_with(signature))
}

/// Reads all pages except thumbnails, transparency masks and smaller copies.
pub(super) fn read(name: &str, bytes: &[u8], limits: &Limits) -> Result<Vec<Slice>> {
    let in_file = |fault| Error::in_file(name, fault);
    let (file, mut pages) = File::pages(bytes, &tags::ALL, limits.pages).map_err(in_file)?;
    let found = pages.len() as u64;
    let copies = pages::keep_pictures(&file, &mut pages, limits.pages).map_err(in_file)?;
    let Some(first) = pages.first() else {
        return Err(in_file(FileFault::NoPages { found }));
    };
    let description = Description::of(first, file.big_endian());
    let images = match &description {
        Some(description) if pages.len() == 1 => {
            images_without_directories(first, description.images.min(limits.pages + 1), file.length())
                .map_err(in_file)?
        }
        _ => 1,
    };
    // All pages are checked before the first is decoded, because the limits apply to their sum.
    let mut usage = Usage::default();
    let mut stored = Vec::with_capacity(pages.len());
    let several = pages.len() > 1;
    for (index, page) in pages.iter().enumerate() {
        let page = StoredPage::new(page, images, description.as_ref(), limits, &mut usage);
        stored.push(page.map_err(|fault| Error::in_file(numbered(name, index, several), fault))?);
    }
    let pictures: Vec<(&StoredPage<'_>, u64)> =
        stored.iter().flat_map(|page| (0..page.encoding.pictures).map(move |picture| (page, picture))).collect();
    let grey = stored.iter().all(|page| page.encoding.is_grey());
    let (slices, note) = pages::slices(pictures.len() as u64, grey, description.as_ref(), limits).map_err(in_file)?;
    let several = slices.len() > 1;
    let mut read = Vec::with_capacity(slices.len());
    for (index, parts) in slices.into_iter().enumerate() {
        let name = numbered(name, index, several);
        let mut decode = |picture: u64| {
            let (page, picture) = pictures[picture as usize];
            let slice = page.encoding.decode(picture, &file, limits, &mut usage);
            slice.map_err(|fault| Error::in_file(&name, fault)).and_then(|picture| page.slice(&name, picture))
        };
        read.push(match parts {
            Parts::One(picture) => decode(picture)?,
            Parts::Three([pre, flair, post]) => Slice::interleave([decode(pre)?, decode(flair)?, decode(post)?])?,
        });
    }
    if let Some(first) = read.first_mut() {
        let copies = (copies > 0).then_some(ReadNote::SmallerCopies { count: copies });
        copies.into_iter().chain(note).for_each(|note| first.note(note));
    }
    Ok(read)
}

/// The name of slice `index` of a file.
fn numbered(name: &str, index: usize, several: bool) -> String {
    if several { format!("{name}#{}", index + 1) } else { name.to_owned() }
}

/// A page that has been checked but not decoded.
struct StoredPage<'a> {
    encoding: Encoding<'a>,
    orientation: Orientation,
    stated: Option<Stated>,
}

impl<'a> StoredPage<'a> {
    fn new(
        page: &Page<'a>,
        images: u64,
        description: Option<&Description>,
        limits: &Limits,
        usage: &mut Usage,
    ) -> Result<Self, FileFault> {
        let encoding = Encoding::new(page, images, limits, usage)?;
        // Readers ignore values that the specification does not have.
        let orientation = page.find(tags::ORIENTATION).ok().flatten().and_then(Orientation::from_code);
        let stated = Stated::of(page, description, encoding.width, encoding.height);
        Ok(Self { encoding, orientation: orientation.unwrap_or_default(), stated })
    }

    /// The upright slice of a decoded picture.
    fn slice(&self, name: &str, picture: Picture) -> Result<Slice> {
        let (width, height) = (self.encoding.width as usize, self.encoding.height as usize);
        let slice = match picture.pixels {
            Pixels::Narrow(samples) => Slice::new(name, width, height, picture.channels, samples)?,
            Pixels::Wide(numbers) => Slice::of_numbers(name, width, height, picture.channels, numbers)?,
        };
        let slice = match picture.labels {
            Some(labels) => slice.with_labels(labels),
            None => slice,
        };
        let slice = match self.stated {
            Some(Stated { spacing, source, doubtful }) => slice.with_stated_spacing(spacing, source, doubtful),
            None => slice,
        };
        let mut slice = slice.upright(self.orientation);
        if self.encoding.method.is_lossy() {
            slice.note(ReadNote::Lossy);
        }
        Ok(slice)
    }
}
