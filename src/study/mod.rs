//! All that one visitor has open: the files as they were handed in, the cases they make up, and the findings.
//!
//! Slices and cases have ids that stay the same for as long as their files are open. The id of a slice is its
//! [name](Slice::name), which no two slices share; that of a case is its [`CaseId`].

mod admission;
mod inspect;
mod inspection;
mod intake;
mod question;
mod seen;
mod series;
mod session;
mod session_head;
mod settings;
mod stream;
mod unpacked;

pub use admission::HEAD;
pub use inspection::{InspectedCase, InspectedSlice, Inspection, Unused};
pub use intake::Added;
pub use question::{Question, Reading};
pub use seen::contrasts_seen;
pub use series::{StudySeries, Thumbnail};
pub use settings::{Settings, View, check_threshold};
pub use stream::ZipStream;
pub use unpacked::Unpacked;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::error::{Error, FileFault, Quantity, Result, UsageFault};
use crate::layout::{
    Assembler, AssemblyNote, CaseId, Contrast, Group, JoinedSeries, Litter, Member, PlannedCase, TakenSeries, Words,
    natural_order,
};
use crate::mask::{Mask, Probability};
#[cfg(feature = "cpu")]
use crate::network::Segmenter;
#[cfg(feature = "cpu")]
use crate::network::input_check::Kind;
use crate::network::preprocess::CaseStatistics;
use crate::read::{Slice, Spacing};
use crate::result::findings::{Findings, Found};
use crate::result::lines::Lines;
use crate::sort::sort_by;
use session_head::HELD;

/// The files, the cases and the findings.
#[derive(Debug, Default)]
pub struct Study {
    /// Every file that was read, in order, zips unpacked.
    files: Vec<OpenFile>,
    /// How many of them are part of the cases.
    assembled: usize,
    /// Bytes of all files, of their samples and of the probabilities to come.
    held: u64,
    /// Bytes of the samples that cases have and files do not: contrasts that were joined, values that were scaled, and volumes
    /// of DICOM files.
    joined: u64,
    /// How many frames of DICOM files are part of the cases, and the words that they were read with.
    frames: (usize, Words),
    /// The DICOM series.
    series: Vec<TakenSeries>,
    /// In natural order of their names.
    cases: Vec<OpenCase>,
    /// Counts the changes of cases and findings. It never goes back.
    change: u64,
    /// The findings of a saved session by slice, until the cases are assembled.
    restored: BTreeMap<String, Found>,
    /// The groups that had a file refused since the last assembly because its name was taken.
    closed: BTreeSet<Group>,
    /// What a saved session has lost. Every assembly repeats it.
    notes: Vec<Note>,
    /// Whether the last assembly has found names that there may be a question about.
    undecided: bool,
    /// The visitor's answers to [questions](Self::questions).
    answers: Vec<Words>,
    /// What the network has [seen](Self::look) in DICOM series, by `SeriesInstanceUID`.
    seen: Vec<(String, Contrast)>,
    /// The kind of each series that was looked at, by its UID and the number of its slices.
    #[cfg(feature = "cpu")]
    looked: BTreeMap<(String, usize), Option<Kind>>,
    /// The files that are no slices.
    passed_over: BTreeMap<String, Litter>,
    /// The files that cannot be read, and the reasons.
    refused: BTreeMap<String, String>,
    /// Files of zips that need the feature `formats`, since the last assembly.
    rare: BTreeMap<String, Vec<u8>>,
    /// The cases that have no room, by their first file, and the notes of the last assembly.
    too_large: Vec<Unused>,
    assembly_notes: Vec<String>,
}

/// A file as it was handed in.
#[derive(Debug)]
struct OpenFile {
    name: String,
    bytes: Vec<u8>,
    /// A case shares their samples. A `dataset.json` has none.
    slices: Vec<Slice>,
}

#[derive(Debug)]
struct OpenCase {
    id: CaseId,
    /// The [change](Study::change) that gave it its slices.
    slices_since: u64,
    /// Its slices and masks among those of all files. Files keep their places, so these tell whether the case has changed.
    members: Vec<Member>,
    /// The masks that cannot be a reference of its slices.
    notes: Vec<Note>,
    findings: Findings,
}

