//! [`Input`]: a file that was found, before it is read.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::file;

/// An input file.
#[derive(Debug)]
pub(crate) struct Input {
    /// Relative to the PATH that it was found in, with `/`.
    pub(crate) name: String,
    pub(super) source: Source,
    /// The second file of a NIfTI volume in two files.
    pub(super) voxels: Option<Source>,
    /// The study of a DICOM file.
    pub(super) study: Option<String>,
    pub(super) state: FileState,
}

/// What shows that a file has changed: its length in bytes, and when it was written. For a file in a zip the time is that of
/// the zip.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileState {
    pub(super) length: u64,
    pub(super) modified: Option<SystemTime>,
}

/// Where an input file is.
#[derive(Debug)]
pub(super) enum Source {
    File(PathBuf),
    /// The file `name` in a zip.
    Entry {
        zip: PathBuf,
        name: String,
    },
    /// A zip that could not be unpacked when it was found.
    Zip(PathBuf),
}

impl Input {
    /// The state of the file when it was found.
    pub(crate) fn state(&self) -> &FileState {
        &self.state
    }

    /// Whether the name is that of a volume.
    pub(super) fn is_volume(&self) -> bool {
        let path = Path::new(&self.name);
        let inner = path.file_stem().map(Path::new);
        let compressed =
            file::has_extension(path, "gz") && inner.is_some_and(|inner| file::has_extension(inner, "nii"));
        compressed || ["nii", "hdr"].iter().any(|ending| file::has_extension(path, ending))
    }
}

impl FileState {
    /// The state of the file at `path`; the default one if it cannot be opened, which is reported when it is read.
    pub(crate) fn of(path: &Path) -> Self {
        let state = |data: std::fs::Metadata| Self { length: data.len(), modified: data.modified().ok() };
        std::fs::metadata(path).map(state).unwrap_or_default()
    }
}
