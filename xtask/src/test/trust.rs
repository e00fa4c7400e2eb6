//! Hostile input for each reader; licences and known vulnerabilities of dependencies.

use super::report::{Outcome, Report};
use crate::fuzz;
use crate::supply;
use crate::workspace::Workspace;

/// Seconds that each fuzz target runs, all of them at once.
const FUZZ_SECONDS: u64 = 600;

/// Stages whose data or tools need a network are skipped without one.
pub(super) fn trust(workspace: &Workspace, full: bool, report: &mut Report) {
    if full {
        // Without it `tests/damaged.rs` reads damaged files. Building the targets takes five minutes.
        report.stage("fuzz", || match fuzz::missing() {
            Some(reason) => Ok(Outcome::Skipped(reason.to_owned())),
            None => fuzz::fuzz(workspace, FUZZ_SECONDS, None).map(|_| Outcome::Passed),
        });
    }
    report.stage("crates", || match supply::missing(workspace) {
        Some(reason) => Ok(Outcome::Skipped(reason.to_owned())),
        None => supply::crates(workspace).map(|()| Outcome::Passed),
    });
    report.stage("npm", || match supply::packages(workspace)? {
        true => Ok(Outcome::Passed),
        false => Ok(Outcome::Skipped("the npm registry here has no data on vulnerabilities".to_owned())),
    });
}
