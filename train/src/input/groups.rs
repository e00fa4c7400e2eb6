//! [`Group`]: the files that are read together. Names and the studies of DICOM files decide, so the groups are the same in every
//! run.

use std::collections::{BTreeMap, BTreeSet};

use glioscope::layout::{Assembler, Assembly, Contrast, Words};
use glioscope::network::Segmenter;
use glioscope::read::Slice;
use glioscope::study::contrasts_seen;

use super::found::Input;
use super::studies::{self, Joined};

/// The files of one folder, with those in folders of slices, masks and contrasts, and in all folders of a DICOM study. Volumes of
/// several patients in one folder are
/// separate groups. A group holds whole cases with their masks, usually one patient.
#[derive(Debug)]
pub(crate) struct Group {
    /// Unique among the groups.
    pub(crate) name: String,
    /// The name of the folder that was given, since the names of the files do not have it. Empty for files that were given.
    home: String,
    /// The name of the volume without words for contrasts, where other groups have the same folder.
    volume: Option<String>,
    /// How many groups before this one have the same files by name.
    namesakes: usize,
    pub(crate) inputs: Vec<Input>,
}

impl Group {
    /// Sorts the slices of the group into cases. `assembler` knows all names. `segmenter` looks at DICOM series whose headers and
    /// names tell nothing.
    pub(crate) fn assemble_seen(&self, assembler: &Assembler, slices: Vec<Slice>, segmenter: &Segmenter) -> Assembly {
        let unknown = assembler.unknown_series(&slices);
        let seen = contrasts_seen(unknown.iter().map(|series| (series, segmenter.kind(&series.slices))));
        self.assemble(&assembler.clone().with_seen(seen), slices)
    }

    /// Sorts the slices of the group into cases by names and headers.
    pub(crate) fn assemble(&self, assembler: &Assembler, slices: Vec<Slice>) -> Assembly {
        // Each group has its own, so that names do not depend on which groups were read before.
        let mut assembly = assembler.clone().assemble_in(&self.home, slices);
        let single = assembly.cases.len() == 1;
        for case in &mut assembly.cases {
            // A single case has the name of its folder, or that of the volume if it has no folder.
            if let Some(volume) = self.volume.as_ref().filter(|volume| single && case.name != **volume) {
                case.name = format!("{}/{volume}", case.name);
            }
            if self.namesakes > 0 {
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
        let split: Vec<Patient> = studies::join(places)
            .into_iter()
            .flat_map(|Joined { folders, inputs }| match &folders[..] {
                [_] => by_patient(inputs, words),
                folders => vec![Patient { folder: studies::common_folder(folders), volume: None, inputs }],
            })
            .collect();
        let mut in_folder: BTreeMap<String, usize> = BTreeMap::new();
        for patient in &split {
            *in_folder.entry(patient.folder.clone()).or_default() += 1;
        }
        for Patient { folder, volume, inputs } in split {
            let volume = volume.filter(|_| in_folder[&folder] > 1);
            let folder = if folder.is_empty() { home.to_owned() } else { folder };
            let name = match (&*folder, &volume) {
                ("", None) => inputs.first().map_or_else(String::new, |input| input.name.clone()),
                ("", Some(volume)) => volume.clone(),
                (folder, None) => folder.to_owned(),
                (folder, Some(volume)) => format!("{folder}/{volume}"),
            };
            let namesakes = taken.entry(name.to_lowercase()).or_default();
            let name = if *namesakes > 0 { numbered(&name, *namesakes) } else { name };
            groups.push(Group { name, home: home.to_owned(), volume, namesakes: *namesakes, inputs });
            *namesakes += 1;
        }
    }
    groups
}

fn numbered(name: &str, namesakes: usize) -> String {
    format!("{name} ({})", namesakes + 1)
}

/// The files of one group.
struct Patient {
    /// The folder without folders of slices, masks and contrasts.
    folder: String,
    /// The name of a volume without words for contrasts.
    volume: Option<String>,
    inputs: Vec<Input>,
}

/// The files of one place, separately for each volume where the names state that they belong to several patients.
fn by_patient(inputs: Vec<Input>, words: &Words) -> Vec<Patient> {
    let name = inputs.first().map_or("", |input| input.name.as_str());
    let (folder, place) = (words.common_folder(name), words.common_place(name));
    let Some(stems) = volume_stems(&inputs, words) else {
        // The place of a volume in a folder like `imagesTr` has the name of the volume.
        let volume = place.strip_prefix(&folder).and_then(|rest| rest.strip_prefix('/')).map(str::to_owned);
        return vec![Patient { folder, volume, inputs }];
    };
    let mut patients: BTreeMap<String, Vec<Input>> = BTreeMap::new();
    for (stem, input) in stems.into_iter().zip(inputs) {
        patients.entry(stem).or_default().push(input);
    }
    let patient = |(stem, inputs)| Patient { folder: folder.clone(), volume: Some(stem), inputs };
    patients.into_iter().map(patient).collect()
}

/// The patient of each volume of a folder; `None` if the folder may have only one patient, or other files. Where two volumes
/// are FLAIR by name, the contrasts of one patient have equal names but for words. Volumes of no such patient go with the first
/// one.
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
    Some(stems.iter().map(|stem| if flair.contains(stem) { stem.clone() } else { (*first).clone() }).collect())
}
