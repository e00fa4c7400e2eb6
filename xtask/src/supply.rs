//! Licences and known vulnerabilities of dependencies, by `cargo deny` and `npm audit`, where their data is available.

use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::process;
use crate::workspace::Workspace;

/// The database of known vulnerabilities of crates.
const ADVISORIES: &str = "https://github.com/RustSec/advisory-db";

/// Folders with a package-lock.json.
const NPM: [&str; 3] = ["tests/e2e", "xtask/lint", "xtask/vendor"];

/// The reason why crates cannot be checked here, if there is one.
pub(crate) fn missing(workspace: &Workspace) -> Option<&'static str> {
    let absent = !workspace.tools().join("bin").join(deny()).is_file() && process::find("cargo-deny").is_none();
    absent.then_some("there is no cargo-deny (cargo install cargo-deny)")
}

/// Checks licences and origins of all crates against `deny.toml`, and their known vulnerabilities if the database can be
/// reached.
pub(crate) fn crates(workspace: &Workspace) -> Result<()> {
    let own = workspace.tools().join("bin").join(deny());
    let mut command = Command::new(if own.is_file() { own } else { deny().into() });
    command.current_dir(&workspace.root).args(["--workspace", "check", "licenses", "sources"]);
    let reached = Command::new("git")
        .args(["ls-remote", "--exit-code", ADVISORIES, "HEAD"])
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if reached.is_ok_and(|status| status.success()) {
        command.arg("advisories");
    } else {
        println!("Known vulnerabilities of crates are not checked: the RustSec advisory database cannot be reached.");
    }
    process::run(&mut command)
}

/// Checks the npm packages for known vulnerabilities of level `high` or above. Returns `false` if the registry has no data.
pub(crate) fn packages(workspace: &Workspace) -> Result<bool> {
    for folder in NPM.iter().map(|folder| workspace.root.join(folder)).filter(|f| f.join("package-lock.json").is_file())
    {
        let output = process::node_script("npm")
            .args(["audit", "--package-lock-only", "--json", "--audit-level=high"])
            .current_dir(&folder)
            .output()
            .context("cannot start npm")?;
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let Some(counts) = report["metadata"]["vulnerabilities"].as_object() else { return Ok(false) };
        println!("{}: {}", workspace.shown(&folder), serde_json::Value::from(counts.clone()));
        if !output.status.success() {
            bail!("npm audit found a vulnerability of level high or critical in {}", workspace.shown(&folder));
        }
    }
    Ok(true)
}

fn deny() -> &'static str {
    if cfg!(windows) { "cargo-deny.exe" } else { "cargo-deny" }
}
