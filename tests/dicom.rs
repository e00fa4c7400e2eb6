//! DICOM files and series. pydicom and dcmtk wrote the files, and dcm2niix states the geometry: see `fixtures/dicom/make.py`.
#![cfg(all(feature = "formats", not(target_arch = "wasm32")))]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use glioscope::error::{Error, FileFault, Quantity};
use glioscope::layout::{Assembler, Assembly, AssemblyNote, Basis, Contrast, Litter, UnknownSeries, Words, assemble};
use glioscope::mask::{Mask, Probability};
use glioscope::network::Manifest;
use glioscope::network::input_check::Kind;
use glioscope::read::{self, Channels, Limits, ReadNote, Samples, Scan, Sequence, Slice, SpacingSource};
use glioscope::result::findings::Findings;
use glioscope::study::{HEAD, Settings, Study, contrasts_seen};
use glioscope::volume::Plane;
use glioscope::write::{Bundle, Origin, SegmentationKind, SegmentationOptions, SourceMasks, Volume, nifti};
use serde::Deserialize;

#[derive(Deserialize)]
struct Expected {
    size: [usize; 3],
    affine: [[f64; 4]; 3],
    axes: String,
    last: f64,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/dicom")
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(folder().join(name)).expect(name)
}

/// The files of a series, or the one file.
fn files(name: &str) -> Vec<(String, Vec<u8>)> {
    let path = folder().join(name);
    if path.is_file() {
        return vec![(name.to_owned(), fixture(name))];
    }
    let mut names: Vec<String> = fs::read_dir(&path)
        .expect(name)
        .map(|entry| format!("{name}/{}", entry.expect("an entry").file_name().to_string_lossy()))
        .collect();
    names.sort();
    names.into_iter().map(|name| (name.clone(), fixture(&name))).collect()
}

fn frames<'a>(files: impl IntoIterator<Item = &'a (String, Vec<u8>)>) -> Vec<Slice> {
    let read = |(name, bytes): &(String, Vec<u8>)| read::read(name, bytes, &Limits::default());
    files.into_iter().flat_map(|file| read(file).unwrap_or_else(|error| panic!("{error}"))).collect()
}

/// The slices of the only case.
fn volume(files: &[(String, Vec<u8>)]) -> Vec<Slice> {
    let Assembly { mut cases, notes } = assemble(frames(files));
    assert_eq!(cases.len(), 1, "{notes:?}");
    cases.remove(0).slices.into_iter().map(|entry| entry.slice).collect()
}

fn scan(slices: &[Slice]) -> &Scan {
    slices[0].scan().expect("a slice of a volume")
}

fn fault(name: &str, bytes: &[u8]) -> FileFault {
    match read::read(name, bytes, &Limits::default()) {
        Err(Error::File { fault, .. }) => fault,
        other => panic!("{name}: {other:?}"),
    }
}

/// The bytes with another value of the same length, at each place.
fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = bytes.to_vec();
    let places: Vec<usize> = (0..bytes.len()).filter(|&at| bytes[at..].starts_with(from)).collect();
    assert!(!places.is_empty(), "no {:?}", String::from_utf8_lossy(from));
    places.into_iter().for_each(|at| bytes[at..at + to.len()].copy_from_slice(to));
    bytes
}

/// The files with another value, under other names.
fn changed(files: &[(String, Vec<u8>)], folder: &str, changes: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
    let change = |bytes: &Vec<u8>| {
        changes.iter().fold(bytes.clone(), |bytes, (from, to)| replaced(&bytes, from.as_bytes(), to.as_bytes()))
    };
    let name = |name: &str| format!("{folder}/{}", name.rsplit('/').next().unwrap_or_default());
    files.iter().map(|(own, bytes)| (name(own), change(bytes))).collect()
}

const ROOT: &str = "1.2.826.0.1.3680043.8.498.1";

fn uid(end: &str) -> String {
    format!("{ROOT}.{end}")
}

