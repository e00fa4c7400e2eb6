//! [`SegmentationFault`]: why masks cannot be written as a DICOM segmentation.

/// What is wrong with the masks or the series that they belong to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SegmentationFault {
    /// The number of masks is not that of the images, or there is no image.
    #[error("{found} masks for {expected} images")]
    Masks {
        /// How many images the series has.
        expected: usize,
        /// How many masks there are.
        found: usize,
    },
    /// A mask is not on the grid of its image.
    #[error("mask {index} has {} x {} pixels, its image has {} x {}", found[0], found[1], expected[0], expected[1])]
    Size {
        /// The place of the mask, from 0.
        index: usize,
        /// Its columns and rows.
        found: [usize; 2],
        /// The columns and rows of the images.
        expected: [usize; 2],
    },
    /// An identifier that is not one of DICOM.
    #[error("`{found}` is not a UID")]
    Uid {
        /// The text.
        found: String,
    },
    /// An element that is not text.
    #[error("element ({:04X},{:04X}) has the value representation `{vr}`, expected text", tag[0], tag[1])]
    Element {
        /// Group and element number.
        tag: [u16; 2],
        /// Its value representation.
        vr: String,
    },
    /// A length, direction or position that is not possible.
    #[error("{found} in the geometry, expected lengths above 0 and numbers below a kilometre")]
    Number {
        /// The number.
        found: f64,
    },
    /// A date or time of creation that is not written as DICOM does.
    #[error("`{found}` is not a date as 20260131 or a time as 134500")]
    Created {
        /// The text.
        found: String,
    },
    /// The file cannot be encoded.
    #[error("{source}")]
    Encode {
        /// The encoder's error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
