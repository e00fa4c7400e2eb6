//! Decompressors that few files need: Zstandard, JPEG and CCITT Group 4.

use std::error::Error;
use std::io::Read as _;

use fax::Color;
use fax::decoder::{decode_g4, pels};
use ruzstd::decoding::StreamingDecoder;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::shape::Shape;

/// The largest window of a Zstandard frame. Its own tool asks before it uses a larger one than 8 MiB.
const WINDOW: u64 = 8 << 20;

/// As [`Codec::decode`](super::codec::Codec::decode), for a Zstandard frame.
pub(super) fn zstandard(input: &[u8], output: &mut [u8]) -> Result<usize, Box<dyn Error + Send + Sync>> {
    let window = WINDOW.max(output.len() as u64);
    let mut decoder = StreamingDecoder::new_with_max_window_size(input, window).map_err(|error| error.to_string())?;
    let mut filled = 0;
    while filled < output.len() {
        match decoder.read(&mut output[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(filled)
}

/// As [`Codec::decode`](super::codec::Codec::decode), for a JPEG image of 8 bits.
pub(super) fn jpeg(input: &[u8], output: &mut [u8], shape: Shape<'_>) -> Result<usize, Box<dyn Error + Send + Sync>> {
    // The tables are an image without data: start of image, tables, end of image.
    let tables = shape.tables.and_then(|tables| tables.strip_suffix(b"\xff\xd9")).unwrap_or_default();
    let image = if tables.is_empty() { input } else { input.strip_prefix(b"\xff\xd8").unwrap_or(input) };
    let whole = [tables, image].concat();
    let row = (shape.width * shape.channels).max(1);
    let options = DecoderOptions::default().set_max_width(shape.width).set_max_height(output.len() / row);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&*whole), options);
    decoder.decode_headers().map_err(|error| error.to_string())?;
    let color = match (shape.channels, decoder.input_colorspace()) {
        (1, _) => ColorSpace::Luma,
        // The decoder takes three channels for YCbCr. Without a conversion they stay the stored red, green and blue.
        (_, Some(ColorSpace::YCbCr)) if !shape.converts => ColorSpace::YCbCr,
        _ => ColorSpace::RGB,
    };
    decoder.set_options(options.jpeg_set_out_colorspace(color));
    let info = decoder.info().ok_or("no size")?;
    let size = decoder.output_buffer_size().unwrap_or(usize::MAX);
    if usize::from(info.width) != shape.width || usize::from(info.components) != shape.channels || size > output.len() {
        return Err(format!("a JPEG of {} x {} pixels in {} channels", info.width, info.height, info.components).into());
    }
    decoder.decode_into(&mut output[..size]).map_err(|error| error.to_string())?;
    Ok(size)
}

/// As [`Codec::decode`](super::codec::Codec::decode), for CCITT Group 4 with rows of `width` pixels. Black is 1.
pub(super) fn fax(input: &[u8], output: &mut [u8], width: usize) -> usize {
    let (Ok(columns), row_bytes) = (u16::try_from(width), width.div_ceil(8)) else { return 0 };
    output.fill(0);
    let mut rows = output.chunks_exact_mut(row_bytes);
    let (height, mut read) = (u16::try_from(rows.len()).unwrap_or(u16::MAX), 0);
    let _ = decode_g4(input.iter().copied(), columns, Some(height), |line| {
        if let Some(row) = rows.next() {
            for (x, color) in pels(line, columns).enumerate() {
                row[x / 8] |= u8::from(color == Color::Black) << (7 - x % 8);
            }
            read += row_bytes;
        }
    });
    read
}
