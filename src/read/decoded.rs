//! Slices ↔ bytes: a file that the module `formats` has decoded for the page.
//!
//! The bytes begin with [`MAGIC`]. Each slice has the length of its head in 4 bytes, the head as JSON, then its samples and its
//! labels. Integers are little-endian. Everything that [`read`](super::read()) finds in the file is kept.

use serde::{Deserialize, Serialize};

use super::slice::Details;
use super::{Channels, Frame, Limits, Orientation, ReadNote, Samples, Slice, Spacing, SpacingSource};
use crate::error::{Error, FileFault, Quantity, Result};

/// The first bytes.
const MAGIC: &[u8] = b"glioscope slices 1\n";

/// The bits of numbers that the case scales.
const NUMBERS: u64 = 32;

/// A slice without its samples.
#[derive(Serialize, Deserialize)]
struct Head {
    /// From 1, if the file has several pages.
    page: Option<u64>,
    width: u64,
    height: u64,
    /// 1 or 3.
    channels: u64,
    /// 8 or 16 for samples, 32 for numbers in single precision.
    bits: u64,
    /// Whether labels of 8 bits follow.
    labels: bool,
    /// The value of TIFF's tag.
    orientation: u64,
    spacing: Option<Bits>,
    doubtful: Option<Bits>,
    source: Option<SpacingSource>,
    notes: Vec<ReadNote>,
    /// Of a DICOM file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    frame: Option<Frame>,
}

/// A spacing as the bits of its numbers: decimal digits would be rounded.
#[derive(Serialize, Deserialize)]
struct Bits(u64, u64, Option<u64>);

impl Bits {
    fn spacing(self) -> Spacing {
        Spacing { x: f64::from_bits(self.0), y: f64::from_bits(self.1), z: self.2.map(f64::from_bits) }
    }
}

/// Whether these are the first bytes of decoded slices.
pub(super) fn is_decoded(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// Reads decoded slices.
pub(super) fn read(name: &str, bytes: &[u8], limits: &Limits) -> Result<Vec<Slice>> {
    let mut rest = &bytes[MAGIC.len()..];
    let (mut slices, mut before) = (Vec::new(), 0);
    let fault = |fault| Error::in_file(name, fault);
    while !rest.is_empty() {
        let (found, limit) = (slices.len() as u64 + 1, limits.pages);
        if found > limit {
            return Err(fault(FileFault::OverLimit { what: Quantity::Pages, found, limit }));
        }
        let head = head(&mut rest).map_err(fault)?;
        let samples = head.channels.saturating_mul(if head.bits == NUMBERS { 3 } else { 1 });
        limits.admit(head.width, head.height, samples, before).map_err(fault)?;
        before += head.width * head.height * samples;
        slices.push(slice(name, head, &mut rest)?);
    }
    if slices.is_empty() { Err(fault(FileFault::NoPages { found: 0 })) } else { Ok(slices) }
}

fn head(rest: &mut &[u8]) -> Result<Head, FileFault> {
    let length = take(rest, 4)?.first_chunk().map_or(0, |&length| u32::from_le_bytes(length));
    serde_json::from_slice(take(rest, length as usize)?)
        .map_err(|_| FileFault::MissingTag { tag: "the head of a slice" })
}

/// Reads the samples of a slice whose size is within the limits.
fn slice(name: &str, head: Head, rest: &mut &[u8]) -> Result<Slice> {
    let name = head.page.map_or_else(|| name.to_owned(), |page| format!("{name}#{page}"));
    let fault = |fault| Error::in_file(&name, fault);
    let channels = match head.channels {
        1 => Channels::Grey,
        3 => Channels::Rgb,
        found => return Err(fault(FileFault::ChannelCount { found })),
    };
    let (width, height) = (head.width as usize, head.height as usize);
    let count = width * height * channels.count();
    let slice = match head.bits {
        8 => {
            let samples = take(rest, count).map_err(fault)?.to_vec();
            Slice::new(&name, width, height, channels, Samples::U8(samples))?
        }
        16 => {
            let pairs = take(rest, 2 * count).map_err(fault)?.as_chunks().0;
            let samples = pairs.iter().map(|&pair| u16::from_le_bytes(pair)).collect();
            Slice::new(&name, width, height, channels, Samples::U16(samples))?
        }
        NUMBERS => {
            let numbers = take(rest, 4 * count).map_err(fault)?.as_chunks().0;
            let numbers = numbers.iter().map(|&number| f32::from_le_bytes(number)).collect();
            Slice::of_numbers(&name, width, height, channels, numbers)?
        }
        found => return Err(fault(FileFault::BitDepth { found: vec![found] })),
    };
    let labels = if head.labels { Some(take(rest, width * height).map_err(fault)?.to_vec()) } else { None };
    Ok(slice.with_details(Details {
        labels,
        orientation: Orientation::from_code(head.orientation).unwrap_or_default(),
        spacing: head.spacing.map(Bits::spacing).filter(|spacing| spacing.check().is_ok()),
        doubtful_spacing: head.doubtful.map(Bits::spacing),
        spacing_source: head.source,
        notes: head.notes,
        frame: head.frame,
    }))
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Result<&'a [u8], FileFault> {
    let fault = FileFault::Truncated { what: "a decoded slice", needed: count as u64, found: rest.len() as u64 };
    let (taken, left) = rest.split_at_checked(count).ok_or(fault)?;
    *rest = left;
    Ok(taken)
}

/// The slices of a file as bytes for [`read`].
#[cfg(feature = "formats")]
pub(super) fn encode(slices: &[Slice]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    let bits = |Spacing { x, y, z }: Spacing| Bits(x.to_bits(), y.to_bits(), z.map(f64::to_bits));
    for slice in slices {
        let page = slice.name().rsplit_once('#').filter(|_| slices.len() > 1);
        let (width, samples): (u64, Vec<u8>) = match (slice.numbers(), slice.samples()) {
            (Some(numbers), _) => (NUMBERS, numbers.iter().flat_map(|number| number.to_le_bytes()).collect()),
            (None, Samples::U8(samples)) => (8, samples.clone()),
            (None, Samples::U16(samples)) => (16, samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()),
        };
        let head = Head {
            page: page.and_then(|(_, page)| page.parse().ok()),
            width: slice.width() as u64,
            height: slice.height() as u64,
            channels: slice.channels().count() as u64,
            bits: width,
            labels: slice.labels().is_some(),
            orientation: slice.orientation().code().into(),
            spacing: slice.spacing().map(bits),
            doubtful: slice.doubtful_spacing().map(bits),
            source: slice.spacing_source(),
            notes: slice.notes().to_vec(),
            frame: slice.frame().cloned(),
        };
        let head = match serde_json::to_vec(&head) {
            Ok(head) => head,
            Err(error) => unreachable!("every key is a string and every number finite: {error}"),
        };
        bytes.extend((head.len() as u32).to_le_bytes());
        bytes.extend(head);
        bytes.extend(samples);
        bytes.extend(slice.labels().unwrap_or_default());
    }
    bytes
}
