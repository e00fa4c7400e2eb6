//! The Rust tests, lints and documentation, for every feature set of the library.
//!
//! Compiling Burn takes most of the time, so it is compiled as rarely as the tests allow. Lints and documentation use
//! the profile of the tests, so that they share its build scripts and procedural macros, and each other's metadata.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::real;
use super::report::{Outcome, Report};
use crate::process;
use crate::workspace::Workspace;

/// A set of the library's features, in which it builds, tests and documents itself.
struct FeatureSet {
    name: &'static str,
    /// The packages and features, as cargo's arguments.
    selection: &'static [&'static str],
    /// Whether it is linted and documented without `--full`.
    linted: bool,
    /// Whether its tests run without `--full`.
    tested: bool,
}

/// The packages that need Burn, with the features that `train` turns on; the library's default features would compile a
/// GPU backend. xtask is apart: it is built in another profile already, and its dependencies would turn on other
/// features of what these share.
const WORKSPACE: [&str; 4] = ["--workspace", "--exclude", "xtask", "--no-default-features"];

/// Each set has all features of the one before it, so `fit` runs all tests. Lints compile the tests of every set.
const FEATURE_SETS: [FeatureSet; 4] = [
    FeatureSet {
        name: "none",
        selection: &["--package", "glioscope", "--no-default-features"],
        linted: true,
        tested: false,
    },
    FeatureSet {
        name: "cpu",
        selection: &[
            "--package",
            "glioscope",
            "--package",
            "glioscope-kernels",
            "--no-default-features",
            "--features",
            "glioscope/cpu",
        ],
        linted: true,
        tested: false,
    },
    // Without autodiff half of Burn is compiled again, which takes minutes. The module for WebGPU is built with these features.
    FeatureSet {
        name: "burn",
        selection: &["--package", "glioscope", "--no-default-features", "--features", "burn"],
        linted: false,
        tested: false,
    },
    FeatureSet { name: "fit", selection: &WORKSPACE, linted: true, tested: true },
];

pub(super) fn native(workspace: &Workspace, patients: Option<&Path>, full: bool, report: &mut Report) {
    report.stage("format", || passed(workspace.cargo().args(["fmt", "--all", "--check"])));
    for FeatureSet { name, selection, tested, .. } in FEATURE_SETS.iter().filter(|set| full || set.linted) {
        report.stage(format!("lints: {name}"), || passed(&mut clippy(workspace, selection, &["--release"])));
        report.stage(format!("docs: {name}"), || {
            passed(
                workspace
                    .cargo()
                    .args(["doc", "--no-deps", "--release"])
                    .args(*selection)
                    .env("RUSTDOCFLAGS", "--deny warnings"),
            )
        });
        if full || *tested {
            report.stage(format!("tests: {name}"), || {
                let mut command = workspace.cargo();
                command.args(["test", "--release"]).args(*selection);
                real::pass_on(&mut command, patients);
                passed(&mut command)
            });
        }
    }
    if full {
        // Compiled, not run: there may be no GPU.
        let selection = ["--package", "train", "--features", "vulkan,wgpu"];
        report.stage("lints: vulkan", || passed(&mut clippy(workspace, &selection, &["--release"])));
    }
    // In the profile in which it runs.
    report.stage("lints: xtask", || passed(&mut clippy(workspace, &["--package", "xtask"], &[])));
    report.stage("tests: xtask", || passed(workspace.cargo().args(["test", "--package", "xtask"])));
}

/// Compiles the native tests and `train`, as [`native`] does.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    process::run(workspace.cargo().args(["test", "--release", "--no-run"]).args(WORKSPACE))
}

fn clippy(workspace: &Workspace, selection: &[&str], profile: &[&str]) -> Command {
    let mut command = workspace.cargo();
    command.args(["clippy", "--all-targets"]).args(profile).args(selection).args(["--", "--deny", "warnings"]);
    command
}

fn passed(command: &mut Command) -> Result<Outcome> {
    process::run(command).map(|()| Outcome::Passed)
}
