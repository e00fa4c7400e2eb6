//! NIfTI volumes, from their files to the results on their own grids. nibabel wrote the files and states what they hold: see
//! `fixtures/nifti/make.py`.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use glioscope::error::{Error, FileFault, Quantity, VolumeFault};
use glioscope::layout::{Assembler, Assembly, AssemblyNote, Words, assemble};
use glioscope::mask::Probability;
use glioscope::network::preprocess::{CaseStatistics, Grid};
use glioscope::read::{self, Channels, Limits, ReadNote, Scan, Slice, Spacing, SpacingSource};
use glioscope::result::findings::Findings;
use glioscope::study::{HEAD, Study};
use glioscope::volume::{PIXEL, Plane};
use glioscope::write::{Bundle, Volume, nifti, seg_nrrd, upright_nifti};
use serde::Deserialize;

#[derive(Deserialize)]
struct Expected {
    affine: [[f64; 4]; 3],
    axes: String,
    last: f64,
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/nifti").join(name)).expect(name)
}

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/nifti");
    let files = fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").path());
    files
        .filter(|path| path.extension().is_some_and(|ending| ["nii", "gz", "hdr"].iter().any(|e| ending == *e)))
        .collect()
}

fn read_as(name: &str, file: &str) -> Vec<Slice> {
    let (bytes, limits) = (fixture(file), Limits::default());
    let read = match file {
        "pair.hdr" => read::join_pair(name, &bytes, &fixture("pair.img"), &limits)
            .and_then(|joined| read::read(name, &joined, &limits)),
        _ => read::read(name, &bytes, &limits),
    };
    read.unwrap_or_else(|error| panic!("{error}"))
}

fn volume(file: &str) -> Vec<Slice> {
    read_as(file, file)
}

fn scan(slices: &[Slice]) -> &Scan {
    slices[0].scan().expect("a slice of a volume")
}

fn fault(file: &str, bytes: &[u8]) -> FileFault {
    match read::read(file, bytes, &Limits::default()) {
        Err(Error::File { fault, .. }) => fault,
        other => panic!("{file}: {other:?}"),
    }
}

/// The sample of the voxel with these stored indices.
fn sample(slices: &[Slice], stored: [usize; 3]) -> u16 {
    let grid = scan(slices);
    let at =
        grid.stored().to(grid.upright()).apply(stored.map(|index| index as f64)).map(|index| index.round() as usize);
    slices[at[2]].value(at[0], at[1], 0).expect("a voxel")
}

#[test]
fn volumes_have_the_geometry_that_nibabel_reads() {
    let expected: BTreeMap<String, Expected> = serde_json::from_slice(&fixture("expected.json")).expect("JSON");
    assert!(expected.len() > 20);
    for (file, Expected { affine, axes, last }) in expected {
        let slices = volume(&file);
        let (scan, first) = (scan(&slices), &slices[0]);
        for (found, expected) in scan.stored().affine().rows().iter().flatten().zip(affine.iter().flatten()) {
            assert!((found - expected).abs() < 1e-4, "{file}: {found}, expected {expected}");
        }
        assert_eq!(scan.orientation(), axes, "{file}");
        let upright = scan.upright();
        assert_eq!([first.width(), first.height(), slices.len()], upright.size(), "{file}");
        assert_eq!(upright.axes().code(), "LPS", "{file}");
        let Some(Spacing { x, y, z: Some(z) }) = first.spacing() else { panic!("{file}: no spacing") };
        assert!([x, y, z].iter().zip(upright.spacing()).all(|(a, b)| (a - b).abs() < 1e-6 * b), "{file}");
        assert_eq!(first.spacing_source(), Some(SpacingSource::Nifti), "{file}");
        // Numbers below 0 and fractions are scaled to 16 bits.
        let scaled = ["kind-i8.nii", "scaled.nii"].contains(&&*file);
        let end = scan.stored().size().map(|length| length - 1);
        assert_eq!(f64::from(sample(&slices, end)), if scaled { 65_535.0 } else { last }, "{file}");
        if scaled {
            assert_eq!(sample(&slices, [0; 3]), 0, "{file}");
        }
    }
}

#[test]
fn the_spacing_has_the_digits_of_single_precision() {
    let spacing = volume("kind-u8.nii")[0].spacing();
    assert_eq!(spacing, Some(Spacing { x: 0.9, y: 0.8, z: Some(5.5) }));
}

