//! [`Plane`]: how a volume was acquired.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The anatomical plane that is closest to the slices of a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Plane {
    /// Slices from the feet to the head.
    Axial,
    /// Slices from the back to the front.
    Coronal,
    /// Slices from one side to the other.
    Sagittal,
}

impl Plane {
    /// `axial`, `coronal` or `sagittal`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Axial => "axial",
            Self::Coronal => "coronal",
            Self::Sagittal => "sagittal",
        }
    }
}

impl fmt::Display for Plane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
