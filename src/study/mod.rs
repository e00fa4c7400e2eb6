//! All that one visitor has open: the files as they were handed in, the cases that they make, and what was found.

mod session;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::error::{Error, FileFault, Quantity, Result};
use crate::layout::{CaseSlice, Group, assemble};
use crate::mask::Probability;
use crate::network::manifest::Manifest;
use crate::phantom;
use crate::read::zip::{self, ZipLimits};
use crate::read::{self, Slice};
use crate::result::findings::{Findings, Found};
use crate::result::measure::Voxel;
use crate::write::{mask_name, mask_tiff, slice_tiff};

/// Bytes that all files together may take, their samples, the probabilities to come and, since a session saves them, the files
/// themselves: 3 GiB, of the 4 that a page can address. The whole dataset fits: 1.0 GiB of samples, as much of files and of
/// probabilities. Each file keeps to [`read::Limits`], but a thousand that decode to a thousand times their size must not take the
/// page with them.
const HELD: u64 = 3 << 30;

/// Bytes of the network's probability in each pixel.
const PROBABILITY: u64 = 2;

/// Bytes of a file's name with its folders: as many as Linux gives a path. Those of a zip's entry can be 65,535, and the files
/// that are saved have longer names.
const NAME: u64 = 4096;

/// How many folders are tried for a zip whose files have names that are taken.
const APART: usize = 100;

/// The files, the cases and what was found on them.
#[derive(Debug, Default)]
pub struct Study {
    /// Every file that was read, in order, zips unpacked.
    files: Vec<File>,
    /// How many of them are part of the cases.
    assembled: usize,
    /// Bytes of all files, of their samples and of the probabilities to come, see [`HELD`].
    held: u64,
    cases: Vec<Open>,
    /// The ticket of the next case that is opened.
    next: u64,
    /// What a saved session has found, by the slice's name, until the cases are assembled.
    restored: BTreeMap<String, Found>,
    /// Cases of which a file was refused since the last assembly, as its name is another one's.
    shut: BTreeSet<Group>,
    /// What a saved session has lost, which is told with every assembly.
    notes: Vec<Note>,
}

/// A file as it was handed in.
#[derive(Debug)]
struct File {
    name: String,
    bytes: Vec<u8>,
    /// What it holds; those of a case share their samples.
    slices: Vec<Slice>,
}

#[derive(Debug)]
struct Open {
    ticket: Ticket,
    findings: Findings,
}

/// Tells an open case from every other, also from one that stands in its place later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket(u64);

/// Something that was left out, and why; nothing else is affected by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    /// The file.
    pub file: String,
    /// The reason, which names the file too.
    pub message: String,
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Added {
    /// Its name.
    pub file: String,
    /// How many slices it holds.
    pub slices: usize,
    /// What a zip holds that cannot be used.
    pub notes: Vec<Note>,
}

/// What the visitor has set, which a saved session keeps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// A pixel is inside if its probability is at least this, 0 to 1.
    pub threshold: f64,
    /// The voxel's size of each case, where it was given.
    #[serde(default)]
    pub spacing: Vec<Option<Voxel>>,
    /// By which rules masks were drawn or changed by hand, in the visitor's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<String>,
}

/// Bytes of a file's beginning that tell what it is: of a saved session the name of its first entry.
pub const HEAD: usize = 42;

impl Study {
    /// `Ok` if a file of `size` bytes that begins with `head`, [`HEAD`] bytes where it has them, is of a kind and a size that
    /// [`add_file`](Self::add_file) or [`open`](Self::open) would look into: to be asked before its bytes are fetched.
    ///
    /// # Errors
    ///
    /// [`FileFault::NotAnImage`] or [`FileFault::OverLimit`].
    pub fn admit(name: &str, size: u64, head: &[u8]) -> Result<()> {
        if zip::is_zip(head) {
            let limits = if session::is_session(head) { session::limits() } else { ZipLimits::default() };
            limits.admit(name, size)
        } else {
            read::admit(name, size, head, &read::Limits::default())
        }
    }

