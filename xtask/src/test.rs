//! Every test of the project, stage by stage: native, wasm in a browser, the page end to end.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::Value;

use crate::browser::Browser;
use crate::fuzz;
use crate::process;
use crate::serve::Server;
use crate::site;
use crate::size;
use crate::supply;
use crate::tools;
use crate::wasm::{self, Effort};
use crate::workspace::Workspace;

/// A part of the tests that can be run alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    /// Format, lints and every Rust test on this machine.
    Native,
    /// The Rust tests in a headless browser, on WebGPU and on the CPU.
    Wasm,
    /// The complete site in a headless browser.
    E2e,
    /// A minute of hostile input for each reader; licences and known faults of what the project is built from.
    Trust,
}

/// Names a folder of real patients, each a folder of slices and masks as in the kaggle_3m dataset.
const REAL: &str = "GLIOSCOPE_REAL";
/// Where such a folder is looked for when the variable is not set, from the repository's root.
const REAL_BESIDE: &str = "../shared/data/verbatim";

/// Seconds that each fuzz target is run, all of them at once.
const FUZZ_SECONDS: u64 = 60;

/// Says to the end-to-end tests that the long ones of them are to run, alone, and for how many minutes.
const SOAK: &str = "GLIOSCOPE_SOAK";

/// The page's budget in bytes: what a visitor waits for. The module counts as sent, the weights as they are.
const LARGEST_MODULE: u64 = 3_000_000;
const LARGEST_WEIGHTS: u64 = 4_000_000;

/// Not the root: the site has to work wherever a host puts it.
const BASE: &str = "/glioscope/";

/// Runs the stages of `only`, or all of them, and prints their summary. Fails where a stage has failed, after
/// all the others have run.
///
/// Burn's tree of some hundred crates is what takes the time, so it is built as seldom as the tests allow: once
/// natively (`release`; the lints use the same profile, so that build scripts and macros are shared), once for
/// the wasm tests (`wasm-test`, without link-time optimisation, which would take minutes for each test file), and
/// once for the page as it is published (`web`), which the end-to-end tests must see.
pub(crate) fn test(workspace: &Workspace, only: Option<Part>) -> Result<()> {
    let real = real_patients(&workspace.root)?;
    match &real {
        Some(folder) => println!("Real slices are used: {}", folder.display()),
        None => println!("Real slices are not used: {REAL} names no folder of them."),
    }
    let wants = |part| only.is_none_or(|only| only == part);
    let mut report = Report::default();
    if wants(Part::Native) {
        native(workspace, real.as_deref(), &mut report);
    }
    if wants(Part::Wasm) {
        report.stage("wasm", || wasm_tests(workspace));
    }
    if wants(Part::E2e) {
        end_to_end(workspace, real.as_deref(), &mut report);
    }
    if wants(Part::Trust) {
        trust(workspace, &mut report);
    }
    report.finish()
}

/// What needs a network for its data or its tools is skipped with the reason where there is none.
fn trust(workspace: &Workspace, report: &mut Report) {
    report.stage("fuzz", || match fuzz::missing() {
        Some(reason) => Ok(Outcome::Skipped(reason)),
        None => fuzz::fuzz(workspace, FUZZ_SECONDS, None).map(|_| Outcome::Passed),
    });
    report.stage("crates", || match supply::missing(workspace) {
        Some(reason) => Ok(Outcome::Skipped(reason)),
        None => supply::crates(workspace).map(|()| Outcome::Passed),
    });
    report.stage("npm", || match supply::packages(workspace)? {
        true => Ok(Outcome::Passed),
        false => Ok(Outcome::Skipped("the npm registry here tells of no faults")),
    });
}

/// The long end-to-end tests alone, over the site as it was built last, or built now.
pub(crate) fn soak_end_to_end(workspace: &Workspace, real: Option<&Path>, minutes: u64) -> Result<()> {
    let out = workspace.target.join("dist");
    if site::check(&out).is_err() {
        site::dist(workspace, &out)?;
    }
    playwright(workspace, &out, real, |command| {
        command.env(SOAK, minutes.to_string());
    })?;
    Ok(())
}

fn native(workspace: &Workspace, real: Option<&Path>, report: &mut Report) {
    report.stage("format", || {
        process::run(workspace.cargo().args(["fmt", "--all", "--check"]))?;
        Ok(Outcome::Passed)
    });
    report.stage("lints", || {
        process::run(
            workspace
                .cargo()
                .args(["clippy", "--workspace", "--all-targets", "--release"])
                .args(["--", "--deny", "warnings"]),
        )?;
        Ok(Outcome::Passed)
    });
    report.stage("native", || {
        let mut command = workspace.cargo();
        command.args(["test", "--workspace", "--release"]);
        set_real(&mut command, real);
        process::run(&mut command)?;
        Ok(Outcome::Passed)
    });
}

