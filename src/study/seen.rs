//! [`contrasts_seen`]: what the network sees in DICOM series whose headers and names tell nothing.

use std::collections::BTreeMap;

use super::Study;
use crate::layout::{Case, Contrast, Words};
use crate::network::input_check::Kind;
use crate::read::{Scan, Series};

impl Study {
    /// Takes DICOM series whose headers and names tell nothing for what the input check has seen in them. Returns whether it
    /// knows more than before, so that the files have to be [assembled](Self::assemble) again.
    pub fn look(&mut self) -> bool {
        let findings: Vec<_> = self.cases().collect();
        let cases: Vec<&Case> = findings.iter().map(|findings| findings.case()).collect();
        let mut found = contrasts_seen(&cases, |at| findings[at].input_check()?.kind);
        found.retain(|one| !self.seen.contains(one));
        let more = !found.is_empty();
        self.seen.extend(found);
        more
    }

    /// The words of what was seen; `None` without any.
    pub(super) fn words_seen(&self) -> Option<Words> {
        (!self.seen.is_empty()).then(|| Words { seen: self.seen.clone(), ..Words::default() })
    }
}

/// The contrasts of DICOM series by what each shows, with their `SeriesInstanceUID`. `kind` is that of the case at a place of
/// `cases`.
///
/// The series of a study are cases of their own only where nothing tells which of them is FLAIR. They are looked at if there are
/// several, and taken for what they show if one of them shows FLAIR.
pub fn contrasts_seen(cases: &[&Case], kind: impl Fn(usize) -> Option<Kind>) -> Vec<(String, Contrast)> {
    let mut studies: BTreeMap<&str, Vec<(usize, &str)>> = BTreeMap::new();
    for (at, case) in cases.iter().enumerate() {
        if let Some(head) = case.scan().and_then(Scan::series).map(Series::head) {
            studies.entry(&head.study).or_default().push((at, &head.series));
        }
    }
    let of_study = |series: Vec<(usize, &str)>| {
        let seen = series.into_iter().filter_map(|(at, uid)| Some((uid.to_owned(), contrast_of(kind(at)?)?)));
        let seen: Vec<_> = seen.collect();
        if seen.iter().any(|(_, contrast)| *contrast == Contrast::Flair) { seen } else { Vec::new() }
    };
    studies.into_values().filter(|series| series.len() > 1).flat_map(of_study).collect()
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