    /// Reads a file: an image, or a zip of images. Its slices belong to the cases that the next
    /// [`assemble`](Self::assemble) makes.
    ///
    /// A file that is part of the cases already, under the same name and with the same bytes, is passed over. With other
    /// bytes it is refused, and so is what comes after it of the same case until the next assembly: it would be mixed into
    /// another patient's. The files of a zip are then put below a folder of the zip's name.
    ///
    /// # Errors
    ///
    /// [`Error::File`] for an image that cannot be read or whose name is taken, or a zip of which nothing can be unpacked or
    /// whose names are taken in a hundred folders; of
    /// a zip's own files each that cannot be read is a note. [`FileFault::SavedSession`] for what [`open`](Self::open) is
    /// there for.
    pub fn add_file(&mut self, name: &str, bytes: &[u8]) -> Result<Added> {
        if !zip::is_zip(bytes) {
            let group = Group::of(name);
            let taken = self.files.iter().any(|file| file.name == name && file.bytes != bytes);
            if taken || self.shut.contains(&group) {
                self.shut.insert(group);
                return Err(Error::in_file(name, FileFault::NameTaken));
            }
            let slices = self.add_image(name, bytes)?;
            return Ok(Added { file: name.to_owned(), slices, notes: Vec::new() });
        }
        if session::is_session(bytes) {
            return Err(Error::in_file(name, FileFault::SavedSession));
        }
        let mut contents = zip::unpack(name, bytes, &ZipLimits::default())?;
        // Two patients' zips may hold folders of one name: they must not be mixed.
        let known: BTreeMap<&str, &[u8]> =
            self.files.iter().map(|file| (file.name.as_str(), file.bytes.as_slice())).collect();
        let clash = |number: &usize| {
            let place = |path: &str| zip::apart(name, path, *number);
            contents
                .files
                .iter()
                .any(|(path, bytes)| known.get(place(path).as_str()).is_some_and(|other| other != bytes))
        };
        let number =
            (0..APART).find(|number| !clash(number)).ok_or_else(|| Error::in_file(name, FileFault::NameTaken))?;
        contents.files.iter_mut().for_each(|(path, _)| *path = zip::apart(name, path, number));
        let mut notes: Vec<Note> = contents.refused.iter().map(Note::of).collect();
        let mut slices = 0;
        for (name, bytes) in contents.files {
            match self.add_image(&name, &bytes) {
                Ok(found) => slices += found,
                Err(error) => notes.push(Note::of(&error)),
            }
        }
        Ok(Added { file: name.to_owned(), slices, notes })
    }

    /// Adds the sample case, a synthetic head with its reference masks, as files.
    ///
    /// # Errors
    ///
    /// As [`add_file`](Self::add_file) does; the sample is readable.
    pub fn add_sample(&mut self) -> Result<()> {
        for CaseSlice { slice, reference } in &phantom::sample().slices {
            if let Some(mask) = reference {
                self.add_image(&mask_name(slice.name()), &mask_tiff(mask))?;
            }
            self.add_image(slice.name(), &slice_tiff(slice))?;
        }
        Ok(())
    }

    /// Makes cases of all files that were read since the last [`clear`](Self::clear).
    ///
    /// Cases whose slices are unchanged keep what was found on them, also if reference masks have come in or more files
    /// give the case another name. Where slices have come or gone, every slice is normalised anew, so probabilities are
    /// forgotten; masks that were drawn by hand stay with their slices, whatever case these are in by now.
    pub fn assemble(&mut self) -> Vec<Note> {
        let mut notes = self.notes.clone();
        let slices = self.files.iter().flat_map(|file| file.slices.iter().cloned()).collect();
        self.assembled = self.files.len();
        self.shut.clear();
        let assembly = assemble(slices);
        notes
            .extend(assembly.notes.iter().map(|note| Note { file: note.name().to_owned(), message: note.to_string() }));

        let mut earlier = std::mem::take(&mut self.cases);
        // By its slices' names, each of which is there once: a case's own may be another one by now.
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        for (at, open) in earlier.iter().enumerate() {
            places.extend(open.findings.case().slices.iter().map(|entry| (entry.slice.name().to_owned(), at)));
        }
        for case in assembly.cases {
            let mut findings = Findings::new(case);
            let slices = findings.case().slices.iter();
            let sources: BTreeSet<usize> = slices.filter_map(|entry| places.get(entry.slice.name()).copied()).collect();
            let mut ticket = None;
            for at in sources {
                let before = &mut earlier[at];
                if findings.has_slices_of(&before.findings) {
                    ticket = Some(before.ticket);
                }
                findings.inherit(&mut before.findings);
            }
            let ticket = ticket.unwrap_or_else(|| {
                self.next += 1;
                Ticket(self.next)
            });
            self.cases.push(Open { ticket, findings });
        }
        notes.extend(self.restore());
        notes
    }

