//! [`SourceSeries`]: the DICOM series that a result belongs to.

use serde::{Deserialize, Serialize};

use crate::read::{Scan, SourceElement};

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

impl SourceSeries {
    /// The series that a volume was read from, with its images in the order of the stored slices. A slice that is missing in a gap
    /// has no image. `None` if the volume was not read from DICOM.
    ///
    /// A series without a frame of reference has an empty one here, which [`dicom_seg`](super::dicom_seg()) refuses.
    pub fn of(scan: &Scan) -> Option<Self> {
        let series = scan.series()?;
        let (head, grid) = (series.head(), scan.stored());
        let [columns, rows, _] = grid.size();
        let [x, y, _] = head.spacing;
        let z = grid.spacing()[2];
        let image = |frame: &crate::read::Frame| SourceImage {
            sop_instance: frame.instance.clone(),
            frame: (frame.frames > 1).then_some(frame.number as u32),
            position: frame.position,
        };
        Some(Self {
            sop_class: head.class.clone(),
            study: head.study.clone(),
            series: head.series.clone(),
            frame_of_reference: head.frame_of_reference.clone().unwrap_or_default(),
            series_number: u16::try_from(head.series_number).ok(),
            elements: head.subject.clone(),
            rows: u16::try_from(rows).ok()?,
            columns: u16::try_from(columns).ok()?,
            pixel_spacing: [y, x],
            slice_thickness: z,
            spacing_between_slices: Some(z),
            orientation: head.directions,
            images: series.frames().iter().flatten().map(image).collect(),
        })
    }
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
