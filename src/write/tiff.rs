//! Uncompressed TIFF files: every reader of images takes them, and [`super::zip()`] compresses them.

use std::io::Cursor;

use tiff::TiffResult;
use tiff::encoder::colortype::{ColorType, Gray8, Gray16, RGB8, RGB16};
use tiff::encoder::{TiffEncoder, TiffValue};
use tiff::tags::Tag;

use crate::mask::Mask;
use crate::read::{Channels, Orientation, Samples, Slice};

/// A mask as a grey 8-bit TIFF of the same size: 255 inside, 0 outside, like the masks of the dataset.
///
/// # Panics
///
/// If the mask has no pixels or 4 GiB of them. No slice within [`Limits`](crate::read::Limits) has.
pub fn mask_tiff(mask: &Mask) -> Vec<u8> {
    oriented_mask_tiff(mask, Orientation::TopLeft)
}

/// As [`mask_tiff`], on the grid on which a file with this orientation stores its slice, and with the same Orientation
/// tag. So the mask fits the file in programs that use the tag and in those that do not.
///
/// # Panics
///
/// As [`mask_tiff`] does.
pub fn oriented_mask_tiff(mask: &Mask, orientation: Orientation) -> Vec<u8> {
    let samples: Vec<u8> = mask.inside().iter().map(|&inside| if inside { 255 } else { 0 }).collect();
    let (width, height) = (mask.width(), mask.height());
    let [stored_width, stored_height] = orientation.size(width, height);
    encode::<Gray8>(stored_width, stored_height, &orientation.stored(width, height, &samples), orientation)
}

/// A slice as a TIFF with its own channels and depth.
///
/// # Panics
///
/// As [`mask_tiff`] does.
pub fn slice_tiff(slice: &Slice) -> Vec<u8> {
    let (width, height) = (slice.width(), slice.height());
    match (slice.channels(), slice.samples()) {
        (Channels::Grey, Samples::U8(samples)) => encode::<Gray8>(width, height, samples, Orientation::TopLeft),
        (Channels::Grey, Samples::U16(samples)) => encode::<Gray16>(width, height, samples, Orientation::TopLeft),
        (Channels::Rgb, Samples::U8(samples)) => encode::<RGB8>(width, height, samples, Orientation::TopLeft),
        (Channels::Rgb, Samples::U16(samples)) => encode::<RGB16>(width, height, samples, Orientation::TopLeft),
    }
}

fn encode<C: ColorType>(width: usize, height: usize, samples: &[C::Inner], orientation: Orientation) -> Vec<u8>
where
    [C::Inner]: TiffValue,
{
    match try_encode::<C>(width, height, samples, orientation) {
        Ok(bytes) => bytes,
        // Memory takes every byte, so only the sizes that the callers rule out remain.
        Err(error) => panic!("a TIFF of {width}x{height} pixels: {error}"),
    }
}

fn try_encode<C: ColorType>(
    width: usize,
    height: usize,
    samples: &[C::Inner],
    orientation: Orientation,
) -> TiffResult<Vec<u8>>
where
    [C::Inner]: TiffValue,
{
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes)?;
    let mut image = encoder.new_image::<C>(u32::try_from(width)?, u32::try_from(height)?)?;
    if orientation != Orientation::TopLeft {
        image.encoder().write_tag(Tag::Orientation, orientation.code())?;
    }
    image.write_data(samples)?;
    Ok(bytes.into_inner())
}

#[cfg(test)]
mod tests {
    use tiff::ColorType as Found;
    use tiff::decoder::{Decoder, DecodingResult};

    use super::*;
    use crate::error::Result;
    use crate::read::{Limits, read};

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
    fn a_mask_on_the_stored_grid_is_read_upright() -> Result<()> {
        let mask = Mask::new(3, 2, vec![true, false, false, false, true, true]);
        for orientation in (1..=8).filter_map(Orientation::from_code) {
            let bytes = oriented_mask_tiff(&mask, orientation);
            let slices = read("mask.tif", &bytes, &Limits::default())?;
            assert_eq!(slices[0].orientation(), orientation);
            assert_eq!(Mask::from_slice(&slices[0]), mask, "{orientation:?}");
        }
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
