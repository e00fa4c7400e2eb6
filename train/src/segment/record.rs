//! [`Record`]: what is known of a patient whose results are on disk.

use std::path::Path;

use glioscope::write::{CaseSummary, CohortRow, Status};
use serde::{Deserialize, Serialize};

use crate::input::{FileState, Group};

/// The results of one patient. It is written after them, so results of a run that was killed have no record.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Record {
    /// The name of the group.
    pub(super) patient: String,
    /// The settings that the results depend on.
    pub(super) settings: String,
    /// The input files and their state.
    inputs: Vec<(String, FileState)>,
    /// The paths of the results, with their lengths in bytes.
    pub(super) files: Vec<(String, u64)>,
    pub(super) masks: usize,
    /// The cases that were segmented.
    pub(super) cases: Vec<CaseSummary>,
    /// The cases that failed.
    failed: Vec<CohortRow>,
    /// The input files and results that failed.
    errors: Vec<String>,
}

impl Record {
    /// A record without results.
    pub(super) fn new(group: &Group, settings: &str) -> Self {
        Self { patient: group.name.clone(), settings: settings.to_owned(), inputs: inputs(group), ..Self::default() }
    }

    /// Whether there is neither a case nor an error.
    pub(super) fn is_empty(&self) -> bool {
        self.cases.is_empty() && self.failed.is_empty() && self.errors.is_empty()
    }

    /// Adds an error that concerns the whole patient.
    pub(super) fn fault(&mut self, error: String) {
        self.errors.push(error);
    }

    /// Adds a case that failed.
    pub(super) fn fail(&mut self, case: &str, error: String) {
        self.failed.push(CohortRow::failed(case, error));
    }

    /// The lines of the table. There is at least one.
    pub(super) fn rows(&self) -> Vec<CohortRow> {
        let error = self.errors.join("; ");
        let whole = |row: &CohortRow| match row.status {
            Status::Complete if !error.is_empty() => {
                CohortRow { status: Status::Partial, error: error.clone(), ..row.clone() }
            }
            _ => row.clone(),
        };
        let mut rows: Vec<CohortRow> =
            self.cases.iter().map(|case| &case.cohort).chain(&self.failed).map(whole).collect();
        if rows.is_empty() {
            rows.push(CohortRow::failed(&self.patient, error));
        }
        rows
    }

    /// Whether the patient need not be segmented again: nothing failed, the input files are the same, and all results are in `out`.
    pub(super) fn is_complete(&self, group: &Group, out: &Path) -> bool {
        let length = |path: &str| std::fs::metadata(out.join(path)).ok().map(|data| data.len());
        self.patient == group.name
            && self.rows().iter().all(|row| row.status == Status::Complete)
            && self.inputs == inputs(group)
            && self.files.iter().all(|(path, bytes)| length(path) == Some(*bytes))
    }
}

fn inputs(group: &Group) -> Vec<(String, FileState)> {
    group.inputs.iter().map(|input| (input.name.clone(), input.state().clone())).collect()
}
