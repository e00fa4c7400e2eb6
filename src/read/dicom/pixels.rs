//! [`Pixels`]: the numbers of each frame.

use std::borrow::Cow;

use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};
use jpeg_decoder::{Decoder, PixelFormat, UnsupportedFeature};

use super::fields::{Header, Stored};
use crate::error::{FileFault, Quantity};
use crate::read::Limits;
use crate::read::limits::{reserved, zeroed};
use crate::read::tiff::pack_bits;

/// The bytes of the table at the beginning of a frame with run lengths: how many segments there are, and where up to 15 begin.
const RLE_TABLE: usize = 64;

/// The pixels of a file whose size was checked.
pub(super) struct Pixels<'a> {
    header: &'a Header<'a>,
    width: usize,
    height: usize,
    /// Bytes of a number: 1, 2 or 4.
    bytes: usize,
    /// The bits of a number that are used, and the bits below them.
    stored: u32,
    shift: u32,
    signed: bool,
    big: bool,
}

/// The numbers of a frame.
pub(super) enum Values {
    /// Unsigned integers of at most 8 bits.
    Narrow(Vec<u8>),
    /// Unsigned integers of at most 16 bits.
    Wide(Vec<u16>),
    /// Everything else, also what is rescaled.
    Numbers(Vec<f32>),
}

impl<'a> Pixels<'a> {
    /// Judges the size and kind of the pixels before memory is spent on them.
    pub(super) fn of(header: &'a Header<'a>, limits: &Limits) -> Result<Self, FileFault> {
        let top = &header.top;
        let whole = |tag: Tag| top.number(tag).filter(|number| *number >= 0.0).map(|number| number as u64);
        let colours = !matches!(&*top.text(tags::PHOTOMETRIC_INTERPRETATION), "" | "MONOCHROME1" | "MONOCHROME2");
        if colours || whole(tags::SAMPLES_PER_PIXEL).is_some_and(|samples| samples != 1) {
            return Err(FileFault::Picture { found: "a colour image" });
        }
        let needed = |tag: Tag, name: &'static str| whole(tag).ok_or(FileFault::MissingTag { tag: name });
        let (columns, rows) = (needed(tags::COLUMNS, "Columns")?, needed(tags::ROWS, "Rows")?);
        let allocated = needed(tags::BITS_ALLOCATED, "BitsAllocated")?;
        let bytes = match allocated {
            8 | 16 | 32 => allocated as usize / 8,
            1 => return Err(FileFault::Picture { found: "an image of single bits" }),
            found => {
                let found = found as f64;
                return Err(FileFault::HeaderValue { field: "BitsAllocated", found, expected: "8, 16 or 32" });
            }
        };
        let stored = whole(tags::BITS_STORED).unwrap_or(allocated);
        let high = whole(tags::HIGH_BIT).unwrap_or(stored.saturating_sub(1));
        if !(1..=allocated).contains(&stored) || high + 1 < stored || high >= allocated {
            let expected = "at most BitsAllocated, and at most HighBit + 1";
            return Err(FileFault::HeaderValue { field: "BitsStored", found: stored as f64, expected });
        }
        let frames = header.count();
        if frames > limits.pages {
            return Err(FileFault::OverLimit { what: Quantity::Slices, found: frames, limit: limits.pages });
        }
        let pixels = Self {
            header,
            width: columns as usize,
            height: rows as usize,
            bytes,
            stored: stored as u32,
            shift: (high + 1 - stored) as u32,
            signed: top.number(tags::PIXEL_REPRESENTATION) == Some(1.0),
            big: top.is_big_endian(),
        };
        let mut before = 0;
        for frame in 0..frames as usize {
            // Numbers take as much memory as two samples, and their samples are there too.
            let samples = if pixels.is_whole(frame) { 1 } else { 3 };
            limits.admit(columns, rows, samples, before)?;
            before += columns * rows * samples;
        }
        Ok(pixels)
    }

    /// Columns and rows.
    pub(super) fn size(&self) -> [usize; 2] {
        [self.width, self.height]
    }