#[test]
fn series_have_the_geometry_that_dcm2niix_finds() {
    let expected: BTreeMap<String, Expected> = serde_json::from_slice(&fixture("expected.json")).expect("JSON");
    assert_eq!(expected.len(), 5);
    for (name, Expected { size, affine, axes, last }) in expected {
        // T1 alone is not a case.
        let files = match &*name {
            "t1" => changed(&files(&name), "t1", &[("AX T1 SE", "AX FLAIR")]),
            name => files(name),
        };
        let slices = volume(&files);
        let scan = scan(&slices);
        assert_eq!(scan.stored().size(), size, "{name}");
        for (found, expected) in scan.stored().affine().rows().iter().flatten().zip(affine.iter().flatten()) {
            assert!((found - expected).abs() < 1e-4, "{name}: {found}, expected {expected}");
        }
        assert_eq!(scan.orientation(), axes, "{name}");
        assert_eq!(slices[0].spacing_source(), Some(SpacingSource::Dicom));
        let end = size.map(|length| length as f64 - 1.0);
        let [x, y, z] = scan.stored().to(scan.upright()).apply(end).map(|index| index.round() as usize);
        assert_eq!(slices[z].value(x, y, 0).map(f64::from), Some(last), "{name}");
    }
}

#[test]
fn positions_order_the_slices_and_each_has_the_name_of_its_file() {
    let mut files = files("series");
    let names: Vec<String> = volume(&files).iter().map(|slice| slice.name().to_owned()).collect();
    assert_eq!(names, ["series/c", "series/a", "series/e", "series/b", "series/d"]);
    let straight = volume(&files);
    files.rotate_left(2);
    files.swap(0, 3);
    assert_eq!(volume(&files), straight);
    for (z, slice) in straight.iter().enumerate() {
        assert_eq!(slice.value(0, 0, 0), Some(29 * z as u16));
    }
    let frames: Vec<String> = volume(&[("enhanced.dcm".to_owned(), fixture("enhanced.dcm"))])
        .iter()
        .map(|slice| slice.name().to_owned())
        .collect();
    assert_eq!(frames, [3, 1, 4, 2, 5].map(|frame| format!("enhanced.dcm#{frame}")));
    // Axial slices of a sagittal series are in no single file.
    let sagittal = volume(&self::files("sagittal"));
    assert_eq!(sagittal[1].name(), "sagittal#2");
    assert_eq!(scan(&sagittal).plane(), Plane::Sagittal);
}

#[test]
fn every_transfer_syntax_has_the_same_pixels() {
    let samples = |name: &str| frames(&files(name))[0].samples().clone();
    for name in
        ["implicit", "big-endian", "deflated", "rle", "jpeg-lossless", "jpeg-lossless-any", "bare", "bare-implicit"]
    {
        assert_eq!(samples(&format!("{name}.dcm")), samples("plain.dcm"), "{name}");
    }
    for name in ["implicit", "big-endian", "deflated", "rle", "jpeg-lossless"] {
        assert_eq!(samples(&format!("{name}-8.dcm")), samples("plain-8.dcm"), "{name}");
    }
    let Samples::U16(plain) = samples("plain.dcm") else { panic!("12 bits are wide") };
    assert_eq!((plain[0], plain[1], plain[11], plain[98]), (0, 7 * 19, 13 * 19, 174 * 19));
    for name in ["jpeg-baseline.dcm", "jpeg-extended.dcm"] {
        let (found, plain) = (samples(name), samples("plain-8.dcm"));
        assert!(found.iter().zip(plain.iter()).all(|(a, b)| a.abs_diff(b) <= 6), "{name}");
        assert_eq!(frames(&files(name))[0].notes(), [ReadNote::Lossy]);
    }
    let enhanced = frames(&files("enhanced.dcm"));
    for name in ["enhanced-marks.dcm", "enhanced-lengths.dcm"] {
        for (frame, expected) in frames(&files(name)).iter().zip(&enhanced) {
            assert_eq!((frame.samples(), frame.frame()), (expected.samples(), expected.frame()), "{name}");
        }
    }
}

#[test]
fn inverted_signed_and_rescaled_numbers_are_right() {
    let samples = |name: &str| volume(&files(name))[0].samples().iter().collect::<Vec<u16>>();
    let plain = samples("plain.dcm");
    assert_eq!(samples("inverted.dcm"), plain);
    let even: Vec<u16> = plain.iter().map(|value| value & !1).collect();
    assert_eq!(samples("signed.dcm"), even);
    let highest = f64::from(174 * 19_u16);
    for (found, value) in samples("negative.dcm").iter().zip(&plain) {
        assert!((f64::from(*found) - f64::from(*value) / highest * 65_535.0).abs() <= 0.5, "{found} {value}");
    }
}

