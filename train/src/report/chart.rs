//! Line charts: panels above each other with a common horizontal axis.
//!
//! `plotters` was considered. It needs a system font or a bundled font file for text.

use super::canvas::{Anchor, CHARACTER, Canvas, Colour};

/// One panel of a chart.
#[derive(Clone, Debug)]
pub(crate) struct Panel {
    /// The quantity on the vertical axis.
    pub(crate) title: String,
    /// The ends of the vertical axis; none for the range of the data.
    pub(crate) range: Option<[f64; 2]>,
    /// The curves, in different colours.
    pub(crate) series: Vec<Series>,
}

/// One curve.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    /// The name in the legend.
    pub(crate) name: String,
    /// Horizontal and vertical values, in horizontal order. The curve has a gap at a point that is not finite.
    pub(crate) points: Vec<[f64; 2]>,
}

const WIDTH: u32 = 1000;
const PANEL: u32 = 320;
const MARGIN: [u32; 2] = [72, 34];
const RIGHT: u32 = 24;
const FOOT: u32 = 40;

const PAPER: Colour = [255, 255, 255];
const INK: Colour = [40, 44, 52];
const GRID: Colour = [226, 229, 234];
/// The colours of Okabe and Ito (2008) without yellow, which can be told apart with any colour vision.
const CURVES: [Colour; 6] =
    [[0, 114, 178], [213, 94, 0], [0, 158, 115], [204, 121, 167], [86, 180, 233], [230, 159, 0]];

/// Draws `panels` below `title`; `across` is the name of the horizontal axis.
pub(crate) fn chart(title: &str, across: &str, panels: &[Panel]) -> Canvas {
    let head = MARGIN[1];
    let count = panels.len() as u32;
    let mut canvas = Canvas::new(WIDTH, head + count * PANEL + FOOT, PAPER);
    canvas.text(title, WIDTH / 2, 12, Anchor::Middle, INK);
    let horizontal = span(panels.iter().flat_map(|panel| &panel.series).flat_map(|series| &series.points), 0);
    for (index, panel) in panels.iter().enumerate() {
        let top = head + index as u32 * PANEL;
        draw_panel(&mut canvas, panel, horizontal, top);
    }
    canvas.text(across, WIDTH / 2, head + count * PANEL + 22, Anchor::Middle, INK);
    canvas
}

fn draw_panel(canvas: &mut Canvas, panel: &Panel, horizontal: [f64; 2], top: u32) {
    let vertical = panel.range.unwrap_or_else(|| span(panel.series.iter().flat_map(|series| &series.points), 1));
    let (left, right) = (f64::from(MARGIN[0]), f64::from(WIDTH - RIGHT));
    let (upper, lower) = (f64::from(top + MARGIN[1]), f64::from(top + PANEL - 16));
    let place = |[x, y]: [f64; 2]| {
        [
            left + (x - horizontal[0]) / (horizontal[1] - horizontal[0]) * (right - left),
            lower - (y - vertical[0]) / (vertical[1] - vertical[0]) * (lower - upper),
        ]
    };

    for (value, label) in ticks(vertical, 6, 0.0) {
        let [_, y] = place([horizontal[0], value]);
        canvas.line([left, y], [right, y], 1.0, GRID);
        canvas.text(&label, MARGIN[0] - 8, (y as u32).saturating_sub(CHARACTER[1] / 2), Anchor::End, INK);
    }
    // Whole numbers, such as epochs, need no ticks between them.
    let whole = panel.series.iter().flat_map(|series| &series.points).all(|point| point[0].fract() == 0.0);
    for (value, label) in ticks(horizontal, 12, if whole { 1.0 } else { 0.0 }) {
        let [x, _] = place([value, vertical[0]]);
        canvas.line([x, upper], [x, lower], 1.0, GRID);
        canvas.text(&label, x as u32, top + PANEL - 12, Anchor::Middle, INK);
    }

    let mut legend = MARGIN[0];
    canvas.text(&panel.title, legend, top + 14, Anchor::Start, INK);
    legend += (panel.title.chars().count() as u32 + 3) * CHARACTER[0];
    for (series, colour) in panel.series.iter().zip(CURVES.into_iter().cycle()) {
        let middle = f64::from(top + 14 + CHARACTER[1] / 2);
        canvas.line([f64::from(legend), middle], [f64::from(legend + 22), middle], 3.0, colour);
        canvas.text(&series.name, legend + 30, top + 14, Anchor::Start, INK);
        legend += 30 + (series.name.chars().count() as u32 + 3) * CHARACTER[0];

        // Values out of the range are drawn at its edge.
        let clamped = |[x, y]: [f64; 2]| place([x, y.clamp(vertical[0], vertical[1])]);
        for pair in series.points.windows(2) {
            if pair.iter().flatten().all(|value| value.is_finite()) {
                canvas.line(clamped(pair[0]), clamped(pair[1]), 2.0, colour);
            }
        }
        // A dot marks the end of the curve, and makes a single point visible.
        if let Some(&last) = series.points.iter().rfind(|point| point.iter().all(|value| value.is_finite())) {
            canvas.line(clamped(last), clamped(last), 7.0, colour);
        }
    }
}

