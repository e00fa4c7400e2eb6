//! [`Group`]: the files that are read together. Names alone decide, so the groups are the same in every run.

use std::collections::{BTreeMap, BTreeSet};

use glioscope::layout::{Assembler, Assembly, Contrast, Words};
use glioscope::read::Slice;

use super::Input;

/// The files of one folder, with those in folders of slices, masks and contrasts. Volumes of several patients in one folder are
/// separate groups. A group holds whole cases with their masks, usually one patient.
#[derive(Debug)]
pub(crate) struct Group {
    /// Unique among the groups.
    pub(crate) name: String,
    /// The name of the folder that was given, since the names of the files do not have it. Empty for files that were given.
    home: String,
    /// Whether the cases have the name of the group, and not that of their folder.
    by_volume: bool,
    /// How many groups before this one have the same files by name.
    namesakes: usize,
    pub(crate) inputs: Vec<Input>,
}

impl Group {
    /// Sorts the slices of the group into cases. `assembler` knows all names.
    pub(crate) fn assemble(&self, assembler: &Assembler, slices: Vec<Slice>) -> Assembly {
        // Each group has its own, so that names do not depend on which groups were read before.
        let mut assembly = assembler.clone().assemble_in(&self.home, slices);
        let single = assembly.cases.len() == 1;
        for case in &mut assembly.cases {
            if self.by_volume && single {
                case.name.clone_from(&self.name);
            } else if self.namesakes > 0 {
                case.name = numbered(&case.name, self.namesakes);
            }
        }
        assembly
    }
}

/// The groups of all files, which are sorted by the path that was given. `home` is the name of such a path.
pub(super) fn groups<'a>(files: impl IntoIterator<Item = (&'a str, Vec<Input>)>, words: &Words) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    for (home, inputs) in files {
        let mut places: BTreeMap<String, Vec<Input>> = BTreeMap::new();
        for input in inputs {
            places.entry(words.common_place(&input.name)).or_default().push(input);
        }
        let split = places.into_iter().flat_map(|(place, inputs)| by_patient(home, place, inputs, words));
        for (name, by_volume, inputs) in split {
            let namesakes = taken.entry(name.to_lowercase()).or_default();
            let name = if *namesakes > 0 { numbered(&name, *namesakes) } else { name };
            groups.push(Group { name, home: home.to_owned(), by_volume, namesakes: *namesakes, inputs });
            *namesakes += 1;
        }
    }
    groups
}

fn numbered(name: &str, namesakes: usize) -> String {
    format!("{name} ({})", namesakes + 1)
}

/// The files of one place, separately for each volume where the names state that they belong to several patients. With each, its
/// name and whether it is that of a volume.
fn by_patient(home: &str, place: String, inputs: Vec<Input>, words: &Words) -> Vec<(String, bool, Vec<Input>)> {
    let folder = if place.is_empty() { home } else { &place };
    let Some(stems) = volume_stems(&inputs, words) else {
        let first = inputs.first().map_or("", |input| input.name.as_str());
        // The place of a volume in a folder like `imagesTr` has the volume's own name.
        let own = !inputs.iter().all(|input| words.common_folder(&input.name) == place);
        let name = if folder.is_empty() { first } else { folder };
        return vec![(name.trim_start_matches('/').to_owned(), own, inputs)];
    };
    let mut patients: BTreeMap<String, Vec<Input>> = BTreeMap::new();
    for (stem, input) in stems.into_iter().zip(inputs) {
        patients.entry(stem).or_default().push(input);
    }
    let name = |stem: String| if folder.is_empty() { stem } else { format!("{folder}/{stem}") };
    patients.into_iter().map(|(stem, inputs)| (name(stem), true, inputs)).collect()
}

/// The patient of each volume of a folder; `None` if the folder may have only one patient, or other files. Where two volumes are FLAIR
/// by name, the contrasts of one patient have equal names but for words. Volumes of no such patient go with the first one.
fn volume_stems(inputs: &[Input], words: &Words) -> Option<Vec<String>> {
    let usual = words.contrasts.is_empty() && words.references.is_empty();
    let channel = |input: &Input| {
        let stem = input.name.split('.').next().unwrap_or_default();
        stem.rsplit_once('_').is_some_and(|(_, end)| end.len() == 4 && end.bytes().all(|byte| byte.is_ascii_digit()))
    };
    if !usual || !inputs.iter().all(|input| input.is_volume() && !channel(input)) {
        return None;
    }
    // In a folder `images` a place has the name of the volume.
    let file = |input: &Input| input.name.rsplit('/').next().unwrap_or_default().to_owned();
    let stem =
        |input: &Input| words.common_place(&format!("images/{}", file(input))).trim_start_matches('/').to_owned();
    let stems: Vec<String> = inputs.iter().map(stem).collect();
    let is_flair = |input: &Input| {
        let mut parts = file(input).split(|c: char| !c.is_ascii_alphanumeric()).map(Contrast::of).collect::<Vec<_>>();
        parts.retain(|found| *found == Some(Contrast::Flair));
        !parts.is_empty()
    };
    let flair: BTreeSet<&String> =
        stems.iter().zip(inputs).filter(|(_, input)| is_flair(input)).map(|(stem, _)| stem).collect();
    let Some(first) = flair.first() else { return Some(stems) };
    if flair.len() == 1 {
        return None;
    }
    Some(stems.iter().map(|stem| if flair.contains(stem) { stem.clone() } else { (*first).clone() }).collect())
}
