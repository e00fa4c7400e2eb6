//! [`Contrast`]: the MR sequence of a grey file, as its name states it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::read::{Channels, ReadNote, Slice};

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

/// The largest difference between the channels of a grey picture after lossy compression: the conversion of luma and chroma
/// rounds each channel by itself.
const ROUNDING: u16 = 2;

/// Whether a slice has one channel, or three that are equal.
pub(super) fn is_grey(slice: &Slice) -> bool {
    match slice.channels() {
        Channels::Grey => true,
        Channels::Rgb => {
            let most = if slice.notes().contains(&ReadNote::Lossy) { ROUNDING } else { 0 };
            let mut samples = slice.samples().iter();
            while let (Some(red), Some(green), Some(blue)) = (samples.next(), samples.next(), samples.next()) {
                if red.max(green).max(blue) - red.min(green).min(blue) > most {
                    return false;
                }
            }
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::Samples;

    #[test]
    fn lossy_compression_may_change_equal_channels_a_little() {
        let mut slice = Slice::new("a", 2, 1, Channels::Rgb, Samples::U8(vec![9, 9, 9, 70, 71, 69])).expect("valid");
        assert!(!is_grey(&slice));
        slice.note(ReadNote::Lossy);
        assert!(is_grey(&slice));
        let mut slice = Slice::new("a", 1, 1, Channels::Rgb, Samples::U8(vec![9, 9, 12])).expect("valid");
        slice.note(ReadNote::Lossy);
        assert!(!is_grey(&slice));
    }
}
