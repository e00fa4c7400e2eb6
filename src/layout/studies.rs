//! [`join`] and [`pictures`]: what DICOM series are taken for, and which of them are one case. A reader and headers decide; names
//! only where a header does not tell.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::contrasts::Picture;
use super::name::{Key, Name, Place, split_extension};
use super::words::Words;
use super::{AssemblyNote, Contrast};
use crate::read::{Frame, Joined, Limits, Overview, Scan, Sequence, Series, Slice, join_series};
use crate::volume::Plane;

/// A volume of a study.
#[derive(Clone, Copy)]
struct Volume<'a> {
    /// Its first slice in the list that is planned.
    at: usize,
    scan: &'a Scan,
    series: &'a Series,
    contrast: Option<Contrast>,
    /// Whether a reader has chosen its contrast.
    by_reader: bool,
}

/// A series of a study, and what it is taken for.
#[derive(Clone, Debug)]
pub(crate) struct TakenSeries {
    pub(crate) overview: Overview,
    /// Its contrast, or `None` where nothing tells.
    pub(crate) contrast: Option<Contrast>,
    /// Its contrast without the choice of a reader.
    pub(crate) usual: Option<Contrast>,
    pub(crate) basis: Basis,
}

impl TakenSeries {
    /// A frame of it.
    pub(crate) fn frame(&self) -> Option<&Frame> {
        self.overview.middle.frame()
    }
}

/// What tells the contrast of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// A reader has chosen it for this series.
    Reader,
    /// The header.
    Header,
    /// A word in the name of its folder or file.
    Name,
    /// A network that has looked at it.
    Network,
    /// Nothing.
    None,
}

/// What the frames of DICOM files make up.
#[derive(Debug, Default)]
pub(crate) struct JoinedSeries {
    /// The slices of the volumes.
    pub(crate) slices: Vec<Slice>,
    /// A note for each series that is not used.
    pub(crate) notes: Vec<AssemblyNote>,
    /// All series.
    pub(crate) series: Vec<TakenSeries>,
}

/// Joins the frames among `slices` to volumes, except those of series that no case uses.
pub(super) fn join(slices: &[&Slice], words: &Words) -> JoinedSeries {
    let is_used = |uid: &str, label: &str, sequence: Sequence| {
        !matches!(contrast(uid, label, sequence, words).0, Some(Contrast::T2 | Contrast::Other))
    };
    let Joined { slices, unused, refused, found } = join_series(slices, &Limits::default(), is_used);
    let unused = unused.into_iter().map(|(files, sequence)| AssemblyNote::Sequence { files, sequence });
    let refused = refused.into_iter().map(|refused| AssemblyNote::Refused {
        name: refused.label,
        sequence: refused.sequence,
        fault: refused.fault,
    });
    let own = Words { series: Vec::new(), ..words.clone() };
    let taken = |overview: Overview| {
        let of = |words: &Words| contrast(overview.series(), &overview.label, overview.sequence, words);
        let ((contrast, basis), (usual, _)) = (of(words), of(&own));
        TakenSeries { overview, contrast, usual, basis }
    };
    JoinedSeries { slices, notes: unused.chain(refused).collect(), series: found.into_iter().map(taken).collect() }
}

/// A DICOM series of which neither header nor name tells what it shows.
#[derive(Clone, Debug)]
pub struct UnknownSeries {
    /// `SeriesInstanceUID`.
    pub series: String,
    /// `StudyInstanceUID`.
    pub study: String,
    /// Whether another series of the study is FLAIR by its header or name.
    pub beside_flair: bool,
    /// Its upright slices.
    pub slices: Vec<Slice>,
}

/// The series among the frames that nothing tells about, without the choices of a reader.
pub(super) fn unknown(frames: &[&Slice], words: &Words) -> Vec<UnknownSeries> {
    let words = Words { series: Vec::new(), seen: Vec::new(), ..words.clone() };
    let told = |uid: &str, label: &str, sequence: Sequence| contrast(uid, label, sequence, &words).0;
    let is_unknown = |uid: &str, label: &str, sequence: Sequence| told(uid, label, sequence).is_none();
    let Joined { found, slices, .. } = join_series(frames, &Limits::default(), is_unknown);
    let told = |overview: &Overview| told(overview.series(), &overview.label, overview.sequence);
    let study = |overview: &Overview| overview.middle.frame().map(|frame| frame.study.clone());
    let flair = found.iter().filter(|overview| told(overview) == Some(Contrast::Flair));
    let flair: BTreeSet<Option<String>> = flair.map(study).collect();
    let series = |slice: &Slice| slice.scan().and_then(Scan::series).map(|series| series.head().series.clone());
    let unknown = found.iter().filter(|overview| told(overview).is_none()).filter_map(|overview| {
        let (uid, own) = (overview.series().to_owned(), study(overview));
        let slices: Vec<Slice> = slices.iter().filter(|slice| series(slice).as_ref() == Some(&uid)).cloned().collect();
        let beside_flair = flair.contains(&own);
        Some(UnknownSeries { series: uid, beside_flair, study: own?, slices })
    });
    unknown.collect()
}

