//! [`SegmentationOptions`]: what a segmentation states.

/// How a DICOM segmentation stores its masks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SegmentationKind {
    /// One bit for each pixel. Most programs read it.
    #[default]
    Binary,
    /// One byte for each pixel: 0 outside and 1 inside. DICOM has this kind since 2024.
    LabelMap,
}

/// What a DICOM segmentation states, apart from its source and its masks.
#[derive(Clone, Debug, PartialEq)]
pub struct SegmentationOptions {
    /// How the masks are stored.
    pub kind: SegmentationKind,
    /// Whether a reader has drawn or edited a mask. The algorithm type is then `SEMIAUTOMATIC`, otherwise `AUTOMATIC`.
    pub edited: bool,
    /// Whether images without a pixel inside get a frame too.
    pub empty_frames: bool,
    /// When the masks were made: date and time as DICOM writes them, `20260131` and `134500`.
    pub created: [String; 2],
}
