//! Playwright over a folder with a site.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, anyhow};
use serde_json::Value;

use super::report::Outcome;
use super::{native, real};
use crate::browser::Browser;
use crate::process;
use crate::serve::Server;
use crate::tools;
use crate::workspace::Workspace;

/// Not the root: the site has to work at any path.
const BASE: &str = "/glioscope/";

/// Runs Playwright over the site in `out`; `adjust` changes its command.
pub(super) fn playwright(
    workspace: &Workspace,
    out: &Path,
    patients: Option<&Path>,
    adjust: impl FnOnce(&mut Command),
) -> Result<Outcome> {
    let e2e = workspace.root.join("tests/e2e");
    tools::node_modules(&e2e)?;
    let browser = Browser::ensure()?;
    native::build(workspace)?;
    let server = Server::start(out, BASE, 0)?;
    println!("Serving {} at {}", out.display(), server.url());
    let results = workspace.target.join("e2e.json");
    fs::remove_file(&results).ok();
    let mut command = tools::npx(&e2e);
    command
        .args(["playwright", "test"])
        .env("GLIOSCOPE_URL", server.url())
        .env("GLIOSCOPE_CHROMIUM", &browser.chromium)
        .env("GLIOSCOPE_TRAIN", process::executable(&workspace.target.join("release"), "train"))
        .env("PLAYWRIGHT_JSON_OUTPUT_FILE", &results);
    adjust(&mut command);
    real::pass_on(&mut command, patients);
    let run = process::run(&mut command);
    let results = fs::read(&results).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
    let failures = failures(&results).join("\n");
    match run {
        Err(error) if failures.is_empty() => Err(error),
        Err(error) => Err(anyhow!("{error}\n{failures}")),
        Ok(()) if failures.is_empty() => Ok(Outcome::Passed),
        Ok(()) => Ok(Outcome::Repeated(failures)),
    }
}

/// The tests that failed at least once, with their errors, from Playwright's results as JSON. They are printed last, so
/// that a log that was cut at its start still has them.
fn failures(suite: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut failed: Vec<String> = list(&suite["suites"]).flat_map(failures).collect();
    for spec in list(&suite["specs"]) {
        let errors: Vec<_> = list(&spec["tests"])
            .flat_map(|test| list(&test["results"]))
            .flat_map(|result| list(&result["errors"]))
            .flat_map(|error| {
                plain(&text(&error["message"])).lines().take(8).map(|line| format!("    {line}")).collect::<Vec<_>>()
            })
            .collect();
        if !errors.is_empty() || spec["ok"] == false {
            let name = format!("{}:{} {}", text(&spec["file"]), spec["line"], text(&spec["title"]));
            failed.push([vec![name], errors].concat().join("\n"));
        }
    }
    failed
}

/// Removes a terminal's colours.
fn plain(text: &str) -> String {
    let mut pieces = text.split("\u{1b}[");
    let first = pieces.next().unwrap_or_default();
    pieces.fold(first.to_owned(), |plain, piece| plain + piece.split_once('m').map_or(piece, |(_, rest)| rest))
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn failed_and_repeated_tests_are_named_with_their_errors() {
        let (good, bad) = (
            json!({ "errors": [] }),
            json!({ "errors": [{ "message": "\u{1b}[31mError: too slow\u{1b}[39m\n\nExpected: < 3" }] }),
        );
        let spec = |title: &str, ok: bool, results: &[&Value]| json!({ "title": title, "ok": ok, "file": "a.spec.ts", "line": 7, "tests": [{ "results": results }] });
        let results = json!({ "suites": [
            { "specs": [spec("one", true, &[&good])], "suites": [{ "specs": [spec("two", false, &[&bad])] }] },
            { "specs": [spec("repeated", true, &[&bad, &good]), spec("without an error", false, &[])] },
        ]});
        let reason = "\n    Error: too slow\n    \n    Expected: < 3";
        let named = |title: &str, reason: &str| format!("a.spec.ts:7 {title}{reason}");
        assert_eq!(
            failures(&results),
            [named("two", reason), named("repeated", reason), named("without an error", "")]
        );
    }
}
