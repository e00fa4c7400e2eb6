//! Files on disk. Every error says what was tried and on which path.

use std::fs;
#[cfg(unix)]
use std::io::ErrorKind;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// The whole of the file at `path`.
///
/// # Errors
///
/// When it cannot be read; the message names it.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Puts `bytes` at `path`, making the folders above it.
///
/// The bytes go to a neighbour (`<name>.part`) that is flushed to the disk and then takes the name, so that a full disk
/// or a crash leaves what stood there before, never half of something. The folder is flushed too: until then a power
/// cut could take the new name back.
///
/// # Errors
///
/// When a folder or the file cannot be written, a full disk included; the message names the path.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        create_folder(folder)?;
    }
    let part = part_of(path);
    let written = fs::File::create(&part)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&part, path))
        .and_then(|()| sync_folder(path));
    if written.is_err() {
        // Best effort: what is reported is why the writing failed, not why the tidying did.
        let _ = fs::remove_file(&part);
    }
    written.with_context(|| format!("cannot write {} ({} bytes)", path.display(), bytes.len()))
}

/// Makes the folder `path` and those above it, where they are missing.
///
/// # Errors
///
/// When that is not possible; the message names it.
pub(crate) fn create_folder(path: &Path) -> Result<()> {
    if path.as_os_str().is_empty() {
        return Ok(());
    }
    fs::create_dir_all(path).with_context(|| format!("cannot make the folder {}", path.display()))
}

/// What lies in the folder `path`: files and folders apart, each sorted by name, hidden ones (`.…`) left out.
///
/// # Errors
///
/// When the folder cannot be listed; the message names it.
pub(crate) fn list(path: &Path) -> Result<Listing> {
    let context = || format!("cannot list the folder {}", path.display());
    let mut listing = Listing::default();
    for entry in fs::read_dir(path).with_context(context)? {
        let entry = entry.with_context(context)?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let path = entry.path();
        // Follows links: a dataset is often a folder of links to a bigger disk.
        if path.is_dir() { listing.folders.push(path) } else { listing.files.push(path) }
    }
    listing.files.sort();
    listing.folders.sort();
    Ok(listing)
}

/// One folder's content, see [`list`].
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// Everything that is not a folder.
    pub(crate) files: Vec<PathBuf>,
    /// The folders.
    pub(crate) folders: Vec<PathBuf>,
}

/// Whether the name ends like a slice's: `.tif`, `.tiff` or `.png`, in any case.
///
/// A folder of slices usually holds other files too (`data.csv`, `README.md`), which are not worth an error each.
pub(crate) fn is_slice(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ["tif", "tiff", "png"].iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

/// `path` below `root` with `/` between its parts on every system, as the library wants names.
pub(crate) fn name_below(root: &Path, path: &Path) -> String {
    let below = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

/// Makes a new name in the folder of `path` last.
#[cfg(unix)]
fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match fs::File::open(folder)?.sync_all() {
        // Some network file systems cannot; they have kept the file itself all the same.
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        result => result,
    }
}

/// Elsewhere a folder cannot be opened as a file; the system's own journal has to do.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> std::io::Result<()> {
    Ok(())
}

fn part_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".part");
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn writing_makes_the_folders_and_replaces_the_file_whole() -> Result<()> {
        let folder = Scratch::new()?;
        let path = folder.path().join("a/b/c.bin");
        write(&path, b"first")?;
        write(&path, b"second")?;
        assert_eq!(read(&path)?, b"second");
        assert_eq!(list(&folder.path().join("a/b"))?.files, [path]);
        Ok(())
    }

    #[test]
    fn every_failure_names_its_path() -> Result<()> {
        let folder = Scratch::new()?;
        let file = folder.path().join("file");
        write(&file, b"")?;
        let below = file.join("below");
        for error in [write(&below, b"").err(), read(&below).err(), list(&below).err()] {
            let message = format!("{:#}", error.context("expected a failure")?);
            assert!(message.contains(&file.display().to_string()), "{message}");
        }
        Ok(())
    }

    #[test]
    fn slices_are_told_by_their_ending() {
        for name in ["a.tif", "b.TIFF", "c.Png"] {
            assert!(is_slice(Path::new(name)), "{name}");
        }
        for name in ["data.csv", "tif", "a.tif.part", ".tif"] {
            assert!(!is_slice(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn names_are_relative_and_use_slashes() {
        let root = Path::new("data").join("kaggle_3m");
        assert_eq!(name_below(&root, &root.join("P_1").join("P_1_2.tif")), "P_1/P_1_2.tif");
    }
}
