//! Fuzzing of the readers with libFuzzer: for ten minutes in `test --full`, for longer in `soak`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context as _, Result, bail, ensure};

use crate::process;
use crate::tools;
use crate::workspace::Workspace;

/// The targets of `fuzz/`, each with its longest input in bytes and the folders of its first inputs.
const TARGETS: [Target; 10] = [
    Target { name: "tiff", longest: 1 << 14, seeds: &["tests/fixtures"] },
    Target { name: "nifti", longest: 1 << 12, seeds: &["tests/fixtures/nifti"] },
    Target {
        name: "dicom",
        longest: 1 << 12,
        seeds: &["tests/fixtures/dicom", "tests/fixtures/dicom/series", "tests/fixtures/dicom/t1"],
    },
    Target { name: "png", longest: 1 << 14, seeds: &["tests/fixtures"] },
    Target { name: "decoded", longest: 1 << 12, seeds: &["fuzz/seeds/decoded"] },
    Target { name: "assembly", longest: 1 << 10, seeds: &[] },
    Target { name: "manifest", longest: 1 << 12, seeds: &["fuzz/seeds/manifest"] },
    Target { name: "mask", longest: 1 << 10, seeds: &[] },
    Target { name: "zip", longest: 1 << 12, seeds: &["fuzz/seeds/zip"] },
    Target { name: "session", longest: 1 << 11, seeds: &["fuzz/seeds/session"] },
];

/// Limits of one input, in seconds and megabytes. This is wall-clock time, and on a busy machine a process may wait for
/// many seconds. The targets themselves limit the readers to one second of processor time.
const TIMEOUT: &str = "-timeout=60";
const MEMORY: &str = "-rss_limit_mb=1024";

struct Target {
    name: &'static str,
    longest: u32,
    seeds: &'static [&'static str],
}

/// The result of a target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    /// The number of inputs.
    pub(crate) executions: u64,
    /// The longest time of one input, in whole seconds.
    pub(crate) slowest: u64,
    /// The largest memory of the process, in megabytes.
    pub(crate) memory: u64,
}

/// The reason why nothing can be fuzzed here, if there is one. A missing nightly toolchain is installed if possible.
pub(crate) fn missing() -> Option<&'static str> {
    if cfg!(windows) {
        return Some("libFuzzer is not set up for Windows here");
    }
    if process::find("c++").is_none() {
        return Some("libFuzzer needs a C++ compiler, and there is no c++");
    }
    let nightly =
        || process::output(Command::new("rustup").args(["toolchain", "list"])).is_ok_and(|l| l.contains("nightly"));
    if process::find("rustup").is_none() {
        return Some("a nightly toolchain is needed, and there is no rustup to install it");
    }
    if !nightly() {
        println!("There is no nightly toolchain yet: installing it.");
        let install = Command::new("rustup").args(["toolchain", "install", "nightly", "--profile", "minimal"]).status();
        if !install.is_ok_and(|status| status.success()) || !nightly() {
            return Some("a nightly toolchain is needed and could not be installed");
        }
    }
    None
}

/// Runs all targets at once for `seconds`. They start from the inputs of earlier runs, the fixtures, and `real`.
///
/// # Errors
///
/// If a target finds a failure; the error names the folder of the input.
pub(crate) fn fuzz(
    workspace: &Workspace,
    seconds: u64,
    real: Option<&Path>,
) -> Result<BTreeMap<&'static str, Figures>> {
    let folder = folder(workspace);
    let programs = build(workspace)?;
    // All children end when their time is up; a failure ends only its own.
    let runs: Vec<(&'static str, Result<Figures>)> = thread::scope(|scope| {
        let threads: Vec<_> = TARGETS
            .iter()
            .map(|target| (target.name, scope.spawn(|| run(workspace, &folder, &programs, target, seconds, real))))
            .collect();
        let ended = |thread: thread::ScopedJoinHandle<'_, Result<Figures>>| {
            thread.join().unwrap_or_else(|_| bail!("the thread that watched it panicked"))
        };
        threads.into_iter().map(|(name, thread)| (name, ended(thread))).collect()
    });
    let mut figures = BTreeMap::new();
    let mut failed = Vec::new();
    for (name, result) in runs {
        match result {
            Ok(found) => {
                let Figures { executions, slowest, memory } = found;
                println!("{name:<10}{executions:>12} inputs, slowest {slowest} s, {memory} MB");
                figures.insert(name, found);
            }
            Err(error) => failed.push(format!("{name}: {error:#}")),
        }
    }
    ensure!(failed.is_empty(), "{}", failed.join("\n"));
    Ok(figures)
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("fuzz")
}

