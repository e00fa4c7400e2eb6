//! The folder of a model ↔ a network that is ready to run.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use burn::tensor::Device;
use glioscope::image::Slice;
use glioscope::normalize::CaseStatistics;
use glioscope::probability::Probability;
use glioscope::segmenter::Segmenter;
use glioscope::unet::UNet;
use glioscope::weights::Manifest;

use crate::device::{self, Choice};
use crate::file;
use crate::metrics::Scores;
use crate::report::write_json;

/// Slices in a batch: enough to keep every core busy, few enough for any memory.
pub(crate) const BATCH: usize = 8;

/// The git revision that this binary was built from, with `-dirty` after changes; `unknown` outside a checkout. `build.rs`
/// sets it.
pub(crate) const REVISION: &str = env!("GLIOSCOPE_REVISION");

/// The largest difference in probability between a GPU and the CPU. Rounding stays far below it; a miscompiled kernel is far
/// above.
const KNOWN_ANSWER_ERROR: f32 = 0.01;

/// A model and its device.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Folder with model.json and weights.bin
    #[arg(long, value_name = "DIR", default_value = "www/model")]
    pub(crate) model: PathBuf,

    /// Device to run the network on
    #[arg(long, value_enum, default_value_t)]
    pub(crate) device: Choice,
}

/// The folder of a model as it was read. The weights are not yet checked against the manifest.
pub(crate) struct Files {
    folder: PathBuf,
    /// The content of `model.json`.
    pub(crate) manifest: Manifest,
    weights: Vec<u8>,
}

impl Files {
    /// Reads `model.json` and `weights.bin` in `folder`.
    ///
    /// # Errors
    ///
    /// When one is missing or the manifest is invalid. The message has the file.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let read = |name: &str| file::read(&folder.join(name)).context("no model here; `train fit` makes one");
        let (json, weights) = (read("model.json")?, read("weights.bin")?);
        let manifest = Manifest::from_json(&json).with_context(|| unusable(folder))?;
        Ok(Self { folder: folder.to_owned(), manifest, weights })
    }

    /// The folder, for messages.
    pub(crate) fn name(&self) -> std::path::Display<'_> {
        self.folder.display()
    }

    /// The network on `device`.
    ///
    /// # Errors
    ///
    /// When the two files do not match. The message has the folder.
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
    /// The device, for messages.
    pub(crate) device: String,
}

impl Model {
    /// Reads the folder and opens the device.
    ///
    /// # Errors
    ///
    /// When a file is missing, the two do not match, or the device is not available or calculates wrong values.
    pub(crate) fn load(arguments: &Arguments) -> Result<Self> {
        let files = Files::read(&arguments.model)?;
        let opened = device::open(arguments.device)?;
        let unet = files.network(&opened.device)?;
        let segmenter = Segmenter::new(unet, files.manifest, opened.device.clone());
        if !opened.is_cpu() && !segmenter.manifest().known_answer.is_empty() {
            let error = pollster::block_on(segmenter.known_answer_error())?;
            ensure!(
                error <= KNOWN_ANSWER_ERROR,
                "device {}: wrong result for this network, off by {error} in probability; try --device cpu",
                opened.name
            );
        }
        Ok(Self { segmenter, device: opened.name })
    }

    /// The network of `manifest` and `weights` on `device`, whose `name` is for messages. A fit reads its own weights back with
    /// it, so that the scored model is the one that is written, in half precision.
    ///
    /// # Errors
    ///
    /// When the two do not match.
    pub(crate) fn of(manifest: Manifest, weights: &[u8], device: Device, name: String) -> Result<Self> {
        let unet = manifest.load(weights, &device)?;
        Ok(Self { segmenter: Segmenter::new(unet, manifest, device), device: name })
    }

    /// Writes `weights`, which this network was loaded from, and the manifest with the known answer and the metrics.
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

    /// The content of `model.json`.
    pub(crate) fn manifest(&self) -> &Manifest {
        self.segmenter.manifest()
    }

    /// The probability of a lesion in every pixel of the slices, each on its own grid. `statistics` normalise the slices.
    ///
    /// `done` is called after every batch with its number of slices.
    ///
    /// # Errors
    ///
    /// When the device fails or gives a value that is not finite.
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
