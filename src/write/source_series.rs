//! [`SourceSeries`]: the DICOM series that a result belongs to.

use serde::{Deserialize, Serialize};

/// What a DICOM segmentation repeats of the series that was segmented. All text is UTF-8 without padding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceSeries {
    /// SOP Class UID (0008,0016) of its images.
    pub sop_class: String,
    /// Study Instance UID (0020,000D).
    pub study: String,
    /// Series Instance UID (0020,000E).
    pub series: String,
    /// Frame of Reference UID (0020,0052).
    pub frame_of_reference: String,
    /// Series Number (0020,0011), if it is known.
    pub series_number: Option<u16>,
    /// The text elements of the patient and study modules, which are copied as they are.
    pub elements: Vec<SourceElement>,
    /// Rows of an image.
    pub rows: u16,
    /// Columns of an image.
    pub columns: u16,
    /// Pixel Spacing (0028,0030): the distance between rows, then that between columns, in millimetres.
    pub pixel_spacing: [f64; 2],
    /// Slice Thickness (0018,0050) in millimetres.
    pub slice_thickness: f64,
    /// Spacing Between Slices (0018,0088) in millimetres, if it is known.
    pub spacing_between_slices: Option<f64>,
    /// Image Orientation (Patient) (0020,0037): the directions of a row and of a column, to the left, back and head.
    pub orientation: [f64; 6],
    /// The images or frames, in the order of the masks.
    pub images: Vec<SourceImage>,
}

/// An image of a series, or a frame of a multi-frame image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceImage {
    /// SOP Instance UID (0008,0018).
    pub sop_instance: String,
    /// The number of the frame, from 1; `None` in an image with one frame.
    pub frame: Option<u32>,
    /// Image Position (Patient) (0020,0032): the centre of the first pixel in millimetres to the left, back and head.
    pub position: [f64; 3],
}

/// A text element of a DICOM file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceElement {
    /// Group and element number.
    pub tag: [u16; 2],
    /// The value representation, such as `PN`.
    pub vr: String,
    /// The value; several values have `\` between them.
    pub value: String,
}
