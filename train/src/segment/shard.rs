//! [`Shard`]: which patients of a cohort a run segments.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context as _, Result, ensure};

/// One of several runs that segment a cohort together. Patient `n`, from 1, belongs to shard `(n - 1) % of + 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shard {
    /// From 1.
    index: usize,
    of: usize,
}

impl Default for Shard {
    fn default() -> Self {
        Self { index: 1, of: 1 }
    }
}

impl Shard {
    /// Whether there are other shards.
    pub(super) fn is_part(self) -> bool {
        self.of > 1
    }

    /// The numbers of its patients, of `all`.
    pub(super) fn numbers(self, all: usize) -> impl Iterator<Item = usize> {
        (self.index..=all).step_by(self.of)
    }

    /// The name of a file of this shard: `cohort.csv` → `cohort-2-of-8.csv`.
    pub(super) fn name(self, file: &str) -> String {
        if !self.is_part() {
            return file.to_owned();
        }
        let path = Path::new(file);
        let ending = path.extension().map_or(String::new(), |ending| format!(".{}", ending.to_string_lossy()));
        let stem = file.strip_suffix(&ending).unwrap_or(file);
        format!("{stem}-{}-of-{}{ending}", self.index, self.of)
    }
}

impl FromStr for Shard {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let number = |digits: &str| digits.parse::<usize>().ok();
        let parts = text.split_once('/').and_then(|(index, of)| Some((number(index)?, number(of)?)));
        let (index, of) = parts.context("expected I/N, such as 2/8")?;
        ensure!((1..=of).contains(&index), "shard {index} of {of}, expected 1 to {of}");
        Ok(Self { index, of })
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_patient_is_in_one_shard() {
        for of in 1..=5 {
            let shards = (1..=of).map(|index| Shard { index, of });
            let mut numbers: Vec<usize> = shards.flat_map(|shard| shard.numbers(12)).collect();
            numbers.sort_unstable();
            assert_eq!(numbers, (1..=12).collect::<Vec<_>>(), "{of}");
        }
    }

    #[test]
    fn a_shard_is_written_as_two_numbers() {
        let shard: Shard = "2/8".parse().expect("valid");
        assert_eq!(
            (shard.name("cohort.csv").as_str(), shard.name(".cohort").as_str()),
            ("cohort-2-of-8.csv", ".cohort-2-of-8")
        );
        assert_eq!(Shard::default().name("cohort.csv"), "cohort.csv");
        for wrong in ["", "1", "0/2", "3/2", "1/0", "a/b", "1/2/3", "-1/2"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
