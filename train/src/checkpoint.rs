//! All that a fit needs to go on exactly, in one file that is replaced whole.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::file;

/// The file's first bytes; the digit is its format. Behind it stands the SHA-256 of the rest, whose header is CBOR: it
/// gives every number back to the last bit, which JSON does not without a feature of `serde_json`.
const MAGIC: &[u8] = b"glioscope checkpoint 2\n";

/// A former format, without the hash and with a header in JSON; it is still read.
const FORMER_MAGIC: &[u8] = b"glioscope checkpoint 1\n";

/// Header and records of a fit.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Checkpoint<H> {
    /// What is plain data.
    pub(crate) header: H,
    /// The network's record, in single precision.
    pub(crate) network: Vec<u8>,
    /// The record of its moving average.
    pub(crate) average: Vec<u8>,
    /// The optimiser's record.
    pub(crate) optimiser: Vec<u8>,
}

impl<H: Serialize + for<'a> Deserialize<'a>> Checkpoint<H> {
    /// Puts the checkpoint at `path` in one piece: a crash leaves the former one.
    ///
    /// # Errors
    /// When it cannot be written, a full disk included; the message names the path.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let mut header = Vec::new();
        ciborium::into_writer(&self.header, &mut header).context("cannot write the checkpoint's header")?;
        let mut parts = Vec::new();
        for part in [&header, &self.network, &self.average, &self.optimiser] {
            parts.extend((part.len() as u64).to_le_bytes());
            parts.extend(part);
        }
        file::write(path, &[MAGIC, &Sha256::digest(&parts), &parts].concat())
    }

    /// Reads the checkpoint at `path`.
    ///
    /// # Errors
    /// When there is none, it is of another format, it is not whole, or a byte of it has changed; the message names the
    /// path.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let bytes = file::read(path)?;
        let former = bytes.starts_with(FORMER_MAGIC);
        let mut rest = match (bytes.strip_prefix(MAGIC), bytes.strip_prefix(FORMER_MAGIC)) {
            (Some(hashed), _) => {
                let (hash, parts) = hashed
                    .split_first_chunk::<32>()
                    .with_context(|| format!("{}: the checkpoint is cut off", path.display()))?;
                ensure!(
                    Sha256::digest(parts).as_slice() == hash,
                    "{}: the checkpoint is cut off or has been altered: its SHA-256 does not fit",
                    path.display()
                );
                parts
            }
            (None, Some(parts)) => parts,
            (None, None) => bail!("{}: not a checkpoint of this version of train", path.display()),
        };
        let mut part = || -> Result<Vec<u8>> {
            let (length, tail) =
                rest.split_first_chunk().with_context(|| format!("{}: the checkpoint is cut off", path.display()))?;
            let length = u64::from_le_bytes(*length);
            ensure!(
                length <= tail.len() as u64,
                "{}: the checkpoint is cut off: {length} bytes expected, {} found",
                path.display(),
                tail.len()
            );
            let (part, tail) = tail.split_at(length as usize);
            rest = tail;
            Ok(part.to_vec())
        };
        let (header, network, average, optimiser) = (part()?, part()?, part()?, part()?);
        let header = if former {
            serde_json::from_slice(&header).map_err(anyhow::Error::from)
        } else {
            ciborium::from_reader(&*header).map_err(anyhow::Error::from)
        };
        let header =
            header.with_context(|| format!("{}: not a checkpoint of this version of train", path.display()))?;
        Ok(Self { header, network, average, optimiser })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn numbers_come_back_to_the_last_bit() -> Result<()> {
        let folder = Scratch::new()?;
        let path = folder.path().join("checkpoint.bin");
        // The second one comes out of `serde_json` as another.
        let header = vec![0.1, 0.009991999776482582, 1.0 / 3.0, f64::MIN_POSITIVE, 2e-3, 1e300];
        let checkpoint = Checkpoint { header, network: vec![], average: vec![], optimiser: vec![] };
        checkpoint.write(&path)?;
        assert_eq!(Checkpoint::<Vec<f64>>::read(&path)?, checkpoint);
        Ok(())
    }

    #[test]
    fn what_was_written_is_read_and_a_cut_is_noticed() -> Result<()> {
        let folder = Scratch::new()?;
        let path = folder.path().join("checkpoint.bin");
        let checkpoint = Checkpoint { header: 7u32, network: vec![1, 2, 3], average: vec![], optimiser: vec![9; 1000] };
        checkpoint.write(&path)?;
        assert_eq!(Checkpoint::read(&path)?, checkpoint);

        let bytes = std::fs::read(&path)?;
        // A header of 7 is one byte in both.
        let rest = &bytes[MAGIC.len() + 32 + 8 + 1..];
        let former = [FORMER_MAGIC, &1_u64.to_le_bytes(), b"7", rest].concat();
        std::fs::write(&path, &former)?;
        assert_eq!(Checkpoint::read(&path)?, checkpoint);

        for whole in [&bytes, &former] {
            for length in 0..whole.len() {
                std::fs::write(&path, &whole[..length])?;
                let error = Checkpoint::<u32>::read(&path).expect_err("cut off");
                assert!(error.to_string().contains("checkpoint.bin"), "{error}");
            }
        }
        for at in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[at] ^= 1 << (at % 8);
            std::fs::write(&path, &altered)?;
            assert!(Checkpoint::<u32>::read(&path).is_err(), "byte {at} was altered and nobody noticed");
        }
        Ok(())
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { cases: 2000, failure_persistence: None, ..Default::default() })]

        /// The former format has no hash before its lengths: whatever they say, nothing is read past the end.
        #[test]
        fn any_bytes_are_a_checkpoint_or_an_error(parts: Vec<u8>, lengths: [u64; 4], hashed: bool) {
            let folder = Scratch::new()?;
            let path = folder.path().join("checkpoint.bin");
            let mut bytes = if hashed { MAGIC } else { FORMER_MAGIC }.to_vec();
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
