//! [`assemble()`]: slices → an [`Assembly`] of cases, masks paired with their slices.

use std::collections::{BTreeMap, BTreeSet};

use super::grouping::Group;
use super::name::{Key, Name};
use super::plan::{Plan, PlannedCase};
use super::{AssemblyNote, Case, natural_order};
use crate::read::Slice;

/// What [`assemble`] makes of a heap of slices.
#[derive(Debug)]
pub struct Assembly {
    /// Every case, in natural order of their names.
    pub cases: Vec<Case>,
    /// What was left out and why, in natural order of the names.
    pub notes: Vec<AssemblyNote>,
}

/// Sorts `slices` into cases.
///
/// A name is a path with `/` or `\` between folders, and may end in `#` and the number of a page. Slices of one folder
/// are one case, unless their names without the trailing number differ: those are then patients of their own. Without
/// a folder that part of the name alone decides. In a folder, names without a trailing number belong together; without
/// a folder each is a case of its own. The pages of one file are always a case of their own.
///
/// A name whose stem ends in `_mask` is a reference mask and never a slice; it belongs to the slice (or page) of the
/// same folder whose stem is the rest. Where there is none, and the rest is a stack's stem, `_` and the number of a page
/// as [`mask_name`](crate::write::mask_name) has it, it belongs to that page, unless the stack's own file of masks has
/// one for it. Neither is one whose stem ends in `_overlay`, as those of
/// [`overlay_name`](crate::write::overlay_name) do. Of duplicates the first in natural order stays, a TIFF before a PNG; where even
/// the names are the same, the one whose content sorts first.
///
/// The outcome is the same whatever the order of `slices`.
pub fn assemble(slices: Vec<Slice>) -> Assembly {
    Assembler::default().assemble(slices)
}

/// Sorts slices into cases folder by folder, where those of all folders are too many to be at hand at once. No two cases of
/// one assembler share a name.
#[derive(Clone, Debug, Default)]
pub struct Assembler {
    /// By the last part of a folder's path, all folders that are known to hold slices.
    folders: BTreeMap<String, BTreeSet<String>>,
    /// Names of cases so far.
    taken: BTreeSet<String>,
}

impl Assembler {
    /// `names` are those of all files that are to come, in whatever order: a case goes by its folder's own name where no
    /// other folder of slices has the same, else by its whole path.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut folders: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for Key { folder, mask, .. } in names.into_iter().map(|name| Name::parse(name).key) {
            if !mask {
                folders.entry(last(&folder).to_owned()).or_default().insert(folder);
            }
        }
        Self { folders, taken: BTreeSet::new() }
    }

    /// As [`assemble`], all that a case needs being among `slices`.
    pub fn assemble(&mut self, slices: Vec<Slice>) -> Assembly {
        self.assemble_in("", slices)
    }

    /// As [`assemble`](Self::assemble), where names without a folder are those of files in `folder`; empty, they are
    /// loose.
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

    /// A name for each group, short where that is enough to tell it apart.
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

    /// The last resort, say for a stack `a.tif` beside single slices `a_1.tif`: the name with a number.
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

/// The last part of a folder's path.
fn last(folder: &str) -> &str {
    folder.rsplit('/').next().unwrap_or_default()
}
