//! [`Unpacked`]: a zip as the folder that it holds.

use std::collections::{BTreeMap, BTreeSet};

use super::Study;
use super::admission::HEAD;
use crate::error::{Error, FileFault, Result};
use crate::layout::{Litter, Words};
use crate::read::other_of_pair;
use crate::read::zip::{self, ZipLimits};
use crate::sort::sort_by;

/// The files of a zip, sorted into those that may be slices and those that are passed over.
#[derive(Debug, Default)]
pub struct Unpacked {
    /// The names and bytes of the files that are read, in order of their names. A `dataset.json` is one of them, and also
    /// passed over.
    pub files: Vec<(String, Vec<u8>)>,
    /// The second files of NIfTI volumes in two files, by name. [`join_pair`](crate::read::join_pair) takes them.
    pub voxels: BTreeMap<String, Vec<u8>>,
    /// The files that are no slices.
    pub passed_over: Vec<(String, Litter)>,
    /// The entries that cannot be unpacked.
    pub refused: Vec<Error>,
}

impl Unpacked {
    /// Unpacks a zip. The names of its files are relative to the folder of the zip. `name` is that of the zip.
    ///
    /// # Errors
    ///
    /// As [`unpack`](zip::unpack).
    pub fn of(name: &str, bytes: &[u8]) -> Result<Self> {
        let contents = zip::extract("", bytes, &ZipLimits::default()).map_err(|error| match error {
            Error::File { fault, .. } => Error::in_file(name, fault),
            error => error,
        })?;
        let system = contents.passed_over.into_iter().map(|name| (name, Litter::System));
        let mut unpacked = Self { passed_over: system.collect(), refused: contents.refused, ..Self::default() };
        let mut files = contents.files;
        sort_by(&mut files, Ord::cmp);
        let names: BTreeSet<String> = files.iter().map(|(name, _)| name.clone()).collect();
        for (name, bytes) in files {
            if other_of_pair(&name, "hdr").is_some_and(|header| names.contains(&header)) {
                unpacked.voxels.insert(name, bytes);
                continue;
            }
            let head = &bytes[..bytes.len().min(HEAD)];
            // A file that is refused for its size is refused again when it is read.
            let litter = Study::admit(&name, bytes.len() as u64, head).unwrap_or_default();
            if let Some(kind) = litter {
                unpacked.passed_over.push((name.clone(), kind));
            } else if zip::is_zip(&bytes) {
                unpacked.refused.push(Error::in_file(name, FileFault::NestedZip));
                continue;
            }
            if litter.is_none() || Study::needs(&name, bytes.len() as u64) {
                unpacked.files.push((name, bytes));
            }
        }
        Ok(unpacked)
    }

    /// The folder for the files of the zip `zip`: the folder of the zip. If some files have no folder, or only one for slices,
    /// masks or a contrast, it is a folder with the name of the zip. A higher `attempt` gives another folder.
    pub fn folder(&self, zip: &str, words: &Words, attempt: usize) -> String {
        let mixed = self.files.iter().any(|(path, _)| words.common_folder(path).is_empty());
        zip::folder(zip, attempt.max(mixed.into()))
    }
}
