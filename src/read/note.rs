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
    /// The names of the channels state another order than pre-contrast T1, FLAIR, post-contrast T1, or more channels. Channels
    /// count from 1.
    NamedChannels {
        /// The channel with FLAIR.
        flair: u64,
        /// The channels with pre- and post-contrast T1, if both are there. Without them FLAIR alone is read.
        others: Option<[u64; 2]>,
        /// How many channels there are.
        count: u64,
    },
    /// No name says which contrast a channel is. Three channels are read as pre-contrast T1, FLAIR and post-contrast T1.
    UnnamedChannels,
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
    /// Slices of a series are missing between others. They are empty in the results.
    MissingSlices {
        /// How many are missing.
        count: usize,
    },
    /// A series has several pictures at the same place, of which one is used.
    RepeatedSlices {
        /// How many are not used.
        count: usize,
    },
    /// A series has pictures of several sizes or orientations, which are read as volumes of their own.
    SplitSeries {
        /// How many volumes there are.
        count: usize,
    },
}

impl fmt::Display for ReadNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lossy => f.write_str("lossy compression has changed the grey levels"),
            Self::SmallerCopies { count: 1 } => f.write_str("1 smaller copy in the file is not used"),
            Self::SmallerCopies { count } => write!(f, "{count} smaller copies in the file are not used"),
            Self::NamedChannels { flair, others: Some([pre, post]), count } => write!(
                f,
                "by their names, channel {flair} of {count} is FLAIR, {pre} is pre-contrast T1 and {post} is post-contrast T1"
            ),
            Self::NamedChannels { flair, others: None, count } => {
                write!(f, "by its name, channel {flair} of {count} is FLAIR, and the other channels are not used")
            }
            Self::UnnamedChannels => f.write_str(
                "the channels have no names of contrasts, they are read as pre-contrast T1, FLAIR and post-contrast T1",
            ),
            Self::FirstVolume { count } => write!(f, "only the first of {count} volumes is read"),
            Self::NoUnit => f.write_str("the file states no unit of length, millimetres are assumed"),
            Self::NoOrientation => f.write_str(
                "the file states no orientation: the first index is assumed to go to the left, the second to the \
                             front and the third to the head",
            ),
            Self::MissingSlices { count: 1 } => {
                f.write_str("a gap: 1 slice of the series is missing, it is empty in the results")
            }
            Self::MissingSlices { count } => {
                write!(f, "gaps: {count} slices of the series are missing, they are empty in the results")
            }
            Self::RepeatedSlices { count: 1 } => f.write_str("1 duplicate slice of the series is not used"),
            Self::RepeatedSlices { count } => write!(f, "{count} duplicate slices of the series are not used"),
            Self::SplitSeries { count } => {
                write!(f, "the series has mixed sizes or orientations and is read as {count} volumes")
            }
            Self::Resliced { plane } => write!(f, "acquired in {plane} slices, read in axial slices"),
        }
    }
}
