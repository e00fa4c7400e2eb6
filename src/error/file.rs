//! [`FileFault`]: why a file cannot be read.

use super::Quantity;

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileFault {
    /// A file of a known kind that is not read, judged by the first bytes.
    #[error("{kind} is not read here: expected a TIFF, PNG, NIfTI or DICOM")]
    OtherKind {
        /// What the file is, such as `a PDF`.
        kind: &'static str,
        /// Whether the library reads it with the feature `formats`.
        in_formats: bool,
    },
    /// A file of an unknown kind, judged by the first bytes.
    #[error("not an image: expected the first bytes of a TIFF, PNG, NIfTI or DICOM file, found {found:02x?}")]
    NotAnImage {
        /// Up to four first bytes.
        found: Vec<u8>,
    },
    /// More of something than a limit allows.
    #[error("over the limit: {found} {what}, at most {limit} are allowed")]
    OverLimit {
        /// What was counted.
        what: Quantity,
        /// How many there are, at least.
        found: u64,
        /// How many are allowed.
        limit: u64,
    },
    /// A file with this name and other bytes is open already, or another file of its case was refused for this reason.
    #[error(
        "a case with this name and other files is open: rename the folder of the new files, or clear all cases first"
    )]
    NameTaken,
    /// The memory for a file within the limits is not available.
    #[error("out of memory: {bytes} more bytes are needed")]
    Memory {
        /// The size of the buffer that could not be allocated.
        bytes: u64,
    },
    /// An image without columns or rows.
    #[error("empty image: {width} x {height} pixels")]
    ZeroSized {
        /// Columns.
        width: u64,
        /// Rows.
        height: u64,
    },
    /// The file ends too early.
    #[error("truncated: {what} needs a file of at least {needed} bytes, this one has {found}")]
    Truncated {
        /// The part that is cut off.
        what: &'static str,
        /// The least length of the whole file.
        needed: u64,
        /// The length of the file.
        found: u64,
    },
    /// A strip or tile that decompresses to too few bytes.
    #[error("incomplete: strip or tile {chunk} decodes to {found} bytes, expected {expected}")]
    Incomplete {
        /// Its index, from 0.
        chunk: u64,
        /// The bytes of its pixels.
        expected: u64,
        /// The bytes that were decompressed.
        found: u64,
    },
    /// A strip or tile that cannot be decompressed.
    #[error("corrupt: strip or tile {chunk}: {source}")]
    Corrupt {
        /// Its index, from 0.
        chunk: u64,
        /// The decompressor's error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The PNG decoder failed.
    #[error("PNG: {source}")]
    Png {
        /// The decoder's error.
        source: png::DecodingError,
    },
    /// The decoder of a JPEG, WebP, BMP or GIF failed.
    #[error("{source}")]
    Image {
        /// The decoder's error.
        source: image::ImageError,
    },
    /// Samples that are not real numbers.
    #[error("samples are {found}, only integers and floating-point numbers are supported")]
    SampleFormat {
        /// What they are, such as `complex integers`.
        found: String,
    },
    /// Samples that are infinite or not a number.
    #[error("{count} samples are not finite: the first is {value}, in column {x} of row {y}")]
    NotFinite {
        /// How many there are.
        count: usize,
        /// The first of them.
        value: f32,
        /// Its column, from 0.
        x: u64,
        /// Its row, from 0.
        y: u64,
    },
    /// Samples of an unsupported depth, such as 24 bits.
    #[error("samples of {} bits, only 1 to 16, 32 and 64 are supported, and 8 at most with a palette", numbers(found))]
    BitDepth {
        /// The bits of a sample in each channel.
        found: Vec<u64>,
    },
    /// A number of channels other than 1 and 3, alpha not counted.
    #[error("{found} channels, only grey (1) and RGB (3) are supported, with or without alpha")]
    ChannelCount {
        /// How many there are, without a declared alpha channel.
        found: u64,
    },
    /// The names of the channels state contrasts, and none is FLAIR.
    #[error("no channel is FLAIR, the channels are named {names}")]
    NoFlairChannel {
        /// The names, separated by commas.
        names: String,
    },
    /// The channels of a slice that differ in size.
    #[error(
        "the channels of a slice differ in size: {} x {} and {} x {} pixels",
        expected[0], expected[1], found[0], found[1]
    )]
    ChannelSizes {
        /// The width and height of the first.
        expected: [u64; 2],
        /// The width and height of the one that differs.
        found: [u64; 2],
    },
    /// An unsupported colour space, such as CMYK.
    #[error("colour space {name} ({code}), only grey, RGB and palettes are supported")]
    ColorSpace {
        /// The TIFF tag's value.
        code: u64,
        /// Its name.
        name: &'static str,
    },
    /// An unsupported compression, such as JPEG.
    #[error("{name} compression ({code}) is not read here: expected none, LZW, Deflate or PackBits")]
    Compression {
        /// The TIFF tag's value.
        code: u64,
        /// Its name.
        name: &'static str,
    },
    /// A required TIFF tag or PNG chunk is missing.
    #[error("{tag} is missing")]
    MissingTag {
        /// Its name in the specification.
        tag: &'static str,
    },
    /// A TIFF tag with an invalid or unsupported value.
    #[error("{tag} is {found}, expected {expected}")]
    TagValue {
        /// The tag's name in the TIFF specification.
        tag: &'static str,
        /// The value.
        found: u64,
        /// The supported values.
        expected: &'static str,
    },
    /// A TIFF tag with too few values or values of a wrong type.
    #[error("{tag} has {found} values of type {kind}, expected at least {expected} unsigned integers")]
    TagCount {
        /// The tag's name in the TIFF specification.
        tag: &'static str,
        /// How many values it has.
        found: u64,
        /// The TIFF code of their type.
        kind: u16,
        /// How many are needed.
        expected: u64,
    },
    /// TIFF pages that form a loop.
    #[error("the pages form a loop: page {page} links back to the directory at byte {offset}")]
    PageLoop {
        /// The page that closes the loop, from 1.
        page: u64,
        /// The position of the page that it links back to.
        offset: u64,
    },
    /// A TIFF that holds only thumbnails or transparency masks.
    #[error("no image among {found} pages, thumbnails and transparency masks not counted")]
    NoPages {
        /// How many pages there are.
        found: u64,
    },
    /// A field of a NIfTI header with an invalid or unsupported value.
    #[error("{field} is {found}, expected {expected}")]
    HeaderValue {
        /// The name of the field.
        field: &'static str,
        /// The value.
        found: f64,
        /// The supported values.
        expected: &'static str,
    },
    /// A header without the mark of NIfTI.
    #[error("an Analyze header, which does not state which side is left: convert the volume to NIfTI")]
    Analyze,
    /// The header of a NIfTI volume without its second file.
    #[error("the voxels are in another file: the .img file with the same name is needed too")]
    NoVoxels,
    /// A second file for a volume that is in one file.
    #[error("the voxels are in this file: the .img file with the same name does not belong to it")]
    UnexpectedVoxels,
    /// A volume in gzip that cannot be decompressed.
    #[error("gzip: {source}")]
    Gzip {
        /// The decompressor's error.
        source: std::io::Error,
    },
    /// A DICOM file without pictures, such as a structured report.
    #[error("{kind}, which has no pictures")]
    NoPictures {
        /// What the file is.
        kind: &'static str,
    },
    /// A DICOM picture of a kind that is not read.
    #[error("{found} in DICOM is not read: expected a grey MR image")]
    Picture {
        /// What the picture is, such as `a colour image`.
        found: &'static str,
    },
    /// A DICOM file in a transfer syntax that is not read.
    #[error("{name} is not read: expected no compression, RLE, JPEG baseline or JPEG lossless")]
    TransferSyntax {
        /// The name of the transfer syntax, or its UID.
        name: String,
    },
    /// Elements of a DICOM file that cannot be read.
    #[error("corrupt: the DICOM element at byte {at}: {reason}")]
    Element {
        /// The place of its first byte after the preamble.
        at: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A frame of a DICOM file that cannot be decompressed.
    #[error("corrupt: frame {frame}: {source}")]
    Frame {
        /// The frame, from 1.
        frame: u64,
        /// The decompressor's error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The slices of a series are not at even distances.
    #[error("the distances between slices are uneven: {least:.3} to {largest:.3} mm")]
    UnevenSlices {
        /// The least distance in millimetres.
        least: f64,
        /// The largest distance in millimetres.
        largest: f64,
    },
    /// Slices of a coronal or sagittal series are missing, so axial slices would have holes.
    #[error("a gap: {missing} slices of a series that is not axial are missing")]
    SliceGap {
        /// How many are missing.
        missing: usize,
    },
    /// A coronal or sagittal volume whose axial slices have coarse pixels.
    #[error(
        "acquired in {plane} slices: axial slices would have pixels of {:.2} x {:.2} mm, and their sides may differ by a factor \
         of {factor} at most",
        pixel[0], pixel[1]
    )]
    Plane {
        /// The plane of acquisition.
        plane: &'static str,
        /// The sides of a pixel of an axial slice in millimetres.
        pixel: [f64; 2],
        /// The largest factor.
        factor: f64,
    },
    /// Too few or too many samples for the size of the slice.
    #[error("{found} samples, expected {expected}")]
    SampleCount {
        /// Width times height times channels.
        expected: u128,
        /// How many there are.
        found: usize,
    },
    /// A zip, or an entry of one, cannot be unpacked.
    #[error("zip: {source}")]
    Zip {
        /// The unpacker's error.
        source: zip::result::ZipError,
    },
    /// A zip inside a zip.
    #[error("a zip inside a zip is not read")]
    NestedZip,
    /// An entry of a zip whose name points outside the zip.
    #[error("the name points outside the zip, so the file is not read")]
    UnsafeName,
    /// An entry of a zip that a later entry with the same name replaces.
    #[error("the zip has several files with this name: only the last one is read")]
    Repeated,
    /// An entry of a zip that is a symbolic link.
    #[error("a link to another file is not followed")]
    Link,
    /// A saved session where image files are expected.
    #[error("a saved session cannot be added to other files: open it instead")]
    SavedSession,
    /// A saved session that is invalid or incomplete.
    #[error("the saved session cannot be opened: {reason}")]
    Session {
        /// What is wrong with it.
        reason: String,
    },
}

impl FileFault {
    /// Whether the library may read the file with the feature `formats`, which it now lacks.
    pub fn needs_formats(&self) -> bool {
        let optional =
            matches!(self, Self::OtherKind { in_formats: true, .. } | Self::Compression { code: 4 | 7 | 50000, .. });
        optional && cfg!(not(feature = "formats"))
    }
}

/// All values, such as `8, 16, 8`; only one if they are equal.
fn numbers(values: &[u64]) -> String {
    let differ = values.windows(2).any(|pair| pair[0] != pair[1]);
    let shown = if differ { values } else { &values[..values.len().min(1)] };
    shown.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
}