fn wasm_tests(workspace: &Workspace) -> Result<Outcome> {
    let tests = workspace.root.join("tests/web.rs");
    if !tests.is_file() {
        return Ok(Outcome::Skipped("there is no tests/web.rs"));
    }
    tools::wasm_target(workspace)?;
    let bindgen = tools::wasm_bindgen(workspace)?;
    let browser = Browser::ensure()?;
    // What `wasm-pack test` runs in turn, without the minutes that installing wasm-pack takes.
    let mut command = wasm::cargo(workspace, "test", Effort::Dev);
    command
        .args(["--test", "web"])
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", process::executable(&bindgen, "wasm-bindgen-test-runner"))
        .env("CHROMEDRIVER", &browser.driver)
        .env("WASM_BINDGEN_TEST_ONLY_WEB", "1")
        .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", browser.webdriver_json(workspace)?)
        // Seconds. The defaults, 20 and 5, are not made for a software GPU on two shared cores.
        .env("WASM_BINDGEN_TEST_TIMEOUT", "900")
        .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "60");
    process::run(&mut command)?;
    Ok(Outcome::Passed)
}

fn end_to_end(workspace: &Workspace, real: Option<&Path>, report: &mut Report) {
    let out = workspace.target.join("dist");
    let e2e = workspace.root.join("tests/e2e");
    let built = report.stage("site", || {
        site::dist(workspace, &out)?;
        budget(&out)?;
        Ok(Outcome::Passed)
    });
    // The page's scripts import the package, so its types are there only now.
    report.stage("types", || {
        tools::node_modules(&e2e)?;
        process::run(npx(&e2e).arg("tsc"))?;
        Ok(Outcome::Passed)
    });
    report.stage("e2e", || {
        if !built {
            bail!("there is no site to test");
        }
        playwright(workspace, &out, real, |command| {
            command.env_remove(SOAK);
        })
    });
}

