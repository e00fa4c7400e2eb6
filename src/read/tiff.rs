//! TIFF → [`Slice`]s, one a page.
//!
//! Classic and BigTIFF in either byte order; strips and tiles; chunky and planar; no compression, LZW, Deflate and
//! PackBits, with the horizontal predictor. Grey where white is zero is inverted, so that bright is high in every
//! slice; 8-bit palettes become 8-bit RGB. Thumbnails and transparency masks among the pages are passed over.
//!
//! The directory is read here, not by a general decoder: whatever a file claims is judged before memory is spent on
//! it, and only the compression itself is left to others.

mod codec;
mod directory;

use codec::{Codec, Method};
use directory::{File, Page, Tag, Values};

use super::{Channels, Limits, Samples, Slice, Spacing, zeroed};
use crate::error::{Error, FileFault, Result};

const SUBFILE_TYPE: Tag = Tag(254, "NewSubfileType");
const WIDTH: Tag = Tag(256, "ImageWidth");
const HEIGHT: Tag = Tag(257, "ImageLength");
const BITS: Tag = Tag(258, "BitsPerSample");
const COMPRESSION: Tag = Tag(259, "Compression");
const PHOTOMETRIC: Tag = Tag(262, "PhotometricInterpretation");
const FILL_ORDER: Tag = Tag(266, "FillOrder");
const STRIP_OFFSETS: Tag = Tag(273, "StripOffsets");
const SAMPLES: Tag = Tag(277, "SamplesPerPixel");
const ROWS_PER_STRIP: Tag = Tag(278, "RowsPerStrip");
const STRIP_BYTES: Tag = Tag(279, "StripByteCounts");
const X_RESOLUTION: Tag = Tag(282, "XResolution");
const Y_RESOLUTION: Tag = Tag(283, "YResolution");
const PLANAR: Tag = Tag(284, "PlanarConfiguration");
const RESOLUTION_UNIT: Tag = Tag(296, "ResolutionUnit");
const PREDICTOR: Tag = Tag(317, "Predictor");
const COLOR_MAP: Tag = Tag(320, "ColorMap");
const TILE_WIDTH: Tag = Tag(322, "TileWidth");
const TILE_HEIGHT: Tag = Tag(323, "TileLength");
const TILE_OFFSETS: Tag = Tag(324, "TileOffsets");
const TILE_BYTES: Tag = Tag(325, "TileByteCounts");
const EXTRA_SAMPLES: Tag = Tag(338, "ExtraSamples");
const SAMPLE_FORMAT: Tag = Tag(339, "SampleFormat");

/// Every tag that is looked at.
const TAGS: [Tag; 23] = [
    SUBFILE_TYPE,
    WIDTH,
    HEIGHT,
    BITS,
    COMPRESSION,
    PHOTOMETRIC,
    FILL_ORDER,
    STRIP_OFFSETS,
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
    EXTRA_SAMPLES,
    SAMPLE_FORMAT,
];

/// Strips and tiles of one file together. Pages may share them, so the file's length does not bound them, and a
/// decompressor starts anew for each; 300 pages of 512 rows, each row a strip, need 153,600.
const CHUNKS: u64 = 1 << 18;

/// How many times over a file's bytes may be decompressed, where strips or tiles share them, as those of pages that are
/// all black may: bytes that decode to next to nothing would otherwise cost far more time than reading the file does.
const SHARED: u64 = 4;

/// Whether these are the first bytes of a TIFF.
pub(super) fn is_tiff(bytes: &[u8]) -> bool {
    [*b"II*\0", *b"MM\0*", *b"II+\0", *b"MM\0+"].iter().any(|signature| bytes.starts_with(signature))
}

/// Reads every page that is a picture of its own.
pub(super) fn read(name: &str, bytes: &[u8], limits: &Limits) -> Result<Vec<Slice>> {
    let (file, mut pages) = File::pages(bytes, &TAGS, limits.pages).map_err(|fault| Error::in_file(name, fault))?;
    let found = pages.len() as u64;
    pages.retain(|page| !is_auxiliary(page));
    if pages.is_empty() {
        return Err(Error::in_file(name, FileFault::NoPages { found }));
    }
    // All pages are judged before the first is decoded: together they may ask for too much.
    let mut spent = Spent::default();
    let mut layouts = Vec::with_capacity(pages.len());
    let several = pages.len() > 1;
    for (index, page) in pages.iter().enumerate() {
        let name = if several { format!("{name}#{}", index + 1) } else { name.to_owned() };
        match Layout::new(page, limits, &mut spent) {
            Ok(layout) => layouts.push((name, layout, spacing(page))),
            Err(fault) => return Err(Error::in_file(name, fault)),
        }
    }
    let decode = |(name, layout, spacing): (String, Layout<'_>, Option<Spacing>)| {
        let (width, height) = (layout.width as usize, layout.height as usize);
        match layout.decode(&file, limits, &mut spent) {
            Ok((channels, samples)) => Ok(Slice::new(name, width, height, channels, samples)?.with_spacing(spacing)),
            Err(fault) => Err(Error::in_file(name, fault)),
        }
    };
    layouts.into_iter().map(decode).collect()
}