#[test]
fn slices_are_upright_with_the_right_of_the_patient_on_the_left() {
    // Index i grows to the left, j to the front, k to the head.
    let slices = volume("kind-u16.nii");
    assert_eq!(slices[3].name(), "kind-u16.nii#4");
    for (z, slice) in slices.iter().enumerate() {
        for (y, x) in (0..5).flat_map(|y| (0..6).map(move |x| (y, x))) {
            assert_eq!(slice.value(x, y, 0), Some((7 * x + 13 * (4 - y) + 29 * z) as u16), "{x} {y} {z}");
        }
    }
}

#[test]
fn what_a_header_leaves_open_is_a_note() {
    for (file, expected) in [
        ("no-unit.nii", Some(ReadNote::NoUnit)),
        ("no-orientation.nii", Some(ReadNote::NoOrientation)),
        ("four-dimensions.nii", Some(ReadNote::FirstVolume { count: 3 })),
        ("coronal.nii", Some(ReadNote::Resliced { plane: Plane::Coronal })),
        ("sagittal.nii", Some(ReadNote::Resliced { plane: Plane::Sagittal })),
        ("oblique-sform.nii", None),
    ] {
        assert_eq!(volume(file)[0].notes().first().copied(), expected, "{file}");
    }
}

#[test]
fn kinds_that_are_not_read_are_named() {
    let message = |file: &str| fault(file, &fixture(file)).to_string();
    assert!(message("refused-complex.nii").contains("complex numbers"));
    assert!(message("refused-colours.nii").contains("colours"));
    assert!(matches!(fault("a.hdr", &fixture("refused-analyze.hdr")), FileFault::Analyze));
    assert!(matches!(fault("a.hdr", &fixture("pair.hdr")), FileFault::NoVoxels));
    let thick = fault("a.nii", &fixture("refused-coronal-thick.nii"));
    assert!(matches!(thick, FileFault::Plane { plane: "coronal", pixel: [1.0, 5.0], .. }), "{thick}");
    // Voxel 2, 3, 1 is in row 1 of the second slice.
    let refused = read::read("a.nii", &fixture("refused-not-finite.nii"), &Limits::default()).expect_err("not finite");
    let Error::File { file, fault: FileFault::NotFinite { count: 1, x: 2, y: 1, .. } } = &refused else {
        panic!("{refused}")
    };
    assert_eq!(file, "a.nii#2");
    let refused = read::join_pair("a.nii", &fixture("kind-u8.nii"), b"", &Limits::default());
    assert!(matches!(refused, Err(Error::File { fault: FileFault::UnexpectedVoxels, .. })));
}

#[test]
fn a_file_that_is_cut_off_is_an_error() {
    for path in fixtures() {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let bytes = fs::read(&path).expect("a fixture");
        // The numbers of the first volume are enough, and checksums are not needed.
        let needed = if name.starts_with("four") { bytes.len() - 2 * 240 } else { bytes.len() - 12 };
        for length in 0..needed {
            assert!(read::read(&name, &bytes[..length], &Limits::default()).is_err(), "{name}: {length} bytes");
        }
    }
    let cut = &fixture("kind-i16.nii")[..500];
    assert!(matches!(fault("a.nii", cut), FileFault::Truncated { needed: 592, found: 500, .. }));
}

