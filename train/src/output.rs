//! The folder of results. No file that was read is ever overwritten.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use glioscope::mask::Mask;
use glioscope::write::{mask_name, mask_tiff};

use crate::file;

/// The folder of results.
#[derive(Debug)]
pub(crate) struct Output {
    root: PathBuf,
    /// Canonical paths of the folders with input files.
    inputs: BTreeSet<PathBuf>,
    /// The slice or case of each written file.
    written: HashMap<PathBuf, String>,
}

impl Output {
    /// Creates the folder `root`. The input files are in the folders `inputs`.
    ///
    /// # Errors
    ///
    /// When `root` cannot be created or one of `inputs` does not exist.
    pub(crate) fn new<'a>(root: &Path, inputs: impl IntoIterator<Item = &'a Path>) -> Result<Self> {
        file::create_folder(root)?;
        let inputs = inputs.into_iter().map(real).collect::<Result<_>>()?;
        Ok(Self { root: root.to_owned(), inputs, written: HashMap::new() })
    }

    /// The path of the mask of the slice `name`: `<folders>/<stem>_mask.tif`, or `<stem>_<page>_mask.tif` for the page
    /// `…#<page>` of a stack.
    ///
    /// # Errors
    ///
    /// When that folder has input files: the reference of the slice has the same name as the mask.
    pub(crate) fn mask_path(&self, name: &str) -> Result<PathBuf> {
        self.away_from_inputs(self.root.join(mask_name(name)))
    }

    fn away_from_inputs(&self, path: PathBuf) -> Result<PathBuf> {
        let folder = path.parent().unwrap_or(&self.root);
        if folder.exists() && self.inputs.contains(&real(folder)?) {
            bail!("{} would be in a folder with input files; choose another folder", path.display());
        }
        Ok(path)
    }

    /// Writes the mask of the slice `name` as a TIFF: 8 bit, 0 and 255, on the grid of the slice.
    ///
    /// # Errors
    ///
    /// As [`Output::mask_path`]; also when the path has the mask of another slice, or it cannot be written.
    pub(crate) fn write_mask(&mut self, name: &str, mask: &Mask) -> Result<()> {
        self.write(name, &mask_name(name), &mask_tiff(mask))
    }

    /// Writes a file of the slice or case `owner`. `path` has `/` between folders.
    ///
    /// # Errors
    ///
    /// When the folder has input files, the path has a file of another owner, or it cannot be written.
    pub(crate) fn write(&mut self, owner: &str, path: &str, bytes: &[u8]) -> Result<()> {
        let path = self.away_from_inputs(self.root.join(path))?;
        if let Some(other) = self.written.get(&path) {
            bail!("{owner}: its file would overwrite that of {other}, {}", path.display());
        }
        ensure!(path.file_name().is_some(), "{owner}: no file name for its result");
        file::write(&path, bytes)?;
        self.written.insert(path, owner.to_owned());
        Ok(())
    }
}

/// The canonical path, without links and `..`.
pub(crate) fn real(path: &Path) -> Result<PathBuf> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    fs::canonicalize(path).with_context(|| format!("cannot find {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_written_into_a_folder_with_input_files() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let input = folder.path().join("P");
        file::write(&input.join("P_1_mask.tif"), b"the reference")?;
        let mut output = Output::new(folder.path(), [input.as_path()])?;
        let mask = Mask::empty(1, 1);
        let refused = output.write_mask("P/P_1.tif", &mask);
        assert!(refused.is_err_and(|error| format!("{error:#}").contains("P_1_mask.tif")));
        assert_eq!(file::read(&input.join("P_1_mask.tif"))?, b"the reference");
        assert!(output.write("P", "P/mask.nii.gz", b"a volume").is_err());
        output.write_mask("Q/P_1.tif", &mask)?;
        assert!(folder.path().join("Q/P_1_mask.tif").is_file());
        Ok(())
    }

    #[test]
    fn two_slices_never_have_the_same_mask_file() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let mut output = Output::new(folder.path(), [])?;
        output.write_mask("a_2.tif", &Mask::empty(1, 1))?;
        let refused = output.write_mask("a.tif#2", &Mask::empty(1, 1));
        assert!(refused.is_err_and(|error| format!("{error:#}").contains("a_2.tif")));
        Ok(())
    }
}
