//! The dataset, split: what a fit draws from, and what it holds out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail, ensure};
use glioscope::mask::Mask;
use glioscope::network::card::{Counts, Split};
use glioscope::network::input_check::TrainingDistribution;
use glioscope::read::Slice;

use crate::batches::Pool;
use crate::dataset::{Dataset, Patient};
use crate::recipe::GRID;
use crate::split;

/// The dataset, split.
pub(crate) struct Data {
    /// What is fitted on.
    pub(crate) pool: Arc<Pool>,
    /// What the fit is scored by while it runs.
    pub(crate) held_out: Vec<Patient>,
    /// The names of both.
    pub(crate) split: Split,
    /// Whether slices were split, not patients.
    pub(crate) by_slice: bool,
    /// [`Patient::digest`] by name.
    pub(crate) digests: BTreeMap<String, String>,
    /// Slices to fit on.
    pub(crate) counts: Counts,
    /// What they are like.
    pub(crate) seen: Option<TrainingDistribution>,
    /// `70 patients`, for people.
    pub(crate) fitted: String,
}

impl Data {
    /// Whole patients apart.
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
            seen: pool.seen(GRID),
            pool: Arc::new(pool),
            held_out,
            split,
            by_slice: false,
            digests,
            counts: Counts { slices, positive },
            fitted: patients,
        })
    }

    /// The leaky split: held out for choosing is 18 % of the slices; the 10 % for the report are not touched here.
    pub(crate) fn by_slice(dataset: Dataset, seed: u64) -> Self {
        let ids = |patient: &Patient| patient.slices.iter().map(|slice| patient.id(slice)).collect::<Vec<_>>();
        let names: Vec<String> = dataset.patients().iter().flat_map(ids).collect();
        let split = split::by_slice(names.len(), seed);
        let pick = |indices: &[usize]| indices.iter().map(|&i| names[i].clone()).collect::<Vec<_>>();
        let (fit, choose) = (pick(&split.fit), pick(&split.choose));
        let digests = dataset.digests();
        let patients = dataset.into_patients();
        let chosen: BTreeSet<&String> = choose.iter().collect();
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
        // This split's figures count pixels, whoever's they are, so slices are drawn alike: each as a patient of its own.
        let slices = patients.into_iter().flat_map(Patient::apart).collect();
        let pool = Pool::new(slices, |patient, slice| fitted.contains(&patient.id(slice)));
        let (slices, positive) = pool.counts();
        Self {
            seen: pool.seen(GRID),
            pool: Arc::new(pool),
            held_out,
            split: Split { fit, held_out: choose },
            by_slice: true,
            digests,
            counts: Counts { slices, positive },
            fitted: "a leaky split by slices".to_owned(),
        }
    }

    /// One patient to fit on, and nothing else: for timing.
    pub(crate) fn of_one(patient: Patient) -> Self {
        let counts = Counts { slices: patient.slices.len(), positive: 0 };
        Self {
            fitted: patient.name.clone(),
            pool: Arc::new(Pool::new(vec![patient], |_, _| true)),
            held_out: Vec::new(),
            split: Split { fit: Vec::new(), held_out: Vec::new() },
            by_slice: false,
            digests: BTreeMap::new(),
            seen: None,
            counts,
        }
    }

    /// Of another split or other pixels another fit would come. `digests` may be empty, as in checkpoints that are older than
    /// they.
    ///
    /// # Errors
    /// When this, which was read from `folder`, is not what was fitted on before; names the first patient that differs.
    pub(crate) fn ensure_same(&self, folder: &Path, split: &Split, digests: &BTreeMap<String, String>) -> Result<()> {
        ensure!(
            *split == self.split,
            "{} is not what the checkpoint was fitted on: it knows {} names to fit on, here are {}",
            folder.display(),
            split.fit.len(),
            self.split.fit.len()
        );
        let differs = |(name, digest): &(&String, &String)| digests.get(*name).is_some_and(|known| known != *digest);
        if let Some((name, _)) = self.digests.iter().find(differs) {
            bail!(
                "{}: patient {name} is not what the checkpoint was fitted on: a slice or mask has changed since, or is missing",
                folder.display()
            );
        }
        Ok(())
    }
}