    /// Decodes a frame, from 0.
    pub(super) fn decode(&self, frame: usize, syntax: &str) -> Result<Values, FileFault> {
        let count = self.width * self.height;
        let native = match &self.header.stored {
            Stored::Plain { bytes, swapped } => self.plain(bytes, *swapped, frame)?,
            Stored::Fragments(fragments) => {
                let packed = fragment(fragments, frame, self.header.count() as usize)?;
                match syntax {
                    uids::RLE_LOSSLESS => Cow::Owned(self.run_lengths(&packed, frame)?),
                    uids::JPEG_BASELINE8_BIT
                    | uids::JPEG_EXTENDED12_BIT
                    | uids::JPEG_LOSSLESS
                    | uids::JPEG_LOSSLESS_SV1 => return self.values(frame, self.jpeg(&packed, frame)?.into_iter()),
                    _ => return Err(corrupt(frame, "compressed pixels in a transfer syntax without compression")),
                }
            }
        };
        // What is decompressed is little-endian.
        let big = self.big && matches!(native, Cow::Borrowed(_));
        let number = move |chunk: &[u8]| {
            let fold = |number: u32, byte: &u8| number << 8 | u32::from(*byte);
            if big { chunk.iter().fold(0, fold) } else { chunk.iter().rev().fold(0, fold) }
        };
        debug_assert_eq!(native.len(), count * self.bytes);
        self.values(frame, native.chunks_exact(self.bytes).map(number))
    }

    /// The values that stored numbers stand for.
    fn values(&self, frame: usize, numbers: impl Iterator<Item = u32>) -> Result<Values, FileFault> {
        let count = (self.width * self.height) as u64;
        let (stored, shift) = (self.stored, self.shift);
        let mask = u32::MAX >> (32 - stored);
        let unsigned = numbers.map(move |number| number >> shift & mask);
        if self.is_whole(frame) {
            return Ok(if stored <= 8 {
                let mut values = reserved(count)?;
                values.extend(unsigned.map(|number| number as u8));
                Values::Narrow(values)
            } else {
                let mut values = reserved(count)?;
                values.extend(unsigned.map(|number| number as u16));
                Values::Wide(values)
            });
        }
        let [slope, intercept] = self.rescale(frame);
        let signed = self.signed;
        let number = move |number: u32| match signed {
            // The highest bit is the sign.
            true => f64::from((number << (32 - stored)) as i32 >> (32 - stored)),
            false => f64::from(number),
        };
        let mut values: Vec<f32> = reserved(count)?;
        values.extend(unsigned.map(|stored| (number(stored) * slope + intercept) as f32));
        Ok(Values::Numbers(values))
    }

    /// Whether stored numbers are the values, and fit 16 bits.
    fn is_whole(&self, frame: usize) -> bool {
        !self.signed && self.stored <= 16 && self.rescale(frame) == [1.0, 0.0]
    }

    /// The slope and the intercept of a frame.
    fn rescale(&self, frame: usize) -> [f64; 2] {
        let number = |tag: Tag| self.header.of_frame(frame, tag).number(tag).filter(|number| number.is_finite());
        let slope = number(tags::RESCALE_SLOPE).filter(|slope| *slope != 0.0).unwrap_or(1.0);
        [slope, number(tags::RESCALE_INTERCEPT).unwrap_or(0.0)]
    }

