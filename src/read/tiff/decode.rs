//! The strips and tiles of a page → its samples.

use std::ops::Range;

use super::codec::{Codec, Method};
use super::directory::{File, Values};
use super::encoding::{Color, Encoding};
use super::kind::{Kind, packed, word};
use super::usage::{MAX_REREADS, Usage};
use crate::error::{FileFault, Quantity};
use crate::read::limits::zeroed;
use crate::read::{Channels, Limits, Samples};

/// One decoded picture.
pub(super) struct Picture {
    pub(super) channels: Channels,
    pub(super) pixels: Pixels,
    /// The stored indices of a palette image.
    pub(super) labels: Option<Vec<u8>>,
}

/// Samples row by row, channels interleaved.
pub(super) enum Pixels {
    /// Integers of at most 16 bits.
    Narrow(Samples),
    /// All other numbers.
    Wide(Vec<f32>),
}

impl Encoding<'_> {
    /// Decodes picture `index` of the page.
    pub(super) fn decode(
        &self,
        index: u64,
        file: &File<'_>,
        limits: &Limits,
        usage: &mut Usage,
    ) -> Result<Picture, FileFault> {
        let (channels, inverted, planes) = match self.color {
            Color::Grey => (Channels::Grey, false, 0..1),
            Color::Inverted => (Channels::Grey, true, 0..1),
            Color::Rgb => (Channels::Rgb, false, if self.planar { 0..3 } else { 0..1 }),
            Color::Palette(_) => (Channels::Rgb, false, 0..1),
            Color::Planes { inverted } if self.planar => (Channels::Grey, inverted, index as usize..index as usize + 1),
            Color::Planes { inverted } => (Channels::Grey, inverted, 0..1),
        };
        let first = if matches!(self.color, Color::Planes { .. }) && !self.planar { index as usize } else { 0 };
        let start = index.saturating_mul(self.step);
        let mut picture = Picture { channels, pixels: Pixels::Narrow(Samples::U8(Vec::new())), labels: None };
        let big_endian = self.predictor.big_endian(file.big_endian());
        let mut gatherer = Gatherer { file, limits, usage, start, planes, first };
        picture.pixels = match self.kind {
            Kind::Unsigned(bits) => {
                let bits = usize::from(bits);
                let top = u16::MAX >> (16 - bits);
                if bits > 8 {
                    let mut samples: Vec<u16> = if bits == 16 {
                        gatherer.gather(self, |row, i| word::<2>(row, i, big_endian) as u16)?
                    } else {
                        gatherer.gather(self, |row, i| packed(row, i, bits))?
                    };
                    if inverted {
                        samples.iter_mut().for_each(|sample| *sample = top - *sample);
                    }
                    Pixels::Narrow(Samples::U16(samples))
                } else {
                    let mut samples: Vec<u8> = if bits == 8 {
                        gatherer.gather(self, |row, i| row[i])?
                    } else {
                        gatherer.gather(self, |row, i| packed(row, i, bits) as u8)?
                    };
                    if inverted {
                        samples.iter_mut().for_each(|sample| *sample = top as u8 - *sample);
                    }
                    if let Color::Palette(map) = &self.color {
                        let colours = expand(&samples, map, 1 << bits)?;
                        picture.labels = Some(samples);
                        samples = colours;
                    }
                    Pixels::Narrow(Samples::U8(samples))
                }
            }
            Kind::Wide(wide) => {
                let mut samples: Vec<f32> = gatherer.gather(self, |row, i| wide.load(row, i, big_endian))?;
                if inverted {
                    // Only the order matters: the case gives these samples a scale.
                    samples.iter_mut().for_each(|sample| *sample = -*sample);
                }
                Pixels::Wide(samples)
            }
        };
        Ok(picture)
    }
}

/// Collects the strips or tiles of one picture.
struct Gatherer<'a, 'b> {
    file: &'a File<'b>,
    limits: &'a Limits,
    usage: &'a mut Usage,
    /// The bytes from the first picture of the page to this one.
    start: u64,
    /// The planes to read. A chunky page has one.
    planes: Range<usize>,
    /// The first sample of a pixel to read. 0 unless the samples are grey planes.
    first: usize,
}

