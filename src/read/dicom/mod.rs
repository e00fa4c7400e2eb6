//! DICOM → one [`Slice`] per frame, as it is stored, with the [`Frame`](super::Frame) that sorts it into a volume.
//!
//! With and without a preamble; implicit, explicit, big-endian and deflated; no compression, RLE, JPEG baseline and JPEG lossless.
//! Pictures are grey, with integers of 8, 16 or 32 bits. Enhanced objects may have several frames.
//!
//! `dicom-rs` reads the headers of elements and knows the transfer syntaxes. The walk over the elements is own code: `dicom-object`
//! copies every value, and it allocates what a file claims before the bytes are there.

mod dataset;
mod fields;
mod geometry;
mod pixels;
mod protocol;
mod subject;

use std::borrow::Cow;
use std::io::Read as _;

use dicom_dictionary_std::{tags, uids};
use dicom_encoding::transfer_syntax::{TransferSyntax, TransferSyntaxIndex as _};
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;
use flate2::read::DeflateDecoder;

use super::{Channels, Limits, ReadNote, Samples, Slice, dicom_head};
use crate::error::{Error, FileFault, Quantity, Result};
use dataset::{Dataset, Value};
use fields::Header;
use pixels::{Pixels, Values};

/// Explicit VR Big Endian. It is retired, so its name in the dictionary is deprecated.
const BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";

/// The transfer syntaxes whose pixels are read.
const READ: [&str; 9] = [
    uids::IMPLICIT_VR_LITTLE_ENDIAN,
    uids::EXPLICIT_VR_LITTLE_ENDIAN,
    BIG_ENDIAN,
    uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    uids::RLE_LOSSLESS,
    uids::JPEG_BASELINE8_BIT,
    uids::JPEG_EXTENDED12_BIT,
    uids::JPEG_LOSSLESS,
    uids::JPEG_LOSSLESS_SV1,
];

/// Reads all frames of a file. A file with several gives slices called `name#1`, `name#2` and so on.
pub(super) fn read(name: &str, bytes: &[u8], limits: &Limits) -> Result<Vec<Slice>> {
    let fault = |fault| Error::in_file(name, fault);
    let (syntax, elements) = syntax(dicom_head::elements(bytes)).map_err(fault)?;
    let elements = inflated(syntax, elements, limits).map_err(fault)?;
    let header = Header::of(&Dataset::new(&elements, syntax), limits).map_err(fault)?;
    if !READ.contains(&uid(syntax)) {
        return Err(fault(FileFault::TransferSyntax { name: syntax.name().to_owned() }));
    }
    let pixels = Pixels::of(&header, limits).map_err(fault)?;
    let frames = geometry::frames(&header).map_err(fault)?;
    let lossy = is_lossy(syntax) || header.top.text(tags::LOSSY_IMAGE_COMPRESSION) == "01";
    let (several, [width, height]) = (frames.len() > 1, pixels.size());
    let slice = |(at, frame): (usize, super::Frame)| {
        let name = if several { format!("{name}#{}", at + 1) } else { name.to_owned() };
        let values = pixels.decode(at, uid(syntax)).map_err(|fault| Error::in_file(&name, fault))?;
        let slice = match values {
            Values::Narrow(samples) => Slice::new(&name, width, height, Channels::Grey, Samples::U8(samples)),
            Values::Wide(samples) => Slice::new(&name, width, height, Channels::Grey, Samples::U16(samples)),
            Values::Numbers(numbers) => Slice::of_numbers(&name, width, height, Channels::Grey, numbers),
        };
        let mut slice = slice?.of_frame(frame);
        if lossy {
            slice.note(ReadNote::Lossy);
        }
        Ok(slice)
    };
    frames.into_iter().enumerate().map(slice).collect()
}

/// The study that a file belongs to, as far as its first bytes tell. `head` may be cut off anywhere after that.
pub(super) fn study(head: &[u8], limits: &Limits) -> Option<String> {
    let (syntax, elements) = syntax(dicom_head::elements(head)).ok()?;
    let elements = inflated(syntax, elements, limits).ok()?;
    let mut study = None;
    let end = Dataset::new(&elements, syntax).walk(
        |_| false,
        |element| {
            if let Value::Plain(value) = element.value
                && element.path.is_empty()
                && element.tag == tags::STUDY_INSTANCE_UID
            {
                study = Some(String::from_utf8_lossy(value).trim_matches(['\0', ' ']).to_owned());
                return Err(FileFault::MissingTag { tag: "what follows" });
            }
            Ok(())
        },
    );
    end.err().and(study)
}

fn uid(syntax: &TransferSyntax) -> &str {
    syntax.uid().trim_end_matches('\0')
}

fn is_lossy(syntax: &TransferSyntax) -> bool {
    [uids::JPEG_BASELINE8_BIT, uids::JPEG_EXTENDED12_BIT].contains(&uid(syntax))
}

/// The transfer syntax that the first elements state, and the elements that follow them.
fn syntax(elements: &[u8]) -> Result<(&'static TransferSyntax, &[u8]), FileFault> {
    let meta = dataset::meta(elements)?;
    let bare = match meta.rest.get(4..6) {
        Some(kind) if kind.iter().all(u8::is_ascii_uppercase) => uids::EXPLICIT_VR_LITTLE_ENDIAN,
        _ => uids::IMPLICIT_VR_LITTLE_ENDIAN,
    };
    let uid = if meta.syntax.is_empty() { bare } else { &meta.syntax };
    let known = TransferSyntaxRegistry.get(uid);
    Ok((known.ok_or_else(|| FileFault::TransferSyntax { name: format!("the transfer syntax {uid}") })?, meta.rest))
}

/// The elements without the compression of the whole file.
fn inflated<'a>(syntax: &TransferSyntax, elements: &'a [u8], limits: &Limits) -> Result<Cow<'a, [u8]>, FileFault> {
    if uid(syntax) != uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN {
        return Ok(Cow::Borrowed(elements));
    }
    let mut plain = Vec::new();
    let most = limits.bytes.saturating_add(1);
    // What was decompressed before an error may be enough.
    let end = DeflateDecoder::new(elements).take(most).read_to_end(&mut plain);
    if plain.len() as u64 > limits.bytes {
        let (what, found, limit) = (Quantity::Bytes, plain.len() as u64, limits.bytes);
        return Err(FileFault::OverLimit { what, found, limit });
    }
    match end {
        Err(source) if plain.is_empty() => Err(FileFault::Frame { frame: 1, source: Box::new(source) }),
        _ => Ok(Cow::Owned(plain)),
    }
}
