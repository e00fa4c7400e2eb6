//! Sizes of files, raw and compressed.

use std::fmt;
use std::fs;
use std::io::Write as _;
use std::ops::AddAssign;
use std::path::Path;

use anyhow::{Context as _, Result};

/// A file's size in bytes, raw and as a host sends it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) raw: u64,
    /// gzip at level 9, which every static host offers.
    pub(crate) gzip: u64,
    /// brotli at quality 11, which some hosts offer.
    pub(crate) brotli: u64,
}

impl Size {
    /// Measures one file.
    pub(crate) fn of(path: &Path) -> Result<Self> {
        let bytes = read(path)?;
        Ok(Self { raw: bytes.len() as u64, gzip: gzip(&bytes)?, brotli: brotli(&bytes)? })
    }
}

/// The gzipped size of one file. This takes a second, [`Size::of`] half a minute.
pub(crate) fn gzipped(path: &Path) -> Result<u64> {
    gzip(&read(path)?)
}

impl AddAssign for Size {
    fn add_assign(&mut self, other: Self) {
        self.raw += other.raw;
        self.gzip += other.gzip;
        self.brotli += other.brotli;
    }
}

impl fmt::Display for Size {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:>12}{:>12}{:>12}", self.raw, self.gzip, self.brotli)
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn gzip(bytes: &[u8]) -> Result<u64> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len() as u64)
}

fn brotli(mut bytes: &[u8]) -> Result<u64> {
    let mut packed = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 11,
        // The largest window that browsers accept.
        lgwin: 24,
        ..Default::default()
    };
    brotli::BrotliCompress(&mut bytes, &mut packed, &parameters)?;
    Ok(packed.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_compress_well() {
        let zeros = vec![0; 1 << 20];
        assert!(gzip(&zeros).is_ok_and(|size| (20..2_000).contains(&size)));
        assert!(brotli(&zeros).is_ok_and(|size| (5..100).contains(&size)));
    }

    #[test]
    fn noise_does_not_compress() {
        // The high bytes of a linear congruential generator have no pattern that a compressor finds.
        let noise: Vec<u8> = (0..10_000_u64)
            .scan(1_u64, |state, _| {
                *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                Some((*state >> 56) as u8)
            })
            .collect();
        assert!(gzip(&noise).is_ok_and(|size| size >= 10_000));
        assert!(brotli(&noise).is_ok_and(|size| size >= 9_990));
    }
}
