//! A picture to draw on: pixels, smooth lines, and text in a built-in font, so that no system font is needed.

use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{OriginDimensions, Point, Size};
use embedded_graphics::mono_font::ascii::FONT_8X13;
use embedded_graphics::mono_font::{MonoFont, MonoTextStyle};
use embedded_graphics::pixelcolor::{Rgb888, RgbColor as _};
use embedded_graphics::text::{Alignment, Baseline, Text, TextStyleBuilder};
use embedded_graphics::{Drawable as _, Pixel};
use image::{Rgb, RgbImage};

/// A colour as red, green and blue, 0 to 255 each.
pub(crate) type Colour = [u8; 3];

/// The width and height of one character, pixels.
pub(crate) const CHARACTER: [u32; 2] = [8, 13];

const FONT: MonoFont<'static> = FONT_8X13;

/// An RGB picture. Drawing beyond its edges is clipped.
#[derive(Clone, Debug)]
pub(crate) struct Canvas {
    picture: RgbImage,
}

/// Which point of a text is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    /// Its start.
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

impl Canvas {
    /// A picture of `width` by `height` pixels in one colour.
    pub(crate) fn new(width: u32, height: u32, colour: Colour) -> Self {
        Self { picture: RgbImage::from_pixel(width, height, Rgb(colour)) }
    }

    /// The picture as the bytes of a PNG file.
    ///
    /// # Errors
    ///
    /// When the encoder fails.
    pub(crate) fn png(&self) -> image::ImageResult<Vec<u8>> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        self.picture.write_to(&mut bytes, image::ImageFormat::Png)?;
        Ok(bytes.into_inner())
    }

    /// Sets one pixel.
    pub(crate) fn set(&mut self, x: u32, y: u32, colour: Colour) {
        if let Some(pixel) = self.picture.get_pixel_mut_checked(x, y) {
            *pixel = Rgb(colour);
        }
    }

    /// Blends `colour` over one pixel with `opacity`, 0 (transparent) to 1 (opaque).
    pub(crate) fn blend(&mut self, x: u32, y: u32, colour: Colour, opacity: f64) {
        if let Some(Rgb(below)) = self.picture.get_pixel_mut_checked(x, y) {
            for (below, above) in below.iter_mut().zip(colour) {
                *below = (f64::from(*below) + (f64::from(above) - f64::from(*below)) * opacity).round() as u8;
            }
        }
    }

    /// A straight line with smooth edges and round ends, `thickness` pixels thick.
    pub(crate) fn line(&mut self, from: [f64; 2], to: [f64; 2], thickness: f64, colour: Colour) {
        let reach = thickness / 2.0 + 1.0;
        let range = |axis: usize, limit: u32| {
            let low = (from[axis].min(to[axis]) - reach).floor().max(0.0) as u32;
            let high = (from[axis].max(to[axis]) + reach).ceil().max(0.0) as u32;
            low..high.min(limit)
        };
        let along = [to[0] - from[0], to[1] - from[1]];
        let length_squared = along[0] * along[0] + along[1] * along[1];
        for y in range(1, self.picture.height()) {
            for x in range(0, self.picture.width()) {
                let offset = [f64::from(x) + 0.5 - from[0], f64::from(y) + 0.5 - from[1]];
                // The position on the line of the point next to the pixel, 0 to 1. A line of length 0 is a dot.
                let position = if length_squared > 0.0 {
                    ((offset[0] * along[0] + offset[1] * along[1]) / length_squared).clamp(0.0, 1.0)
                } else {
                    0.0
                };
                let distance = (offset[0] - position * along[0]).hypot(offset[1] - position * along[1]);
                let cover = (thickness / 2.0 + 0.5 - distance).clamp(0.0, 1.0);
                if cover > 0.0 {
                    self.blend(x, y, colour, cover);
                }
            }
        }
    }

    /// One line of ASCII text with its upper edge at `y`.
    pub(crate) fn text(&mut self, text: &str, x: u32, y: u32, anchor: Anchor, colour: Colour) {
        let alignment = match anchor {
            Anchor::Start => Alignment::Left,
            Anchor::Middle => Alignment::Center,
            Anchor::End => Alignment::Right,
        };
        let style = MonoTextStyle::new(&FONT, Rgb888::new(colour[0], colour[1], colour[2]));
        let layout = TextStyleBuilder::new().alignment(alignment).baseline(Baseline::Top).build();
        let drawn = Text::with_text_style(text, Point::new(x as i32, y as i32), style, layout).draw(self);
        match drawn {
            Ok(_) => (),
            Err(never) => match never {},
        }
    }
}

impl OriginDimensions for Canvas {
    fn size(&self) -> Size {
        Size::new(self.picture.width(), self.picture.height())
    }
}

impl DrawTarget for Canvas {
    type Color = Rgb888;
    type Error = std::convert::Infallible;

    fn draw_iter<I>(&mut self, pixels: I) -> Result<(), Self::Error>
    where
        I: IntoIterator<Item = Pixel<Self::Color>>,
    {
        for Pixel(point, colour) in pixels {
            if let (Ok(x), Ok(y)) = (u32::try_from(point.x), u32::try_from(point.y)) {
                self.set(x, y, [colour.r(), colour.g(), colour.b()]);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHITE: Colour = [255; 3];
    const BLACK: Colour = [0; 3];

    fn dark(canvas: &Canvas) -> usize {
        canvas.picture.pixels().filter(|pixel| pixel.0 == BLACK).count()
    }

    #[test]
    fn a_horizontal_line_covers_whole_pixels() {
        let mut canvas = Canvas::new(10, 5, WHITE);
        canvas.line([2.5, 2.5], [7.5, 2.5], 1.0, BLACK);
        assert_eq!(dark(&canvas), 6);
    }

    #[test]
    fn drawing_beyond_the_edges_is_clipped() {
        let mut canvas = Canvas::new(4, 4, WHITE);
        canvas.line([-50.0, -50.0], [50.0, 50.0], 1.0, BLACK);
        assert_eq!(dark(&canvas), 4);
        canvas.text("far too long", 3, 3, Anchor::Middle, BLACK);
        canvas.set(9, 9, BLACK);
        assert_eq!(canvas.picture.dimensions(), (4, 4));
    }

    #[test]
    fn text_is_drawn_and_the_png_reads_back() -> image::ImageResult<()> {
        let mut canvas = Canvas::new(100, 20, WHITE);
        canvas.text("Dice 0.9", 0, 0, Anchor::Start, BLACK);
        assert!(dark(&canvas) > 50);
        let read = image::load_from_memory(&canvas.png()?)?.to_rgb8();
        assert_eq!(read, canvas.picture);
        Ok(())
    }
}
