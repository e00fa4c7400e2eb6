//! [`Cohort`]: the table and the records of the patients. They are on disk, so memory does not grow with the cohort.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Error, Result, bail};
use glioscope::write::{COHORT_HEAD, CaseSummary, Origin, Overview};
use sha2::{Digest as _, Sha256};

use super::record::Record;
use super::shard::Shard;
use crate::file;
use crate::input::Group;

/// The patients of a run.
#[derive(Debug)]
pub(super) struct Cohort<'a> {
    out: PathBuf,
    shard: Shard,
    /// All patients, also those of other shards.
    groups: &'a [Group],
    /// What the results depend on, apart from the input files.
    settings: String,
    table: File,
}

impl<'a> Cohort<'a> {
    /// Begins the table in the folder `out`. It has the lines of the patients that are complete. Without `resume` there are none.
    /// `skip` gets the numbers and records of these patients.
    ///
    /// # Errors
    ///
    /// When a file cannot be written, or an earlier run had other settings.
    pub(super) fn open(
        out: &Path,
        shard: Shard,
        groups: &'a [Group],
        settings: String,
        resume: bool,
        mut skip: impl FnMut(usize, &Record),
    ) -> Result<Self> {
        let folder = out.join(shard.name(".cohort"));
        if !resume {
            remove_records(&folder)?;
        }
        let mut lines = COHORT_HEAD.to_owned();
        for number in shard.numbers(groups.len()) {
            let group = &groups[number - 1];
            let Some(record) = read_record(&record_path(&folder, &group.name)) else { continue };
            if record.settings != settings {
                bail!(
                    "{}: the results of {} have other settings, expected the same model, --spacing, words and version; \
                     choose another folder or run without --resume",
                    out.display(),
                    group.name
                );
            }
            if record.is_complete(group, out) {
                lines += &table_lines(&record, number, groups.len());
                skip(number, &record);
            }
        }
        let path = out.join(shard.name(Overview::Cohort.name()));
        file::write(&path, lines.as_bytes())?;
        let open = || format!("cannot open {}", path.display());
        let table = OpenOptions::new().append(true).open(&path).with_context(open)?;
        Ok(Self { out: out.to_owned(), shard, groups, settings, table })
    }

    /// A record without results for patient `number`.
    pub(super) fn record(&self, number: usize) -> Record {
        Record::new(&self.groups[number - 1], &self.settings)
    }

    /// Keeps the record of patient `number`, whose results are on disk, and adds its lines to the table.
    ///
    /// # Errors
    ///
    /// When they cannot be written.
    pub(super) fn keep(&mut self, number: usize, record: &Record) -> Result<()> {
        file::write(&self.record_path(&record.patient), &serde_json::to_vec(record)?)?;
        let lines = table_lines(record, number, self.groups.len());
        let written = self.table.write_all(lines.as_bytes()).and_then(|()| self.table.sync_data());
        written.with_context(|| format!("cannot write {}", self.path(Overview::Cohort).display()))
    }

    /// Writes the files about all cases, in the order of the patients.
    ///
    /// # Errors
    ///
    /// When one of them cannot be written.
    pub(super) fn finish(self, origin: &Origin) -> Result<()> {
        let records = || {
            let names = self.shard.numbers(self.groups.len()).map(|number| (number, &self.groups[number - 1].name));
            names.map(|(number, name)| {
                let path = self.record_path(name);
                let record = read_record(&path).with_context(|| format!("cannot read {}", path.display()))?;
                Ok::<_, Error>((number, record))
            })
        };
        let mut cases = 0;
        let mut lines = COHORT_HEAD.to_owned();
        for entry in records() {
            let (number, record) = entry?;
            cases += record.cases.len();
            lines += &table_lines(&record, number, self.groups.len());
        }
        file::write(&self.path(Overview::Cohort), lines.as_bytes())?;
        for overview in Overview::ALL.into_iter().filter(|overview| *overview != Overview::Cohort) {
            let summaries = records().flat_map(|entry| -> Vec<Result<CaseSummary>> {
                match entry {
                    Ok((_, record)) => record.cases.into_iter().map(Ok).collect(),
                    Err(error) => vec![Err(error)],
                }
            });
            file::write_with(&self.path(overview), |out| overview.write(origin, cases, summaries, out))?;
        }
        Ok(())
    }

    /// The path of a file about all cases.
    pub(super) fn path(&self, overview: Overview) -> PathBuf {
        self.out.join(match overview {
            Overview::Readme => overview.name().to_owned(),
            _ => self.shard.name(overview.name()),
        })
    }

    fn record_path(&self, patient: &str) -> PathBuf {
        record_path(&self.out.join(self.shard.name(".cohort")), patient)
    }
}

fn table_lines(record: &Record, number: usize, of: usize) -> String {
    record.rows().iter().map(|row| row.line(number, of)).collect()
}

/// Names of patients may have characters that names of files cannot have.
fn record_path(folder: &Path, patient: &str) -> PathBuf {
    let digest: String = Sha256::digest(patient).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    folder.join(digest + ".json")
}

/// The record at `path`; `None` if there is none, or it is that of another version.
fn read_record(path: &Path) -> Option<Record> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

fn remove_records(folder: &Path) -> Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for path in file::list(folder)?.files.iter().filter(|path| file::has_extension(path, "json")) {
        std::fs::remove_file(path).with_context(|| format!("cannot remove {}", path.display()))?;
    }
    Ok(())
}
