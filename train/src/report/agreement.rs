//! Agreement maps: where predictions and references agree, without the slices, so that no patient is shown.

use glioscope::mask::Mask;

use super::canvas::{Anchor, CHARACTER, Canvas, Colour};

/// One row: slices of a patient.
#[derive(Clone, Debug)]
pub(crate) struct Agreement<'a> {
    /// The text above the row.
    pub(crate) title: String,
    /// Reference and prediction of each slice, on the same grid.
    pub(crate) slices: Vec<[&'a Mask; 2]>,
}

const TILE: u32 = 192;
const GAP: u32 = 8;
const LINE: u32 = CHARACTER[1] + 6;

const PAPER: Colour = [255, 255, 255];
const TILE_PAPER: Colour = [238, 240, 242];
const INK: Colour = [32, 33, 36];
/// Bluish green, sky blue and vermilion, which can be told apart with any colour vision (Okabe and Ito 2008).
const BOTH: Colour = [0, 158, 115];
const MISSED: Colour = [86, 180, 233];
const FALSE_POSITIVE: Colour = [213, 94, 0];

/// Draws the rows: green in both masks, blue only in the reference, orange only in the prediction.
pub(crate) fn agreement(rows: &[Agreement<'_>]) -> Canvas {
    let columns = rows.iter().map(|row| row.slices.len()).max().unwrap_or(0).max(3) as u32;
    let width = columns * (TILE + GAP) + GAP;
    let height = LINE + GAP + rows.len() as u32 * (LINE + TILE + GAP);
    let mut canvas = Canvas::new(width, height, PAPER);
    let mut left = GAP;
    for (name, colour) in [("both", BOTH), ("only reference", MISSED), ("only prediction", FALSE_POSITIVE)] {
        canvas.text(name, left, GAP, Anchor::Start, colour);
        left += (name.len() as u32 + 3) * CHARACTER[0];
    }
    for (index, row) in rows.iter().enumerate() {
        let top = LINE + GAP + index as u32 * (LINE + TILE + GAP);
        canvas.text(&row.title, GAP, top, Anchor::Start, INK);
        for (column, [reference, prediction]) in row.slices.iter().enumerate() {
            draw(&mut canvas, reference, prediction, [GAP + column as u32 * (TILE + GAP), top + LINE]);
        }
    }
    canvas
}

fn draw(canvas: &mut Canvas, reference: &Mask, prediction: &Mask, [left, top]: [u32; 2]) {
    let (width, height) = (reference.width(), reference.height());
    let longer = width.max(height);
    for (y, x) in (0..TILE).flat_map(|y| (0..TILE).map(move |x| (y, x))) {
        let [from_x, from_y] = [x, y].map(|at| at as usize * longer / TILE as usize);
        let inside = from_x < width && from_y < height;
        let in_mask = |mask: &Mask| inside && mask.contains(from_x, from_y);
        let colour = match (in_mask(reference), in_mask(prediction)) {
            (true, true) => BOTH,
            (true, false) => MISSED,
            (false, true) => FALSE_POSITIVE,
            (false, false) => TILE_PAPER,
        };
        canvas.set(left + x, top + y, colour);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pixel_has_the_colour_of_its_agreement() -> anyhow::Result<()> {
        let reference = Mask::new(2, 2, vec![true, true, false, false]);
        let prediction = Mask::new(2, 2, vec![true, false, true, false]);
        let row = Agreement { title: "a row".to_owned(), slices: vec![[&reference, &prediction]] };
        let picture = image::load_from_memory(&agreement(&[row]).png()?)?.to_rgb8();
        let top = LINE + GAP + LINE;
        let at = |x: u32, y: u32| picture.get_pixel(GAP + x * TILE / 2 + 5, top + y * TILE / 2 + 5).0;
        assert_eq!([at(0, 0), at(1, 0), at(0, 1), at(1, 1)], [BOTH, MISSED, FALSE_POSITIVE, TILE_PAPER]);
        Ok(())
    }
}
