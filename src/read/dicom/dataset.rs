//! [`Dataset`]: the elements of a file, in order, without copies.

use dicom_core::header::{DataElementHeader, Header as _};
use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;
use dicom_encoding::decode::explicit_le::ExplicitVRLittleEndianDecoder;
use dicom_encoding::decode::implicit_le::ImplicitVRLittleEndianDecoder;
use dicom_encoding::decode::{BasicDecode as _, DecodeFrom};
use dicom_encoding::transfer_syntax::{DynDecoder, Endianness, TransferSyntax};

use crate::error::FileFault;

const ITEM: Tag = Tag(0xfffe, 0xe000);
const ITEM_END: Tag = Tag(0xfffe, 0xe00d);
const SEQUENCE_END: Tag = Tag(0xfffe, 0xe0dd);

/// The length of a value that ends with a mark.
const UNDEFINED: u32 = u32::MAX;

/// Sequences inside sequences. Real files have fewer than ten.
const DEEPEST: usize = 32;

/// The group that is always explicit and little-endian, and states the transfer syntax.
pub(super) struct Meta<'a> {
    pub(super) syntax: String,
    pub(super) rest: &'a [u8],
}

/// The elements of a file after its meta group.
pub(super) struct Dataset<'a> {
    bytes: &'a [u8],
    syntax: &'a TransferSyntax,
}

/// A value, and the sequences and items that it is in.
pub(super) struct Element<'a, 'p> {
    pub(super) path: &'p [Open],
    pub(super) tag: Tag,
    pub(super) vr: VR,
    pub(super) value: Value<'a>,
}

pub(super) enum Value<'a> {
    Plain(&'a [u8]),
    /// The items of compressed pixels. The first is the table of offsets.
    Fragments(Vec<&'a [u8]>),
}

/// A sequence that is open.
pub(super) struct Open {
    pub(super) tag: Tag,
    /// The number of the item, from 1; 0 before the first.
    pub(super) item: usize,
    end: Option<usize>,
    /// `None` between items, else the end of the item if it is stated.
    inside: Option<Option<usize>>,
    implicit: bool,
}

/// Reads the meta group, if there is one.
pub(super) fn meta(elements: &[u8]) -> Result<Meta<'_>, FileFault> {
    let mut at = 0;
    let mut meta = Meta { syntax: String::new(), rest: elements };
    while elements.get(at..at + 2) == Some(&[2, 0]) {
        let mut rest = &elements[at..];
        let (header, size) = decode(&ExplicitVRLittleEndianDecoder::default(), &mut rest, at)?;
        let value = value(elements, at + size, header.len.0)?;
        if header.tag() == tags::TRANSFER_SYNTAX_UID {
            meta.syntax = String::from_utf8_lossy(value).trim_end_matches(['\0', ' ']).to_owned();
        }
        at += size + value.len();
    }
    meta.rest = &elements[at..];
    Ok(meta)
}

impl<'a> Dataset<'a> {
    pub(super) fn new(bytes: &'a [u8], syntax: &'a TransferSyntax) -> Self {
        Self { bytes, syntax }
    }

    pub(super) fn is_big_endian(&self) -> bool {
        self.syntax.endianness() == Endianness::Big
    }