/// A reduced copy of another page (bit 0), or a mask that says where another page is transparent (bit 2).
fn is_auxiliary(page: &Page<'_>) -> bool {
    matches!(page.find(SUBFILE_TYPE), Ok(Some(flags)) if flags & 0b101 != 0)
}

/// The resolution in millimetres a pixel. Where the unit is missing the specification assumes inches; this does not:
/// what the file does not say is not known.
fn spacing(page: &Page<'_>) -> Option<Spacing> {
    let unit = match page.find(RESOLUTION_UNIT) {
        Ok(Some(2)) => 25.4,
        Ok(Some(3)) => 10.0,
        _ => return None,
    };
    Some(Spacing::in_plane(unit / page.ratio(X_RESOLUTION)?, unit / page.ratio(Y_RESOLUTION)?))
}

/// What the pages of a file have asked for so far, against [`Limits`] and [`CHUNKS`].
#[derive(Default)]
struct Spent {
    samples: u64,
    /// The same with the padding of tiles.
    padded: u64,
    compressed: u64,
    chunks: u64,
}

/// What a page's samples mean.
enum Color<'a> {
    Grey,
    /// Grey where 0 is white.
    Inverted,
    Rgb,
    /// Indices into three lists of 256 16-bit values, one list after another.
    Palette(Values<'a>),
}

/// Where and how a page's samples stand, checked: every number is within the limits and every sum of them fits.
struct Layout<'a> {
    width: u64,
    height: u64,
    color: Color<'a>,
    /// Samples a pixel as stored, alpha included.
    stored: u64,
    /// 16 bits a sample, not 8.
    deep: bool,
    /// Each channel in strips or tiles of its own.
    planar: bool,
    method: Method,
    /// Each sample is stored as the difference from its left neighbour.
    differences: bool,
    tiled: bool,
    /// Columns and rows of a strip or tile; the last strip may have fewer rows.
    chunk_width: u64,
    chunk_height: u64,
    offsets: Values<'a>,
    /// Compressed bytes of each; may be missing for the one strip of an uncompressed page.
    lengths: Option<Values<'a>>,
}

