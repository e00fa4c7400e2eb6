//! Real patients, which are no part of the repository.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

/// Names a folder of real patients, each a folder of slices and masks as in the kaggle_3m dataset.
pub(super) const VARIABLE: &str = "GLIOSCOPE_REAL";

/// Where such a folder is expected if the variable is not set, relative to the repository's root.
const DEFAULT: &str = "../shared/data/verbatim";

/// The folder of real patients, where there is one.
///
/// # Errors
///
/// Where the variable names no folder.
pub(crate) fn patients(root: &Path) -> Result<Option<PathBuf>> {
    match env::var_os(VARIABLE) {
        Some(named) => {
            let folder = std::path::absolute(&named)?;
            if !folder.is_dir() {
                bail!("{VARIABLE} names {}, which is no folder", folder.display());
            }
            Ok(Some(folder))
        }
        None => Ok(fs::canonicalize(root.join(DEFAULT)).ok()),
    }
}

/// Tells a command about the folder.
pub(super) fn pass_on(command: &mut Command, real: Option<&Path>) {
    match real {
        Some(folder) => command.env(VARIABLE, folder),
        None => command.env_remove(VARIABLE),
    };
}
