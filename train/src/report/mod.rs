//! What a person gets to see: tables on stdout, JSON, charts and pictures as PNG.

mod agreement;
mod canvas;
mod chart;
mod pictures;
mod table;

use std::io::{ErrorKind, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};

pub(crate) use agreement::{Agreement, agreement};
pub(crate) use canvas::Canvas;
pub(crate) use chart::{Panel, Series, chart};
pub(crate) use pictures::{Comparison, comparison};
pub(crate) use table::Table;

use crate::file;

/// Prints to stdout. Nobody listening any more (`train evaluate … | head`) is no fault.
///
/// # Errors
///
/// When stdout cannot be written for another reason, a full disk among them.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("cannot write to stdout"),
        _ => Ok(()),
    }
}

/// Writes `value` as JSON, indented, to `path`.
///
/// # Errors
///
/// When the file cannot be written; the message names it.
pub(crate) fn write_json(path: &Path, value: &impl serde::Serialize) -> Result<()> {
    let mut text = serde_json::to_string_pretty(value).with_context(|| format!("no JSON for {}", path.display()))?;
    text.push('\n');
    file::write(path, text.as_bytes())
}

/// Writes a picture as PNG to `path`.
///
/// # Errors
///
/// When the file cannot be written; the message names it.
pub(crate) fn write_png(path: &Path, canvas: &Canvas) -> Result<()> {
    let bytes = canvas.png().with_context(|| format!("no PNG for {}", path.display()))?;
    file::write(path, &bytes)
}
