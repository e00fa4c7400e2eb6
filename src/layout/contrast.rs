//! [`Contrast`]: the MR sequence of a grey file, as its name states it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::read::{Channels, Slice};

/// The MR sequence of a grey file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Contrast {
    /// T1 before contrast agent, the first channel of a slice.
    Pre,
    /// T2-FLAIR, the second channel. It is enough by itself.
    Flair,
    /// T1 after contrast agent, the third channel.
    Post,
    /// T2, which the network does not use.
    T2,
    /// Another sequence, which the network does not use.
    Other,
}

impl Contrast {
    /// The contrast that a word of a name stands for, in upper or lower case. BraTS calls the four `t1n`, `t2f`, `t1c` and
    /// `t2w`.
    pub fn of(word: &str) -> Option<Self> {
        let word = word.to_ascii_lowercase();
        Some(match word.as_str() {
            "pre" | "t1" | "t1w" | "t1n" | "t1pre" => Self::Pre,
            "flair" | "t2flair" | "t2f" => Self::Flair,
            "post" | "t1ce" | "t1c" | "t1gd" | "t1post" | "t1wce" => Self::Post,
            "t2" | "t2w" => Self::T2,
            _ => return None,
        })
    }

    /// The usual contrasts of numbered channels, where no dataset states them. Three are taken in the order of the network's
    /// channels, four in the order of the Medical Segmentation Decathlon's brain tumours, and one or two begin with FLAIR.
    pub(super) fn of_channels(count: usize) -> &'static [Self] {
        match count {
            1 | 2 => &[Self::Flair, Self::Other],
            3 => &[Self::Pre, Self::Flair, Self::Post],
            _ => &[Self::Flair, Self::Pre, Self::Post, Self::T2],
        }
    }
}

impl fmt::Display for Contrast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pre => "pre-contrast T1",
            Self::Flair => "FLAIR",
            Self::Post => "post-contrast T1",
            Self::T2 => "T2",
            Self::Other => "another contrast",
        })
    }
}

/// Whether a slice has one channel, or three that are equal.
pub(super) fn is_grey(slice: &Slice) -> bool {
    match slice.channels() {
        Channels::Grey => true,
        Channels::Rgb => {
            let mut samples = slice.samples().iter();
            while let (Some(red), Some(green), Some(blue)) = (samples.next(), samples.next(), samples.next()) {
                if red != green || green != blue {
                    return false;
                }
            }
            true
        }
    }
}
