//! A folder in the dataset's layout → patients with slices and masks, all in memory.
//!
//! `kaggle_3m/<patient>/<patient>_<n>.tif` beside `<patient>_<n>_mask.tif`. Unlike what the page does with dropped
//! files, nothing is forgiven here: figures and weights from half of a dataset mislead, so the first file that is not
//! as it should be is named and ends the reading.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use glioscope::error::Error;
use glioscope::layout::{CaseSlice, assemble, natural_order};
use glioscope::mask::Mask;
use glioscope::network::preprocess::CaseStatistics;
use glioscope::read::{self, Limits, Samples, Slice};
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

use crate::file;
use crate::progress;

/// Patients in natural order of their names, at least one.
#[derive(Clone, Debug)]
pub(crate) struct Dataset {
    root: PathBuf,
    patients: Vec<Patient>,
}

/// One patient: at least one slice, in natural order.
#[derive(Clone, Debug)]
pub(crate) struct Patient {
    /// The folder's name.
    pub(crate) name: String,
    /// The slices, each named by its path below the dataset's folder.
    pub(crate) slices: Vec<Slice>,
    /// The reference masks, one for each slice on its grid.
    pub(crate) masks: Vec<Mask>,
    /// What every slice is normalised by: the statistics of all the patient's slices that were read.
    pub(crate) statistics: CaseStatistics,
}

impl Patient {
    /// What the slice is called in splits and below folders of masks: `<patient>/<file>`, wherever it was read from.
    pub(crate) fn id(&self, slice: &Slice) -> String {
        let file = slice.name().rsplit('/').next().unwrap_or_default();
        format!("{}/{file}", self.name)
    }

    /// Each slice as a patient of that name, normalised as before.
    pub(crate) fn apart(self) -> impl Iterator<Item = Self> {
        let Self { name, slices, masks, statistics } = self;
        slices.into_iter().zip(masks).map(move |(slice, mask)| Self {
            name: name.clone(),
            slices: vec![slice],
            masks: vec![mask],
            statistics,
        })
    }

