//! Files that are handed to a [`Study`]: what is read, and how much of it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::admission::HEAD;
use super::session_head::{self, HELD};
use super::{Inspection, Note, OpenFile, Study, Unpacked, Unused};
use crate::error::{Error, FileFault, Quantity, Result};
use crate::layout::{CaseSlice, Group, Litter, Words};
use crate::phantom::Sample;
use crate::read::{self, Slice};
use crate::read::{other_of_pair, zip};
use crate::write::{mask_name, mask_tiff, slice_tiff};

/// Bytes of a probability per pixel.
const PROBABILITY: u64 = 2;

/// Bytes of a file's name with its folders: the longest path on Linux. The names in a zip can have 65,535, and the files
/// that are saved have longer names.
const NAME: u64 = 4096;

/// How many folders are tried for a zip whose files have names that are taken.
const FOLDERS: usize = 100;

/// A file that was handed in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Added {
    /// Its name.
    pub file: String,
    /// Whether the study uses it.
    pub used: bool,
    /// How many slices it holds.
    pub slices: usize,
    /// The file itself or files in a zip that are no slices.
    pub passed_over: Vec<Unused>,
    /// The files in a zip that cannot be read.
    pub refused: Vec<Unused>,
    /// Those of them that the feature `formats` may read, for [`Study::take_rare`].
    pub rare: Vec<String>,
    /// How files were read.
    pub notes: Vec<Note>,
}

impl Study {
    /// Reads an image, a `dataset.json`, or a zip of them. Other files are passed over. The next
    /// [`assemble`](Self::assemble) sorts the slices into cases.
    ///
    /// A file that is open already, with the same name and bytes, is skipped. A file with an open name and other bytes is
    /// refused, and so are the files of the same case that follow until the next assembly: they would be mixed with those of
    /// another patient.
    ///
    /// The files of a zip keep their folders. If some have no folder, or only one for slices, masks or a contrast, all are in
    /// a folder with the name of the zip; also where a name is taken.
    ///
    /// # Errors
    ///
    /// [`Error::File`] for an image that cannot be read or whose name is taken, and for a zip that cannot be unpacked or whose
    /// names are taken in a hundred folders. A file in a zip that cannot be read is in [`Added::refused`] instead.
    /// [`FileFault::SavedSession`] for a file that [`open`](Self::open) takes.
    pub fn add_file(&mut self, name: &str, bytes: &[u8]) -> Result<Added> {
        let added = if zip::is_zip(bytes) { self.add_zip(name, bytes) } else { self.add_single(name, bytes) };
        match &added {
            Ok(added) => {
                if added.used {
                    self.refused.remove(name);
                }
                for Unused { file, reason } in &added.refused {
                    self.refused.insert(file.clone(), reason.clone());
                }
            }
            Err(Error::File { fault: FileFault::SavedSession, .. }) => {}
            Err(error) => {
                let Unused { file, reason } = Unused::refused(name, error);
                self.refused.insert(file, reason);
            }
        }
        added
    }

    fn add_single(&mut self, name: &str, bytes: &[u8]) -> Result<Added> {
        let mut added = Added { file: name.to_owned(), ..Added::default() };
        let size = bytes.len() as u64;
        if let Some(kind) = Self::admit(name, size, &bytes[..bytes.len().min(HEAD)])? {
            self.pass_over(name, kind, &mut added);
            if !Self::needs(name, size) {
                return Ok(added);
            }
        }
        let group = Group::of(name);
        let taken = self.files.iter().any(|file| file.name == name && file.bytes != bytes);
        if taken || self.closed.contains(&group) {
            self.closed.insert(group);
            return Err(Error::in_file(name, FileFault::NameTaken));
        }
        self.add_noted(name, bytes, &mut added)?;
        Ok(added)
    }

