//! [`Encoding`]: how a page's samples are stored, checked before any of them is decoded.

use super::codec::Method;
use super::directory::{Page, Values};
use super::tags::*;
use super::{CHUNKS, Spent};
use crate::error::FileFault;
use crate::read::Limits;

/// What a page's samples mean.
pub(super) enum Color<'a> {
    Grey,
    /// Grey where 0 is white.
    Inverted,
    Rgb,
    /// Indices into three lists of 256 16-bit values, one list after another.
    Palette(Values<'a>),
}

/// Where and how a page's samples stand, checked: every number is within the limits and every sum of them fits.
pub(super) struct Encoding<'a> {
    pub(super) width: u64,
    pub(super) height: u64,
    pub(super) color: Color<'a>,
    /// Samples a pixel as stored, alpha included.
    pub(super) stored: u64,
    /// 16 bits a sample, not 8.
    pub(super) deep: bool,
    /// Each channel in strips or tiles of its own.
    pub(super) planar: bool,
    pub(super) method: Method,
    /// Each sample is stored as the difference from its left neighbour.
    pub(super) differences: bool,
    pub(super) tiled: bool,
    /// Columns and rows of a strip or tile; the last strip may have fewer rows.
    pub(super) chunk_width: u64,
    pub(super) chunk_height: u64,
    pub(super) offsets: Values<'a>,
    /// Compressed bytes of each; may be missing for the one strip of an uncompressed page.
    pub(super) lengths: Option<Values<'a>>,
}

impl<'a> Encoding<'a> {
    pub(super) fn new(page: &Page<'a>, limits: &Limits, spent: &mut Spent) -> Result<Self, FileFault> {
        let (width, height) = (page.require(WIDTH)?, page.require(HEIGHT)?);
        limits.admit(width, height, 1, spent.samples)?;

        let stored = page.find(SAMPLES)?.unwrap_or(1);
        let color = color(page, stored)?;
        let decoded = if matches!(color, Color::Palette(_)) { 3 } else { stored };
        limits.admit(width, height, decoded, spent.samples)?;
        spent.samples += width * height * decoded;

        sample_format(page, stored)?;
        let deep = match bits(page, stored)? {
            8 => false,
            16 if !matches!(color, Color::Palette(_)) => true,
            bits => return Err(FileFault::BitDepth { found: vec![bits] }),
        };
        if let Some(found @ 2..) = page.find(FILL_ORDER)? {
            return Err(FileFault::TagValue { tag: FILL_ORDER.1, found, expected: "1" });
        }
        let planar = match page.find(PLANAR)?.unwrap_or(1) {
            1 => false,
            // With one channel there is nothing to keep apart.
            2 => stored > 1,
            found => return Err(FileFault::TagValue { tag: PLANAR.1, found, expected: "1 or 2" }),
        };

        let code = page.find(COMPRESSION)?.unwrap_or(1);
        let method = Method::new(code).ok_or_else(|| FileFault::Compression { code, name: compression_name(code) })?;
        let differences = method.predicts()
            && match page.find(PREDICTOR)?.unwrap_or(1) {
                1 => false,
                2 => true,
                found => return Err(FileFault::TagValue { tag: PREDICTOR.1, found, expected: "1 or 2" }),
            };

        let tiled = page.list(TILE_OFFSETS, 0)?.is_some();
        let (chunk_width, chunk_height, offsets, lengths) = if tiled {
            (page.require(TILE_WIDTH)?, page.require(TILE_HEIGHT)?, TILE_OFFSETS, TILE_BYTES)
        } else {
            // One strip of everything where the tag is missing, or says more rows than there are.
            let rows = page.find(ROWS_PER_STRIP)?.unwrap_or(height);
            (width, rows.min(height), STRIP_OFFSETS, STRIP_BYTES)
        };
        if chunk_width == 0 || chunk_height == 0 {
            let tag = if !tiled {
                ROWS_PER_STRIP.1
            } else if chunk_width == 0 {
                TILE_WIDTH.1
            } else {
                TILE_HEIGHT.1
            };
            return Err(FileFault::TagValue { tag, found: 0, expected: "at least 1" });
        }
        // Padding is decoded too: a column of pixels in wide tiles must not cost more than the limit either, nor a thousand
        // pages of one pixel each.
        let (across, down) = (width.div_ceil(chunk_width), height.div_ceil(chunk_height));
        let padded_width = across.saturating_mul(chunk_width);
        let padded_height = if tiled { down.saturating_mul(chunk_height) } else { height };
        limits.admit(padded_width, padded_height, decoded, spent.padded)?;
        spent.padded += padded_width * padded_height * decoded;

        let chunks = across * down * if planar { stored } else { 1 };
        spent.chunks += chunks;
        if spent.chunks > CHUNKS {
            return Err(FileFault::OverLimit { what: "strips or tiles", found: spent.chunks, limit: CHUNKS });
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

/// What the samples mean, from the photometric interpretation and the number of samples a pixel. Of `stored` samples
/// at most one more than the colour needs is passed over, as alpha: for RGB in any case, for grey where the file
/// declares it to be alpha.
fn color<'a>(page: &Page<'a>, stored: u64) -> Result<Color<'a>, FileFault> {
    let code = page.require(PHOTOMETRIC)?;
    let alpha = match page.list(EXTRA_SAMPLES, 0)? {
        // 1 and 2: alpha, multiplied in or not. 0 is of unknown meaning.
        Some(extra) if extra.len() == 1 => extra.iter(1).filter(|kind| matches!(kind, 1 | 2)).count() as u64,
        _ => 0,
    };
    let found = stored.saturating_sub(alpha);
    match (code, found) {
        (0, 1) => Ok(Color::Inverted),
        (1, 1) => Ok(Color::Grey),
        // Three sequences are no colours; some writers say so.
        (1 | 2, 3) => Ok(Color::Rgb),
        (2, 4) if stored == 4 => Ok(Color::Rgb),
        (3, 1) => match page.list(COLOR_MAP, 3 * 256) {
            Ok(Some(map)) => Ok(Color::Palette(map)),
            Ok(None) => Err(FileFault::MissingTag { tag: COLOR_MAP.1 }),
            // A shorter map belongs to shallower indices: the depth is what is at fault.
            Err(fault) => match bits(page, stored)? {
                8 => Err(fault),
                bits => Err(FileFault::BitDepth { found: vec![bits] }),
            },
        },
        (0..=3, _) => Err(FileFault::ChannelCount { found }),
        _ => Err(FileFault::ColorSpace { code, name: color_space_name(code) }),
    }
}

/// `Ok` if every sample is an unsigned integer, or of undefined format, which the specification has read as one.
fn sample_format(page: &Page<'_>, stored: u64) -> Result<(), FileFault> {
    let Some(formats) = page.list(SAMPLE_FORMAT, 1)? else {
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

/// Bits a sample, the same for all `stored` of them (four at most).
fn bits(page: &Page<'_>, stored: u64) -> Result<u64, FileFault> {
    let Some(bits) = page.list(BITS, 1)? else {
        // The default of the specification.
        return Ok(1);
    };
    // Some writers give one value for all.
    let found: Vec<u64> = bits.iter(stored.min(4)).collect();
    match found.first() {
        Some(&first) if found.iter().all(|&bits| bits == first) => Ok(first),
        _ => Err(FileFault::BitDepth { found }),
    }
}
