//! [`ReadNote`]: what a reader should know about how a slice was read.

use std::fmt;

use serde::{Deserialize, Serialize};

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
}

impl fmt::Display for ReadNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lossy => f.write_str("lossy compression has changed the grey levels"),
            Self::SmallerCopies { count: 1 } => f.write_str("1 smaller copy in the file is not used"),
            Self::SmallerCopies { count } => write!(f, "{count} smaller copies in the file are not used"),
        }
    }
}
