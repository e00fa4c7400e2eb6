//! The one error type: whose fault it is, with the values that show it.

use std::fmt;

/// What can go wrong, sorted by whose fault it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file that someone handed in cannot be used; every other file still can.
    #[error("{file}: {fault}")]
    File {
        /// The file's name as it was handed in, folders included.
        file: String,
        /// What is wrong with it.
        #[source]
        fault: FileFault,
    },
    /// The model's own files (`model.json`, `weights.safetensors`) do not fit together.
    #[error("model: {0}")]
    Model(#[from] ModelFault),
    /// A case cannot be laid out as one volume.
    #[error("{case}: no volume: {fault}")]
    Volume {
        /// The case's name.
        case: String,
        /// Why not.
        #[source]
        fault: VolumeFault,
    },
    /// The device refused or lost the work.
    #[error("device {device}: {reason}")]
    Device {
        /// The device, as Burn names it.
        device: String,
        /// What the driver or runtime said.
        reason: String,
    },
    /// A request that does not fit what is open: the caller's mistake.
    #[error("{0}")]
    Usage(#[from] UsageFault),
}

/// Why one file cannot be read as slices.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileFault {
    /// Neither a TIFF nor a PNG, by its first bytes.
    #[error("not an image: expected a TIFF or PNG signature, found {found:02x?}")]
    NotAnImage {
        /// The first bytes, four at most.
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
    /// A file of the same name and with other bytes is open already, or one of its case was refused for that just now.
    #[error("a case of this name with other files is open: put these into a folder of another name, or clear first")]
    NameTaken,
    /// More memory than this machine gives, though within the limits.
    #[error("out of memory: {bytes} more bytes were needed")]
    Memory {
        /// The size of the buffer that was not to be had.
        bytes: u64,
    },
    /// No columns or no rows.
    #[error("zero-sized: {width} x {height} pixels")]
    ZeroSized {
        /// Columns.
        width: u64,
        /// Rows.
        height: u64,
    },
    /// The file ends before something that it announces.
    #[error("truncated: {what} needs at least {needed} bytes of file, there are {found}")]
    Truncated {
        /// What is cut off.
        what: &'static str,
        /// How long the file would have to be, at least.
        needed: u64,
        /// How long it is.
        found: u64,
    },
    /// A compressed strip or tile that ends before its pixels do.
    #[error("incomplete: strip or tile {chunk} decodes to {found} bytes, expected {expected}")]
    Incomplete {
        /// Which one, from 0.
        chunk: u64,
        /// How many bytes its pixels take.
        expected: u64,
        /// How many there are.
        found: u64,
    },
    /// A compressed strip or tile that breaks its own format.
    #[error("corrupt: strip or tile {chunk}: {source}")]
    Corrupt {
        /// Which one, from 0.
        chunk: u64,
        /// What the decompressor said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The PNG decoder refused the file.
    #[error("PNG: {source}")]
    Png {
        /// What the decoder said.
        source: image::ImageError,
    },
    /// Samples that are not unsigned integers.
    #[error("samples are {found}, only unsigned integers are read")]
    SampleFormat {
        /// What they are, say `floating-point numbers`.
        found: String,
    },
    /// Samples of another depth than 8 or 16 bits.
    #[error("samples of {} bits, only 8 or 16 are read", numbers(found))]
    BitDepth {
        /// The bits of a sample, channel by channel where they differ.
        found: Vec<u64>,
    },
    /// Neither one channel nor three (alpha not counted).
    #[error("{found} channels, only grey (1) or RGB (3) is read, with or without alpha")]
    ChannelCount {
        /// How many there are, a declared alpha channel not counted.
        found: u64,
    },
    /// A way of giving colour that slices do not use, say CMYK.
    #[error("colour space {name} ({code}), only grey, RGB and 8-bit palettes are read")]
    ColorSpace {
        /// The TIFF tag's value.
        code: u64,
        /// Its name.
        name: &'static str,
    },
    /// A compression that is not read, say JPEG.
    #[error("compression {name} ({code}), only none, LZW, Deflate and PackBits are read")]
    Compression {
        /// The TIFF tag's value.
        code: u64,
        /// Its name.
        name: &'static str,
    },
    /// A TIFF page without a tag, or a PNG without a chunk, that it cannot do without.
    #[error("no {tag}")]
    MissingTag {
        /// The tag's name in the TIFF specification.
        tag: &'static str,
    },
    /// A TIFF tag with a value that it cannot have, or that is not read.
    #[error("{tag} tag is {found}, expected {expected}")]
    TagValue {
        /// The tag's name in the TIFF specification.
        tag: &'static str,
        /// What it says.
        found: u64,
        /// What would be read.
        expected: &'static str,
    },
    /// A TIFF tag with too few values, or of a type that it cannot have.
    #[error("{tag} tag has {found} values of type {kind}, expected {expected} unsigned integers")]
    TagCount {
        /// The tag's name in the TIFF specification.
        tag: &'static str,
        /// How many values it has.
        found: u64,
        /// The TIFF code of their type.
        kind: u16,
        /// How many it needs.
        expected: u64,
    },
    /// TIFF pages that come round in a loop.
    #[error("the pages loop: page {page} leads back to the directory at byte {offset}")]
    PageLoop {
        /// The page that closes the loop, from 1.
        page: u64,
        /// Where the page stands that it leads back to.
        offset: u64,
    },
    /// A TIFF of thumbnails or transparency masks alone.
    #[error("no page with a picture of its own among {found}")]
    NoPages {
        /// How many pages there are.
        found: u64,
    },
    /// Samples that do not fill the slice, or overfill it.
    #[error("{found} samples, expected {expected}")]
    SampleCount {
        /// Width times height times channels.
        expected: u128,
        /// How many there are.
        found: usize,
    },
    /// A zip, or an entry of one, that cannot be unpacked.
    #[error("zip: {source}")]
    Zip {
        /// What the unpacker said.
        source: zip::result::ZipError,
    },
    /// A zip in a zip, which is not opened.
    #[error("a zip within a zip, which is not opened")]
    NestedZip,
    /// An entry of a zip whose name would place it outside of the folder that the zip is unpacked in.
    #[error("its name leads out of the zip, so it is not read")]
    UnsafeName,
    /// An entry of a zip before another one of the same name.
    #[error("the zip holds several files of this name: the last one is read")]
    Repeated,
    /// An entry of a zip that only points to another file.
    #[error("a link to another file, which is not followed")]
    Link,
    /// A saved session where files were expected.
    #[error("a saved session, which is opened and not added to files")]
    SavedSession,
    /// Something that is no saved session, or not a whole one.
    #[error("no saved session that can be opened: {reason}")]
    Session {
        /// What is wrong with it.
        reason: String,
    },
    /// A mask that is not grey.
    #[error("a mask has 1 channel, found {found}")]
    MaskChannels {
        /// How many channels there are.
        found: usize,
    },
}

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

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelFault {
    /// `model.json` is not the manifest this version reads.
    #[error("manifest: {0}")]
    Manifest(#[source] serde_json::Error),
    /// `card.json` is not the card that this version reads.
    #[error("card: {0}")]
    Card(#[source] serde_json::Error),
    /// The weights are not the ones that the manifest names.
    #[error("weights: expected SHA-256 {expected}, found {found} ({bytes} bytes)")]
    Hash {
        /// The manifest's hash, in hexadecimal.
        expected: String,
        /// The hash of the bytes at hand.
        found: String,
        /// How many bytes there are.
        bytes: usize,
    },
    /// The record's tensors do not fit the configured network.
    #[error("weights do not fit the network: {reason}")]
    Record {
        /// What Burn said of the record.
        reason: String,
    },
    /// The training distribution in `model.json` is malformed.
    #[error("training distribution: {field}: expected {expected}, found {found}")]
    TrainingDistribution {
        /// The field at fault.
        field: String,
        /// The rule that is broken.
        expected: String,
        /// The value that breaks it.
        found: String,
    },
    /// A configuration that no network can have.
    #[error("configuration: {reason}")]
    Config {
        /// The rule that is broken, with the values.
        reason: String,
    },
}

/// Why a case's slices make no volume.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VolumeFault {
    /// Slices of more than one size.
    #[error("{slice} has {} x {} pixels, but {first} has {} x {}", found[0], found[1], expected[0], expected[1])]
    Sizes {
        /// The first slice of another size.
        slice: String,
        /// Its width and height.
        found: [u32; 2],
        /// The first slice of the case.
        first: String,
        /// Its width and height.
        expected: [u32; 2],
    },
    /// More columns, rows or slices than NIfTI-1 can count.
    #[error("{found} columns, rows or slices, at most 32767 are possible")]
    Length {
        /// How many there are.
        found: usize,
    },
    /// No slice has what was asked for.
    #[error("no slice has what it would show")]
    Nothing,
}

/// Why a request does not fit what is open.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum UsageFault {
    /// No open case has this id.
    #[error("no open case has the id {id:?}")]
    UnknownCase {
        /// The id.
        id: String,
    },
    /// No open slice has this id.
    #[error("no open slice has the id {id:?}")]
    UnknownSlice {
        /// The id.
        id: String,
    },
    /// A mask or probabilities of another size than the slice.
    #[error("{slice}: expected {} x {} pixels, found {found}", expected[0], expected[1])]
    Size {
        /// The id of the slice.
        slice: String,
        /// Its width and height.
        expected: [usize; 2],
        /// How many pixels were given.
        found: usize,
    },
    /// A threshold that is not a probability.
    #[error("expected a threshold from 0 to 1, found {found}")]
    Threshold {
        /// The threshold.
        found: f64,
    },
    /// A distance that is not a length.
    #[error("expected a spacing above 0 mm, found {found} mm")]
    Spacing {
        /// The distance in millimetres.
        found: f64,
    },
    /// More display settings than a session keeps.
    #[error("the display settings have {found} bytes, expected at most {limit}")]
    View {
        /// Their length as JSON.
        found: usize,
        /// The most that is kept.
        limit: usize,
    },
    /// A zip whose source has changed while it was written.
    #[error("files or results have changed since the saving began: save again")]
    Changed,
}

impl Error {
    /// Names the file that `fault` was found in.
    pub fn in_file(file: impl Into<String>, fault: FileFault) -> Self {
        Self::File { file: file.into(), fault }
    }
}

/// The library's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// `8, 16, 8`, or the one number that all of them are.
fn numbers(values: &[u64]) -> String {
    let differ = values.windows(2).any(|pair| pair[0] != pair[1]);
    let shown = if differ { values } else { &values[..values.len().min(1)] };
    shown.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
}
