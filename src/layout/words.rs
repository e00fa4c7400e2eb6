//! [`Words`]: the parts of names that state what a file holds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Contrast;

/// Words in names that mark references and contrasts. They are added to the usual words and take precedence.
///
/// A word is the first or the last part of a file's name, or the part before its trailing number, with `_`, `-`, `.` or a
/// space around it; or the name of a folder. Letters compare without case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Words {
    /// Words of reference masks. Without any, the usual words count: `mask`, `masks`, `seg`, `label`, `labels`, `gt` and
    /// some more for folders.
    pub references: Vec<String>,
    /// Words of contrasts, and the four digits of channels.
    pub contrasts: Vec<(String, Contrast)>,
    /// Whether four digits at the end of a name are always the number of a slice, and never a channel.
    pub slice_numbers: bool,
    /// The contrasts of DICOM series that a reader has chosen, by `SeriesInstanceUID`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub series: Vec<(String, Contrast)>,
    /// What a network has seen in DICOM series whose headers and names tell nothing, by `SeriesInstanceUID`.
    #[serde(skip)]
    pub seen: Vec<(String, Contrast)>,
}

/// The usual words of reference masks in the names of files.
pub(super) const REFERENCES: [&str; 8] =
    ["mask", "masks", "seg", "label", "labels", "gt", "segmentation", "annotation"];

/// More usual words of reference masks, in the names of folders.
pub(super) const REFERENCE_FOLDERS: [&str; 8] =
    ["annotations", "labelsTr", "labelsTs", "segs", "segmentations", "groundtruth", "ground_truth", "gts"];

/// The name of the file in which nnU-Net states the channels.
const DATASET: &str = "dataset.json";

/// A part of a name that was recognised, and the name without it.
pub(super) struct Found<T> {
    pub(super) value: T,
    pub(super) rest: String,
}

impl Words {
    /// Whether a file may state channels for [`add_dataset`](Self::add_dataset).
    pub fn is_dataset(name: &str) -> bool {
        name.rsplit(['/', '\\']).next() == Some(DATASET)
    }

    /// Adds the channels that an nnU-Net `dataset.json` states, if FLAIR is one of them. Words that were there take
    /// precedence.
    pub fn add_dataset(&mut self, json: &[u8]) {
        #[derive(Deserialize)]
        struct Dataset {
            /// `modality` in version 1.
            #[serde(alias = "modality")]
            channel_names: BTreeMap<String, String>,
        }
        let Ok(Dataset { channel_names }) = serde_json::from_slice(json) else { return };
        let channels = channel_names.iter().filter_map(|(number, name)| {
            let contrast = find(name, Contrast::of).map_or(Contrast::Other, |found| found.value);
            Some((format!("{:04}", number.parse::<u32>().ok()?), contrast))
        });
        let channels: Vec<(String, Contrast)> = channels.collect();
        if channels.iter().any(|&(_, contrast)| contrast == Contrast::Flair) {
            self.contrasts.extend(channels);
        }
    }

    /// Whether `word` marks a reference mask, as a part of a file's name.
    pub(super) fn is_reference(&self, word: &str) -> bool {
        if self.references.is_empty() { is_one_of(word, &REFERENCES) } else { self.chosen(word) }
    }

    /// Whether `folder` is the name of a folder of reference masks.
    pub(super) fn is_reference_folder(&self, folder: &str) -> bool {
        self.is_reference(folder) || self.references.is_empty() && is_one_of(folder, &REFERENCE_FOLDERS)
    }

    /// Both choices: `other` counts where it chooses something else.
    pub(crate) fn and(mut self, other: Self) -> Self {
        if self.references.is_empty() {
            self.references = other.references;
        } else if !other.references.is_empty() {
            self.references.retain(|word| other.references.contains(word));
        }
        self.contrasts.splice(..0, other.contrasts);
        self.slice_numbers |= other.slice_numbers;
        self.series.splice(..0, other.series);
        self.seen.splice(..0, other.seen);
        self
    }

    /// The contrast that `word` marks.
    pub(super) fn contrast(&self, word: &str) -> Option<Contrast> {
        let chosen = self.contrasts.iter().find(|(known, _)| known.eq_ignore_ascii_case(word));
        chosen.map(|&(_, contrast)| contrast).or_else(|| Contrast::of(word))
    }

