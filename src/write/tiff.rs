//! Uncompressed TIFF files: every reader of images takes them, and [`super::zip()`] compresses them.

use std::io::Cursor;

use tiff::TiffResult;
use tiff::encoder::colortype::{ColorType, Gray8, Gray16, RGB8, RGB16};
use tiff::encoder::{TiffEncoder, TiffValue};

use crate::mask::Mask;
use crate::read::{Channels, Samples, Slice};

/// A mask as a grey 8-bit TIFF of the same size: 255 inside, 0 outside, like the masks of the dataset.
///
/// # Panics
///
/// If the mask has no pixels or 4 GiB of them. No slice within [`Limits`](crate::read::Limits) has.
pub fn mask_tiff(mask: &Mask) -> Vec<u8> {
    let samples: Vec<u8> = mask.inside().iter().map(|&inside| if inside { 255 } else { 0 }).collect();
    encode::<Gray8>(mask.width(), mask.height(), &samples)
}

/// A slice as a TIFF with its own channels and depth.
///
/// # Panics
///
/// As [`mask_tiff`] does.
pub fn slice_tiff(slice: &Slice) -> Vec<u8> {
    let (width, height) = (slice.width(), slice.height());
    match (slice.channels(), slice.samples()) {
        (Channels::Grey, Samples::U8(samples)) => encode::<Gray8>(width, height, samples),
        (Channels::Grey, Samples::U16(samples)) => encode::<Gray16>(width, height, samples),
        (Channels::Rgb, Samples::U8(samples)) => encode::<RGB8>(width, height, samples),
        (Channels::Rgb, Samples::U16(samples)) => encode::<RGB16>(width, height, samples),
    }
}

fn encode<C: ColorType>(width: usize, height: usize, samples: &[C::Inner]) -> Vec<u8>
where
    [C::Inner]: TiffValue,
{
    match try_encode::<C>(width, height, samples) {
        Ok(bytes) => bytes,
        // Memory takes every byte, so only the sizes that the callers rule out remain.
        Err(error) => panic!("a TIFF of {width}x{height} pixels: {error}"),
    }
}

fn try_encode<C: ColorType>(width: usize, height: usize, samples: &[C::Inner]) -> TiffResult<Vec<u8>>
where
    [C::Inner]: TiffValue,
{
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes)?;
    encoder.write_image::<C>(u32::try_from(width)?, u32::try_from(height)?, samples)?;
    Ok(bytes.into_inner())
}

#[cfg(test)]
mod tests {
    use tiff::ColorType as Found;
    use tiff::decoder::{Decoder, DecodingResult};

    use super::*;
    use crate::error::Result;

    fn decode(bytes: Vec<u8>) -> TiffResult<([u32; 2], Found, DecodingResult)> {
        let mut decoder = Decoder::new(Cursor::new(bytes))?;
        let (width, height) = decoder.dimensions()?;
        Ok(([width, height], decoder.colortype()?, decoder.read_image()?))
    }

    #[test]
    fn a_mask_comes_back_as_0_and_255() -> TiffResult<()> {
        let mask = Mask::new(3, 2, vec![true, false, false, false, true, true]);
        let (size, colour, samples) = decode(mask_tiff(&mask))?;
        assert_eq!((size, colour), ([3, 2], Found::Gray(8)));
        assert!(matches!(samples, DecodingResult::U8(samples) if samples == [255, 0, 0, 0, 255, 255]));
        Ok(())
    }

    #[test]
    fn slices_keep_their_channels_and_depth() -> Result<()> {
        let sixteen: Vec<u16> = (0..12).map(|i| i * 5000).collect();
        let eight: Vec<u8> = (0..12).collect();
        for (channels, samples, width, colour) in [
            (Channels::Grey, Samples::U8(eight.clone()), 6, Found::Gray(8)),
            (Channels::Grey, Samples::U16(sixteen.clone()), 6, Found::Gray(16)),
            (Channels::Rgb, Samples::U8(eight.clone()), 2, Found::RGB(8)),
            (Channels::Rgb, Samples::U16(sixteen.clone()), 2, Found::RGB(16)),
        ] {
            let deep = matches!(samples, Samples::U16(_));
            let slice = Slice::new("a.tif", width, 2, channels, samples)?;
            let decoded = decode(slice_tiff(&slice));
            assert!(decoded.is_ok_and(|(size, found, read)| {
                let same = match read {
                    DecodingResult::U8(read) => !deep && read == eight,
                    DecodingResult::U16(read) => deep && read == sixteen,
                    _ => false,
                };
                same && found == colour && size == [width as u32, 2]
            }));
        }
        Ok(())
    }
}
