//! Output for people: text on stdout, errors, JSON files, and charts and pictures as PNG.

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

/// Prints to stdout. A closed pipe (`train evaluate … | head`) is not an error.
///
/// # Errors
///
/// When stdout cannot be written for another reason, such as a full disk.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("cannot write to stdout"),
        _ => Ok(()),
    }
}

/// Writes `value` as indented JSON.
///
/// # Errors
///
/// When the file cannot be written. The message has its path.
pub(crate) fn write_json(path: &Path, value: &impl serde::Serialize) -> Result<()> {
    let mut text =
        serde_json::to_string_pretty(value).with_context(|| format!("cannot write {} as JSON", path.display()))?;
    text.push('\n');
    file::write(path, text.as_bytes())
}

/// Writes a picture as PNG.
///
/// # Errors
///
/// When the file cannot be written. The message has its path.
pub(crate) fn write_png(path: &Path, canvas: &Canvas) -> Result<()> {
    let bytes = canvas.png().with_context(|| format!("cannot write {} as PNG", path.display()))?;
    file::write(path, &bytes)
}

/// An error and its causes in one line. Many errors print their source and also return it; such a cause is not repeated.
pub(crate) fn one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain() {
        let cause = cause.to_string().replace('\n', " ");
        if line.is_empty() {
            line = cause;
        } else if !line.ends_with(&cause) {
            line = format!("{line}: {cause}");
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn an_error_is_one_line_and_repeats_nothing() {
        let error = anyhow!("no space left").context("cannot write a.tif: no space left").context("while\nsaving");
        assert_eq!(one_line(&error), "while saving: cannot write a.tif: no space left");
    }
}
