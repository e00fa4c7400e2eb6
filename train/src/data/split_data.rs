//! A dataset split into training data and held-out patients.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail, ensure};
use glioscope::mask::Mask;
use glioscope::network::card::{Counts, Split};
use glioscope::read::Slice;

use super::batches::Pool;
use super::dataset::{Dataset, Patient};
use super::split;

/// Side of the network's grid, pixels: the size of the dataset's slices.
pub(crate) const GRID: usize = 256;

/// A dataset split into training data and held-out patients.
pub(crate) struct SplitData {
    /// The training slices.
    pub(crate) pool: Arc<Pool>,
    /// The held-out patients, which score the fit while it runs.
    pub(crate) held_out: Vec<Patient>,
    /// The names of both.
    pub(crate) split: Split,
    /// Whether slices were split and not patients.
    pub(crate) by_slice: bool,
    /// [`Patient::digest`] by name.
    pub(crate) digests: BTreeMap<String, String>,
    /// Training slices.
    pub(crate) counts: Counts,
    /// What the training slices are from, for messages: `70 patients`.
    pub(crate) source: String,
}

impl SplitData {
    /// Splits by patient.
    ///
    /// # Errors
    /// When a patient is not in the dataset.
    pub(crate) fn by_patient(dataset: Dataset, split: Split) -> Result<Self> {
        let named = |name: &String| split.fit.contains(name) || split.held_out.contains(name);
        let digests = dataset.digests().into_iter().filter(|(name, _)| named(name)).collect();
        let fitted = dataset.clone().only(&split.fit)?.into_patients();
        let held_out =
            if split.held_out.is_empty() { Vec::new() } else { dataset.only(&split.held_out)?.into_patients() };
        let patients = format!("{} patients", fitted.len());
        let pool = Pool::new(fitted, |_, _| true);
        let (slices, positive) = pool.counts();
        Ok(Self {
            pool: Arc::new(pool),
            held_out,
            split,
            by_slice: false,
            digests,
            counts: Counts { slices, positive },
            source: patients,
        })
    }

    /// Splits by slice, which leaks: 18 % of the slices score the fit, and the 10 % for the final test are not used here.
    pub(crate) fn by_slice(dataset: Dataset, seed: u64) -> Self {
        let ids = |patient: &Patient| patient.slices.iter().map(|slice| patient.id(slice)).collect::<Vec<_>>();
        let names: Vec<String> = dataset.patients().iter().flat_map(ids).collect();
        let split = split::by_slice(names.len(), seed);
        let pick = |indices: &[usize]| indices.iter().map(|&i| names[i].clone()).collect::<Vec<_>>();
        let (fit, held_out_names) = (pick(&split.fit), pick(&split.validation));
        let digests = dataset.digests();
        let patients = dataset.into_patients();
        let chosen: BTreeSet<&String> = held_out_names.iter().collect();
        let held_out = patients.iter().filter_map(|patient| {
            let (slices, masks): (Vec<Slice>, Vec<Mask>) = patient
                .slices
                .iter()
                .zip(&patient.masks)
                .filter(|(slice, _)| chosen.contains(&patient.id(slice)))
                .map(|(slice, mask)| (slice.clone(), mask.clone()))
                .unzip();
            (!slices.is_empty()).then(|| Patient {
                name: patient.name.clone(),
                slices,
                masks,
                statistics: patient.statistics,
            })
        });
        let held_out = held_out.collect();
        let fitted: BTreeSet<&String> = fit.iter().collect();
        // The figures of this split count pixels and not patients, so every slice is equally likely: each is its own patient.
        let slices = patients.into_iter().flat_map(Patient::into_slices).collect();
        let pool = Pool::new(slices, |patient, slice| fitted.contains(&patient.id(slice)));
        let (slices, positive) = pool.counts();
        Self {
            pool: Arc::new(pool),
            held_out,
            split: Split { fit, held_out: held_out_names },
            by_slice: true,
            digests,
            counts: Counts { slices, positive },
            source: "a split by slices, which leaks".to_owned(),
        }
    }

    /// One training patient and nothing held out, for timing.
    pub(crate) fn of_one(patient: Patient) -> Self {
        let counts = Counts { slices: patient.slices.len(), positive: 0 };
        Self {
            source: patient.name.clone(),
            pool: Arc::new(Pool::new(vec![patient], |_, _| true)),
            held_out: Vec::new(),
            split: Split { fit: Vec::new(), held_out: Vec::new() },
            by_slice: false,
            digests: BTreeMap::new(),
            counts,
        }
    }

    /// Checks that this data, read from `folder`, is the data of a checkpoint: another split or other pixels give another fit.
    /// `digests` is empty in old checkpoints.
    ///
    /// # Errors
    /// When the split differs, or a patient does; the message names the first one.
    pub(crate) fn ensure_same(&self, folder: &Path, split: &Split, digests: &BTreeMap<String, String>) -> Result<()> {
        ensure!(
            *split == self.split,
            "{}: not the data of the checkpoint, which has {} training names; found {}",
            folder.display(),
            split.fit.len(),
            self.split.fit.len()
        );
        let differs = |(name, digest): &(&String, &String)| digests.get(*name).is_some_and(|known| known != *digest);
        if let Some((name, _)) = self.digests.iter().find(differs) {
            bail!(
                "{}: patient {name} differs from the data of the checkpoint: a slice or mask has changed or is missing",
                folder.display()
            );
        }
        Ok(())
    }
}