    fn add_zip(&mut self, name: &str, bytes: &[u8]) -> Result<Added> {
        if session_head::is_session(bytes) {
            return Err(Error::in_file(name, FileFault::SavedSession));
        }
        let mut unpacked = Unpacked::of(name, bytes)?;
        let words = self.words();
        // The zips of two patients may hold folders of the same name.
        let known: BTreeMap<&str, &[u8]> =
            self.files.iter().map(|file| (file.name.as_str(), file.bytes.as_slice())).collect();
        let clash = |folder: &String| {
            let other = |path: &String| known.get(zip::joined([folder, path]).as_str()).copied();
            unpacked.files.iter().any(|(path, bytes)| other(path).is_some_and(|other| other != bytes))
        };
        let mut folders = (0..FOLDERS).map(|attempt| unpacked.folder(name, &words, attempt));
        let folder = folders.find(|folder| !clash(folder)).ok_or_else(|| Error::in_file(name, FileFault::NameTaken))?;
        let place = |path: &str| zip::joined([&folder, path]);

        let mut added = Added { file: name.to_owned(), used: true, ..Added::default() };
        for (path, kind) in &unpacked.passed_over {
            self.pass_over(&place(path), *kind, &mut added);
        }
        for error in &unpacked.refused {
            let path = error.file().unwrap_or_default();
            let Unused { reason, .. } = Unused::refused(path, error);
            added.refused.push(Unused { file: place(path), reason });
        }
        for (path, bytes) in std::mem::take(&mut unpacked.files) {
            let voxels = other_of_pair(&path, "img").and_then(|other| unpacked.voxels.remove(&other));
            let path = place(&path);
            let limits = read::Limits::default();
            let joined = voxels.map(|voxels| read::join_pair(&path, &bytes, &voxels, &limits)).transpose();
            let read = joined.and_then(|joined| self.add_noted(&path, joined.as_deref().unwrap_or(&bytes), &mut added));
            if let Err(error) = read {
                added.refused.push(Unused::refused(&path, &error));
                if matches!(&error, Error::File { fault, .. } if fault.needs_formats()) {
                    added.rare.push(path.clone());
                    self.rare.insert(path, bytes);
                }
            }
        }
        Ok(added)
    }

    /// The bytes of a file in a zip that the feature `formats` may read, until the next [`assemble`](Self::assemble).
    pub fn take_rare(&mut self, name: &str) -> Option<Vec<u8>> {
        self.rare.remove(name)
    }

    fn pass_over(&mut self, name: &str, kind: Litter, added: &mut Added) {
        self.passed_over.insert(name.to_owned(), kind);
        added.passed_over.push(Unused::passed_over(name, kind));
    }

    fn add_noted(&mut self, name: &str, bytes: &[u8], added: &mut Added) -> Result<()> {
        added.slices += self.add_image(name, bytes)?;
        added.used = true;
        let slices = self.files.last().filter(|file| file.name == name).map_or(&[][..], |file| &file.slices);
        added.notes.extend(Inspection::notes_of(name, slices).map(|message| Note { file: name.to_owned(), message }));
        Ok(())
    }

    /// Adds the files of a sample case, a synthetic head with its reference masks.
    ///
    /// # Errors
    ///
    /// As [`add_file`](Self::add_file): [`FileFault::OverLimit`] where there is no room for it.
    pub fn add_sample(&mut self, sample: Sample) -> Result<()> {
        for CaseSlice { slice, reference, .. } in &sample.case().slices {
            if let Some(mask) = reference {
                self.add_image(&mask_name(slice.name()), &mask_tiff(mask))?;
            }
            self.add_image(slice.name(), &slice_tiff(slice))?;
        }
        Ok(())
    }

    /// Adds an image or a `dataset.json` and returns the number of its slices.
    pub(super) fn add_image(&mut self, name: &str, bytes: &[u8]) -> Result<usize> {
        self.add_image_within(name, bytes, HELD)
    }

