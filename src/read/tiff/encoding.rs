//! [`Encoding`]: how a page's samples are stored, checked before any of them is decoded.

use super::codec::Method;
use super::directory::{Page, Values};
use super::kind::Kind;
use super::predictor::Predictor;
use super::shape::Shape;
use super::tags;
use super::usage::{MAX_CHUNKS, Usage};
use crate::error::{FileFault, Quantity};
use crate::read::Limits;

/// The PhotometricInterpretation of luma and two colour differences.
const YCBCR: u64 = 6;

/// The most grey planes of a page whose planes are interleaved: each picture decodes all of them.
const CHUNKY_PLANES: u64 = 8;

/// The colour space of a page.
pub(super) enum Color<'a> {
    Grey,
    /// Grey where 0 is white.
    Inverted,
    Rgb,
    /// Indices into 16-bit values of red, then of green, then of blue: 256 each for 8 bits, 2 each for 1 bit.
    Palette(Values<'a>),
    /// Several grey planes, chunky or planar. Each is a picture of its own.
    Planes {
        inverted: bool,
    },
}

/// How a page's samples are stored. All numbers are within the limits, and their sums do not overflow.
pub(super) struct Encoding<'a> {
    pub(super) width: u64,
    pub(super) height: u64,
    pub(super) color: Color<'a>,
    /// Stored samples per pixel, alpha included.
    pub(super) stored: u64,
    pub(super) kind: Kind,
    /// The pictures of the page: its grey planes, or the images of a stack of ImageJ that has one directory.
    pub(super) pictures: u64,
    /// The bytes from each picture to the next where one directory describes several; 0 otherwise.
    pub(super) step: u64,
    /// Whether each channel has its own strips or tiles.
    pub(super) planar: bool,
    pub(super) method: Method,
    /// Whether the bits of each byte are stored from the lowest to the highest.
    pub(super) reversed: bool,
    /// What a decompressor of images needs to know.
    pub(super) shape: Shape<'a>,
    pub(super) predictor: Predictor,
    pub(super) tiled: bool,
    /// Columns and rows of a strip or tile. The last strip may have fewer rows.
    pub(super) chunk_width: u64,
    pub(super) chunk_height: u64,
    pub(super) offsets: Values<'a>,
    /// The compressed bytes of each strip or tile; may be missing if an uncompressed page has only one.
    pub(super) lengths: Option<Values<'a>>,
}

