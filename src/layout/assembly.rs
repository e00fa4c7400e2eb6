//! [`assemble()`]: slices → cases, each slice paired with its reference mask.

use std::collections::{BTreeMap, BTreeSet};

use super::grouping::Group;
use super::name::{Key, Name};
use super::plan::{Plan, PlannedCase, PlannedGroup};
use super::studies::{self, JoinedSeries, UnknownSeries};
use super::words::Words;
use super::{AssemblyNote, Case, Contrast, natural_order};
use crate::read::{Sequence, Slice};
use crate::sort::sort_by;

/// The cases of a set of slices.
#[derive(Debug)]
pub struct Assembly {
    /// All cases, in natural order of their names.
    pub cases: Vec<Case>,
    /// The files that are in no case and why, in natural order of their names.
    pub notes: Vec<AssemblyNote>,
}

/// Sorts slices into cases by their names. The order of `slices` does not matter.
///
/// A name is a path with `/` or `\` between folders. It may end in `#` and the number of a page.
///
/// **Cases.** Slices in one folder are one case, unless their names without the trailing number differ: then each such
/// name is a case. Names without a trailing number belong together. Without a folder, the name without the trailing
/// number decides, and a name without a number is a case of its own. The pages of a file are always a case of their
/// own.
///
/// **Masks.** The first or last part of a mask's stem, or the part before its trailing number, is `mask`, `masks`, `seg`,
/// `label`, `labels` or `gt`, with `_`, `-`, `.` or a space around it, in upper or lower case. A file in a folder with such a
/// name, or `annotations` or `labelsTr`, is a mask too. A mask belongs to the slice or page in the same folder whose stem is
/// the rest of its own. Otherwise it may be the mask of a page, named as [`mask_name`](crate::write::mask_name) does; a file
/// of masks for the whole stack takes precedence. Otherwise its slice may be in another folder, such as `images` beside
/// `masks`: folders of slices, masks and contrasts and the words for them are not compared. At last case, leading zeros of
/// numbers and the kind of separators are not compared either.
///
/// **Contrasts.** Grey files whose names differ only in the word of a contrast, or that are in folders with such names, are
/// the channels of one slice: see [`Contrast::of`](super::Contrast::of). The slice has the name of the FLAIR file. Where pre-
/// or post-contrast is missing, FLAIR is used alone. In nnU-Net's names the number of a channel, `_0000` to `_0003`, is the
/// word. It is read so in `imagesTr` and `imagesTs`, and where every name of a folder has the same numbers.
///
/// **Overlays.** A stem that ends in `_overlay` is that of an exported image
/// ([`overlay_name`](crate::write::overlay_name)), which is not a slice.
///
/// **Duplicates.** The first in natural order is used, a TIFF before a PNG. Of files with the same name, the one whose
/// content sorts first is used.
pub fn assemble(slices: Vec<Slice>) -> Assembly {
    Assembler::default().assemble(slices)
}

/// Sorts slices into cases one folder at a time, for folders that do not fit in memory together. Case names are unique
/// across all folders.
#[derive(Clone, Debug, Default)]
pub struct Assembler {
    /// All folders with slices, by the last part of their path.
    folders: BTreeMap<String, BTreeSet<String>>,
    /// The case names so far.
    taken: BTreeSet<String>,
    words: Words,
}

