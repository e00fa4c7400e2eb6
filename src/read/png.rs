//! PNG → one [`Slice`].
//!
//! Grey, RGB and palettes of every depth. Depths below 8 bits are scaled to the 8-bit range as in the PNG
//! specification, palettes become RGB, alpha is dropped. Of an animated PNG the still image is read.
//!
//! `image` decodes. It limits width and height but not their product, so the size is read here first.

use std::io::{Cursor, ErrorKind};

use image::codecs::png::PngDecoder;
use image::{ColorType, ImageDecoder as _, ImageError};

use super::limits::zeroed;
use super::{Channels, Limits, Samples, Slice};
use crate::error::{Error, FileFault, Result};

const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

/// Bytes of the signature and the IHDR chunk without its checksum.
const HEADER: usize = 8 + 8 + 13;

/// Bytes that the decoder may allocate in addition to the image and twice the file, for rows and ancillary chunks. A
/// compressed colour profile may use all of them; it is not applied.
const ANCILLARY: u64 = 1 << 20;

/// Whether these are the first bytes of a PNG.
pub(super) fn is_png(bytes: &[u8]) -> bool {
    bytes.starts_with(&SIGNATURE)
}

/// Reads the image.
pub(super) fn read(name: &str, bytes: &[u8], limits: &Limits) -> Result<Slice> {
    let (width, height, channels, samples) = decode(bytes, limits).map_err(|fault| Error::in_file(name, fault))?;
    Slice::new(name, width, height, channels, samples)
}

fn decode(bytes: &[u8], limits: &Limits) -> Result<(usize, usize, Channels, Samples), FileFault> {
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

    let mut allowed = image::Limits::no_limits();
    let sample = if header[24] == 16 { 2 } else { 1 };
    // Bytes per pixel by colour type, with the alpha that a transparency chunk adds.
    let decoded = match header[25] {
        0 | 4 => 2 * sample,
        _ => 4 * sample,
    };
    allowed.max_alloc = Some((width * height).saturating_mul(decoded).saturating_add(2 * length + ANCILLARY));
    let decoder = PngDecoder::with_limits(Cursor::new(bytes), allowed).map_err(|source| fault(source, length))?;
    let color = decoder.color_type();
    let stored = usize::from(color.channel_count());
    limits.admit(width, height, stored as u64, 0)?;
    let (channels, deep) = match color {
        ColorType::L8 | ColorType::La8 => (Channels::Grey, false),
        ColorType::L16 | ColorType::La16 => (Channels::Grey, true),
        ColorType::Rgb8 | ColorType::Rgba8 => (Channels::Rgb, false),
        ColorType::Rgb16 | ColorType::Rgba16 => (Channels::Rgb, true),
        // Not a PNG colour type: `ColorType` covers other formats too.
        _ => return Err(FileFault::ChannelCount { found: stored as u64 }),
    };

    let mut buffer = zeroed::<u8>(decoder.total_bytes())?;
    decoder.read_image(&mut buffer).map_err(|source| fault(source, length))?;
    let kept = channels.count();
    let samples = if deep {
        // The decoder returns 16-bit samples in native byte order.
        let wide: Vec<u16> = buffer.as_chunks().0.iter().map(|&pair| u16::from_ne_bytes(pair)).collect();
        Samples::U16(without_alpha(wide, stored, kept))
    } else {
        Samples::U8(without_alpha(buffer, stored, kept))
    };
    Ok((width as usize, height as usize, channels, samples))
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

fn fault(source: ImageError, length: u64) -> FileFault {
    match source {
        // The decoder wanted more bytes than the file has.
        ImageError::IoError(io) if io.kind() == ErrorKind::UnexpectedEof => {
            FileFault::Truncated { what: "PNG data", needed: length.saturating_add(1), found: length }
        }
        source => FileFault::Png { source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropping_alpha_frees_its_memory() {
        let grey = without_alpha((0..2000_u16).collect(), 2, 1);
        assert_eq!(grey[..3], [0, 2, 4]);
        assert_eq!((grey.len(), grey.capacity()), (1000, 1000));
        assert_eq!(without_alpha(vec![1_u8, 2, 3, 9, 4, 5, 6, 9], 4, 3), [1, 2, 3, 4, 5, 6]);
    }
}
