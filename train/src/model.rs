//! A model's folder ↔ a network ready to run.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use burn::tensor::Device;
use glioscope::mask::Probability;
use glioscope::network::burn::unet::UNet;
use glioscope::network::manifest::Manifest;
use glioscope::network::preprocess::CaseStatistics;
use glioscope::network::segmenter::Segmenter;
use glioscope::read::Slice;

use crate::device::{self, Choice};
use crate::file;
use crate::report::write_json;
use crate::score::Scores;

/// Slices that go through the network at once: enough to keep every core busy, few enough for any memory.
pub(crate) const BATCH: usize = 8;

/// How far a GPU may be from the CPU in any pixel's probability: rounding in another order stays far below it, a
/// miscompiled kernel far above.
const KNOWN_ANSWER_ERROR: f32 = 0.01;

/// Where the network comes from and what it runs on.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Folder with model.json and weights.bin
    #[arg(long, value_name = "DIR", default_value = "www/model")]
    pub(crate) model: PathBuf,

    /// What the network runs on
    #[arg(long, value_enum, default_value_t)]
    pub(crate) device: Choice,
}

/// A model's folder as it was read; nobody has held the weights against the manifest yet.
pub(crate) struct Files {
    folder: PathBuf,
    /// What `model.json` says.
    pub(crate) manifest: Manifest,
    weights: Vec<u8>,
}

impl Files {
    /// Reads `model.json` and `weights.bin` in `folder`.
    ///
    /// # Errors
    ///
    /// When one is missing or the first is no manifest; the message names the file.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let read = |name: &str| file::read(&folder.join(name)).context("no model there; `train fit` makes one");
        let (json, weights) = (read("model.json")?, read("weights.bin")?);
        let manifest = Manifest::from_json(&json).with_context(|| unusable(folder))?;
        Ok(Self { folder: folder.to_owned(), manifest, weights })
    }

    /// The folder, for people.
    pub(crate) fn name(&self) -> std::path::Display<'_> {
        self.folder.display()
    }

    /// The network on `device`.
    ///
    /// # Errors
    ///
    /// When the two files do not belong together; the message names the folder.
    pub(crate) fn network(&self, device: &Device) -> Result<UNet> {
        self.manifest.load(&self.weights, device).with_context(|| unusable(&self.folder))
    }
}

fn unusable(folder: &Path) -> String {
    format!("cannot use the model in {}", folder.display())
}

/// A network on its device.
#[derive(Debug)]
pub(crate) struct Model {
    segmenter: Segmenter,
    /// The device, for people.
    pub(crate) device: String,
}

impl Model {
    /// Reads the folder and opens the device.
    ///
    /// # Errors
    ///
    /// When a file is missing, the two do not fit together, or the device cannot be had or miscalculates.
    pub(crate) fn load(arguments: &Arguments) -> Result<Self> {
        let files = Files::read(&arguments.model)?;
        let opened = device::open(arguments.device)?;
        let unet = files.network(&opened.device)?;
        let segmenter = Segmenter::new(unet, files.manifest, opened.device.clone());
        if !opened.is_cpu() && !segmenter.manifest().known_answer.is_empty() {
            let error = pollster::block_on(segmenter.known_answer_error())?;
            ensure!(
                error <= KNOWN_ANSWER_ERROR,
                "device {}: it computes this network wrongly, by {error} in probability; try --device cpu",
                opened.name
            );
        }
        Ok(Self { segmenter, device: opened.name })
    }

    /// The network that `manifest` and `weights` make on `device`, which `name` names for people. Who has just made the weights
    /// reads them back by this: what is scored has to be what is written, in half precision.
    ///
    /// # Errors
    ///
    /// When the two do not belong together.
    pub(crate) fn of(manifest: Manifest, weights: &[u8], device: Device, name: String) -> Result<Self> {
        let unet = manifest.load(weights, &device)?;
        Ok(Self { segmenter: Segmenter::new(unet, manifest, device), device: name })
    }

    /// Writes `weights`, those that this network was loaded from, and the manifest with them: what the network makes of the
    /// phantom that everyone has, and its figures.
    ///
    /// # Errors
    ///
    /// When the device fails or a file cannot be written.
    pub(crate) fn write(&self, weights: &[u8], scores: Option<&Scores>, folder: &Path) -> Result<()> {
        let mut manifest = self.manifest().clone();
        manifest.known_answer = pollster::block_on(self.segmenter.known_answer())?;
        manifest.metrics = scores.map(Scores::figures).unwrap_or_default();
        file::write(&folder.join("weights.bin"), weights)?;
        write_json(&folder.join("model.json"), &manifest)
    }

    /// What `model.json` says.
    pub(crate) fn manifest(&self) -> &Manifest {
        self.segmenter.manifest()
    }

    /// The lesion's probability in every pixel of the slices, each on its own grid, normalised by `statistics`.
    ///
    /// `done` is called with the number of slices after every batch of them.
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub(crate) fn probabilities<'a>(
        &self,
        slices: impl IntoIterator<Item = &'a Slice>,
        statistics: &CaseStatistics,
        mut done: impl FnMut(usize),
    ) -> Result<Vec<Probability>> {
        let slices: Vec<&Slice> = slices.into_iter().collect();
        let mut maps = Vec::with_capacity(slices.len());
        for batch in slices.chunks(BATCH) {
            maps.extend(pollster::block_on(self.segmenter.probabilities(batch, statistics))?);
            done(batch.len());
        }
        Ok(maps)
    }
}

/// The git revision of the source, or `unknown`.
pub(crate) fn revision() -> String {
    let output = Command::new("git").args(["rev-parse", "HEAD"]).current_dir(env!("CARGO_MANIFEST_DIR")).output();
    match output {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        _ => "unknown".to_owned(),
    }
}
