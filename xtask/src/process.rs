//! Child processes: each command is printed before it runs, and named with its status if it fails.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// Prints the command and runs it in this terminal. Fails if the command fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    println!("  $ {}", shown(command));
    let status = command.status().with_context(|| format!("cannot start {}", shown(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", shown(command));
    }
    Ok(())
}

/// Runs the command and returns its standard output. Its standard error goes to the terminal.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output =
        command.stderr(Stdio::inherit()).output().with_context(|| format!("cannot start {}", shown(command)))?;
    if !output.status.success() {
        bail!("{} ended with {}", shown(command), output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("{} printed something that is not UTF-8", shown(command)))
}

/// Runs the command and returns its standard output, which is JSON.
pub(crate) fn json(command: &mut Command) -> Result<Value> {
    let text = output(command)?;
    serde_json::from_str(&text).with_context(|| format!("{} printed no JSON: {text:?}", shown(command)))
}

/// What a command used.
pub(crate) struct Measured {
    pub(crate) seconds: f64,
    /// The largest resident memory, in bytes; known on Linux only.
    pub(crate) memory: Option<u64>,
}

/// Runs the command without its standard output and measures it.
pub(crate) fn measure(command: &mut Command) -> Result<Measured> {
    let start = Instant::now();
    let mut child =
        command.stdout(Stdio::null()).spawn().with_context(|| format!("cannot start {}", shown(command)))?;
    let mut memory = None;
    let status = loop {
        // The system forgets the figure when the process ends, so it is read while the process runs.
        memory = most_memory(child.id()).or(memory);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        thread::sleep(Duration::from_millis(5));
    };
    if !status.success() {
        bail!("{} ended with {status}", shown(command));
    }
    Ok(Measured { seconds: start.elapsed().as_secs_f64(), memory })
}

fn most_memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

/// The first program of that name on the PATH.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    search_path().iter().map(|folder| executable(folder, name)).find(|path| path.is_file())
}

/// The folders of the PATH, in order.
pub(crate) fn search_path() -> Vec<PathBuf> {
    env::var_os("PATH").map_or_else(Vec::new, |path| env::split_paths(&path).collect())
}

/// The path that a program of that name has in `folder`.
pub(crate) fn executable(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}{}", env::consts::EXE_SUFFIX))
}

/// npm or npx, which are scripts with another file name on Windows.
pub(crate) fn node_script(name: &str) -> Command {
    Command::new(if cfg!(windows) { format!("{name}.cmd") } else { name.to_owned() })
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let program = program.file_name().unwrap_or(program.as_os_str());
    std::iter::once(program).chain(command.get_args()).map(|part| part.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_failing_child_is_named_with_its_status() {
        let message =
            output(Command::new("/bin/sh").args(["-c", "exit 3"])).expect_err("a failure was lost").to_string();
        assert_eq!(message, "sh -c exit 3 ended with exit status: 3");
    }

    #[test]
    #[cfg(unix)]
    fn output_that_is_no_json_is_shown() {
        let echo = |text: &str| json(Command::new("/bin/echo").arg(text));
        assert_eq!(echo("[1]").expect("JSON"), serde_json::json!([1]));
        let message = format!("{:#}", echo("one").expect_err("it is no JSON"));
        assert!(message.starts_with("echo one printed no JSON: \"one\\n\""), "{message}");
    }

    #[test]
    fn a_missing_program_is_named() {
        let message = run(&mut Command::new("no-such-program-anywhere")).expect_err("started nothing").to_string();
        assert_eq!(message, "cannot start no-such-program-anywhere");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn measures_time_and_memory_of_a_child() {
        let measured = measure(Command::new("/bin/sleep").arg("0.1")).expect("it sleeps");
        assert!(measured.seconds >= 0.1 && measured.memory.is_some_and(|bytes| bytes > 10_000));
        assert!(measure(Command::new("/bin/sh").args(["-c", "exit 3"])).is_err());
    }

    #[test]
    fn finds_only_programs_on_the_path() {
        assert!(find("cargo").is_some());
        assert!(find("no-such-program-anywhere").is_none());
    }
}
