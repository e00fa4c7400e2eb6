//! A report of all cases for people: one HTML page without scripts or other files, to read or to print.
//!
//! The bar chart is own code: plotters writes no `<title>` elements, which name the slice of a bar.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;

use super::origin::Origin;
use super::overlay::overlay_png;
use super::provenance::NOTICE;
use crate::mask::small_regions;
use crate::network::{Card, PredictedDice};
use crate::read::Spacing;
use crate::result::findings::Findings;
use crate::result::lines::{Line, length};
use crate::result::measure::{CaseMeasure, Intensity, Scores, SliceMeasure};

/// How many pictures a case gets, of the slices with the largest areas. After [`ILLUSTRATED`] cases each gets one.
const PICTURES: usize = 12;
const ILLUSTRATED: usize = 20;

/// The report alone, as [`Bundle::finish`](super::Bundle::finish) gives it.
pub fn report<'a>(origin: &Origin, cases: impl IntoIterator<Item = (&'a Findings, Option<Spacing>)>) -> String {
    let of_case = |(earlier, (findings, spacing)): (usize, (&Findings, Option<Spacing>))| {
        section(origin, findings, &findings.measure(origin.threshold as f32, spacing), spacing, earlier)
    };
    let sections: Vec<String> = cases.into_iter().enumerate().map(of_case).collect();
    head(origin, sections.len()) + &sections.concat() + END
}

/// The section of a case, measured at the threshold of `origin`. `earlier` is how many cases come before it, and `spacing` is that of
/// the voxels where the user has given it.
pub(super) fn section(
    origin: &Origin,
    findings: &Findings,
    measure: &CaseMeasure,
    spacing: Option<Spacing>,
    earlier: usize,
) -> String {
    let pictures = if earlier < ILLUSTRATED { PICTURES } else { 1 };
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = write_section(&mut page, origin, findings, measure, spacing, pictures);
    page
}

/// The page before the sections of its cases.
pub(super) fn head(origin: &Origin, cases: usize) -> String {
    let Origin { manifest, card, backend, threshold, rules } = origin;
    let mut page = String::from(HEAD);
    let rules =
        rules.as_deref().map_or(String::new(), |rules| row("Rules for drawn and edited masks", &Escaped(rules)));
    let _ = write!(
        page,
        "<h1>glioscope: {cases} {}</h1>\n<p class=\"notice\">{NOTICE}</p>\n<h2>Network</h2>\n<table>\n{}{}{}{}{}{}{rules}</table>\n",
        if cases == 1 { "case" } else { "cases" },
        row("Network", &Escaped(&manifest.name())),
        row("SHA-256 of its weights", &Escaped(&manifest.weights.sha256)),
        card.as_ref().map_or(String::new(), fit_rows),
        row("Threshold", threshold),
        row(
            "Removed small regions",
            &format_args!(
                "under {:.0} % of the voxels of the largest region, in cases whose slices were all segmented",
                100.0 * small_regions::FRACTION
            ),
        ),
        row("Program", &format_args!("glioscope {} on {}", env!("CARGO_PKG_VERSION"), Escaped(backend))),
    );
    page
}

/// The page after the sections of its cases.
pub(super) const END: &str = "</body>\n</html>\n";

/// How the network was fitted and how well it does.
fn fit_rows(card: &Card) -> String {
    let figure = |name: &str| card.metrics.get(name).map_or("unknown".to_owned(), |value| format!("{value:.4}"));
    let dice = format_args!(
        "mean {}, median {}, worst {} ({})",
        figure("patient_dice_mean"),
        figure("patient_dice_median"),
        figure("patient_dice_worst"),
        Named(&card.split.held_out)
    )
    .to_string();
    row("Training data", &Named(&card.split.fit)) + &row("Dice of the held-out patients", &dice)
}

