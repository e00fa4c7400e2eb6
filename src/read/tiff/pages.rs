//! Which pages of a file are pictures, and which pictures make up a slice.

use super::channels::ChannelOrder;
use super::description::Description;
use super::directory::{File, Page};
use super::tags;
use crate::error::{FileFault, Quantity};
use crate::read::{Limits, ReadNote};

/// The pictures of one slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parts {
    /// One picture.
    One(u64),
    /// Three grey pictures: pre-contrast, FLAIR and post-contrast.
    Three([u64; 3]),
}

/// Removes thumbnails, transparency masks and the smaller copies of a pyramid. Returns the number of copies.
///
/// Where all pages are thumbnails, the pictures are in their sub-directories. Without any, the pages themselves are used.
pub(super) fn keep_pictures<'a>(file: &File<'a>, pages: &mut Vec<Page<'a>>, limit: u64) -> Result<usize, FileFault> {
    if pages.iter().all(is_auxiliary) {
        let mut inner = Vec::new();
        for page in pages.iter() {
            inner.extend(file.sub_pages(page, &tags::ALL, limit - inner.len() as u64)?);
        }
        if inner.iter().any(|page| !is_auxiliary(page)) {
            *pages = inner;
        }
    }
    if pages.iter().any(|page| !is_auxiliary(page)) {
        pages.retain(|page| !is_auxiliary(page));
    } else {
        pages.retain(|page| !is_transparency(page));
    }
    let all = pages.len();
    let largest = pages.iter().filter_map(size).max_by_key(|[width, height]| width.saturating_mul(*height));
    let mut before = None;
    pages.retain(|page| {
        let own = size(page);
        let copy = before.zip(own).is_some_and(|(before, size)| is_half(before, size))
            || largest.zip(own).is_some_and(|(largest, size)| is_reduced(largest, size));
        before = own;
        !copy
    });
    Ok(all - pages.len())
}

/// Columns and rows, where the page states them.
fn size(page: &Page<'_>) -> Option<[u64; 2]> {
    match (page.find(tags::WIDTH), page.find(tags::HEIGHT)) {
        (Ok(Some(width)), Ok(Some(height))) => Some([width, height]),
        _ => None,
    }
}

/// The slices of `pictures` pictures, of which all are grey or not. Every picture is a slice, unless `description`
/// tells channels apart. A note says which channels are which contrast, unless that is plain.
pub(super) fn slices(
    pictures: u64,
    grey: bool,
    description: Option<&Description>,
    limits: &Limits,
) -> Result<(Vec<Parts>, Option<ReadNote>), FileFault> {
    if pictures > limits.pages {
        return Err(FileFault::OverLimit { what: Quantity::Pages, found: pictures, limit: limits.pages });
    }
    let plain = || Ok(((0..pictures).map(Parts::One).collect(), None));
    let Some(description) = description.filter(|description| description.pages() == pictures) else {
        return plain();
    };
    let places = (0..description.times).flat_map(|time| (0..description.slices).map(move |slice| (slice, time)));
    match description.channels {
        1 => Ok((places.map(|(slice, time)| Parts::One(description.page(0, slice, time))).collect(), None)),
        found if !grey => Err(FileFault::ChannelCount { found }),
        channels => match ChannelOrder::of(description) {
            // No scan has so many contrasts: some programs write the slices of a stack as channels.
            Err(FileFault::ChannelCount { found: 5.. }) if channels == pictures => plain(),
            order => {
                let order = order?;
                let parts = |(slice, time)| {
                    let page = |channel| description.page(channel, slice, time);
                    match order.others {
                        Some([pre, post]) => Parts::Three([pre, order.flair, post].map(page)),
                        None => Parts::One(page(order.flair)),
                    }
                };
                Ok((places.map(parts).collect(), order.note))
            }
        },
    }
}

/// Whether a page is a thumbnail or a smaller copy (bit 0; 2 in the tag of older files), or a transparency mask.
fn is_auxiliary(page: &Page<'_>) -> bool {
    matches!(page.find(tags::SUBFILE_TYPE), Ok(Some(flags)) if flags & 1 != 0)
        || matches!(page.find(tags::OLD_SUBFILE_TYPE), Ok(Some(2)))
        || is_transparency(page)
}

/// Whether a page is a transparency mask of another page (bit 2).
fn is_transparency(page: &Page<'_>) -> bool {
    matches!(page.find(tags::SUBFILE_TYPE), Ok(Some(flags)) if flags & 0b100 != 0)
}

/// Whether an image has half the width and height of the page before it, rounded up or down.
fn is_half(before: [u64; 2], size: [u64; 2]) -> bool {
    before.iter().zip(size).all(|(&before, size)| before > 1 && (size == before / 2 || size == before.div_ceil(2)))
}

/// The shorter side of the smallest copy that is known by its size alone, in pixels. Smaller pages differ by chance.
const SMALLEST_COPY: u64 = 16;

/// Whether an image has the width and height of the largest one divided by a power of two, rounded up or down.
fn is_reduced(largest: [u64; 2], size: [u64; 2]) -> bool {
    let by = |steps: u32| {
        let rounded = |(&whole, size): (&u64, u64)| size == whole >> steps || size == whole.div_ceil(1 << steps);
        largest.iter().zip(size).all(rounded)
    };
    size.iter().all(|&side| side >= SMALLEST_COPY) && (1..u64::BITS).any(by)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::SpacingSource;

    fn described(channels: u64, slices: u64, times: u64, order: [char; 3]) -> Description {
        let (source, images) = (SpacingSource::Ome, 1);
        let channel_names = Vec::new();
        Description { source, images, channels, channel_names, slices, times, order, unit: None, lengths: [None; 3] }
    }

    fn parts(pictures: u64, description: Option<&Description>) -> Result<Vec<Parts>, FileFault> {
        Ok(slices(pictures, true, description, &Limits::default())?.0)
    }

    #[test]
    fn pages_that_halve_in_size_are_copies() {
        assert!(is_half([512, 384], [256, 192]) && is_half([511, 5], [255, 3]) && is_half([511, 5], [256, 2]));
        assert!(!is_half([512, 384], [256, 384]) && !is_half([512, 512], [512, 512]) && !is_half([1, 1], [1, 1]));
    }

    #[test]
    fn copies_may_be_a_quarter_or_less_of_the_largest_page() {
        assert!(is_reduced([512, 389], [128, 97]) && is_reduced([511, 389], [64, 49]));
        assert!(!is_reduced([512, 512], [512, 512]) && !is_reduced([512, 512], [200, 200]));
        assert!(!is_reduced([21, 13], [1, 1]) && !is_reduced([512, 512], [128, 256]));
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
    fn two_or_four_channels_without_names_are_refused_and_more_are_slices() {
        for (channels, slices) in [(2, 1), (4, 1), (2, 3), (5, 2)] {
            let description = described(channels, slices, 1, ['C', 'Z', 'T']);
            let found = parts(channels * slices, Some(&description));
            assert!(matches!(found, Err(FileFault::ChannelCount { found }) if found == channels));
        }
        assert_eq!(parts(5, Some(&described(5, 1, 1, ['C', 'Z', 'T']))).expect("slices").len(), 5);
    }
}