    /// The contrast that a reader has chosen for a DICOM series.
    pub(crate) fn of_series(&self, uid: &str) -> Option<Contrast> {
        self.series.iter().find(|(known, _)| known == uid).map(|&(_, contrast)| contrast)
    }

    /// The contrast that a network has seen in a DICOM series.
    pub(super) fn seen_in(&self, uid: &str) -> Option<Contrast> {
        self.seen.iter().find(|(known, _)| known == uid).map(|&(_, contrast)| contrast)
    }

    /// The contrast that `folder` is named after, such as `T1-CE`.
    pub(super) fn contrast_folder(&self, folder: &str) -> Option<Contrast> {
        self.contrast(folder).or_else(|| self.contrast(&folder.split(SEPARATORS).collect::<String>()))
    }

    fn chosen(&self, word: &str) -> bool {
        self.references.iter().any(|known| known.eq_ignore_ascii_case(word))
    }
}

/// Whether `word` marks a slice, as in `image_1.tif` with `mask_1.tif`.
pub(super) fn is_image(word: &str) -> bool {
    is_one_of(word, &["image", "images", "img", "imgs", "slice"])
}

/// Whether `folder` is the name of a folder of slices with their masks in another folder.
pub(super) fn is_image_folder(folder: &str) -> bool {
    const FOLDERS: [&str; 14] = [
        "images",
        "imgs",
        "img",
        "image",
        "slices",
        "imagesTr",
        "imagesTs",
        "scans",
        "input",
        "inputs",
        "raw",
        "original",
        "originals",
        "mri",
    ];
    is_one_of(folder, &FOLDERS)
}

/// Whether `folder` is one of nnU-Net's folders of slices, where the last four digits of a name are a channel.
pub(super) fn is_channel_folder(folder: &str) -> bool {
    is_one_of(folder, &["imagesTr", "imagesTs"])
}

fn is_one_of(word: &str, known: &[&str]) -> bool {
    known.iter().any(|known| known.eq_ignore_ascii_case(word))
}

pub(super) const SEPARATORS: [char; 4] = ['_', '-', '.', ' '];

/// Finds a word in a stem: its last part, the part before a trailing number, or its first part. Two neighbouring parts may
/// be one word, as in `t2_flair`.
pub(super) fn find<T>(stem: &str, known: impl Fn(&str) -> Option<T>) -> Option<Found<T>> {
    let mut parts: Vec<(usize, usize)> = Vec::new();
    let mut start = 0;
    for part in stem.split(SEPARATORS) {
        if !part.is_empty() {
            parts.push((start, start + part.len()));
        }
        start += part.len() + 1;
    }
    let last = parts.len().checked_sub(1)?;
    let is_number = |&(start, end): &(usize, usize)| stem[start..end].bytes().all(|byte| byte.is_ascii_digit());
    let mut ends = vec![last];
    if is_number(&parts[last]) && last > 0 {
        ends.push(last - 1);
    }
    let pairs = ends.iter().filter(|&&end| end > 0).map(|&end| (end - 1, end));
    let singles = ends.iter().map(|&end| (end, end));
    let first = [(0, 1), (0, 0)].into_iter().filter(|&(_, end)| end <= last);
    let spans: Vec<(usize, usize)> = pairs.chain(singles).chain(first).collect();
    spans.into_iter().find_map(|(first, second)| {
        let (start, end) = (parts[first].0, parts[second].1);
        let word: String = stem[start..end].split(SEPARATORS).collect();
        let value = known(&word)?;
        let (before, after) = (stem[..start].trim_end_matches(SEPARATORS), stem[end..].trim_start_matches(SEPARATORS));
        let between = if before.is_empty() || after.is_empty() { "" } else { "_" };
        Some(Found { value, rest: format!("{before}{between}{after}") })
    })
}

/// Finds the contrast of a volume in any part of a stem: names often have words for the sequence around it, as in
/// `5_AX_T1_SE_POST`. A T1 with a word for contrast agent in another part is post-contrast.
pub(super) fn find_in_volume(stem: &str, known: impl Fn(&str) -> Option<Contrast>) -> Option<Found<Contrast>> {
    const AGENT: [&str; 6] = ["post", "ce", "gd", "gad", "gadolinium", "gadovist"];
    let found = find(stem, &known).or_else(|| {
        // Each suffix begins with one part, where `find` looks.
        stem.match_indices(SEPARATORS).find_map(|(at, _)| {
            let found = find(&stem[at + 1..], &known)?;
            Some(Found { rest: format!("{}_{}", &stem[..at], found.rest), ..found })
        })
    });
    found.map(|found| match found.value {
        Contrast::Pre if found.rest.split(SEPARATORS).any(|part| is_one_of(part, &AGENT)) => {
            Found { value: Contrast::Post, ..found }
        }
        _ => found,
    })
}

