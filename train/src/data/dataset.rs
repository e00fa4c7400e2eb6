//! A folder of patients → their slices and masks, in memory.
//!
//! The layouts are those of `train inspect`: the dataset's own `kaggle_3m/<patient>/<patient>_<n>.tif` with
//! `<patient>_<n>_mask.tif`, those of BraTS and nnU-Net, and DICOM studies with a reference beside them. The page skips files that it
//! cannot read. Here the first such file is an error, because weights and figures from half a dataset would mislead.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use glioscope::error::Error;
use glioscope::layout::{Assembler, Assembly, AssemblyNote, CaseSlice, Litter, natural_order};
use glioscope::mask::Mask;
use glioscope::network::preprocess::CaseStatistics;
use glioscope::read::{Samples, Slice};
use indicatif::ProgressBar;
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

use crate::file;
use crate::input::{Inputs, Naming, Reader};
use crate::progress;

/// At least one patient, in natural order of the names.
#[derive(Clone, Debug)]
pub(crate) struct Dataset {
    root: PathBuf,
    patients: Vec<Patient>,
}

/// One patient: at least one slice, in natural order.
#[derive(Clone, Debug)]
pub(crate) struct Patient {
    /// The name of the folder.
    pub(crate) name: String,
    /// The slices. Their names are paths below the folder of the dataset.
    pub(crate) slices: Vec<Slice>,
    /// The reference mask of each slice, on its grid.
    pub(crate) masks: Vec<Mask>,
    /// The statistics of all slices that were read, which normalise each of them.
    pub(crate) statistics: CaseStatistics,
}

impl Patient {
    /// The name of a slice in splits and folders of masks: `<patient>/<file>`.
    pub(crate) fn id(&self, slice: &Slice) -> String {
        let file = slice.name().rsplit('/').next().unwrap_or_default();
        format!("{}/{file}", self.name)
    }

    /// Each slice as a patient of its own, with the same name and statistics.
    pub(crate) fn into_slices(self) -> impl Iterator<Item = Self> {
        let Self { name, slices, masks, statistics } = self;
        slices.into_iter().zip(masks).map(move |(slice, mask)| Self {
            name: name.clone(),
            slices: vec![slice],
            masks: vec![mask],
            statistics,
        })
    }

