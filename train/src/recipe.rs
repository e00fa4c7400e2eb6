//! What decides the outcome of a fit.

use anyhow::{Result, ensure};
use glioscope::network::UNetConfig;
use serde::{Deserialize, Serialize};

use crate::augment::Augmentation;

/// Without `--epochs`.
const EPOCHS: u64 = 60;

/// Side of the network's grid, pixels: the dataset's own.
pub(crate) const GRID: usize = 256;

/// What a checkpoint decides, not the command line that goes on from it: the names of [`Arguments`] but `epochs`.
pub(crate) const NAMES: [&str; 14] = [
    "batch", "rate", "decay", "crop", "positive", "alone", "paste", "warp", "entropy", "average", "widths", "stem",
    "plain", "seed",
];

#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Recipe")]
pub(crate) struct Arguments {
    /// Epochs; an epoch draws as many samples as there are slices to fit on. With --resume it changes the plan, and the
    /// learning rate follows the new one [default: 60]
    #[arg(long)]
    pub(crate) epochs: Option<u64>,

    /// Samples in a batch
    #[arg(long, default_value_t = 16)]
    batch: usize,

    /// Highest learning rate: reached after 3 % of the steps, falling to 0 along a cosine
    #[arg(long, default_value_t = 2e-3)]
    rate: f64,

    /// Decoupled weight decay
    #[arg(long, default_value_t = 1e-2)]
    decay: f32,

    /// Pixels on a side of a sample, a multiple of 32 with the default network
    #[arg(long, default_value_t = 192)]
    crop: usize,

    /// Share of samples that show a lesion, before any is pasted
    #[arg(long, default_value_t = 0.6)]
    positive: f32,

    /// Share of samples normalised by their own slice alone
    #[arg(long, default_value_t = 0.25)]
    alone: f32,

    /// Share of samples into which a lesion of another slice is pasted
    #[arg(long, default_value_t = Augmentation::default().paste, conflicts_with = "plain")]
    paste: f32,

    /// Share of samples that are turned, scaled and bent; the others are moved by whole pixels
    #[arg(long, default_value_t = Augmentation::default().warp, conflicts_with = "plain")]
    warp: f32,

    /// Weight of the binary cross-entropy in the loss, beside 1 minus the soft Dice of the batch; 0 leaves the Dice alone
    #[arg(long, default_value_t = 1.0)]
    entropy: f32,

    /// Weight of the past in the moving average of the weights; 0 takes the latest ones
    #[arg(long, default_value_t = 0.998)]
    average: f64,

    /// Feature maps at each depth
    #[arg(long, value_delimiter = ',', default_values_t = UNetConfig::default().widths)]
    widths: Vec<usize>,

    /// Pixels on a side that the stem folds into channels
    #[arg(long, default_value_t = UNetConfig::default().stem)]
    stem: usize,

    /// Vary samples by nothing but position, in whole pixels, and paste nothing
    #[arg(long)]
    plain: bool,