/// A file that is not part of the cases, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    /// The file.
    pub file: String,
    /// The reason. It names the file too.
    pub message: String,
}

/// A slice to be segmented, with all that the network needs.
#[derive(Clone, Debug)]
pub struct Task {
    slice: Slice,
    statistics: CaseStatistics,
    /// That of its case.
    slices_since: u64,
}

impl Study {
    /// Sorts all files that were read since the last [`clear`](Self::clear) into cases. Returns a note for each file that is
    /// not part of one.
    ///
    /// A case whose slices are the same keeps its findings, also if it gets reference masks or another name. Where slices have
    /// come or gone, every slice of the case is normalised again, so the probabilities are dropped; edited masks stay.
    ///
    /// Only cases whose files have changed cost more than a look at their names.
    ///
    /// A case whose contrasts are in several files needs memory for them together. Where there is no room, there is a note
    /// instead of the case.
    pub fn assemble(&mut self) -> Vec<Note> {
        self.assemble_within(HELD)
    }

    fn assemble_within(&mut self, limit: u64) -> Vec<Note> {
        self.change += 1;
        self.assembled = self.files.len();
        self.closed.clear();
        self.rare.clear();
        let words = self.words();
        let mut assembler = Assembler::new([], words.clone());
        let (frames, mut slices): (Vec<&Slice>, Vec<&Slice>) =
            self.files.iter().flat_map(|file| &file.slices).partition(|slice| slice.frame().is_some());
        let JoinedSeries { slices: mut series, notes: joined, series: taken } = assembler.join_series(&frames);
        self.series = taken;
        let memory = series.iter().map(|slice| slice.memory() as u64).sum::<u64>();
        let mut too_large = Vec::new();
        if let Some(first) = frames.first().filter(|_| memory > 0 && self.held + memory > limit) {
            let fault = FileFault::OverLimit { what: Quantity::OpenBytes, found: self.held + memory, limit };
            too_large.push(Unused::refused(first.name(), &Error::in_file(first.name(), fault)));
            series.clear();
        }
        // A series may have got more slices, or is taken for something else.
        let frames = (frames.len(), words);
        let same_frames = frames == self.frames;
        self.frames = frames;
        slices.extend(&series);
        let (planned, mut notes) = assembler.plan(&slices);
        notes.extend(joined);
        self.undecided = !self.answers.is_empty() || notes.iter().any(AssemblyNote::is_undecided);
        let mut notes: Vec<Note> = notes.iter().map(Note::from).collect();
        (self.joined, self.too_large) = (if series.is_empty() { 0 } else { memory }, too_large);
        let earlier = std::mem::take(&mut self.cases).into_iter();
        let mut earlier: BTreeMap<CaseId, OpenCase> = earlier.map(|open| (open.id.clone(), open)).collect();
        for planned in planned {
            let id = CaseId::from(&planned.group);
            let joined = planned.joined_memory(&slices);
            let found = self.held + self.joined + joined;
            if joined > 0 && found > limit {
                let fault = FileFault::OverLimit { what: Quantity::OpenBytes, found, limit };
                let file = planned.first_file(&slices);
                self.too_large.push(Unused::refused(file, &Error::in_file(file, fault)));
                continue;
            }
            self.joined += joined;
            let open = match earlier.remove(&id) {
                Some(mut before)
                    if before.members == planned.members && (same_frames || !planned.is_study(&slices)) =>
                {
                    before.findings.rename(planned.name);
                    before
                }
                before => OpenCase::new(id, planned, &slices, before, self.change),
            };
            notes.extend(open.notes.iter().cloned());
            self.cases.push(open);
        }
        sort_by(&mut notes, |a, b| natural_order(&a.file, &b.file).then_with(|| a.message.cmp(&b.message)));
        self.assembly_notes = notes.iter().map(|note| note.message.clone()).collect();
        notes.extend(self.too_large.iter().map(Note::from));
        notes.splice(..0, self.notes.iter().cloned());
        notes.extend(self.restore());
        notes
    }