#[test]
fn files_that_are_not_read_are_named_in_words() {
    let message = |name: &str| fault(name, &fixture(name)).to_string();
    for (name, words) in [
        ("refused-colour.dcm", "a colour image"),
        ("refused-jpeg-ls.dcm", "JPEG-LS"),
        ("refused-jpeg-2000.dcm", "JPEG 2000"),
        ("refused-jpeg-12.dcm", "JPEG with loss and 12 bits"),
        ("refused-no-position.dcm", "ImageOrientationPatient is missing"),
        ("report.dcm", "a structured report"),
    ] {
        assert!(message(name).contains(words), "{name}: {}", message(name));
    }
    // The first bytes are enough to pass over what has no pictures.
    for (name, kind) in [("report.dcm", "a structured report"), ("DICOMDIR", "a DICOMDIR")] {
        let bytes = fixture(name);
        let admitted = Study::admit(name, bytes.len() as u64, &bytes[..HEAD.min(bytes.len())]);
        assert!(matches!(admitted, Ok(Some(Litter::NoPictures(found))) if found == kind), "{name}: {admitted:?}");
    }
    // A class that is not known, without pixels.
    let bytes = fixture("plain.dcm");
    let end = bytes.windows(4).rposition(|tag| tag == [0xe0, 0x7f, 0x10, 0]).expect("pixels");
    let error = read::read("a", &bytes[..end], &Limits::default()).expect_err("no pixels");
    assert!(matches!(Litter::of_error(&error), Some(Litter::NoPictures(_))), "{error}");
}

#[test]
fn a_file_that_is_cut_off_is_an_error() {
    for name in
        ["plain.dcm", "implicit.dcm", "big-endian.dcm", "rle.dcm", "enhanced.dcm", "enhanced-marks.dcm", "bare.dcm"]
    {
        let bytes = fixture(name);
        // The last bytes are the mark of an end, padding, or a run length that is not needed.
        for length in 0..bytes.len() - 12 {
            assert!(read::read(name, &bytes[..length], &Limits::default()).is_err(), "{name}: {length} bytes");
        }
    }
}

#[test]
fn sizes_are_judged_by_the_header() {
    let element = |tag: [u8; 4], value: u16| [&tag[..], b"US", &[2, 0], &value.to_le_bytes()].concat();
    let claims = |rows: u16, columns: u16| {
        let bytes = replaced(&fixture("rle.dcm"), &element([0x28, 0, 0x10, 0], 9), &element([0x28, 0, 0x10, 0], rows));
        replaced(&bytes, &element([0x28, 0, 0x11, 0], 11), &element([0x28, 0, 0x11, 0], columns))
    };
    let what = |bytes: &[u8]| match fault("a.dcm", bytes) {
        FileFault::OverLimit { what, .. } => Some(what),
        _ => None,
    };
    assert_eq!(what(&claims(65_535, 65_535)), Some(Quantity::Pixels));
    assert!(matches!(fault("a.dcm", &claims(0, 11)), FileFault::ZeroSized { .. }));
    assert!(matches!(fault("a.dcm", &claims(4_000, 4_000)), FileFault::Frame { frame: 1, .. }));
    let many = replaced(&fixture("enhanced.dcm"), b"IS\x02\x005 ", b"IS\x02\x0099");
    assert!(matches!(
        fault("a.dcm", &many),
        FileFault::MissingTag { tag: "ImagePositionPatient" } | FileFault::Truncated { .. }
    ));
    let limits = Limits { pages: 4, ..Limits::default() };
    let refused = read::read("a.dcm", &fixture("enhanced.dcm"), &limits);
    assert!(matches!(
        refused,
        Err(Error::File { fault: FileFault::OverLimit { what: Quantity::Slices, found: 5, .. }, .. })
    ));
}

#[test]
fn gaps_and_duplicates_are_named() {
    let all = files("series");
    // Slice 2 of 5 is missing.
    let gap: Vec<_> = all.iter().filter(|(name, _)| name != "series/e").cloned().collect();
    let found = assemble(frames(&gap));
    assert!(
        matches!(&found.notes[..], [AssemblyNote::Read { note: ReadNote::MissingSlices { count: 1 }, .. }]),
        "{:?}",
        found.notes
    );
    let slices: Vec<Slice> = found.cases[0].slices.iter().map(|entry| entry.slice.clone()).collect();
    assert_eq!((slices.len(), scan(&slices).slices()), (4, 5));
    assert!(scan(&slices).stored().is_same(scan(&volume(&all)).stored()));
    // The same object twice, and another object at the same place.
    let copy = ("copy/a".to_owned(), all[0].1.clone());
    let other = ("copy/b".to_owned(), replaced(&all[1].1, uid("3.1.").as_bytes(), uid("3.9.").as_bytes()));
    let found = assemble(frames(all.iter().chain([&copy, &other])));
    assert!(
        matches!(&found.notes[..], [AssemblyNote::Read { note: ReadNote::RepeatedSlices { count: 2 }, .. }]),
        "{:?}",
        found.notes
    );
    assert_eq!(found.cases[0].slices.len(), 5);
    // One slice is 1 mm too high.
    let mut uneven = all;
    uneven[4].1 = replaced(&uneven[4].1, b"\\-29.", b"\\-28.");
    let found = assemble(frames(&uneven));
    let [note @ AssemblyNote::Refused { fault: FileFault::UnevenSlices { .. }, .. }] = &found.notes[..] else {
        panic!("{:?}", found.notes)
    };
    assert!(note.refusal().is_some() && found.cases.is_empty());
}

