//! [`Encoding`]: how a page's samples are stored, checked before any of them is decoded.

use super::codec::Method;
use super::directory::{Page, Values};
use super::tags;
use super::usage::{MAX_CHUNKS, Usage};
use crate::error::{FileFault, Quantity};
use crate::read::Limits;

/// The colour space of a page.
pub(super) enum Color<'a> {
    Grey,
    /// Grey where 0 is white.
    Inverted,
    Rgb,
    /// Indices into 256 16-bit values of red, then of green, then of blue.
    Palette(Values<'a>),
}

/// How a page's samples are stored. All numbers are within the limits, and their sums do not overflow.
pub(super) struct Encoding<'a> {
    pub(super) width: u64,
    pub(super) height: u64,
    pub(super) color: Color<'a>,
    /// Stored samples per pixel, alpha included.
    pub(super) stored: u64,
    /// Whether samples have 16 bits, not 8.
    pub(super) deep: bool,
    /// Whether each channel has its own strips or tiles.
    pub(super) planar: bool,
    pub(super) method: Method,
    /// Whether samples are stored as differences from their left neighbours.
    pub(super) differences: bool,
    pub(super) tiled: bool,
    /// Columns and rows of a strip or tile. The last strip may have fewer rows.
    pub(super) chunk_width: u64,
    pub(super) chunk_height: u64,
    pub(super) offsets: Values<'a>,
    /// The compressed bytes of each strip or tile; may be missing if an uncompressed page has only one.
    pub(super) lengths: Option<Values<'a>>,
}

impl<'a> Encoding<'a> {
    /// Reads a page's tags and adds what the page needs to `usage`.
    pub(super) fn new(page: &Page<'a>, limits: &Limits, usage: &mut Usage) -> Result<Self, FileFault> {
        let (width, height) = (page.require(tags::WIDTH)?, page.require(tags::HEIGHT)?);
        limits.admit(width, height, 1, usage.samples)?;

        let stored = page.find(tags::SAMPLES)?.unwrap_or(1);
        let color = color(page, stored)?;
        let decoded = if matches!(color, Color::Palette(_)) { 3 } else { stored };
        limits.admit(width, height, decoded, usage.samples)?;
        usage.samples += width * height * decoded;

        sample_format(page, stored)?;
        let deep = match bits(page, stored)? {
            8 => false,
            16 if !matches!(color, Color::Palette(_)) => true,
            bits => return Err(FileFault::BitDepth { found: vec![bits] }),
        };
        if let Some(found @ 2..) = page.find(tags::FILL_ORDER)? {
            return Err(FileFault::TagValue { tag: tags::FILL_ORDER.1, found, expected: "1" });
        }
        let planar = match page.find(tags::PLANAR)?.unwrap_or(1) {
            1 => false,
            // With one channel, planar and chunky are the same.
            2 => stored > 1,
            found => return Err(FileFault::TagValue { tag: tags::PLANAR.1, found, expected: "1 or 2" }),
        };

        let code = page.find(tags::COMPRESSION)?.unwrap_or(1);
        let method =
            Method::new(code).ok_or_else(|| FileFault::Compression { code, name: tags::compression_name(code) })?;
        let differences = method.predicts()
            && match page.find(tags::PREDICTOR)?.unwrap_or(1) {
                1 => false,
                2 => true,
                found => return Err(FileFault::TagValue { tag: tags::PREDICTOR.1, found, expected: "1 or 2" }),
            };

        let tiled = page.list(tags::TILE_OFFSETS, 0)?.is_some();
        let (chunk_width, chunk_height, offsets, lengths) = if tiled {
            (page.require(tags::TILE_WIDTH)?, page.require(tags::TILE_HEIGHT)?, tags::TILE_OFFSETS, tags::TILE_BYTES)
        } else {
            // One strip for all rows if the tag is missing or has a larger value.
            let rows = page.find(tags::ROWS_PER_STRIP)?.unwrap_or(height);
            (width, rows.min(height), tags::STRIP_OFFSETS, tags::STRIP_BYTES)
        };
        if chunk_width == 0 || chunk_height == 0 {
            let tag = if !tiled {
                tags::ROWS_PER_STRIP.1
            } else if chunk_width == 0 {
                tags::TILE_WIDTH.1
            } else {
                tags::TILE_HEIGHT.1
            };
            return Err(FileFault::TagValue { tag, found: 0, expected: "at least 1" });
        }
        // Padding is decoded too, so it counts: a column of pixels may lie in wide tiles, and so may a thousand pages
        // of one pixel each.
        let (across, down) = (width.div_ceil(chunk_width), height.div_ceil(chunk_height));
        let padded_width = across.saturating_mul(chunk_width);
        let padded_height = if tiled { down.saturating_mul(chunk_height) } else { height };
        limits.admit(padded_width, padded_height, decoded, usage.padded)?;
        usage.padded += padded_width * padded_height * decoded;

        let chunks = across * down * if planar { stored } else { 1 };
        usage.chunks += chunks;
        if usage.chunks > MAX_CHUNKS {
            return Err(FileFault::OverLimit { what: Quantity::Chunks, found: usage.chunks, limit: MAX_CHUNKS });
        }
        let (offsets_tag, lengths_tag) = (offsets, lengths);
        let offsets = page.list(offsets_tag, chunks)?.ok_or(FileFault::MissingTag { tag: offsets_tag.1 })?;
        let lengths = page.list(lengths_tag, chunks)?;
        if lengths.is_none() && !(method == Method::Plain && chunks == 1) {
            return Err(FileFault::MissingTag { tag: lengths_tag.1 });
        }
        Ok(Self {
            width,
            height,
            color,
            stored,
            deep,
            planar,
            method,
            differences,
            tiled,
            chunk_width,
            chunk_height,
            offsets,
            lengths,
        })
    }
}