    /// The words that decide how names are read: those of the visitor, then those of each `dataset.json`, then what was seen.
    fn words(&self) -> Words {
        let words = self.answers.iter().cloned().fold(self.stated_words(), Words::and);
        words.and(Words { seen: self.seen.clone(), ..Words::default() })
    }

    /// The words of each `dataset.json`.
    fn stated_words(&self) -> Words {
        let mut words = Words::default();
        let datasets = self.files.iter().filter(|file| Words::is_dataset(&file.name));
        datasets.for_each(|file| words.add_dataset(&file.bytes));
        words
    }

    /// Runs the [input check](crate::network::input_check) on every case that has not had it.
    #[cfg(feature = "cpu")]
    pub fn check_input(&mut self, segmenter: &Segmenter) {
        self.change += 1;
        self.cases.iter_mut().for_each(|open| open.findings.check_input(segmenter));
    }

    /// The cases with their findings, in natural order of their names.
    pub fn cases(&self) -> impl ExactSizeIterator<Item = &Findings> {
        self.cases.iter().map(|open| &open.findings)
    }

    /// The cases in order, each with its spacing where `settings` have one.
    pub fn measured(&self, settings: &Settings) -> impl Iterator<Item = (&Findings, Option<Spacing>)> {
        self.cases.iter().map(|open| (&open.findings, settings.spacing.get(&open.id).copied()))
    }

    /// The case with this id.
    ///
    /// # Errors
    ///
    /// [`UsageFault::UnknownCase`].
    pub fn case(&self, id: &str) -> Result<&Findings> {
        let open = self.cases.iter().find(|open| open.id.as_str() == id);
        Ok(&open.ok_or_else(|| UsageFault::UnknownCase { id: id.to_owned() })?.findings)
    }

    /// The case that holds the slice with this id, and the slice's place in it.
    ///
    /// # Errors
    ///
    /// [`UsageFault::UnknownSlice`].
    pub fn slice(&self, id: &str) -> Result<(&Findings, usize)> {
        let (case, slice) = self.locate(id)?;
        Ok((&self.cases[case].findings, slice))
    }

    /// What the network needs to segment the slice with this id.
    ///
    /// # Errors
    ///
    /// [`UsageFault::UnknownSlice`].
    pub fn task(&self, id: &str) -> Result<Task> {
        let (case, slice) = self.locate(id)?;
        let OpenCase { slices_since, findings, .. } = &self.cases[case];
        let slice = findings.case().slices[slice].slice.clone();
        Ok(Task { slice, statistics: *findings.statistics(), slices_since: *slices_since })
    }

    /// Keeps the probabilities of a finished task, and returns whether it did: where the slices of the case have changed
    /// since, the result is dropped.
    ///
    /// # Errors
    ///
    /// [`UsageFault::Size`] if the slice has another size.
    pub fn keep(&mut self, task: &Task, probability: Probability) -> Result<bool> {
        let Ok((case, slice)) = self.locate(task.slice.name()) else { return Ok(false) };
        let open = &mut self.cases[case];
        if open.slices_since != task.slices_since {
            return Ok(false);
        }
        let (found, size) = (probability.values().len(), [probability.width(), probability.height()]);
        let expected = [task.slice.width(), task.slice.height()];
        if size != expected {
            return Err(UsageFault::Size { slice: task.slice.name().to_owned(), expected, found }.into());
        }
        open.findings.keep(slice, probability);
        self.change += 1;
        Ok(true)
    }

    /// Keeps probabilities from another worker for the slice with this id, 0 to 65535 for 0 to 1, row by row.
    ///
    /// # Errors
    ///
    /// [`UsageFault::UnknownSlice`], or [`UsageFault::Size`] if it has another number of pixels.
    pub fn adopt(&mut self, id: &str, probability: Vec<u16>) -> Result<()> {
        let (case, slice) = self.locate(id)?;
        let [width, height] = self.size(case, slice, probability.len())?;
        self.cases[case].findings.keep(slice, Probability::new(width, height, probability));
        self.change += 1;
        Ok(())
    }