#[test]
fn several_volumes_of_a_series_are_read_as_one_or_split() {
    let all = files("series");
    let uids = (uid("3.1."), uid("3.8."));
    let again = changed(&all, "again", &[(&uids.0, &uids.1)]);
    let found = assemble(frames(all.iter().chain(&again)));
    assert!(
        matches!(&found.notes[..], [AssemblyNote::Read { note: ReadNote::FirstVolume { count: 2 }, .. }]),
        "{:?}",
        found.notes
    );
    // One series of two sizes: each is a volume, and the larger one is FLAIR.
    let (from, to) = (uid("2.9"), uid("2.1"));
    let other = changed(&files("plain.dcm"), "series", &[(&from, &to)]);
    let found = assemble(frames(all.iter().chain(&other)));
    let split =
        |note: &&AssemblyNote| matches!(note, AssemblyNote::Read { note: ReadNote::SplitSeries { count: 2 }, .. });
    assert_eq!(found.notes.iter().filter(split).count(), 1, "{:?}", found.notes);
    assert_eq!(found.cases.len(), 1);
}

#[test]
fn the_series_of_a_study_are_one_case() {
    let flair = changed(&files("series"), "P/5", &[]);
    let t1 = changed(&files("t1"), "P/2", &[]);
    let (from, to) = (uid("2.2"), uid("2.7"));
    let t1c = changed(&files("t1"), "P/9", &[(&from, &to), ("AX T1 SE", "T1 SE +C")]);
    let (from, to) = (uid("2.1"), uid("2.3"));
    let t2 = changed(&files("series"), "P/7", &[(&from, &to), ("AX T2 FLAIR", "AX T2 FSE  ")]);
    let (from, to) = (uid("2.1"), uid("2.6"));
    let localiser = changed(&files("series"), "P/1", &[(&from, &to), ("AX T2 FLAIR", "3-plane loc")]);
    let all = [&flair[..], &t1, &t1c, &t2, &localiser].concat();
    let Assembly { cases, notes } = assemble(frames(&all));
    let [case] = &cases[..] else { panic!("{notes:?}") };
    assert_eq!((case.name.as_str(), case.slices.len()), ("P", 5));
    assert!(case.slices.iter().all(|entry| entry.slice.channels() == Channels::Rgb), "{notes:?}");
    assert_eq!(case.slices[0].contrast_files, ["P/2", "P/9"]);
    let texts: Vec<String> = notes.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "P/1/a and 4 more: a localiser, not used",
            "P/2: pre-contrast T1, resampled onto the grid of P/5; no registration",
            "P/7/a and 4 more: T2, not used",
            "P/9: post-contrast T1, resampled onto the grid of P/5; no registration",
        ]
    );
    assert!(matches!(&notes[0], AssemblyNote::Sequence { sequence: Sequence::Localiser, .. }));
    // Without a common frame of reference nothing is resampled.
    let (from, to) = (uid("4"), uid("5"));
    let elsewhere = changed(&t1, "P/2", &[(&from, &to)]);
    let Assembly { cases, notes } = assemble(frames(flair.iter().chain(&elsewhere).chain(&t1c)));
    assert_eq!(cases[0].slices[0].slice.channels(), Channels::Grey);
    assert!(
        notes.iter().any(|note| matches!(note, AssemblyNote::OtherFrame { contrast: Contrast::Pre, .. })),
        "{notes:?}"
    );
}

