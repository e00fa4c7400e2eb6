//! `statistics.csv`: one line per slice.
//!
//! Own code: the csv crate quotes as well, but has no rule for fields that a spreadsheet would compute.

use std::fmt::Write;

use crate::mask::Mask;
use crate::mask::metrics::Confusion;
use crate::read::Spacing;
use crate::result::lines::{Lines, length};
use crate::result::measure::Intensity;

/// The line of one slice.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The name of the case, usually the patient's.
    pub case: String,
    /// The slice's name, folders included.
    pub slice: String,
    /// Columns of the slice's own grid.
    pub width: usize,
    /// Rows of the slice's own grid.
    pub height: usize,
    /// Pixels inside the mask, on that grid.
    pub area: usize,
    /// The mask compared with the reference, if there is one.
    pub confusion: Option<Confusion>,
    /// The area in square millimetres, if the size of a pixel is known.
    pub area_mm2: Option<f64>,
    /// Whether the mask was drawn or edited by a reader.
    pub edited: bool,
    /// The FLAIR values inside the mask, unless it is empty.
    pub flair: Option<Intensity>,
    /// The lines that a reader has drawn.
    pub lines: Lines,
    /// The size of a pixel, if it is known.
    pub pixel: Option<Spacing>,
}

impl Row {
    /// Measures `mask` and compares it with `reference`, unless that has another size.
    pub fn new(case: &str, slice: &str, mask: &Mask, reference: Option<&Mask>) -> Self {
        let reference = reference.filter(|r| [r.width(), r.height()] == [mask.width(), mask.height()]);
        Self {
            case: case.to_owned(),
            slice: slice.to_owned(),
            width: mask.width(),
            height: mask.height(),
            area: mask.area(),
            confusion: reference.map(|reference| Confusion::new(mask, reference)),
            area_mm2: None,
            edited: false,
            flair: None,
            lines: Lines::default(),
            pixel: None,
        }
    }
}

/// The rows below a header line, as comma-separated UTF-8 (RFC 4180) with `\n` at the end of each line.
///
/// `area_px` is in pixels, `area_mm2` in square millimetres with three decimals. It is empty where the size of a pixel is
/// unknown.
/// `dice`, `iou`, `sensitivity` and `precision` have six decimals and are empty where a slice has no reference;
/// `sensitivity` also where the reference is empty, `precision` where the mask is. `edited` is `true` or `false`.
///
/// `flair_mean`, `flair_sd`, `flair_min` and `flair_max` are the values inside the mask as the file states them, and empty where
/// the mask is. `diameter` is the longest diameter of a region, `perpendicular` the one perpendicular to it. `rulers` are the
/// lengths of all rulers with a space between them. Lengths have two decimals.
///
/// A name that begins with `=`, `+`, `-`, `@`, a tab or a line break gets an apostrophe before it: spreadsheets would compute
/// it.
pub fn csv(rows: &[Row]) -> String {
    HEAD.to_owned() + &lines(rows)
}

/// The header line of [`csv`].
pub(super) const HEAD: &str = "case,slice,width,height,area_px,dice,iou,sensitivity,precision,area_mm2,edited,\
flair_mean,flair_sd,flair_min,flair_max,diameter_px,perpendicular_px,rulers_px,diameter_mm,perpendicular_mm,rulers_mm\n";

/// The rows of [`csv`] without its header line.
pub(super) fn lines(rows: &[Row]) -> String {
    let mut table = String::new();
    for row in rows {
        let Row { case, slice, width, height, area, confusion, area_mm2, edited, flair, lines, pixel } = row;
        let scores = match confusion {
            Some(c) => scores([Some(c.dice()), Some(c.iou()), c.sensitivity(), c.precision()]),
            None => scores([None; 4]),
        };
        let mm2 = decimal(*area_mm2, 3);
        let (case, slice) = (quoted(case), quoted(slice));
        let flair = [flair.map(|f| f.mean), flair.map(|f| f.deviation), flair.map(|f| f.min), flair.map(|f| f.max)];
        let flair = flair.map(|value| decimal(value, 3)).join(",");
        let (px, mm) = (lengths(lines, None), pixel.map_or(",,".to_owned(), |pixel| lengths(lines, Some(pixel))));
        // Writing to a string cannot fail.
        let _ = writeln!(table, "{case},{slice},{width},{height},{area},{scores},{mm2},{edited},{flair},{px},{mm}");
    }
    table
}