    /// Holds every case that has not been judged yet against what the network was fitted on.
    pub fn judge(&mut self, manifest: &Manifest) {
        self.cases.iter_mut().for_each(|open| open.findings.judge(manifest));
    }

    /// How many cases there are.
    pub fn count(&self) -> usize {
        self.cases.len()
    }

    /// The cases in order, with what was found on them.
    pub fn cases(&self) -> impl ExactSizeIterator<Item = &Findings> {
        self.cases.iter().map(|open| &open.findings)
    }

    /// The cases in order, each with the size of its voxels where `settings` have it.
    pub fn measured(&self, settings: &Settings) -> impl Iterator<Item = (&Findings, Option<Voxel>)> {
        self.cases().enumerate().map(|(index, findings)| (findings, settings.spacing.get(index).copied().flatten()))
    }

    /// A case by its place, from 0.
    pub fn case(&self, case: usize) -> Option<&Findings> {
        Some(&self.cases.get(case)?.findings)
    }

    /// A case by its place, from 0, to put in what was found.
    pub fn case_mut(&mut self, case: usize) -> Option<&mut Findings> {
        Some(&mut self.cases.get_mut(case)?.findings)
    }

    /// What tells this case from every other, for work that takes its time.
    pub fn ticket(&self, case: usize) -> Option<Ticket> {
        Some(self.cases.get(case)?.ticket)
    }

    /// Keeps what the network says of a slice of the case with this ticket. A case that is gone, or has changed, gets
    /// nothing.
    ///
    /// # Panics
    ///
    /// If the case never had such a slice, or the slice has another size.
    pub fn keep(&mut self, ticket: Ticket, slice: usize, probability: Probability) {
        if let Some(open) = self.cases.iter_mut().find(|open| open.ticket == ticket) {
            open.findings.keep(slice, probability);
        }
    }

    /// The session as a zip: the files of the cases as they were handed in, what was found on their slices, and the settings.
    /// Files that were read since the last [`assemble`](Self::assemble) are not in it.
    ///
    /// `model` is the SHA-256 of the weights that found it.
    pub fn save(&self, model: &str, settings: &Settings) -> Vec<u8> {
        session::save(self, model, settings)
    }

    /// Puts a saved session in the place of all that is open, and gives its settings; the cases are made by
    /// [`assemble`](Self::assemble). What another network than `model` has found is left out, which a note tells.
    ///
    /// # Errors
    ///
    /// [`Error::File`] with [`FileFault::Session`], or the fault of one of its files; then everything stays as it was.
    pub fn open(&mut self, bytes: &[u8], model: &str) -> Result<Settings> {
        let (study, settings) = session::open(bytes, model)?;
        *self = Self { next: self.next, ..study };
        Ok(settings)
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        // Tickets that are out stay unlike those to come.
        *self = Self { next: self.next, ..Self::default() };
    }

    fn add_image(&mut self, name: &str, bytes: &[u8]) -> Result<usize> {
        self.add_image_within(name, bytes, HELD)
    }

