//! [`StudySeries`]: the DICOM series that are open, and what each is taken for.

use serde::Serialize;

use super::Study;
use crate::layout::{Basis, Contrast, TakenSeries, Words};
use crate::network::input_check::Kind;
use crate::read::{Frame, Scan, Sequence, Slice};
use crate::result::findings::Findings;
use crate::sort::sort_by;

/// A DICOM series and what it is taken for.
#[derive(Clone, Debug, Serialize)]
pub struct StudySeries<'a> {
    /// The study that it belongs to, from 0.
    pub study: usize,
    /// The name of the case that uses it.
    pub case: Option<&'a str>,
    /// The folder of its files, or its first file.
    pub label: &'a str,
    /// `SeriesDescription`, which may be empty.
    pub description: &'a str,
    /// How many frames it has.
    pub slices: usize,
    /// What the header states.
    pub sequence: Sequence,
    /// What it is taken for. Where nothing tells, it is FLAIR if it is used.
    pub contrast: Contrast,
    /// What tells so.
    pub basis: Basis,
    /// What the network sees in a series that is used as FLAIR, if there is an input check.
    pub kind: Option<Kind>,
    /// The contrasts that a reader can choose, each with the words for [`Study::answer`]. `Other` is not used.
    pub choices: [(Contrast, Words); 4],
    /// The frame in the middle.
    #[serde(skip)]
    middle: &'a Slice,
}

/// A small grey picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thumbnail {
    /// Columns, at most 96.
    pub width: usize,
    /// Rows, at most 96.
    pub height: usize,
    /// 0 to 255, row by row.
    pub levels: Vec<u8>,
}

/// The most columns and rows of a thumbnail.
const SIDE: usize = 96;

impl Study {
    /// The DICOM series of the last [`assemble`](Self::assemble), study by study, in the order of their numbers.
    pub fn series(&self) -> Vec<StudySeries<'_>> {
        let framed = |taken| Some((taken, TakenSeries::frame(taken)?));
        let mut series: Vec<(&TakenSeries, &Frame)> = self.series.iter().filter_map(framed).collect();
        sort_by(&mut series, |(_, a), (_, b)| {
            (&a.study, a.series_number, &a.series).cmp(&(&b.study, b.series_number, &b.series))
        });
        let (mut study, mut before) = (0, None);
        let mut rows = Vec::new();
        for (taken, frame) in series {
            study += usize::from(before.replace(&frame.study).is_some_and(|before| *before != frame.study));
            rows.push(self.row(study, taken, frame));
        }
        rows
    }

    fn row<'a>(
        &'a self,
        study: usize,
        TakenSeries { overview, contrast, usual, basis }: &'a TakenSeries,
        frame: &'a Frame,
    ) -> StudySeries<'a> {
        let is_flair = |findings: &&Findings| {
            findings.case().scan().and_then(Scan::series).is_some_and(|series| series.head().series == frame.series)
        };
        let flair = self.cases().find(is_flair);
        let is_contrast = |findings: &&Findings| {
            findings.case().slices.first().is_some_and(|entry| entry.contrast_files.contains(&overview.label))
        };
        let case = flair.or_else(|| self.cases().find(is_contrast)).map(|findings| findings.case().name.as_str());
        let untold = if flair.is_some() { Contrast::Flair } else { Contrast::Other };
        let choice = |contrast: Contrast| {
            let usual = usual.map(|usual| if usual == Contrast::T2 { Contrast::Other } else { usual });
            let series = if usual == Some(contrast) { Vec::new() } else { vec![(frame.series.clone(), contrast)] };
            (contrast, Words { series, ..Words::default() })
        };
        StudySeries {
            study,
            case,
            label: &overview.label,
            description: &frame.description,
            slices: overview.frames,
            sequence: overview.sequence,
            contrast: contrast.unwrap_or(untold),
            basis: *basis,
            kind: flair.and_then(|findings| findings.input_check()?.kind),
            choices: [Contrast::Flair, Contrast::Pre, Contrast::Post, Contrast::Other].map(choice),
            middle: &overview.middle,
        }
    }
}

impl StudySeries<'_> {
    /// The frame in the middle as it is stored. The brightest pixels, 1 %, are white.
    pub fn thumbnail(&self) -> Thumbnail {
        let [columns, rows] = [self.middle.width(), self.middle.height()];
        let step = columns.max(rows).div_ceil(SIDE);
        let [width, height] = [columns, rows].map(|length| (length / step).max(1));
        let mut sums = vec![0_u64; width * height];
        let mut samples = self.middle.samples().iter();
        for y in 0..rows {
            for (x, sample) in samples.by_ref().take(columns).enumerate() {
                // The last ones that fill no step are not used.
                let (x, y) = (x / step, y / step);
                if x < width && y < height {
                    sums[x + y * width] += u64::from(sample);
                }
            }
        }
        // In steps of 1/256 of the brightest one.
        let brightest = sums.iter().copied().max().unwrap_or(0).max(1);
        let mut counts = [0_usize; 256];
        sums.iter().for_each(|&sum| counts[(sum * 255 / brightest) as usize] += 1);
        let mut brighter = 0;
        let is_white = |level: &usize| {
            brighter += counts[*level];
            brighter > sums.len() / 100
        };
        let white = (1..=255).rev().find(is_white).map_or(brightest, |level| level as u64 * brightest / 255).max(1);
        let inverted = self.middle.frame().is_some_and(|frame| frame.inverted);
        let level = |sum: u64| (sum.min(white) * 255 / white) as u8;
        let levels = sums.into_iter().map(|sum| if inverted { 255 - level(sum) } else { level(sum) }).collect();
        Thumbnail { width, height, levels }
    }
}
