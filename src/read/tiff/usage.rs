//! [`Usage`]: what the pages of a file need in total.

/// The most strips and tiles of one file. Pages may share them, so the length of the file does not limit their number,
/// and each resets a decompressor. 300 pages of 512 rows with a strip per row have 153,600.
pub(super) const MAX_CHUNKS: u64 = 1 << 18;

/// How many times the length of the file may be decompressed. Strips or tiles may share bytes, for example those of
/// black pages. Without this limit, bytes that decompress to almost nothing could be decompressed very often.
pub(super) const MAX_REREADS: u64 = 4;

/// What the pages of a file need in total, to be compared with [`Limits`](crate::read::Limits) and the limits above.
#[derive(Default)]
pub(super) struct Usage {
    /// Decoded samples.
    pub(super) samples: u64,
    /// Decoded samples with the padding of tiles.
    pub(super) padded: u64,
    /// Compressed bytes.
    pub(super) compressed: u64,
    /// Strips and tiles.
    pub(super) chunks: u64,
}
