//! The folder of a model ↔ a network that is ready to run.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use burn::module::Module as _;
use burn::tensor::Device;
use glioscope::mask::Probability;
use glioscope::network::burn::{FormerModel, UNet, read_former};
use glioscope::network::preprocess::CaseStatistics;
use glioscope::network::segmenter::Backend;
use glioscope::network::{Card, FoldedUNet, Manifest, Segmenter};
use glioscope::read::Slice;

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
#[group(id = "model_arguments")]
pub(crate) struct Arguments {
    /// Folder of the model
    #[arg(long, value_name = "DIR", default_value = "www/model")]
    pub(crate) model: PathBuf,

    /// Device to run the network on
    #[arg(long, value_enum, default_value_t)]
    pub(crate) device: Choice,
}

/// A model's folder: `model.json`, `card.json`, `weights.safetensors` and `network.safetensors`; or, in the former format,
/// `model.json` and `weights.bin`.
pub(crate) struct Files {
    folder: PathBuf,
    /// What is needed to run the network.
    pub(crate) manifest: Manifest,
    /// How it was fitted and how well it does.
    pub(crate) card: Card,
    /// The network for inference.
    pub(crate) network: FoldedUNet,
    unfolded: Unfolded,
}

/// Where the network to fit on is.
enum Unfolded {
    File(PathBuf),
    /// From the former format.
    Read(Box<UNet>),
}

impl Files {
    /// Reads the model in `folder`.
    ///
    /// # Errors
    ///
    /// When a file is missing or the files do not belong together; the message names the file or the folder.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let read = |name: &str| file::read(&folder.join(name)).context("no model here; `train fit` makes one");
        let json = read("model.json")?;
        if !folder.join("weights.safetensors").exists() && folder.join("weights.bin").exists() {
            let former =
                read_former(&json, &read("weights.bin")?, &Device::flex()).with_context(|| unusable(folder))?;
            let FormerModel { unet, manifest, card, weights } = former;
            let network = manifest.load(&weights).with_context(|| unusable(folder))?;
            let unfolded = Unfolded::Read(Box::new(unet));
            return Ok(Self { folder: folder.to_owned(), manifest, card, network, unfolded });
        }
        let manifest = Manifest::from_json(&json).with_context(|| unusable(folder))?;
        let card = Card::from_json(&read("card.json")?).with_context(|| unusable(folder))?;
        let network = manifest.load(&read("weights.safetensors")?).with_context(|| unusable(folder))?;
        let unfolded = Unfolded::File(folder.join("network.safetensors"));
        Ok(Self { folder: folder.to_owned(), manifest, card, network, unfolded })
    }

    /// The folder, to be displayed.
    pub(crate) fn name(&self) -> std::path::Display<'_> {
        self.folder.display()
    }

    /// The network to fit on, on `device`.
    ///
    /// # Errors
    ///
    /// When `network.safetensors` is missing or is not the unfolded network of `weights.safetensors`; the message names the
    /// folder.
    pub(crate) fn unfolded(&self, device: &Device) -> Result<UNet> {
        match &self.unfolded {
            Unfolded::Read(unet) => Ok(unet.as_ref().clone().fork(device)),
            Unfolded::File(path) => {
                let bytes = file::read(path).context("a fit cannot start from this model")?;
                let unet = UNet::from_safetensors(&self.manifest.network, &bytes, device);
                let unet = unet.with_context(|| unusable(&self.folder))?;
                let folded = unet.fold();
                // Weights of the former version have the kernels in half precision, as this file has them.
                let stored = FoldedUNet::from_safetensors(&self.manifest.network, &folded.to_safetensors())?;
                ensure!(
                    stored == self.network || folded == self.network,
                    "{}: it is not the unfolded network of the weights beside it",
                    path.display()
                );
                Ok(unet)
            }
        }
    }
}

/// Checks that a model can be written to `folder`: a fit there could not be resumed with the weights of another model.
///
/// # Errors
///
/// When the folder has a checkpoint.
pub(crate) fn ensure_no_fit(folder: &Path) -> Result<()> {
    let checkpoint = folder.join("checkpoint.bin");
    ensure!(!checkpoint.exists(), "{} exists: choose another --out to keep this fit", checkpoint.display());
    Ok(())
}

fn unusable(folder: &Path) -> String {
    format!("cannot use the model in {}", folder.display())
}

/// A network on its device.
#[derive(Debug)]
pub(crate) struct Model {
    segmenter: Segmenter,
    /// How it was fitted and how well it does.
    pub(crate) card: Card,
    /// The device, for messages.
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
        let segmenter = Segmenter::new(&files.network, files.manifest, opened.backend());
        if !opened.is_cpu() {
            let error = pollster::block_on(segmenter.known_answer_error())?;
            ensure!(
                error <= KNOWN_ANSWER_ERROR,
                "device {}: wrong result for this network, off by {error} in probability; try --device cpu",
                opened.name
            );
        }
        Ok(Self { segmenter, card: files.card, device: opened.name })
    }

    /// The network of `weights`, the bytes of `weights.safetensors`, on `backend`, which `device` names. A network that was just
    /// fitted is read back by this: what is scored is what is written, with eight bits a weight.
    ///
    /// # Errors
    ///
    /// When `manifest` and `weights` do not belong together.
    pub(crate) fn of(manifest: Manifest, card: Card, weights: &[u8], backend: Backend, device: String) -> Result<Self> {
        let network = manifest.load(weights)?;
        Ok(Self { segmenter: Segmenter::new(&network, manifest, backend), card, device })
    }

    /// Writes the model's folder: `weights`, from which this network was loaded, `unet`, whose folded form they are, and the
    /// known answer and figures of this network. Without `unet` no fit can start from the model. Without `scores` the card keeps
    /// its figures.
    ///
    /// # Errors
    ///
    /// When the device fails or a file cannot be written.
    pub(crate) fn write(
        &self,
        weights: &[u8],
        unet: Option<&UNet>,
        scores: Option<&Scores>,
        folder: &Path,
    ) -> Result<()> {
        let known_answer = pollster::block_on(self.segmenter.known_answer())?;
        let manifest = Manifest { known_answer, ..self.manifest().clone() };
        manifest.validate()?;
        let metrics = scores.map_or_else(|| self.card.metrics.clone(), Scores::figures);
        let card = Card { metrics, ..self.card.clone() };
        file::write(&folder.join("weights.safetensors"), weights)?;
        let unfolded = folder.join("network.safetensors");
        match unet {
            Some(unet) => file::write(&unfolded, &unet.to_safetensors())?,
            None => file::remove(&unfolded)?,
        }
        write_json(&folder.join("card.json"), &card)?;
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
