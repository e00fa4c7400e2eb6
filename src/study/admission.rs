//! What is done with a file, by its name, size and first bytes.

use super::Study;
use super::session_head;
use crate::error::{Error, FileFault, Result};
use crate::layout::{Litter, Words};
use crate::read;
use crate::read::zip::{self, ZipLimits};

/// How many bytes at the beginning of a file tell what it is. A saved session is known by the name of its first entry, and a
/// compressed NIfTI volume by its first numbers.
pub const HEAD: usize = 512;

/// The most bytes of a `dataset.json`: 1 MiB.
const DATASET: u64 = 1 << 20;

impl Study {
    /// The kind of a file of `size` bytes that begins with `head`, if [`add_file`](Self::add_file) passes it over; `None` if
    /// it, or [`open`](Self::open), reads the file. Ask this before the file is loaded. `head` is the first [`HEAD`] bytes, or
    /// the whole file if it is shorter.
    ///
    /// # Errors
    ///
    /// [`FileFault::NotAnImage`], [`FileFault::OtherKind`] or [`FileFault::OverLimit`] for a file that is refused.
    pub fn admit(name: &str, size: u64, head: &[u8]) -> Result<Option<Litter>> {
        if let Some(kind) = Litter::of(name) {
            return Ok(Some(kind));
        }
        // Word processors and other programs store zips too.
        if zip::is_zip(head) && Litter::of_zip(name) {
            return Ok(Some(Litter::Other));
        }
        if let Some(kind) = read::without_pictures(head) {
            return Ok(Some(Litter::NoPictures(kind)));
        }
        let admitted = if zip::is_zip(head) {
            let limits = if session_head::is_session(head) { session_head::limits() } else { ZipLimits::default() };
            limits.admit(name, size)
        } else {
            read::admit(name, size, head, &read::Limits::default())
        };
        let error = match admitted {
            Ok(()) => return Ok(None),
            Err(error) => error,
        };
        let unknown = match &error {
            Error::File { fault, .. } if fault.needs_formats() => false,
            Error::File { fault, .. } => matches!(fault, FileFault::NotAnImage { .. } | FileFault::OtherKind { .. }),
            _ => false,
        };
        Litter::of_unknown(name).filter(|_| unknown).map(Some).ok_or(error)
    }

    /// Whether a file that is passed over is needed nevertheless: a `dataset.json` states the contrasts of other files.
    pub fn needs(name: &str, size: u64) -> bool {
        Words::is_dataset(name) && size <= DATASET
    }
}
