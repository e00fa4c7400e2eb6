//! The data set of a segmentation.

use std::collections::BTreeMap;

use dicom_core::{PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;

use super::element::{code, put, sequence, text, text_vr, unsigned};
use super::frames;
use super::options::{SegmentationKind, SegmentationOptions};
use super::uid::Uids;
use crate::mask::Mask;
use crate::write::source_series::SourceSeries;
use crate::write::terms::{CATEGORY, Code, LABEL, MODIFIER, REGION, SCHEME, TYPE};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The mask's amber, sRGB 255, 176, 0, in CIELab as DICOM scales it to 16 bits: L* 78.1, a* 22.1, b* 80.6.
const COLOUR: [u16; 3] = [51_180, 38_564, 53_613];

/// Elements that a segmentation has to have, also where the source has none: value representation and tag.
const EXPECTED: [(Tag, VR); 9] = [
    (tags::PATIENT_NAME, VR::PN),
    (tags::PATIENT_ID, VR::LO),
    (tags::PATIENT_BIRTH_DATE, VR::DA),
    (tags::PATIENT_SEX, VR::CS),
    (tags::STUDY_DATE, VR::DA),
    (tags::STUDY_TIME, VR::TM),
    (tags::REFERRING_PHYSICIAN_NAME, VR::PN),
    (tags::STUDY_ID, VR::SH),
    (tags::ACCESSION_NUMBER, VR::SH),
];

/// All elements. `source`, `masks` and `options` were checked.
pub(super) fn dataset(
    source: &SourceSeries,
    masks: &[Mask],
    options: &SegmentationOptions,
    new: &Uids,
) -> InMemDicomObject {
    let mut data = InMemDicomObject::new_empty();
    for (tag, vr) in EXPECTED {
        text(&mut data, tag, vr, "");
    }
    for element in &source.elements {
        let [group, number] = element.tag;
        if let Some(vr) = text_vr(&element.vr) {
            text(&mut data, Tag(group, number), vr, &element.value);
        }
    }
    let label_map = options.kind == SegmentationKind::LabelMap;
    let class = if label_map { uids::LABEL_MAP_SEGMENTATION_STORAGE } else { uids::SEGMENTATION_STORAGE };
    let [date, time] = &options.created;
    let number = u32::from(source.series_number.unwrap_or(0)) + 1000;
    let frames = frames::chosen(masks, options.empty_frames);
    for (tag, vr, value) in [
        (tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 192"),
        (tags::IMAGE_TYPE, VR::CS, "DERIVED\\PRIMARY"),
        (tags::SOP_CLASS_UID, VR::UI, class),
        (tags::SOP_INSTANCE_UID, VR::UI, &new.instance),
        (tags::SERIES_DATE, VR::DA, date),
        (tags::SERIES_TIME, VR::TM, time),
        (tags::CONTENT_DATE, VR::DA, date),
        (tags::CONTENT_TIME, VR::TM, time),
        (tags::MODALITY, VR::CS, "SEG"),
        (tags::MANUFACTURER, VR::LO, "glioscope"),
        (tags::MANUFACTURER_MODEL_NAME, VR::LO, "glioscope"),
        (tags::DEVICE_SERIAL_NUMBER, VR::LO, "0"),
        (tags::SOFTWARE_VERSIONS, VR::LO, VERSION),
        (tags::SERIES_DESCRIPTION, VR::LO, "Glioma segmentation, research use only"),
        (tags::STUDY_INSTANCE_UID, VR::UI, &source.study),
        (tags::SERIES_INSTANCE_UID, VR::UI, &new.series),
        (tags::SERIES_NUMBER, VR::IS, &number.to_string()),
        (tags::INSTANCE_NUMBER, VR::IS, "1"),
        (tags::FRAME_OF_REFERENCE_UID, VR::UI, &source.frame_of_reference),
        (tags::POSITION_REFERENCE_INDICATOR, VR::LO, ""),
        (tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2"),
        (tags::NUMBER_OF_FRAMES, VR::IS, &frames.len().to_string()),
        (tags::LOSSY_IMAGE_COMPRESSION, VR::CS, "00"),
        (tags::SEGMENTATION_TYPE, VR::CS, if label_map { "LABELMAP" } else { "BINARY" }),
        (tags::SEGMENTS_OVERLAP, VR::CS, "NO"),
        (tags::CONTENT_LABEL, VR::CS, "GLIOMA"),
        (tags::CONTENT_DESCRIPTION, VR::LO, "Glioma segmentation, research use only"),
        (tags::CONTENT_CREATOR_NAME, VR::PN, ""),
    ] {
        text(&mut data, tag, vr, value);
    }
    let bits = if label_map { 8 } else { 1 };
    for (tag, value) in [
        (tags::SAMPLES_PER_PIXEL, 1),
        (tags::ROWS, source.rows),
        (tags::COLUMNS, source.columns),
        (tags::BITS_ALLOCATED, bits),
        (tags::BITS_STORED, bits),
        (tags::HIGH_BIT, bits - 1),
        (tags::PIXEL_REPRESENTATION, 0),
    ] {
        unsigned(&mut data, tag, value);
    }
    if label_map {
        unsigned(&mut data, tags::PIXEL_PADDING_VALUE, 0);
    }
    sequence(&mut data, tags::REFERENCED_SERIES_SEQUENCE, vec![referenced(source)]);
    dimensions(&mut data, label_map, &new.dimensions);
    sequence(&mut data, tags::SEGMENT_SEQUENCE, vec![segment(options.edited)]);
    sequence(&mut data, tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, vec![frames::shared(source)]);
    let per_frame =
        (1..).zip(&frames).map(|(place, &index)| frames::frame(source, &source.images[index], place, options.kind));
    sequence(&mut data, tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, per_frame.collect());
    let pixels = frames::pixels(masks, &frames, options.kind);
    put(&mut data, tags::PIXEL_DATA, VR::OB, PrimitiveValue::U8(pixels.into()));
    data
}

/// The series with all of its images.
fn referenced(source: &SourceSeries) -> InMemDicomObject {
    let names: BTreeMap<&str, ()> = source.images.iter().map(|image| (image.sop_instance.as_str(), ())).collect();
    let instance = |name: &str| {
        let mut instance = InMemDicomObject::new_empty();
        text(&mut instance, tags::REFERENCED_SOP_CLASS_UID, VR::UI, &source.sop_class);
        text(&mut instance, tags::REFERENCED_SOP_INSTANCE_UID, VR::UI, name);
        instance
    };
    let mut series = InMemDicomObject::new_empty();
    text(&mut series, tags::SERIES_INSTANCE_UID, VR::UI, &source.series);
    sequence(&mut series, tags::REFERENCED_INSTANCE_SEQUENCE, names.into_keys().map(instance).collect());
    series
}

/// Frames are ordered by segment, unless a label map has all segments in one frame, and by position.
fn dimensions(data: &mut InMemDicomObject, label_map: bool, organization: &str) {
    let mut own = InMemDicomObject::new_empty();
    text(&mut own, tags::DIMENSION_ORGANIZATION_UID, VR::UI, organization);
    sequence(data, tags::DIMENSION_ORGANIZATION_SEQUENCE, vec![own]);
    let index = |pointer: Tag, group: Tag, label: &str| {
        let mut index = InMemDicomObject::new_empty();
        text(&mut index, tags::DIMENSION_ORGANIZATION_UID, VR::UI, organization);
        put(&mut index, tags::DIMENSION_INDEX_POINTER, VR::AT, PrimitiveValue::from(pointer));
        put(&mut index, tags::FUNCTIONAL_GROUP_POINTER, VR::AT, PrimitiveValue::from(group));
        text(&mut index, tags::DIMENSION_DESCRIPTION_LABEL, VR::LO, label);
        index
    };
    let segment = index(tags::REFERENCED_SEGMENT_NUMBER, tags::SEGMENT_IDENTIFICATION_SEQUENCE, "Segment Number");
    let position = index(tags::IMAGE_POSITION_PATIENT, tags::PLANE_POSITION_SEQUENCE, "Image Position Patient");
    let indices = if label_map { vec![position] } else { vec![segment, position] };
    sequence(data, tags::DIMENSION_INDEX_SEQUENCE, indices);
}

/// The description of the glioma.
fn segment(edited: bool) -> InMemDicomObject {
    let mut segment = InMemDicomObject::new_empty();
    unsigned(&mut segment, tags::SEGMENT_NUMBER, 1);
    let name = format!("glioscope {VERSION}");
    for (tag, vr, value) in [
        (tags::SEGMENT_LABEL, VR::LO, LABEL),
        (tags::SEGMENT_ALGORITHM_TYPE, VR::CS, if edited { "SEMIAUTOMATIC" } else { "AUTOMATIC" }),
        (tags::SEGMENT_ALGORITHM_NAME, VR::LO, &name),
    ] {
        text(&mut segment, tag, vr, value);
    }
    let mut algorithm = InMemDicomObject::new_empty();
    let family = code("DCM", "123110", "Artificial Intelligence");
    sequence(&mut algorithm, tags::ALGORITHM_FAMILY_CODE_SEQUENCE, vec![family]);
    text(&mut algorithm, tags::ALGORITHM_NAME, VR::LO, "glioscope");
    text(&mut algorithm, tags::ALGORITHM_VERSION, VR::LO, VERSION);
    sequence(&mut segment, tags::SEGMENTATION_ALGORITHM_IDENTIFICATION_SEQUENCE, vec![algorithm]);
    let term = |Code { value, meaning }: Code| code(SCHEME, value, meaning);
    let mut kind = term(TYPE);
    sequence(&mut kind, tags::SEGMENTED_PROPERTY_TYPE_MODIFIER_CODE_SEQUENCE, vec![term(MODIFIER)]);
    sequence(&mut segment, tags::SEGMENTED_PROPERTY_CATEGORY_CODE_SEQUENCE, vec![term(CATEGORY)]);
    sequence(&mut segment, tags::SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE, vec![kind]);
    sequence(&mut segment, tags::ANATOMIC_REGION_SEQUENCE, vec![term(REGION)]);
    put(&mut segment, tags::RECOMMENDED_DISPLAY_CIE_LAB_VALUE, VR::US, PrimitiveValue::U16(COLOUR.to_vec().into()));
    segment
}
