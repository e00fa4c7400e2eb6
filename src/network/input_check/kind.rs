//! [`Kind`]: what slices show.

use serde::{Deserialize, Serialize};

/// What slices show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Axial FLAIR of a head, with or without skull: what the network is fitted on.
    Flair,
    /// T1 before contrast.
    T1,
    /// T1 after contrast.
    T1Contrast,
    /// T2.
    T2,
    /// Coronal or sagittal slices of a head, in any contrast.
    OtherPlane,
    /// No MR image of a head: CT, other organs, pictures.
    NoHead,
}

impl Kind {
    /// Every kind, in the order of their variants.
    pub const ALL: [Self; 6] = [Self::Flair, Self::T1, Self::T1Contrast, Self::T2, Self::OtherPlane, Self::NoHead];

    /// What it is, to be displayed.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Flair => "axial FLAIR",
            Self::T1 => "T1 before contrast",
            Self::T1Contrast => "T1 after contrast",
            Self::T2 => "T2",
            Self::OtherPlane => "coronal or sagittal slices",
            Self::NoHead => "no MR image of a head",
        }
    }
}