    /// Draws the split, the first weights and every sample
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What decides the outcome of a fit; saved in checkpoint and `model.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Recipe {
    /// The network.
    pub(crate) network: UNetConfig,
    /// SHA-256 of the weights that it began with, where they were not drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) start: Option<String>,
    /// Epochs; one draws as many samples as there are slices.
    pub(crate) epochs: u64,
    /// Samples in a batch.
    pub(crate) batch: usize,
    /// Highest learning rate.
    pub(crate) rate: f64,
    /// Decoupled weight decay.
    pub(crate) decay: f32,
    /// Pixels on a side of a sample.
    pub(crate) crop: usize,
    /// Share of samples that show a lesion, before any is pasted.
    pub(crate) positive: f32,
    /// Share of samples normalised by their own slice alone.
    pub(crate) alone: f32,
    /// Weight of the binary cross-entropy in the loss; 1 in recipes that are older than it.
    #[serde(default = "one")]
    pub(crate) entropy: f32,
    /// Weight of the past in the moving average.
    pub(crate) average: f64,
    /// How samples are varied.
    pub(crate) augmentation: Augmentation,
    /// Draws the split, the first weights and every sample.
    pub(crate) seed: u64,
}

fn one() -> f32 {
    1.0
}

impl Recipe {
    /// The recipe that was asked for.
    ///
    /// # Errors
    /// When the network cannot be, a number is out of range, or the crop does not fit the network; with the values.
    pub(crate) fn new(arguments: &Arguments) -> Result<Self> {
        let network = UNetConfig { widths: arguments.widths.clone(), stem: arguments.stem };
        network.validate()?;
        let multiple = network.multiple();
        let Arguments { crop, batch, rate, decay, entropy, .. } = *arguments;
        let epochs = arguments.epochs.unwrap_or(EPOCHS);
        ensure!(crop > 0 && crop.is_multiple_of(multiple), "--crop is {crop}, expected a multiple of {multiple}");
        ensure!(
            GRID.is_multiple_of(multiple),
            "the network halves {GRID} pixels too often: it needs a multiple of {multiple}"
        );
        ensure!(batch > 0 && epochs > 0, "--batch is {batch} and --epochs {epochs}, expected at least 1 each");
        let shares = [
            ("--positive", arguments.positive),
            ("--alone", arguments.alone),
            ("--paste", arguments.paste),
            ("--warp", arguments.warp),
        ];
        for (name, share) in shares {
            ensure!((0.0..=1.0).contains(&share), "{name} is {share}, expected a share from 0 to 1");
        }
        ensure!(rate.is_finite() && rate > 0.0, "--rate is {rate}, expected a number above 0");
        ensure!(decay.is_finite() && decay >= 0.0, "--decay is {decay}, expected a number from 0 on");
        ensure!(entropy.is_finite() && entropy >= 0.0, "--entropy is {entropy}, expected a number from 0 on");
        ensure!((0.0..1.0).contains(&arguments.average), "--average is {}, expected 0 to below 1", arguments.average);
        let varied = Augmentation { paste: arguments.paste, warp: arguments.warp, ..Augmentation::default() };
        Ok(Self {
            network,
            start: None,
            epochs,
            batch,
            rate,
            decay,
            crop,
            positive: arguments.positive,
            alone: arguments.alone,
            entropy,
            average: arguments.average,
            augmentation: if arguments.plain { Augmentation::none() } else { varied },
            seed: arguments.seed,
        })
    }

    /// The learning rate of a step: a straight warm-up over 3 % of all steps, then half a cosine down to 0.
    pub(crate) fn rate(&self, step: u64, total: u64) -> f64 {
        let warm_up = (total as f64 * 0.03).max(1.0);
        let step = step as f64;
        if step < warm_up {
            return self.rate * (step + 1.0) / (warm_up + 1.0);
        }
        let done = (step - warm_up) / (total as f64 - warm_up).max(1.0);
        self.rate * 0.5 * (1.0 + (done * std::f64::consts::PI).cos())
    }

    /// Weight of the past in the moving average: never above `(1 + step) / (10 + step)`, so that the random start is
    /// soon forgotten (as TensorFlow's ExponentialMovingAverage does).
    pub(crate) fn average(&self, step: u64) -> f64 {
        self.average.min((1 + step) as f64 / (10 + step) as f64)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn recipe(line: &[&str]) -> Result<Recipe> {
        Recipe::new(&Line::try_parse_from([&["fit"], line].concat())?.arguments)
    }

    #[test]
    fn the_rate_rises_and_falls_to_nothing() -> Result<()> {
        let recipe = recipe(&["--rate", "1"])?;
        let rates: Vec<f64> = (0..1000).map(|step| recipe.rate(step, 1000)).collect();
        let highest = rates.iter().copied().fold(0.0, f64::max);
        assert!((0.99..=1.0).contains(&highest) && rates[0] < 0.05 && rates[999] < 1e-4);
        assert!(rates[..30].is_sorted() && rates[31..].is_sorted_by(|a, b| a >= b));
        Ok(())
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_value() -> Result<()> {
        recipe(&[])?;
        for line in [
            ["--crop", "200"],
            ["--widths", "0"],
            ["--stem", "3"],
            ["--batch", "0"],
            ["--positive", "1.5"],
            ["--paste", "2"],
            ["--warp", "1.1"],
        ] {
            let error = recipe(&line).map(|_| ()).expect_err(line[0]);
            assert!(error.to_string().contains(line[1]), "{error}");
        }
        for (name, value) in [
            ("--rate", "0"),
            ("--rate", "-0.001"),
            ("--rate", "inf"),
            ("--rate", "NaN"),
            ("--decay", "-0.01"),
            ("--decay", "inf"),
            ("--decay", "NaN"),
            ("--entropy", "-1"),
            ("--entropy", "NaN"),
        ] {
            // With a sign in front it would be taken for another option.
            let error = recipe(&[format!("{name}={value}").as_str()]).map(|_| ()).expect_err(name);
            assert!(error.to_string().contains(&format!("{name} is {value}, ")), "{error}");
        }
        recipe(&["--decay", "0"])?;
        Ok(())
    }
}