impl<'a> Encoding<'a> {
    /// Reads a page's tags and adds what the page needs to `usage`. The directory describes `images` images, of which
    /// each follows the one before it without a gap.
    pub(super) fn new(page: &Page<'a>, images: u64, limits: &Limits, usage: &mut Usage) -> Result<Self, FileFault> {
        let (width, height) = (page.require(tags::WIDTH)?, page.require(tags::HEIGHT)?);
        limits.admit(width, height, 1, usage.samples)?;

        let stored = page.find(tags::SAMPLES)?.unwrap_or(1);
        let planar = match page.find(tags::PLANAR)?.unwrap_or(1) {
            1 => false,
            // With one channel, planar and chunky are the same.
            2 => stored > 1,
            found => return Err(FileFault::TagValue { tag: tags::PLANAR.1, found, expected: "1 or 2" }),
        };
        let color = color(page, stored, planar)?;
        let kind = Kind::of(page, stored)?;
        if matches!(color, Color::Palette(_)) && !matches!(kind, Kind::Unsigned(..=8)) {
            return Err(FileFault::BitDepth { found: vec![kind.bits() as u64] });
        }
        let decoded = if matches!(color, Color::Palette(_)) { 3 } else { stored };
        let decoded = decoded.saturating_mul(kind.cost()).saturating_mul(images);
        limits.admit(width, height, decoded, usage.samples)?;
        usage.samples += width * height * decoded;

        let reversed = match page.find(tags::FILL_ORDER)?.unwrap_or(1) {
            1 => false,
            2 => true,
            found => return Err(FileFault::TagValue { tag: tags::FILL_ORDER.1, found, expected: "1 or 2" }),
        };
        let code = page.find(tags::COMPRESSION)?.unwrap_or(1);
        let method =
            Method::new(code).ok_or_else(|| FileFault::Compression { code, name: tags::compression_name(code) })?;
        #[cfg(feature = "formats")]
        match method {
            Method::Jpeg if kind != Kind::Unsigned(8) => {
                return Err(FileFault::Compression { code, name: "JPEG with another depth than 8 bits" });
            }
            Method::Fax if kind != Kind::Unsigned(1) || stored != 1 => {
                return Err(FileFault::Compression { code, name: "CCITT Group 4 with more than one bit" });
            }
            _ => {}
        }
        let predictor = if method.predicts() { page.find(tags::PREDICTOR)?.unwrap_or(1) } else { 1 };
        let predictor = Predictor::new(predictor, kind)?;

        let tiled = page.list(tags::TILE_OFFSETS, 0)?.is_some();
        let (chunk_width, chunk_height, offsets, lengths) = if tiled {
            (page.require(tags::TILE_WIDTH)?, page.require(tags::TILE_HEIGHT)?, tags::TILE_OFFSETS, tags::TILE_BYTES)
        } else {
            // One strip for all rows if the tag is missing or has a larger value.
            let rows = if images > 1 { None } else { page.find(tags::ROWS_PER_STRIP)? }.unwrap_or(height);
            (width, rows.min(height), tags::STRIP_OFFSETS, tags::STRIP_BYTES)
        };
        let shape = Shape {
            width: usize::try_from(chunk_width).unwrap_or(usize::MAX),
            channels: if planar { 1 } else { stored as usize },
            converts: page.find(tags::PHOTOMETRIC)? == Some(YCBCR),
            #[cfg(feature = "formats")]
            tables: page.bytes(tags::JPEG_TABLES)?,
            #[cfg(not(feature = "formats"))]
            tables: None,
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
        usage.chunks += chunks * images;
        if usage.chunks > MAX_CHUNKS {
            return Err(FileFault::OverLimit { what: Quantity::Chunks, found: usage.chunks, limit: MAX_CHUNKS });
        }
        let (offsets_tag, lengths_tag) = (offsets, lengths);
        let offsets = page.list(offsets_tag, chunks)?.ok_or(FileFault::MissingTag { tag: offsets_tag.1 })?;
        let lengths = page.list(lengths_tag, chunks)?;
        if lengths.is_none() && !(method == Method::Plain && chunks == 1) {
            return Err(FileFault::MissingTag { tag: lengths_tag.1 });
        }
        let planes = if matches!(color, Color::Planes { .. }) { stored } else { 1 };
        let row_bytes = kind.row_bytes(width * stored);
        Ok(Self {
            width,
            height,
            color,
            stored,
            kind,
            pictures: planes * images,
            step: if images > 1 { row_bytes.saturating_mul(height) } else { 0 },
            planar,
            method,
            reversed: reversed && method.has_fill_order(),
            shape,
            predictor,
            tiled,
            chunk_width,
            chunk_height,
            offsets,
            lengths,
        })
    }
}

impl Encoding<'_> {
    /// Whether each picture has one channel.
    pub(super) fn is_grey(&self) -> bool {
        matches!(self.color, Color::Grey | Color::Inverted | Color::Planes { .. })
    }
}

/// The number of images that one directory of ImageJ describes, if they follow each other without a gap: at most
/// `images`, and 1 where the file has no room for a second one. Another program has then kept the description but not
/// the images.
pub(super) fn images_without_directories(page: &Page<'_>, images: u64, length: u64) -> Result<u64, FileFault> {
    let plain = page.find(tags::COMPRESSION)?.unwrap_or(1) == 1;
    let stored = page.find(tags::SAMPLES)?.unwrap_or(1);
    let planar = stored > 1 && page.find(tags::PLANAR)? == Some(2);
    if images < 2 || !plain || planar || page.list(tags::TILE_OFFSETS, 0)?.is_some() {
        return Ok(1);
    }
    let (width, height) = (page.require(tags::WIDTH)?, page.require(tags::HEIGHT)?);
    let size = Kind::of(page, stored)?.row_bytes(width.saturating_mul(stored)).saturating_mul(height);
    let first = page.require(tags::STRIP_OFFSETS)?;
    Ok(if first.saturating_add(size.saturating_mul(2)) > length { 1 } else { images })
}

/// The colour space, from the photometric interpretation and the samples per pixel. One sample more than the colour
/// space needs is skipped as alpha: always for RGB, and for grey if the file declares it as alpha.
fn color<'a>(page: &Page<'a>, stored: u64, planar: bool) -> Result<Color<'a>, FileFault> {
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
        (0 | 1, 2..) if alpha == 0 && (planar || found <= CHUNKY_PLANES) => Ok(Color::Planes { inverted: code == 0 }),
        (2, 3) => Ok(Color::Rgb),
        (2, 4) if stored == 4 => Ok(Color::Rgb),
        (3, 1) => {
            // A depth that palettes cannot have is refused by the caller.
            let depth = Kind::of(page, stored)?.bits().min(8);
            let map = page.list(tags::COLOR_MAP, 3 << depth)?;
            map.map(Color::Palette).ok_or(FileFault::MissingTag { tag: tags::COLOR_MAP.1 })
        }
        // The decompressor of JPEG returns red, green and blue.
        (YCBCR, 3) if page.find(tags::COMPRESSION)? == Some(7) && !planar => Ok(Color::Rgb),
        (0..=3, _) => Err(FileFault::ChannelCount { found }),
        _ => Err(FileFault::ColorSpace { code, name: tags::color_space_name(code) }),
    }
}
