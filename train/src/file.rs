//! Files on disk. Every error has the operation and the path.

use std::fs::{self, File};
use std::io::{BufWriter, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use tempfile::NamedTempFile;

/// The content of a file.
///
/// # Errors
///
/// When it cannot be read. The message has the path.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Replaces the file at `path` as a whole and creates the folders above it.
///
/// The bytes go to `<name>.part`, which is flushed to the disk and then renamed. A full disk or a crash leaves the previous
/// file, never a part of the new one. The folder is flushed too; before that, a power cut could undo the renaming.
///
/// # Errors
///
/// When a folder or the file cannot be written, for example because the disk is full. The message has the path.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let written = replace(path, |out| Ok(out.write_all(bytes)?));
    written.with_context(|| format!("cannot write {} ({} bytes)", path.display(), bytes.len()))
}

/// As [`write()`], piece by piece.
///
/// # Errors
///
/// Those of `content`, and as [`write()`].
pub(crate) fn write_with(path: &Path, content: impl FnOnce(&mut BufWriter<File>) -> Result<()>) -> Result<()> {
    replace(path, content).with_context(|| format!("cannot write {}", path.display()))
}

fn replace(path: &Path, content: impl FnOnce(&mut BufWriter<File>) -> Result<()>) -> Result<()> {
    if let Some(folder) = path.parent() {
        create_folder(folder)?;
    }
    let part = part_of(path)?;
    let mut out = BufWriter::new(part.as_file().try_clone()?);
    content(&mut out)?;
    out.flush()?;
    part.as_file().sync_all()?;
    part.persist(path)?;
    Ok(sync_folder(path)?)
}

/// The new file `<name>.part`. It is deleted when it is dropped and not renamed.
///
/// The name is fixed, so that a run that was killed leaves at most one such file, which the next run replaces.
fn part_of(path: &Path) -> Result<NamedTempFile> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".part");
    remove(&path.with_file_name(&name))?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(&name).rand_bytes(0);
    // The permissions of an ordinary file. Temporary files are private by default.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    Ok(builder.tempfile_in(folder_of(path))?)
}

/// Removes a file if it exists.
///
/// # Errors
///
/// When it cannot be removed. The message has the path.
pub(crate) fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Creates the folder `path` and missing folders above it.
///
/// # Errors
///
/// When that is not possible. The message has the path.
pub(crate) fn create_folder(path: &Path) -> Result<()> {
    if path.as_os_str().is_empty() {
        return Ok(());
    }
    fs::create_dir_all(path).with_context(|| format!("cannot create the folder {}", path.display()))
}

/// The files and the folders in a folder, sorted by name. Hidden ones (`.…`) are separate.
///
/// # Errors
///
/// When the folder cannot be listed. The message has the path.
pub(crate) fn list(path: &Path) -> Result<Listing> {
    let context = || format!("cannot list the folder {}", path.display());
    let mut listing = Listing::default();
    for entry in fs::read_dir(path).with_context(context)? {
        let entry = entry.with_context(context)?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            listing.hidden.push(entry.path());
            continue;
        }
        let path = entry.path();
        // Follows links: a dataset is often a folder of links to another disk.
        if path.is_dir() { listing.folders.push(path) } else { listing.files.push(path) }
    }
    listing.files.sort();
    listing.hidden.sort();
    listing.folders.sort();
    Ok(listing)
}

/// The content of a folder, see [`list`].
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// The files.
    pub(crate) files: Vec<PathBuf>,
    /// The folders.
    pub(crate) folders: Vec<PathBuf>,
    /// The hidden files and folders.
    pub(crate) hidden: Vec<PathBuf>,
}

/// Whether the name has the extension of a slice: `.tif`, `.tiff` or `.png`, in upper or lower case.
///
/// Folders of slices usually have other files too (`data.csv`, `README.md`), which are skipped.
pub(crate) fn is_slice(path: &Path) -> bool {
    let compressed = path.file_stem().is_some_and(|inner| has_extension(Path::new(inner), "nii"));
    ["tif", "tiff", "png", "nii"].iter().any(|known| has_extension(path, known))
        || compressed && has_extension(path, "gz")
}

/// Whether the name has this extension, in upper or lower case.
pub(crate) fn has_extension(path: &Path, known: &str) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case(known))
}

/// `path` relative to `root`, with `/` between its components on every system, as the library expects.
pub(crate) fn name_below(root: &Path, path: &Path) -> String {
    let below = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

/// Flushes the folder of `path`, so that a new name in it survives a power cut.
#[cfg(unix)]
fn sync_folder(path: &Path) -> std::io::Result<()> {
    match File::open(folder_of(path))?.sync_all() {
        // Some network file systems cannot flush a folder.
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        result => result,
    }
}

/// Other systems cannot open a folder as a file.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_creates_the_folders_and_replaces_the_file() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("a/b/c.bin");
        write(&path, b"first")?;
        write(&path, b"second")?;
        assert_eq!(read(&path)?, b"second");
        assert_eq!(list(&folder.path().join("a/b"))?.files, [path]);
        Ok(())
    }

    #[test]
    fn a_part_that_a_killed_run_left_is_replaced() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let (path, part) = (folder.path().join("a.bin"), folder.path().join("a.bin.part"));
        fs::write(&part, b"half of something longer")?;
        write(&path, b"whole")?;
        assert_eq!(read(&path)?, b"whole");
        assert!(!part.exists());
        Ok(())
    }

    #[test]
    fn a_failed_write_keeps_the_previous_file_and_leaves_no_part() -> Result<()> {
        let folder = tempfile::tempdir()?;
        // A folder cannot be replaced by a file.
        let path = folder.path().join("a");
        fs::create_dir_all(path.join("below"))?;
        assert!(write(&path, b"a file").is_err());
        assert!(path.join("below").is_dir() && !folder.path().join("a.part").exists());
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn written_files_have_ordinary_permissions() -> Result<()> {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir()?;
        let (ordinary, path) = (folder.path().join("ordinary"), folder.path().join("a.bin"));
        fs::write(&ordinary, b"")?;
        write(&path, b"")?;
        let mode = |path: &Path| Ok::<_, std::io::Error>(fs::metadata(path)?.permissions().mode());
        assert_eq!(mode(&path)?, mode(&ordinary)?);
        Ok(())
    }

    #[test]
    fn every_error_has_its_path() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("file");
        write(&file, b"")?;
        let below = file.join("below");
        for error in [write(&below, b"").err(), read(&below).err(), list(&below).err()] {
            let message = format!("{:#}", error.context("expected an error")?);
            assert!(message.contains(&file.display().to_string()), "{message}");
        }
        Ok(())
    }

    #[test]
    fn slices_are_known_by_their_extension() {
        for name in ["a.tif", "b.TIFF", "c.Png"] {
            assert!(is_slice(Path::new(name)), "{name}");
        }
        for name in ["data.csv", "tif", "a.tif.part", ".tif"] {
            assert!(!is_slice(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn names_are_relative_and_have_slashes() {
        let root = Path::new("data").join("kaggle_3m");
        assert_eq!(name_below(&root, &root.join("P_1").join("P_1_2.tif")), "P_1/P_1_2.tif");
    }
}
