//! The folder of a model ↔ a network that is ready to run.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use burn::module::Module as _;
use burn::tensor::Device;
use glioscope::mask::Probability;
use glioscope::network::burn::{FormerModel, UNet, read_former};
use glioscope::network::preprocess::CaseStatistics;
use glioscope::network::segmenter::Backend;
use glioscope::network::{Card, FoldedUNet, Manifest, Segmenter};
use glioscope::read::Slice;
use glioscope::result::findings::Findings;

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
    /// Folder of the model [default: the published model, which is part of this program]
    #[arg(long, value_name = "DIR")]
    pub(crate) model: Option<PathBuf>,

    /// Device to run the network on
    #[arg(long, value_enum, default_value_t)]
    pub(crate) device: Choice,
}

/// The published model, so that the program works in every folder. The network to fit on is not part of it.
pub(crate) mod published {
    pub(crate) const MANIFEST: &[u8] = include_bytes!("../../www/model/model.json");
    pub(super) const CARD: &[u8] = include_bytes!("../../www/model/card.json");
    pub(super) const WEIGHTS: &[u8] = include_bytes!("../../www/model/weights.safetensors");
}

/// The name of a model for people: its folder, or that it is the published one.
pub(crate) fn name(folder: Option<&Path>) -> String {
    folder.map_or_else(|| "published".to_owned(), |folder| folder.display().to_string())
}

/// A model's folder: `model.json`, `card.json`, `weights.safetensors` and `network.safetensors`; or, in the former format,
/// `model.json` and `weights.bin`.
pub(crate) struct Files {
    name: String,
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
    /// The published model, which is part of the program.
    Absent,
}

impl Files {
    /// Reads the model in `folder`, or takes the published one.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub(crate) fn of(folder: Option<&Path>) -> Result<Self> {
        let Some(folder) = folder else {
            return Self::parse(name(None), published::MANIFEST, published::CARD, published::WEIGHTS, Unfolded::Absent);
        };
        Self::read(folder)
    }

    /// Reads the model in `folder`.
    ///
    /// # Errors
    ///
    /// When a file is missing or the files do not belong together; the message names the file or the folder.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let read = |name: &str| file::read(&folder.join(name)).context("no model here; `train fit` makes one");
        let name = name(Some(folder));
        let json = read("model.json")?;
        if !folder.join("weights.safetensors").exists() && folder.join("weights.bin").exists() {
            let former = read_former(&json, &read("weights.bin")?, &Device::flex()).with_context(|| unusable(&name))?;
            let FormerModel { unet, manifest, card, weights } = former;
            let network = manifest.load(&weights).with_context(|| unusable(&name))?;
            let unfolded = Unfolded::Read(Box::new(unet));
            return Ok(Self { name, manifest, card, network, unfolded });
        }
        let unfolded = Unfolded::File(folder.join("network.safetensors"));
        Self::parse(name, &json, &read("card.json")?, &read("weights.safetensors")?, unfolded)
    }

    fn parse(name: String, json: &[u8], card: &[u8], weights: &[u8], unfolded: Unfolded) -> Result<Self> {
        let manifest = Manifest::from_json(json).with_context(|| unusable(&name))?;
        let card = Card::from_json(card).with_context(|| unusable(&name))?;
        let network = manifest.load(weights).with_context(|| unusable(&name))?;
        Ok(Self { name, manifest, card, network, unfolded })
    }

    /// The name, for messages.
    pub(crate) fn name(&self) -> &str {
        &self.name
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
            Unfolded::Absent => bail!("the program has no network to fit on; give a folder with network.safetensors"),
            Unfolded::File(path) => {
                let bytes = file::read(path).context("a fit cannot start from this model")?;
                let unet = UNet::from_safetensors(&self.manifest.network, &bytes, device);
                let unet = unet.with_context(|| unusable(&self.name))?;
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

fn unusable(name: &str) -> String {
    format!("cannot use the model {name}")
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
        let files = Files::of(arguments.model.as_deref())?;
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

    /// The network, for the input check.
    pub(crate) fn segmenter(&self) -> &Segmenter {
        &self.segmenter
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
        done: impl FnMut(usize),
    ) -> Result<Vec<Probability>> {
        probabilities(&self.segmenter, slices, statistics, done)
    }
}

/// Segments all slices of a case.
///
/// # Errors
///
/// When the device fails or gives a value that is not finite. The message has the case.
pub(crate) fn segment(segmenter: &Segmenter, findings: &mut Findings) -> Result<()> {
    let slices = findings.case().slices.iter().map(|entry| &entry.slice);
    let maps = probabilities(segmenter, slices, findings.statistics(), |_| ());
    let maps = maps.with_context(|| findings.case().name.clone())?;
    maps.into_iter().enumerate().for_each(|(index, map)| findings.keep(index, map));
    Ok(())
}

fn probabilities<'a>(
    segmenter: &Segmenter,
    slices: impl IntoIterator<Item = &'a Slice>,
    statistics: &CaseStatistics,
    mut done: impl FnMut(usize),
) -> Result<Vec<Probability>> {
    let slices: Vec<&Slice> = slices.into_iter().collect();
    let mut maps = Vec::with_capacity(slices.len());
    for batch in slices.chunks(BATCH) {
        maps.extend(pollster::block_on(segmenter.probabilities(batch, statistics))?);
        done(batch.len());
    }
    Ok(maps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_model_is_complete_except_for_the_network_to_fit_on() -> Result<()> {
        let files = Files::of(None)?;
        assert_eq!(files.name(), "published");
        assert!(!files.card.metrics.is_empty());
        let Err(error) = files.unfolded(&Device::flex()) else { bail!("it has no such network") };
        assert!(error.to_string().contains("network.safetensors"), "{error}");
        Ok(())
    }
}
