//! [`ChannelOrder`]: which channels of a hyperstack are FLAIR and T1.

use super::description::Description;
use crate::error::FileFault;
use crate::read::{ReadNote, Sequence};

/// The channels that are used, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ChannelOrder {
    pub(super) flair: u64,
    /// Pre- and post-contrast T1.
    pub(super) others: Option<[u64; 2]>,
    pub(super) note: Option<ReadNote>,
}

impl ChannelOrder {
    /// The order that the names of two or more channels state. Without a known name three channels are pre-contrast T1, FLAIR and
    /// post-contrast T1, with a note.
    ///
    /// # Errors
    ///
    /// [`FileFault::NoFlairChannel`] if names state other contrasts only, and [`FileFault::ChannelCount`] if no name is known and
    /// there are not three channels.
    pub(super) fn of(description: &Description) -> Result<Self, FileFault> {
        let found = description.channels;
        let sequences: Vec<Sequence> = description.channel_names.iter().map(|name| Sequence::of_name(name)).collect();
        let channel = |wanted: Sequence| sequences.iter().position(|&own| own == wanted).map(|at| at as u64);
        if sequences.iter().all(|&sequence| sequence == Sequence::Unknown) {
            let note = Some(ReadNote::UnnamedChannels);
            return match found {
                3 => Ok(Self { flair: 1, others: Some([0, 2]), note }),
                found => Err(FileFault::ChannelCount { found }),
            };
        }
        let fault = || FileFault::NoFlairChannel { names: description.channel_names.join(", ") };
        let flair = channel(Sequence::Flair).ok_or_else(fault)?;
        let others = channel(Sequence::T1).zip(channel(Sequence::T1Contrast)).map(|(pre, post)| [pre, post]);
        let note = match others {
            Some([pre, post]) if [pre, flair, post, found] == [0, 1, 2, 3] => None,
            _ => Some(ReadNote::NamedChannels {
                flair: flair + 1,
                others: others.map(|o| o.map(|c| c + 1)),
                count: found,
            }),
        };
        Ok(Self { flair, others, note })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::SpacingSource;

    fn order(names: &[&str]) -> Result<ChannelOrder, FileFault> {
        let channel_names = names.iter().map(|&name| name.to_owned()).collect();
        let channels = names.len() as u64;
        let (source, images, order) = (SpacingSource::Ome, 1, ['C', 'Z', 'T']);
        let (slices, times, unit, lengths) = (1, 1, None, [None; 3]);
        ChannelOrder::of(&Description { source, images, channels, channel_names, slices, times, order, unit, lengths })
    }

    #[test]
    fn names_decide_in_any_order() {
        for (names, flair, others) in [
            (&["T1", "FLAIR", "T1 post"][..], 1, Some([0, 2])),
            (&["FLAIR", "T1", "T1ce", "T2"], 0, Some([1, 2])),
            (&["T1-Gd", "T1w", "T2", "T2-FLAIR"], 3, Some([1, 0])),
            (&["post", "pre", "flair"], 2, Some([1, 0])),
            (&["T2", "FLAIR"], 1, None),
            (&["FLAIR", "", "T1"], 0, None),
        ] {
            let found = order(names).expect("a FLAIR channel");
            assert_eq!((found.flair, found.others), (flair, others), "{names:?}");
            assert_eq!(found.note.is_none(), names == ["T1", "FLAIR", "T1 post"], "{names:?}");
        }
    }

    #[test]
    fn three_channels_without_known_names_are_in_the_order_of_the_network_with_a_note() {
        let found = order(&["Channel:0:0", "Channel:0:1", "Channel:0:2"]).expect("three channels");
        assert_eq!((found.flair, found.others, found.note), (1, Some([0, 2]), Some(ReadNote::UnnamedChannels)));
    }

    #[test]
    fn channels_without_flair_are_refused() {
        assert!(
            matches!(order(&["T1", "T2", "PD"]), Err(FileFault::NoFlairChannel { names }) if names == "T1, T2, PD")
        );
        assert!(matches!(order(&["a", "b", "c", "d"]), Err(FileFault::ChannelCount { found: 4 })));
    }
}
