//! `train merge`: the tables of shards → the table of the cohort.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use glioscope::write::COHORT_HEAD;

use crate::file;
use crate::report;

/// Join the tables of `train segment --shard`
///
/// The joined table has one header, and its lines are in the order of the patients. A patient that is in two tables or in none is
/// an error, so a shard that is missing or not finished is found.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  # Segment a cohort on two machines, then join the tables
  $ train segment scans --out masks --shard 1/2
  $ train segment scans --out masks --shard 2/2
  $ train merge masks/cohort-1-of-2.csv masks/cohort-2-of-2.csv --out masks/cohort.csv")]
pub(crate) struct Arguments {
    /// Tables of shards: cohort-<i>-of-<n>.csv
    #[arg(required = true, value_name = "TABLE")]
    tables: Vec<PathBuf>,

    /// File to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Runs the command.
///
/// # Errors
///
/// When a file cannot be read or written, is no such table, or the tables do not have every patient once.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let mut merged = Merged::default();
    for path in &arguments.tables {
        let bytes = file::read(path)?;
        let table = std::str::from_utf8(&bytes).with_context(|| format!("{}: not UTF-8", path.display()))?;
        merged.add(path, table).with_context(|| path.display().to_string())?;
    }
    let table = merged.finish()?;
    file::write(&arguments.out, table.as_bytes())?;
    report::print(&format!("{} patients in {}\n", merged.patients.len(), arguments.out.display()))
}

/// The lines of several tables.
#[derive(Debug, Default)]
struct Merged {
    /// The number of patients that the lines state, and the table that states it first.
    of: Option<(usize, PathBuf)>,
    /// By the number of the patient: its lines, and their table.
    patients: BTreeMap<usize, (String, PathBuf)>,
}

impl Merged {
    fn add(&mut self, path: &Path, table: &str) -> Result<()> {
        let body = table.strip_prefix(COHORT_HEAD);
        let body =
            body.with_context(|| format!("not a table of patients, expected the header {}", COHORT_HEAD.trim()))?;
        let mut own: BTreeMap<usize, String> = BTreeMap::new();
        for line in lines(body) {
            let (number, of) = numbers(line).with_context(|| format!("the line is not complete: {}", line.trim()))?;
            let (expected, first) = self.of.get_or_insert_with(|| (of, path.to_owned()));
            ensure!(of == *expected, "it is of a cohort of {of} patients, but {} is of {expected}", first.display());
            *own.entry(number).or_default() += line;
        }
        for (number, lines) in own {
            if let Some((_, other)) = self.patients.get(&number) {
                bail!("patient {number} is also in {}", other.display());
            }
            self.patients.insert(number, (lines, path.to_owned()));
        }
        Ok(())
    }

    fn finish(&self) -> Result<String> {
        let of = self.of.as_ref().map_or(0, |(of, _)| *of);
        ensure!(of > 0, "the tables have no patient");
        let missing: Vec<String> =
            (1..=of).filter(|number| !self.patients.contains_key(number)).map(|number| number.to_string()).collect();
        let few = missing.iter().take(10).cloned().collect::<Vec<_>>().join(", ");
        let more = if missing.len() > 10 { ", …" } else { "" };
        ensure!(
            missing.is_empty(),
            "{} of {of} patients are missing ({few}{more}): a shard is missing or not finished",
            missing.len()
        );
        Ok(COHORT_HEAD.to_owned() + &self.patients.values().map(|(lines, _)| lines.as_str()).collect::<String>())
    }
}

/// The lines of a table with the line feeds at their ends. A line feed in quotation marks is part of a field.
fn lines(table: &str) -> Vec<&str> {
    let (mut lines, mut start, mut quoted) = (Vec::new(), 0, false);
    for (at, byte) in table.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => {
                lines.push(&table[start..=at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if start < table.len() {
        lines.push(&table[start..]);
    }
    lines
}

/// The number of the patient, from 1, and how many there are. `None` if the line is cut off.
fn numbers(line: &str) -> Option<(usize, usize)> {
    let mut fields = line.strip_suffix('\n')?.splitn(3, ',');
    let (number, of) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    (fields.next().is_some() && (1..=of).contains(&number)).then_some((number, of))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merge(tables: &[&str]) -> Result<String> {
        let mut merged = Merged::default();
        for (index, table) in tables.iter().enumerate() {
            merged.add(Path::new(&index.to_string()), table)?;
        }
        merged.finish()
    }

    fn table(lines: &[&str]) -> String {
        lines.iter().fold(COHORT_HEAD.to_owned(), |table, line| table + line + "\n")
    }

    #[test]
    fn lines_are_in_the_order_of_the_patients_under_one_header() -> Result<()> {
        let (odd, even) = (table(&["1,4,a", "3,4,\"c\nd\"\"\",e"]), table(&["2,4,b1", "2,4,b2", "4,4,d"]));
        let expected = table(&["1,4,a", "2,4,b1", "2,4,b2", "3,4,\"c\nd\"\"\",e", "4,4,d"]);
        assert_eq!(merge(&[&even, &odd])?, expected);
        Ok(())
    }

    #[test]
    fn every_patient_has_to_be_in_one_table() {
        let (odd, even) = (table(&["1,3,a", "3,3,c"]), table(&["2,3,b"]));
        for (tables, word) in [
            (vec![&*odd], "1 of 3 patients are missing (2)"),
            (vec![&*odd, &*even, &*even], "patient 2 is also in 1"),
            (vec![&*odd, &table(&["2,4,b"])], "a cohort of 4 patients, but 0 is of 3"),
            (vec![&*odd, even.trim_end()], "not complete"),
            (vec![&*odd, &table(&["2"])], "not complete"),
            (vec!["case\n"], "expected the header"),
            (vec![COHORT_HEAD], "no patient"),
        ] {
            let error = merge(&tables).expect_err(word);
            assert!(format!("{error:#}").contains(word), "`{word}` in: {error:#}");
        }
    }
}