#[test]
fn studies_are_cases_of_their_own_also_in_one_folder() {
    let first = changed(&files("series"), "all", &[]);
    let study = |end: &str| uid(end);
    let (from, to) = (study("1\0"), study("8\0"));
    let mut second = changed(&files("series"), "all", &[(&from, &to)]);
    second.iter_mut().for_each(|(name, _)| name.push('2'));
    let found = assemble(frames(first.iter().chain(&second)));
    let names: Vec<&str> = found.cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names, ["all/a", "all/a2"], "{:?}", found.notes);
    // A word that a person chose decides.
    let words = Words { contrasts: vec![("9".to_owned(), Contrast::Flair)], ..Words::default() };
    let t1 = changed(&files("t1"), "P/9", &[]);
    let found = Assembler::new([], words).assemble(frames(&t1));
    assert_eq!(found.cases.len(), 1, "{:?}", found.notes);
}

#[test]
fn a_reference_next_to_a_study_belongs_to_it() {
    let flair = changed(&files("series"), "P/flair", &[]);
    let mut findings = Findings::new(assemble(frames(&flair)).cases.remove(0));
    for index in 0..5 {
        findings.keep(index, Probability::new(6, 5, vec![if index == 2 { 65_535 } else { 0 }; 30]));
    }
    let mask = nifti(&findings, Volume::Mask, 0.5, None).expect("a mask");
    let slices = [frames(&flair), read::read("P/seg.nii", &mask, &Limits::default()).expect("a mask")].concat();
    let Assembly { cases, notes } = assemble(slices);
    assert!(notes.is_empty(), "{notes:?}");
    let areas = cases[0].slices.iter().map(|entry| entry.reference.as_ref().map_or(0, |mask| mask.area()));
    assert_eq!(areas.collect::<Vec<usize>>(), [0, 0, 30, 0, 0]);
}

#[test]
fn results_are_on_the_grid_of_the_series() {
    for name in ["series", "sagittal", "enhanced.dcm"] {
        let slices = volume(&files(name));
        let grid = *scan(&slices).stored();
        let findings = Findings::new(assemble(frames(&files(name))).cases.remove(0));
        let bytes = nifti(&findings, Volume::Flair, 0.5, None).expect("a volume");
        let again = read::read("a.nii", &bytes, &Limits::default()).expect("a volume");
        assert!(scan(&again).stored().is_same(&grid), "{name}");
        for (slice, own) in again.iter().zip(&slices) {
            assert_eq!(slice.samples().iter().collect::<Vec<u16>>(), own.samples().iter().collect::<Vec<u16>>());
        }
        // The quaternion form says the same.
        let mut quaternion = bytes;
        quaternion[254..256].fill(0);
        let again = read::read("a.nii", &quaternion, &Limits::default()).expect("a volume");
        let rows = |slices: &[Slice]| scan(slices).stored().affine().rows().concat();
        assert!(rows(&again).iter().zip(grid.affine().rows().concat()).all(|(a, b)| (a - b).abs() < 1e-4), "{name}");
    }
}

/// The findings on a series, with one pixel inside on each slice.
fn marked(files: &[(String, Vec<u8>)]) -> Findings {
    let mut findings = Findings::new(assemble(frames(files)).cases.remove(0));
    for index in 0..findings.case().slices.len() {
        let slice = &findings.case().slices[index].slice;
        let size = [slice.width(), slice.height()];
        let mut inside = vec![false; size[0] * size[1]];
        inside[pixel(index, size)] = true;
        findings.set_edit(index, Some(Mask::new(size[0], size[1], inside)));
    }
    findings
}

/// The pixel that is inside on a slice of `size`.
fn pixel(slice: usize, [width, height]: [usize; 2]) -> usize {
    (7 * slice + 3) % width + (3 * slice + 1) % height * width
}

