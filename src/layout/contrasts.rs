//! [`join`]: the grey files that are the contrasts of one slice.

use std::collections::{BTreeMap, BTreeSet};

use super::contrast::is_grey;
use super::name::{Name, Place};
use super::volumes::file;
use super::words::Words;
use super::{AssemblyNote, Contrast};
use crate::read::Slice;

/// A file of a plan: its name and its place in the list that is planned.
pub(super) type Entry = (Name, usize);

/// A slice with the files of its other channels.
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) name: Name,
    /// The place of the file, which is that of FLAIR where there are several.
    pub(super) slice: usize,
    /// The places of the pre- and post-contrast files.
    pub(super) contrasts: Option<[usize; 2]>,
}

/// Joins the files that are contrasts of one slice. Files whose names have no contrast, and those with three different
/// channels, are slices by themselves.
pub(super) fn join(mut entries: Vec<Entry>, words: &Words, slices: &[&Slice]) -> (Vec<Picture>, Vec<AssemblyNote>) {
    let mut notes = number_channels(&mut entries, words, slices);
    name_other_volumes(&mut entries);
    let mut sets: BTreeMap<Place, BTreeMap<Contrast, usize>> = BTreeMap::new();
    let contrast_of = |(name, at): &Entry| name.contrast.filter(|_| is_grey(slices[*at]));
    let contrasts: Vec<Option<Contrast>> = entries.iter().map(contrast_of).collect();
    for ((name, at), contrast) in entries.iter().zip(&contrasts) {
        if let Some(contrast) = contrast {
            sets.entry(name.place.clone()).or_default().entry(*contrast).or_insert(*at);
        }
    }
    // Volumes of any size can be resampled.
    let fits = |at: usize, flair: usize| {
        let size = |at: usize| [slices[at].width(), slices[at].height()];
        slices[at].scan().is_some() || size(at) == size(flair)
    };
    let alone = AloneInFolder::of(&entries);
    let (mut pictures, mut joined) = (Vec::new(), BTreeSet::new());
    let mut rest: Vec<(Contrast, Entry)> = Vec::new();
    for ((name, slice), contrast) in entries.into_iter().zip(contrasts) {
        match contrast {
            None => pictures.push(Picture { name, slice, contrasts: None }),
            Some(Contrast::Flair) => {
                let set = &sets[&name.place];
                let own = |contrast: Contrast| set.get(&contrast).copied().or_else(|| alone.find(&name, contrast));
                let mut others = [Contrast::Pre, Contrast::Post].map(own);
                if set[&Contrast::Flair] != slice {
                    if name.volume {
                        rest.push((Contrast::Flair, (name, slice)));
                        continue;
                    }
                    others = [None; 2];
                }
                let contrasts = match others {
                    [Some(pre), Some(post)] if fits(pre, slice) && fits(post, slice) => {
                        joined.extend([pre, post]);
                        Some([pre, post])
                    }
                    _ => None,
                };
                pictures.push(Picture { name, slice, contrasts });
            }
            Some(contrast) => rest.push((contrast, (name, slice))),
        }
    }
    let mut unused: BTreeMap<(String, Contrast), Vec<String>> = BTreeMap::new();
    for (contrast, (name, at)) in rest {
        if !joined.contains(&at) {
            unused.entry((name.key.folder, contrast)).or_default().push(file(slices[at]).to_owned());
        }
    }
    let unused = unused.into_iter().map(|((_, contrast), files)| AssemblyNote::Unused { files, contrast });
    notes.extend(unused);
    (pictures, notes)
}

/// Where names state which volume of a folder is FLAIR, those without a contrast are something else.
fn name_other_volumes(entries: &mut [Entry]) {
    let flair = entries.iter().filter(|(name, _)| name.volume && name.contrast == Some(Contrast::Flair));
    let folders: BTreeSet<String> = flair.map(|(name, _)| name.key.folder.clone()).collect();
    for (name, _) in entries.iter_mut().filter(|(name, _)| name.volume && name.contrast.is_none()) {
        if folders.contains(&name.key.folder) {
            name.contrast = Some(Contrast::Other);
        }
    }
}

