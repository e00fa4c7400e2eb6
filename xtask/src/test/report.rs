//! What the stages of a test run came to, and where its time went.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// How a stage ended that did not fail.
pub(super) enum Outcome {
    Passed,
    /// Passed, but the tests named here only when they were repeated.
    Repeated(String),
    /// Not run, for this reason.
    Skipped(String),
}

/// The stages, in the order in which they ran.
#[derive(Default)]
pub(super) struct Report {
    stages: Vec<Stage>,
}

struct Stage {
    name: String,
    time: Duration,
    result: Result<Outcome>,
}

impl Report {
    /// Runs a stage and returns whether it did not fail.
    pub(super) fn stage(&mut self, name: impl Into<String>, run: impl FnOnce() -> Result<Outcome>) -> bool {
        let name = name.into();
        println!("\n== {name}");
        let start = Instant::now();
        let result = run().with_context(|| format!("stage {name}"));
        if let Err(error) = &result {
            println!("failed: {error:#}");
        }
        let passed = result.is_ok();
        self.stages.push(Stage { name, time: start.elapsed(), result });
        passed
    }

    /// Prints the table of stages and a last line `N passed, N failed`.
    ///
    /// # Errors
    ///
    /// Where a stage failed; the error names all that did.
    pub(super) fn finish(&self) -> Result<()> {
        println!("\n{}", self.table());
        let failed: Vec<&str> =
            self.stages.iter().filter(|stage| stage.result.is_err()).map(|stage| stage.name.as_str()).collect();
        let skipped = self.stages.iter().filter(|stage| matches!(stage.result, Ok(Outcome::Skipped(_)))).count();
        let passed = self.stages.len() - failed.len() - skipped;
        let skipped = if skipped == 0 { String::new() } else { format!(", {skipped} skipped") };
        println!("{passed} passed, {} failed{skipped}", failed.len());
        if !failed.is_empty() {
            bail!("failed: {}", failed.join(", "));
        }
        Ok(())
    }

    /// Minutes and results of the stages, and the minutes of all of them.
    fn table(&self) -> String {
        let mut text = format!("{:<16}{:>8}  {}\n", "stage", "minutes", "result");
        let mut line = |name: &str, time: Duration, result: &str| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name:<16}{:>8.1}  {result}", time.as_secs_f64() / 60.0);
        };
        for Stage { name, time, result } in &self.stages {
            match result {
                Ok(Outcome::Passed) => line(name, *time, "passed"),
                Ok(Outcome::Repeated(tests)) => line(name, *time, &format!("passed when repeated:\n{tests}")),
                Ok(Outcome::Skipped(reason)) => line(name, *time, &format!("skipped: {reason}")),
                Err(error) => line(name, *time, &format!("FAILED: {error:#}")),
            }
        }
        line("all", self.stages.iter().map(|stage| stage.time).sum(), "");
        text.trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failed_stage_fails_the_run_and_the_others_still_run() {
        let mut report = Report::default();
        assert!(!report.stage("first", || bail!("broken")));
        assert!(report.stage("second", || Ok(Outcome::Passed)));
        assert!(report.stage("third", || Ok(Outcome::Skipped("no reason".to_owned()))));
        let message = report.finish().expect_err("a failure was lost").to_string();
        assert_eq!(message, "failed: first");
        assert_eq!(report.stages.len(), 3);
    }

    #[test]
    fn a_run_without_a_failed_stage_passes() {
        let mut report = Report::default();
        report.stage("first", || Ok(Outcome::Passed));
        report.stage("second", || Ok(Outcome::Repeated("a.spec.ts:7 once".to_owned())));
        assert!(report.finish().is_ok());
    }

    #[test]
    fn the_table_has_the_minutes_of_each_stage_and_of_all() {
        let stage =
            |name: &str, seconds, result| Stage { name: name.to_owned(), time: Duration::from_secs(seconds), result };
        let report = Report {
            stages: vec![
                stage("lints", 90, Ok(Outcome::Passed)),
                stage("wasm", 30, Err(anyhow::anyhow!("broken"))),
                stage("npm", 0, Ok(Outcome::Skipped("no network".to_owned()))),
            ],
        };
        let expected = "\
stage            minutes  result
lints                1.5  passed
wasm                 0.5  FAILED: broken
npm                  0.0  skipped: no network
all                  2.0";
        assert_eq!(report.table(), expected);
    }
}
