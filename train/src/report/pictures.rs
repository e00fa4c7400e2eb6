//! Slice, reference and prediction next to each other, one row per slice.

use glioscope::mask::Mask;
use glioscope::read::{Channels, Samples, Slice};

use super::canvas::{Anchor, CHARACTER, Canvas, Colour};

/// One row: a slice with its reference and its prediction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Comparison<'a> {
    /// The text above the row.
    pub(crate) title: &'a str,
    /// The slice.
    pub(crate) slice: &'a Slice,
    /// The reference, on the grid of the slice.
    pub(crate) reference: &'a Mask,
    /// The prediction, on the grid of the slice.
    pub(crate) prediction: &'a Mask,
}

const TILE: u32 = 256;
const GAP: u32 = 8;
const LINE: u32 = CHARACTER[1] + 6;

const PAPER: Colour = [18, 20, 24];
const INK: Colour = [232, 234, 237];
const REFERENCE: Colour = [0, 200, 120];
const PREDICTION: Colour = [255, 120, 40];

/// Draws the rows: FLAIR (or the grey channel) alone, with the reference in green, and with the prediction in orange below
/// the outline of the reference in green.
pub(crate) fn comparison(rows: &[Comparison<'_>]) -> Canvas {
    let width = 3 * TILE + 4 * GAP;
    let height = LINE + GAP + rows.len() as u32 * (LINE + TILE + GAP);
    let mut canvas = Canvas::new(width, height, PAPER);
    for (column, (name, colour)) in
        [("slice (FLAIR)", INK), ("reference", REFERENCE), ("prediction", PREDICTION)].into_iter().enumerate()
    {
        canvas.text(name, tile_left(column) + TILE / 2, GAP, Anchor::Middle, colour);
    }
    for (index, row) in rows.iter().enumerate() {
        let top = LINE + GAP + index as u32 * (LINE + TILE + GAP);
        canvas.text(row.title, GAP, top, Anchor::Start, INK);
        let top = top + LINE;
        for column in 0..3 {
            draw_tile(&mut canvas, row, column, top);
        }
    }
    canvas
}

fn tile_left(column: usize) -> u32 {
    GAP + column as u32 * (TILE + GAP)
}

fn draw_tile(canvas: &mut Canvas, row: &Comparison<'_>, column: usize, top: u32) {
    let (width, height) = (row.slice.width(), row.slice.height());
    let grey = flair(row.slice);
    // The longer side fills the tile. The shorter one is centred.
    let longer = width.max(height) as f64;
    let size = [width, height].map(|side| (f64::from(TILE) * side as f64 / longer).round().max(1.0) as u32);
    let left = tile_left(column) + (TILE - size[0]) / 2;
    let top = top + (TILE - size[1]) / 2;
    for y in 0..size[1] {
        for x in 0..size[0] {
            let [from_x, from_y] = [x as usize * width / size[0] as usize, y as usize * height / size[1] as usize];
            let value = grey[from_y * width + from_x];
            canvas.set(left + x, top + y, [value; 3]);
            if column == 1 && row.reference.contains(from_x, from_y) {
                canvas.blend(left + x, top + y, REFERENCE, 0.45);
            }
            if column == 2 && row.prediction.contains(from_x, from_y) {
                canvas.blend(left + x, top + y, PREDICTION, 0.45);
            }
        }
    }
    if column > 0 {
        let scale = [f64::from(size[0]) / width as f64, f64::from(size[1]) / height as f64];
        let place = |[x, y]: [usize; 2]| [f64::from(left) + x as f64 * scale[0], f64::from(top) + y as f64 * scale[1]];
        for ring in row.reference.outline() {
            for (&from, &to) in ring.iter().zip(ring.iter().cycle().skip(1)) {
                canvas.line(place(from), place(to), 1.0, REFERENCE);
            }
        }
    }
}

/// The second of three channels, or the only one, as 8 bit. 16-bit samples are scaled to the brightest one.
fn flair(slice: &Slice) -> Vec<u8> {
    let (offset, step) = match slice.channels() {
        Channels::Grey => (0, 1),
        Channels::Rgb => (1, 3),
    };
    let own: Vec<u16> = slice.samples().iter().skip(offset).step_by(step).collect();
    let white = match slice.samples() {
        Samples::U8(_) => 255,
        Samples::U16(_) => u32::from(own.iter().max().copied().unwrap_or(0)).max(1),
    };
    own.into_iter().map(|value| (u32::from(value) * 255 / white) as u8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grey_and_colour_slices_of_8_and_16_bit_are_drawn() -> glioscope::error::Result<()> {
        let reference = Mask::new(3, 2, vec![true, false, false, true, false, false]);
        let empty = Mask::empty(3, 2);
        let grey = Slice::new("grey", 3, 2, Channels::Grey, Samples::U16(vec![0, 1, 2, 3, 4, 500]))?;
        let colour = Slice::new("rgb", 3, 2, Channels::Rgb, Samples::U8((0..18).collect()))?;
        assert_eq!(flair(&grey), [0, 0, 1, 1, 2, 255]);
        assert_eq!(flair(&colour), [1, 4, 7, 10, 13, 16]);
        let rows = [&grey, &colour].map(|slice| Comparison {
            title: "a row",
            slice,
            reference: &reference,
            prediction: &empty,
        });
        assert!(comparison(&rows).png().is_ok_and(|bytes| !bytes.is_empty()));
        Ok(())
    }
}
