//! The strips and tiles of a page → its samples.

use super::codec::{Codec, Method};
use super::directory::{File, Values};
use super::encoding::{Color, Encoding};
use super::usage::{MAX_REREADS, Usage};
use crate::error::{FileFault, Quantity};
use crate::read::limits::zeroed;
use crate::read::{Channels, Limits, Samples};

impl Encoding<'_> {
    pub(super) fn decode(
        &self,
        file: &File<'_>,
        limits: &Limits,
        usage: &mut Usage,
    ) -> Result<(Channels, Samples), FileFault> {
        let channels = match self.color {
            Color::Grey | Color::Inverted => Channels::Grey,
            Color::Rgb | Color::Palette(_) => Channels::Rgb,
        };
        let inverted = matches!(self.color, Color::Inverted);
        let samples = if self.deep {
            let mut samples: Vec<u16> = self.gather(file, limits, usage)?;
            if inverted {
                samples.iter_mut().for_each(|sample| *sample = u16::MAX - *sample);
            }
            Samples::U16(samples)
        } else {
            let mut samples: Vec<u8> = self.gather(file, limits, usage)?;
            if inverted {
                samples.iter_mut().for_each(|sample| *sample = u8::MAX - *sample);
            }
            if let Color::Palette(map) = &self.color {
                samples = expand(&samples, map)?;
            }
            Samples::U8(samples)
        };
        Ok((channels, samples))
    }

    /// Decodes all strips or tiles and collects their samples row by row, without alpha and padding.
    fn gather<T: Sample>(&self, file: &File<'_>, limits: &Limits, usage: &mut Usage) -> Result<Vec<T>, FileFault> {
        // `Limits::admit` ensures that two bytes per sample fit in a `usize`.
        let (width, height) = (self.width as usize, self.height as usize);
        let (chunk_width, chunk_height) = (self.chunk_width as usize, self.chunk_height as usize);
        let kept = if matches!(self.color, Color::Rgb) { 3 } else { 1 };
        let size = size_of::<T>();
        let in_chunk = if self.planar { 1 } else { self.stored as usize };
        let planes = if self.planar { kept } else { 1 };
        let (across, down) = (width.div_ceil(chunk_width), height.div_ceil(chunk_height));
        let row_bytes = chunk_width * in_chunk * size;

        let mut samples = zeroed::<T>(self.width * self.height * kept as u64)?;
        let mut codec = Codec::new(self.method);
        let mut buffer = zeroed::<u8>(row_bytes as u64 * self.chunk_height)?;
        for plane in 0..planes {
            for row in 0..down {
                let top = row * chunk_height;
                let rows = chunk_height.min(height - top);
                // Tiles at the bottom are padded, the last strip is not.
                let stored_rows = if self.tiled { chunk_height } else { rows };
                let chunk_bytes = &mut buffer[..stored_rows * row_bytes];
                for column in 0..across {
                    let left = column * chunk_width;
                    let columns = chunk_width.min(width - left);
                    let index = (plane * down + row) * across + column;
                    self.chunk(file, &mut codec, index as u64, chunk_bytes, limits, usage)?;
                    for (y, line) in chunk_bytes.chunks_exact_mut(row_bytes).take(rows).enumerate() {
                        if self.differences {
                            accumulate(line, in_chunk, size, file.big_endian());
                        }
                        let start = ((top + y) * width + left) * kept;
                        let target = samples[start..start + columns * kept].chunks_exact_mut(kept);
                        for (pixel, source) in target.zip(line.chunks_exact(in_chunk * size)) {
                            let pixel = if self.planar { &mut pixel[plane..=plane] } else { pixel };
                            for (sample, bytes) in pixel.iter_mut().zip(source.chunks_exact(size)) {
                                *sample = T::load(bytes, file.big_endian());
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
        &self,
        file: &File<'_>,
        codec: &mut Codec,
        index: u64,
        output: &mut [u8],
        limits: &Limits,
        usage: &mut Usage,
    ) -> Result<(), FileFault> {
        let expected = output.len() as u64;
        let what = if self.tiled { "tile" } else { "strip" };
        let at = self.offsets.get(index).unwrap_or(u64::MAX);
        let length = self.lengths.as_ref().and_then(|lengths| lengths.get(index)).unwrap_or(expected);
        let input = if self.method == Method::Plain {
            // Some writers state a wrong length; the right one is known here.
            file.range(what, at, expected)?
        } else {
            usage.compressed = usage.compressed.saturating_add(length);
            let limit = limits.bytes.min(file.length().saturating_mul(MAX_REREADS));
            if usage.compressed > limit {
                let found = usage.compressed;
                return Err(FileFault::OverLimit { what: Quantity::CompressedBytes, found, limit });
            }
            file.range(what, at, length)?
        };
        let found = match codec.decode(input, output) {
            Ok(found) => found as u64,
            Err(source) => return Err(FileFault::Corrupt { chunk: index, source }),
        };
        if found < expected {
            return Err(FileFault::Incomplete { chunk: index, expected, found });
        }
        Ok(())
    }
}

/// A stored sample of `size_of::<Self>()` bytes.
trait Sample: Copy + Default {
    fn load(bytes: &[u8], big_endian: bool) -> Self;
}

impl Sample for u8 {
    fn load(bytes: &[u8], _: bool) -> Self {
        bytes[0]
    }
}

impl Sample for u16 {
    fn load(bytes: &[u8], big_endian: bool) -> Self {
        let pair = [bytes[0], bytes[1]];
        if big_endian { Self::from_be_bytes(pair) } else { Self::from_le_bytes(pair) }
    }
}

/// Undoes the horizontal predictor on a row with `stride` samples per pixel of `size` bytes each.
fn accumulate(row: &mut [u8], stride: usize, size: usize, big_endian: bool) {
    if size == 1 {
        for i in stride..row.len() {
            row[i] = row[i].wrapping_add(row[i - stride]);
        }
        return;
    }
    let load = |pair| if big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) };
    let store = |sample: u16| if big_endian { sample.to_be_bytes() } else { sample.to_le_bytes() };
    let row = row.as_chunks_mut::<2>().0;
    for i in stride..row.len() {
        row[i] = store(load(row[i]).wrapping_add(load(row[i - stride])));
    }
}

/// Palette indices → interleaved 8-bit RGB.
fn expand(indices: &[u8], map: &Values<'_>) -> Result<Vec<u8>, FileFault> {
    let map: Vec<u64> = map.iter(3 * 256).collect();
    // Values have 16 bits. Some writers store 8-bit values, none of them above 255.
    let shift = if map.iter().all(|&value| value < 256) { 0 } else { 8 };
    let mut samples = zeroed::<u8>(indices.len() as u64 * 3)?;
    for (pixel, &index) in samples.chunks_exact_mut(3).zip(indices) {
        for (channel, sample) in pixel.iter_mut().enumerate() {
            *sample = (map[channel * 256 + usize::from(index)] >> shift) as u8;
        }
    }
    Ok(samples)
}