    /// SHA-256 of names, slices and masks, hexadecimal.
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
    /// Reads every patient below `root`, with a progress bar on stderr. Files that are no part of a slice are notes on stderr.
    ///
    /// `root` is a folder or zip with patients in any layout that `train inspect` reads, a folder that contains it as `kaggle_3m`, or
    /// the folder of one patient.
    ///
    /// # Errors
    ///
    /// When a folder is missing, cannot be listed or has no slices; there is no patient; a file cannot be read or is not a
    /// slice; a slice has no mask, a mask has no slice, or their sizes differ. The message has the path.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let inner = root.join("kaggle_3m");
        let root = if inner.is_dir() { inner } else { root.to_owned() };
        let inputs = Inputs::gather(std::slice::from_ref(&root), None, &Naming::default());
        let folders = if file::has_extension(&root, "zip") { Vec::new() } else { file::list(&root)?.folders };
        if let Some(refused) = inputs.refused.first() {
            bail!("{}: {}", root.join(&refused.file).display(), refused.reason());
        }
        let has_name = |(name, _): &&(String, Litter)| file::is_slice(Path::new(name));
        if let Some((name, kind)) = inputs.passed_over.iter().filter(|(_, kind)| *kind != Litter::System).find(has_name)
        {
            bail!("{}: {kind}, expected a slice", root.join(name).display());
        }
        ensure!(
            inputs.len() > 0 || !folders.is_empty(),
            "{}: no patients; expected a folder for each, with <patient>_<n>.tif and <patient>_<n>_mask.tif",
            root.display()
        );
        for folder in &folders {
            let within = format!("{}/", file::name_below(&root, folder));
            ensure!(
                inputs.names().any(|name| name.starts_with(&within)),
                "{}: no slices in this folder",
                folder.display()
            );
        }
        let assembler = Assembler::new(inputs.names(), inputs.words.clone());
        let mut reader = Reader::default();
        let bar = progress::bar(inputs.groups.len(), "patients read");
        let mut patients = Vec::with_capacity(inputs.groups.len());
        for group in &inputs.groups {
            let mut slices = Vec::new();
            for input in &group.inputs {
                match reader.read(input) {
                    Ok(read) => slices.extend(read),
                    Err(error) if error.downcast_ref().and_then(Litter::of_error).is_some() => {}
                    Err(error) => return Err(below(&root, error)),
                }
            }
            patients.extend(of_group(&root, group.assemble(&assembler, slices), &bar)?);
            bar.inc(1);
        }
        bar.finish_and_clear();
        patients.sort_by(|a, b| natural_order(&a.name, &b.name));
        if let Some(pair) = patients.windows(2).find(|pair| pair[0].name == pair[1].name) {
            bail!("{}: two folders have the patient {}", root.display(), pair[0].name);
        }
        Ok(Self { root, patients })
    }

    /// The folder of patients.
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

    /// How many slices there are.
    pub(crate) fn slices(&self) -> usize {
        self.patients.iter().map(|patient| patient.slices.len()).sum()
    }

    /// Only the named patients.
    ///
    /// # Errors
    ///
    /// When there is no name, or no patient with one of them.
    pub(crate) fn only(self, names: &[String]) -> Result<Self> {
        ensure!(!names.is_empty(), "{}: no patients selected", self.root.display());
        if let Some(unknown) = names.iter().find(|name| !self.patients.iter().any(|patient| patient.name == **name)) {
            bail!("{}: no patient {unknown}", self.root.display());
        }
        let patients = self.patients.into_iter().filter(|patient| names.contains(&patient.name)).collect();
        Ok(Self { root: self.root, patients })
    }

    /// Removes the patients and slices that `names` has. The statistics stay those of all slices.
    ///
    /// # Errors
    ///
    /// When nothing remains.
    pub(crate) fn without(mut self, names: &BTreeSet<&str>) -> Result<Self> {
        self.patients.retain_mut(|patient| {
            if names.contains(patient.name.as_str()) {
                return false;
            }
            let slices = std::mem::take(&mut patient.slices).into_iter();
            let masks = std::mem::take(&mut patient.masks);
            (patient.slices, patient.masks) =
                slices.zip(masks).filter(|(slice, _)| !names.contains(patient.id(slice).as_str())).unzip();
            !patient.slices.is_empty()
        });
        ensure!(
            !self.patients.is_empty(),
            "{}: no slice remains: the split of the model names all of them",
            self.root.display()
        );
        Ok(self)
    }
}

/// The patients of a group of files, usually one. A slice that is missing or has no mask is an error. Files that are no part of a
/// slice, such as T2, are notes.
fn of_group(root: &Path, assembly: Assembly, bar: &ProgressBar) -> Result<Vec<Patient>> {
    for note in assembly.notes {
        match note {
            AssemblyNote::Unused { .. }
            | AssemblyNote::Resampled { .. }
            | AssemblyNote::OtherFrame { .. }
            | AssemblyNote::Sequence { .. }
            | AssemblyNote::Read { .. }
            | AssemblyNote::Channels { .. } => bar.suspend(|| eprintln!("note: {note}")),
            AssemblyNote::Refused { .. } if note.refusal().is_none() => bar.suspend(|| eprintln!("note: {note}")),
            fault => bail!("in {}: {fault}", root.display()),
        }
    }
    let mut patients = Vec::with_capacity(assembly.cases.len());
    for case in assembly.cases {
        let statistics = CaseStatistics::of(case.slices.iter().map(|case_slice| &case_slice.slice));
        let (mut slices, mut masks) = (Vec::with_capacity(case.slices.len()), Vec::with_capacity(case.slices.len()));
        for CaseSlice { slice, reference, .. } in case.slices {
            masks.push(reference.with_context(|| {
                format!("{}: its mask is missing, expected <name>_mask next to it", root.join(slice.name()).display())
            })?);
            slices.push(slice);
        }
        patients.push(Patient { name: case.name, slices, masks, statistics });
    }
    Ok(patients)
}

/// An error of the library, with the path of the file below `root`.
fn below(root: &Path, error: anyhow::Error) -> anyhow::Error {
    match error.downcast_ref() {
        Some(Error::File { file, fault }) => anyhow!("{}: {fault}", root.join(file).display()),
        _ => error,
    }
}