/// As [`find`], and also a first part without a separator before its number, as in `mask12`.
pub(super) fn find_glued(stem: &str, known: impl Fn(&str) -> bool) -> Option<String> {
    let found = find(stem, |word| known(word).then_some(()));
    found.map(|found| found.rest).or_else(|| {
        let word = stem.trim_end_matches(|c: char| c.is_ascii_digit());
        (word.len() < stem.len() && known(word)).then(|| stem[word.len()..].to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_at_the_beginning_at_the_end_or_before_the_number() {
        let words = Words::default();
        for (stem, rest) in [
            ("a_1_mask", "a_1"),
            ("mask_a_1", "a_1"),
            ("a-1.GT", "a-1"),
            ("a_seg_1", "a_1"),
            ("labels", ""),
            ("mask12", "12"),
        ] {
            let found = find_glued(stem, |word| words.is_reference(word));
            assert_eq!(found.as_deref(), Some(rest), "{stem}");
        }
        for stem in ["masked_1", "a_mask_b_1", "segment", "unmask", "", "_"] {
            assert!(find_glued(stem, |word| words.is_reference(word)).is_none(), "{stem}");
        }
    }

    #[test]
    fn contrasts_are_words_of_names() {
        let words = Words { contrasts: vec![("dark".to_owned(), Contrast::Flair)], ..Words::default() };
        for (stem, contrast, rest) in [
            ("p_1_t1", Contrast::Pre, "p_1"),
            ("p_1-T1CE", Contrast::Post, "p_1"),
            ("p_t2_flair_1", Contrast::Flair, "p_1"),
            ("t2_1", Contrast::T2, "1"),
            ("p_dark", Contrast::Flair, "p"),
        ] {
            let found = find(stem, |word| words.contrast(word)).expect(stem);
            assert_eq!((found.value, found.rest.as_str()), (contrast, rest), "{stem}");
        }
        assert!(find("p_t12_1", |word| words.contrast(word)).is_none());
    }

    #[test]
    fn the_contrast_of_a_volume_may_be_in_any_part_of_its_name() {
        let words = Words::default();
        for (stem, contrast) in [
            ("7_AX_T2_FLAIR_3mm_FS", Contrast::Flair),
            ("5_AX_T1_SE", Contrast::Pre),
            ("9_AX_T1_SE_POST", Contrast::Post),
            ("sub-01_ce-gadolinium_T1w", Contrast::Post),
            ("sub-01_T1w", Contrast::Pre),
            ("AX_T2_TSE", Contrast::T2),
        ] {
            let found = find_in_volume(stem, |word| words.contrast(word)).map(|found| found.value);
            assert_eq!(found, Some(contrast), "{stem}");
        }
        assert!(find_in_volume("AX_DWI_b1000", |word| words.contrast(word)).is_none());
    }

    #[test]
    fn a_dataset_states_its_channels() {
        for json in [
            r#"{"channel_names": {"0": "T1", "1": "T1ce", "2": "T2-FLAIR", "3": "histology"}, "labels": {"a": 1}}"#,
            r#"{"modality": {"0": "t1w", "1": "t1gd", "2": "FLAIR", "3": "CT"}}"#,
        ] {
            let mut words = Words::default();
            words.add_dataset(json.as_bytes());
            let contrasts = ["0000", "0001", "0002", "0003"].map(|digits| words.contrast(digits));
            assert_eq!(
                contrasts,
                [Contrast::Pre, Contrast::Post, Contrast::Flair, Contrast::Other].map(Some),
                "{json}"
            );
        }
        for json in ["", "[]", r#"{"channel_names": {"0": "MRI"}}"#] {
            let mut words = Words::default();
            words.add_dataset(json.as_bytes());
            assert_eq!(words, Words::default(), "{json}");
        }
    }

    #[test]
    fn chosen_words_replace_the_usual_words_of_references() {
        let words = Words { references: vec!["Lesion".to_owned()], ..Words::default() };
        assert!(words.is_reference("lesion") && words.is_reference_folder("LESION"));
        assert!(!words.is_reference("mask") && !words.is_reference_folder("annotations"));
    }
}