    fn add_image_within(&mut self, name: &str, bytes: &[u8], limit: u64) -> Result<usize> {
        let over_limit = |what, found, limit| Error::in_file(name, FileFault::OverLimit { what, found, limit });
        if name.len() as u64 > NAME {
            return Err(over_limit(Quantity::NameBytes, name.len() as u64, NAME));
        }
        let over = |found| over_limit(Quantity::OpenBytes, found, limit);
        let limits = read::Limits::default();
        // Decided before the file is decoded: a sample takes at least one byte.
        let held = self.held + self.joined + bytes.len() as u64;
        let left = limit.saturating_sub(held);
        let limits = read::Limits { samples: limits.samples.min(left), ..limits };
        let slices = if Words::is_dataset(name) {
            Vec::new()
        } else {
            read::read(name, bytes, &limits).map_err(|error| match error {
                Error::File { fault: FileFault::OverLimit { what: Quantity::Samples, found, limit }, .. }
                    if limit == left =>
                {
                    over(held.saturating_add(found))
                }
                error => error,
            })?
        };
        let count = slices.len();
        let size = |slice: &Slice| {
            let pixels = (slice.width() * slice.height()) as u64;
            slice.memory() as u64 + pixels * PROBABILITY
        };
        let held = held + slices.iter().map(size).sum::<u64>();
        if held > limit {
            return Err(over(held));
        }
        if !self.files[..self.assembled].iter().any(|file| file.name == name && file.bytes == bytes) {
            self.held = held - self.joined;
            self.files.push(OpenFile { name: name.to_owned(), bytes: bytes.to_vec(), slices });
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::{Channels, Samples};

    /// A file of 100 samples.
    fn file(samples: Samples) -> Vec<u8> {
        slice_tiff(&Slice::new("a", 10, 10, Channels::Grey, samples).expect("valid"))
    }

    #[test]
    fn contrasts_in_several_files_count_in_the_limit() {
        let bytes = file(Samples::U8(vec![1; 100]));
        let mut study = Study::default();
        for name in ["p/t1/1.tif", "p/flair/1.tif", "p/t1ce/1.tif"] {
            study.add_image(name, &bytes).expect("a slice");
        }
        // Three files with samples and probabilities, and the joined samples.
        let held = 3 * (bytes.len() as u64 + 300);
        assert!(study.assemble_within(held + 300).is_empty());
        assert_eq!((study.cases().len(), study.inspect().refused.len()), (1, 0));
        let refused = study.add_image_within("q/1.tif", &bytes, held + 300).expect_err("over the limit");
        assert!(matches!(refused, Error::File { fault: FileFault::OverLimit { .. }, .. }), "{refused}");
        let notes = study.assemble_within(held + 299);
        assert_eq!((study.cases().len(), study.inspect().refused.len()), (0, 1));
        assert!(notes.iter().any(|note| note.message.starts_with("p/flair/1.tif: over the limit")), "{notes:?}");
        assert!(study.assemble_within(held + 300).is_empty());
        assert_eq!(study.cases().len(), 1);
    }

    #[test]
    fn all_files_together_keep_to_one_limit() {
        let (narrow, wide) = (file(Samples::U8(vec![1; 100])), file(Samples::U16(vec![1; 100])));
        // The file, its samples, and a probability for each pixel.
        let (one, two) = (narrow.len() as u64 + 300, wide.len() as u64 + 400);
        let limit = 2 * one + two - 1;
        let mut study = Study::default();
        assert!(study.add_image_within("1.tif", &narrow, limit).is_ok());
        assert!(study.add_image_within("2.tif", &wide, limit).is_ok());
        for (name, bytes, found) in [("3.tif", &narrow, 2 * one + two), ("4.tif", &wide, one + 2 * two)] {
            let refused = study.add_image_within(name, bytes, limit).expect_err("over the limit");
            let Error::File { file, fault: FileFault::OverLimit { found: over, limit: most, .. } } = refused else {
                unreachable!("{refused}")
            };
            assert_eq!((file.as_str(), over, most), (name, found, limit));
        }
        // Where there is not even a byte per sample left, the file is not decoded.
        let (held, short) = (one + two + narrow.len() as u64, one + two + narrow.len() as u64 + 99);
        let refused = study.add_image_within("3.tif", &narrow, short).expect_err("over the limit");
        assert!(
            matches!(refused, Error::File { fault: FileFault::OverLimit { found, .. }, .. } if found == held + 100),
            "{refused}"
        );
        // A refused file takes no room, and clearing gives all of it back.
        assert!(study.add_image_within("5.tif", &narrow, limit + 1).is_ok());
        study.clear();
        assert!(study.add_image_within("1.tif", &wide, two).is_ok());
        study.clear();
        assert!(study.add_image_within("1.tif", &wide, two - 1).is_err());
    }
}