impl Assembler {
    /// An assembler for the files called `names`, in any order. A case has its folder's name if no other folder with
    /// slices has the same name, otherwise the folder's path. `words` are added to the words that mark masks and contrasts.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>, words: Words) -> Self {
        let mut folders: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for Name { key: Key { mask, .. }, place, .. } in names.into_iter().map(|name| Name::parse(name, &words)) {
            if !mask {
                folders.entry(last(&place.folder).to_owned()).or_default().insert(place.folder);
            }
        }
        Self { folders, taken: BTreeSet::new(), words }
    }

    /// This assembler, which takes DICOM series whose headers and names tell nothing for these contrasts, by `SeriesInstanceUID`.
    pub fn with_seen(mut self, seen: Vec<(String, Contrast)>) -> Self {
        self.words.seen = seen;
        self
    }

    /// As [`assemble()`]. `slices` must hold whole cases with their masks.
    pub fn assemble(&mut self, slices: Vec<Slice>) -> Assembly {
        self.assemble_in("", slices)
    }

    /// As [`assemble`](Self::assemble), where names without a folder belong to the folder `folder`, unless it is empty.
    pub fn assemble_in(&mut self, folder: &str, slices: Vec<Slice>) -> Assembly {
        let JoinedSeries { slices: series, notes: joined, .. } = self.join_series(&slices.iter().collect::<Vec<_>>());
        // The frames of files are not needed any more.
        let slices: Vec<Slice> = slices.into_iter().filter(|slice| slice.frame().is_none()).chain(series).collect();
        let slices: Vec<&Slice> = slices.iter().collect();
        let (planned, mut notes) = self.plan_in(folder, &slices);
        notes.extend(joined);
        let mut cases = Vec::new();
        for case in planned {
            let (case, faults) = case.build(&slices);
            cases.push(case);
            notes.extend(faults);
        }
        sort_by(&mut notes, |a, b| natural_order(a.name(), b.name()).then_with(|| a.to_string().cmp(&b.to_string())));
        Assembly { cases, notes }
    }

    /// The DICOM series among `slices` of which neither headers nor names tell what they show.
    pub fn unknown_series<'a>(&self, slices: impl IntoIterator<Item = &'a Slice>) -> Vec<UnknownSeries> {
        let frames: Vec<&Slice> = slices.into_iter().filter(|slice| slice.frame().is_some()).collect();
        // Frames are only grouped where that can find something: studies have thousands.
        let is_unknown = |slice: &&Slice| slice.frame().is_some_and(|frame| frame.sequence == Sequence::Unknown);
        if frames.iter().any(is_unknown) { studies::unknown(&frames, &self.words) } else { Vec::new() }
    }

    /// The volumes that the frames of DICOM files make up.
    pub(crate) fn join_series(&self, slices: &[&Slice]) -> JoinedSeries {
        studies::join(slices, &self.words)
    }

    /// As [`assemble`](Self::assemble), but without building the cases, and with the notes in any order.
    pub(crate) fn plan(&mut self, slices: &[&Slice]) -> (Vec<PlannedCase>, Vec<AssemblyNote>) {
        self.plan_in("", slices)
    }

    fn plan_in(&mut self, folder: &str, slices: &[&Slice]) -> (Vec<PlannedCase>, Vec<AssemblyNote>) {
        let Plan { groups, notes } = Plan::within(folder, slices, &self.words);
        let names = self.case_names(&groups);
        let mut cases: Vec<PlannedCase> = names
            .into_iter()
            .zip(groups)
            .map(|(name, (group, PlannedGroup { members, .. }))| PlannedCase { group, name, members })
            .collect();
        sort_by(&mut cases, |a, b| natural_order(&a.name, &b.name));
        (cases, notes)
    }

    /// A unique name for each group, as short as possible.
    fn case_names(&mut self, groups: &BTreeMap<Group, PlannedGroup>) -> Vec<String> {
        let mut in_folder: BTreeMap<&str, usize> = BTreeMap::new();
        for group in groups.keys() {
            *in_folder.entry(&group.folder).or_default() += 1;
        }
        let label = |group: &Group, folder: &str| match (folder, &*group.prefix) {
            ("", "") => "unnamed".to_owned(),
            ("", prefix) => prefix.to_owned(),
            (folder, "") => folder.to_owned(),
            (folder, _) if in_folder[&*group.folder] == 1 => folder.to_owned(),
            (folder, prefix) => format!("{folder}/{prefix}"),
        };
        let short = |(group, planned): (&Group, &PlannedGroup)| label(group, last(&planned.place));
        let mut count: BTreeMap<String, usize> = BTreeMap::new();
        for entry in groups {
            *count.entry(short(entry)).or_default() += 1;
        }
        let elsewhere = |folder: &str| {
            let namesakes = self.folders.get(last(folder));
            namesakes.is_some_and(|folders| folders.iter().any(|other| other != folder))
        };
        let name = |entry: (&Group, &PlannedGroup)| {
            let (group, planned) = entry;
            let name = short(entry);
            if count[&name] == 1 && !elsewhere(&planned.place) { name } else { label(group, &group.folder) }
        };
        let names: Vec<String> = groups.iter().map(name).collect();
        names.into_iter().map(|name| self.unique(name)).collect()
    }

    /// Adds a number to a name that is taken, such as that of a stack `a.tif` next to single slices `a_1.tif`.
    fn unique(&mut self, name: String) -> String {
        let mut unique = name.clone();
        let mut number = 2;
        while !self.taken.insert(unique.clone()) {
            unique = format!("{name} ({number})");
            number += 1;
        }
        unique
    }
}

/// The last part of a path.
fn last(folder: &str) -> &str {
    folder.rsplit('/').next().unwrap_or_default()
}
