//! `train phantom`: a synthetic dataset on disk.

use std::path::PathBuf;

use anyhow::{Result, bail};
use glioscope::layout::CaseSlice;
use glioscope::phantom::PhantomConfig;
use glioscope::write::{mask_name, mask_tiff, slice_tiff};

use crate::file;
use crate::progress;
use crate::report;

/// Make up a dataset: synthetic heads with lesions whose masks are exact
///
/// Heads with skull, grey and white matter, ventricles, a bias field and Rician noise, in three contrasts
/// (pre-contrast, FLAIR, post-contrast). The same seed gives the same bytes on every machine. A network that is fitted
/// on phantoms has learnt phantoms: they show that the program works, not how well it does on people.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Example:
  train phantom --out phantoms --patients 6 --seed 1
        writes phantoms/PHANTOM_0001/PHANTOM_0001_1.tif and so on, each with its _mask.tif")]
pub(crate) struct Arguments {
    /// Folder to write to; it has to be empty or new
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// How many patients
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=9999))]
    patients: u32,

    /// What the random numbers start from
    #[arg(long, default_value_t = 0)]
    seed: u64,

    /// How many slices each patient has, 12 to 512
    #[arg(long, value_name = "N", default_value_t = 24, value_parser = clap::value_parser!(u16).range(12..=512))]
    slices: u16,
}

/// Runs the command.
///
/// # Errors
///
/// When the folder holds something already, or cannot be written; the message names the path.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    file::create_folder(&arguments.out)?;
    let there = file::list(&arguments.out)?;
    if let Some(first) = there.folders.first().or(there.files.first()) {
        // Slices of two runs in one folder would pass for one patient.
        bail!("{}: not empty, {} is there; choose another folder", arguments.out.display(), first.display());
    }
    let bar = progress::bar(arguments.patients as usize, "patients");
    let mut positive = 0;
    for patient in 1..=arguments.patients {
        let config =
            PhantomConfig { seed: arguments.seed, patient, slices: arguments.slices.into(), ..Default::default() };
        for CaseSlice { slice, reference } in config.case().slices {
            let path = arguments.out.join(slice.name());
            file::write(&path, &slice_tiff(&slice))?;
            if let Some(mask) = reference {
                positive += usize::from(!mask.is_empty());
                file::write(&arguments.out.join(mask_name(slice.name())), &mask_tiff(&mask))?;
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let slices = arguments.patients * u32::from(arguments.slices);
    report::print(&format!(
        "{} patients, {slices} slices, {positive} with lesion, in {}\n",
        arguments.patients,
        arguments.out.display()
    ))
}
