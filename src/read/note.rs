//! [`ReadNote`]: what a reader should know about how a slice was read.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::volume::Plane;

/// What is worth knowing about a slice that was read. It is no fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ReadNote {
    /// The file is compressed with loss.
    Lossy,
    /// The file has smaller copies of its images.
    SmallerCopies {
        /// How many copies there are.
        count: usize,
    },
    /// The file has several volumes, of which the first is read.
    FirstVolume {
        /// How many volumes there are.
        count: u64,
    },
    /// The file states no unit of length. Millimetres are assumed.
    NoUnit,
    /// The file does not state which sides are right, front and top.
    NoOrientation,
    /// The volume was acquired in another plane and is read in axial slices.
    Resliced {
        /// The plane of acquisition.
        plane: Plane,
    },
}

impl fmt::Display for ReadNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lossy => f.write_str("lossy compression has changed the grey levels"),
            Self::SmallerCopies { count: 1 } => f.write_str("1 smaller copy in the file is not used"),
            Self::SmallerCopies { count } => write!(f, "{count} smaller copies in the file are not used"),
            Self::FirstVolume { count } => write!(f, "only the first of {count} volumes is read"),
            Self::NoUnit => f.write_str("the file states no unit of length, millimetres are assumed"),
            Self::NoOrientation => f.write_str(
                "the file states no orientation: the first index is assumed to go to the left, the second to the \
                             front and the third to the head",
            ),
            Self::Resliced { plane } => write!(f, "acquired in {plane} slices, read in axial slices"),
        }
    }
}
