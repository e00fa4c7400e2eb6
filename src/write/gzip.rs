//! [`gzip()`]: compressed bytes.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

/// Without a name and a time, so that the same volume gives the same bytes.
pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    match encoder.write_all(bytes).and_then(|()| encoder.finish()) {
        Ok(packed) => packed,
        Err(error) => unreachable!("memory takes every byte: {error}"),
    }
}
