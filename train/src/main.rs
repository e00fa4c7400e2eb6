//! `train`: fits, evaluates and runs glioscope's U-Net natively.
//!
//! The library turns files into masks. This program adds the disk, the optimiser and the output.
//! Exit codes: 0 success, 1 an error (on stderr), 2 invalid arguments, 130 a fit that a signal has stopped.

#![allow(rustdoc::invalid_html_tags, reason = "clap prints the doc comments of arguments, with `<stem>` and the like")]

mod average;
mod bench;
mod calibrate;
mod cross_validate;
mod data;
mod device;
mod evaluate;
mod export;
mod file;
mod fit;
mod fit_check;
mod held_out;
mod import;
mod input;
mod inspect;
mod merge;
mod metrics;
mod model;
mod output;
mod phantom;
mod progress;
mod recipe;
mod report;
mod segment;
mod weights;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// A step of a fit allocates and frees hundreds of tensors of megabytes. glibc returns each to the kernel, which has to notify
/// all threads and to clear the pages for the next use. On two cores a step takes 0.52 s with glibc, 0.43 s with this
/// allocator, and 0.37 s if the allocator keeps freed memory (`.cargo/config.toml`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Fit, evaluate and run glioscope's U-Net, which outlines gliomas on brain MRI.
///
/// Research use only: not a medical device, and not for diagnosis.
#[derive(Debug, Parser)]
#[command(name = "train", version = VERSION, propagate_version = true, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Fit a network to a dataset of slices and masks
    Fit(fit::Arguments),
    /// Fit a recipe to several folds and score every patient by a network that has not seen it
    CrossValidate(cross_validate::Arguments),
    /// Fit the input check of a model
    FitCheck(fit_check::Arguments),
    /// Calibrate the probabilities of a model, and predict its Dice
    Calibrate(calibrate::Arguments),
    /// Average the weights of several models into one
    Average(average::Arguments),
    /// Score a model against the references of a dataset
    Evaluate(evaluate::Arguments),
    /// Print what slices, stacks and folders are read as
    Inspect(inspect::Arguments),
    /// Segment slices, stacks and folders
    Segment(segment::Arguments),
    /// Join the tables of `train segment --shard`
    Merge(merge::Arguments),
    /// Generate a synthetic dataset with exact masks
    Phantom(phantom::Arguments),
    /// Export a network as safetensors or ONNX for other runtimes
    Export(export::Arguments),
    /// Read the weights of an exported network back
    Import(import::Arguments),
    /// Time steps of a fit and slices on this machine
    Bench(bench::Arguments),
}

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("GLIOSCOPE_REVISION"), ")");

const EXAMPLES: &str = "\
Examples:
  # Generate a dataset of six synthetic patients
  $ train phantom --out phantoms --patients 6 --seed 1

  # Fit a network to it; Ctrl-C saves a checkpoint, --resume continues
  $ train fit --data phantoms --out model

  # Score the network; without --model, score the shipped one
  $ train evaluate --data phantoms --model model

  # Print what a folder is read as
  $ train inspect phantoms

  # Segment slices: <stem>_mask.tif for each, volumes, a table and a report
  $ train segment phantoms --out masks

A dataset has one folder per patient, with a mask for every slice:
  kaggle_3m/<patient>/<patient>_<n>.tif
  kaggle_3m/<patient>/<patient>_<n>_mask.tif

Use `train <command> --help` for more about a command.";

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {}", report::one_line(&error));
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Fit(arguments) => fit::run(arguments),
        Command::CrossValidate(arguments) => cross_validate::run(&arguments),
        Command::FitCheck(arguments) => fit_check::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Calibrate(arguments) => calibrate::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Average(arguments) => average::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Evaluate(arguments) => evaluate::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Segment(arguments) => segment::run(&arguments),
        Command::Merge(arguments) => merge::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Phantom(arguments) => phantom::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Export(arguments) => export::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Import(arguments) => import::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Bench(arguments) => bench::run(&arguments).map(|()| ExitCode::SUCCESS),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_are_well_formed() {
        Cli::command().debug_assert();
    }
}
