//! [`Sample`]: the synthetic cases that the page offers.

use std::sync::OnceLock;

use super::config::{Lesions, PhantomConfig};
use crate::layout::Case;
use crate::read::{Samples, Slice};

/// A synthetic case that the page offers. Each is another head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sample {
    /// One lesion: [`sample`].
    #[default]
    One,
    /// One small lesion.
    Small,
    /// Two lesions.
    Two,
    /// No lesion. Its references are empty.
    None,
    /// Inverted grey levels, which the input check refuses.
    Refused,
}

/// The default phantom: the sample case of the page and the input of the self-test. It is drawn once, because drawing
/// takes longer than the network does for a slice.
pub fn sample() -> &'static Case {
    static SAMPLE: OnceLock<Case> = OnceLock::new();
    SAMPLE.get_or_init(|| PhantomConfig::default().case())
}

impl Sample {
    /// The sample with a name as in JavaScript: `one`, `small`, `two`, `none` or `refused`.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "one" => Some(Self::One),
            "small" => Some(Self::Small),
            "two" => Some(Self::Two),
            "none" => Some(Self::None),
            "refused" => Some(Self::Refused),
            _ => None,
        }
    }

    /// The case. It is the same on every platform.
    pub fn case(self) -> Case {
        let (patient, lesions) = match self {
            Self::One => return sample().clone(),
            Self::Small => (2, Lesions::Small),
            Self::Two => (3, Lesions::Two),
            Self::None => (4, Lesions::None),
            Self::Refused => (5, Lesions::One),
        };
        let mut case = PhantomConfig { patient, lesions, ..PhantomConfig::default() }.case();
        if self == Self::Refused {
            case.slices.iter_mut().for_each(|entry| entry.slice = inverted(&entry.slice));
        }
        case
    }
}

/// A slice with inverted grey levels.
fn inverted(slice: &Slice) -> Slice {
    let Samples::U8(samples) = slice.samples() else { return slice.clone() };
    let samples = Samples::U8(samples.iter().map(|level| 255 - level).collect());
    Slice::new(slice.name(), slice.width(), slice.height(), slice.channels(), samples)
        .expect("as many samples as before")
}