#[test]
fn masks_of_a_series_lie_on_its_images() {
    for name in ["series", "sagittal", "enhanced.dcm"] {
        let findings = marked(&files(name));
        let found = SourceMasks::of(&findings, 0.5).expect("masks");
        let again = SourceMasks::from_bytes(&found.to_bytes()).expect("what was written");
        assert_eq!((again.masks, again.edited), (found.masks.clone(), found.edited), "{name}");
        // Numbers cross in decimal digits, so their last bit may differ.
        let close = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12);
        assert!(close(&again.source.orientation, &found.source.orientation), "{name}");
        for (again, image) in again.source.images.iter().zip(&found.source.images) {
            assert!(again.sop_instance == image.sop_instance && close(&again.position, &image.position), "{name}");
        }
        assert!(found.edited);
        let SourceMasks { source, masks, .. } = found;
        assert_eq!(masks.len(), source.images.len());
        // Where each pixel inside is in the patient, by the attributes of the images.
        let mut places: Vec<[f64; 3]> = Vec::new();
        for (mask, image) in masks.iter().zip(&source.images) {
            for at in (0..mask.inside().len()).filter(|&at| mask.inside()[at]) {
                let [column, row] = [at % mask.width(), at / mask.width()].map(|index| index as f64);
                let [rows, columns] = source.pixel_spacing;
                let place = |axis: usize| {
                    let (along_row, along_column) = (source.orientation[axis], source.orientation[axis + 3]);
                    image.position[axis] + column * columns * along_row + row * rows * along_column
                };
                places.push([-place(0), -place(1), place(2)]);
            }
        }
        let case = findings.case();
        let grid = case.scan().expect("a volume").upright();
        let [width, height, slices] = grid.size();
        assert_eq!((places.len(), case.slices.len()), (slices, slices), "{name}");
        for index in 0..slices {
            let at = pixel(index, [width, height]);
            let expected = grid.affine().apply([(at % width) as f64, (at / width) as f64, index as f64]);
            let close = |place: &[f64; 3]| place.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-3);
            assert_eq!(places.iter().filter(|place| close(place)).count(), 1, "{name}: slice {index} at {expected:?}");
        }
    }
}

#[test]
fn only_the_segmentation_has_the_name_of_the_patient() {
    let findings = marked(&files("series"));
    let manifest = Manifest::from_json(include_bytes!("../www/model/model.json")).expect("the shipped model.json");
    let origin = Origin { manifest, card: None, backend: "cpu".to_owned(), threshold: 0.5, rules: None };
    let created = ["20260131", "134500"].map(str::to_owned);
    let options = SegmentationOptions { kind: SegmentationKind::Binary, edited: false, empty_frames: false, created };
    let mut bundle = Bundle::new(origin).with_dicom_seg(options);
    let mut files = bundle.case_files(&findings, None);
    files.extend(bundle.finish());
    let names_patient = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        text.contains("Secret^Name") && text.contains("SECRET-1")
    };
    for (name, bytes) in files {
        assert_eq!(names_patient(&bytes), name == "series/mask.seg.dcm", "{name}");
        // Descriptions are free text.
        assert!(!String::from_utf8_lossy(&bytes).contains("AX T2 FLAIR"), "{name}");
    }
}

#[test]
fn decoded_frames_are_the_same() {
    for name in ["series/a", "enhanced.dcm", "signed.dcm", "inverted.dcm", "jpeg-baseline.dcm"] {
        let (bytes, limits) = (fixture(name), Limits::default());
        let decoded = read::convert(name, &bytes, &limits).expect("a frame");
        assert_eq!(
            read::read(name, &decoded, &limits).expect("a frame"),
            read::read(name, &bytes, &limits).expect(name)
        );
    }
}

#[test]
fn the_study_of_a_file_is_known_from_its_first_bytes() {
    for name in ["plain.dcm", "implicit.dcm", "big-endian.dcm", "deflated.dcm", "bare.dcm", "enhanced.dcm"] {
        assert_eq!(read::dicom_study(&fixture(name)), Some(uid("1")), "{name}");
    }
    let bytes = fixture("plain.dcm");
    assert_eq!(read::dicom_study(&bytes[..bytes.len() - 150]), Some(uid("1")));
    assert_eq!([&bytes[..300], b"II*\0", b""].map(read::dicom_study), [None, None, None]);
}

#[test]
fn a_study_takes_series_as_it_takes_volumes() {
    let all =
        [changed(&files("series"), "P/5", &[]), changed(&files("sagittal"), "Q/1", &[(&uid("1\0"), &uid("8\0"))])]
            .concat();
    let limits = Limits::default();
    let mut study = Study::default();
    for (name, bytes) in &all[..4] {
        // The page decodes the files in a module of its own.
        let decoded = read::convert(name, bytes, &limits).expect("a frame");
        study.add_file(name, &decoded).expect("a frame");
    }
    study.assemble();
    let slices = |study: &Study| study.cases().map(|findings| findings.case().slices.len()).collect::<Vec<usize>>();
    assert_eq!(slices(&study), [4]);
    for (name, bytes) in &all[4..] {
        study.add_file(name, bytes).expect("a frame");
    }
    study.assemble();
    let names: Vec<String> = study.cases().map(|findings| findings.case().name.clone()).collect();
    assert_eq!((names, slices(&study)), (vec!["1".to_owned(), "5".to_owned()], vec![5, 5]));
    let inspection = study.inspect();
    let case = &inspection.cases[1];
    assert_eq!((case.spacing_source, case.spacing), (Some("dicom"), Some((0.9, 0.8, Some(5.5)))));
    let written = serde_json::to_string(&inspection).expect("JSON").to_lowercase();
    assert!(!written.contains("secret") && !written.contains(ROOT), "{written}");
}

