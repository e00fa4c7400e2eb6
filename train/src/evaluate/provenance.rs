//! What the model knows of the patients that are scored: its training data, its held-out patients, its input check.

use std::collections::{BTreeMap, BTreeSet};

use glioscope::network::card::Split;
use glioscope::read::Slice;
use rayon::prelude::*;
use serde::Serialize;

use crate::data::{Dataset, Patient};
use crate::model::Model;

/// Which of the scored patients the split of the model names.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Provenance {
    /// Patients (or slices, after a split by slices) in the training data. If there are any, the figures do not say how well
    /// the model does on other patients.
    training: Vec<String>,
    /// Patients (or slices) that were held out and scored during the fit: the recipe was selected on them. The epoch is the
    /// last one and the threshold 0.5, so these were not selected.
    held_out: Vec<String>,
    /// Patients with other slices in the training data.
    partly_training: Vec<String>,
}

impl Provenance {
    /// Looks up the patients and slices of `dataset` in `split`.
    pub(crate) fn of(dataset: &Dataset, split: &Split) -> Self {
        let training: BTreeSet<&str> = split.fit.iter().map(String::as_str).collect();
        let held_out: BTreeSet<&str> = split.held_out.iter().map(String::as_str).collect();
        // After a split by slices the names are <patient>/<file>.
        let partly: BTreeSet<&str> = training.iter().filter_map(|name| Some(name.rsplit_once('/')?.0)).collect();
        let mut provenance = Self::default();
        for patient in dataset.patients() {
            for name in patient.slices.iter().map(|slice| patient.id(slice)).chain([patient.name.clone()]) {
                if held_out.contains(name.as_str()) {
                    provenance.held_out.push(name.clone());
                }
                if training.contains(name.as_str()) {
                    provenance.training.push(name);
                }
            }
            if partly.contains(patient.name.as_str()) {
                provenance.partly_training.push(patient.name.clone());
            }
        }
        provenance
    }

    /// A warning if training data is scored; empty otherwise.
    pub(crate) fn warning(&self) -> String {
        let first = |names: &[String]| {
            let more = if names.len() > 3 { ", …" } else { "" };
            format!("{}{more}", names.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", "))
        };
        if !self.training.is_empty() {
            format!(
                "!!! TRAINING DATA: the training data of the model has {} of the names scored here ({}).\n\
                 !!! These figures do not say how well the model does on other patients.\n",
                self.training.len(),
                first(&self.training)
            )
        } else if !self.partly_training.is_empty() {
            format!(
                "!!! LEAKY SPLIT: the training data of the model has other slices of {} patients scored here ({}).\n\
                 !!! Compare these figures only with figures of other splits by slices.\n",
                self.partly_training.len(),
                first(&self.partly_training)
            )
        } else {
            String::new()
        }
    }

    /// A line if the recipe was selected on patients that are scored; empty otherwise.
    pub(crate) fn selection(&self) -> String {
        match self.held_out.len() {
            0 => String::new(),
            count => format!("selection             the recipe was selected on {count} of the names scored here\n"),
        }
    }
}

/// Results of the input check.
#[derive(Debug, Serialize)]
pub(crate) struct InputChecks {
    patients: usize,
    accepted: usize,
    /// Reasons by rejected patient.
    rejected: BTreeMap<String, Vec<String>>,
}

impl InputChecks {
    /// Checks every patient; none for a model without a classifier of kinds.
    pub(crate) fn of(dataset: &Dataset, model: &Model) -> Option<Self> {
        let check = |patient: &Patient| {
            let slices: Vec<&Slice> = patient.slices.iter().collect();
            model.segmenter().check_input(&slices, &patient.statistics)
        };
        let checks: Vec<_> = dataset.patients().par_iter().map(check).collect::<Option<_>>()?;
        let rejected = dataset.patients().iter().zip(checks).filter(|(_, check)| !check.accepted);
        let rejected: BTreeMap<_, _> = rejected.map(|(patient, check)| (patient.name.clone(), check.reasons)).collect();
        let patients = dataset.patients().len();
        Some(Self { patients, accepted: patients - rejected.len(), rejected })
    }

    /// Lines for the summary.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("input check           {} of {} accepted\n", self.accepted, self.patients);
        for (patient, reasons) in &self.rejected {
            text += &format!("  rejected {patient}: {}\n", reasons.join(" "));
        }
        text
    }
}
