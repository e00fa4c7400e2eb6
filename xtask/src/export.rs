//! Networks in the formats of other runtimes.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::process;

/// Exports the network in the folder `model` as NAME.safetensors and NAME.onnx, and returns `name`.
pub(crate) fn export(train: &Path, model: &Path, name: PathBuf) -> Result<PathBuf> {
    for ending in ["safetensors", "onnx"] {
        let mut command = Command::new(train);
        command.arg("export").arg("--model").arg(model).arg("--out").arg(name.with_extension(ending));
        process::run(&mut command)?;
    }
    Ok(name)
}
