//! Which patients (or slices) are training data and which are held out.
//!
//! A split depends only on the set of names, the seed and the fraction, not on the platform or the order in which a disk
//! lists its folders. The names are sorted and then shuffled by [`Rng`]; the first ones are held out.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Result, bail, ensure};
use glioscope::network::card::Split;
use glioscope::random::Rng;

use crate::file;

/// The stream of random numbers of splits: the same seed gives other numbers elsewhere.
const LANE: u64 = 0x7370_6c69_7400;

/// A split by slices, as indices into the slices of the dataset in order. It leaks, because neighbouring slices of one head
/// get into both sets. It is only for comparison with figures of such splits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SliceSplit {
    /// 72 %: training data.
    pub(crate) fit: Vec<usize>,
    /// 18 %: scored during the fit. The recipe was selected on them.
    pub(crate) validation: Vec<usize>,
    /// 10 %: only for the final test.
    pub(crate) test: Vec<usize>,
}

/// Splits by patient. Both lists are sorted and have no name in common.
///
/// `fraction` (0.0 to below 1.0) of the patients is held out, rounded to the nearest whole number. Unless it is 0, at least
/// one patient is held out, and at least one is training data.
///
/// # Errors
///
/// When the fraction is out of range, or there is only one patient to split.
pub(crate) fn by_patient(names: &[String], seed: u64, fraction: f64) -> Result<Split> {
    ensure!((0.0..1.0).contains(&fraction), "--held-out-fraction is {fraction}, expected 0 to below 1");
    let sorted: BTreeSet<&String> = names.iter().collect();
    let mut names: Vec<String> = sorted.into_iter().cloned().collect();
    let held_out = if fraction == 0.0 {
        0
    } else {
        ensure!(names.len() > 1, "found {} patient; at least 2 are needed to hold one out", names.len());
        ((fraction * names.len() as f64).round() as usize).clamp(1, names.len() - 1)
    };
    Rng::new(seed, LANE).shuffle(&mut names);
    let mut fit = names.split_off(held_out);
    fit.sort();
    names.sort();
    Ok(Split { fit, held_out: names })
}

/// Holds out the patients in `list` (see [`read_names`]); the others are training data.
///
/// # Errors
///
/// When the list cannot be read, has a patient that is not in `names`, or has all of them.
pub(crate) fn by_file(names: &[String], list: &Path) -> Result<Split> {
    let held_out: BTreeSet<String> = read_names(list)?.into_iter().collect();
    let known: BTreeSet<&String> = names.iter().collect();
    if let Some(unknown) = held_out.iter().find(|name| !known.contains(name)) {
        bail!("{}: no patient {unknown} in the data", list.display());
    }
    let fit: Vec<String> = known.into_iter().filter(|name| !held_out.contains(*name)).cloned().collect();
    ensure!(
        !fit.is_empty(),
        "{}: it holds out all {} patients; no training data remains",
        list.display(),
        held_out.len()
    );
    Ok(Split { fit, held_out: held_out.into_iter().collect() })
}

/// Splits `count` slices into 72, 18 and 10 %: a tenth (rounded up) for the test, then a fifth (rounded up) of the rest for
/// validation. 3,929 slices give 2,828, 708 and 393. Every list is in ascending order.
pub(crate) fn by_slice(count: usize, seed: u64) -> SliceSplit {
    let mut indices: Vec<usize> = (0..count).collect();
    Rng::new(seed, LANE).shuffle(&mut indices);
    let mut validation = indices.split_off(count.div_ceil(10));
    let mut test = indices;
    let mut fit = validation.split_off(validation.len().div_ceil(5));
    for list in [&mut fit, &mut validation, &mut test] {
        list.sort_unstable();
    }
    SliceSplit { fit, validation, test }
}

/// The names in a list, one per line, in their order and without duplicates. Blank lines and lines that start with `#` are
/// skipped.
///
/// # Errors
///
/// When the file cannot be read, is not UTF-8 or has no names; the message has its path.
pub(crate) fn read_names(list: &Path) -> Result<Vec<String>> {
    let bytes = file::read(list)?;
    let Ok(text) = String::from_utf8(bytes) else { bail!("{}: not a text file (UTF-8)", list.display()) };
    let mut names: Vec<String> = Vec::new();
    for name in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    ensure!(!names.is_empty(), "{}: no names; expected one per line", list.display());
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patients(count: usize) -> Vec<String> {
        (0..count).map(|index| format!("P_{index:03}")).collect()
    }

    #[test]
    fn every_patient_is_in_exactly_one_list() -> Result<()> {
        for (count, fraction, expected) in [(90, 0.22, 20), (2, 0.01, 1), (2, 0.99, 1), (5, 0.0, 0), (1, 0.0, 0)] {
            let split = by_patient(&patients(count), 7, fraction)?;
            assert_eq!(split.held_out.len(), expected, "{count} patients, {fraction}");
            let mut all = [split.fit, split.held_out].concat();
            all.sort();
            assert_eq!(all, patients(count));
        }
        Ok(())
    }

    #[test]
    fn the_split_depends_on_the_seed_and_not_on_the_order() -> Result<()> {
        let names = patients(40);
        let mut reversed = names.clone();
        reversed.reverse();
        assert_eq!(by_patient(&names, 1, 0.25)?, by_patient(&reversed, 1, 0.25)?);
        assert_ne!(by_patient(&names, 1, 0.25)?, by_patient(&names, 2, 0.25)?);
        Ok(())
    }

    #[test]
    fn a_fraction_out_of_range_is_an_error() {
        for fraction in [-0.1, 1.0, f64::NAN] {
            assert!(by_patient(&patients(4), 0, fraction).is_err(), "{fraction}");
        }
        assert!(by_patient(&patients(1), 0, 0.5).is_err());
    }

    #[test]
    fn slices_are_split_into_72_18_and_10_percent() {
        let split = by_slice(3929, 0);
        assert_eq!([split.fit.len(), split.validation.len(), split.test.len()], [2828, 708, 393]);
        let mut all = [split.fit, split.validation, split.test].concat();
        all.sort_unstable();
        assert_eq!(all, (0..3929).collect::<Vec<_>>());
        let none = by_slice(0, 0);
        assert!(none.fit.is_empty() && none.validation.is_empty() && none.test.is_empty());
    }

    #[test]
    fn the_patients_of_a_list_are_held_out() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let list = folder.path().join("list.txt");
        std::fs::write(&list, "# held out\nP_002\n\n  P_000 \nP_002\n")?;
        assert_eq!(read_names(&list)?, ["P_002", "P_000"]);
        let split = by_file(&patients(4), &list)?;
        assert_eq!(split.fit, ["P_001", "P_003"]);
        assert_eq!(split.held_out, ["P_000", "P_002"]);
        Ok(())
    }

    #[test]
    fn an_unusable_list_is_an_error_with_its_path() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let list = folder.path().join("list.txt");
        for (text, expected) in [
            (&b"P_000\nP_009\n"[..], "P_009"),
            (b"P_000\nP_001\n", "no training data remains"),
            (b"# nothing\n", "no names"),
            (b"\xff\xfe", "UTF-8"),
        ] {
            std::fs::write(&list, text)?;
            let message = match by_file(&patients(2), &list) {
                Ok(split) => bail!("accepted as {split:?}"),
                Err(error) => format!("{error:#}"),
            };
            assert!(message.contains("list.txt") && message.contains(expected), "{message}");
        }
        Ok(())
    }
}
