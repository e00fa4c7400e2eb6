//! [`Quantity`]: what a limit counts.

use std::fmt;

/// What a limit on files counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Quantity {
    /// Pixels of a slice.
    Pixels,
    /// Samples of all slices of a file.
    Samples,
    /// Bytes of a file.
    Bytes,
    /// Compressed bytes that are decoded from a TIFF.
    CompressedBytes,
    /// Pages of a TIFF.
    Pages,
    /// Slices of a volume.
    Slices,
    /// Tags of a TIFF page.
    Tags,
    /// Strips and tiles of a TIFF.
    Chunks,
    /// Entries of a zip.
    Entries,
    /// Bytes of all files in a zip, decompressed.
    UnpackedBytes,
    /// Bytes that are read of a zip's directory.
    DirectoryBytes,
    /// Compressed bytes that several files of a zip have in common.
    OverlappingBytes,
    /// Bytes of a file's name.
    NameBytes,
    /// Bytes of everything that is open.
    OpenBytes,
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pixels => "pixels",
            Self::Samples => "samples",
            Self::Bytes => "bytes",
            Self::CompressedBytes => "compressed bytes",
            Self::Pages => "pages",
            Self::Slices => "slices",
            Self::Tags => "tags",
            Self::Chunks => "strips or tiles",
            Self::Entries => "entries",
            Self::UnpackedBytes => "bytes in all",
            Self::DirectoryBytes => "bytes of directory",
            Self::OverlappingBytes => "bytes of files that overlap",
            Self::NameBytes => "bytes of name",
            Self::OpenBytes => "bytes of files, samples and probabilities in all",
        })
    }
}