/// A header with other values of `dim`, compressed, without a voxel.
fn claims(dim: [i16; 4]) -> Vec<u8> {
    let mut bytes = fixture("kind-i16.nii");
    for (at, length) in dim.iter().enumerate() {
        bytes[40 + 2 * at..42 + 2 * at].copy_from_slice(&length.to_le_bytes());
    }
    gzip(&bytes[..352])
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

#[test]
fn sizes_are_judged_by_the_header() {
    let what = |dim: [i16; 4]| match fault("a.nii.gz", &claims(dim)) {
        FileFault::OverLimit { what, .. } => Some(what),
        _ => None,
    };
    assert_eq!(what([3, 30_000, 30_000, 30_000]), Some(Quantity::Samples));
    assert_eq!(what([3, 8_192, 4_096, 1]), Some(Quantity::Pixels));
    assert_eq!(what([3, 1, 1, 2_000]), Some(Quantity::Slices));
    assert_eq!(what([3, 6, 5, 4]), None);
    for dim in [[0, 6, 5, 4], [8, 6, 5, 4], [3, 0, 5, 4], [3, 6, -5, 4]] {
        assert!(matches!(fault("a.nii", &claims(dim)), FileFault::HeaderValue { .. }), "{dim:?}");
    }
    // The rest of a file that decompresses to 64 MiB is not looked at.
    let bomb = gzip(&[fixture("kind-i16.nii"), vec![0; 1 << 26]].concat());
    let limits = Limits { bytes: 1 << 20, samples: 1_000, ..Limits::default() };
    assert_eq!(read::read("a.nii.gz", &bomb, &limits).expect("a small volume").len(), 4);
}

/// Assembles files under other names.
fn assembly(files: &[(&str, &str)]) -> Assembly {
    assemble(files.iter().flat_map(|(name, file)| read_as(name, file)).collect())
}

#[test]
fn contrasts_and_references_of_volumes_are_found_by_their_names() {
    for [flair, t1, t1c, reference, name] in [
        ["B/B_flair.nii.gz", "B/B_t1.nii.gz", "B/B_t1ce.nii.gz", "B/B_seg.nii.gz", "B"],
        ["D/imagesTr/P_0000.nii", "D/imagesTr/P_0001.nii", "D/imagesTr/P_0002.nii", "D/labelsTr/P.nii", "D"],
        ["p/flair.nii", "p/t1.nii", "p/t1gd.nii", "p/seg.nii", "p"],
        ["p/7_AX_T2_FLAIR.nii", "p/5_AX_T1_SE.nii", "p/9_AX_T1_SE_POST.nii", "p/7_AX_T2_FLAIR_seg.nii", "p"],
    ] {
        let mut words = Words::default();
        if flair.starts_with('D') {
            words.add_dataset(br#"{"channel_names": {"0": "FLAIR", "1": "T1", "2": "T1gd"}}"#);
        }
        let names = [(flair, "kind-u8.nii"), (t1, "kind-i16.nii"), (t1c, "kind-f32.nii"), (reference, "kind-i8.nii")];
        let slices: Vec<Slice> = names.iter().flat_map(|(name, file)| read_as(name, file)).collect();
        let places: Vec<String> = names.iter().map(|(name, _)| words.common_place(name)).collect();
        assert!(places.iter().all(|place| *place == places[0]), "{places:?}");
        let Assembly { cases, notes } = Assembler::new(names.iter().map(|(name, _)| *name), words).assemble(slices);
        let [case] = &cases[..] else { panic!("{flair}: {cases:?} {notes:?}") };
        assert!(notes.is_empty(), "{flair}: {notes:?}");
        assert!(case.name.contains(name), "{}", case.name);
        assert_eq!(case.slices.len(), 4);
        for entry in &case.slices {
            assert_eq!(entry.slice.channels(), Channels::Rgb, "{flair}");
            assert_eq!(entry.contrast_files, [t1, t1c]);
            assert_eq!(entry.reference_file.as_deref(), Some(reference));
            assert!(entry.slice.name().starts_with(flair));
        }
    }
}

#[test]
fn a_volume_is_a_case_of_its_own_and_flair_is_enough() {
    let found = assembly(&[("all/a_1.nii", "kind-u8.nii"), ("all/a_2.nii", "kind-i16.nii")]);
    let names: Vec<&str> = found.cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names, ["all/a_1", "all/a_2"]);
    let found =
        assembly(&[("flair.nii.gz", "compressed.nii.gz"), ("t2.nii", "kind-u8.nii"), ("adc.nii", "kind-u16.nii")]);
    assert_eq!(found.cases.len(), 1);
    assert_eq!((found.cases[0].name.as_str(), found.cases[0].slices[0].slice.channels()), ("flair", Channels::Grey));
    let unused = found.notes.iter().filter(|note| matches!(note, AssemblyNote::Unused { .. })).count();
    assert_eq!((unused, found.notes.len()), (2, 2), "{:?}", found.notes);
}

#[test]
fn other_grids_are_resampled_and_those_that_show_something_else_are_not_used() {
    let found =
        assembly(&[("p/flair.nii", "kind-i16.nii"), ("p/t1.nii", "shifted.nii"), ("p/t1ce.nii", "kind-u8.nii")]);
    let [AssemblyNote::Resampled { name, onto, .. }] = &found.notes[..] else { panic!("{:?}", found.notes) };
    assert_eq!([name.as_str(), onto], ["p/t1.nii", "p/flair.nii"]);
    let slice = &found.cases[0].slices[1].slice;
    let (flair, t1) = (volume("kind-i16.nii"), volume("shifted.nii"));
    let map = scan(&flair).upright().to(scan(&t1).upright());
    for (x, y) in (0..6).flat_map(|x| (0..5).map(move |y| (x, y))) {
        assert_eq!(slice.value(x, y, 1), flair[1].value(x, y, 0));
        assert_eq!(slice.value(x, y, 2), flair[1].value(x, y, 0));
        let value = |[x, y, z]: [usize; 3]| f32::from(t1[z].value(x, y, 0).unwrap_or_default());
        let at = map.apply([x as f64, y as f64, 1.0]);
        let expected = glioscope::volume::trilinear([6, 5, 4], at, value).unwrap_or(0.0).round();
        assert_eq!(slice.value(x, y, 0), Some(expected as u16), "{x} {y}");
    }
    let found =
        assembly(&[("p/flair.nii", "kind-i16.nii"), ("p/t1.nii", "coronal.nii"), ("p/t1ce.nii", "kind-u8.nii")]);
    assert!(matches!(&found.notes[..], [AssemblyNote::Apart { .. }]), "{:?}", found.notes);
    assert_eq!(found.cases[0].slices[0].slice.channels(), Channels::Grey);
}

#[test]
fn a_volume_of_labels_without_a_word_for_it_is_not_segmented() {
    let mut labels = fixture("kind-u8.nii");
    labels[352..].iter_mut().for_each(|value| *value /= 60);
    let read = |name: &str| read::read(name, &labels, &Limits::default()).expect("labels");
    let found = assemble(read("p/brain.nii"));
    assert!(found.cases.is_empty() && matches!(&found.notes[..], [AssemblyNote::Labels { .. }]), "{:?}", found.notes);
    let found = assemble([read_as("p/scan.nii", "kind-u8.nii"), read("p/scan_seg.nii")].concat());
    let areas: Vec<usize> =
        found.cases[0].slices.iter().filter_map(|s| s.reference.as_ref()).map(|m| m.area()).collect();
    let inside = labels[352..].chunks(30).map(|slice| slice.iter().filter(|value| **value > 0).count());
    assert_eq!(areas, inside.collect::<Vec<usize>>());
}

#[test]
fn a_volume_in_two_files_is_read_from_a_zip() {
    let files = ["pair.hdr", "pair.img"].map(|name| (format!("P/{name}"), fixture(name)));
    let mut study = Study::default();
    let added = study.add_file("a.zip", &glioscope::write::zip(&files)).expect("a zip");
    assert_eq!((added.slices, added.refused.len(), added.passed_over.len()), (4, 0, 0), "{added:?}");
    let header = &files[..1];
    let added = Study::default().add_file("a.zip", &glioscope::write::zip(header)).expect("a zip");
    assert_eq!((added.slices, added.refused.len()), (0, 1), "{added:?}");
}

#[test]
fn a_study_takes_volumes_as_it_takes_slices() {
    let mut study = Study::default();
    for (name, file) in [("P/P_flair.nii.gz", "compressed.nii.gz"), ("P/P_seg.nii.gz", "version-2.nii.gz")] {
        let bytes = fixture(file);
        Study::admit(name, bytes.len() as u64, &bytes[..HEAD.min(bytes.len())]).expect("a volume");
        study.add_file(name, &bytes).expect("a volume");
    }
    let other = Study::admit("a.tar.gz", 1 << 20, &gzip(b"a text that is no volume"));
    assert!(matches!(other, Ok(Some(_))), "it is passed over: {other:?}");
    study.assemble();
    let case = study.cases().next().expect("a case").case();
    assert_eq!((study.cases().len(), case.name.as_str(), case.slices.len()), (1, "P", 4));
    // The same files in another order are the same case.
    let members = study.cases().next().map(|findings| findings.case().id());
    study.add_file("P/P_flair.nii.gz", &fixture("compressed.nii.gz")).expect("a known file");
    study.assemble();
    assert_eq!(study.cases().next().map(|findings| findings.case().id()), members);
}

/// The findings on a volume, each pixel of which has its value as its probability.
fn findings(slices: Vec<Slice>) -> Findings {
    let mut case = assemble(slices).cases;
    let mut findings = Findings::new(case.remove(0));
    for index in 0..findings.case().slices.len() {
        let slice = &findings.case().slices[index].slice;
        let values = slice.samples().iter().map(|value| value.wrapping_mul(300)).collect();
        let map = Probability::new(slice.width(), slice.height(), values);
        findings.keep(index, map);
    }
    findings
}

#[test]
fn results_have_the_header_of_their_volume() {
    for file in [
        "kind-u8.nii",
        "four-dimensions.nii",
        "oblique-qform.nii",
        "version-2-big-endian.nii",
        "metres.nii",
        "sagittal.nii",
    ] {
        let slices = volume(file);
        let findings = findings(slices.clone());
        let bytes = nifti(&findings, Volume::Probability, 0.5, None).expect("a volume");
        let input = fixture(file);
        // pixdim, units, and both forms of the affine.
        let fields = if file.starts_with("version-2") {
            vec![104..168, 344..496, 500..504]
        } else {
            vec![76..108, 123..124, 252..328]
        };
        for field in fields {
            assert_eq!(bytes[field.clone()], input[field.clone()], "{file}: {field:?}");
        }
        let again = read::read("a.nii", &bytes, &Limits::default()).expect("a volume");
        assert_eq!(scan(&again).stored(), scan(&slices).stored(), "{file}");
        let end = scan(&slices).stored().size().map(|length| length - 1);
        // 0 to 174 times 300 in 65535ths, scaled so that the highest is 65535.
        assert_eq!((sample(&again, [0; 3]), sample(&again, end)), (0, 65_535), "{file}");
        let middle = [1, 2, 3].map(|index: usize| index.min(end[index - 1]));
        let expected = f64::from(sample(&slices, middle)) / f64::from(sample(&slices, end)) * 65_535.0;
        assert!((f64::from(sample(&again, middle)) - expected).abs() < 1.0, "{file}");
    }
}

/// The fields of a NRRD file and its voxels.
fn nrrd(bytes: &[u8]) -> (BTreeMap<String, String>, Vec<u8>) {
    let end = bytes.windows(2).position(|pair| pair == b"\n\n").expect("an empty line after the header");
    let header = std::str::from_utf8(&bytes[..end]).expect("UTF-8");
    let lines = header.lines().filter(|line| !line.starts_with('#'));
    let pair =
        |line: &str| line.split_once(":=").or_else(|| line.split_once(": ")).map(|(a, b)| (a.to_owned(), b.to_owned()));
    let mut voxels = Vec::new();
    GzDecoder::new(&bytes[end + 2..]).read_to_end(&mut voxels).expect("gzip");
    (lines.filter_map(pair).collect(), voxels)
}

#[test]
fn a_segmentation_for_slicer_has_the_voxels_and_the_geometry_of_the_volume() {
    let expected: BTreeMap<String, Expected> = serde_json::from_slice(&fixture("expected.json")).expect("JSON");
    for (file, Expected { affine, .. }) in expected {
        let slices = volume(&file);
        let size = scan(&slices).stored().size();
        let findings = findings(slices);
        let bytes = seg_nrrd(&findings, 0.5).expect("a volume");
        assert!(bytes.starts_with(b"NRRD0004\n"));
        let (fields, voxels) = nrrd(&bytes);
        let mask = nifti(&findings, Volume::Mask, 0.5, None).expect("a volume");
        assert_eq!(voxels, mask[mask.len() - voxels.len()..], "{file}");
        assert_eq!(voxels.len(), size.iter().product::<usize>(), "{file}");
        assert_eq!(fields["sizes"], size.map(|length| length.to_string()).join(" "), "{file}");
        assert_eq!(fields["space"], "left-posterior-superior");
        let vectors = format!("{} {}", fields["space directions"], fields["space origin"]);
        let numbers: Vec<f64> = vectors
            .split(|c: char| "(), ".contains(c))
            .filter(|number| !number.is_empty())
            .map(|number| number.parse().expect("a number"))
            .collect();
        for (axis, vector) in numbers.chunks(3).enumerate() {
            for (row, sign) in [-1.0, -1.0, 1.0].into_iter().enumerate() {
                let wrong = (vector[row] * sign - affine[row][axis]).abs();
                assert!(wrong < 1e-4, "{file}: {vector:?} of axis {axis} is not that of {affine:?}");
            }
        }
        let inside = |axis: usize| {
            let strides = [1, size[0], size[0] * size[1]];
            let index = |at: usize| at / strides[axis] % size[axis];
            (0..voxels.len()).filter(|&at| voxels[at] > 0).map(index).collect::<Vec<_>>()
        };
        let extent = [0, 1, 2].map(|axis| match (inside(axis).iter().min(), inside(axis).iter().max()) {
            (Some(first), Some(last)) => format!("{first} {last}"),
            _ => "0 -1".to_owned(),
        });
        assert_eq!(fields["Segment0_Extent"], extent.join(" "), "{file}");
        for (key, value) in [
            ("type", "unsigned char"),
            ("encoding", "gzip"),
            ("Segment0_ID", "glioma"),
            ("Segment0_Name", "Glioma"),
            ("Segment0_Color", "1 0.6901961 0"),
            ("Segment0_LabelValue", "1"),
            ("Segment0_Layer", "0"),
        ] {
            assert_eq!(fields[key], value, "{file}: {key}");
        }
        assert!(fields["Segment0_Tags"].contains("~SCT^108369006^Neoplasm~SCT^115240006^Glioma~"), "{file}");
    }
}

/// The files that `fixtures/segmentation/check.py` compares.
#[test]
fn segmentations_are_written_for_other_programs_on_request() {
    let Some(folder) = std::env::var_os("GLIOSCOPE_SEGMENTATIONS").map(PathBuf::from) else { return };
    let expected: BTreeMap<String, Expected> = serde_json::from_slice(&fixture("expected.json")).expect("JSON");
    for file in expected.keys() {
        let findings = findings(volume(file));
        let mask = nifti(&findings, Volume::Mask, 0.5, None).expect("a volume");
        fs::write(folder.join(format!("{file}.mask.nii")), mask).expect("a file");
        fs::write(folder.join(format!("{file}.seg.nrrd")), seg_nrrd(&findings, 0.5).expect("a volume"))
            .expect("a file");
    }
}

#[test]
fn slices_without_an_orientation_are_no_segmentation() {
    let slice = Slice::new("a.tif", 2, 1, Channels::Grey, read::Samples::U8(vec![1, 2])).expect("valid");
    let findings = findings(vec![slice]);
    let refused = seg_nrrd(&findings, 0.5);
    assert!(matches!(refused, Err(Error::Volume { fault: VolumeFault::Orientation, .. })), "{refused:?}");
}

#[test]
fn upright_volumes_have_the_slices_as_they_are_shown() {
    for file in ["big-endian.nii", "coronal.nii", "version-2-big-endian.nii"] {
        let slices = volume(file);
        let upright = *scan(&slices).upright();
        let shown: Vec<u16> = slices.iter().flat_map(|slice| slice.samples().iter()).collect();
        let findings = Findings::new(assemble(slices).cases.remove(0));
        let bytes = upright_nifti(&findings, Volume::Flair, 0.5, None).expect("a volume");
        let short = |at: usize| i16::from_le_bytes([bytes[at], bytes[at + 1]]);
        assert_eq!((&bytes[..4], short(70)), (&348i32.to_le_bytes()[..], 512), "{file}");
        assert_eq!([42, 44, 46].map(|at| short(at) as usize), upright.size(), "{file}");
        let spacing = [80, 84, 88].map(|at| f32::from_le_bytes([0, 1, 2, 3].map(|byte| bytes[at + byte])));
        assert_eq!(spacing, upright.spacing().map(|length| length as f32), "{file}");
        let values: Vec<u16> = bytes[352..].as_chunks().0.iter().map(|&pair| u16::from_le_bytes(pair)).collect();
        assert_eq!(values, shown, "{file}");
    }
}

#[test]
fn volumes_have_millilitres_and_no_tiff_files() {
    let slices = volume("kind-u8.nii");
    let findings = findings(slices);
    let measure = findings.measure(0.0, None);
    assert_eq!(measure.voxels, 120);
    assert!((measure.millilitres.expect("a header with millimetres") - 120.0 * 0.9 * 0.8 * 5.5 / 1000.0).abs() < 1e-6);
    assert!((measure.slices[0].mm2.expect("a pixel size") - 30.0 * 0.9 * 0.8).abs() < 1e-4);
    let manifest = include_bytes!("../www/model/model.json");
    let manifest = glioscope::network::Manifest::from_json(manifest).expect("the shipped model.json");
    let backend = "cpu".to_owned();
    let origin = glioscope::write::Origin { manifest, card: None, backend, threshold: 0.5, rules: None };
    let files = Bundle::new(origin).case_files(&findings, None);
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["kind-u8/mask.nii.gz", "kind-u8/probability.nii.gz", "kind-u8/mask.seg.nrrd"]);
}

