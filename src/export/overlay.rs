//! Pictures of a slice with its mask's outline, for people.

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder as _};

use crate::display::Window;
use crate::image::Slice;
use crate::mask::Mask;

/// The mask's outline, as on the page.
const MASK: [u8; 3] = [0xff, 0xb0, 0x00];
/// The reference's outline, as on the page.
const REFERENCE: [u8; 3] = [0x56, 0xb4, 0xe9];

/// The slice's FLAIR image (of a grey slice its one channel) as an RGB PNG of its own size, with the outline of `mask` in
/// amber over that of `reference` in blue. An outline is made of the pixels inside that touch one outside.
///
/// # Panics
///
/// If the slice has more than 4 billion columns or rows, which none has that was read within
/// [`Limits`](crate::image::Limits).
pub fn overlay_png(slice: &Slice, window: &Window, mask: &Mask, reference: Option<&Mask>) -> Vec<u8> {
    let (width, height) = (slice.width(), slice.height());
    let mut pixels: Vec<[u8; 3]> = window.rgba(slice).as_chunks::<4>().0.iter().map(|pixel| [pixel[1]; 3]).collect();
    for (mask, colour) in reference.map(|reference| (reference, REFERENCE)).into_iter().chain([(mask, MASK)]) {
        for (at, pixel) in pixels.iter_mut().enumerate() {
            if is_edge(mask, at % width, at / width) {
                *pixel = colour;
            }
        }
    }
    let mut png = Vec::new();
    let encoder = PngEncoder::new(&mut png);
    let written = encoder.write_image(pixels.as_flattened(), width as u32, height as u32, ExtendedColorType::Rgb8);
    match written {
        Ok(()) => png,
        // Memory takes every byte, and there are as many as the size says.
        Err(error) => panic!("a PNG of {width}x{height} pixels: {error}"),
    }
}

/// Whether the pixel is inside and one of its four neighbours is not; what lies beyond the picture is outside.
fn is_edge(mask: &Mask, x: usize, y: usize) -> bool {
    let within = |x: Option<usize>, y: Option<usize>| x.zip(y).is_some_and(|(x, y)| mask.contains(x, y));
    mask.contains(x, y)
        && !(within(x.checked_sub(1), Some(y))
            && within(Some(x + 1), Some(y))
            && within(Some(x), y.checked_sub(1))
            && within(Some(x), Some(y + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Channels, Limits, Samples, read};
    use crate::normalize::CaseStatistics;

    #[test]
    fn outlines_lie_on_the_slice_and_the_mask_on_the_reference() {
        let slice = Slice::new("s", 5, 5, Channels::Rgb, Samples::U8([9, 255, 70].repeat(25))).expect("valid");
        let window = Window::of(&CaseStatistics::of([&slice]));
        let square = |from: usize, to: usize| {
            Mask::new(5, 5, (0..25).map(|i| (from..to).contains(&(i % 5)) && (from..to).contains(&(i / 5))).collect())
        };
        let png = overlay_png(&slice, &window, &square(0, 3), Some(&square(1, 4)));
        let read = read("s", &png, &Limits::default()).expect("a PNG");
        let pixel = |x, y| [0, 1, 2].map(|c| read[0].value(x, y, c).unwrap_or_default() as u8);
        assert_eq!([read[0].width(), read[0].height()], [5, 5]);
        assert_eq!([pixel(0, 0), pixel(2, 2)], [MASK; 2]);
        assert_eq!([pixel(3, 3), pixel(3, 1)], [REFERENCE; 2]);
        let flair = window.rgba(&slice)[1];
        assert_eq!([pixel(4, 4), pixel(0, 4)], [[flair; 3]; 2]);
        // Within the mask, and on the edge of the reference below it.
        assert_eq!(pixel(1, 1), REFERENCE);
    }
}
