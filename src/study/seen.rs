//! [`contrasts_seen`]: what a network sees in DICOM series whose headers and names tell nothing.

use std::collections::BTreeSet;

use crate::layout::{Contrast, UnknownSeries};
use crate::network::input_check::Kind;

#[cfg(feature = "cpu")]
impl super::Study {
    /// Looks at the DICOM series whose headers and names tell nothing. The next [`assemble`](Self::assemble) takes them for what
    /// they show. It depends only on the files that are open.
    pub fn look(&mut self, segmenter: &crate::network::Segmenter) {
        let slices = self.files.iter().flat_map(|file| &file.slices);
        let unknown = crate::layout::Assembler::new([], self.stated_words()).unknown_series(slices);
        let before = std::mem::take(&mut self.looked);
        let looked = unknown.iter().map(|series| {
            let key = (series.series.clone(), series.slices.len());
            let kind = before.get(&key).copied().unwrap_or_else(|| segmenter.kind(&series.slices));
            (key, kind)
        });
        let looked: Vec<_> = looked.collect();
        self.seen = contrasts_seen(unknown.iter().zip(looked.iter().map(|(_, kind)| *kind)));
        self.looked = looked.into_iter().collect();
    }
}

/// The contrasts of DICOM series by what each shows, with their `SeriesInstanceUID`.
///
/// The series of a study are taken for what they show if one of them is FLAIR, by what it shows or by its header. Otherwise there is
/// nothing that T1 could belong to. Beside FLAIR by its header no other series is taken for FLAIR.
pub fn contrasts_seen<'a>(
    series: impl IntoIterator<Item = (&'a UnknownSeries, Option<Kind>)>,
) -> Vec<(String, Contrast)> {
    let seen = series.into_iter().filter_map(|(series, kind)| Some((series, contrast_of(kind?)?)));
    let seen: Vec<(&UnknownSeries, Contrast)> =
        seen.filter(|(series, contrast)| !(series.beside_flair && *contrast == Contrast::Flair)).collect();
    let is_flair =
        |(series, contrast): &&(&UnknownSeries, Contrast)| series.beside_flair || *contrast == Contrast::Flair;
    let with_flair: BTreeSet<&str> = seen.iter().filter(is_flair).map(|(series, _)| series.study.as_str()).collect();
    let used = seen.iter().filter(|(series, _)| with_flair.contains(series.study.as_str()));
    used.map(|(series, contrast)| (series.series.clone(), *contrast)).collect()
}

fn contrast_of(kind: Kind) -> Option<Contrast> {
    match kind {
        Kind::Flair => Some(Contrast::Flair),
        Kind::T1 => Some(Contrast::Pre),
        Kind::T1Contrast => Some(Contrast::Post),
        Kind::T2 => Some(Contrast::T2),
        Kind::OtherPlane | Kind::NoHead => None,
    }
}
