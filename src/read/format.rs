//! Which reader a file belongs to, by its first bytes.

use super::{Limits, Slice, png, tiff};
use crate::error::{Error, FileFault, Result};

/// Reads one file; `name` only names it in the slices and in errors.
///
/// A multi-page TIFF gives one slice a page, in the file's order, each of its own size and named `name#1`, `name#2`
/// and so on; any other file gives one slice called `name`. Pixels are taken as stored: no orientation, gamma or
/// colour profile is applied.
///
/// # Errors
///
/// [`Error::File`] with the [`FileFault`]; a fault of one page of several is under that page's name, and fails the
/// file.
pub fn read(name: &str, bytes: &[u8], limits: &Limits) -> Result<Vec<Slice>> {
    admit(name, bytes.len() as u64, bytes, limits)?;
    if tiff::is_tiff(bytes) { tiff::read(name, bytes, limits) } else { Ok(vec![png::read(name, bytes, limits)?]) }
}

/// `Ok` if a file of `size` bytes that begins with `head`, 8 bytes or more where it has them, is one that [`read`] would look
/// into.
///
/// # Errors
///
/// [`FileFault::NotAnImage`] and [`FileFault::OverLimit`], as [`read`] has them.
pub(crate) fn admit(name: &str, size: u64, head: &[u8], limits: &Limits) -> Result<()> {
    if !tiff::is_tiff(head) && !png::is_png(head) {
        let found = head.iter().take(4).copied().collect();
        return Err(Error::in_file(name, FileFault::NotAnImage { found }));
    }
    if size > limits.bytes {
        return Err(Error::in_file(name, FileFault::OverLimit { what: "bytes", found: size, limit: limits.bytes }));
    }
    Ok(())
}