/// The volumes that are the only ones of their contrast in their folder. They belong together, with any other words in their
/// names, if one of them is FLAIR.
struct AloneInFolder(BTreeMap<(String, Contrast), Option<usize>>);

impl AloneInFolder {
    fn of(entries: &[Entry]) -> Self {
        let mut found = BTreeMap::new();
        for (name, at) in entries.iter().filter(|(name, _)| name.volume) {
            if let Some(contrast) = name.contrast {
                let folder = name.place.folder.clone();
                found.entry((folder, contrast)).and_modify(|one| *one = None).or_insert(Some(*at));
            }
        }
        Self(found)
    }

    /// The volume of a contrast that belongs to a FLAIR volume.
    fn find(&self, flair: &Name, contrast: Contrast) -> Option<usize> {
        let of = |contrast: Contrast| self.0.get(&(flair.place.folder.clone(), contrast)).copied().flatten();
        of(Contrast::Flair).and_then(|_| of(contrast)).filter(|_| flair.volume && !flair.channel_folder)
    }
}

/// Decides in which folders the four digits at the end of names are channels, and sets their contrasts.
fn number_channels(entries: &mut [Entry], words: &Words, slices: &[&Slice]) -> Vec<AssemblyNote> {
    if words.slice_numbers {
        return Vec::new();
    }
    let mut folders: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    let mut sure: BTreeSet<String> = BTreeSet::new();
    for (name, at) in entries.iter() {
        let Some((stem, digits)) = name.channel() else { continue };
        if name.contrast.is_none() && is_grey(slices[*at]) {
            let stems = folders.entry(name.key.folder.clone()).or_default();
            stems.entry(stem.to_owned()).or_default().insert(digits.to_owned());
            if name.channel_folder || words.contrast(digits).is_some() {
                sure.insert(name.key.folder.clone());
            }
        }
    }
    let mut notes = Vec::new();
    for (folder, stems) in folders {
        if !sure.contains(&folder) && !are_channels(&stems) {
            continue;
        }
        let digits: BTreeSet<&String> = stems.values().flatten().collect();
        let usual = Contrast::of_channels(digits.len());
        let channel = |index: usize, digits: &str| {
            let usual = usual.get(index).copied().unwrap_or(Contrast::Other);
            words.contrast(digits).unwrap_or(usual)
        };
        let order: Vec<(String, Contrast)> =
            digits.into_iter().enumerate().map(|(index, digits)| (digits.clone(), channel(index, digits))).collect();
        let mut first = None;
        for (name, at) in entries
            .iter_mut()
            .filter(|(name, at)| name.key.folder == folder && name.contrast.is_none() && is_grey(slices[*at]))
        {
            let contrast = name
                .channel()
                .and_then(|(_, digits)| order.iter().find(|(known, _)| known == digits))
                .map(|&(_, contrast)| contrast);
            if let Some(contrast) = contrast {
                name.set_channel(contrast);
                first.get_or_insert(*at);
            }
        }
        let stated = order.iter().all(|(digits, _)| words.contrast(digits).is_some());
        if let Some(first) = first.filter(|_| !stated) {
            notes.push(AssemblyNote::Channels { name: file(slices[first]).to_owned(), order });
        }
    }
    notes
}

/// Whether the numbers of these names are those of channels and not of slices: every name has the same numbers, from 0000,
/// and at most four. A single name must end in the number of a slice.
fn are_channels(stems: &BTreeMap<String, BTreeSet<String>>) -> bool {
    let Some((stem, channels)) = stems.first_key_value() else { return false };
    let consecutive = channels.iter().enumerate().all(|(index, digits)| *digits == format!("{index:04}"));
    let equal = stems.values().all(|others| others == channels);
    let slices = stems.len() > 1 || stem.ends_with(|c: char| c.is_ascii_digit());
    channels.len() <= 4 && consecutive && equal && slices
}