/// The policy allows no script and no other file, also where the page is opened from a disk.
const HEAD: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width">
<title>glioscope report</title>
<style>
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 15px/1.45 system-ui, sans-serif; color: #111; background: #fff; }
h2 { margin-top: 2rem; border-bottom: 1px solid #999; overflow-wrap: anywhere; }
.notice, .outside { padding: .6rem .8rem; border: 2px solid #a3260f; }
table { border-collapse: collapse; }
th, td { padding: .15rem .8rem .15rem 0; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { font-weight: 600; }
.slices th, .slices td + td { white-space: nowrap; }
.slices td, .slices th { padding-right: 1.2rem; border-bottom: 1px solid #ddd; font-variant-numeric: tabular-nums; }
svg { display: block; width: 100%; height: auto; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: .6rem; }
figure { margin: 0; break-inside: avoid; font-size: 12px; overflow-wrap: anywhere; }
figure img { display: block; width: 100%; image-rendering: pixelated; background: #000; }
@media print { body { margin: 0; max-width: none; } section { break-before: page; } }
</style>
</head>
<body>
"#;

fn write_section(
    page: &mut String,
    origin: &Origin,
    findings: &Findings,
    measure: &CaseMeasure,
    spacing: Option<Spacing>,
    pictures: usize,
) -> fmt::Result {
    let spacing = findings.voxel_spacing(spacing);
    let slices = &findings.case().slices;
    writeln!(page, "<section>\n<h2>{}</h2>", Escaped(&findings.case().name))?;
    if let Some(verdict) = findings.input_check().filter(|verdict| !verdict.accepted) {
        page.push_str("<div class=\"outside\"><strong>Not axial FLAIR</strong><ul>\n");
        for reason in &verdict.reasons {
            writeln!(page, "<li>{}</li>", Escaped(reason))?;
        }
        page.push_str("</ul></div>\n");
    }
    let count = |of: fn(&SliceMeasure) -> bool| measure.slices.iter().filter(|slice| of(slice)).count();
    let without = count(|slice| !slice.segmented && !slice.edited);
    page.push_str("<table>\n");
    page.push_str(&row("Slices", &format_args!("{} ({without} without a mask)", slices.len())));
    let check = match findings.input_check() {
        Some(verdict) if verdict.accepted => "accepted",
        Some(_) => "not accepted, see above",
        None => "not run: the model has no classifier of kinds",
    };
    page.push_str(&row("Input check", &check));
    page.push_str(&row("Slices with lesion", &count(|slice| slice.area > 0)));
    page.push_str(&row("Drawn or edited masks", &count(|slice| slice.edited)));
    page.push_str(&row("Volume", &Amount(measure.voxels, measure.millilitres)));
    page.push_str(&row(
        "Volume of the network's masks",
        &Amount(measure.network.voxels, spacing.and_then(|spacing| spacing.volume(measure.network.voxels))),
    ));
    if let Some(PredictedDice { dice, from, to }) = findings.predicted_dice(&origin.manifest) {
        let threshold = origin.manifest.decimal_threshold();
        let name = format!("Predicted Dice of the network's masks at threshold {threshold}");
        page.push_str(&row(&name, &format_args!("{dice:.2} ({from:.2} to {to:.2} in nine of ten cases)")));
    }
    for level in &measure.range {
        let name = format!("Network's masks at threshold {}", level.threshold);
        page.push_str(&row(&name, &Amount(level.voxels, level.millilitres)));
    }
    match (spacing, spacing.or_else(|| findings.spacing_in_files())) {
        (_, None) => page.push_str(&row("Voxel size", &"unknown, so volumes are in voxels only")),
        (Some(Spacing { x, y, z: Some(z) }), _) => {
            page.push_str(&row("Voxel size", &format_args!("{x} x {y} x {z} mm")))
        }
        (given, Some(Spacing { x, y, .. })) => {
            let source = if given.is_some() { "given by the user" } else { "stated by the files" };
            let size = format_args!(
                "{x} x {y} mm, {source}; the distance between slices is unknown, so volumes are in voxels only"
            );
            page.push_str(&row("Pixel size", &size));
        }
    }
    if let Some(scores) = &measure.scores {
        page.push_str(&row("Agreement with the reference", &Figures(scores)));
    }
    if let Some(scores) = &measure.network.scores {
        page.push_str(&row("Agreement of the network's masks", &Figures(scores)));
    }
    page.push_str("</table>\n");
    plot(page, findings, measure)?;

    let mut shown: Vec<usize> = (0..slices.len()).filter(|&index| measure.slices[index].area > 0).collect();
    shown.sort_by_key(|&index| std::cmp::Reverse(measure.slices[index].area));
    shown.truncate(pictures);
    shown.sort_unstable();
    page.push_str("<div class=\"pictures\">\n");
    for index in shown {
        let Some(mask) = findings.mask(index, origin.threshold as f32) else { continue };
        let png = overlay_png(&slices[index].slice, findings.window(), &mask, slices[index].reference.as_ref());
        let (name, data) = (Escaped(slices[index].slice.name()), BASE64.encode(&png));
        let area = measure.slices[index].area;
        writeln!(
            page,
            "<figure><img src=\"data:image/png;base64,{data}\" alt=\"{name}\"><figcaption>{name}: {area} px</figcaption></figure>"
        )?;
    }
    page.push_str("</div>\n<table class=\"slices\">\n<tr><th>Slice</th><th>Area, px</th><th>mm²</th><th>Mask by</th><th>Dice</th><th>FLAIR, mean ± SD (range)</th><th>Diameters</th><th>Rulers</th></tr>\n");
    // Also the slices whose lesion was missed.
    let reference = |slice: &SliceMeasure| slice.scores.is_some_and(|scores| scores.tp + scores.fn_ > 0);
    let listed = |slice: &SliceMeasure| slice.area > 0 || slice.edited || reference(slice);
    let pixel = findings.pixel_spacing(spacing);
    for (index, (entry, slice)) in slices.iter().zip(&measure.slices).enumerate() {
        let lines = findings.lines(index);
        if !listed(slice) && lines.is_empty() {
            continue;
        }
        let by = match (slice.edited, slice.segmented) {
            (true, _) => "reader",
            (false, true) => "network",
            (false, false) => "",
        };
        let mm2 = slice.mm2.map_or(String::new(), |mm2| format!("{mm2:.1}"));
        let dice = slice.scores.map_or(String::new(), |scores| format!("{:.4}", scores.dice));
        let flair = slice.flair.map_or(String::new(), |Intensity { mean, deviation, min, max }| {
            format!("{mean:.2} ± {deviation:.2} ({} to {})", min as f32, max as f32)
        });
        let unit = if pixel.is_some() { "mm" } else { "px" };
        let joined = |lines: &[Line], between: &str| {
            let lengths: Vec<String> = lines.iter().map(|line| format!("{:.1}", length(line, pixel))).collect();
            if lengths.is_empty() { String::new() } else { format!("{} {unit}", lengths.join(between)) }
        };
        let diameters = joined(lines.diameters.as_ref().map(<[Line; 2]>::as_slice).unwrap_or_default(), " × ");
        let (name, area, rulers) = (Escaped(entry.slice.name()), slice.area, joined(&lines.rulers, ", "));
        writeln!(
            page,
            "<tr><td>{name}</td><td>{area}</td><td>{mm2}</td><td>{by}</td><td>{dice}</td><td>{flair}</td><td>{diameters}</td><td>{rulers}</td></tr>"
        )?;
    }
    page.push_str("</table>\n</section>\n");
    Ok(())
}

/// The area over the slices, a bar each: amber for a mask of the network, blue for a drawn or edited one, a gap for no mask.
fn plot(page: &mut String, findings: &Findings, measure: &CaseMeasure) -> fmt::Result {
    const WIDTH: f64 = 720.0;
    const HEIGHT: f64 = 120.0;
    let most = measure.slices.iter().map(|slice| slice.area).max().unwrap_or(0);
    let (step, scale) = (WIDTH / measure.slices.len().max(1) as f64, HEIGHT / most.max(1) as f64);
    writeln!(
        page,
        "<svg viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-label=\"Area of the mask over the slices\">",
        HEIGHT + 34.0
    )?;
    for (index, slice) in measure.slices.iter().enumerate().filter(|(_, slice)| slice.area > 0) {
        let height = slice.area as f64 * scale;
        let colour = if slice.edited { "#06618f" } else { "#c77f00" };
        let name = Escaped(findings.case().slices[index].slice.name());
        writeln!(
            page,
            "<rect x=\"{:.2}\" y=\"{:.2}\" width=\"{:.2}\" height=\"{height:.2}\" fill=\"{colour}\"><title>{name}: {} px</title></rect>",
            index as f64 * step,
            16.0 + HEIGHT - height,
            step * 0.85,
            slice.area
        )?;
    }
    writeln!(
        page,
        "<line x1=\"0\" x2=\"{WIDTH}\" y1=\"{0}\" y2=\"{0}\" stroke=\"#111\"/>\n<text x=\"0\" y=\"11\" font-size=\"11\">{most} px</text>\n\
         <text x=\"0\" y=\"{1}\" font-size=\"11\">slice 1</text>\n<text x=\"{WIDTH}\" y=\"{1}\" font-size=\"11\" text-anchor=\"end\">slice {2}</text>\n</svg>",
        HEIGHT + 16.0,
        HEIGHT + 30.0,
        measure.slices.len()
    )?;
    if measure.slices.iter().any(|slice| slice.edited) {
        page.push_str("<p>Blue: drawn or edited masks.</p>\n");
    }
    Ok(())
}

fn row(name: &str, value: &dyn fmt::Display) -> String {
    format!("<tr><th>{name}</th><td>{value}</td></tr>\n")
}

/// Voxels, and millilitres if they are known.
struct Amount(usize, Option<f64>);

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} voxels", self.0)?;
        self.1.map_or(Ok(()), |millilitres| write!(f, ", {millilitres:.2} mL"))
    }
}

/// How many patients a [`Split`](crate::network::manifest::Split) names. After a fit by slices it names slices, as
/// `<patient>/<file>`.
struct Named<'a>(&'a [String]);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let patients: BTreeSet<&str> = self.0.iter().filter_map(|name| Some(name.rsplit_once('/')?.0)).collect();
        if patients.is_empty() {
            return write!(f, "{} patients", self.0.len());
        }
        write!(f, "{} slices of {} patients", self.0.len(), patients.len())
    }
}

/// The metrics of an agreement with a reference.
struct Figures<'a>(&'a Scores);

impl fmt::Display for Figures<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Scores { dice, iou, sensitivity, precision, .. } = self.0;
        write!(f, "Dice {dice:.4}, IoU {iou:.4}")?;
        for (name, fraction) in [("sensitivity", sensitivity), ("precision", precision)] {
            match fraction {
                Some(fraction) => write!(f, ", {name} {fraction:.4}")?,
                None => write!(f, ", {name} –")?,
            }
        }
        Ok(())
    }
}

/// Text without markup, also in an attribute between quotation marks.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_not_markup() {
        let name = "<b title=\"a\" id='b'>&amp;";
        assert_eq!(Escaped(name).to_string(), "&lt;b title=&quot;a&quot; id=&#39;b&#39;&gt;&amp;amp;");
    }
}
