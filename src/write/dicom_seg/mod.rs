//! [`dicom_seg`]: masks as a DICOM segmentation, with references to the images that were segmented.
//!
//! The attributes are those of the Segmentation and Label Map Segmentation IODs of DICOM PS3.3, sections A.51 and A.91.

mod dataset;
mod element;
mod frames;
mod number;
mod options;
mod uid;

use dicom_dictionary_std::uids::{EXPLICIT_VR_LITTLE_ENDIAN, LABEL_MAP_SEGMENTATION_STORAGE, SEGMENTATION_STORAGE};
use dicom_object::FileMetaTableBuilder;

use super::source_series::SourceSeries;
use crate::error::{Error, Result, SegmentationFault};
use crate::mask::Mask;
pub use options::{SegmentationKind, SegmentationOptions};
use uid::Uids;

/// Millimetres: numbers have to be below a kilometre, so that they fit the 16 characters of DICOM.
const LARGEST: f64 = 1e6;

/// The masks as a DICOM file with one segment, in explicit little endian.
///
/// `masks` has one mask for each image of `source`, on the grid of that image. Images without a pixel inside get no frame,
/// unless all are empty, because a segmentation needs a frame. The UIDs are made from the input, so equal input gives equal
/// bytes.
///
/// # Errors
///
/// [`Error::Segmentation`] where the masks do not fit the series, a UID, date or number of the series is not valid, or the file
/// cannot be encoded.
pub fn dicom_seg(source: &SourceSeries, masks: &[Mask], options: &SegmentationOptions) -> Result<Vec<u8>> {
    let fault = |fault| Error::Segmentation { series: source.series.clone(), fault };
    check(source, masks, options).map_err(fault)?;
    let uids = Uids::of(source, masks, options);
    let data = dataset::dataset(source, masks, options, &uids);
    let class = match options.kind {
        SegmentationKind::Binary => SEGMENTATION_STORAGE,
        SegmentationKind::LabelMap => LABEL_MAP_SEGMENTATION_STORAGE,
    };
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax(EXPLICIT_VR_LITTLE_ENDIAN)
        .media_storage_sop_class_uid(class)
        .media_storage_sop_instance_uid(uids.instance.as_str());
    let encode = |error: Box<dyn std::error::Error + Send + Sync>| fault(SegmentationFault::Encode { source: error });
    let object = data.with_meta(meta).map_err(|error| encode(error.into()))?;
    let mut bytes = Vec::new();
    object.write_all(&mut bytes).map_err(|error| encode(error.into()))?;
    Ok(bytes)
}

fn check(source: &SourceSeries, masks: &[Mask], options: &SegmentationOptions) -> Result<(), SegmentationFault> {
    if source.images.is_empty() || source.images.len() != masks.len() {
        return Err(SegmentationFault::Masks { expected: source.images.len(), found: masks.len() });
    }
    let expected = [source.columns, source.rows].map(usize::from);
    if let Some((index, found)) =
        masks.iter().map(|mask| [mask.width(), mask.height()]).enumerate().find(|(_, size)| *size != expected)
    {
        return Err(SegmentationFault::Size { index, found, expected });
    }
    let own = [&source.sop_class, &source.study, &source.series, &source.frame_of_reference];
    let uids = own.into_iter().chain(source.images.iter().map(|image| &image.sop_instance));
    if let Some(wrong) = uids.into_iter().find(|uid| !uid::is_valid(uid)) {
        return Err(SegmentationFault::Uid { found: wrong.clone() });
    }
    if let Some(element) = source.elements.iter().find(|element| element::text_vr(&element.vr).is_none()) {
        return Err(SegmentationFault::Element { tag: element.tag, vr: element.vr.clone() });
    }
    for (text, length) in options.created.iter().zip([8, 6]) {
        if text.len() != length || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(SegmentationFault::Created { found: text.clone() });
        }
    }
    let lengths = source.pixel_spacing.iter().chain([&source.slice_thickness]).chain(&source.spacing_between_slices);
    let positions = source.images.iter().flat_map(|image| &image.position);
    let numbers = lengths.clone().chain(&source.orientation).chain(positions);
    let wrong = numbers.into_iter().find(|number| !number.is_finite() || number.abs() >= LARGEST);
    if let Some(&found) = wrong.or_else(|| lengths.into_iter().find(|length| **length <= 0.0)) {
        return Err(SegmentationFault::Number { found });
    }
    Ok(())
}
