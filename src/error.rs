//! [`Error`]: what went wrong and whose fault it is, with the values that show it.
//!
//! Visitors of the page read these messages. Each is short, and names the value found and the one expected.

mod file;
mod quantity;
mod segmentation;

pub use file::FileFault;
pub use quantity::Quantity;
pub use segmentation::SegmentationFault;

/// Every error of the library, by whose fault it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An input file cannot be used. Other files are not affected.
    #[error("{file}: {fault}")]
    File {
        /// The file's name as given, with its folders.
        file: String,
        /// What is wrong with it.
        #[source]
        fault: FileFault,
    },
    /// The model's files are invalid or do not belong together.
    #[error("model: {0}")]
    Model(#[from] ModelFault),
    /// A case cannot be written as one volume.
    #[error("{case}: no volume: {fault}")]
    Volume {
        /// The case's name.
        case: String,
        /// The reason.
        #[source]
        fault: VolumeFault,
    },
    /// Masks cannot be written as a DICOM segmentation.
    #[error("series {series}: no segmentation: {fault}")]
    Segmentation {
        /// The UID of the series.
        series: String,
        /// The reason.
        #[source]
        fault: SegmentationFault,
    },
    /// The device failed.
    #[error("device {device}: {reason}")]
    Device {
        /// The device, as Burn names it.
        device: String,
        /// The message of the driver or runtime.
        reason: String,
    },
    /// A request that does not fit what is open: the caller's mistake.
    #[error("{0}")]
    Usage(#[from] UsageFault),
}

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelFault {
    /// `model.json` is not a manifest that this version reads.
    #[error("manifest: {0}")]
    Manifest(#[source] serde_json::Error),
    /// `card.json` is not the card that this version reads.
    #[error("card: {0}")]
    Card(#[source] serde_json::Error),
    /// The weights are not those that the manifest names.
    #[error("weights: expected SHA-256 {expected}, found {found} ({bytes} bytes)")]
    Hash {
        /// The manifest's hash, in hexadecimal.
        expected: String,
        /// The hash of the given bytes.
        found: String,
        /// How many bytes there are.
        bytes: usize,
    },
    /// The tensors do not fit the configured network.
    #[error("weights do not fit the network: {reason}")]
    Record {
        /// What does not fit.
        reason: String,
    },
    /// An invalid configuration.
    #[error("configuration: {reason}")]
    Config {
        /// The rule that is broken, with the values.
        reason: String,
    },
}

/// Why a case cannot be written as a volume.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VolumeFault {
    /// The slices differ in size.
    #[error("{slice} has {} x {} pixels, but {first} has {} x {}", found[0], found[1], expected[0], expected[1])]
    Sizes {
        /// The first slice with a different size.
        slice: String,
        /// Its width and height.
        found: [u32; 2],
        /// The first slice of the case.
        first: String,
        /// Its width and height.
        expected: [u32; 2],
    },
    /// More columns, rows or slices than NIfTI-1 allows.
    #[error("{found} columns, rows or slices, at most 32767 are allowed")]
    Length {
        /// How many there are.
        found: usize,
    },
    /// No slice has the requested data.
    #[error("no slice has the data to show")]
    Nothing,
    /// The slices are not cut from a volume, and the format needs an orientation.
    #[error("the orientation of the head is unknown")]
    Orientation,
    /// The slices are not those of a DICOM series.
    #[error("the slices are not those of a DICOM series")]
    NoSeries,
}

/// Why a request does not fit what is open.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum UsageFault {
    /// No open case has this id.
    #[error("no open case has the id {id:?}")]
    UnknownCase {
        /// The id.
        id: String,
    },
    /// No open slice has this id.
    #[error("no open slice has the id {id:?}")]
    UnknownSlice {
        /// The id.
        id: String,
    },
    /// A mask or probabilities of another size than the slice.
    #[error("{slice}: expected {} x {} pixels, found {found}", expected[0], expected[1])]
    Size {
        /// The id of the slice.
        slice: String,
        /// Its width and height.
        expected: [usize; 2],
        /// How many pixels were given.
        found: usize,
    },
    /// A threshold that is not a probability.
    #[error("expected a threshold from 0 to 1, found {found}")]
    Threshold {
        /// The threshold.
        found: f64,
    },
    /// A distance that is not a length.
    #[error("expected a spacing above 0 mm, found {found} mm")]
    Spacing {
        /// The distance in millimetres.
        found: f64,
    },
    /// More display settings than a session keeps.
    #[error("the display settings have {found} bytes, expected at most {limit}")]
    View {
        /// Their length as JSON.
        found: usize,
        /// The most that is kept.
        limit: usize,
    },
    /// A zip whose source has changed while it was written.
    #[error("files or results have changed since the saving began: save again")]
    Changed,
}

impl Error {
    /// The file at fault, if one is.
    pub fn file(&self) -> Option<&str> {
        match self {
            Self::File { file, .. } => Some(file),
            Self::Model(_) | Self::Volume { .. } | Self::Segmentation { .. } | Self::Device { .. } | Self::Usage(_) => {
                None
            }
        }
    }

    /// A fault of the named file.
    pub(crate) fn in_file(file: impl Into<String>, fault: FileFault) -> Self {
        Self::File { file: file.into(), fault }
    }
}

/// The result type of the library.
pub type Result<T, E = Error> = std::result::Result<T, E>;