impl Gatherer<'_, '_> {
    /// Decodes all strips or tiles and collects their samples row by row, without alpha and padding. `load` gives the
    /// sample at an index of a stored row.
    fn gather<T: Copy + Default>(
        &mut self,
        encoding: &Encoding<'_>,
        load: impl Fn(&[u8], usize) -> T,
    ) -> Result<Vec<T>, FileFault> {
        // `Limits::admit` ensures that two bytes per sample fit in a `usize`.
        let (width, height) = (encoding.width as usize, encoding.height as usize);
        let (chunk_width, chunk_height) = (encoding.chunk_width as usize, encoding.chunk_height as usize);
        let kept = if matches!(encoding.color, Color::Rgb) { 3 } else { 1 };
        let in_chunk = if encoding.planar { 1 } else { encoding.stored as usize };
        let (across, down) = (width.div_ceil(chunk_width), height.div_ceil(chunk_height));
        let row_bytes = encoding.kind.row_bytes(encoding.chunk_width * in_chunk as u64);
        let big_endian = self.file.big_endian();

        let mut samples = zeroed::<T>(encoding.width * encoding.height * kept as u64)?;
        let mut codec = Codec::new(encoding.method);
        let mut buffer = zeroed::<u8>(row_bytes.saturating_mul(encoding.chunk_height))?;
        // The buffer has a row at least.
        let row_bytes = row_bytes as usize;
        let mut scratch = Vec::new();
        for plane in self.planes.clone() {
            // The channels of a pixel that this plane fills.
            let channels =
                if encoding.planar { plane - self.planes.start..plane - self.planes.start + 1 } else { 0..kept };
            for row in 0..down {
                let top = row * chunk_height;
                let rows = chunk_height.min(height - top);
                // Tiles at the bottom are padded, the last strip is not.
                let stored_rows = if encoding.tiled { chunk_height } else { rows };
                let chunk_bytes = &mut buffer[..stored_rows * row_bytes];
                for column in 0..across {
                    let left = column * chunk_width;
                    let columns = chunk_width.min(width - left);
                    let index = (plane * down + row) * across + column;
                    self.chunk(encoding, &mut codec, index as u64, chunk_bytes)?;
                    for (y, line) in chunk_bytes.chunks_exact_mut(row_bytes).take(rows).enumerate() {
                        encoding.predictor.undo(line, &mut scratch, in_chunk, encoding.kind, big_endian);
                        let start = ((top + y) * width + left) * kept;
                        let target = samples[start..start + columns * kept].chunks_exact_mut(kept);
                        for (x, pixel) in target.enumerate() {
                            for (c, sample) in pixel[channels.clone()].iter_mut().enumerate() {
                                *sample = load(line, x * in_chunk + self.first + c);
                            }
                        }
                    }
                }
            }
        }
        Ok(samples)
    }

    /// Decodes strip or tile `index` into the whole of `output`.
    fn chunk(
        &mut self,
        encoding: &Encoding<'_>,
        codec: &mut Codec,
        index: u64,
        output: &mut [u8],
    ) -> Result<(), FileFault> {
        let expected = output.len() as u64;
        let what = if encoding.tiled { "tile" } else { "strip" };
        let at = encoding.offsets.get(index).unwrap_or(u64::MAX).saturating_add(self.start);
        let length = encoding.lengths.as_ref().and_then(|lengths| lengths.get(index)).unwrap_or(expected);
        let input = if encoding.method == Method::Plain {
            // Some writers state a wrong length; the right one is known here.
            self.file.range(what, at, expected)?
        } else {
            // Interleaved planes are decoded once for each.
            let counted = if self.first > 0 { 0 } else { length };
            self.usage.compressed = self.usage.compressed.saturating_add(counted);
            let limit = self.limits.bytes.min(self.file.length().saturating_mul(MAX_REREADS));
            if self.usage.compressed > limit {
                let found = self.usage.compressed;
                return Err(FileFault::OverLimit { what: Quantity::CompressedBytes, found, limit });
            }
            self.file.range(what, at, length)?
        };
        let reversed: Vec<u8>;
        let input = if encoding.reversed {
            reversed = input.iter().map(|byte| byte.reverse_bits()).collect();
            &reversed
        } else {
            input
        };
        let found = match codec.decode(input, output, encoding.shape) {
            Ok(found) => found as u64,
            Err(source) => return Err(FileFault::Corrupt { chunk: index, source }),
        };
        if found < expected {
            return Err(FileFault::Incomplete { chunk: index, expected, found });
        }
        Ok(())
    }
}

/// Palette indices → interleaved 8-bit RGB, from a map of `entries` colours.
fn expand(indices: &[u8], map: &Values<'_>, entries: usize) -> Result<Vec<u8>, FileFault> {
    let map: Vec<u64> = map.iter(3 * entries as u64).collect();
    // Values have 16 bits. Some writers store 8-bit values, none of them above 255.
    let shift = if map.iter().all(|&value| value < 256) { 0 } else { 8 };
    let mut samples = zeroed::<u8>(indices.len() as u64 * 3)?;
    for (pixel, &index) in samples.chunks_exact_mut(3).zip(indices) {
        for (channel, sample) in pixel.iter_mut().enumerate() {
            *sample = (map[channel * entries + usize::from(index)] >> shift) as u8;
        }
    }
    Ok(samples)
}
