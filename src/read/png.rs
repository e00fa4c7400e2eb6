//! PNG → one [`Slice`].
//!
//! Grey, RGB and palettes of every depth. Depths below 8 bits are scaled to the 8-bit range as in the PNG
//! specification, palettes become RGB, alpha is dropped. Of an animated PNG the still image is read.
//!
//! The `image` crate was considered. It does not return the indices of a palette, which are the labels of a reference.

use std::io::{Cursor, ErrorKind};

use png::{BitDepth, ColorType, Decoder, DecodingError, Transformations};

use super::limits::zeroed;
use super::{Channels, Limits, Samples, Slice};
use crate::error::{Error, FileFault, Result};

const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

/// Bytes of the signature and the IHDR chunk without its checksum.
const HEADER: usize = 8 + 8 + 13;

/// Bytes that the decoder may allocate in addition to a row and twice the file, for ancillary chunks.
const ANCILLARY: u64 = 1 << 20;

/// Whether these are the first bytes of a PNG.
pub(super) fn is_png(bytes: &[u8]) -> bool {
    bytes.starts_with(&SIGNATURE)
}

/// Reads the image.
pub(super) fn read(name: &str, bytes: &[u8], limits: &Limits) -> Result<Slice> {
    let image = decode(bytes, limits).map_err(|fault| Error::in_file(name, fault))?;
    let slice = Slice::new(name, image.width, image.height, image.channels, image.samples)?;
    Ok(match image.labels {
        Some(labels) => slice.with_labels(labels),
        None => slice,
    })
}

struct Image {
    width: usize,
    height: usize,
    channels: Channels,
    samples: Samples,
    /// The stored values, if they are palette indices or have fewer than 8 bits; and where only alpha differs, whether
    /// it is above 0.
    labels: Option<Vec<u8>>,
}

fn decode(bytes: &[u8], limits: &Limits) -> Result<Image, FileFault> {
    let length = bytes.len() as u64;
    // The size is at a fixed position, so it is checked before the decoder allocates anything.
    let Some((header, _)) = bytes.split_first_chunk::<HEADER>() else {
        return Err(FileFault::Truncated { what: "PNG header", needed: HEADER as u64, found: length });
    };
    if header[12..16] != *b"IHDR" {
        return Err(FileFault::MissingTag { tag: "IHDR" });
    }
    let number =
        |at: usize| u64::from(u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]));
    let (width, height) = (number(16), number(20));
    limits.admit(width, height, 1, 0)?;

    let allowed = 8 * width + 2 * length + ANCILLARY;
    let allowed = png::Limits { bytes: usize::try_from(allowed).unwrap_or(usize::MAX) };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), allowed);
    decoder.set_transformations(Transformations::IDENTITY);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let mut reader = decoder.read_info().map_err(|source| fault(source, length))?;
    let (color, depth) = reader.output_color_type();
    let (channels, decoded) = match color {
        ColorType::Grayscale => (Channels::Grey, 1),
        ColorType::GrayscaleAlpha => (Channels::Grey, 2),
        ColorType::Rgb | ColorType::Indexed => (Channels::Rgb, 3),
        ColorType::Rgba => (Channels::Rgb, 4),
    };
    limits.admit(width, height, decoded, 0)?;

    let size = reader.output_buffer_size().map_or(u64::MAX, |size| size as u64);
    let mut buffer = zeroed::<u8>(size)?;
    reader.next_frame(&mut buffer).map_err(|source| fault(source, length))?;
    let (width, height) = (width as usize, height as usize);
    let (stored, kept) = (decoded as usize, channels.count());
    let labels;
    let samples = match (color, depth) {
        (ColorType::Indexed, _) => {
            let indices = unpacked(buffer, width, depth);
            let palette = reader.info().palette.as_deref().unwrap_or_default();
            let samples = coloured(&indices, palette)?;
            labels = Some(indices);
            Samples::U8(samples)
        }
        (_, BitDepth::Sixteen) => {
            let wide: Vec<u16> = buffer.as_chunks().0.iter().map(|&pair| u16::from_be_bytes(pair)).collect();
            labels = opaque(&wide, stored, kept);
            Samples::U16(without_alpha(wide, stored, kept))
        }
        (_, BitDepth::Eight) => {
            labels = opaque(&buffer, stored, kept);
            Samples::U8(without_alpha(buffer, stored, kept))
        }
        // Only grey images have fewer bits.
        _ => {
            let values = unpacked(buffer, width, depth);
            let unit = u8::MAX / (u8::MAX >> (8 - depth as u8));
            let samples = values.iter().map(|&value| value * unit).collect();
            labels = Some(values);
            Samples::U8(samples)
        }
    };
    Ok(Image { width, height, channels, samples, labels })
}

