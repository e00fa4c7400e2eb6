//! [`Frame`] and [`Series`]: what DICOM files state of one picture, and of those of a volume.

use serde::{Deserialize, Serialize};

use super::Sequence;

/// What a DICOM file states of one picture: the series that it belongs to, and its place in the patient. Directions and positions are those of DICOM: they grow to the patient's left, back and head.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// The class of the object, `SOPClassUID`.
    pub class: String,
    /// The object, `SOPInstanceUID`.
    pub instance: String,
    /// The number of the frame in the object, from 1.
    pub number: u64,
    /// How many frames the object has.
    pub(crate) frames: u64,
    /// `StudyInstanceUID`.
    pub study: String,
    /// `SeriesInstanceUID`.
    pub series: String,
    /// `FrameOfReferenceUID`: volumes with the same one have the same coordinates.
    pub frame_of_reference: Option<String>,
    /// A hash of the patient's identifier.
    pub(crate) patient: Option<String>,
    /// What the series shows.
    pub sequence: Sequence,
    /// `SeriesDescription`, at most 64 characters. It is shown to the reader, and is in no message.
    #[serde(default)]
    pub(crate) description: String,
    /// A hash of the echo, the type of the image and the other fields that split a series into volumes.
    pub(crate) variant: String,
    /// `SeriesNumber`, or the highest number without one.
    pub(crate) series_number: i64,
    /// The time of several volumes at one place, then `InstanceNumber`.
    pub(crate) order: [i64; 2],
    /// The directions in which columns and rows follow each other, each of length 1.
    #[serde(with = "bits")]
    pub(crate) directions: [f64; 6],
    /// The centre of the first pixel in millimetres.
    #[serde(with = "bits")]
    pub(crate) position: [f64; 3],
    /// Millimetres between columns, between rows, and between slices where they are stated, else 0.
    #[serde(with = "bits")]
    pub(crate) spacing: [f64; 3],
    /// Whether the highest number is black.
    pub(crate) inverted: bool,
    /// The names, identifiers and dates of the patient and the study. They are written into DICOM segmentations and sessions
    /// alone, and shown nowhere.
    #[serde(default)]
    pub(crate) subject: Vec<SourceElement>,
}

/// A text element of a DICOM file. The text is UTF-8 without padding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceElement {
    /// Group and element number.
    pub tag: [u16; 2],
    /// The value representation, such as `PN`.
    pub vr: String,
    /// The value; several values have `\` between them.
    pub value: String,
}

/// The DICOM series that a volume was read from.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What the volume is called in messages: the folder of its files if it has no others, else its first file.
    pub(crate) label: String,
    /// The files, in order of their names.
    pub(crate) files: Vec<String>,
    /// The frames in order of the stored slices, `None` for a slice that is missing.
    pub(super) frames: Vec<Option<Frame>>,
    /// That of the first frame.
    pub(super) head: Frame,
}

impl Series {
    /// The first frame. The others have the same study, series, frame of reference and sequence.
    pub fn head(&self) -> &Frame {
        &self.head
    }

    /// The frames in order of the stored slices. `None` for a slice that is missing in a gap.
    pub fn frames(&self) -> &[Option<Frame>] {
        &self.frames
    }
}

impl Frame {
    /// The direction in which columns follow each other.
    pub(super) fn along_row(&self) -> [f64; 3] {
        let [x, y, z, ..] = self.directions;
        [x, y, z]
    }

    /// The direction in which rows follow each other.
    pub(super) fn along_column(&self) -> [f64; 3] {
        let [.., x, y, z] = self.directions;
        [x, y, z]
    }
}

/// Numbers as their bits: decimal digits would be rounded.
mod bits {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer, const N: usize>(numbers: &[f64; N], to: S) -> Result<S::Ok, S::Error> {
        numbers.map(f64::to_bits).as_slice().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(from: D) -> Result<[f64; N], D::Error> {
        let bits = Vec::<u64>::deserialize(from)?;
        let count = bits.len();
        let bits: [u64; N] = bits.try_into().map_err(|_| D::Error::invalid_length(count, &"the usual count"))?;
        Ok(bits.map(f64::from_bits))
    }
}
