//! [`Pages`]: which pages of a file are pictures, and which pictures make up a slice.

use super::description::Description;
use super::directory::Page;
use super::tags;
use crate::error::{FileFault, Quantity};
use crate::read::Limits;

/// The pictures of one slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parts {
    /// One picture.
    One(u64),
    /// Three grey pictures: pre-contrast, FLAIR and post-contrast.
    Three([u64; 3]),
}

/// Removes thumbnails, transparency masks and the smaller copies of a pyramid. Returns the number of copies.
pub(super) fn keep_pictures(pages: &mut Vec<Page<'_>>) -> usize {
    pages.retain(|page| !is_auxiliary(page));
    let all = pages.len();
    let mut before = None;
    pages.retain(|page| {
        let size = match (page.find(tags::WIDTH), page.find(tags::HEIGHT)) {
            (Ok(Some(width)), Ok(Some(height))) => Some([width, height]),
            _ => None,
        };
        let copy = before.zip(size).is_some_and(|(before, size)| is_half(before, size));
        before = size;
        !copy
    });
    all - pages.len()
}

/// The slices of `pictures` pictures, of which all are grey or not. Every picture is a slice, unless `description`
/// tells channels apart.
pub(super) fn slices(
    pictures: u64,
    grey: bool,
    description: Option<&Description>,
    limits: &Limits,
) -> Result<Vec<Parts>, FileFault> {
    if pictures > limits.pages {
        return Err(FileFault::OverLimit { what: Quantity::Pages, found: pictures, limit: limits.pages });
    }
    let plain = || Ok((0..pictures).map(Parts::One).collect());
    let Some(description) = description.filter(|description| description.pages() == pictures) else {
        return plain();
    };
    let places = (0..description.times).flat_map(|time| (0..description.slices).map(move |slice| (slice, time)));
    match description.channels {
        1 => Ok(places.map(|(slice, time)| Parts::One(description.page(0, slice, time))).collect()),
        3 if grey => Ok(places
            .map(|(slice, time)| Parts::Three([0, 1, 2].map(|channel| description.page(channel, slice, time))))
            .collect()),
        // No scan has so many contrasts: some programs write the slices of a stack as channels.
        5.. if description.channels == pictures => plain(),
        found => Err(FileFault::ChannelCount { found }),
    }
}

/// Whether a page is a thumbnail or a smaller copy (bit 0) or a transparency mask (bit 2) of another page.
fn is_auxiliary(page: &Page<'_>) -> bool {
    matches!(page.find(tags::SUBFILE_TYPE), Ok(Some(flags)) if flags & 0b101 != 0)
}

/// Whether an image has half the width and height of the page before it, rounded up or down.
fn is_half(before: [u64; 2], size: [u64; 2]) -> bool {
    before.iter().zip(size).all(|(&before, size)| before > 1 && (size == before / 2 || size == before.div_ceil(2)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::SpacingSource;

    fn described(channels: u64, slices: u64, times: u64, order: [char; 3]) -> Description {
        let (source, images) = (SpacingSource::Ome, 1);
        Description { source, images, channels, slices, times, order, unit: None, lengths: [None; 3] }
    }

    fn parts(pictures: u64, description: Option<&Description>) -> Result<Vec<Parts>, FileFault> {
        slices(pictures, true, description, &Limits::default())
    }

    #[test]
    fn pages_that_halve_in_size_are_copies() {
        assert!(is_half([512, 384], [256, 192]) && is_half([511, 5], [255, 3]) && is_half([511, 5], [256, 2]));
        assert!(!is_half([512, 384], [256, 384]) && !is_half([512, 512], [512, 512]) && !is_half([1, 1], [1, 1]));
    }

    #[test]
    fn three_channels_are_one_slice() {
        let slices = parts(6, Some(&described(3, 2, 1, ['C', 'Z', 'T']))).expect("described");
        assert_eq!(slices, [Parts::Three([0, 1, 2]), Parts::Three([3, 4, 5])]);
        let slices = parts(6, Some(&described(3, 2, 1, ['Z', 'C', 'T']))).expect("described");
        assert_eq!(slices, [Parts::Three([0, 2, 4]), Parts::Three([1, 3, 5])]);
    }

    #[test]
    fn times_follow_each_other() {
        let slices = parts(4, Some(&described(1, 2, 2, ['T', 'Z', 'C']))).expect("described");
        assert_eq!(slices, [0, 2, 1, 3].map(Parts::One));
    }

    #[test]
    fn a_description_of_other_pages_is_not_used() {
        assert_eq!(parts(2, Some(&described(3, 2, 1, ['C', 'Z', 'T']))).expect("plain"), [0, 1].map(Parts::One));
        assert_eq!(parts(2, None).expect("plain"), [0, 1].map(Parts::One));
    }

    #[test]
    fn two_or_four_channels_are_refused_and_more_are_slices() {
        for (channels, slices) in [(2, 1), (4, 1), (2, 3), (5, 2)] {
            let description = described(channels, slices, 1, ['C', 'Z', 'T']);
            let found = parts(channels * slices, Some(&description));
            assert!(matches!(found, Err(FileFault::ChannelCount { found }) if found == channels));
        }
        assert_eq!(parts(5, Some(&described(5, 1, 1, ['C', 'Z', 'T']))).expect("slices").len(), 5);
    }
}