/// The colour space, from the photometric interpretation and the samples per pixel. One sample more than the colour
/// space needs is skipped as alpha: always for RGB, and for grey if the file declares it as alpha.
fn color<'a>(page: &Page<'a>, stored: u64) -> Result<Color<'a>, FileFault> {
    let code = page.require(tags::PHOTOMETRIC)?;
    let alpha = match page.list(tags::EXTRA_SAMPLES, 0)? {
        // 1 and 2 are associated and unassociated alpha, 0 is unspecified.
        Some(extra) if extra.len() == 1 => extra.iter(1).filter(|kind| matches!(kind, 1 | 2)).count() as u64,
        _ => 0,
    };
    let found = stored.saturating_sub(alpha);
    match (code, found) {
        (0, 1) => Ok(Color::Inverted),
        (1, 1) => Ok(Color::Grey),
        // Some writers declare three MR sequences as grey.
        (1 | 2, 3) => Ok(Color::Rgb),
        (2, 4) if stored == 4 => Ok(Color::Rgb),
        (3, 1) => match page.list(tags::COLOR_MAP, 3 * 256) {
            Ok(Some(map)) => Ok(Color::Palette(map)),
            Ok(None) => Err(FileFault::MissingTag { tag: tags::COLOR_MAP.1 }),
            // A shorter map belongs to indices with fewer bits, so the depth is at fault.
            Err(fault) => match bits(page, stored)? {
                8 => Err(fault),
                bits => Err(FileFault::BitDepth { found: vec![bits] }),
            },
        },
        (0..=3, _) => Err(FileFault::ChannelCount { found }),
        _ => Err(FileFault::ColorSpace { code, name: tags::color_space_name(code) }),
    }
}

/// Checks that samples are unsigned integers, or of undefined format, which the specification treats as such.
fn sample_format(page: &Page<'_>, stored: u64) -> Result<(), FileFault> {
    let Some(formats) = page.list(tags::SAMPLE_FORMAT, 1)? else {
        return Ok(());
    };
    let found = match formats.iter(stored).find(|format| !matches!(format, 1 | 4)) {
        None => return Ok(()),
        Some(2) => "signed integers".to_owned(),
        Some(3) => "floating-point numbers".to_owned(),
        Some(5) => "complex integers".to_owned(),
        Some(6) => "complex floating-point numbers".to_owned(),
        Some(other) => format!("of unknown format {other}"),
    };
    Err(FileFault::SampleFormat { found })
}

/// Bits per sample, equal for all `stored` samples of a pixel (at most four).
fn bits(page: &Page<'_>, stored: u64) -> Result<u64, FileFault> {
    let Some(bits) = page.list(tags::BITS, 1)? else {
        // The specification's default.
        return Ok(1);
    };
    // Some writers state one value for all samples.
    let found: Vec<u64> = bits.iter(stored.min(4)).collect();
    match found.first() {
        Some(&first) if found.iter().all(|&bits| bits == first) => Ok(first),
        _ => Err(FileFault::BitDepth { found }),
    }
}
