//! Every test of the project, stage by stage.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::process;
use crate::workspace::Workspace;
use report::Report;

pub(crate) mod e2e;
pub(crate) mod native;
mod page;
mod report;
mod trust;
mod wasm;

/// A part of the tests that can run alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    /// Format, lints, documentation and Rust tests on this machine, for every feature set.
    Native,
    /// Linter and unit tests of the page's scripts, and a check of the workflows.
    Page,
    /// The Rust tests in a headless browser, on WebGPU and on the CPU.
    Wasm,
    /// The complete site in Chromium, Firefox and WebKit.
    E2e,
    /// A minute of hostile input for each reader; licences and known faults of dependencies.
    Trust,
}

/// Names a folder of real patients, each a folder of slices and masks as in the kaggle_3m dataset.
const REAL: &str = "GLIOSCOPE_REAL";
/// Such a folder's default, relative to the repository's root.
const REAL_BESIDE: &str = "../shared/data/verbatim";

/// Runs the stages of `only`, or all of them; with `full` also those that take long. Prints where the time went.
///
/// # Errors
///
/// Where a stage failed, after the others have run.
pub(crate) fn test(workspace: &Workspace, only: Option<Part>, full: bool) -> Result<()> {
    let real = real_patients(&workspace.root)?;
    match &real {
        Some(folder) => println!("Real slices are used: {}", folder.display()),
        None => println!("Real slices are not used: {REAL} names no folder of them."),
    }
    let wants = |part| only.is_none_or(|only| only == part);
    let mut report = Report::default();
    if wants(Part::Page) {
        page::page(workspace, &mut report);
    }
    if wants(Part::Native) {
        native::native(workspace, real.as_deref(), full, &mut report);
    }
    if wants(Part::Wasm) {
        wasm::wasm(workspace, full, &mut report);
    }
    if wants(Part::E2e) {
        e2e::end_to_end(workspace, real.as_deref(), full, &mut report);
    }
    if wants(Part::Trust) {
        trust::trust(workspace, full, &mut report);
    }
    report.finish()
}

/// The folder of real patients, where there is one.
pub(crate) fn real_patients(root: &Path) -> Result<Option<PathBuf>> {
    match env::var_os(REAL) {
        Some(named) => {
            let folder = std::path::absolute(&named)?;
            if !folder.is_dir() {
                bail!("{REAL} names {}, which is no folder", folder.display());
            }
            Ok(Some(folder))
        }
        None => Ok(fs::canonicalize(root.join(REAL_BESIDE)).ok()),
    }
}

fn set_real(command: &mut Command, real: Option<&Path>) {
    match real {
        Some(folder) => command.env(REAL, folder),
        None => command.env_remove(REAL),
    };
}

/// npx for programs that `npm ci` has installed; it fetches none.
fn npx(folder: &Path) -> Command {
    let mut command = process::node_script("npx");
    command.arg("--no").current_dir(folder);
    command
}
