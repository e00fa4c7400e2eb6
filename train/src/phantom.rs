//! `train phantom`: writes a synthetic dataset.

use std::path::PathBuf;

use anyhow::{Result, bail};
use glioscope::layout::CaseSlice;
use glioscope::phantom::PhantomConfig;
use glioscope::write::{mask_name, mask_tiff, slice_tiff};

use crate::file;
use crate::progress;
use crate::report;

/// Generate a synthetic dataset with exact masks
///
/// Synthetic heads have a skull, grey and white matter, ventricles, lesions, a bias field and Rician noise, in three contrasts
/// (pre-contrast, FLAIR, post-contrast). The same seed gives the same bytes on every machine. Phantoms test the program; they
/// do not tell how well a network works on patients.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  # Write phantoms/PHANTOM_0001/PHANTOM_0001_1.tif and so on, each with its _mask.tif
  $ train phantom --out phantoms --patients 6 --seed 1")]
pub(crate) struct Arguments {
    /// Folder to write to; it must be new or empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Number of patients
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=9999))]
    patients: u32,

    /// Seed of the random numbers
    #[arg(long, default_value_t = 0)]
    seed: u64,

    /// Slices of each patient, 12 to 512
    #[arg(long, value_name = "N", default_value_t = 24, value_parser = clap::value_parser!(u16).range(12..=512))]
    slices: u16,
}

/// Runs the command.
///
/// # Errors
///
/// When the folder is not empty or cannot be written. The message has the path.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    file::create_folder(&arguments.out)?;
    let listing = file::list(&arguments.out)?;
    if let Some(first) = listing.folders.first().or(listing.files.first()) {
        // Slices of two runs in one folder would look like one patient.
        bail!("{}: not empty, it has {}; choose another folder", arguments.out.display(), first.display());
    }
    let bar = progress::bar(arguments.patients as usize, "patients");
    let mut positive = 0;
    for patient in 1..=arguments.patients {
        let config =
            PhantomConfig { seed: arguments.seed, patient, slices: arguments.slices.into(), ..Default::default() };
        for CaseSlice { slice, reference, .. } in config.case().slices {
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
