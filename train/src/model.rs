//! A model's folder → a network ready to run.

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use glioscope::image::Slice;
use glioscope::normalize::CaseStatistics;
use glioscope::probability::Probability;
use glioscope::segmenter::Segmenter;
use glioscope::weights::Manifest;

use crate::device::{self, Choice};
use crate::file;

/// Slices that go through the network at once: enough to keep every core busy, few enough for any memory.
const BATCH: usize = 8;

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
        let read = |name: &str| {
            file::read(&arguments.model.join(name))
                .context("no model; `train fit` makes one, and --model names its folder")
        };
        let (manifest, weights) = (read("model.json")?, read("weights.bin")?);
        let opened = device::open(arguments.device)?;
        let segmenter = Segmenter::load(&manifest, &weights, opened.device.clone())
            .with_context(|| format!("cannot use the model in {}", arguments.model.display()))?;
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

    /// A network at hand; `device` names what it runs on.
    pub(crate) fn new(segmenter: Segmenter, device: String) -> Self {
        Self { segmenter, device }
    }

    /// What the network makes of the phantom that everyone has.
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub(crate) fn known_answer(&self) -> Result<Vec<f32>> {
        Ok(pollster::block_on(self.segmenter.known_answer())?)
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
