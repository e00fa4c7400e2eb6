//! The complete site in browsers, end to end.

use std::path::Path;

use anyhow::{Result, bail};

use super::packages;
use super::playwright::playwright;
use super::report::{Outcome, Report};
use crate::process;
use crate::site;
use crate::tools;
use crate::wasm::{Effort, Module};
use crate::workspace::Workspace;

/// Tells the end-to-end tests to run the long ones alone, and for how many minutes.
const SOAK: &str = "GLIOSCOPE_SOAK";

/// Minutes of the long tests with `--full`.
const FULL_MINUTES: u64 = 10;

pub(super) fn end_to_end(workspace: &Workspace, patients: Option<&Path>, full: bool, report: &mut Report) {
    let out = workspace.target.join("dist");
    let e2e = workspace.root.join("tests/e2e");
    let built = report.stage("site", || {
        let effort = Effort::of_tests(full);
        site::dist(workspace, &out, &Module::ALL, effort, None)?;
        if effort == Effort::Release {
            site::budget(&out)?;
        }
        Ok(Outcome::Passed)
    });
    // After the site: the page's scripts import the package, which brings its types.
    report.stage("types", || {
        tools::node_modules(&e2e)?;
        process::run(tools::npx(&e2e).arg("tsc"))?;
        Ok(Outcome::Passed)
    });
    report.stage("e2e", || {
        if !built {
            bail!("there is no site to test");
        }
        playwright(workspace, &out, patients, |command| {
            command.env_remove(SOAK);
        })
    });
    if built {
        packages::packages(workspace, &out, Effort::of_tests(full), report);
    }
    if full {
        report.stage("e2e: long", || {
            if !built {
                bail!("there is no site to test");
            }
            playwright(workspace, &out, patients, |command| {
                command.env(SOAK, FULL_MINUTES.to_string());
            })
        });
    }
}

/// The long end-to-end tests alone, over the site that was built last, or is built now.
pub(crate) fn soak(workspace: &Workspace, patients: Option<&Path>, minutes: u64) -> Result<()> {
    let out = workspace.target.join("dist");
    if site::check(&out, &Module::ALL).is_err() {
        site::dist(workspace, &out, &Module::ALL, Effort::Release, None)?;
    }
    playwright(workspace, &out, patients, |command| {
        command.env(SOAK, minutes.to_string());
    })?;
    Ok(())
}
