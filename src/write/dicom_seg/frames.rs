//! The frames of a segmentation: their pixels, and the attributes of each.

use dicom_core::{PrimitiveValue, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::element::{code, decimals, put, sequence, text, unsigned};
use super::options::SegmentationKind;
use crate::mask::Mask;
use crate::write::source_series::{SourceImage, SourceSeries};

/// The indices of the masks that get a frame.
pub(super) fn chosen(masks: &[Mask], empty_frames: bool) -> Vec<usize> {
    let inside: Vec<usize> = (0..masks.len()).filter(|&index| !masks[index].is_empty()).collect();
    if empty_frames || inside.is_empty() { (0..masks.len()).collect() } else { inside }
}

/// The value of Pixel Data. Bits go from the lowest of a byte to the highest, without a gap between frames.
pub(super) fn pixels(masks: &[Mask], frames: &[usize], kind: SegmentationKind) -> Vec<u8> {
    let inside = frames.iter().flat_map(|&index| masks[index].inside().iter().copied());
    let mut bytes: Vec<u8> = match kind {
        SegmentationKind::LabelMap => inside.map(u8::from).collect(),
        SegmentationKind::Binary => {
            let all: Vec<bool> = inside.collect();
            let byte = |bits: &[bool]| bits.iter().enumerate().fold(0, |byte, (at, &bit)| byte | u8::from(bit) << at);
            all.chunks(8).map(byte).collect()
        }
    };
    if bytes.len() % 2 == 1 {
        bytes.push(0);
    }
    bytes
}

/// What all frames have in common.
pub(super) fn shared(source: &SourceSeries) -> InMemDicomObject {
    let mut orientation = InMemDicomObject::new_empty();
    decimals(&mut orientation, tags::IMAGE_ORIENTATION_PATIENT, &source.orientation);
    let mut measures = InMemDicomObject::new_empty();
    decimals(&mut measures, tags::SLICE_THICKNESS, &[source.slice_thickness]);
    if let Some(spacing) = source.spacing_between_slices {
        decimals(&mut measures, tags::SPACING_BETWEEN_SLICES, &[spacing]);
    }
    decimals(&mut measures, tags::PIXEL_SPACING, &source.pixel_spacing);
    let mut shared = InMemDicomObject::new_empty();
    sequence(&mut shared, tags::PLANE_ORIENTATION_SEQUENCE, vec![orientation]);
    sequence(&mut shared, tags::PIXEL_MEASURES_SEQUENCE, vec![measures]);
    shared
}

/// The attributes of the frame of an image. `place` is that of its position among all positions, from 1.
pub(super) fn frame(
    source: &SourceSeries,
    image: &SourceImage,
    place: u32,
    kind: SegmentationKind,
) -> InMemDicomObject {
    let mut original = InMemDicomObject::new_empty();
    text(&mut original, tags::REFERENCED_SOP_CLASS_UID, VR::UI, &source.sop_class);
    text(&mut original, tags::REFERENCED_SOP_INSTANCE_UID, VR::UI, &image.sop_instance);
    if let Some(frame) = image.frame {
        text(&mut original, tags::REFERENCED_FRAME_NUMBER, VR::IS, &frame.to_string());
    }
    text(&mut original, tags::SPATIAL_LOCATIONS_PRESERVED, VR::CS, "YES");
    let purpose = code("DCM", "121322", "Source image for image processing operation");
    sequence(&mut original, tags::PURPOSE_OF_REFERENCE_CODE_SEQUENCE, vec![purpose]);
    let mut derivation = InMemDicomObject::new_empty();
    sequence(&mut derivation, tags::SOURCE_IMAGE_SEQUENCE, vec![original]);
    sequence(&mut derivation, tags::DERIVATION_CODE_SEQUENCE, vec![code("DCM", "113076", "Segmentation")]);

    let mut position = InMemDicomObject::new_empty();
    decimals(&mut position, tags::IMAGE_POSITION_PATIENT, &image.position);
    let mut content = InMemDicomObject::new_empty();
    let index: &[u32] = match kind {
        SegmentationKind::Binary => &[1, place],
        SegmentationKind::LabelMap => &[place],
    };
    put(&mut content, tags::DIMENSION_INDEX_VALUES, VR::UL, PrimitiveValue::U32(index.into()));

    let mut frame = InMemDicomObject::new_empty();
    sequence(&mut frame, tags::DERIVATION_IMAGE_SEQUENCE, vec![derivation]);
    sequence(&mut frame, tags::FRAME_CONTENT_SEQUENCE, vec![content]);
    sequence(&mut frame, tags::PLANE_POSITION_SEQUENCE, vec![position]);
    if kind == SegmentationKind::Binary {
        let mut segment = InMemDicomObject::new_empty();
        unsigned(&mut segment, tags::REFERENCED_SEGMENT_NUMBER, 1);
        sequence(&mut frame, tags::SEGMENT_IDENTIFICATION_SEQUENCE, vec![segment]);
    }
    frame
}
