//! JPEG, WebP, BMP and GIF → one [`Slice`]. `image` decodes.
//!
//! Alpha is dropped. Of an animation the first picture is read. The orientation that a camera wrote is applied.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader};

use super::kind_name::kind_name;
use super::{Channels, Limits, Orientation, ReadNote, Samples, Slice};
use crate::error::{Error, FileFault, Result};

/// Bytes that a decoder may allocate in addition to the image and twice the file.
const ANCILLARY: u64 = 1 << 20;

/// The format of a file that begins with `head`, at least 12 bytes.
pub(super) fn format(head: &[u8]) -> Option<ImageFormat> {
    let (_, true) = kind_name(head)? else { return None };
    image::guess_format(head).ok()
}

/// Reads the image.
pub(super) fn read(name: &str, bytes: &[u8], format: ImageFormat, limits: &Limits) -> Result<Slice> {
    let (image, orientation) = decode(bytes, format, limits).map_err(|fault| Error::in_file(name, fault))?;
    let (width, height) = (image.width() as usize, image.height() as usize);
    let (channels, samples) = match image {
        DynamicImage::ImageLuma8(image) => (Channels::Grey, Samples::U8(image.into_raw())),
        DynamicImage::ImageLumaA8(_) => (Channels::Grey, Samples::U8(image.into_luma8().into_raw())),
        DynamicImage::ImageLuma16(image) => (Channels::Grey, Samples::U16(image.into_raw())),
        DynamicImage::ImageRgb16(image) => (Channels::Rgb, Samples::U16(image.into_raw())),
        image => (Channels::Rgb, Samples::U8(image.into_rgb8().into_raw())),
    };
    let mut slice = Slice::new(name, width, height, channels, samples)?.upright(orientation);
    if is_lossy(bytes, format) {
        slice.note(ReadNote::Lossy);
    }
    Ok(slice)
}

fn decode(bytes: &[u8], format: ImageFormat, limits: &Limits) -> Result<(DynamicImage, Orientation), FileFault> {
    let fault = |source: ImageError| FileFault::Image { source };
    let mut allowed = image::Limits::no_limits();
    // Four bytes a pixel, in the decoder and in the image.
    let pixels = limits.pixels.min(limits.samples).saturating_mul(8);
    allowed.max_alloc = Some(pixels.saturating_add(2 * bytes.len() as u64 + ANCILLARY));
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(allowed);
    let mut decoder = reader.into_decoder().map_err(fault)?;
    let (width, height) = decoder.dimensions();
    limits.admit(width.into(), height.into(), decoder.color_type().channel_count().into(), 0)?;
    // Metadata that cannot be read is ignored, as for TIFF.
    let orientation = decoder.orientation().ok().and_then(|found| Orientation::from_code(found.to_exif().into()));
    Ok((DynamicImage::from_decoder(decoder).map_err(fault)?, orientation.unwrap_or_default()))
}

/// Whether the grey levels may differ from those that were compressed. A WebP is lossless if its image is in a `VP8L`
/// chunk.
fn is_lossy(bytes: &[u8], format: ImageFormat) -> bool {
    match format {
        ImageFormat::WebP => !webp_chunks(bytes).any(|name| name == b"VP8L"),
        format => format == ImageFormat::Jpeg,
    }
}

/// The names of the chunks of a WebP.
fn webp_chunks(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes.get(12..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (head, body) = rest.split_first_chunk::<8>()?;
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        rest = body.get(length.checked_add(length % 2)?..).unwrap_or_default();
        Some(head.split_at(4).0)
    })
}
