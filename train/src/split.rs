//! Which patients (or slices) are fitted on and which are held out.
//!
//! A split depends on the set of names, the seed and the fraction alone: not on the order in which a disk lists its
//! folders, nor on the platform. The names are sorted, shuffled by [`Rng`], and the first of the shuffled ones are held
//! out.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Result, bail, ensure};
use glioscope::network::card::Split;
use glioscope::random::Rng;

use crate::file;

/// Keeps a split's random numbers apart from those that the same seed gives elsewhere.
const LANE: u64 = 0x7370_6c69_7400;

/// Slices apart without regard to patients, which is leaky: neighbouring slices of one head end up on both sides. For
/// comparison with figures that were made so, and for nothing else. Indices into the dataset's slices in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SliceSplit {
    /// 72 %: fitted on.
    pub(crate) fit: Vec<usize>,
    /// 18 %: watched during the fit, so what is chosen, the recipe, is chosen by them.
    pub(crate) choose: Vec<usize>,
    /// 10 %: reported.
    pub(crate) test: Vec<usize>,
}

/// Whole patients apart, the honest split: both lists are sorted and have no name in common.
///
/// Holds out `fraction` of the patients (0.0 to below 1.0), rounded to the nearest whole number but at least one
/// unless `fraction` is 0, and never all of them.
///
/// # Errors
///
/// When the fraction is out of range, or there is but one patient to share out.
pub(crate) fn by_patient(names: &[String], seed: u64, fraction: f64) -> Result<Split> {
    ensure!((0.0..1.0).contains(&fraction), "the held-out fraction is {fraction}, expected 0.0 up to but not 1.0");
    let sorted: BTreeSet<&String> = names.iter().collect();
    let mut names: Vec<String> = sorted.into_iter().cloned().collect();
    let held_out = if fraction == 0.0 {
        0
    } else {
        ensure!(names.len() > 1, "{} patient cannot be split in two; at least 2 are needed", names.len());
        ((fraction * names.len() as f64).round() as usize).clamp(1, names.len() - 1)
    };
    Rng::new(seed, LANE).shuffle(&mut names);
    let mut fit = names.split_off(held_out);
    fit.sort();
    names.sort();
    Ok(Split { fit, held_out: names })
}

/// Holds out the patients that `list` names (see [`read_names`]) and fits on all others.
///
/// # Errors
///
/// When the list cannot be read, names a patient that is not in `names`, or leaves none to fit on.
pub(crate) fn by_file(names: &[String], list: &Path) -> Result<Split> {
    let held_out: BTreeSet<String> = read_names(list)?.into_iter().collect();
    let known: BTreeSet<&String> = names.iter().collect();
    if let Some(stranger) = held_out.iter().find(|name| !known.contains(name)) {
        bail!("{}: there is no patient {stranger} in the data", list.display());
    }
    let fit: Vec<String> = known.into_iter().filter(|name| !held_out.contains(*name)).cloned().collect();
    ensure!(
        !fit.is_empty(),
        "{}: it holds out all {} patients; none is left to fit on",
        list.display(),
        held_out.len()
    );
    Ok(Split { fit, held_out: held_out.into_iter().collect() })
}

/// Shares out `count` slices as 72, 18 and 10 %: a tenth (rounded up) to test, then a fifth (rounded up) of the rest to
/// choose by. 3,929 slices give 2,828, 708 and 393. Every list is in ascending order.
pub(crate) fn by_slice(count: usize, seed: u64) -> SliceSplit {
    let mut indices: Vec<usize> = (0..count).collect();
    Rng::new(seed, LANE).shuffle(&mut indices);
    let mut choose = indices.split_off(count.div_ceil(10));
    let mut test = indices;
    let mut fit = choose.split_off(choose.len().div_ceil(5));
    for part in [&mut fit, &mut choose, &mut test] {
        part.sort_unstable();
    }
    SliceSplit { fit, choose, test }
}

/// The names in a list: one a line, blank lines and lines that begin with `#` left out, each name once, in the list's
/// order.
///
/// # Errors
///
/// When the file cannot be read, is not UTF-8 or names nothing; the message names it.
pub(crate) fn read_names(list: &Path) -> Result<Vec<String>> {
    let bytes = file::read(list)?;
    let Ok(text) = String::from_utf8(bytes) else { bail!("{}: not a text file (UTF-8)", list.display()) };
    let mut names: Vec<String> = Vec::new();
    for name in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    ensure!(!names.is_empty(), "{}: it names nothing; expected one name a line", list.display());
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    fn patients(count: usize) -> Vec<String> {
        (0..count).map(|index| format!("P_{index:03}")).collect()
    }

    #[test]
    fn a_patient_is_on_exactly_one_side() -> Result<()> {
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
        let mut turned = names.clone();
        turned.reverse();
        assert_eq!(by_patient(&names, 1, 0.25)?, by_patient(&turned, 1, 0.25)?);
        assert_ne!(by_patient(&names, 1, 0.25)?, by_patient(&names, 2, 0.25)?);
        Ok(())
    }

    #[test]
    fn impossible_fractions_are_refused() {
        for fraction in [-0.1, 1.0, f64::NAN] {
            assert!(by_patient(&patients(4), 0, fraction).is_err(), "{fraction}");
        }
        assert!(by_patient(&patients(1), 0, 0.5).is_err());
    }

    #[test]
    fn slices_are_shared_out_as_72_18_10() {
        let split = by_slice(3929, 0);
        assert_eq!([split.fit.len(), split.choose.len(), split.test.len()], [2828, 708, 393]);
        let mut all = [split.fit, split.choose, split.test].concat();
        all.sort_unstable();
        assert_eq!(all, (0..3929).collect::<Vec<_>>());
        let none = by_slice(0, 0);
        assert!(none.fit.is_empty() && none.choose.is_empty() && none.test.is_empty());
    }

    #[test]
    fn a_list_holds_out_whom_it_names() -> Result<()> {
        let folder = Scratch::new()?;
        let list = folder.path().join("list.txt");
        std::fs::write(&list, "# held out\nP_002\n\n  P_000 \nP_002\n")?;
        assert_eq!(read_names(&list)?, ["P_002", "P_000"]);
        let split = by_file(&patients(4), &list)?;
        assert_eq!(split.fit, ["P_001", "P_003"]);
        assert_eq!(split.held_out, ["P_000", "P_002"]);
        Ok(())
    }

    #[test]
    fn a_list_that_cannot_be_meant_is_refused_by_name() -> Result<()> {
        let folder = Scratch::new()?;
        let list = folder.path().join("list.txt");
        for (text, expected) in [
            (&b"P_000\nP_009\n"[..], "P_009"),
            (b"P_000\nP_001\n", "none is left"),
            (b"# nothing\n", "names nothing"),
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
