//! Folders with files of one DICOM study, which are read together.

use std::collections::{BTreeMap, BTreeSet};

use super::found::Input;

/// Folders, sorted by name, and their files.
pub(super) struct Joined {
    pub(super) folders: Vec<String>,
    pub(super) inputs: Vec<Input>,
}

struct Study {
    folders: Vec<String>,
    studies: BTreeSet<String>,
    inputs: Vec<Input>,
}

/// Joins the folders that have files of the same DICOM study, and the folder that holds them.
pub(super) fn join(folders: BTreeMap<String, Vec<Input>>) -> Vec<Joined> {
    let mut groups: Vec<Study> = Vec::new();
    for (folder, inputs) in folders {
        let studies: BTreeSet<String> = inputs.iter().filter_map(|input| input.study.clone()).collect();
        let mut own = Study { folders: vec![folder], studies, inputs };
        let (same, others): (Vec<Study>, Vec<Study>) =
            groups.into_iter().partition(|group| !group.studies.is_disjoint(&own.studies));
        groups = others;
        for other in same.into_iter().rev() {
            own.folders.splice(..0, other.folders);
            own.studies.extend(other.studies);
            own.inputs.splice(..0, other.inputs);
        }
        groups.push(own);
    }
    // A reference may be next to the folders of the series.
    let above = |group: &Study| match &group.folders[..] {
        [_] => None,
        folders => Some(common_folder(folders)),
    };
    let wanted: Vec<String> = groups.iter().filter_map(above).collect();
    let is_above = |group: &Study| group.studies.is_empty() && wanted.iter().any(|folder| group.folders[0] == *folder);
    let (beside, mut groups): (Vec<Study>, Vec<Study>) = groups.into_iter().partition(is_above);
    for group in beside {
        match groups.iter_mut().find(|other| above(other).as_ref() == group.folders.first()) {
            Some(other) => other.inputs.extend(group.inputs),
            None => groups.push(group),
        }
    }
    groups.sort_by(|a, b| a.folders[0].cmp(&b.folders[0]));
    groups.into_iter().map(|Study { folders, inputs, .. }| Joined { folders, inputs }).collect()
}

/// The folder that all of `folders` are in.
pub(super) fn common_folder(folders: &[String]) -> String {
    let parts = |folder: &String| folder.split('/').map(str::to_owned).collect::<Vec<_>>();
    let mut all = folders.iter().map(parts);
    let first = all.next().unwrap_or_default();
    let common = all.fold(first, |common, folder| {
        common.into_iter().zip(folder).take_while(|(a, b)| a == b).map(|(part, _)| part).collect()
    });
    common.join("/")
}
