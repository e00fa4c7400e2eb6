//! Times a newcomer's first page: from a fresh clone to a page that segments.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Instant;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::process;
use crate::tools;
use crate::workspace::Workspace;

/// Clones HEAD into a temporary folder, and measures the seconds from `cargo xtask serve` in it until its page is served, and
/// until the page has segmented a slice on the CPU.
///
/// Nothing is built before, but cargo's and npm's caches are those of this machine.
pub(super) fn measure(workspace: &Workspace) -> Result<Value> {
    let bench = workspace.root.join("tests/bench");
    tools::node_modules(&bench)?;
    let browser = Browser::ensure()?;
    // Not below the target folder: cargo would read the repository's configuration too.
    let scratch = tempfile::tempdir()?;
    let clone = scratch.path().join("glioscope");
    process::run(Command::new("git").args(["clone", "--quiet"]).arg(&workspace.root).arg(&clone))?;

    let start = Instant::now();
    let server = Server::start(workspace, &clone, &scratch.path().join("target"))?;
    let served = start.elapsed().as_secs_f64();
    process::run(Command::new("node").arg(bench.join("first-page.js")).arg(&server.url).arg(&browser.chromium))?;
    Ok(json!({ "served": served, "seconds": start.elapsed().as_secs_f64() }))
}

/// A `cargo xtask serve`. Dropping it stops it and what it has started.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    /// Starts it in `clone`, and waits until it prints the page's address.
    fn start(workspace: &Workspace, clone: &Path, target: &Path) -> Result<Self> {
        let mut command = workspace.cargo();
        command.args(["xtask", "serve", "--port", "0"]).current_dir(clone).env("CARGO_TARGET_DIR", target);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.stdout(Stdio::piped()).spawn().context("cannot start cargo xtask serve")?;
        let output = child.stdout.take().context("cargo has no output")?;
        let mut server = Self { child, url: String::new() };
        let mut lines = BufReader::new(output).lines();
        for line in lines.by_ref() {
            let line = line?;
            println!("  | {line}");
            if let Some(url) = address(&line) {
                server.url = url.to_owned();
                break;
            }
        }
        if server.url.is_empty() {
            anyhow::bail!("cargo xtask serve ended with {} before it served a page", server.child.wait()?);
        }
        // It goes on building, and must not wait for someone to read its output.
        thread::spawn(move || lines.for_each(drop));
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        #[cfg(unix)]
        {
            // Cargo, which is building the module for WebGPU, is in the same process group.
            let group = format!("-{}", self.child.id());
            let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first address of this machine in a line.
fn address(line: &str) -> Option<&str> {
    line.split_whitespace().find(|word| word.starts_with("http://localhost:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_address_in_a_line() {
        assert_eq!(
            address("The page is at http://localhost:4173/ (Ctrl-C stops the server)."),
            Some("http://localhost:4173/")
        );
        assert_eq!(address("GET /favicon.ico: 404"), None);
    }
}