/// Runs Playwright over the site in `out`, as `adjust` wants it.
fn playwright(
    workspace: &Workspace,
    out: &Path,
    real: Option<&Path>,
    adjust: impl FnOnce(&mut Command),
) -> Result<Outcome> {
    let e2e = workspace.root.join("tests/e2e");
    tools::node_modules(&e2e)?;
    let browser = Browser::ensure()?;
    // Built as for the native tests, of which `train` is a part: without their dependencies cargo would take
    // other features of shared crates and build half of Burn again.
    process::run(workspace.cargo().args(["test", "--workspace", "--release", "--no-run"]))?;
    let server = Server::start(out, BASE, 0)?;
    println!("Serving {} at {}", out.display(), server.url());
    let mut command = npx(&e2e);
    command
        .args(["playwright", "test"])
        .env("GLIOSCOPE_URL", server.url())
        .env("GLIOSCOPE_CHROMIUM", &browser.chromium)
        .env("GLIOSCOPE_TRAIN", process::executable(&workspace.target.join("release"), "train"));
    let results = workspace.target.join("e2e.json");
    fs::remove_file(&results).ok();
    command.env("PLAYWRIGHT_JSON_OUTPUT_FILE", &results);
    adjust(&mut command);
    set_real(&mut command, real);
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

/// The tests that failed, those too that passed when they were repeated, each with what it expected, from Playwright's
/// results as JSON: what is printed last is what a log that was cut still has.
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

/// Without the colours of a terminal.
fn plain(text: &str) -> String {
    let mut pieces = text.split("\u{1b}[");
    let first = pieces.next().unwrap_or_default();
    pieces.fold(first.to_owned(), |plain, piece| plain + piece.split_once('m').map_or(piece, |(_, rest)| rest))
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn budget(out: &Path) -> Result<()> {
    let module = size::gzipped(&out.join("www/pkg/glioscope_bg.wasm"))?;
    let weights = fs::metadata(out.join("www/model/weights.safetensors"))?.len();
    println!(
        "The module takes {module} bytes gzipped (of {LARGEST_MODULE}), the weights {weights} (of {LARGEST_WEIGHTS})."
    );
    if module > LARGEST_MODULE || weights > LARGEST_WEIGHTS {
        bail!("the page is over its budget");
    }
    Ok(())
}

/// npx over what `npm ci` has installed, never over what it would fetch.
fn npx(folder: &Path) -> Command {
    let mut command = process::node_script("npx");
    command.arg("--no").current_dir(folder);
    command
}

pub(crate) fn real_patients(root: &Path) -> Result<Option<PathBuf>> {
    match env::var_os(REAL) {
        Some(named) => {
            let folder = std::path::absolute(&named)?;
            if !folder.is_dir() {
                bail!("{REAL} names {}, which is no folder", folder.display());
            }
            Ok(Some(folder))
        }
        None => Ok(fs::canonicalize(root.join(REAL_BESIDE)).ok()),
    }
}

fn set_real(command: &mut Command, real: Option<&Path>) {
    match real {
        Some(folder) => command.env(REAL, folder),
        None => command.env_remove(REAL),
    };
}

/// How a stage ended that has not failed.
enum Outcome {
    Passed,
    /// Passed, but these tests only when they were repeated; they are named, so that somebody looks into them.
    Repeated(String),
    Skipped(&'static str),
}

/// What the stages came to, in the order in which they ran.
#[derive(Default)]
struct Report {
    stages: Vec<(&'static str, Duration, Result<Outcome>)>,
}

impl Report {
    /// Runs a stage under its name; `true` where it did not fail.
    fn stage(&mut self, name: &'static str, run: impl FnOnce() -> Result<Outcome>) -> bool {
        println!("\n== {name}");
        let start = Instant::now();
        let result = run().with_context(|| format!("stage {name}"));
        if let Err(error) = &result {
            println!("failed: {error:#}");
        }
        let passed = result.is_ok();
        self.stages.push((name, start.elapsed(), result));
        passed
    }

    fn finish(&self) -> Result<()> {
        println!();
        for (name, time, result) in &self.stages {
            let result = match result {
                Ok(Outcome::Passed) => "passed".to_owned(),
                Ok(Outcome::Repeated(tests)) => format!("passed, but not at the first attempt:\n{tests}"),
                Ok(Outcome::Skipped(reason)) => format!("skipped: {reason}"),
                Err(error) => format!("FAILED: {error:#}"),
            };
            println!("{name:<8}{:>7.1} s  {result}", time.as_secs_f64());
        }
        let count =
            |wanted: fn(&Result<Outcome>) -> bool| self.stages.iter().filter(|(_, _, result)| wanted(result)).count();
        let passed = count(|result| matches!(result, Ok(Outcome::Passed | Outcome::Repeated(_))));
        let skipped = count(|result| matches!(result, Ok(Outcome::Skipped(_))));
        let failed = count(Result::is_err);
        let skipped = if skipped == 0 { String::new() } else { format!(", {skipped} skipped") };
        println!("{passed} passed, {failed} failed{skipped}");
        if failed > 0 {
            let names: Vec<_> =
                self.stages.iter().filter(|(_, _, result)| result.is_err()).map(|(name, _, _)| *name).collect();
            bail!("failed: {}", names.join(", "));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failed_stage_fails_the_run_by_name_and_the_others_still_run() {
        let mut report = Report::default();
        assert!(!report.stage("first", || bail!("broken")));
        assert!(report.stage("second", || Ok(Outcome::Passed)));
        assert!(report.stage("third", || Ok(Outcome::Skipped("no reason"))));
        let message = report.finish().expect_err("a failure was lost").to_string();
        assert_eq!(message, "failed: first");
        assert_eq!(report.stages.len(), 3);
    }

    #[test]
    fn failed_tests_of_the_page_are_named_with_their_reasons() {
        let errors = serde_json::json!([{ "message": "\u{1b}[31mError: too slow\u{1b}[39m\n\nExpected: < 3" }]);
        let (good, bad) = (serde_json::json!({ "errors": [] }), serde_json::json!({ "errors": errors }));
        let spec = |title: &str, ok: bool, results: &[&Value]| serde_json::json!({ "title": title, "ok": ok, "file": "a.spec.ts", "line": 7, "tests": [{ "results": results }] });
        let results = serde_json::json!({ "suites": [
            { "specs": [spec("one", true, &[&good])], "suites": [{ "specs": [spec("two", false, &[&bad])] }] },
            { "specs": [spec("repeated", true, &[&bad, &good]), spec("without a word", false, &[])] },
        ]});
        let reason = "\n    Error: too slow\n    \n    Expected: < 3";
        let named = |title: &str, reason: &str| format!("a.spec.ts:7 {title}{reason}");
        assert_eq!(failures(&results), [named("two", reason), named("repeated", reason), named("without a word", "")]);
    }

    #[test]
    fn stages_without_a_failure_make_a_run_without_one() {
        let mut report = Report::default();
        report.stage("first", || Ok(Outcome::Passed));
        report.stage("second", || Ok(Outcome::Repeated("a.spec.ts:7 once".to_owned())));
        assert!(report.finish().is_ok());
    }
}
