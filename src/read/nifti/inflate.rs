//! Bytes of a file that may be a gzip file, no more than are needed.

use std::io::{ErrorKind, Read};

use flate2::read::MultiGzDecoder;

use super::FileFault;

/// Whether these are the first bytes of a gzip file.
pub(super) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x1f\x8b\x08")
}

/// The bytes of a file, decompressed as they are read.
pub(super) fn source(bytes: &[u8]) -> Box<dyn Read + '_> {
    if is_gzip(bytes) { Box::new(MultiGzDecoder::new(bytes)) } else { Box::new(bytes) }
}

/// The first bytes of a file, decompressed: at most `most`, and fewer where it ends.
pub(super) fn head(bytes: &[u8], most: usize) -> Vec<u8> {
    let mut head = vec![0; most];
    let mut source = source(bytes);
    let mut length = 0;
    // What was read before an error is enough to recognise a file of which the first bytes are given.
    while let Ok(read @ 1..) = source.read(&mut head[length..]) {
        length += read;
    }
    head.truncate(length);
    head
}

/// Fills `buffer`. `what` ends at byte `needed` of the decompressed file, of which `before` bytes were read.
pub(super) fn fill(
    source: &mut dyn Read,
    buffer: &mut [u8],
    what: &'static str,
    needed: u64,
    before: u64,
) -> Result<(), FileFault> {
    let mut length = 0;
    while length < buffer.len() {
        match source.read(&mut buffer[length..]) {
            Ok(0) => return Err(FileFault::Truncated { what, needed, found: before + length as u64 }),
            Ok(read) => length += read,
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                return Err(FileFault::Truncated { what, needed, found: before + length as u64 });
            }
            Err(source) => return Err(FileFault::Gzip { source }),
        }
    }
    Ok(())
}