/// Three fields: both diameters, and all rulers.
fn lengths(lines: &Lines, pixel: Option<Spacing>) -> String {
    let [long, short] = [0, 1].map(|at| lines.diameters.map(|diameters| length(&diameters[at], pixel)));
    let rulers: Vec<String> = lines.rulers.iter().map(|ruler| format!("{:.2}", length(ruler, pixel))).collect();
    format!("{},{},{}", decimal(long, 2), decimal(short, 2), rulers.join(" "))
}

/// Four fields with six decimals.
pub(super) fn scores(scores: [Option<f64>; 4]) -> String {
    scores.map(|score| decimal(score, 6)).join(",")
}

/// A number with this many decimals, or an empty field.
pub(super) fn decimal(number: Option<f64>, decimals: usize) -> String {
    number.map_or(String::new(), |number| format!("{number:.decimals$}"))
}

/// The field, in quotation marks where it would be read as several, and with an apostrophe where it would be computed, as OWASP
/// advises: names come from zips of unknown origin, and `=HYPERLINK(…)` is a valid one.
pub(super) fn quoted(field: &str) -> String {
    let field =
        if field.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{field}") } else { field.to_owned() };
    if field.contains(['"', ',', '\n', '\r']) || field.trim() != field {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_per_slice_with_scores_where_there_is_a_reference() {
        let mask = Mask::new(2, 2, vec![true, true, false, false]);
        let reference = Mask::new(2, 2, vec![true, false, false, false]);
        let rows = [
            Row::new("P", "P/P_1.tif", &mask, None),
            Row { area_mm2: Some(1.5), edited: true, ..Row::new("P", "P/P_2.tif", &mask, Some(&reference)) },
            Row::new("P", "P/P_3.tif", &mask, Some(&Mask::empty(3, 3))),
            Row::new("P", "P/P_4.tif", &mask, Some(&Mask::empty(2, 2))),
            Row::new("P", "P/P_5.tif", &Mask::empty(2, 2), Some(&reference)),
        ];
        assert_eq!(
            csv(&rows),
            "case,slice,width,height,area_px,dice,iou,sensitivity,precision,area_mm2,edited,\
             flair_mean,flair_sd,flair_min,flair_max,diameter_px,perpendicular_px,rulers_px,diameter_mm,perpendicular_mm,rulers_mm\n\
             P,P/P_1.tif,2,2,2,,,,,,false,,,,,,,,,,\n\
             P,P/P_2.tif,2,2,2,0.666667,0.500000,1.000000,0.500000,1.500,true,,,,,,,,,,\n\
             P,P/P_3.tif,2,2,2,,,,,,false,,,,,,,,,,\n\
             P,P/P_4.tif,2,2,2,0.000000,0.000000,,0.000000,,false,,,,,,,,,,\n\
             P,P/P_5.tif,2,2,0,0.000000,0.000000,0.000000,,,false,,,,,,,,,,\n"
        );
    }

    /// Reads RFC 4180 character by character.
    fn read(table: &str) -> Vec<Vec<String>> {
        let (mut lines, mut fields, mut field, mut inside) = (vec![], vec![], String::new(), false);
        let mut characters = table.chars().peekable();
        while let Some(c) = characters.next() {
            match c {
                '"' if inside && characters.peek() == Some(&'"') => field.push(characters.next().unwrap_or_default()),
                '"' => inside = !inside,
                ',' if !inside => fields.push(std::mem::take(&mut field)),
                '\n' if !inside => {
                    fields.push(std::mem::take(&mut field));
                    lines.push(std::mem::take(&mut fields));
                }
                c => field.push(c),
            }
        }
        lines
    }

    #[test]
    fn any_name_comes_back() {
        let names = ["plain", "a,b", "say \"ah\"", "two\nlines", " edge ", "", "\"", "größe", "a=1"];
        let mask = Mask::empty(1, 1);
        let rows: Vec<Row> = names.iter().map(|name| Row::new(name, name, &mask, None)).collect();
        let lines = read(&csv(&rows));
        for (line, name) in lines[1..].iter().zip(names) {
            assert_eq!(line.len(), 21);
            assert_eq!([line[0].as_str(), line[1].as_str()], [name, name]);
        }
    }

    #[test]
    fn no_name_is_computed() {
        let names = ["=HYPERLINK(\"http://a.b\",\"c\")", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"];
        let rows = names.map(|name| Row::new(name, name, &Mask::empty(1, 1), None));
        for (line, name) in read(&csv(&rows))[1..].iter().zip(names) {
            assert_eq!([&line[0], &line[1]], [&format!("'{name}"); 2]);
        }
    }
}
