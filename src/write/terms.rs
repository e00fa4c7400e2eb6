//! The SNOMED CT codes of a glioma, as DICOM segmentations and 3D Slicer name the content of a segment.
//!
//! Category and type are of the context groups 7150 and 7159 of DICOM PS3.16.

/// A code of SNOMED CT.
#[derive(Clone, Copy, Debug)]
pub(super) struct Code {
    pub(super) value: &'static str,
    pub(super) meaning: &'static str,
}

pub(super) const CATEGORY: Code = Code { value: "49755003", meaning: "Morphologically Altered Structure" };
pub(super) const TYPE: Code = Code { value: "108369006", meaning: "Neoplasm" };
pub(super) const MODIFIER: Code = Code { value: "115240006", meaning: "Glioma" };
pub(super) const REGION: Code = Code { value: "12738006", meaning: "Brain" };

/// DICOM's name of SNOMED CT.
pub(super) const SCHEME: &str = "SCT";

/// The name of the segment.
pub(super) const LABEL: &str = "Glioma";