/// The contrast of a series: what a reader has chosen for it or for a word of its name, else what its header states, else what
/// its name states, else what a network has seen.
fn contrast(uid: &str, label: &str, sequence: Sequence, words: &Words) -> (Option<Contrast>, Basis) {
    if let Some(chosen) = words.of_series(uid) {
        return (Some(chosen), Basis::Reader);
    }
    let of_name = |words: &Words| Name::parse(label, words).contrast;
    let (usual, chosen) = (of_name(&Words::default()), of_name(words));
    let stated = match sequence {
        _ if chosen != usual => return (chosen, Basis::Name),
        Sequence::Flair => Contrast::Flair,
        Sequence::T1 => Contrast::Pre,
        Sequence::T1Contrast => Contrast::Post,
        Sequence::T2 => Contrast::T2,
        Sequence::Localiser | Sequence::Other => Contrast::Other,
        Sequence::Unknown => {
            return match (usual, words.seen_in(uid)) {
                (Some(usual), _) => (Some(usual), Basis::Name),
                (None, Some(seen)) => (Some(seen), Basis::Network),
                (None, None) => (None, Basis::None),
            };
        }
    };
    (Some(stated), Basis::Header)
}

/// The cases of DICOM volumes. `firsts` are the places of their first slices among `slices`.
///
/// The series of one study are one case. A study without FLAIR belongs to the only study with FLAIR of the same patient in the
/// same folder. A series that a reader has chosen is used first. FLAIR is axial if there is a choice, and of several the one with
/// the lowest number is used. T1 must have the frame of reference of FLAIR.
pub(super) fn pictures(firsts: &[usize], words: &Words, slices: &[&Slice]) -> (Vec<Picture>, Vec<AssemblyNote>) {
    let volume = |&at: &usize| {
        let scan = slices[at].scan()?;
        let series = scan.series()?;
        let (contrast, basis) = contrast(&series.head().series, &series.label, series.head().sequence, words);
        Some(Volume { at, scan, series, contrast, by_reader: basis == Basis::Reader })
    };
    let volumes: Vec<Volume<'_>> = firsts.iter().filter_map(volume).collect();
    let studies = studies(&volumes);
    let (mut pictures, mut notes) = (Vec::new(), Vec::new());
    for (index, study) in studies.iter().enumerate() {
        let others = studies.iter().enumerate().filter(|(other, _)| *other != index).flat_map(|(_, study)| study);
        let folder = common_folder(study, words);
        let inside = |file: &String| folder.is_empty() || file.starts_with(&format!("{folder}/"));
        let shared = others.flat_map(|volume| &volume.series.files).any(inside);
        let flair = study.iter().filter(|volume| volume.contrast == Some(Contrast::Flair)).min_by_key(|volume| {
            (
                !volume.by_reader,
                volume.scan.plane() != Plane::Axial,
                volume.series.head().series_number,
                &volume.series.label,
            )
        });
        let Some(flair) = flair else {
            for volume in study {
                match volume.contrast {
                    None => pictures.push(picture(volume, &folder, shared || study.len() > 1, None, &mut notes)),
                    Some(contrast) => notes.push(unused(volume, contrast)),
                }
            }
            continue;
        };
        let mut find = |wanted: Contrast| {
            let same = |volume: &&Volume<'_>| is_in_frame_of(volume, flair);
            let all = || study.iter().filter(move |volume| volume.contrast == Some(wanted));
            let best = all().filter(same).min_by_key(|volume| {
                let head = volume.series.head();
                let same_grid = volume.scan.upright().is_same(flair.scan.upright());
                (
                    !volume.by_reader,
                    !same_grid,
                    volume.scan.plane() != flair.scan.plane(),
                    Reverse(volume.scan.slices()),
                    head.series_number,
                    &volume.series.label,
                )
            });
            for other in all().filter(|volume| best.is_none_or(|best| best.at != volume.at)) {
                notes.push(if is_in_frame_of(other, flair) {
                    unused(other, wanted)
                } else {
                    let (name, onto) = (other.series.label.clone(), flair.series.label.clone());
                    AssemblyNote::OtherFrame { name, contrast: wanted, onto }
                });
            }
            best.copied()
        };
        let contrasts = match [find(Contrast::Pre), find(Contrast::Post)] {
            [Some(pre), Some(post)] => Some([pre, post]),
            [pre, post] => {
                let alone = pre.map(|pre| (pre, Contrast::Pre)).or(post.map(|post| (post, Contrast::Post)));
                notes.extend(alone.map(|(volume, contrast)| unused(&volume, contrast)));
                None
            }
        };
        for other in study.iter().filter(|volume| volume.at != flair.at) {
            match other.contrast {
                Some(Contrast::Pre | Contrast::Post) => {}
                contrast => notes.push(unused(other, contrast.unwrap_or(Contrast::Other))),
            }
        }
        pictures.push(picture(flair, &folder, shared, contrasts, &mut notes));
    }
    (pictures, notes)
}

