//! Where predicted masks go: below one folder, and never over a file that was read.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use glioscope::export::mask_tiff;
use glioscope::mask::Mask;

use crate::file;

/// A folder that masks are written to.
#[derive(Debug)]
pub(crate) struct Output {
    root: PathBuf,
    /// Folders that hold what was read, as the system itself calls them.
    inputs: BTreeSet<PathBuf>,
    /// Which slice each mask that was written belongs to.
    written: HashMap<PathBuf, String>,
}

impl Output {
    /// Masks are to go below `root`, which is made; the files that are read lie in the folders `inputs`.
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
    /// When files that were read lie in that very folder: a slice's own reference mask has the same name.
    pub(crate) fn mask_path(&self, name: &str) -> Result<PathBuf> {
        let path = self.root.join(mask_name(name));
        let folder = path.parent().unwrap_or(&self.root);
        if folder.exists() && self.inputs.contains(&real(folder)?) {
            bail!(
                "{} would be written beside the files that are read, whose masks have such names; choose another folder",
                path.display()
            );
        }
        Ok(path)
    }

    /// Writes the mask of the slice `name` as a TIFF (8 bit, 0 and 255, the slice's own grid).
    ///
    /// # Errors
    ///
    /// As [`Output::mask_path`]; when another slice's mask went to that path already; when it cannot be written.
    pub(crate) fn write_mask(&mut self, name: &str, mask: &Mask) -> Result<()> {
        let path = self.mask_path(name)?;
        if let Some(other) = self.written.get(&path) {
            bail!("{name}: its mask would overwrite that of {other}, {}", path.display());
        }
        ensure!(path.file_name().is_some(), "{name}: no file name for its mask");
        file::write(&path, &mask_tiff(mask))?;
        self.written.insert(path, name.to_owned());
        Ok(())
    }
}

/// A path without links and `..`, so that two names of one folder are equal.
pub(crate) fn real(path: &Path) -> Result<PathBuf> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    fs::canonicalize(path).with_context(|| format!("cannot find {}", path.display()))
}

/// The file's name that the mask of a slice goes by: `P/P_1.tif` → `P/P_1_mask.tif`, `stack.tif#2` →
/// `stack_2_mask.tif`. An extension is one to five letters and digits with a letter among them, so that `IMG.0001` has
/// none: a mask that is handed in again under its name is paired with its slice.
pub(crate) fn mask_name(name: &str) -> String {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (file, page) = match name.rsplit_once('#') {
        Some((file, page)) if digits(page) => (file, format!("_{page}")),
        _ => (name, String::new()),
    };
    let extension = |ending: &str| {
        (1..=5).contains(&ending.len()) && ending.bytes().all(|byte| byte.is_ascii_alphanumeric()) && !digits(ending)
    };
    let stem = match file.rsplit_once('.') {
        Some((stem, ending)) if extension(ending) && !stem.is_empty() && !stem.ends_with('/') => stem,
        _ => file,
    };
    format!("{stem}{page}_mask.tif")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn masks_are_named_after_slices() {
        for (name, expected) in [
            ("P/P_1.tif", "P/P_1_mask.tif"),
            ("stack.tiff#12", "stack_12_mask.tif"),
            ("a.b/c", "a.b/c_mask.tif"),
            ("odd#name.png", "odd#name_mask.tif"),
            ("v1.2.tif", "v1.2_mask.tif"),
            ("IMG.0001", "IMG.0001_mask.tif"),
        ] {
            assert_eq!(mask_name(name), expected, "{name}");
        }
    }

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