impl<'a> Layout<'a> {
    fn new(page: &Page<'a>, limits: &Limits, spent: &mut Spent) -> Result<Self, FileFault> {
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

    fn decode(&self, file: &File<'_>, limits: &Limits, spent: &mut Spent) -> Result<(Channels, Samples), FileFault> {
        let channels = match self.color {
            Color::Grey | Color::Inverted => Channels::Grey,
            Color::Rgb | Color::Palette(_) => Channels::Rgb,
        };
        let inverted = matches!(self.color, Color::Inverted);
        let samples = if self.deep {
            let mut samples: Vec<u16> = self.gather(file, limits, spent)?;
            if inverted {
                samples.iter_mut().for_each(|sample| *sample = u16::MAX - *sample);
            }
            Samples::U16(samples)
        } else {
            let mut samples: Vec<u8> = self.gather(file, limits, spent)?;
            if inverted {
                samples.iter_mut().for_each(|sample| *sample = u8::MAX - *sample);
            }
            if let Color::Palette(map) = &self.color {
                samples = expand(&samples, map)?;
            }
            Samples::U8(samples)
        };
        Ok((channels, samples))
    }

    /// Decodes every strip or tile and lays the samples that are kept side by side, row by row.
    fn gather<T: Sample>(&self, file: &File<'_>, limits: &Limits, spent: &mut Spent) -> Result<Vec<T>, FileFault> {
        // `Limits::admit` has seen to it that twice as many bytes as there are samples fit a `usize`.
        let (width, height) = (self.width as usize, self.height as usize);
        let (chunk_width, chunk_height) = (self.chunk_width as usize, self.chunk_height as usize);
        let kept = if matches!(self.color, Color::Rgb) { 3 } else { 1 };
        let size = size_of::<T>();
        let in_chunk = if self.planar { 1 } else { self.stored as usize };
        let planes = if self.planar { kept } else { 1 };
        let (across, down) = (width.div_ceil(chunk_width), height.div_ceil(chunk_height));
        let row_bytes = chunk_width * in_chunk * size;

        let mut samples = zeroed::<T>(self.width * self.height * kept as u64)?;
        let mut codec = Codec::new(self.method);
        let mut buffer = zeroed::<u8>(row_bytes as u64 * self.chunk_height)?;
        for plane in 0..planes {
            for row in 0..down {
                let top = row * chunk_height;
                let rows = chunk_height.min(height - top);
                // A tile is stored whole, the last strip is not.
                let stored_rows = if self.tiled { chunk_height } else { rows };
                let chunk_bytes = &mut buffer[..stored_rows * row_bytes];
                for column in 0..across {
                    let left = column * chunk_width;
                    let columns = chunk_width.min(width - left);
                    let index = (plane * down + row) * across + column;
                    self.chunk(file, &mut codec, index as u64, chunk_bytes, limits, spent)?;
                    for (y, line) in chunk_bytes.chunks_exact_mut(row_bytes).take(rows).enumerate() {
                        if self.differences {
                            accumulate(line, in_chunk, size, file.big_endian());
                        }
                        let start = ((top + y) * width + left) * kept;
                        let target = samples[start..start + columns * kept].chunks_exact_mut(kept);
                        for (pixel, source) in target.zip(line.chunks_exact(in_chunk * size)) {
                            let pixel = if self.planar { &mut pixel[plane..=plane] } else { pixel };
                            for (sample, bytes) in pixel.iter_mut().zip(source.chunks_exact(size)) {
                                *sample = T::load(bytes, file.big_endian());
                            }
                        }
                    }
                }
            }
        }
        Ok(samples)
    }

    /// Decodes strip or tile `index` into the whole of `output`.
    fn chunk(
        &self,
        file: &File<'_>,
        codec: &mut Codec,
        index: u64,
        output: &mut [u8],
        limits: &Limits,
        spent: &mut Spent,
    ) -> Result<(), FileFault> {
        let expected = output.len() as u64;
        let what = if self.tiled { "tile" } else { "strip" };
        let at = self.offsets.get(index).unwrap_or(u64::MAX);
        let length = self.lengths.as_ref().and_then(|lengths| lengths.get(index)).unwrap_or(expected);
        let input = if self.method == Method::Plain {
            // Some writers count wrongly; what has to be there is known here.
            file.range(what, at, expected)?
        } else {
            spent.compressed = spent.compressed.saturating_add(length);
            let limit = limits.bytes.min(file.length().saturating_mul(SHARED));
            if spent.compressed > limit {
                let found = spent.compressed;
                return Err(FileFault::OverLimit { what: "compressed bytes", found, limit });
            }
            file.range(what, at, length)?
        };
        let found = match codec.decode(input, output) {
            Ok(found) => found as u64,
            Err(source) => return Err(FileFault::Corrupt { chunk: index, source }),
        };
        if found < expected {
            return Err(FileFault::Incomplete { chunk: index, expected, found });
        }
        Ok(())
    }
}

/// A sample as it is stored, in `size_of::<Self>()` bytes.
trait Sample: Copy + Default {
    fn load(bytes: &[u8], big_endian: bool) -> Self;
}

impl Sample for u8 {
    fn load(bytes: &[u8], _: bool) -> Self {
        bytes[0]
    }
}

impl Sample for u16 {
    fn load(bytes: &[u8], big_endian: bool) -> Self {
        let pair = [bytes[0], bytes[1]];
        if big_endian { Self::from_be_bytes(pair) } else { Self::from_le_bytes(pair) }
    }
}

/// Undoes the horizontal predictor on one row of `stride` samples a pixel, `size` bytes each.
fn accumulate(row: &mut [u8], stride: usize, size: usize, big_endian: bool) {
    if size == 1 {
        for i in stride..row.len() {
            row[i] = row[i].wrapping_add(row[i - stride]);
        }
        return;
    }
    let load = |pair| if big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) };
    let store = |sample: u16| if big_endian { sample.to_be_bytes() } else { sample.to_le_bytes() };
    let row = row.as_chunks_mut::<2>().0;
    for i in stride..row.len() {
        row[i] = store(load(row[i]).wrapping_add(load(row[i - stride])));
    }
}

/// Palette indices → interleaved 8-bit RGB.
fn expand(indices: &[u8], map: &Values<'_>) -> Result<Vec<u8>, FileFault> {
    let map: Vec<u64> = map.iter(3 * 256).collect();
    // The values are of 16 bits, but some writers leave them at 8; then none is above 255.
    let shift = if map.iter().all(|&value| value < 256) { 0 } else { 8 };
    let mut samples = zeroed::<u8>(indices.len() as u64 * 3)?;
    for (pixel, &index) in samples.chunks_exact_mut(3).zip(indices) {
        for (channel, sample) in pixel.iter_mut().enumerate() {
            *sample = (map[channel * 256 + usize::from(index)] >> shift) as u8;
        }
    }
    Ok(samples)
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

fn compression_name(code: u64) -> &'static str {
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

fn color_space_name(code: u64) -> &'static str {
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
