//! Pictures of a slice with the outline of its mask, for people.
//!
//! The PNG writer is own code: the encoder of the image crate would be 1 % of all that a visitor of the page downloads.

use std::io::Write as _;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

use crate::mask::Mask;
use crate::read::Slice;
use crate::result::display::Window;

/// The mask's outline, as on the page.
pub(super) const MASK: [u8; 3] = [0xff, 0xb0, 0x00];
/// The reference's outline, as on the page.
const REFERENCE: [u8; 3] = [0x56, 0xb4, 0xe9];

/// The FLAIR channel of the slice, or the only one, as an RGB PNG of the same size, with the outline of `mask` in amber over
/// that of `reference` in blue. The outline of a mask is the pixels inside that touch one outside.
///
/// # Panics
///
/// If `mask` or `reference` has another size.
pub(crate) fn overlay_png(slice: &Slice, window: &Window, mask: &Mask, reference: Option<&Mask>) -> Vec<u8> {
    let (width, height) = (slice.width(), slice.height());
    for mask in reference.into_iter().chain([mask]) {
        assert_eq!([mask.width(), mask.height()], [width, height], "the size of a mask on {}", slice.name());
    }
    let mut pixels: Vec<[u8; 3]> = window.rgb(slice).iter().map(|pixel| [pixel[1]; 3]).collect();
    for (mask, colour) in reference.map(|reference| (reference, REFERENCE)).into_iter().chain([(mask, MASK)]) {
        for (at, pixel) in pixels.iter_mut().enumerate() {
            if is_edge(mask, at % width, at / width) {
                *pixel = colour;
            }
        }
    }
    rgb_png(width as u32, height as u32, &pixels)
}

/// An RGB PNG of 8 bits. Every row is stored as the difference from the row above.
fn rgb_png(width: u32, height: u32, pixels: &[[u8; 3]]) -> Vec<u8> {
    const FILTER_UP: u8 = 2;
    let mut rows = ZlibEncoder::new(Vec::new(), Compression::default());
    let mut above = vec![[0; 3]; width as usize];
    let mut line = Vec::new();
    let mut written = Ok(());
    for row in pixels.chunks_exact(width as usize) {
        line.clear();
        line.push(FILTER_UP);
        line.extend(row.as_flattened().iter().zip(above.as_flattened()).map(|(own, up)| own.wrapping_sub(*up)));
        above.copy_from_slice(row);
        written = written.and_then(|()| rows.write_all(&line));
    }
    let rows = match written.and_then(|()| rows.finish()) {
        Ok(rows) => rows,
        Err(error) => unreachable!("memory takes every byte: {error}"),
    };
    // 8 bits, RGB, and method 0 for compression, filter and interlacing.
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [(b"IHDR", &header), (b"IDAT", &rows), (b"IEND", &Vec::new())] {
        let mut check = Crc::new();
        check.update(kind);
        check.update(data);
        png.extend((data.len() as u32).to_be_bytes());
        png.extend(kind);
        png.extend(data);
        png.extend(check.sum().to_be_bytes());
    }
    png
}

/// Whether the pixel is inside and one of its four neighbours is not. Beyond the picture is outside.
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
    use crate::network::preprocess::CaseStatistics;
    use crate::read::{Channels, Limits, Samples, read};

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
        let flair = window.rgb(&slice)[0][1];
        assert_eq!([pixel(4, 4), pixel(0, 4)], [[flair; 3]; 2]);
        // Inside the mask, and on the edge of the reference below it.
        assert_eq!(pixel(1, 1), REFERENCE);
    }

    #[test]
    fn every_pixel_of_any_shape_comes_back() {
        for (name, size) in [("wide", (9, 1)), ("high", (1, 7)), ("noisy", (31, 17))] {
            let samples = (0..size.0 * size.1).map(|i| (i * i * 31 % 256) as u8).collect();
            let slice = Slice::new(name, size.0, size.1, Channels::Grey, Samples::U8(samples)).expect("valid");
            let window = Window::of(&CaseStatistics::of([&slice]));
            let png = overlay_png(&slice, &window, &Mask::empty(size.0, size.1), None);
            let read = read(name, &png, &Limits::default()).expect("a PNG");
            let shown: Vec<u16> = window.rgb(&slice).iter().flat_map(|p| [p[0]; 3]).map(u16::from).collect();
            assert_eq!(read[0].samples().iter().collect::<Vec<_>>(), shown, "{name}");
        }
    }
}
