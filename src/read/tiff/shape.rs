//! [`Shape`]: what a decompressor needs to know of a strip or tile.

/// What a decompressor of images needs to know of a strip or tile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shape<'a> {
    /// Columns.
    pub(super) width: usize,
    /// Channels of a pixel.
    pub(super) channels: usize,
    /// Whether colours are stored as YCbCr.
    pub(super) converts: bool,
    /// The JPEGTables of the page.
    pub(super) tables: Option<&'a [u8]>,
}
