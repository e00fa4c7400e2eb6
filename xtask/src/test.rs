//! Every test of the project, stage by stage.

use anyhow::Result;

use crate::workspace::Workspace;
use builds::Builds;
use report::{Outcome, Report};

pub(crate) mod builds;
pub(crate) mod e2e;
pub(crate) mod native;
mod packages;
mod page;
mod playwright;
mod python;
pub(crate) mod real;
mod report;
mod trust;
mod wasm;

/// A part of the tests that can run alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    /// Format, lints, documentation and Rust tests on this machine, for every feature set, and the workflow of `train`.
    Native,
    /// Linter and unit tests of the page's scripts, and a check of the workflows.
    Page,
    /// The Rust tests in a headless browser, on the CPU; with `--full` also on WebGPU.
    Wasm,
    /// The complete site in Chromium, Firefox and WebKit.
    E2e,
    /// Licences and known vulnerabilities of dependencies; with `--full` ten minutes of fuzzing for each reader.
    Trust,
}

/// Runs the stages of `only`, or all of them; with `full` also those that take long. Prints where the time went.
///
/// # Errors
///
/// Where a stage failed, after the others have run.
pub(crate) fn test(workspace: &Workspace, only: Option<Part>, full: bool) -> Result<()> {
    let real = real::patients(&workspace.root)?;
    match &real {
        Some(folder) => println!("Real slices are used: {}", folder.display()),
        None => println!("Real slices are not used: {} names no folder of them.", real::VARIABLE),
    }
    let wants = |part| only.is_none_or(|only| only == part);
    let mut report = Report::default();
    let builds = if only.is_none() { Some(Builds::start(workspace, full)?) } else { None };
    if wants(Part::Page) {
        page::page(workspace, &mut report);
    }
    if wants(Part::Native) {
        native::native(workspace, real.as_deref(), full, &mut report);
        python::python(workspace, full, &mut report);
    }
    if let Some(builds) = builds {
        report.stage("builds", || builds.finish().map(|()| Outcome::Passed));
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
