//! `train`: fits glioscope's U-Net, evaluates it and runs it, natively.
//!
//! Everything that turns a file into a mask is the library's; here are the disk, the optimiser and the printing.
//! Exit codes: 0 done, 1 something failed and was named on stderr, 2 the arguments made no sense.

#![allow(unreachable_pub, reason = "a program exports nothing: `pub` tells what a module is for from how it does it")]

mod augment;
mod average;
mod batches;
mod bench;
mod checkpoint;
mod data;
mod dataset;
mod device;
mod evaluate;
mod export;
mod file;
mod fit;
mod held_out;
mod history;
mod loss;
mod model;
mod output;
mod paste;
mod phantom;
mod progress;
mod recipe;
mod reliability;
mod report;
mod score;
#[cfg(test)]
mod scratch;
mod segment;
mod split;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// A step of a fit allocates and frees hundreds of tensors of megabytes. glibc hands each back to the kernel, which has to
/// tell all threads, and to clear the pages when they are asked for again: on two cores a step takes 0.43 s with this
/// allocator where it took 0.52 s, and 0.37 s where it keeps what is freed (`.cargo/config.toml`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Fits, evaluates and runs glioscope's U-Net, which outlines gliomas on brain MRI slices.
///
/// Research use only: this is no medical device, and its masks are no diagnosis.
#[derive(Debug, Parser)]
#[command(name = "train", version, propagate_version = true, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Fit a network on a dataset of slices and masks
    Fit(fit::Arguments),
    /// Average the weights of several models into one
    Average(average::Arguments),
    /// Score a network against the masks of a dataset
    Evaluate(evaluate::Arguments),
    /// Draw masks for slices, a stack or whole folders of them
    Segment(segment::Arguments),
    /// Make up a dataset: synthetic heads with lesions whose masks are exact
    Phantom(phantom::Arguments),
    /// Write a network as safetensors, for other runtimes
    Export(export::Arguments),
    /// Time fitting steps and slices on this machine
    Bench(bench::Arguments),
}

const EXAMPLES: &str = "\
Examples, from nothing to a mask:
  train phantom --out phantoms --patients 6 --seed 1
        writes six synthetic patients in the dataset's layout
  train fit --data phantoms --out model
        fits a network on them; Ctrl-C saves, --resume goes on
  train evaluate --data phantoms --model model
        prints Dice patient by patient; without --model it scores the shipped network
  train segment phantoms --out masks
        writes <stem>_mask.tif for every slice, volumes, a table and a report

A dataset has one folder a patient, kaggle_3m/<patient>/<patient>_<n>.tif, with
a mask beside every slice, <patient>_<n>_mask.tif.
`train <command> --help` says more.";

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {}", one_line(&error));
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Fit(arguments) => fit::run(arguments).map(|()| ExitCode::SUCCESS),
        Command::Average(arguments) => average::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Evaluate(arguments) => evaluate::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Segment(arguments) => segment::run(&arguments),
        Command::Phantom(arguments) => phantom::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Export(arguments) => export::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Bench(arguments) => bench::run(&arguments).map(|()| ExitCode::SUCCESS),
    }
}

/// An error and its causes in one line. A cause that the text before it ends with already is not said twice: many
/// errors both print their source and give it.
fn one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain() {
        let cause = cause.to_string().replace('\n', " ");
        if line.is_empty() {
            line = cause;
        } else if !line.ends_with(&cause) {
            line = format!("{line}: {cause}");
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_are_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn an_error_is_one_line_and_says_nothing_twice() {
        let error = anyhow!("no space left").context("cannot write a.tif: no space left").context("while\nsaving");
        assert_eq!(one_line(&error), "while saving: cannot write a.tif: no space left");
    }
}