    /// The bytes of a frame that is not compressed.
    fn plain<'b>(&self, bytes: &'b [u8], swapped: bool, frame: usize) -> Result<Cow<'b, [u8]>, FileFault> {
        let size = self.width * self.height * self.bytes;
        let start = frame * size;
        if self.bytes == 1 && swapped {
            let mut values = reserved(size as u64)?;
            let swap = |at: usize| bytes.get(at ^ 1).or_else(|| bytes.get(at)).copied();
            values.extend((start..start + size).map_while(swap));
            return if values.len() == size { Ok(Cow::Owned(values)) } else { Err(truncated(start + size, bytes)) };
        }
        bytes.get(start..start + size).map(Cow::Borrowed).ok_or_else(|| truncated(start + size, bytes))
    }

    /// The bytes of a frame with run lengths: a segment for each byte of a number, the highest first.
    fn run_lengths(&self, packed: &[u8], frame: usize) -> Result<Vec<u8>, FileFault> {
        let count = self.width * self.height;
        let (table, _) = packed.as_chunks::<4>();
        let table: Vec<usize> =
            table.iter().take(RLE_TABLE / 4).map(|&entry| u32::from_le_bytes(entry) as usize).collect();
        if table.len() < RLE_TABLE / 4 || table[0] != self.bytes {
            return Err(corrupt(frame, "the table of run lengths does not fit the numbers"));
        }
        let mut values: Vec<u8> = zeroed((count * self.bytes) as u64)?;
        let mut plane: Vec<u8> = zeroed(count as u64)?;
        for segment in 0..self.bytes {
            let last = segment + 1 == self.bytes;
            let end = if last { packed.len() } else { table[segment + 2].min(packed.len()) };
            let segment_bytes = packed.get(table[segment + 1]..end).unwrap_or_default();
            if pack_bits(segment_bytes, &mut plane) < count {
                return Err(corrupt(frame, "a segment of run lengths is too short"));
            }
            let place = self.bytes - 1 - segment;
            let places = values.iter_mut().skip(place).step_by(self.bytes);
            places.zip(&plane).for_each(|(value, byte)| *value = *byte);
        }
        Ok(values)
    }

    /// The numbers of a JPEG image.
    fn jpeg(&self, packed: &[u8], frame: usize) -> Result<Vec<u32>, FileFault> {
        let fault = |source: jpeg_decoder::Error| match source {
            jpeg_decoder::Error::Unsupported(UnsupportedFeature::SamplePrecision(bits)) => {
                FileFault::TransferSyntax { name: format!("JPEG with loss and {bits} bits") }
            }
            source => FileFault::Frame { frame: frame as u64 + 1, source: Box::new(source) },
        };
        let mut decoder = Decoder::new(packed);
        decoder.set_max_decoding_buffer_size(self.width * self.height * 2);
        decoder.read_info().map_err(fault)?;
        let info = decoder.info().ok_or_else(|| corrupt(frame, "a JPEG without a size"))?;
        if [usize::from(info.width), usize::from(info.height)] != self.size() {
            return Err(corrupt(frame, "a JPEG of another size than the header states"));
        }
        let bytes = match info.pixel_format {
            PixelFormat::L8 => 1,
            PixelFormat::L16 => 2,
            _ => return Err(FileFault::Picture { found: "a colour image" }),
        };
        let values = decoder.decode().map_err(fault)?;
        if values.len() != self.width * self.height * bytes {
            return Err(corrupt(frame, "a JPEG with too few pixels"));
        }
        Ok(match bytes {
            1 => values.into_iter().map(u32::from).collect(),
            _ => values.as_chunks::<2>().0.iter().map(|&pair| u16::from_ne_bytes(pair).into()).collect(),
        })
    }
}

/// The compressed bytes of a frame.
fn fragment<'a>(items: &[&'a [u8]], frame: usize, frames: usize) -> Result<Cow<'a, [u8]>, FileFault> {
    let missing = || corrupt(frame, "its compressed pixels are missing");
    let (table, fragments) = items.split_first().ok_or_else(missing)?;
    if frames == 1 {
        return match fragments {
            [] => Err(missing()),
            [one] => Ok(Cow::Borrowed(one)),
            several => Ok(Cow::Owned(several.concat())),
        };
    }
    if fragments.len() == frames {
        return Ok(Cow::Borrowed(fragments[frame]));
    }
    // Offsets count from the header of the first fragment, and each header has 8 bytes.
    let offsets: Vec<usize> =
        table.as_chunks::<4>().0.iter().map(|&offset| u32::from_le_bytes(offset) as usize).collect();
    let range = offsets.get(frame).copied().ok_or_else(missing)?..offsets.get(frame + 1).copied().unwrap_or(usize::MAX);
    let mut at = 0;
    let mut own = Vec::new();
    for fragment in fragments {
        if range.contains(&at) {
            own.push(*fragment);
        }
        at += fragment.len() + 8;
    }
    if own.is_empty() { Err(missing()) } else { Ok(Cow::Owned(own.concat())) }
}

fn corrupt(frame: usize, reason: &'static str) -> FileFault {
    FileFault::Frame { frame: frame as u64 + 1, source: reason.into() }
}

fn truncated(needed: usize, bytes: &[u8]) -> FileFault {
    FileFault::Truncated { what: "PixelData", needed: needed as u64, found: bytes.len() as u64 }
}
