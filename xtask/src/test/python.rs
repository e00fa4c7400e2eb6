//! Tests of `train` with programs in Python: ONNX Runtime, and Snakemake for the workflow.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};

use super::report::{Outcome, Report};
use crate::export::export;
use crate::process;
use crate::tools;
use crate::workspace::Workspace;

const WORKFLOW: &str = "train/workflow";

/// What the example of the workflow makes.
const RESULTS: [&str; 3] = ["cross-validation.txt", "fit/plain/seed-1/model.json", "segment/phantoms/cohort.csv"];

/// Checks the workflow without running it; with `full` also runs its example, and the exported network in ONNX Runtime. `train` has
/// to be built.
pub(super) fn python(workspace: &Workspace, full: bool, report: &mut Report) {
    report.stage("workflow", || workflow(workspace, full));
    if full {
        report.stage("onnx", || onnx(workspace));
    }
}

/// Lints the workflow and plans its example with each profile.
fn workflow(workspace: &Workspace, full: bool) -> Result<Outcome> {
    if cfg!(windows) {
        return Ok(Outcome::Skipped("Snakemake does not support Windows".to_owned()));
    }
    let python = match tools::snakemake(workspace) {
        Ok(python) => python,
        Err(error) => return Ok(Outcome::Skipped(format!("Snakemake cannot be installed: {error:#}"))),
    };
    let folder = workspace.root.join(WORKFLOW);
    let scratch = tempfile::tempdir()?;
    for entry in fs::read_dir(folder.join("example"))? {
        let path = entry?.path();
        fs::copy(&path, scratch.path().join(path.file_name().unwrap_or_default()))?;
    }
    let snakemake = |arguments: &[&str]| {
        let mut command = Command::new(&python);
        command.current_dir(scratch.path()).args(["-m", "snakemake", "--configfile", "config.yaml", "--snakefile"]);
        command.arg(folder.join("Snakefile")).args(arguments);
        // Snakemake keeps copies of sources in the user's cache.
        command.env("XDG_CACHE_HOME", scratch.path().join("cache"));
        command
    };
    process::run(&mut snakemake(&["--lint"]))?;
    let profile = |name: &str| folder.join("profiles").join(name);
    for name in ["local", "slurm"] {
        process::run(snakemake(&["--dry-run", "--quiet", "--workflow-profile"]).arg(profile(name)))?;
    }
    if full {
        let train = train(workspace);
        let phantoms = ["phantom", "--out", "phantoms", "--patients", "4", "--slices", "12"];
        process::run(Command::new(&train).args(phantoms).current_dir(scratch.path()))?;
        let mut command = snakemake(&["--quiet", "--workflow-profile"]);
        process::run(command.arg(profile("local")).arg("--config").arg(format!("train={}", train.display())))?;
        for name in RESULTS {
            ensure!(scratch.path().join(name).is_file(), "the workflow has not made {name}");
        }
    }
    Ok(Outcome::Passed)
}

/// Runs the shipped network in ONNX Runtime and compares it with that on the CPU.
fn onnx(workspace: &Workspace) -> Result<Outcome> {
    let python = match tools::onnx(workspace) {
        Ok(python) => python,
        Err(error) => return Ok(Outcome::Skipped(format!("ONNX Runtime cannot be installed: {error:#}"))),
    };
    let scratch = tempfile::tempdir()?;
    let network = export(&train(workspace), &workspace.root.join("www/model"), scratch.path().join("network"))?;
    process::run(Command::new(python).arg(workspace.root.join("train/tests/onnx_runtime.py")).arg(network))?;
    Ok(Outcome::Passed)
}

/// The program, as the native tests build it.
fn train(workspace: &Workspace) -> PathBuf {
    process::executable(&workspace.target.join("release"), "train")
}
