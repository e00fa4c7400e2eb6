//! Files that are handed to a [`Study`]: what is read, and how much of it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::session_head::{self, HELD};
use super::{Note, OpenFile, Study};
use crate::error::{Error, FileFault, Quantity, Result};
use crate::layout::{CaseSlice, Group, Litter};
use crate::phantom;
use crate::read::zip::{self, ZipLimits};
use crate::read::{self, Slice};
use crate::write::{mask_name, mask_tiff, slice_tiff};

/// Bytes of a probability per pixel.
const PROBABILITY: u64 = 2;

/// Bytes of a file's name with its folders: the longest path on Linux. The names in a zip can have 65,535, and the files
/// that are saved have longer names.
const NAME: u64 = 4096;

/// How many folders are tried for a zip whose files have names that are taken.
const FOLDERS: usize = 100;

/// How many bytes at the beginning of a file tell what it is. A saved session is known by the name of its first entry, and a
/// compressed NIfTI volume by its first numbers.
pub const HEAD: usize = 512;

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Added {
    /// Its name.
    pub file: String,
    /// How many slices it holds.
    pub slices: usize,
    /// The files in a zip that cannot be used, and the number of files that are not images.
    pub notes: Vec<Note>,
}

impl Study {
    /// `Ok` if [`add_file`](Self::add_file) or [`open`](Self::open) would read a file of `size` bytes that begins with
    /// `head`. Ask this before the file is loaded. `head` is the first [`HEAD`] bytes, or the whole file if it is shorter.
    ///
    /// # Errors
    ///
    /// [`FileFault::NotAnImage`] or [`FileFault::OverLimit`].
    pub fn admit(name: &str, size: u64, head: &[u8]) -> Result<()> {
        if zip::is_zip(head) {
            let limits = if session_head::is_session(head) { session_head::limits() } else { ZipLimits::default() };
            limits.admit(name, size)
        } else {
            read::admit(name, size, head, &read::Limits::default())
        }
    }

    /// Reads an image or a zip of images. The next [`assemble`](Self::assemble) sorts its slices into cases.
    ///
    /// A file that is open already, with the same name and bytes, is skipped. A file with an open name and other bytes is
    /// refused, and so are the files of the same case that follow until the next assembly: they would be mixed with those of
    /// another patient. Where a zip has such files, all its files go into a folder with the name of the zip.
    ///
    /// # Errors
    ///
    /// [`Error::File`] for an image that cannot be read or whose name is taken, and for a zip that cannot be unpacked or whose
    /// names are taken in a hundred folders. A file in a zip that cannot be read is a note instead.
    /// [`FileFault::SavedSession`] for a file that [`open`](Self::open) takes.
    pub fn add_file(&mut self, name: &str, bytes: &[u8]) -> Result<Added> {
        if !zip::is_zip(bytes) {
            let group = Group::of(name);
            let taken = self.files.iter().any(|file| file.name == name && file.bytes != bytes);
            if taken || self.closed.contains(&group) {
                self.closed.insert(group);
                return Err(Error::in_file(name, FileFault::NameTaken));
            }
            let slices = self.add_image(name, bytes)?;
            return Ok(Added { file: name.to_owned(), slices, notes: Vec::new() });
        }
        if session_head::is_session(bytes) {
            return Err(Error::in_file(name, FileFault::SavedSession));
        }
        let mut contents = zip::unpack(name, bytes, &ZipLimits::default())?;
        // The zips of two patients may hold folders of the same name.
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
            (0..FOLDERS).find(|number| !clash(number)).ok_or_else(|| Error::in_file(name, FileFault::NameTaken))?;
        contents.files.iter_mut().for_each(|(path, _)| *path = zip::apart(name, path, number));
        let mut notes: Vec<Note> = contents.refused.iter().map(Note::of).collect();
        let mut litter: Vec<Litter> = contents.passed_over.iter().filter_map(|name| Litter::of(name)).collect();
        let mut slices = 0;
        for (name, bytes) in contents.files {
            match self.add_image(&name, &bytes) {
                Ok(found) => slices += found,
                Err(error) => match passed_over(&name, &error) {
                    Some(kind) => litter.push(kind),
                    None => notes.push(Note::of(&error)),
                },
            }
        }
        let summary =
            Litter::summary(litter).map(|line| Note { file: name.to_owned(), message: format!("{name}: {line}") });
        notes.extend(summary);
        Ok(Added { file: name.to_owned(), slices, notes })
    }

    /// Adds the files of the sample case, a synthetic head with its reference masks.
    ///
    /// # Errors
    ///
    /// As [`add_file`](Self::add_file): [`FileFault::OverLimit`] where there is no room for it.
    pub fn add_sample(&mut self) -> Result<()> {
        for CaseSlice { slice, reference, .. } in &phantom::sample().slices {
            if let Some(mask) = reference {
                self.add_image(&mask_name(slice.name()), &mask_tiff(mask))?;
            }
            self.add_image(slice.name(), &slice_tiff(slice))?;
        }
        Ok(())
    }

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
            slice.memory() as u64 + pixels * PROBABILITY
        };
        let held = held + slices.iter().map(size).sum::<u64>();
        if held > limit {
            return Err(over(held));
        }
        if !self.files[..self.assembled].iter().any(|file| file.name == name && file.bytes == bytes) {
            self.held = held;
            self.files.push(OpenFile { name: name.to_owned(), bytes: bytes.to_vec(), slices });
        }
        Ok(count)
    }
}

/// The kind of a file that is passed over; `None` if `error` is a fault of an image.
fn passed_over(name: &str, error: &Error) -> Option<Litter> {
    match error {
        Error::File { fault: FileFault::NotAnImage { .. }, .. } => Litter::of_unknown(name),
        _ => None,
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