    /// Keeps an edited mask for the slice with this id, row by row; `None` removes it.
    ///
    /// # Errors
    ///
    /// [`UsageFault::UnknownSlice`], or [`UsageFault::Size`] if it has another number of pixels.
    pub fn set_edit(&mut self, id: &str, inside: Option<Vec<bool>>) -> Result<()> {
        let (case, slice) = self.locate(id)?;
        let edit = match inside {
            Some(inside) => {
                let [width, height] = self.size(case, slice, inside.len())?;
                Some(Mask::new(width, height, inside))
            }
            None => None,
        };
        self.cases[case].findings.set_edit(slice, edit);
        self.change += 1;
        Ok(())
    }

    /// Takes the lines that readers have drawn, by slice, in place of all earlier ones. The [report](crate::write::report) and
    /// the exported files contain them.
    pub fn set_lines(&mut self, lines: &BTreeMap<String, Lines>) {
        self.change += 1;
        for open in &mut self.cases {
            for index in 0..open.findings.case().slices.len() {
                let own = lines.get(open.findings.case().slices[index].slice.name());
                open.findings.set_lines(index, own.cloned().unwrap_or_default());
            }
        }
    }

    /// Closes everything.
    pub fn clear(&mut self) {
        // A task or a stream of before must not match what comes.
        *self = Self { change: self.change + 1, ..Self::default() };
    }

    /// The place of the case and of the slice in it.
    fn locate(&self, slice: &str) -> Result<(usize, usize), UsageFault> {
        let place = |(case, open): (usize, &OpenCase)| {
            let slices = &open.findings.case().slices;
            Some((case, slices.iter().position(|entry| entry.slice.name() == slice)?))
        };
        self.cases.iter().enumerate().find_map(place).ok_or_else(|| UsageFault::UnknownSlice { id: slice.to_owned() })
    }

    /// The width and height of a slice, if it has `found` pixels.
    fn size(&self, case: usize, slice: usize, found: usize) -> Result<[usize; 2], UsageFault> {
        let slice = &self.cases[case].findings.case().slices[slice].slice;
        let expected = [slice.width(), slice.height()];
        if found == expected[0] * expected[1] {
            Ok(expected)
        } else {
            Err(UsageFault::Size { slice: slice.name().to_owned(), expected, found })
        }
    }

    /// Gives the findings of a saved session to their slices. Those of another size are noted from now on.
    fn restore(&mut self) -> Vec<Note> {
        let mut notes = Vec::new();
        let mut restored = std::mem::take(&mut self.restored);
        for open in &mut self.cases {
            for index in 0..open.findings.case().slices.len() {
                let slice = &open.findings.case().slices[index].slice;
                let (size, name) = ([slice.width(), slice.height()], slice.name());
                let Some(found) = restored.remove(name) else { continue };
                if found.has_size(size) {
                    open.findings.restore(index, found);
                } else {
                    let message =
                        format!("{name}: its saved mask and probabilities have another size and were dropped");
                    notes.push(Note { file: name.to_owned(), message });
                }
            }
        }
        self.notes.extend(notes.iter().cloned());
        notes
    }
}

impl OpenCase {
    /// Builds a case, with the findings of `before`, the case of the same id.
    fn new(id: CaseId, planned: PlannedCase, slices: &[&Slice], before: Option<Self>, change: u64) -> Self {
        let (case, notes) = planned.build(slices);
        let mut findings = Findings::new(case);
        let mut slices_since = change;
        if let Some(mut before) = before {
            if findings.has_slices_of(&before.findings) {
                slices_since = before.slices_since;
            }
            findings.inherit(&mut before.findings);
        }
        let notes = notes.iter().map(Note::from).collect();
        Self { id, slices_since, members: planned.members, notes, findings }
    }
}

impl Task {
    /// The slice. Its name is its id.
    pub fn slice(&self) -> &Slice {
        &self.slice
    }

    /// The statistics that its case is normalised with.
    pub fn statistics(&self) -> &CaseStatistics {
        &self.statistics
    }
}

impl From<&AssemblyNote> for Note {
    fn from(note: &AssemblyNote) -> Self {
        Self { file: note.name().to_owned(), message: note.to_string() }
    }
}

impl From<&Unused> for Note {
    fn from(Unused { file, reason }: &Unused) -> Self {
        Self { file: file.clone(), message: format!("{file}: {reason}") }
    }
}