/// A study of FLAIR, T1, T2 and a localiser, and what each is called.
fn several_series() -> Vec<(String, Vec<u8>)> {
    let series = |folder: &str, end: &str, description: &str| {
        let (from, to) = (uid("2.1"), uid(end));
        changed(&files("series"), folder, &[(&from, &to), ("AX T2 FLAIR", description)])
    };
    let flair = changed(&files("series"), "P/5", &[]);
    let t1 = changed(&files("t1"), "P/2", &[]);
    [flair, t1, series("P/7", "2.3", "AX T2 FSE  "), series("P/1", "2.6", "3-plane loc")].concat()
}

fn opened(files: &[(String, Vec<u8>)]) -> Study {
    let mut study = Study::default();
    for (name, bytes) in files {
        study.add_file(name, bytes).expect("a frame");
    }
    study.assemble();
    study
}

/// The words that take a series for a contrast.
fn choice(study: &Study, label: &str, contrast: Contrast) -> Words {
    let series = study.series().into_iter().find(|series| series.label == label).expect(label);
    series.choices.into_iter().find(|(of, _)| *of == contrast).expect("a choice").1
}

#[test]
fn a_study_states_what_its_series_are_taken_for() {
    let study = opened(&several_series());
    let taken: Vec<_> = study
        .series()
        .iter()
        .map(|series| (series.label.to_owned(), series.contrast, series.sequence, series.basis, series.case.is_some()))
        .collect();
    let header = |label: &str, contrast, sequence, used| (label.to_owned(), contrast, sequence, Basis::Header, used);
    for expected in [
        header("P/5", Contrast::Flair, Sequence::Flair, true),
        header("P/2", Contrast::Pre, Sequence::T1, false),
        header("P/7", Contrast::T2, Sequence::T2, false),
        header("P/1", Contrast::Other, Sequence::Localiser, false),
    ] {
        assert!(taken.contains(&expected), "{expected:?} in {taken:?}");
    }
    assert_eq!(taken.len(), 4);
    let series = study.series();
    let flair = series.iter().find(|series| series.label == "P/5").expect("FLAIR");
    assert_eq!((flair.study, flair.description, flair.slices, flair.case), (0, "AX T2 FLAIR", 5, Some("P")));
    let thumbnail = flair.thumbnail();
    assert_eq!((thumbnail.width, thumbnail.height), (6, 5));
    assert_eq!(thumbnail.levels.iter().max(), Some(&255));
    // The usual contrast chooses nothing.
    assert_eq!(choice(&study, "P/7", Contrast::Other), Words::default());
    assert!(Study::default().series().is_empty());
}

#[test]
fn a_reader_chooses_which_series_is_flair() {
    let mut study = opened(&several_series());
    let other = changed(&files("sagittal"), "Q", &[(&uid("1\0"), &uid("8\0"))]);
    for (name, bytes) in &other {
        study.add_file(name, bytes).expect("a frame");
    }
    study.assemble();
    let names = |study: &Study| -> Vec<String> {
        let slices = study.cases().flat_map(|findings| &findings.case().slices);
        slices.map(|entry| entry.slice.name().to_owned()).collect()
    };
    let before = names(&study);
    assert!(before.contains(&"P/5/a".to_owned()) && before.contains(&"Q#1".to_owned()), "{before:?}");
    let slice = |name: &str, study: &mut Study| {
        let size = {
            let (findings, at) = study.slice(name).expect("a slice");
            let slice = &findings.case().slices[at].slice;
            slice.width() * slice.height()
        };
        study.adopt(name, vec![65_535; size]).expect("a probability");
    };
    slice("P/5/a", &mut study);
    slice("Q#1", &mut study);

    // T2 has the same number of slices.
    let words = choice(&study, "P/7", Contrast::Flair);
    study.answer(vec![words.clone()]);
    study.assemble();
    let after = names(&study);
    assert!(after.contains(&"P/7/a".to_owned()) && !after.contains(&"P/5/a".to_owned()), "{after:?}");
    let taken = |label: &str, study: &Study| {
        let series = study.series().into_iter().find(|series| series.label == label).expect("a series");
        (series.contrast, series.basis, series.case.map(str::to_owned))
    };
    assert_eq!(taken("P/7", &study), (Contrast::Flair, Basis::Reader, Some("P".to_owned())));
    assert_eq!(taken("P/5", &study), (Contrast::Flair, Basis::Header, None));
    let probability = |name: &str, study: &Study| {
        let (findings, at) = study.slice(name).expect("a slice");
        findings.probability(at).is_some()
    };
    assert!(probability("Q#1", &study), "the other study keeps its results");
    assert!(!probability("P/7/a", &study));

    // A session has the choice.
    let zip = study.save("model", &Settings::default()).collect(&study).expect("an unchanged study");
    let mut again = Study::default();
    again.open(&zip, "model").expect("a session");
    again.assemble();
    assert_eq!(names(&again), after);

    // Without answers everything is as before.
    study.answer(Vec::new());
    study.assemble();
    assert_eq!(names(&study), before);
    // Without FLAIR there is no case, and a reader can choose one.
    study.answer(vec![choice(&study, "P/5", Contrast::Other)]);
    study.assemble();
    assert!(names(&study).iter().all(|name| name.starts_with('Q')));
    assert_eq!(taken("P/5", &study), (Contrast::Other, Basis::Reader, None));
}