    /// Tells whether another reading gave the same slices, masks and names: SHA-256, hexadecimal.
    pub(crate) fn digest(&self) -> String {
        let mut hasher = Sha256::new();
        for (slice, mask) in self.slices.iter().zip(&self.masks) {
            let (width, height, channels) = (slice.width(), slice.height(), slice.channels().count());
            let head = format!("{}\n{width} {height} {channels} {}\n", self.id(slice), slice.samples().bits());
            hasher.update(head);
            match slice.samples() {
                Samples::U8(samples) => hasher.update(samples),
                Samples::U16(samples) => {
                    hasher.update(samples.iter().flat_map(|sample| sample.to_le_bytes()).collect::<Vec<_>>())
                }
            }
            hasher.update(mask.inside().iter().map(|&inside| u8::from(inside)).collect::<Vec<_>>());
        }
        hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Dataset {
    /// Reads every patient below `root`, with progress on stderr.
    ///
    /// `root` is the folder of patients, or one that has it as `kaggle_3m`, or the folder of a single patient.
    ///
    /// # Errors
    ///
    /// Always with the path: a folder that is missing or cannot be listed, no patient at all, a patient's folder
    /// without slices, a file that cannot be read or is no slice, a slice without mask, a mask without slice, a mask of
    /// another size than its slice.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let inner = root.join("kaggle_3m");
        let root = if inner.is_dir() { inner } else { root.to_owned() };
        let listing = file::list(&root)?;
        let mut folders = listing.folders;
        if listing.files.iter().any(|path| file::is_slice(path)) {
            folders.insert(0, root.clone());
        }
        ensure!(
            !folders.is_empty(),
            "{}: no patients; expected a folder for each, with <patient>_<n>.tif and <patient>_<n>_mask.tif in it",
            root.display()
        );
        let bar = progress::bar(folders.len(), "patients read");
        let mut patients = Vec::with_capacity(folders.len());
        for folder in &folders {
            patients.extend(read_folder(&root, folder)?);
            bar.inc(1);
        }
        bar.finish_and_clear();
        patients.sort_by(|a, b| natural_order(&a.name, &b.name));
        if let Some(pair) = patients.windows(2).find(|pair| pair[0].name == pair[1].name) {
            bail!("{}: patient {} is there twice", root.display(), pair[0].name);
        }
        Ok(Self { root, patients })
    }

    /// The folder of patients that was read.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The patients, in natural order of their names.
    pub(crate) fn patients(&self) -> &[Patient] {
        &self.patients
    }

    /// Every patient.
    pub(crate) fn into_patients(self) -> Vec<Patient> {
        self.patients
    }

    /// The patients' names, in the same order.
    pub(crate) fn names(&self) -> Vec<String> {
        self.patients.iter().map(|patient| patient.name.clone()).collect()
    }

    /// [`Patient::digest`] of each, by name.
    pub(crate) fn digests(&self) -> BTreeMap<String, String> {
        self.patients.par_iter().map(|patient| (patient.name.clone(), patient.digest())).collect()
    }

    /// How many slices there are in all.
    pub(crate) fn slices(&self) -> usize {
        self.patients.iter().map(|patient| patient.slices.len()).sum()
    }

    /// The same data with the named patients alone.
    ///
    /// # Errors
    ///
    /// When a name is not among the patients, or there is no name.
    pub(crate) fn only(self, names: &[String]) -> Result<Self> {
        ensure!(!names.is_empty(), "{}: no patient is wanted", self.root.display());
        if let Some(stranger) = names.iter().find(|name| !self.patients.iter().any(|patient| patient.name == **name)) {
            bail!("{}: there is no patient {stranger}", self.root.display());
        }
        let patients = self.patients.into_iter().filter(|patient| names.contains(&patient.name)).collect();
        Ok(Self { root: self.root, patients })
    }

    /// The same data without the patients and slices that are named in `seen`. The statistics stay those of all slices.
    ///
    /// # Errors
    ///
    /// When nothing is left.
    pub(crate) fn without(mut self, seen: &BTreeSet<&str>) -> Result<Self> {
        self.patients.retain_mut(|patient| {
            if seen.contains(patient.name.as_str()) {
                return false;
            }
            let slices = std::mem::take(&mut patient.slices).into_iter();
            let masks = std::mem::take(&mut patient.masks);
            (patient.slices, patient.masks) =
                slices.zip(masks).filter(|(slice, _)| !seen.contains(patient.id(slice).as_str())).unzip();
            !patient.slices.is_empty()
        });
        ensure!(!self.patients.is_empty(), "{}: nothing is left, all of it was seen in fitting", self.root.display());
        Ok(self)
    }
}

/// The patients of one folder, as a rule one.
fn read_folder(root: &Path, folder: &Path) -> Result<Vec<Patient>> {
    let files: Vec<PathBuf> = file::list(folder)?.files.into_iter().filter(|path| file::is_slice(path)).collect();
    ensure!(
        !files.is_empty(),
        "{}: no slices in this folder, expected <patient>_<n>.tif and <patient>_<n>_mask.tif",
        folder.display()
    );
    let mut slices = Vec::with_capacity(files.len());
    for path in &files {
        let name = file::name_below(root, path);
        let read = read::read(&name, &file::read(path)?, &Limits::default());
        slices.extend(read.map_err(|error| below(root, &error))?);
    }
    let assembly = assemble(slices);
    if let Some(note) = assembly.notes.first() {
        bail!("in {}: {note}", root.display());
    }
    let mut patients = Vec::with_capacity(assembly.cases.len());
    for case in assembly.cases {
        let statistics = CaseStatistics::of(case.slices.iter().map(|case_slice| &case_slice.slice));
        let (mut slices, mut masks) = (Vec::with_capacity(case.slices.len()), Vec::with_capacity(case.slices.len()));
        for CaseSlice { slice, reference } in case.slices {
            masks.push(reference.with_context(|| {
                format!("{}: its mask is missing, <name>_mask beside it", root.join(slice.name()).display())
            })?);
            slices.push(slice);
        }
        patients.push(Patient { name: case.name, slices, masks, statistics });
    }
    Ok(patients)
}

/// The library's error, whose file is named below `root`, with the whole path.
fn below(root: &Path, error: &Error) -> anyhow::Error {
    match error {
        Error::File { file, fault } => anyhow!("{}: {fault}", root.join(file).display()),
        other => anyhow!("{other}"),
    }
}
