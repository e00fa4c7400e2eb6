//! Elements of a data set, from values of Rust.

use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::number::decimal;

/// The value representation of this name, if its values are text.
pub(super) fn text_vr(name: &str) -> Option<VR> {
    const TEXT: [VR; 17] = [
        VR::AE,
        VR::AS,
        VR::CS,
        VR::DA,
        VR::DS,
        VR::DT,
        VR::IS,
        VR::LO,
        VR::LT,
        VR::PN,
        VR::SH,
        VR::ST,
        VR::TM,
        VR::UC,
        VR::UI,
        VR::UR,
        VR::UT,
    ];
    TEXT.into_iter().find(|vr| vr.to_string() == name)
}

/// A coded term.
pub(super) fn code(scheme: &str, value: &str, meaning: &str) -> InMemDicomObject {
    let mut code = InMemDicomObject::new_empty();
    text(&mut code, tags::CODE_VALUE, VR::SH, value);
    text(&mut code, tags::CODING_SCHEME_DESIGNATOR, VR::SH, scheme);
    text(&mut code, tags::CODE_MEANING, VR::LO, meaning);
    code
}

pub(super) fn text(data: &mut InMemDicomObject, tag: Tag, vr: VR, value: &str) {
    put(data, tag, vr, if value.is_empty() { PrimitiveValue::Empty } else { PrimitiveValue::from(value) });
}

pub(super) fn decimals(data: &mut InMemDicomObject, tag: Tag, numbers: &[f64]) {
    let numbers: Vec<String> = numbers.iter().map(|&number| decimal(number)).collect();
    text(data, tag, VR::DS, &numbers.join("\\"));
}

pub(super) fn unsigned(data: &mut InMemDicomObject, tag: Tag, value: u16) {
    put(data, tag, VR::US, PrimitiveValue::from(value));
}

pub(super) fn put(data: &mut InMemDicomObject, tag: Tag, vr: VR, value: PrimitiveValue) {
    data.put(DataElement::new(tag, vr, value));
}

pub(super) fn sequence(data: &mut InMemDicomObject, tag: Tag, items: Vec<InMemDicomObject>) {
    data.put(DataElement::new(tag, VR::SQ, DataSetSequence::from(items)));
}
