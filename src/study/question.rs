//! [`Question`]: names that can be read in several ways.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Study;
use crate::layout::{Assembler, AssemblyNote, Contrast, PlannedCase, Words};
use crate::read::Slice;

/// What names do not decide, with the ways to read the files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Question {
    /// What the names do not decide, as a sentence.
    pub text: String,
    /// The readings. The first is the usual one.
    pub readings: Vec<Reading>,
}

/// One way to read the files that are open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// What the files are.
    pub text: String,
    /// Whether the files are read so.
    pub chosen: bool,
    /// The words for [`Study::answer`].
    pub words: Words,
    /// How many cases there are.
    pub cases: usize,
    /// How many slices.
    pub slices: usize,
    /// How many slices have a reference.
    pub references: usize,
}

/// Orders of numbered channels that are common, the usual one first.
const TWO: [&[Contrast]; 2] = [&[Contrast::Flair, Contrast::Other], &[Contrast::Other, Contrast::Flair]];
const THREE: [&[Contrast]; 3] = [
    &[Contrast::Pre, Contrast::Flair, Contrast::Post],
    &[Contrast::Flair, Contrast::Pre, Contrast::Post],
    &[Contrast::Pre, Contrast::Post, Contrast::Flair],
];
/// The order of the Medical Segmentation Decathlon, and that of BraTS.
const FOUR: [&[Contrast]; 2] = [
    &[Contrast::Flair, Contrast::Pre, Contrast::Post, Contrast::T2],
    &[Contrast::Pre, Contrast::Post, Contrast::T2, Contrast::Flair],
];

impl Study {
    /// What the names of the files of the last [`assemble`](Study::assemble) do not decide. A question stays after its answer.
    pub fn questions(&self) -> Vec<Question> {
        if !self.undecided {
            return Vec::new();
        }
        // Headers decide about DICOM series.
        let slices = self.files.iter().flat_map(|file| &file.slices).filter(|slice| slice.frame().is_none());
        let slices: Vec<&Slice> = slices.collect();
        let stated = self.stated_words();
        let plan = |words: Words| Assembler::new([], words).plan(&slices);
        let (planned, notes) = plan(stated.clone());
        let mut questions: Vec<Question> = channels(&notes).into_iter().collect();
        questions.extend(stray_masks(&notes, &planned, &slices));
        for readings in questions.iter_mut().map(|question| &mut question.readings) {
            let chosen = readings.iter().position(|reading| self.answers.contains(&reading.words));
            for (at, reading) in readings.iter_mut().enumerate() {
                reading.chosen = at == chosen.unwrap_or_default();
                reading.count(&plan(stated.clone().and(reading.words.clone())).0);
            }
        }
        questions
    }

    /// Takes the words of the reading that was chosen for each question, and of what was chosen for each
    /// [series](Self::series). The next [`assemble`](Study::assemble) reads the files in this way.
    pub fn answer(&mut self, mut answers: Vec<Words>) {
        answers.retain(|words| *words != Words::default());
        self.answers = answers;
        self.change += 1;
    }
}

impl Reading {
    fn new(text: String, words: Words) -> Self {
        Self { text, chosen: false, words, cases: 0, slices: 0, references: 0 }
    }

    fn count(&mut self, planned: &[PlannedCase]) {
        self.cases = planned.len();
        self.slices = planned.iter().map(|case| case.members.len()).sum();
        self.references = planned.iter().map(PlannedCase::references).sum();
    }
}

/// Which contrast is which channel, or whether the numbers are those of slices.
fn channels(notes: &[AssemblyNote]) -> Option<Question> {
    let orders = notes.iter().filter_map(|note| match note {
        AssemblyNote::Channels { name, order } if order.len() > 1 => Some((name, order)),
        _ => None,
    });
    let (name, order) = orders.max_by_key(|(_, order)| order.len())?;
    let common: &[&[Contrast]] = match order.len() {
        2 => &TWO,
        3 => &THREE,
        4 => &FOUR,
        _ => &[],
    };
    let usual: Vec<Contrast> = order.iter().map(|&(_, contrast)| contrast).collect();
    let digits: Vec<&str> = order.iter().map(|(digits, _)| digits.as_str()).collect();
    let reading = |contrasts: &[Contrast], words: Words| {
        let channels: Vec<String> =
            digits.iter().zip(contrasts).map(|(digits, contrast)| format!("{digits} {contrast}")).collect();
        Reading::new(format!("Channels: {}", channels.join(", ")), words)
    };
    let mut readings = vec![reading(&usual, Words::default())];
    for contrasts in common.iter().filter(|contrasts| ***contrasts != *usual) {
        let chosen = digits.iter().zip(*contrasts).map(|(digits, &contrast)| ((*digits).to_owned(), contrast));
        readings.push(reading(contrasts, Words { contrasts: chosen.collect(), ..Words::default() }));
    }
    let numbers = Words { slice_numbers: true, ..Words::default() };
    readings.push(Reading::new("Slices: every file is a slice with FLAIR alone".to_owned(), numbers));
    Some(Question { text: format!("The number at the end of {name} can be a channel or a slice."), readings })
}

/// Words that mark reference masks, but no slice belongs to any of these files.
fn stray_masks(notes: &[AssemblyNote], planned: &[PlannedCase], slices: &[&Slice]) -> Vec<Question> {
    let usual = Words::default();
    let used = planned.iter().flat_map(|case| case.reference_files(slices));
    let used: Vec<String> = used.filter_map(|name| Some(usual.without_reference(name)?.0)).collect();
    let mut stray: BTreeMap<String, (usize, &str, Words)> = BTreeMap::new();
    for note in notes {
        if let AssemblyNote::StrayMask { mask, .. } = note
            && let Some((word, words)) = usual.without_reference(mask)
            && !used.contains(&word)
        {
            stray.entry(word).or_insert((0, mask, words)).0 += 1;
        }
    }
    let question = |(word, (count, name, words)): (String, (usize, &str, Words))| {
        let others = match count - 1 {
            0 => String::new(),
            1 => " and 1 more file".to_owned(),
            more => format!(" and {more} more files"),
        };
        Question {
            text: format!("“{word}” marks reference masks, but {name}{others} belong to no slice."),
            readings: vec![
                Reading::new("Reference masks without a slice: not used".to_owned(), Words::default()),
                Reading::new("Slices".to_owned(), words),
            ],
        }
    };
    stray.into_iter().map(question).collect()
}
