//! The tags that are read, and the names of their values.

/// A tag: its code and its name in the TIFF specification.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tag(pub(super) u16, pub(super) &'static str);

pub(super) const SUBFILE_TYPE: Tag = Tag(254, "NewSubfileType");
/// SubfileType of TIFF 5.0.
pub(super) const OLD_SUBFILE_TYPE: Tag = Tag(255, "SubfileType");
pub(super) const WIDTH: Tag = Tag(256, "ImageWidth");
pub(super) const HEIGHT: Tag = Tag(257, "ImageLength");
pub(super) const BITS: Tag = Tag(258, "BitsPerSample");
pub(super) const COMPRESSION: Tag = Tag(259, "Compression");
pub(super) const PHOTOMETRIC: Tag = Tag(262, "PhotometricInterpretation");
pub(super) const FILL_ORDER: Tag = Tag(266, "FillOrder");
pub(super) const DESCRIPTION: Tag = Tag(270, "ImageDescription");
pub(super) const STRIP_OFFSETS: Tag = Tag(273, "StripOffsets");
pub(super) const ORIENTATION: Tag = Tag(274, "Orientation");
pub(super) const SAMPLES: Tag = Tag(277, "SamplesPerPixel");
pub(super) const ROWS_PER_STRIP: Tag = Tag(278, "RowsPerStrip");
pub(super) const STRIP_BYTES: Tag = Tag(279, "StripByteCounts");
pub(super) const X_RESOLUTION: Tag = Tag(282, "XResolution");
pub(super) const Y_RESOLUTION: Tag = Tag(283, "YResolution");
pub(super) const PLANAR: Tag = Tag(284, "PlanarConfiguration");
pub(super) const RESOLUTION_UNIT: Tag = Tag(296, "ResolutionUnit");
pub(super) const PREDICTOR: Tag = Tag(317, "Predictor");
pub(super) const COLOR_MAP: Tag = Tag(320, "ColorMap");
pub(super) const TILE_WIDTH: Tag = Tag(322, "TileWidth");
pub(super) const TILE_HEIGHT: Tag = Tag(323, "TileLength");
pub(super) const TILE_OFFSETS: Tag = Tag(324, "TileOffsets");
pub(super) const TILE_BYTES: Tag = Tag(325, "TileByteCounts");
pub(super) const SUB_DIRECTORIES: Tag = Tag(330, "SubIFDs");
pub(super) const EXTRA_SAMPLES: Tag = Tag(338, "ExtraSamples");
pub(super) const SAMPLE_FORMAT: Tag = Tag(339, "SampleFormat");
pub(super) const JPEG_TABLES: Tag = Tag(347, "JPEGTables");
pub(super) const IMAGEJ_COUNTS: Tag = Tag(50838, "IJMetadataByteCounts");
pub(super) const IMAGEJ_METADATA: Tag = Tag(50839, "IJMetadata");

/// All of these tags.
pub(super) const ALL: [Tag; 30] = [
    SUBFILE_TYPE,
    OLD_SUBFILE_TYPE,
    WIDTH,
    HEIGHT,
    BITS,
    COMPRESSION,
    PHOTOMETRIC,
    FILL_ORDER,
    DESCRIPTION,
    STRIP_OFFSETS,
    ORIENTATION,
    SAMPLES,
    ROWS_PER_STRIP,
    STRIP_BYTES,
    X_RESOLUTION,
    Y_RESOLUTION,
    PLANAR,
    RESOLUTION_UNIT,
    PREDICTOR,
    COLOR_MAP,
    TILE_WIDTH,
    TILE_HEIGHT,
    TILE_OFFSETS,
    TILE_BYTES,
    SUB_DIRECTORIES,
    EXTRA_SAMPLES,
    SAMPLE_FORMAT,
    JPEG_TABLES,
    IMAGEJ_COUNTS,
    IMAGEJ_METADATA,
];

/// The name of a value of the Compression tag.
pub(super) fn compression_name(code: u64) -> &'static str {
    match code {
        2 => "CCITT RLE",
        3 => "CCITT Group 3",
        4 => "CCITT Group 4",
        6 => "old-style JPEG",
        7 => "JPEG",
        34712 | 33003 | 33005 => "JPEG 2000",
        34925 => "LZMA",
        34887 => "LERC",
        50000 => "Zstandard",
        50001 => "WebP",
        50002 => "JPEG XL",
        _ => "unknown",
    }
}

/// The name of a value of the PhotometricInterpretation tag.
pub(super) fn color_space_name(code: u64) -> &'static str {
    match code {
        4 => "transparency mask",
        5 => "CMYK",
        6 => "YCbCr",
        8 => "CIE L*a*b*",
        9 => "ICC L*a*b*",
        10 => "ITU L*a*b*",
        32803 => "colour filter array",
        34892 => "linear raw",
        _ => "unknown",
    }
}
