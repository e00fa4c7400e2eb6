//! The checkpoint: everything that a fit needs to resume exactly, in one file that is replaced as a whole.
//!
//! safetensors was considered. It holds tensors, and Burn gives the record of an optimiser only as bytes.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::file;

/// The first bytes of the file, with its format version. The SHA-256 of the rest follows. The header is CBOR, which keeps
/// every bit of a number; `serde_json` does so only with an extra feature.
const MAGIC: &[u8] = b"glioscope checkpoint 2\n";

/// The first bytes of format 1, which is still read. It has no hash, and its header is JSON.
const MAGIC_1: &[u8] = b"glioscope checkpoint 1\n";

/// Header and records of a fit.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Checkpoint<H> {
    /// Plain data.
    pub(crate) header: H,
    /// The record of the network, in single precision.
    pub(crate) network: Vec<u8>,
    /// The record of its moving average.
    pub(crate) ema: Vec<u8>,
    /// The record of the optimiser.
    pub(crate) optimiser: Vec<u8>,
}

impl<H: Serialize + for<'a> Deserialize<'a>> Checkpoint<H> {
    /// Replaces the checkpoint at `path` as a whole: a crash leaves the previous one.
    ///
    /// # Errors
    /// When it cannot be written, for example because the disk is full. The message has the path.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let mut header = Vec::new();
        ciborium::into_writer(&self.header, &mut header).context("cannot write the checkpoint's header")?;
        let mut parts = Vec::new();
        for part in [&header, &self.network, &self.ema, &self.optimiser] {
            parts.extend((part.len() as u64).to_le_bytes());
            parts.extend(part);
        }
        file::write(path, &[MAGIC, &Sha256::digest(&parts), &parts].concat())
    }

    /// Reads the checkpoint at `path`.
    ///
    /// # Errors
    /// When there is no file, its format is unknown, it is truncated or a byte has changed. The message has the path.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let bytes = file::read(path)?;
        let format_1 = bytes.starts_with(MAGIC_1);
        let mut rest = match (bytes.strip_prefix(MAGIC), bytes.strip_prefix(MAGIC_1)) {
            (Some(hashed), _) => {
                let (hash, parts) = hashed
                    .split_first_chunk::<32>()
                    .with_context(|| format!("{}: the checkpoint is truncated", path.display()))?;
                ensure!(
                    Sha256::digest(parts).as_slice() == hash,
                    "{}: the checkpoint is truncated or altered: its SHA-256 does not match",
                    path.display()
                );
                parts
            }
            (None, Some(parts)) => parts,
            (None, None) => bail!("{}: not a checkpoint that this version of train can read", path.display()),
        };
        let mut part = || -> Result<Vec<u8>> {
            let (length, tail) =
                rest.split_first_chunk().with_context(|| format!("{}: the checkpoint is truncated", path.display()))?;
            let length = u64::from_le_bytes(*length);
            ensure!(
                length <= tail.len() as u64,
                "{}: the checkpoint is truncated: expected {length} bytes, found {}",
                path.display(),
                tail.len()
            );
            let (part, tail) = tail.split_at(length as usize);
            rest = tail;
            Ok(part.to_vec())
        };
        let (header, network, ema, optimiser) = (part()?, part()?, part()?, part()?);
        let header = if format_1 {
            serde_json::from_slice(&header).map_err(anyhow::Error::from)
        } else {
            ciborium::from_reader(&*header).map_err(anyhow::Error::from)
        };
        let header = header
            .with_context(|| format!("{}: not a checkpoint that this version of train can read", path.display()))?;
        Ok(Self { header, network, ema, optimiser })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_every_bit() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("checkpoint.bin");
        // `serde_json` reads the second one back as another number.
        let header = vec![0.1, 0.009991999776482582, 1.0 / 3.0, f64::MIN_POSITIVE, 2e-3, 1e300];
        let checkpoint = Checkpoint { header, network: vec![], ema: vec![], optimiser: vec![] };
        checkpoint.write(&path)?;
        assert_eq!(Checkpoint::<Vec<f64>>::read(&path)?, checkpoint);
        Ok(())
    }

    #[test]
    fn a_truncated_or_altered_checkpoint_is_an_error() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("checkpoint.bin");
        let checkpoint = Checkpoint { header: 7u32, network: vec![1, 2, 3], ema: vec![], optimiser: vec![9; 1000] };
        checkpoint.write(&path)?;
        assert_eq!(Checkpoint::read(&path)?, checkpoint);

        let bytes = std::fs::read(&path)?;
        // The header 7 is one byte in both formats.
        let rest = &bytes[MAGIC.len() + 32 + 8 + 1..];
        let format_1 = [MAGIC_1, &1_u64.to_le_bytes(), b"7", rest].concat();
        std::fs::write(&path, &format_1)?;
        assert_eq!(Checkpoint::read(&path)?, checkpoint);

        for whole in [&bytes, &format_1] {
            for length in 0..whole.len() {
                std::fs::write(&path, &whole[..length])?;
                let error = Checkpoint::<u32>::read(&path).expect_err("truncated");
                assert!(error.to_string().contains("checkpoint.bin"), "{error}");
            }
        }
        for at in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[at] ^= 1 << (at % 8);
            std::fs::write(&path, &altered)?;
            assert!(Checkpoint::<u32>::read(&path).is_err(), "an altered byte {at} is not noticed");
        }
        Ok(())
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { cases: 2000, failure_persistence: None, ..Default::default() })]

        /// Format 1 has no hash. Whatever its lengths are, nothing is read past the end.
        #[test]
        fn any_bytes_are_a_checkpoint_or_an_error(parts: Vec<u8>, lengths: [u64; 4], hashed: bool) {
            let folder = tempfile::tempdir()?;
            let path = folder.path().join("checkpoint.bin");
            let mut bytes = if hashed { MAGIC } else { MAGIC_1 }.to_vec();
            for length in lengths {
                bytes.extend((length % 64).to_le_bytes());
                bytes.extend(&parts);
            }
            std::fs::write(&path, &bytes)?;
            if let Err(error) = Checkpoint::<u32>::read(&path) {
                proptest::prop_assert!(error.to_string().contains("checkpoint.bin"));
            }
        }
    }
}
