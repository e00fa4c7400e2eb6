//! [`Reader`]: input files → slices.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use glioscope::read::{self, Limits, Slice};
use glioscope::study::Unpacked;

use super::found::{Input, Source};
use crate::file;

/// Reads input files. It keeps the content of the zip that it has read last, and of no other, so that many zips are never in memory
/// together.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    zip: Option<Zip>,
}

#[derive(Debug)]
struct Zip {
    path: PathBuf,
    files: BTreeMap<String, Vec<u8>>,
}

impl Reader {
    /// The slices of a file.
    ///
    /// # Errors
    ///
    /// When it cannot be read or is not a slice.
    pub(crate) fn read(&mut self, input: &Input) -> Result<Vec<Slice>> {
        let limits = Limits::default();
        match &input.source {
            Source::File(_) => {}
            Source::Entry { zip, .. } => self.open(zip)?,
            Source::Zip(path) => {
                Unpacked::of(&input.name, &file::read(path)?)?;
            }
        }
        let bytes = self.bytes(&input.source)?;
        Ok(match &input.voxels {
            Some(voxels) => {
                let joined = read::join_pair(&input.name, &bytes, &self.bytes(voxels)?, &limits)?;
                read::read(&input.name, &joined, &limits)?
            }
            None => read::read(&input.name, &bytes, &limits)?,
        })
    }

    fn open(&mut self, path: &Path) -> Result<()> {
        if self.zip.as_ref().is_some_and(|zip| zip.path == path) {
            return Ok(());
        }
        // The former content is freed first.
        self.zip = None;
        let Unpacked { files, voxels, .. } = Unpacked::of(&path.display().to_string(), &file::read(path)?)?;
        self.zip = Some(Zip { path: path.to_owned(), files: files.into_iter().chain(voxels).collect() });
        Ok(())
    }

    fn bytes(&self, source: &Source) -> Result<Cow<'_, [u8]>> {
        match source {
            Source::File(path) | Source::Zip(path) => Ok(file::read(path)?.into()),
            Source::Entry { zip, name } => {
                let files = self.zip.as_ref().filter(|open| open.path == *zip).map(|open| &open.files);
                let bytes = files.and_then(|files| files.get(name));
                Ok(bytes.with_context(|| format!("{}: {name} is not in the zip any more", zip.display()))?.into())
            }
        }
    }
}