/// The volume of `kind-u8.nii` with its axes in another order: axis `order[n]` of the file becomes axis n, and is reversed if bit n
/// of `flips` is set.
fn reordered(order: [usize; 3], flips: usize) -> Vec<u8> {
    let file = fixture("kind-u8.nii");
    let old = scan(&volume("kind-u8.nii")).stored().to_owned();
    let mut bytes = file[..352].to_vec();
    let size = order.map(|axis| old.size()[axis]);
    let place = |new: [usize; 3]| {
        let mut stored = [0; 3];
        for axis in 0..3 {
            stored[order[axis]] = if flips >> axis & 1 == 1 { size[axis] - 1 - new[axis] } else { new[axis] };
        }
        stored
    };
    for (axis, length) in size.iter().enumerate() {
        bytes[42 + 2 * axis..44 + 2 * axis].copy_from_slice(&(*length as i16).to_le_bytes());
    }
    let origin = old.affine().apply(place([0; 3]).map(|index| index as f64));
    for row in 0..3 {
        for axis in 0..3 {
            let step = old.affine().rows()[row][order[axis]] * if flips >> axis & 1 == 1 { -1.0 } else { 1.0 };
            bytes[280 + 16 * row + 4 * axis..][..4].copy_from_slice(&(step as f32).to_le_bytes());
        }
        bytes[292 + 16 * row..][..4].copy_from_slice(&(origin[row] as f32).to_le_bytes());
    }
    for at in 0..size.iter().product() {
        let [x, y, z] = place([at % size[0], at / size[0] % size[1], at / size[0] / size[1]]);
        bytes.push(file[352 + x + 6 * (y + 5 * z)]);
    }
    bytes
}