#[test]
fn series_that_nothing_tells_about_are_taken_for_what_a_network_sees() {
    let unknown = |from: &str, folder: &str, description: &str, end: &str, own: &str| {
        changed(
            &files(from),
            folder,
            &[(&uid(end), &uid(own)), (description, "series  one".get(..description.len()).expect("ASCII"))],
        )
    };
    let flair = unknown("series", "P/5", "AX T2 FLAIR", "2.1", "2.1");
    let t1 = unknown("t1", "P/2", "AX T1 SE", "2.2", "2.2");
    let t1c = unknown("t1", "P/9", "AX T1 SE", "2.2", "2.7");
    let all = frames(&[flair.clone(), t1.clone(), t1c.clone()].concat());
    let Assembly { cases, notes } = assemble(all.clone());
    assert_eq!(cases.len(), 3, "{notes:?}");
    let assembler = Assembler::default();
    let unknown = assembler.unknown_series(&all);
    assert_eq!(unknown.len(), 3);
    let kind = |series: &UnknownSeries| match series.slices[0].name() {
        name if name.starts_with("P/5") => Some(Kind::Flair),
        name if name.starts_with("P/2") => Some(Kind::T1),
        _ => Some(Kind::T1Contrast),
    };
    let seen = contrasts_seen(unknown.iter().map(|series| (series, kind(series))));
    assert_eq!(seen.len(), 3);
    let Assembly { cases, notes } = assembler.clone().with_seen(seen.clone()).assemble(all.clone());
    let [case] = &cases[..] else { panic!("{notes:?}") };
    assert_eq!(case.slices[0].contrast_files, ["P/2", "P/9"]);
    // A reader's choice takes precedence.
    let (t1c_uid, _) = seen.iter().find(|(_, contrast)| *contrast == Contrast::Post).expect("T1 after contrast");
    let words = Words { series: vec![(t1c_uid.clone(), Contrast::Other)], ..Words::default() };
    let cases = Assembler::new([], words).with_seen(seen).assemble(all).cases;
    assert_eq!((cases.len(), cases[0].slices[0].contrast_files.len()), (1, 0));

    // Without FLAIR each stays what it is.
    assert_eq!(contrasts_seen(unknown.iter().map(|series| (series, Some(Kind::T1)))), []);
    assert_eq!(contrasts_seen(unknown.iter().map(|series| (series, None))), []);
    // Beside FLAIR by its header, the others are T1 or nothing.
    let known = changed(&files("series"), "P/5", &[]);
    let unknown = assembler.unknown_series(&frames(&[known, t1, t1c].concat()));
    assert!(unknown.len() == 2 && unknown.iter().all(|series| series.beside_flair));
    let seen = contrasts_seen(unknown.iter().zip([Some(Kind::T1), Some(Kind::Flair)]));
    assert_eq!(seen.iter().map(|(_, contrast)| *contrast).collect::<Vec<_>>(), [Contrast::Pre]);
}

#[test]
fn a_series_that_nothing_tells_about_is_flair_if_it_is_used() {
    let unknown = changed(&files("series"), "P/1", &[("AX T2 FLAIR", "series  one")]);
    let study = opened(&unknown);
    let series = study.series();
    assert_eq!((series[0].contrast, series[0].basis, series[0].case), (Contrast::Flair, Basis::None, Some("1")));
}
