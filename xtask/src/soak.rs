//! Long runs of the fuzz targets and of the page. `tests/TRUST.md` has their figures.

use std::fmt::Write as _;
use std::fs;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use crate::fuzz;
use crate::test;
use crate::workspace::Workspace;

/// Fuzzes for that many minutes, then uses the page for as long. Writes a report to `target/soak.md`.
///
/// # Errors
///
/// If one of the two fails, after both have run.
pub(crate) fn soak(workspace: &Workspace, minutes: u64) -> Result<()> {
    let real = test::real::patients(&workspace.root)?;
    let mut report = format!("{minutes} minutes each\n\n");
    let mut failed = Vec::new();

    println!("\n== fuzz");
    match fuzz::missing() {
        Some(reason) => report += &format!("fuzzing is skipped: {reason}\n"),
        None => match fuzz::fuzz(workspace, minutes * 60, real.as_deref()) {
            Ok(figures) => {
                report += "| target | inputs | slowest, s | most memory, MB |\n| --- | --- | --- | --- |\n";
                for (name, figures) in &figures {
                    let fuzz::Figures { executions, slowest, memory } = figures;
                    writeln!(report, "| {name} | {executions} | {slowest} | {memory} |")?;
                }
                writeln!(report, "| all | {} | | |", figures.values().map(|f| f.executions).sum::<u64>())?;
            }
            Err(error) => failed.push(format!("fuzz: {error:#}")),
        },
    }

    println!("\n== e2e, the long tests");
    let start = Instant::now();
    if let Err(error) = test::e2e::soak(workspace, real.as_deref(), minutes) {
        failed.push(format!("e2e: {error:#}"));
    }
    writeln!(report, "\nThe page was in use for {:.0} minutes.", start.elapsed().as_secs_f64() / 60.0)?;

    let path = workspace.target.join("soak.md");
    fs::write(&path, &report).with_context(|| format!("cannot write {}", path.display()))?;
    println!("\n{report}\n(also in {})", path.display());
    ensure!(failed.is_empty(), "{}", failed.join("\n"));
    Ok(())
}
