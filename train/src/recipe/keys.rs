//! The table of recipe keys: what each one means, and the values that it may have.
//!
//! The flags' help, the page about recipe files, the comments in `recipe.toml` and the range checks all come from here.

use std::fmt;

/// One key of a recipe.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    /// The key in the TOML file, with its table: `lr`, `augmentation.rotation`.
    pub(crate) name: &'static str,
    /// The allowed values.
    pub(crate) range: Range,
    /// What the key does, with its unit.
    pub(crate) help: &'static str,
}

/// The allowed values of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Range {
    /// A whole number from 1.
    Count,
    /// A whole number that TOML can hold.
    Seed,
    /// A finite number above 0.
    Positive,
    /// A finite number from 0.
    NotNegative,
    /// 0 to 1.
    Fraction,
    /// 0 to below 1.
    Decay,
    /// 0 to 180.
    Degrees,
    /// A multiple of what the network halves.
    Crop,
    /// 1 to 8 whole numbers from 1 to 4096.
    Widths,
    /// 1, 2 or 4.
    Stem,
    /// 64 hexadecimal digits.
    Sha256,
}

/// Every key, in the order of `recipe.toml`.
pub(crate) const KEYS: [Key; 28] = [
    key("epochs", Range::Count, "Epochs. An epoch draws as many samples as there are training slices"),
    key("batch", Range::Count, "Samples in a batch"),
    key(
        "lr",
        Range::Positive,
        "Highest learning rate. It is reached after 3 % of all steps and falls to 0 along a cosine",
    ),
    key("weight_decay", Range::NotNegative, "Decoupled weight decay of AdamW"),
    key("crop", Range::Crop, "Side of a sample in pixels"),
    key("positive_share", Range::Fraction, "Fraction of samples from slices with a lesion, before lesions are pasted"),
    key("single_slice_share", Range::Fraction, "Fraction of samples normalised by their own slice, not by their case"),
    key(
        "bce_weight",
        Range::NotNegative,
        "Weight of the binary cross-entropy. The loss adds 1 minus the batch's soft Dice",
    ),
    key("ema_decay", Range::Decay, "Decay of the moving average of the weights. 0 keeps the latest weights"),
    key("seed", Range::Seed, "Seed of the split, the initial weights and every sample"),
    key("start", Range::Sha256, "SHA-256 of the weights that the fit starts from. --start must name their model"),
    key("network.widths", Range::Widths, "Feature maps at each depth, from the finest to the bottleneck"),
    key("network.stem", Range::Stem, "Side in pixels of the blocks that the stem folds into channels"),
    key("augmentation.rotation", Range::Degrees, "Largest rotation, in degrees, in both directions"),
    key("augmentation.scale", Range::NotNegative, "Largest zoom, as the natural logarithm of its factor, in and out"),
    key(
        "augmentation.elastic",
        Range::NotNegative,
        "Standard deviation of the elastic displacement, in pixels of a crop of 192. One affine sample in three has one",
    ),
    key("augmentation.gain", Range::Fraction, "Largest distance of a channel's factor from 1, up and down"),
    key("augmentation.offset", Range::NotNegative, "Largest offset of a channel, in standard deviations of the head"),
    key("augmentation.gamma", Range::NotNegative, "Largest natural logarithm of a channel's exponent, up and down"),
    key(
        "augmentation.noise",
        Range::NotNegative,
        "Largest standard deviation of the noise, in standard deviations of the head",
    ),
    key(
        "augmentation.bias",
        Range::NotNegative,
        "Largest natural logarithm of a bias field at the border of a sample, up and down",
    ),
    key(
        "augmentation.blur",
        Range::NotNegative,
        "Largest standard deviation of blur, in pixels. One sample in four is blurred",
    ),
    key(
        "augmentation.coarse",
        Range::NotNegative,
        "Natural logarithm of the largest pixels of a coarser scan. One sample in four is coarser",
    ),
    key(
        "augmentation.flair_share",
        Range::Fraction,
        "Fraction of samples where FLAIR replaces one or both T1 contrasts",
    ),
    key(
        "augmentation.flair_only_share",
        Range::Fraction,
        "Fraction of samples with FLAIR in all channels, equal in each, as in a case without other contrasts",
    ),
    key("augmentation.strip_share", Range::Fraction, "Fraction of samples without skull: black outside the brain"),
    key(
        "augmentation.paste_share",
        Range::Fraction,
        "Fraction of samples into which a lesion of another slice is pasted",
    ),
    key(
        "augmentation.affine_share",
        Range::Fraction,
        "Fraction of samples that are rotated, scaled and bent. The others move by whole pixels",
    ),
];

const fn key(name: &'static str, range: Range, help: &'static str) -> Key {
    Key { name, range, help }
}

/// The key with this name.
///
/// # Panics
///
/// When there is none: a bug in this program.
pub(crate) fn find(name: &str) -> Key {
    *KEYS.iter().find(|key| key.name == name).unwrap_or_else(|| panic!("{name} is not a recipe key"))
}

impl Range {
    /// Whether a number is allowed. Ranges that depend on more than one number are checked where that is known.
    pub(crate) fn contains(self, value: f64) -> bool {
        match self {
            Self::Count => value >= 1.0,
            Self::Seed => value <= i64::MAX as f64,
            Self::Positive => value.is_finite() && value > 0.0,
            Self::NotNegative => value.is_finite() && value >= 0.0,
            Self::Fraction => (0.0..=1.0).contains(&value),
            Self::Decay => (0.0..1.0).contains(&value),
            Self::Degrees => (0.0..=180.0).contains(&value),
            Self::Crop | Self::Widths | Self::Stem | Self::Sha256 => true,
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Count => "a whole number from 1",
            Self::Seed => "a whole number from 0 to 2^63 - 1",
            Self::Positive => "a number above 0",
            Self::NotNegative => "a number from 0",
            Self::Fraction => "0 to 1",
            Self::Decay => "0 to below 1",
            Self::Degrees => "0 to 180",
            Self::Crop => "a multiple of 32 with the default network",
            Self::Widths => "1 to 8 whole numbers from 1 to 4096",
            Self::Stem => "1, 2 or 4",
            Self::Sha256 => "64 hexadecimal digits",
        })
    }
}
