//! The folds of a cross-validation.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use glioscope::network::card::Split;
use glioscope::random::Rng;
use serde::Serialize;

use crate::data::Patient;

/// The stream of random numbers of folds.
const LANE: u64 = 0x666f_6c64_7300;

/// How patients are grouped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Grouping {
    /// At random, with lesions of all sizes in every fold
    #[default]
    Patient,
    /// One fold for each hospital: the second part of a name such as TCGA_CS_4941
    Hospital,
}

/// The patients that one network has not seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Fold {
    /// Sorted names.
    pub(crate) held_out: Vec<String>,
}

impl Fold {
    /// The split of this fold, with all other patients of `names` as training data.
    pub(crate) fn split(&self, names: &[String]) -> Split {
        let fit = names.iter().filter(|name| !self.held_out.contains(name)).cloned().collect();
        Split { fit, held_out: self.held_out.clone() }
    }
}

/// The folds of `patients`. They depend on the names, the sizes of the lesions and the seed alone.
///
/// # Errors
/// With fewer than two folds, or fewer patients than folds.
pub(crate) fn of(patients: &[Patient], by: Grouping, folds: usize, seed: u64) -> Result<Vec<Fold>> {
    let sizes: Vec<(usize, &str)> = patients
        .iter()
        .map(|patient| (patient.masks.iter().map(|mask| mask.area()).sum(), patient.name.as_str()))
        .collect();
    match by {
        Grouping::Patient => by_size(sizes, folds, seed),
        Grouping::Hospital => by_hospital(sizes.into_iter().map(|(_, name)| name)),
    }
}

/// Stratified by the number of lesion pixels: of each run of `folds` patients in the order of size, every fold gets one.
fn by_size(mut sizes: Vec<(usize, &str)>, folds: usize, seed: u64) -> Result<Vec<Fold>> {
    ensure!(
        (2..=sizes.len()).contains(&folds),
        "--folds is {folds}, expected 2 to the number of patients, {}",
        sizes.len()
    );
    sizes.sort_unstable();
    let mut rng = Rng::new(seed, LANE);
    let mut held_out = vec![Vec::new(); folds];
    for run in sizes.chunks(folds) {
        let mut order: Vec<usize> = (0..folds).collect();
        rng.shuffle(&mut order);
        for ((_, name), fold) in run.iter().zip(order) {
            held_out[fold].push((*name).to_owned());
        }
    }
    Ok(held_out.into_iter().map(sorted).collect())
}

fn by_hospital<'a>(names: impl Iterator<Item = &'a str>) -> Result<Vec<Fold>> {
    let mut hospitals: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for name in names {
        hospitals.entry(name.split('_').nth(1).unwrap_or_default()).or_default().push(name.to_owned());
    }
    ensure!(hospitals.len() > 1, "the names of the patients have {} hospital, expected at least 2", hospitals.len());
    Ok(hospitals.into_values().map(sorted).collect())
}

fn sorted(mut held_out: Vec<String>) -> Fold {
    held_out.sort();
    Fold { held_out }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: usize) -> Vec<String> {
        let mut names: Vec<String> =
            (0..count).map(|index| format!("TCGA_{}_{index:03}", ["CS", "DU", "HT"][index % 3])).collect();
        names.sort();
        names
    }

    #[test]
    fn every_patient_is_held_out_once_and_folds_have_lesions_of_all_sizes() -> Result<()> {
        let names = names(23);
        let sizes: Vec<(usize, &str)> =
            names.iter().enumerate().map(|(i, name)| (i * 37 % 23, name.as_str())).collect();
        let folds = by_size(sizes.clone(), 5, 1)?;
        let mut all: Vec<&String> = folds.iter().flat_map(|fold| &fold.held_out).collect();
        all.sort();
        assert_eq!(all, names.iter().collect::<Vec<_>>());
        for fold in &folds {
            assert!((4..=5).contains(&fold.held_out.len()), "{fold:?}");
            let size = |name: &String| sizes.iter().find(|(_, other)| other == name).map_or(0, |(size, _)| *size);
            assert!(fold.held_out.iter().any(|name| size(name) < 5), "a small lesion: {fold:?}");
            assert!(fold.held_out.iter().any(|name| size(name) >= 15), "a large lesion: {fold:?}");
            let split = fold.split(&names);
            assert_eq!(split.fit.len() + split.held_out.len(), 23);
            assert!(split.fit.iter().all(|name| !split.held_out.contains(name)));
        }
        assert_eq!(folds, by_size(sizes.clone(), 5, 1)?);
        assert_ne!(folds, by_size(sizes, 5, 2)?);
        Ok(())
    }

    #[test]
    fn each_hospital_is_held_out_once() -> Result<()> {
        let names = names(7);
        let folds = by_hospital(names.iter().map(String::as_str))?;
        assert_eq!(folds.iter().map(|fold| fold.held_out.len()).collect::<Vec<_>>(), [3, 2, 2]);
        assert!(folds[0].held_out.iter().all(|name| name.contains("_CS_")));
        Ok(())
    }

    #[test]
    fn a_wrong_number_of_folds_is_an_error() {
        let names = names(4);
        let sizes: Vec<(usize, &str)> = names.iter().map(|name| (1, name.as_str())).collect();
        for folds in [0, 1, 5] {
            assert!(by_size(sizes.clone(), folds, 1).is_err(), "{folds}");
        }
        assert!(by_hospital(["P_1", "P_1b"].into_iter().map(|_| "TCGA_CS_1")).is_err());
    }
}