/// Volumes by study, in an order that does not depend on that of the files.
fn studies<'a>(volumes: &[Volume<'a>]) -> Vec<Vec<Volume<'a>>> {
    let mut studies: BTreeMap<&str, Vec<Volume<'a>>> = BTreeMap::new();
    for volume in volumes {
        studies.entry(&volume.series.head().study).or_default().push(*volume);
    }
    let has_flair = |study: &[Volume<'_>]| study.iter().any(|volume| volume.contrast == Some(Contrast::Flair));
    let (mut with, without): (Vec<_>, Vec<_>) = studies.into_values().partition(|study| has_flair(study));
    let mut rest = Vec::new();
    for study in without {
        let mut matching = with.iter_mut().filter(|other| is_of_patient(&study, other));
        match (matching.next(), matching.next()) {
            (Some(only), None) => only.extend(study),
            _ => rest.push(study),
        }
    }
    with.extend(rest);
    with
}

/// Whether two studies are of one patient and in one folder.
fn is_of_patient(a: &[Volume<'_>], b: &[Volume<'_>]) -> bool {
    let patient = |study: &[Volume<'_>]| study.first().and_then(|volume| volume.series.head().patient.clone());
    let folders = |study: &[Volume<'_>]| -> BTreeSet<String> {
        study.iter().flat_map(|volume| &volume.series.files).map(|file| folder_of(file).to_owned()).collect()
    };
    patient(a).is_some() && patient(a) == patient(b) && folders(a) == folders(b)
}

fn is_in_frame_of(volume: &Volume<'_>, other: &Volume<'_>) -> bool {
    let frame = |volume: &Volume<'_>| volume.series.head().frame_of_reference.clone();
    frame(volume).is_some() && frame(volume) == frame(other)
}

fn unused(volume: &Volume<'_>, contrast: Contrast) -> AssemblyNote {
    AssemblyNote::Unused { files: volume.series.files.clone(), contrast }
}

/// A case with its name, and the notes on the series that it uses.
fn picture(
    volume: &Volume<'_>,
    folder: &str,
    shared: bool,
    contrasts: Option<[Volume<'_>; 2]>,
    notes: &mut Vec<AssemblyNote>,
) -> Picture {
    for used in [*volume].iter().chain(contrasts.iter().flatten()) {
        let own = |note| AssemblyNote::Read { name: used.series.label.clone(), note };
        notes.extend(used.scan.notes().iter().copied().map(own));
    }
    let last = volume.series.label.rsplit('/').next().unwrap_or_default();
    let stem = split_extension(last).0.to_owned();
    let prefix = if shared { stem.clone() } else { String::new() };
    let (folder, bare) = (folder.to_owned(), prefix.clone());
    let key = Key { folder: folder.clone(), stem, page: None, mask: false };
    let place = Place { folder, stem: prefix, page: None };
    let name =
        Name { key, place, contrast: Some(Contrast::Flair), bare, channel_folder: false, volume: true, tiff: false };
    Picture { name, slice: volume.at, contrasts: contrasts.map(|both| both.map(|volume| volume.at)) }
}

/// The folder that all files of a study are in, without folders of contrasts.
fn common_folder(study: &[Volume<'_>], words: &Words) -> String {
    let mut folders = study.iter().flat_map(|volume| &volume.series.files).map(|file| folder_of(file));
    let first: Vec<&str> = folders.next().unwrap_or_default().split('/').collect();
    let common = folders.fold(first, |common, folder| {
        common.into_iter().zip(folder.split('/')).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
    });
    words.common_folder(&format!("{}/", common.join("/")))
}

fn folder_of(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}