/// One byte for each value of at most 8 bits. Rows begin at a byte.
fn unpacked(rows: Vec<u8>, width: usize, depth: BitDepth) -> Vec<u8> {
    let bits = depth as usize;
    if bits >= 8 {
        return rows;
    }
    let value = |row: &[u8], x: usize| row[x * bits / 8] << (x * bits % 8) >> (8 - bits);
    rows.chunks_exact((width * bits).div_ceil(8)).flat_map(|row| (0..width).map(move |x| value(row, x))).collect()
}

/// Palette indices → interleaved RGB. Indices that the palette lacks are black.
fn coloured(indices: &[u8], palette: &[u8]) -> Result<Vec<u8>, FileFault> {
    let mut samples = zeroed::<u8>(3 * indices.len() as u64)?;
    for (pixel, &index) in samples.as_chunks_mut::<3>().0.iter_mut().zip(indices) {
        *pixel = palette.as_chunks::<3>().0.get(usize::from(index)).copied().unwrap_or_default();
    }
    Ok(samples)
}

/// 1 where alpha is above 0, in a picture of one colour with different values of alpha; `None` for any other picture.
fn opaque<T: Copy + Default + PartialEq + PartialOrd>(samples: &[T], stored: usize, kept: usize) -> Option<Vec<u8>> {
    let pixels = || samples.chunks_exact(stored);
    let first = pixels().next().filter(|_| kept < stored)?;
    let colour = pixels().all(|pixel| pixel[..kept] == first[..kept]);
    let alpha = pixels().any(|pixel| pixel[kept] != first[kept]);
    (colour && alpha).then(|| pixels().map(|pixel| u8::from(pixel[kept] > T::default())).collect())
}

/// Keeps the first `kept` of every `stored` samples, in place.
fn without_alpha<T: Copy>(mut samples: Vec<T>, stored: usize, kept: usize) -> Vec<T> {
    if kept < stored {
        let pixels = samples.len() / stored;
        for pixel in 0..pixels {
            samples.copy_within(pixel * stored..pixel * stored + kept, pixel * kept);
        }
        samples.truncate(pixels * kept);
        // The memory limit for open files counts samples, not capacity.
        samples.shrink_to_fit();
    }
    samples
}

fn fault(source: DecodingError, length: u64) -> FileFault {
    match source {
        // The decoder wanted more bytes than the file has.
        DecodingError::IoError(io) if io.kind() == ErrorKind::UnexpectedEof => {
            FileFault::Truncated { what: "PNG data", needed: length.saturating_add(1), found: length }
        }
        source => FileFault::Png { source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alpha_is_the_mask_in_a_picture_of_one_colour() {
        assert_eq!(opaque(&[9_u8, 9, 9, 255, 9, 9, 9, 0], 4, 3), Some(vec![1, 0]));
        assert_eq!(opaque(&[9_u8, 9, 9, 255, 9, 9, 8, 0], 4, 3), None);
        assert_eq!(opaque(&[9_u16, 7, 9, 7], 2, 1), None);
        assert_eq!(opaque(&[9_u16, 9], 1, 1), None);
    }

    #[test]
    fn dropping_alpha_frees_its_memory() {
        let grey = without_alpha((0..2000_u16).collect(), 2, 1);
        assert_eq!(grey[..3], [0, 2, 4]);
        assert_eq!((grey.len(), grey.capacity()), (1000, 1000));
        assert_eq!(without_alpha(vec![1_u8, 2, 3, 9, 4, 5, 6, 9], 4, 3), [1, 2, 3, 4, 5, 6]);
    }
}
