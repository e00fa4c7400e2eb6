//! Where results go: below one folder, and never over a file that was read.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use glioscope::mask::Mask;
use glioscope::write::{mask_name, mask_tiff};

use crate::file;

/// A folder that results are written to.
#[derive(Debug)]
pub(crate) struct Output {
    root: PathBuf,
    /// Folders that hold what was read, as the system itself calls them.
    inputs: BTreeSet<PathBuf>,
    /// Which slice or case each file that was written belongs to.
    written: HashMap<PathBuf, String>,
}

impl Output {
    /// Results are to go below `root`, which is made; the files that are read lie in the folders `inputs`.
    ///
    /// # Errors
    ///
    /// When `root` cannot be made or one of `inputs` is not there.
    pub(crate) fn new<'a>(root: &Path, inputs: impl IntoIterator<Item = &'a Path>) -> Result<Self> {
        file::create_folder(root)?;
        let inputs = inputs.into_iter().map(real).collect::<Result<_>>()?;
        Ok(Self { root: root.to_owned(), inputs, written: HashMap::new() })
    }

    /// Where the mask of the slice `name` goes: `<folders>/<stem>_mask.tif`, and `<stem>_<page>_mask.tif` for the page
    /// `…#<page>` of a stack.
    ///
    /// # Errors
    ///
    /// When files that were read lie in that very folder: a slice's own reference mask has the same name, and who keeps volumes
    /// beside slices may call one so too.
    pub(crate) fn mask_path(&self, name: &str) -> Result<PathBuf> {
        self.beside_no_input(self.root.join(mask_name(name)))
    }

    fn beside_no_input(&self, path: PathBuf) -> Result<PathBuf> {
        let folder = path.parent().unwrap_or(&self.root);
        if folder.exists() && self.inputs.contains(&real(folder)?) {
            bail!("{} would be written beside the files that are read; choose another folder", path.display());
        }
        Ok(path)
    }

    /// Writes the mask of the slice `name` as a TIFF (8 bit, 0 and 255, the slice's own grid).
    ///
    /// # Errors
    ///
    /// As [`Output::mask_path`]; when another slice's mask went to that path already; when it cannot be written.
    pub(crate) fn write_mask(&mut self, name: &str, mask: &Mask) -> Result<()> {
        self.write(name, &mask_name(name), &mask_tiff(mask))
    }

    /// Writes a file of the slice or case `owner` at `path`, folders separated by `/`.
    ///
    /// # Errors
    ///
    /// When files that were read lie in that very folder; when another's file went to that path already; when it cannot be
    /// written.
    pub(crate) fn write(&mut self, owner: &str, path: &str, bytes: &[u8]) -> Result<()> {
        let path = self.beside_no_input(self.root.join(path))?;
        if let Some(other) = self.written.get(&path) {
            bail!("{owner}: a file of it would overwrite that of {other}, {}", path.display());
        }
        ensure!(path.file_name().is_some(), "{owner}: no file name for what was found");
        file::write(&path, bytes)?;
        self.written.insert(path, owner.to_owned());
        Ok(())
    }
}

/// A path without links and `..`, so that two names of one folder are equal.
pub(crate) fn real(path: &Path) -> Result<PathBuf> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    fs::canonicalize(path).with_context(|| format!("cannot find {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn nothing_is_written_beside_what_was_read() -> Result<()> {
        let folder = Scratch::new()?;
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
    fn two_slices_never_share_a_mask() -> Result<()> {
        let folder = Scratch::new()?;
        let mut output = Output::new(folder.path(), [])?;
        output.write_mask("a_2.tif", &Mask::empty(1, 1))?;
        let refused = output.write_mask("a.tif#2", &Mask::empty(1, 1));
        assert!(refused.is_err_and(|error| format!("{error:#}").contains("a_2.tif")));
        Ok(())
    }
}
