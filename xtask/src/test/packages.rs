//! The npm packages, installed from their archives in a project outside of the repository.

use std::path::Path;
use std::process::Stdio;

use super::playwright::playwright;
use super::report::{Outcome, Report};
use crate::package;
use crate::process;
use crate::wasm::Effort;
use crate::workspace::Workspace;

/// The bundler of the project. The tests install it from npm's registry.
const VITE: &str = "vite@8.4.0";

/// Packs the packages and runs their tests in `tests/e2e/packages.spec.ts`. `site` is a site that was built with
/// the same effort.
pub(super) fn packages(workspace: &Workspace, site: &Path, effort: Effort, report: &mut Report) {
    report.stage("packages", || {
        let packages = package::package(workspace, effort)?;
        if !registry_answers() {
            return Ok(Outcome::Skipped(
                "npm's registry cannot be reached, and the tests install Vite from it".to_owned(),
            ));
        }
        playwright(workspace, site, None, |command| {
            command.arg("--project=packages").env("GLIOSCOPE_PACKAGES", &packages).env("GLIOSCOPE_VITE", VITE);
        })
    });
}

fn registry_answers() -> bool {
    process::node_script("npm")
        .args(["view", VITE, "version", "--fetch-retries=0", "--fetch-timeout=10000"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