/// The range of the finite values on one axis, widened if it has length 0.
fn span<'a>(points: impl Iterator<Item = &'a [f64; 2]>, axis: usize) -> [f64; 2] {
    let [low, high] = points
        .filter(|point| point.iter().all(|value| value.is_finite()))
        .fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], point| [low.min(point[axis]), high.max(point[axis])]);
    if low > high {
        [0.0, 1.0]
    } else if low == high {
        [low - 0.5, high + 0.5]
    } else {
        [low, high]
    }
}

/// Round values in a range, at most about `most` and at least `least` apart, with as many decimals as they need.
fn ticks([low, high]: [f64; 2], most: u32, least: f64) -> Vec<(f64, String)> {
    let rough = ((high - low) / f64::from(most)).max(least);
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0].into_iter().find(|&round| round * power >= rough).unwrap_or(10.0) * power;
    let decimals = (-step.log10().floor()).max(0.0) as usize;
    // The tolerance keeps an end that rounding has moved a little outside.
    let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
    (first..=last).map(|index| index as f64 * step).map(|value| (value, format!("{value:.decimals$}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(range: [f64; 2], most: u32, least: f64) -> Vec<String> {
        ticks(range, most, least).into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn ticks_are_round_and_in_the_range() {
        assert_eq!(labels([0.0, 1.0], 6, 0.0), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels([1.0, 30.0], 12, 1.0), ["5", "10", "15", "20", "25", "30"]);
        assert_eq!(labels([0.113, 0.121], 6, 0.0), ["0.114", "0.116", "0.118", "0.120"]);
        assert_eq!(labels([1.0, 3.0], 12, 1.0), ["1", "2", "3"]);
    }

    #[test]
    fn a_span_has_a_finite_length_above_0() {
        assert_eq!(span([].iter(), 0), [0.0, 1.0]);
        assert_eq!(span([[2.0, 3.0]].iter(), 1), [2.5, 3.5]);
        assert_eq!(span([[1.0, f64::NAN], [2.0, 4.0], [3.0, 6.0]].iter(), 0), [2.0, 3.0]);
    }

    #[test]
    fn any_series_can_be_drawn() {
        let series = |points: &[[f64; 2]]| Series { name: "loss".to_owned(), points: points.to_vec() };
        for points in [&[][..], &[[1.0, 2.0]], &[[1.0, f64::NAN], [2.0, f64::INFINITY]], &[[1.0, -5.0], [2.0, 5.0]]] {
            for range in [None, Some([0.0, 1.0])] {
                chart("title", "epoch", &[Panel { title: "loss".to_owned(), range, series: vec![series(points)] }]);
            }
        }
    }
}