    fn add_image_within(&mut self, name: &str, bytes: &[u8], limit: u64) -> Result<usize> {
        let over_limit = |what, found, limit| Error::in_file(name, FileFault::OverLimit { what, found, limit });
        if name.len() as u64 > NAME {
            return Err(over_limit(Quantity::NameBytes, name.len() as u64, NAME));
        }
        let over = |found| over_limit(Quantity::OpenBytes, found, limit);
        let limits = read::Limits::default();
        // What is left decides before the file is decoded: a sample takes one byte at least.
        let held = self.held + bytes.len() as u64;
        let left = limit.saturating_sub(held);
        let limits = read::Limits { samples: limits.samples.min(left), ..limits };
        let slices = read::read(name, bytes, &limits).map_err(|error| match error {
            Error::File { fault: FileFault::OverLimit { what: Quantity::Samples, found, limit }, .. }
                if limit == left =>
            {
                over(held.saturating_add(found))
            }
            error => error,
        })?;
        let count = slices.len();
        let size = |slice: &Slice| {
            let pixels = (slice.width() * slice.height()) as u64;
            slice.samples().len() as u64 * u64::from(slice.samples().bits() / 8) + pixels * PROBABILITY
        };
        let held = held + slices.iter().map(size).sum::<u64>();
        if held > limit {
            return Err(over(held));
        }
        if !self.files[..self.assembled].iter().any(|file| file.name == name && file.bytes == bytes) {
            self.held = held;
            self.files.push(File { name: name.to_owned(), bytes: bytes.to_vec(), slices });
        }
        Ok(count)
    }

    /// Hands what a saved session has found to the slices that it was found on; what does not fit there is told from now on.
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
                    let message = format!("{name}: what was saved of it has another size and was left out");
                    notes.push(Note { file: name.to_owned(), message });
                }
            }
        }
        self.notes.extend(notes.iter().cloned());
        notes
    }
}

impl Settings {
    /// Whether the threshold is from 0 to 1 and every length above 0.
    ///
    /// # Errors
    ///
    /// A sentence with the value that is not.
    pub fn check(&self) -> Result<(), String> {
        if !(0.0..=1.0).contains(&self.threshold) {
            return Err(format!("expected a threshold from 0 to 1, found {}", self.threshold));
        }
        match self.spacing.iter().flatten().find(|voxel| !voxel.is_valid()) {
            Some(voxel) => Err(format!("expected a spacing above 0, found {voxel:?}")),
            None => Ok(()),
        }
    }
}

impl Note {
    fn of(error: &Error) -> Self {
        let file = match error {
            Error::File { file, .. } => file.clone(),
            Error::Model(_) | Error::Volume { .. } | Error::Device { .. } => String::new(),
        };
        Self { file, message: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::{Channels, Samples};

    /// A file of 100 samples, and as many bytes of them as `samples` has.
    fn file(samples: Samples) -> Vec<u8> {
        slice_tiff(&Slice::new("a", 10, 10, Channels::Grey, samples).expect("sound"))
    }

    #[test]
    fn many_files_that_each_keep_to_their_limits_keep_to_one_together() {
        let (narrow, wide) = (file(Samples::U8(vec![1; 100])), file(Samples::U16(vec![1; 100])));
        // The file itself is kept too, and a probability for each pixel.
        let (one, two) = (narrow.len() as u64 + 300, wide.len() as u64 + 400);
        let limit = 2 * one + two - 1;
        let mut study = Study::default();
        assert!(study.add_image_within("1.tif", &narrow, limit).is_ok());
        assert!(study.add_image_within("2.tif", &wide, limit).is_ok());
        for (name, bytes, found) in [("3.tif", &narrow, 2 * one + two), ("4.tif", &wide, one + 2 * two)] {
            let refused = study.add_image_within(name, bytes, limit).expect_err("over the limit").to_string();
            let told = format!("{found} bytes of files, samples and probabilities in all, at most {limit} are allowed");
            assert_eq!(refused, format!("{name}: over the limit: {told}"));
        }
        // Where not even a byte a sample is left, that is known before it is decoded.
        let (held, short) = (one + two + narrow.len() as u64, one + two + narrow.len() as u64 + 99);
        let refused = study.add_image_within("3.tif", &narrow, short).expect_err("over the limit").to_string();
        assert!(refused.contains(&format!("{} bytes", held + 100)), "{refused}");
        // What was refused takes nothing, and after a new start there is room again.
        assert!(study.add_image_within("5.tif", &narrow, limit + 1).is_ok());
        study.clear();
        assert!(study.add_image_within("1.tif", &wide, two).is_ok());
        study.clear();
        assert!(study.add_image_within("1.tif", &wide, two - 1).is_err());
    }
}
