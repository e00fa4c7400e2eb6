//! [`frames`]: the place of each frame in the patient and in its series.

use std::fmt::Write as _;

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use sha2::{Digest as _, Sha256};

use super::fields::Header;
use super::{protocol, subject::subject};
use crate::error::FileFault;
use crate::read::Frame;
use crate::volume::{dot, length};

/// The most that the cosine of the angle between rows and columns may be.
const SKEW: f64 = 0.01;

/// The most characters of a description: those of the value representation `LO`.
const DESCRIPTION: usize = 64;

/// The frames of a file in order.
pub(super) fn frames(header: &Header<'_>) -> Result<Vec<Frame>, FileFault> {
    let top = &header.top;
    let uid = |tag: Tag, name: &'static str| {
        Some(top.text(tag)).filter(|uid| !uid.is_empty()).ok_or(FileFault::MissingTag { tag: name })
    };
    let [study, series, instance] = [
        (tags::STUDY_INSTANCE_UID, "StudyInstanceUID"),
        (tags::SERIES_INSTANCE_UID, "SeriesInstanceUID"),
        (tags::SOP_INSTANCE_UID, "SOPInstanceUID"),
    ]
    .map(|(tag, name)| uid(tag, name));
    let (study, series, instance) = (study?, series?, instance?);
    let optional = |tag: Tag| Some(top.text(tag)).filter(|text| !text.is_empty());
    let whole = |tag: Tag| top.number(tag).map(|number| number as i64);
    let count = header.count();
    let subject = subject(top);
    let description: String = top.text(tags::SERIES_DESCRIPTION).chars().take(DESCRIPTION).collect();
    let frame = |at: usize| -> Result<Frame, FileFault> {
        let numbers = |tag: Tag| header.of_frame(at, tag).numbers(tag);
        let time = numbers(tags::TEMPORAL_POSITION_INDEX).first().map(|number| *number as i64);
        let time =
            time.or_else(|| whole(tags::TEMPORAL_POSITION_IDENTIFIER)).or_else(|| whole(tags::ACQUISITION_NUMBER));
        let instance_number = whole(tags::INSTANCE_NUMBER).unwrap_or_default();
        Ok(Frame {
            class: top.text(tags::SOP_CLASS_UID),
            instance: instance.clone(),
            number: at as u64 + 1,
            frames: count,
            study: study.clone(),
            series: series.clone(),
            frame_of_reference: optional(tags::FRAME_OF_REFERENCE_UID),
            patient: optional(tags::PATIENT_ID).map(|id| digest([id])),
            sequence: protocol::sequence(header, at),
            description: description.clone(),
            variant: variant(header, at),
            series_number: whole(tags::SERIES_NUMBER).unwrap_or(i64::MAX),
            order: [time.unwrap_or_default(), if count > 1 { at as i64 } else { instance_number }],
            directions: directions(&numbers(tags::IMAGE_ORIENTATION_PATIENT))?,
            position: position(header, at)?,
            spacing: spacing(header, at)?,
            inverted: top.text(tags::PHOTOMETRIC_INTERPRETATION) == "MONOCHROME1",
            subject: subject.clone(),
        })
    };
    (0..count as usize).map(frame).collect()
}

fn position(header: &Header<'_>, at: usize) -> Result<[f64; 3], FileFault> {
    let tag = tags::IMAGE_POSITION_PATIENT;
    let found = if header.is_stated(at, tag) { header.of_frame(at, tag).numbers(tag) } else { Vec::new() };
    let position: Option<[f64; 3]> = found.get(..3).and_then(|numbers| numbers.try_into().ok());
    let finite = position.filter(|position| position.iter().all(|number| number.is_finite()));
    finite.ok_or(FileFault::MissingTag { tag: "ImagePositionPatient" })
}

/// The directions of rows and columns, each of length 1.
fn directions(found: &[f64]) -> Result<[f64; 6], FileFault> {
    let missing = FileFault::MissingTag { tag: "ImageOrientationPatient" };
    let Some(&[a, b, c, d, e, f]) = found.first_chunk::<6>() else { return Err(missing) };
    let (row, column) = ([a, b, c], [d, e, f]);
    let (long, high) = (length(row), length(column));
    let skew = dot(row, column) / (long * high);
    if !(skew.abs() <= SKEW && long.is_finite() && high.is_finite()) {
        let expected = "two directions at a right angle";
        return Err(FileFault::HeaderValue { field: "ImageOrientationPatient", found: skew, expected });
    }
    let ([a, b, c], [d, e, f]) = (row.map(|part| part / long), column.map(|part| part / high));
    Ok([a, b, c, d, e, f])
}

/// Millimetres between columns, rows and slices. Without a distance between slices, it is 0.
fn spacing(header: &Header<'_>, at: usize) -> Result<[f64; 3], FileFault> {
    let numbers = |tag: Tag| header.of_frame(at, tag).numbers(tag);
    // The first is the distance between rows.
    let Some(&[rows, columns]) = numbers(tags::PIXEL_SPACING).first_chunk::<2>() else {
        return Err(FileFault::MissingTag { tag: "PixelSpacing" });
    };
    if let Some(found) = [rows, columns].into_iter().find(|length| !(*length > 0.0 && length.is_finite())) {
        return Err(FileFault::HeaderValue { field: "PixelSpacing", found, expected: "a length above 0" });
    }
    let stated = |tag: Tag| numbers(tag).first().copied().filter(|length| length.is_finite() && *length > 0.0);
    let slices = stated(tags::SPACING_BETWEEN_SLICES).or_else(|| stated(tags::SLICE_THICKNESS));
    Ok([columns, rows, slices.unwrap_or(0.0)])
}

/// A hash of what makes several volumes of one series.
fn variant(header: &Header<'_>, at: usize) -> String {
    let text = |tag: Tag| {
        let numbers = header.of_frame(at, tag).numbers(tag);
        let text = header.of_frame(at, tag).text(tag);
        if numbers.is_empty() { text } else { format!("{numbers:?}") }
    };
    digest(
        [
            tags::IMAGE_TYPE,
            tags::FRAME_TYPE,
            tags::COMPLEX_IMAGE_COMPONENT,
            tags::ECHO_TIME,
            tags::EFFECTIVE_ECHO_TIME,
            tags::DIFFUSION_B_VALUE,
            tags::STACK_ID,
        ]
        .map(text),
    )
}

/// The first 64 bits of a SHA-256 in hexadecimal.
fn digest(parts: impl IntoIterator<Item = String>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(8).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