#[test]
fn the_order_and_direction_of_the_stored_axes_make_no_difference() {
    let straight = volume("kind-u8.nii");
    let statistics = CaseStatistics::of(&straight);
    let own = |slice: &Slice| (slice.samples().clone(), statistics.normalise(slice, 32));
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        for flips in 0..8 {
            let bytes = reordered(order, flips);
            let slices = read::read("a.nii", &bytes, &Limits::default()).expect("a volume");
            // The network sees the same, so its masks are the same.
            assert_eq!(CaseStatistics::of(&slices), statistics);
            for (slice, expected) in slices.iter().zip(&straight) {
                assert!(own(slice) == own(expected), "{order:?} {flips}");
            }
            let (found, expected) = (scan(&slices), scan(&straight));
            assert!(found.upright().is_same(expected.upright()), "{order:?} {flips}");
            assert_eq!(found.plane(), Plane::Axial, "{order:?} {flips}");
            // And the results are written in the order of the file.
            let written = nifti(&findings(slices.clone()), Volume::Flair, 0.5, None).expect("a volume");
            assert_eq!(written[352..], bytes[352..].iter().flat_map(|value| [*value, 0]).collect::<Vec<u8>>());
            assert_eq!((&written[40..56], &written[280..328]), (&bytes[40..56], &bytes[280..328]));
        }
    }
}

#[test]
fn the_network_sees_volumes_at_the_pixel_size_of_the_training_data() {
    let slices = volume("kind-u8.nii");
    let grid = Grid::of(&slices[0], 16);
    let placed = grid.place(&slices[0]);
    // 6 x 5 pixels of 0.9 x 0.8 mm.
    let inside = |values: &[f32]| values.iter().filter(|value| **value > 0.0).count();
    let covered = |length: f64| (0..16).filter(|at| (f64::from(*at) - 7.5).abs() < length / PIXEL / 2.0).count();
    assert_eq!(inside(&placed[..256]), covered(6.0 * 0.9) * covered(5.0 * 0.8));
    let back = grid.restore(&vec![1.0; 256]);
    assert!(back.iter().all(|value| (value - 1.0).abs() < 1e-6));
}
