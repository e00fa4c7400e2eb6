//! [`subject`]: the patient and the study, as a segmentation of the series repeats them.

use dicom_core::VR;
use dicom_dictionary_std::tags;
use dicom_encoding::text::{SpecificCharacterSet, TextCodec as _};

use super::fields::{Fields, OF_SUBJECT};
use crate::read::SourceElement;

/// Longer values are not kept, in bytes: each frame has a copy. A name has at most 194 characters.
const LONGEST: usize = 512;

/// The elements that are there and can be decoded, as UTF-8. The character set itself is not one of them.
pub(super) fn subject(fields: &Fields<'_>) -> Vec<SourceElement> {
    let stated = fields.text(tags::SPECIFIC_CHARACTER_SET);
    // Of several character sets the first is used. Text in others is decoded wrongly, or removed if it cannot be decoded.
    let set = stated.split('\\').next().and_then(SpecificCharacterSet::from_code).unwrap_or_default();
    let element = |&tag: &dicom_core::Tag| {
        let (vr, bytes) = fields.raw(tag)?;
        if bytes.len() > LONGEST {
            return None;
        }
        let text = match vr {
            VR::PN | VR::LO | VR::SH | VR::ST | VR::LT | VR::UC | VR::UT => set.decode(bytes).ok()?,
            VR::AS | VR::CS | VR::DA | VR::DS | VR::TM => String::from_utf8_lossy(bytes).into_owned(),
            _ => return None,
        };
        let value = text.trim_end_matches(['\0', ' ']).to_owned();
        Some(SourceElement { tag: [tag.group(), tag.element()], vr: vr.to_string().to_owned(), value })
    };
    OF_SUBJECT.iter().filter(|&&tag| tag != tags::SPECIFIC_CHARACTER_SET).filter_map(element).collect()
}

#[cfg(test)]
mod tests {
    use crate::read::{Limits, read};

    /// A file that states a character set, with another name of eleven bytes.
    fn named(set: &[u8; 10], name: &[u8; 11]) -> String {
        let mut bytes = include_bytes!("../../../tests/fixtures/dicom/plain.dcm").to_vec();
        let find =
            |bytes: &[u8], text: &[u8]| bytes.windows(text.len()).position(|part| part == text).expect("it is there");
        let at = find(&bytes, b"Secret^Name");
        bytes[at..at + 11].copy_from_slice(name);
        // Before ImageType, the first element of the data set.
        let at = find(&bytes, b"\x08\0\x08\0CS");
        bytes.splice(at..at, [&b"\x08\0\x05\0CS\x0a\0"[..], set].concat());
        let slices = read("a", &bytes, &Limits::default()).expect("a picture");
        let subject = &slices[0].frame().expect("a frame").subject;
        subject.iter().find(|element| element.tag == [0x10, 0x10]).expect("a name").value.clone()
    }

    #[test]
    fn names_are_decoded_by_their_character_set() {
        assert_eq!(named(b"ISO_IR 100", b"Secret^N\xe4me"), "Secret^Näme");
        assert_eq!(named(b"ISO_IR 144", b"Secret^\xbd\xd0\xdc\xd5"), "Secret^Нам\u{435}");
        assert_eq!(named(b"ISO_IR 192", "Secret^Näm".as_bytes().try_into().expect("eleven bytes")), "Secret^Näm");
    }
}