/// Builds the targets with the address sanitizer and returns the folder of their programs.
fn build(workspace: &Workspace) -> Result<PathBuf> {
    let folder = folder(workspace);
    let bin = tools::cargo_fuzz(workspace)?;
    let mut command = Command::new(process::executable(&bin, "cargo-fuzz"));
    command
        .args(["fuzz", "build", "--fuzz-dir"])
        .arg(workspace.root.join("fuzz"))
        .arg("--target-dir")
        .arg(&folder)
        .current_dir(&workspace.root)
        // `cargo run` sets these to its own toolchain, but the targets need the nightly one.
        .env("RUSTUP_TOOLCHAIN", "nightly")
        .env_remove("CARGO")
        .env_remove("RUSTC")
        .env_remove("RUSTDOC")
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("CARGO_TARGET_DIR");
    process::run(&mut command)?;
    let host = process::output(Command::new("rustc").args(["+nightly", "-vV"]))?;
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    Ok(folder.join(host).join("release"))
}

fn run(
    workspace: &Workspace,
    folder: &Path,
    programs: &Path,
    target: &Target,
    seconds: u64,
    real: Option<&Path>,
) -> Result<Figures> {
    let (corpus, findings) = (folder.join("corpus").join(target.name), folder.join("findings").join(target.name));
    for path in [&corpus, &findings] {
        fs::create_dir_all(path).with_context(|| format!("cannot make {}", path.display()))?;
    }
    let mut prefix = OsString::from("-artifact_prefix=");
    prefix.push(findings.join(""));
    let mut command = Command::new(process::executable(programs, target.name));
    command
        .args([TIMEOUT, MEMORY, "-print_final_stats=1"])
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={}", target.longest))
        .arg(prefix)
        .arg(&corpus)
        .args(target.seeds.iter().map(|path| workspace.root.join(path)))
        .args(real.filter(|_| target.name == "tiff"))
        .stdin(Stdio::null());
    let output = command.output().with_context(|| format!("cannot start {}", target.name))?;
    let log = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("it ended with {} (the input is in {})\n{}", output.status, findings.display(), finding(&log).join("\n"));
    }
    figures(&log).with_context(|| format!("{} printed no statistics:\n{log}", target.name))
}

/// The lines of the log that describe a failure: the message of a panic or of the sanitizer, with its backtrace.
fn finding(log: &str) -> Vec<&str> {
    let lines: Vec<&str> = log.lines().collect();
    let start = lines.iter().position(|line| line.contains("panicked at") || line.contains("ERROR: "));
    let end = start.map_or(lines.len(), |start| lines.len().min(start + 40));
    lines[start.unwrap_or(end.saturating_sub(40))..end].to_vec()
}

/// Reads the lines of `-print_final_stats=1`.
fn figures(log: &str) -> Option<Figures> {
    let value = |key: &str| {
        let line = log.lines().find_map(|line| line.strip_prefix("stat::")?.strip_prefix(key)?.strip_prefix(':'))?;
        line.trim().parse().ok()
    };
    Some(Figures {
        executions: value("number_of_executed_units")?,
        slowest: value("slowest_unit_time_sec")?,
        memory: value("peak_rss_mb")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_figures_of_libfuzzer() {
        let log = "Done 12 runs in 1 second(s)\nstat::number_of_executed_units: 1234567\n\
                   stat::average_exec_per_sec:     6172\nstat::slowest_unit_time_sec:    0\nstat::peak_rss_mb:              61\n";
        assert_eq!(figures(log), Some(Figures { executions: 1_234_567, slowest: 0, memory: 61 }));
        assert_eq!(figures("==1== ERROR: libFuzzer: timeout"), None);
    }

    #[test]
    fn a_failure_starts_with_its_message() {
        let before = "#12 NEW cov: 3\n".repeat(50);
        let log =
            format!("{before}thread '<unnamed>' panicked at src/lib.rs:57:5:\n15 bytes\n==1== ERROR: libFuzzer\n");
        let reason = ["thread '<unnamed>' panicked at src/lib.rs:57:5:", "15 bytes", "==1== ERROR: libFuzzer"];
        assert_eq!(finding(&log), reason);
        assert_eq!(finding(&before).len(), 40);
        assert!(finding("").is_empty());
    }

    #[test]
    fn the_list_has_every_target_of_the_fuzz_folder() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a parent");
        let mut found: Vec<String> = fs::read_dir(root.join("fuzz/fuzz_targets"))
            .expect("the fuzz folder")
            .map(|entry| entry.expect("an entry").path().file_stem().expect("a name").to_string_lossy().into_owned())
            .collect();
        found.sort();
        let mut known = TARGETS.map(|target| target.name);
        known.sort_unstable();
        assert_eq!(found, known);
        for path in TARGETS.iter().flat_map(|target| target.seeds) {
            assert!(root.join(path).is_dir(), "{path}");
        }
    }
}