    /// Calls `visit` with each value up to the pixels. Sequences of a stated length are entered if `enters` is true.
    pub(super) fn walk(
        &self,
        enters: impl Fn(Tag) -> bool,
        mut visit: impl FnMut(Element<'a, '_>) -> Result<(), FileFault>,
    ) -> Result<(), FileFault> {
        let bytes = self.bytes;
        let decoder: DynDecoder<&[u8]> = self
            .syntax
            .decoder_for()
            .ok_or_else(|| FileFault::TransferSyntax { name: self.syntax.name().to_owned() })?;
        let implicit = ImplicitVRLittleEndianDecoder::with_std_dict();
        let mut path: Vec<Open> = Vec::new();
        let mut at = 0;
        loop {
            if let Some(open) = path.last_mut().filter(|open| open.inside.is_none()) {
                if ended(open.end, at)? {
                    path.pop();
                    continue;
                }
                let (tag, length) = self.item(at)?;
                at += 8;
                match tag {
                    SEQUENCE_END => drop(path.pop()),
                    ITEM => {
                        open.item += 1;
                        let end = (length != UNDEFINED).then(|| at.saturating_add(length as usize));
                        open.inside = Some(end);
                    }
                    _ => return Err(corrupt(at - 8, "no item of a sequence")),
                }
                continue;
            }
            if let Some(open) = path.last_mut()
                && ended(open.inside.flatten(), at)?
            {
                open.inside = None;
                continue;
            }
            if at >= bytes.len() {
                return if path.is_empty() { Ok(()) } else { Err(corrupt(at, "a sequence has no end")) };
            }
            let within_implicit = path.last().is_some_and(|open| open.implicit);
            let mut rest = &bytes[at..];
            let (header, size) =
                if within_implicit { decode(&implicit, &mut rest, at)? } else { decode(&*decoder, &mut rest, at)? };
            let (tag, vr, length) = (header.tag(), header.vr(), header.len.0);
            let start = at;
            at += size;
            if tag == ITEM_END {
                let open = path.last_mut().ok_or_else(|| corrupt(start, "the end of an item outside of one"))?;
                open.inside = None;
                continue;
            }
            if tag.0 == ITEM.0 {
                return Err(corrupt(start, "an item outside of a sequence"));
            }
            let is_pixels = path.is_empty() && tag == tags::PIXEL_DATA;
            if is_pixels && length == UNDEFINED {
                let value = Value::Fragments(self.fragments(at)?);
                return visit(Element { path: &path, tag, vr, value });
            }
            let is_sequence = length == UNDEFINED || (vr == VR::SQ || vr == VR::UN) && enters(tag);
            if is_sequence {
                if path.len() == DEEPEST {
                    return Err(corrupt(start, "too many sequences inside each other"));
                }
                let end = (length != UNDEFINED).then(|| at.saturating_add(length as usize));
                path.push(Open { tag, item: 0, end, inside: None, implicit: within_implicit || vr == VR::UN });
                continue;
            }
            let value = value(bytes, at, length)?;
            at += value.len();
            visit(Element { path: &path, tag, vr, value: Value::Plain(value) })?;
            if is_pixels {
                return Ok(());
            }
        }
    }

    /// The tag and the length of an item's header.
    fn item(&self, at: usize) -> Result<(Tag, u32), FileFault> {
        let basic = self.syntax.basic_decoder();
        let mut rest = self.bytes.get(at..).unwrap_or_default();
        let mut part = || {
            let tag = basic.decode_tag(&mut rest)?;
            basic.decode_ul(&mut rest).map(|length| (tag, length))
        };
        part().map_err(|_| truncated(at as u64 + 8, self.bytes))
    }

    /// The items of compressed pixels from `at` on.
    fn fragments(&self, mut at: usize) -> Result<Vec<&'a [u8]>, FileFault> {
        let mut fragments = Vec::new();
        loop {
            let (tag, length) = self.item(at)?;
            at += 8;
            match tag {
                SEQUENCE_END => return Ok(fragments),
                ITEM if length != UNDEFINED => {
                    let value = value(self.bytes, at, length)?;
                    at += value.len();
                    fragments.push(value);
                }
                _ => return Err(corrupt(at - 8, "no item of compressed pixels")),
            }
        }
    }
}

fn decode<'a>(
    decoder: &dyn DecodeFrom<&'a [u8]>,
    rest: &mut &'a [u8],
    at: usize,
) -> Result<(DataElementHeader, usize), FileFault> {
    let (header, size) = decoder.decode_header(rest).map_err(|_| corrupt(at, "its header cannot be read"))?;
    Ok((header, size))
}

/// The `length` bytes at `at`.
fn value(bytes: &[u8], at: usize, length: u32) -> Result<&[u8], FileFault> {
    let end = at as u64 + u64::from(length);
    let range = at..usize::try_from(end).unwrap_or(usize::MAX);
    bytes.get(range).ok_or_else(|| truncated(end, bytes))
}

/// Whether a sequence or item ends at `at`.
fn ended(end: Option<usize>, at: usize) -> Result<bool, FileFault> {
    match end {
        Some(end) if at > end => Err(corrupt(at, "it is longer than the sequence that it is in")),
        end => Ok(end == Some(at)),
    }
}

fn corrupt(at: usize, reason: &'static str) -> FileFault {
    FileFault::Element { at, reason }
}

fn truncated(needed: u64, bytes: &[u8]) -> FileFault {
    FileFault::Truncated { what: "a DICOM element", needed, found: bytes.len() as u64 }
}
