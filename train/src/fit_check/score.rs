//! How many held-out cases, and images computed from them, the input check recognises.

use std::collections::BTreeMap;

use glioscope::network::Segmenter;
use glioscope::network::input_check::Kind;
use glioscope::network::preprocess::CaseStatistics;
use glioscope::random::Rng;
use glioscope::read::Slice;
use rayon::prelude::*;
use serde::Serialize;

use super::examples::{Head, picture};
use crate::data::{Patient, strip};
use crate::report::Table;

/// The seed of what is drawn: another one than that of the examples.
const SEED: u64 = 23;
/// Generated pictures.
const PICTURES: usize = 45;

/// The outcome for one group of cases.
#[derive(Debug, Serialize)]
pub(super) struct Group {
    name: String,
    /// What the cases are.
    kind: Kind,
    cases: usize,
    /// How many of them are accepted.
    accepted: usize,
    /// How many of them have the right kind.
    right: usize,
    /// How many have which other kind.
    mistaken: BTreeMap<Kind, usize>,
}

/// The groups of images of these patients; none without patients.
pub(super) fn of(segmenter: &Segmenter, patients: &[Patient]) -> Vec<Group> {
    let side = segmenter.manifest().grid;
    let of_patient = |(index, patient): (usize, &Patient)| {
        let rng = &mut Rng::new(SEED, index as u64);
        let stripped = strip(&patient.slices, &patient.masks);
        let mut outcomes = vec![
            ("FLAIR with T1", Kind::Flair, found(segmenter, &patient.slices)),
            ("FLAIR with T1 without skull", Kind::Flair, found(segmenter, &stripped)),
        ];
        for (name, kind, volume) in Head::new(&patient.slices, &stripped, side).images(rng) {
            outcomes.push((name, kind, found(segmenter, &volume.to_slices())));
        }
        outcomes
    };
    let cases: Vec<Vec<_>> = patients.par_iter().enumerate().map(of_patient).collect();
    let pictures = if patients.is_empty() { 0 } else { PICTURES };
    let drawn = (0..pictures).into_par_iter().map(|number| {
        let picture = picture(number, side, &mut Rng::new(SEED + 1, number as u64));
        ("generated picture", Kind::NoHead, found(segmenter, &picture.to_slices()))
    });
    let drawn: Vec<_> = drawn.collect();
    let mut groups: Vec<Group> = Vec::new();
    for (name, kind, found) in cases.into_iter().flatten().chain(drawn) {
        let index = groups.iter().position(|group| group.name == name).unwrap_or(groups.len());
        if index == groups.len() {
            groups.push(Group {
                name: name.to_owned(),
                kind,
                cases: 0,
                accepted: 0,
                right: 0,
                mistaken: BTreeMap::new(),
            });
        }
        let group = &mut groups[index];
        group.cases += 1;
        group.accepted += usize::from(found == Kind::Flair);
        group.right += usize::from(found == kind);
        if found != kind {
            *group.mistaken.entry(found).or_default() += 1;
        }
    }
    groups
}

/// The kind of a case.
fn found(segmenter: &Segmenter, slices: &[Slice]) -> Kind {
    let statistics = CaseStatistics::of(slices);
    let slices: Vec<&Slice> = slices.iter().collect();
    segmenter.check_input(&slices, &statistics).and_then(|check| check.kind).unwrap_or(Kind::NoHead)
}

/// The printed table.
pub(super) fn text(groups: &[Group], examples: usize) -> String {
    let mut table = Table::new(&["held-out cases", "cases", "accepted", "right kind", "mistaken for"]);
    for group in groups {
        let mistaken = group.mistaken.iter().map(|(kind, count)| format!("{count} {}", kind.description()));
        let mistaken: Vec<String> = mistaken.collect();
        table.row([
            group.name.clone(),
            group.cases.to_string(),
            group.accepted.to_string(),
            group.right.to_string(),
            mistaken.join(", "),
        ]);
    }
    format!("fitted on {examples} images\n{}", if groups.is_empty() { String::new() } else { table.to_string() })
}
