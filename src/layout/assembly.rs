//! [`assemble()`]: slices → cases, each slice paired with its reference mask.

use std::collections::{BTreeMap, BTreeSet};

use super::grouping::Group;
use super::name::{Key, Name};
use super::plan::{Plan, PlannedCase};
use super::{AssemblyNote, Case, natural_order};
use crate::read::Slice;

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
/// **Masks.** A stem that ends in `_mask` is that of a reference mask. It belongs to the slice or page in the same
/// folder whose stem is the part before `_mask`. Otherwise it may be the mask of a page, named as
/// [`mask_name`](crate::write::mask_name) does; a file of masks for the whole stack takes precedence.
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
}

impl Assembler {
    /// An assembler for the files called `names`, in any order. A case has its folder's name if no other folder with
    /// slices has the same name, otherwise the folder's path.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut folders: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for Key { folder, mask, .. } in names.into_iter().map(|name| Name::parse(name).key) {
            if !mask {
                folders.entry(last(&folder).to_owned()).or_default().insert(folder);
            }
        }
        Self { folders, taken: BTreeSet::new() }
    }

    /// As [`assemble()`]. `slices` must hold whole cases with their masks.
    pub fn assemble(&mut self, slices: Vec<Slice>) -> Assembly {
        self.assemble_in("", slices)
    }

    /// As [`assemble`](Self::assemble), where names without a folder belong to the folder `folder`, unless it is empty.
    pub fn assemble_in(&mut self, folder: &str, slices: Vec<Slice>) -> Assembly {
        let slices: Vec<&Slice> = slices.iter().collect();
        let (planned, mut notes) = self.plan_in(folder, &slices);
        let mut cases = Vec::new();
        for case in planned {
            let (case, faults) = case.build(&slices);
            cases.push(case);
            notes.extend(faults);
        }
        notes.sort_by(|a, b| natural_order(a.name(), b.name()).then_with(|| a.to_string().cmp(&b.to_string())));
        Assembly { cases, notes }
    }

    /// As [`assemble`](Self::assemble), but without building the cases, and with the notes in any order.
    pub(crate) fn plan(&mut self, slices: &[&Slice]) -> (Vec<PlannedCase>, Vec<AssemblyNote>) {
        self.plan_in("", slices)
    }

    fn plan_in(&mut self, folder: &str, slices: &[&Slice]) -> (Vec<PlannedCase>, Vec<AssemblyNote>) {
        let Plan { groups, notes } = Plan::within(folder, slices);
        let names = self.case_names(groups.keys());
        let mut cases: Vec<PlannedCase> = names
            .into_iter()
            .zip(groups)
            .map(|(name, (group, members))| PlannedCase { group, name, members })
            .collect();
        cases.sort_by(|a, b| natural_order(&a.name, &b.name));
        (cases, notes)
    }

    /// A unique name for each group, as short as possible.
    fn case_names<'a>(&mut self, groups: impl Iterator<Item = &'a Group> + Clone) -> Vec<String> {
        let mut in_folder: BTreeMap<&str, usize> = BTreeMap::new();
        for group in groups.clone() {
            *in_folder.entry(&group.folder).or_default() += 1;
        }
        let label = |group: &Group, whole: bool| {
            let folder = if whole { &*group.folder } else { last(&group.folder) };
            match (folder, &*group.prefix) {
                ("", "") => "unnamed".to_owned(),
                ("", prefix) => prefix.to_owned(),
                (folder, "") => folder.to_owned(),
                (folder, _) if in_folder[&*group.folder] == 1 => folder.to_owned(),
                (folder, prefix) => format!("{folder}/{prefix}"),
            }
        };
        let mut short: BTreeMap<String, usize> = BTreeMap::new();
        for group in groups.clone() {
            *short.entry(label(group, false)).or_default() += 1;
        }
        let elsewhere = |folder: &str| {
            let namesakes = self.folders.get(last(folder));
            namesakes.is_some_and(|folders| folders.iter().any(|other| other != folder))
        };
        let name = |group| {
            let name = label(group, false);
            if short[&name] == 1 && !elsewhere(&group.folder) { name } else { label(group, true) }
        };
        let names: Vec<String> = groups.map(name).collect();
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
