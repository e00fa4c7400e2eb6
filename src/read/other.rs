//! JPEG, WebP, BMP and GIF → [`Slice`]s. `image` decodes.
//!
//! Alpha is dropped. Each picture of an animation is a slice. The orientation that a camera wrote is applied.

use std::io::Cursor;

use image::codecs::{gif::GifDecoder, webp::WebPDecoder};
use image::{AnimationDecoder as _, DynamicImage, Frames, ImageDecoder as _, ImageError, ImageFormat, ImageReader};
use memchr::memmem;

use super::kind_name::kind_name;
use super::{Channels, Limits, Orientation, ReadNote, Samples, Slice};
use crate::error::{Error, FileFault, Quantity, Result};

/// Bytes that a decoder may allocate in addition to the image and twice the file.
const ANCILLARY: u64 = 1 << 20;

/// The format of a file that begins with `head`, at least 12 bytes.
pub(super) fn format(head: &[u8]) -> Option<ImageFormat> {
    let (_, true) = kind_name(head)? else { return None };
    image::guess_format(head).ok()
}

/// Reads the image, or the pictures of an animation.
pub(super) fn read(name: &str, bytes: &[u8], format: ImageFormat, limits: &Limits) -> Result<Vec<Slice>> {
    let in_file = |fault| Error::in_file(name, fault);
    let mut slices = match animation(bytes, format, limits).map_err(in_file)? {
        Some(frames) => pictures(name, frames, limits)?,
        None => vec![image(name, bytes, format, limits)?],
    };
    if is_lossy(bytes, format) {
        slices.iter_mut().for_each(|slice| slice.note(ReadNote::Lossy));
    }
    Ok(slices)
}

/// The pictures of a GIF or of an animated WebP.
fn animation<'a>(bytes: &'a [u8], format: ImageFormat, limits: &Limits) -> Result<Option<Frames<'a>>, FileFault> {
    let fault = |source: ImageError| FileFault::Image { source };
    let admit = |(width, height): (u32, u32)| limits.admit(width.into(), height.into(), 3, 0);
    match format {
        ImageFormat::Gif => {
            let mut decoder = GifDecoder::new(Cursor::new(bytes)).map_err(fault)?;
            admit(decoder.dimensions())?;
            decoder.set_limits(allowed(bytes, limits)).map_err(fault)?;
            Ok(Some(decoder.into_frames()))
        }
        ImageFormat::WebP => {
            let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(fault)?;
            admit(decoder.dimensions())?;
            decoder.set_limits(allowed(bytes, limits)).map_err(fault)?;
            Ok(decoder.has_animation().then(|| decoder.into_frames()))
        }
        _ => Ok(None),
    }
}

fn pictures(name: &str, frames: Frames<'_>, limits: &Limits) -> Result<Vec<Slice>> {
    let fault = |fault| Error::in_file(name, fault);
    let (mut pictures, mut before) = (Vec::new(), 0);
    for frame in frames {
        let found = pictures.len() as u64 + 1;
        if found > limits.pages {
            return Err(fault(FileFault::OverLimit { what: Quantity::Pages, found, limit: limits.pages }));
        }
        let frame = frame.map_err(|source| fault(FileFault::Image { source }))?.into_buffer();
        let (width, height) = frame.dimensions();
        limits.admit(width.into(), height.into(), 3, before).map_err(fault)?;
        before += u64::from(width) * u64::from(height) * 3;
        let samples = DynamicImage::ImageRgba8(frame).into_rgb8().into_raw();
        pictures.push((width as usize, height as usize, samples));
    }
    if pictures.is_empty() {
        return Err(fault(FileFault::NoPages { found: 0 }));
    }
    let several = pictures.len() > 1;
    let slices = pictures.into_iter().enumerate().map(|(index, (width, height, samples))| {
        let name = if several { format!("{name}#{}", index + 1) } else { name.to_owned() };
        Slice::new(name, width, height, Channels::Rgb, Samples::U8(samples))
    });
    slices.collect()
}

fn image(name: &str, bytes: &[u8], format: ImageFormat, limits: &Limits) -> Result<Slice> {
    let (image, orientation) = decode(bytes, format, limits).map_err(|fault| Error::in_file(name, fault))?;
    let (width, height) = (image.width() as usize, image.height() as usize);
    let (channels, samples) = match image {
        DynamicImage::ImageLuma8(image) => (Channels::Grey, Samples::U8(image.into_raw())),
        DynamicImage::ImageLumaA8(_) => (Channels::Grey, Samples::U8(image.into_luma8().into_raw())),
        DynamicImage::ImageLuma16(image) => (Channels::Grey, Samples::U16(image.into_raw())),
        DynamicImage::ImageRgb16(image) => (Channels::Rgb, Samples::U16(image.into_raw())),
        image => (Channels::Rgb, Samples::U8(image.into_rgb8().into_raw())),
    };
    Ok(Slice::new(name, width, height, channels, samples)?.upright(orientation))
}

/// What a decoder may allocate.
fn allowed(bytes: &[u8], limits: &Limits) -> image::Limits {
    let mut allowed = image::Limits::no_limits();
    // Four bytes a pixel, in the decoder and in the image.
    let pixels = limits.pixels.min(limits.samples).saturating_mul(8);
    allowed.max_alloc = Some(pixels.saturating_add(2 * bytes.len() as u64 + ANCILLARY));
    allowed
}

fn decode(bytes: &[u8], format: ImageFormat, limits: &Limits) -> Result<(DynamicImage, Orientation), FileFault> {
    let fault = |source: ImageError| FileFault::Image { source };
    let length = bytes.len() as u64;
    if format == ImageFormat::Jpeg && !is_complete_jpeg(bytes) {
        return Err(FileFault::Truncated { what: "JPEG data", needed: length.saturating_add(1), found: length });
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(allowed(bytes, limits));
    let mut decoder = reader.into_decoder().map_err(fault)?;
    let (width, height) = decoder.dimensions();
    limits.admit(width.into(), height.into(), decoder.color_type().channel_count().into(), 0)?;
    // Metadata that cannot be read is ignored, as for TIFF.
    let orientation = decoder.orientation().ok().and_then(|found| Orientation::from_code(found.to_exif().into()));
    Ok((DynamicImage::from_decoder(decoder).map_err(fault)?, orientation.unwrap_or_default()))
}

/// Whether the end of the image follows its last scan. The decoder fills the rows that a truncated file lacks.
fn is_complete_jpeg(bytes: &[u8]) -> bool {
    let scan = memmem::rfind(bytes, b"\xff\xda").unwrap_or(0);
    memmem::find(&bytes[scan..], b"\xff\xd9").is_some()
}

/// Whether the grey levels may differ from those that were compressed. A WebP is lossless if its image is in a `VP8L`
/// chunk.
fn is_lossy(bytes: &[u8], format: ImageFormat) -> bool {
    match format {
        ImageFormat::WebP => !webp_chunks(bytes).any(|name| name == b"VP8L"),
        format => format == ImageFormat::Jpeg,
    }
}

/// The names of the chunks of a WebP. A picture of an animation is in the chunk `ANMF`, after 16 bytes.
fn webp_chunks(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes.get(12..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (head, body) = rest.split_first_chunk::<8>()?;
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let name = head.split_at(4).0;
        let skipped = if name == b"ANMF" { 16 } else { length.checked_add(length % 2)? };
        rest = body.get(skipped..).unwrap_or_default();
        Some(name)
    })
}
