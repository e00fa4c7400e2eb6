//! What the tests share: a folder with a dataset and a model, and a way to run the program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use burn::module::{Module as _, ModuleMapper, Param};
use burn::tensor::{Device, Tensor};
use glioscope::mask::Mask;
use glioscope::network::Card;
use glioscope::network::UNetConfig;
use glioscope::network::burn::UNet;
use glioscope::network::card::Split;
use glioscope::network::manifest::{Manifest, WeightsFile};
use glioscope::phantom::PhantomConfig;
use glioscope::read::{Limits, read};
use glioscope::write::{mask_tiff, slice_tiff};

use tempfile::TempDir;

/// A temporary folder with `data/` (two phantoms of 12 slices, 64 x 64) and `model/` (random weights; its training data is
/// another patient).
pub(crate) struct World {
    folder: TempDir,
}

/// The result of a run.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl World {
    pub(crate) fn new() -> Result<Self> {
        let world = Self { folder: tempfile::tempdir()? };
        for patient in 1..=2 {
            let config = PhantomConfig { seed: 5, patient, slices: 12, size: 64, ..Default::default() };
            for case_slice in config.case().slices {
                let path = world.path("data").join(case_slice.slice.name());
                write(&path, &slice_tiff(&case_slice.slice))?;
                let mask = case_slice.reference.context("a phantom slice without a reference")?;
                write(&with_suffix(&path, "_mask.tif"), &mask_tiff(&mask))?;
            }
        }
        world.write_model(Split { fit: vec!["ANOTHER_PATIENT".to_owned()], held_out: Vec::new() })?;
        Ok(world)
    }

    /// Writes `model/` with random weights.
    pub(crate) fn write_model(&self, split: Split) -> Result<()> {
        self.write_network(split, |network| network)
    }

    /// Writes `model/` with weights whose logits are not finite.
    pub(crate) fn write_broken_model(&self) -> Result<()> {
        struct Break;
        impl ModuleMapper for Break {
            fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
                // Almost the largest number in half precision: its products overflow single precision.
                if D == 4 { param.map(|tensor| tensor.full_like(6e4)) } else { param }
            }
        }
        self.write_network(Split::default(), |network| network.map(&mut Break))
    }

    fn write_network(&self, split: Split, change: impl FnOnce(UNet) -> UNet) -> Result<()> {
        let network = UNetConfig { widths: vec![4, 8], stem: 2 };
        let device = Device::flex();
        device.seed(1);
        let unet = change(network.init(&device));
        let weights = unet.fold().to_safetensors();
        let manifest = Manifest {
            // The CPU is not compared with it.
            known_answer: vec![0.5],
            ..Manifest::new(network, 64, 0.5, WeightsFile::of(&weights, unet.parameters()))
        };
        let card = Card { split, ..Card::default() };
        write(&self.path("model/weights.safetensors"), &weights)?;
        write(&self.path("model/network.safetensors"), &unet.to_safetensors())?;
        write(&self.path("model/card.json"), &serde_json::to_vec(&card)?)?;
        write(&self.path("model/model.json"), &serde_json::to_vec(&manifest)?)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs `train` in the folder, with `arguments` separated by spaces.
    pub(crate) fn train(&self, arguments: &str) -> Result<Run> {
        let output = Command::new(env!("CARGO_BIN_EXE_train"))
            .current_dir(self.folder.path())
            .args(arguments.split_whitespace())
            .output()?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(Run { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) })
    }

    /// Reads the mask `name` and checks that it is grey, 8 bit, and only 0 and 255.
    pub(crate) fn mask(&self, name: &str) -> Result<Mask> {
        let bytes = fs::read(self.path(name)).with_context(|| name.to_owned())?;
        let slices = read(name, &bytes, &Limits::default())?;
        let [slice] = &slices[..] else { anyhow::bail!("{name}: {} pages", slices.len()) };
        let glioscope::read::Samples::U8(samples) = slice.samples() else { anyhow::bail!("{name}: 16 bit") };
        assert!(samples.iter().all(|sample| [0, 255].contains(sample)), "{name}: a value other than 0 and 255");
        Ok(Mask::from_slice(slice))
    }
}

impl Run {
    pub(crate) fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }

    /// Checks that it failed, with one line on stderr that starts with `error:` and has all `words`.
    #[track_caller]
    pub(crate) fn failed_with(&self, words: &[&str]) {
        assert_eq!(self.code, Some(1), "{self:?}");
        let errors: Vec<&str> = self.stderr.lines().filter(|line| line.starts_with("error: ")).collect();
        let [line] = errors[..] else { panic!("expected one error line, found {self:?}") };
        for word in words {
            assert!(line.contains(word), "`{word}` in: {line}");
        }
        assert!(!self.stderr.contains("panicked"), "{self:?}");
    }
}

/// The path with `suffix` in place of its extension.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{stem}{suffix}"))
}

pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, bytes).with_context(|| path.display().to_string())
}

/// Every file below `folder`, as sorted relative names.
pub(crate) fn files(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(next)? {
            let path = entry?.path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                found.push(path.strip_prefix(folder)?.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    Ok(found)
}
