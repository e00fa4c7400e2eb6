//! The first bytes of a DICOM file: whether it is one, and what it holds.
//!
//! It needs no part of `dicom-rs`, so that the page knows a DICOM file before it fetches the module that decodes it.

/// The mark of a DICOM file, after 128 bytes of any content.
const MARK: &[u8] = b"DICM";
const PREAMBLE: usize = 128;

/// `MediaStorageSOPClassUID` and `SOPClassUID`.
const CLASSES: [[u16; 2]; 2] = [[0x0002, 0x0002], [0x0008, 0x0016]];

/// The classes of objects without pictures: the beginning of the UID, and what they are.
const WITHOUT_PICTURES: &[(&str, &str)] = &[
    ("1.2.840.10008.1.3.10", "a DICOMDIR"),
    ("1.2.840.10008.5.1.4.1.1.88.", "a structured report"),
    ("1.2.840.10008.5.1.4.1.1.104.", "a document in DICOM"),
    ("1.2.840.10008.5.1.4.1.1.11.", "a presentation state"),
    ("1.2.840.10008.5.1.4.1.1.9.", "a waveform"),
    ("1.2.840.10008.5.1.4.1.1.66.4", "a DICOM segmentation"),
    ("1.2.840.10008.5.1.4.1.1.66", "DICOM data without pictures"),
    ("1.2.840.10008.5.1.4.1.1.4.2", "MR spectroscopy"),
    ("1.2.840.10008.5.1.4.1.1.481.", "a radiotherapy object"),
];

/// Whether these are the first bytes of a DICOM file: 132 with a preamble, 8 without.
pub fn is_dicom(head: &[u8]) -> bool {
    head.get(PREAMBLE..PREAMBLE + MARK.len()) == Some(MARK) || is_bare(head)
}

/// The elements of a file, after its preamble.
pub(super) fn elements(bytes: &[u8]) -> &[u8] {
    match bytes.get(PREAMBLE..) {
        Some(rest) if rest.starts_with(MARK) => &rest[MARK.len()..],
        _ => bytes,
    }
}

/// What a file holds that has no pictures, by the class of its object. `head` is its first 512 bytes.
pub(crate) fn without_pictures(head: &[u8]) -> Option<&'static str> {
    if !is_dicom(head) {
        return None;
    }
    let mut rest = elements(head);
    while let Some((tag, value, after)) = element(rest) {
        if CLASSES.contains(&tag) {
            return class(value);
        }
        if tag > CLASSES[1] {
            return None;
        }
        rest = after;
    }
    None
}

/// What an object of this class is, if it has no pictures.
pub(super) fn class(uid: &[u8]) -> Option<&'static str> {
    let known = WITHOUT_PICTURES.iter().find(|(class, _)| uid.starts_with(class.as_bytes()));
    known.map(|&(_, name)| name)
}

/// Whether a file without a preamble begins with an element of the group 2 or 8.
fn is_bare(head: &[u8]) -> bool {
    let Some(&[group, 0, element, high, rest @ ..]) = head.first_chunk::<8>() else { return false };
    let known = matches!((group, element, high), (2, 0 | 1 | 2 | 0x10, 0) | (8, 0 | 1 | 5 | 8 | 0x12 | 0x16 | 0x18, 0));
    let explicit = matches!(&rest[..2], b"UL" | b"OB" | b"UI" | b"CS" | b"DA" | b"LO");
    // A short length where the type of the value would be.
    known && (explicit || rest[0] > 0 && rest[0] < 128 && rest[1..] == [0; 3])
}

/// The tag and the value of a little-endian element, and what follows. A value that is cut off is `None`.
fn element(bytes: &[u8]) -> Option<([u16; 2], &[u8], &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<8>()?;
    let number = |at: usize| u16::from_le_bytes([head[at], head[at + 1]]);
    let (length, rest) = if head[4..6].iter().all(u8::is_ascii_uppercase) {
        if matches!(&head[4..6], b"OB" | b"OW" | b"SQ" | b"UN" | b"UT" | b"UC") {
            let (length, rest) = rest.split_first_chunk::<4>()?;
            (u32::from_le_bytes(*length), rest)
        } else {
            (number(6).into(), rest)
        }
    } else {
        (u32::from_le_bytes([head[4], head[5], head[6], head[7]]), rest)
    };
    let (value, rest) = rest.split_at_checked(length as usize)?;
    Some(([number(0), number(2)], value, rest))
}
