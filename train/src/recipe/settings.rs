//! What one source of a recipe sets: a TOML file or the command line.

use std::path::Path;

use anyhow::{Result, anyhow};
use serde::Deserialize;

use super::document::flag_help;
use super::resolved::Recipe;
use crate::data::Augmentation;
use crate::file;

/// The flags that a resumed fit refuses: its checkpoint has the recipe. Of the recipe only `--epochs` may change.
pub(crate) const FIXED_FLAGS: [&str; 19] = [
    "batch",
    "lr",
    "weight_decay",
    "crop",
    "positive_share",
    "single_slice_share",
    "bias",
    "blur",
    "coarse",
    "flair_only_share",
    "strip_share",
    "paste_share",
    "affine_share",
    "bce_weight",
    "ema_decay",
    "widths",
    "stem",
    "no_augmentation",
    "seed",
];

/// The keys that a source sets; the others stay as they are.
#[derive(Clone, Debug, Default, clap::Args, Deserialize)]
#[command(next_help_heading = "Recipe")]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    #[arg(long, value_name = "N", help = flag_help("epochs"))]
    pub(crate) epochs: Option<u64>,

    #[arg(long, value_name = "N", help = flag_help("batch"))]
    batch: Option<usize>,

    #[arg(long, help = flag_help("lr"))]
    lr: Option<f64>,

    #[arg(long, value_name = "DECAY", help = flag_help("weight_decay"))]
    weight_decay: Option<f32>,

    #[arg(long, value_name = "PIXELS", help = flag_help("crop"))]
    crop: Option<usize>,

    #[arg(long, value_name = "FRACTION", help = flag_help("positive_share"))]
    positive_share: Option<f32>,

    #[arg(long, value_name = "FRACTION", help = flag_help("single_slice_share"))]
    single_slice_share: Option<f32>,

    #[arg(long, value_name = "WEIGHT", help = flag_help("bce_weight"))]
    bce_weight: Option<f32>,

    #[arg(long, value_name = "DECAY", help = flag_help("ema_decay"))]
    ema_decay: Option<f64>,

    #[arg(long, help = flag_help("seed"))]
    seed: Option<u64>,

    #[arg(skip)]
    start: Option<String>,

    #[command(flatten)]
    network: NetworkSettings,

    #[command(flatten)]
    augmentation: AugmentationSettings,

    /// Only crop and mirror samples: every amount of augmentation is 0
    #[arg(long, conflicts_with_all = ["bias", "blur", "coarse", "flair_only_share", "strip_share", "paste_share", "affine_share"])]
    #[serde(skip)]
    no_augmentation: bool,
}

#[derive(Clone, Debug, Default, clap::Args, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct NetworkSettings {
    #[arg(long, value_name = "N,…", value_delimiter = ',', help = flag_help("network.widths"))]
    widths: Option<Vec<usize>>,

    #[arg(long, value_name = "PIXELS", help = flag_help("network.stem"))]
    stem: Option<usize>,
}

#[derive(Clone, Debug, Default, clap::Args, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct AugmentationSettings {
    #[arg(skip)]
    rotation: Option<f32>,

    #[arg(skip)]
    scale: Option<f32>,

    #[arg(skip)]
    elastic: Option<f32>,

    #[arg(skip)]
    gain: Option<f32>,

    #[arg(skip)]
    offset: Option<f32>,

    #[arg(skip)]
    gamma: Option<f32>,

    #[arg(skip)]
    noise: Option<f32>,

    #[arg(long, value_name = "LOGARITHM", help = flag_help("augmentation.bias"))]
    bias: Option<f32>,

    #[arg(long, value_name = "PIXELS", help = flag_help("augmentation.blur"))]
    blur: Option<f32>,

    #[arg(long, value_name = "LOGARITHM", help = flag_help("augmentation.coarse"))]
    coarse: Option<f32>,

    #[arg(skip)]
    flair_share: Option<f32>,

    #[arg(long, value_name = "FRACTION", help = flag_help("augmentation.flair_only_share"))]
    flair_only_share: Option<f32>,

    #[arg(long, value_name = "FRACTION", help = flag_help("augmentation.strip_share"))]
    strip_share: Option<f32>,

    #[arg(long, value_name = "FRACTION", help = flag_help("augmentation.paste_share"))]
    paste_share: Option<f32>,

    #[arg(long, value_name = "FRACTION", help = flag_help("augmentation.affine_share"))]
    affine_share: Option<f32>,
}

impl Settings {
    /// Reads a recipe file.
    ///
    /// # Errors
    /// When the file cannot be read, is not TOML, has an unknown key or a value of another type. The message names the file,
    /// the line and what is in it.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let bytes = file::read(path)?;
        let text = String::from_utf8(bytes).map_err(|_| anyhow!("{}: not a text file (UTF-8)", path.display()))?;
        toml::from_str(&text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start).min(text.len());
            let number = text.as_bytes()[..start].iter().filter(|byte| **byte == b'\n').count();
            let line = text.lines().nth(number).unwrap_or_default().trim();
            anyhow!("{}: line {}, `{line}`: {}", path.display(), number + 1, error.message())
        })
    }

    /// Sets the keys in `recipe`.
    pub(crate) fn apply(&self, recipe: &mut Recipe) {
        fn set<T: Clone>(key: &mut T, setting: &Option<T>) {
            if let Some(value) = setting {
                key.clone_from(value);
            }
        }
        set(&mut recipe.epochs, &self.epochs);
        set(&mut recipe.batch, &self.batch);
        set(&mut recipe.lr, &self.lr);
        set(&mut recipe.weight_decay, &self.weight_decay);
        set(&mut recipe.crop, &self.crop);
        set(&mut recipe.positive_share, &self.positive_share);
        set(&mut recipe.single_slice_share, &self.single_slice_share);
        set(&mut recipe.bce_weight, &self.bce_weight);
        set(&mut recipe.ema_decay, &self.ema_decay);
        set(&mut recipe.seed, &self.seed);
        if self.start.is_some() {
            recipe.start.clone_from(&self.start);
        }
        set(&mut recipe.network.widths, &self.network.widths);
        set(&mut recipe.network.stem, &self.network.stem);

        if self.no_augmentation {
            recipe.augmentation = Augmentation::none();
        }
        let (augmentation, settings) = (&mut recipe.augmentation, &self.augmentation);
        set(&mut augmentation.rotation, &settings.rotation);
        set(&mut augmentation.scale, &settings.scale);
        set(&mut augmentation.elastic, &settings.elastic);
        set(&mut augmentation.gain, &settings.gain);
        set(&mut augmentation.offset, &settings.offset);
        set(&mut augmentation.gamma, &settings.gamma);
        set(&mut augmentation.noise, &settings.noise);
        set(&mut augmentation.bias, &settings.bias);
        set(&mut augmentation.blur, &settings.blur);
        set(&mut augmentation.coarse, &settings.coarse);
        set(&mut augmentation.flair_share, &settings.flair_share);
        set(&mut augmentation.flair_only_share, &settings.flair_only_share);
        set(&mut augmentation.strip_share, &settings.strip_share);
        set(&mut augmentation.paste_share, &settings.paste_share);
        set(&mut augmentation.affine_share, &settings.affine_share);
    }
}
