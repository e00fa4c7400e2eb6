//! Rare files for the page, as JavaScript functions.

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

use super::fault::{fault, usage};
use crate::read::{self, Limits};
use crate::write::{SegmentationKind, SegmentationOptions, SourceMasks, dicom_seg};

/// Decodes a file that `addFile` has refused with a fault with code `formats`. `addFile` takes the result in its place, with the
/// same name.
#[wasm_bindgen(unchecked_return_type = "Uint8Array<ArrayBuffer>")]
pub fn convert(name: &str, bytes: &[u8]) -> Result<Uint8Array, JsValue> {
    let converted = read::convert(name, bytes, &Limits::default()).map_err(fault)?;
    Ok(Uint8Array::from(converted.as_slice()))
}

/// A DICOM segmentation, from what `sourceMasks` gave. `labelMap`: one byte a pixel instead of one bit. `date` and `time` of creation
/// are as DICOM writes them, such as `20260131` and `134500`. The file has the names and identifiers of the patient.
#[wasm_bindgen(js_name = dicomSegmentation, unchecked_return_type = "Uint8Array<ArrayBuffer>")]
pub fn dicom_segmentation(
    masks: &[u8],
    #[wasm_bindgen(js_name = labelMap)] label_map: bool,
    date: String,
    time: String,
) -> Result<Uint8Array, JsValue> {
    let SourceMasks { source, masks, edited } =
        SourceMasks::from_bytes(masks).ok_or_else(|| usage("expected what sourceMasks gave"))?;
    let kind = if label_map { SegmentationKind::LabelMap } else { SegmentationKind::Binary };
    let options = SegmentationOptions { kind, edited, empty_frames: false, created: [date, time] };
    let bytes = dicom_seg(&source, &masks, &options).map_err(fault)?;
    Ok(Uint8Array::from(bytes.as_slice()))
}
