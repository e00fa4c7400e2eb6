//! The study: zips, cases that grow, ids, and saved sessions.
#![cfg(not(target_arch = "wasm32"))]

use std::fs;
use std::io::{Cursor, Write as _};
use std::path::Path;

use glioscope::error::{Error, FileFault, UsageFault};
use glioscope::layout::{CaseId, CaseSlice, Contrast, Litter, Words};
use glioscope::mask::{Mask, Probability};
use glioscope::network::manifest::Manifest;
use glioscope::phantom::Sample;
use glioscope::read::zip::{ZipLimits, unpack};
use glioscope::read::{Channels, Samples, Slice, Spacing};
use glioscope::result::findings::Findings;
use glioscope::result::lines::Lines;
use glioscope::study::{HEAD, Inspection, Settings, Study, Unused, View};
use glioscope::write::{Bundle, NamedFile, Origin, mask_tiff, slice_tiff};
use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const MODEL: &str = "5eed";

fn unused(file: &str, reason: &str) -> Unused {
    Unused { file: file.to_owned(), reason: reason.to_owned() }
}

// ---- inspection ----------------------------------------------------------------------------------------------------

/// A study with these files, assembled.
fn opened(files: &[(&str, &[u8])]) -> Study {
    let mut study = Study::default();
    for (name, bytes) in files {
        // A file that is refused is in the inspection.
        let _ = study.add_file(name, bytes);
    }
    study.assemble();
    study
}

/// The slices of each case with their contrasts and references.
fn reading(inspection: &Inspection) -> Vec<String> {
    let cases = inspection.cases.iter().map(|case| {
        let slices = case.slices.iter().map(|slice| {
            let reference = slice.reference.as_deref().map_or_else(String::new, |name| format!(" with {name}"));
            format!("{} {}{reference}", slice.file, slice.contrasts.len())
        });
        format!("{}: {}", case.name, slices.collect::<Vec<_>>().join(", "))
    });
    cases.collect()
}

#[test]
fn a_folder_and_its_zip_are_read_alike_and_names_are_relative_to_the_folder() {
    let mask = mask_tiff(&dot(3));
    let own = tiff(1);
    let files: [(&str, &[u8]); 8] = [
        ("images/1.tif", &own),
        ("masks/1.tif", &mask),
        ("2.tif", &own),
        ("2_seg.tif", &mask),
        ("README.md", b"text"),
        ("._2.tif", b"junk"),
        ("raw.xyz", b"junk"),
        ("broken.tif", b"junk"),
    ];
    let folder: Vec<(String, &[u8])> = files.iter().map(|&(name, bytes)| (format!("set/{name}"), bytes)).collect();
    let folder: Vec<(&str, &[u8])> = folder.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    let inspection = opened(&folder).inspect();
    assert_eq!(reading(&inspection), ["set: 2.tif 1 with 2_seg.tif", "set/images: images/1.tif 1 with masks/1.tif"]);
    assert_eq!(inspection.cases[0].slices[0].reference_pixels, Some(1));
    let passed_over =
        [unused("._2.tif", "system file"), unused("README.md", "text"), unused("raw.xyz", "not an image")];
    assert_eq!(inspection.passed_over, passed_over);
    let refused = "not an image: expected the first bytes of a TIFF, PNG, NIfTI or DICOM file, found [6a, 75, 6e, 6b]";
    assert_eq!(inspection.refused, [unused("broken.tif", refused)]);

    let zip = opened(&[("set.zip", &zipped(&files))]).inspect();
    assert_eq!(zip, inspection);
}

#[test]
fn a_header_without_its_voxels_is_refused_and_names_the_file_that_is_needed() {
    let files = ["pair.hdr", "pair.img"].map(|name| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/nifti").join(name);
        (name, fs::read(path).expect("a fixture"))
    });
    let files = files.each_ref().map(|(name, bytes)| (*name, bytes.as_slice()));
    assert_eq!(opened(&[("set.zip", &zipped(&files))]).inspect().cases.len(), 1);
    let inspection = opened(&[("set.zip", &zipped(&files[..1]))]).inspect();
    assert_eq!(inspection.cases.len(), 0);
    let [refused] = &inspection.refused[..] else { unreachable!("{:?}", inspection.refused) };
    assert!(refused.file == "pair.hdr" && refused.reason.contains(".img"), "{refused:?}");
}

#[test]
fn a_dataset_json_states_the_channels_also_in_a_session() {
    let json = br#"{"channel_names": {"0": "FLAIR", "1": "T1", "2": "T1ce"}}"#;
    let own = tiff(1);
    let channels = ["0000", "0001", "0002"].map(|digits| format!("set/P_1_{digits}.tif"));
    let [first, second, third] = channels.each_ref().map(|name| (name.as_str(), own.as_slice()));
    let mut study = opened(&[first, second, third, ("set/dataset.json", json)]);
    let inspection = study.inspect();
    assert_eq!(reading(&inspection), ["set: P_1_0000.tif 3"]);
    assert_eq!((inspection.notes.len(), study.questions().len()), (0, 0));
    assert_eq!(inspection.passed_over, [unused("dataset.json", "JSON")]);
    let bytes = saved(&study, MODEL, &Settings::default());
    study.open(&bytes, MODEL).expect("a session");
    study.assemble();
    assert_eq!(reading(&study.inspect()), reading(&inspection));
}

#[test]
fn a_number_that_may_be_a_channel_is_a_question_and_the_answer_is_saved() {
    let own = tiff(1);
    let names: Vec<String> = ["1", "2"]
        .iter()
        .flat_map(|slice| (0..3).map(move |channel| format!("set/P_{slice}_000{channel}.tif")))
        .collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), own.as_slice())).collect();
    let mut study = opened(&files);
    let questions = study.questions();
    let [question] = &questions[..] else { unreachable!("{questions:?}") };
    assert_eq!(question.text, "The number at the end of set/P_1_0000.tif can be a channel or a slice.");
    let told: Vec<(bool, usize, &str)> =
        question.readings.iter().map(|reading| (reading.chosen, reading.slices, reading.text.as_str())).collect();
    assert_eq!(
        told,
        [
            (true, 2, "Channels: 0000 pre-contrast T1, 0001 FLAIR, 0002 post-contrast T1"),
            (false, 2, "Channels: 0000 FLAIR, 0001 pre-contrast T1, 0002 post-contrast T1"),
            (false, 2, "Channels: 0000 pre-contrast T1, 0001 post-contrast T1, 0002 FLAIR"),
            (false, 6, "Slices: every file is a slice with FLAIR alone"),
        ]
    );
    assert_eq!(reading(&study.inspect()), ["set: P_1_0001.tif 3, P_2_0001.tif 3"]);

    study.answer(vec![question.readings[2].words.clone()]);
    study.assemble();
    assert_eq!(reading(&study.inspect()), ["set: P_1_0002.tif 3, P_2_0002.tif 3"]);
    assert!(study.questions()[0].readings[2].chosen);
    let bytes = saved(&study, MODEL, &Settings::default());
    let mut other = Study::default();
    other.open(&bytes, MODEL).expect("a session");
    other.assemble();
    assert_eq!(reading(&other.inspect()), reading(&study.inspect()));

    study.answer(vec![question.readings[3].words.clone()]);
    study.assemble();
    assert_eq!(study.cases().map(|case| case.case().slices.len()).sum::<usize>(), 6);
    // The usual reading again.
    study.answer(vec![question.readings[0].words.clone()]);
    study.assemble();
    assert_eq!(reading(&study.inspect()), ["set: P_1_0001.tif 3, P_2_0001.tif 3"]);
    study.clear();
    study.answer(vec![Words { contrasts: vec![("0000".to_owned(), Contrast::Flair)], ..Words::default() }]);
    study.clear();
    assert!(study.inspect() == Inspection::default() && study.questions().is_empty());
}

#[test]
fn masks_without_any_slice_are_a_question() {
    let own = tiff(1);
    let mut study = opened(&[("set/seg_1.tif", &own), ("set/seg_2.tif", &own), ("set/a_1.tif", &own)]);
    assert_eq!(reading(&study.inspect()), ["set: a_1.tif 1"]);
    let questions = study.questions();
    let [question] = &questions[..] else { unreachable!("{questions:?}") };
    assert_eq!(question.text, "“seg” marks reference masks, but set/seg_1.tif and 1 more file belong to no slice.");
    assert_eq!(question.readings.iter().map(|reading| reading.slices).collect::<Vec<_>>(), [1, 3]);
    study.answer(vec![question.readings[1].words.clone()]);
    study.assemble();
    assert_eq!(reading(&study.inspect()), ["set/a: a_1.tif 1", "set/seg: seg_1.tif 1, seg_2.tif 1"]);
    // Where some masks belong to slices, the others are a note.
    assert!(opened(&[("a_1.tif", &own), ("a_1_seg.tif", &own), ("a_2_seg.tif", &own)]).questions().is_empty());
}

// ---- zips ----------------------------------------------------------------------------------------------------------

#[test]
fn a_zip_is_like_the_folder_in_it() {
    let mut study = Study::default();
    let bytes = zipped(&[
        ("P/", b""),
        ("P/P_2.tif", &tiff(2)),
        ("P/P_1.tif", &tiff(1)),
        ("P/P_1_mask.tif", &mask_tiff(&Mask::empty(4, 3))),
        ("__MACOSX/P/._P_1.tif", b"junk"),
        ("P/.DS_Store", b"junk"),
        ("P/Thumbs.db", b"junk"),
    ]);
    let added = study.add_file("dropped/scan.zip", &bytes).expect("a zip");
    assert_eq!((added.file.as_str(), added.slices), ("dropped/scan.zip", 3));
    let passed_over: Vec<&str> = added.passed_over.iter().map(|unused| unused.file.as_str()).collect();
    assert_eq!(passed_over, ["dropped/__MACOSX/P/._P_1.tif", "dropped/P/.DS_Store", "dropped/P/Thumbs.db"]);
    assert!(added.passed_over.iter().all(|unused| unused.reason == "system file"));
    assert!(study.assemble().is_empty());
    assert_eq!(names(&study), ["P: dropped/P/P_1.tif dropped/P/P_2.tif"]);
    assert!(study.case("dropped/P/P").is_ok_and(|case| case.case().slices[0].reference.is_some()));
}

#[test]
fn hidden_folders_and_documents_in_a_zip_are_passed_over() {
    let mut study = Study::default();
    let bytes = zipped(&[
        ("P/1.tif", &tiff(1)),
        ("P/.ipynb_checkpoints/1-checkpoint.tif", &tiff(1)),
        ("P/@eaDir/1.tif/SYNOPHOTO_THUMB_M.jpg", b"\xff\xd8\xff"),
        ("P/paper.docx", b"PK\x03\x04"),
        ("P/model.pt", b"PK\x03\x04"),
        ("P/more.zip", b"PK\x03\x04"),
        ("P/volume.nrrd", b"NRRD0004"),
    ]);
    let added = study.add_file("scan.zip", &bytes).expect("a zip");
    let passed_over: Vec<&str> = added.passed_over.iter().map(|unused| unused.file.as_str()).collect();
    assert_eq!(
        passed_over,
        ["P/.ipynb_checkpoints/1-checkpoint.tif", "P/@eaDir/1.tif/SYNOPHOTO_THUMB_M.jpg", "P/model.pt", "P/paper.docx"]
    );
    let refused: Vec<&str> = added.refused.iter().map(|unused| unused.file.as_str()).collect();
    assert_eq!(refused, ["P/more.zip", "P/volume.nrrd"]);
    study.assemble();
    assert_eq!(names(&study), ["P: P/1.tif"]);
}

#[test]
fn files_without_a_folder_get_one_with_the_name_of_the_zip() {
    let mut study = Study::default();
    for name in ["a.zip", "b.ZIP"] {
        study.add_file(name, &zipped(&[("1.tif", &tiff(1)), ("2.tif", &tiff(2))])).expect("a zip");
    }
    study.assemble();
    assert_eq!(names(&study), ["a: a/1.tif a/2.tif", "b: b/1.tif b/2.tif"]);
}

#[test]
fn of_entries_with_one_name_the_last_is_read_and_the_others_are_noted() {
    // The writer refuses such a zip, so one name is replaced by another of the same length.
    let mut bytes = zipped(&[("P/1.tif", &tiff(1)), ("P/2.tif", &tiff(2)), ("P/3.tif", &tiff(3))]);
    let places: Vec<usize> = (0..bytes.len() - 7).filter(|&at| bytes[at..].starts_with(b"P/1.tif")).collect();
    assert_eq!(places.len(), 2);
    places.iter().for_each(|&at| bytes[at..at + 7].copy_from_slice(b"P/3.tif"));
    let mut study = Study::default();
    let added = study.add_file("scan.zip", &bytes).expect("a zip");
    assert_eq!(
        added.refused,
        [unused("P/3.tif", "the zip has several files with this name: only the last one is read")]
    );
    study.assemble();
    assert_eq!(names(&study), ["P: P/2.tif P/3.tif"]);
    assert_eq!(study.case("P/").expect("a case").case().slices[1].slice.samples().get(0), Some(3 * 17));
}

#[test]
fn a_zip_that_claims_a_thousand_million_entries_costs_nothing() {
    let mut bytes = zipped(&[("P/1.tif", &tiff(1))]);
    // An end of the directory in 64 bits and its position, before an end in 32 bits that refers to it.
    let end = bytes.len() - 22;
    let directory = u32::from_le_bytes(bytes[end + 16..end + 20].try_into().expect("four bytes"));
    let mut long = b"PK\x06\x06".to_vec();
    long.extend(44_u64.to_le_bytes());
    long.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for number in [1 << 30, 1 << 30, (end as u64) - u64::from(directory), directory.into()] {
        long.extend(u64::to_le_bytes(number));
    }
    long.extend(b"PK\x06\x07\0\0\0\0");
    long.extend((end as u64).to_le_bytes());
    long.extend(1_u32.to_le_bytes());
    bytes[end + 8..end + 20].fill(0xff);
    bytes.splice(end..end, long);
    let error = unpack("scan.zip", &bytes, &ZipLimits::default()).expect_err("too many");
    assert_eq!(error.to_string(), "scan.zip: over the limit: 1073741824 entries, at most 32768 are allowed");
}

#[test]
fn a_name_longer_than_any_path_is_refused() {
    let long = format!("P/{}.tif", "a".repeat(5000));
    let mut study = Study::default();
    let added = study.add_file("scan.zip", &zipped(&[(&long, &tiff(1)), ("P/1.tif", &tiff(1))])).expect("a zip");
    assert_eq!(added.slices, 1);
    assert_eq!(added.refused, [unused(&long, "over the limit: 5006 bytes of name, at most 4096 are allowed")]);
    assert!(study.add_file(&long, &tiff(1)).is_err());
}

#[test]
fn zips_with_folders_of_one_name_are_not_mixed() {
    let mut study = Study::default();
    let zip = |first: u8| zipped(&[("axial/1.tif", &tiff(first)), ("axial/2.tif", &tiff(first + 1))]);
    study.add_file("in/p1.zip", &zip(1)).expect("a zip");
    study.add_file("in/p2.zip", &zip(5)).expect("a zip");
    assert!(study.assemble().is_empty());
    let both = ["in/axial: in/axial/1.tif in/axial/2.tif", "in/p2/axial: in/p2/axial/1.tif in/p2/axial/2.tif"];
    assert_eq!(names(&study), both);
    // Also the third and fourth time, and with the same zip's name.
    study.add_file("in/p2.zip", &zip(9)).expect("a zip");
    study.add_file("in/p2.zip", &zip(13)).expect("a zip");
    assert!(study.assemble().is_empty());
    let more = [
        "in/p2 (2)/axial: in/p2 (2)/axial/1.tif in/p2 (2)/axial/2.tif",
        "in/p2 (3)/axial: in/p2 (3)/axial/1.tif in/p2 (3)/axial/2.tif",
    ];
    assert_eq!(names(&study), [&both[..1], &more, &both[1..]].concat());
    // The first zip again is skipped, and masks for it go to its case.
    study.add_file("in/p1.zip", &zip(1)).expect("a zip");
    let mask = mask_tiff(&Mask::empty(4, 3));
    study.add_file("in/masks.zip", &zipped(&[("axial/1_mask.tif", &mask)])).expect("a zip");
    assert!(study.assemble().is_empty());
    assert_eq!(study.cases().len(), 4);
    assert!(study.cases().any(|case| case.case().slices[0].reference.is_some()));
}

#[test]
fn names_of_other_programs_are_read() {
    let mut study = Study::default();
    // Names that begin with the packed folder, and a folder as Windows writes it.
    study.add_file("scan.zip", &zipped(&[("./1.tif", &tiff(1)), (".//2.tif", &tiff(2))])).expect("a zip");
    let added = study.add_file("w.zip", &zipped(&[("W\\", b""), ("W\\1.tif", &tiff(3))])).expect("a zip");
    assert!(added.refused.is_empty(), "{:?}", added.refused);
    // UTF-8 without the flag for it.
    let mut bytes = zipped(&[("Müller/1.tif", &tiff(4))]);
    let headers: [(&[u8], usize); 2] = [(b"PK\x03\x04", 7), (b"PK\x01\x02", 9)];
    for (signature, flags) in headers {
        let at = (0..bytes.len()).find(|&at| bytes[at..].starts_with(signature)).expect("a header");
        assert_eq!(bytes[at + flags] & 8, 8, "called UTF-8");
        bytes[at + flags] &= !8;
    }
    study.add_file("m.zip", &bytes).expect("a zip");
    study.assemble();
    assert_eq!(names(&study), ["Müller: Müller/1.tif", "scan: scan/1.tif scan/2.tif", "W: W\\1.tif"]);
}

#[test]
fn files_that_cannot_be_read_are_noted_and_the_others_are_read() {
    let inner = zipped(&[("x.tif", &tiff(1))]);
    let bytes = zipped(&[
        ("../out.tif", &tiff(1)),
        ("/etc/out.tif", &tiff(1)),
        ("C:\\out.tif", &tiff(1)),
        ("a/../../out.tif", &tiff(1)),
        ("inner.zip", &inner),
        ("notes.txt", b"hello"),
        ("P/good.tif", &tiff(1)),
    ]);
    let mut study = Study::default();
    let added = study.add_file("z.zip", &bytes).expect("a zip");
    assert_eq!(added.slices, 1);
    let outside = added.refused.iter().filter(|unused| unused.reason.contains("points outside the zip"));
    assert_eq!(outside.count(), 4, "{:?}", added.refused);
    assert!(added.refused.contains(&unused("inner.zip", "a zip inside a zip is not read")), "{:?}", added.refused);
    assert_eq!(added.refused.len(), 5, "{:?}", added.refused);
    assert_eq!(added.passed_over, [unused("notes.txt", "text")]);
    study.assemble();
    assert_eq!(names(&study), ["P: P/good.tif"]);
}

#[test]
fn a_link_and_an_unknown_compression_are_refused() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_symlink("P/link.tif", "../../secret.tif", SimpleFileOptions::default()).expect("in memory");
    writer.start_file("P/odd.tif", stored()).expect("in memory");
    writer.write_all(&tiff(1)).expect("in memory");
    let mut bytes = writer.finish().expect("in memory").into_inner();
    // Method 97 in both headers of the second entry.
    let name = b"P/odd.tif";
    let places: Vec<usize> = (0..bytes.len() - name.len()).filter(|&at| bytes[at..].starts_with(name)).collect();
    assert_eq!(places.len(), 2);
    bytes[places[0] - 30 + 8] = 97;
    bytes[places[1] - 46 + 10] = 97;
    let contents = unpack("z.zip", &bytes, &ZipLimits::default()).expect("a zip");
    assert!(contents.files.is_empty());
    let faults: Vec<String> = contents.refused.iter().map(Error::to_string).collect();
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults[0].starts_with("P/link.tif: a link"), "{faults:?}");
    assert!(faults[1].starts_with("P/odd.tif: zip: "), "{faults:?}");
}

#[test]
fn a_zip_bomb_is_stopped_by_its_unpacked_size_and_not_by_its_headers() {
    let limits = ZipLimits { entries: 3, bytes: 100_000, file: 60_000, ..ZipLimits::default() };
    let zeros = |length: usize| vec![0_u8; length];
    let packed = |lengths: &[usize]| {
        let contents: Vec<Vec<u8>> = lengths.iter().map(|&length| zeros(length)).collect();
        let named: Vec<(String, &[u8])> =
            contents.iter().enumerate().map(|(i, bytes)| (format!("{i}"), bytes.as_slice())).collect();
        let named: Vec<(&str, &[u8])> = named.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
        zipped(&named)
    };
    let within = unpack("z", &packed(&[60_000, 40_000]), &limits).expect("within the limits");
    assert_eq!(within.files.len(), 2);
    // One file is too large: the others are read.
    let one = unpack("z", &packed(&[60_001, 30_000]), &limits).expect("a zip");
    assert_eq!((one.files.len(), one.refused.len()), (1, 1));
    assert!(one.refused[0].to_string().contains("at most 60000"), "{}", one.refused[0]);
    // Too many bytes in all, and too many entries: nothing is read.
    for (bytes, what) in [(packed(&[60_000, 40_001]), "bytes in all"), (packed(&[1, 1, 1, 1]), "entries")] {
        let refused = unpack("z", &bytes, &limits).map_err(|error| error.to_string());
        assert!(refused.as_ref().is_err_and(|message| message.contains(what)), "{refused:?}");
    }
    // Headers that claim fewer bytes.
    let mut lying = packed(&[90_000]);
    let size = 90_000_u32.to_le_bytes();
    for at in 0..lying.len() - 4 {
        if lying[at..at + 4] == size {
            lying[at..at + 4].copy_from_slice(&10_u32.to_le_bytes());
        }
    }
    let contents = unpack("z", &lying, &limits);
    assert!(contents.is_ok_and(|contents| contents.files.is_empty() && contents.refused.len() == 1));
}

#[test]
fn reading_a_zip_is_bounded_by_its_size_also_if_entries_share_bytes() {
    let limits = ZipLimits { entries: 1 << 12, ..ZipLimits::default() };
    // Ends of a directory. Each claims one entry too many, so the one before it is tried next.
    let one = zipped(&[("", b"")]);
    let (rest, end) = one.split_at(one.len() - 22);
    let entry = &rest[rest.len() - 46..];
    let hostile = [entry.repeat(4000), end_of_directory(end, 4001, 0).repeat(4000)].concat();
    let refused = unpack("z", &hostile, &limits).map_err(|error| error.to_string());
    assert!(refused.as_ref().is_err_and(|message| message.contains("bytes of directory")), "{refused:?}");

    // The bytes of one file under a thousand names.
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("P/P_1.tif", stored()).expect("in memory");
    writer.write_all(&[7; 10_000]).expect("in memory");
    let one = writer.finish().expect("in memory").into_inner();
    let (rest, end) = one.split_at(one.len() - 22);
    let (file, entry) = rest.split_at(rest.len() - 46 - 9);
    let names = (0..1000).flat_map(|i| [&entry[..46], format!("P/{i:04}tif").as_bytes()].concat());
    let many = [file.to_vec(), names.collect(), end_of_directory(end, 1000, file.len())].concat();
    let refused = unpack("z", &many, &limits).map_err(|error| error.to_string());
    assert!(refused.as_ref().is_err_and(|message| message.contains("files that overlap")), "{refused:?}");
}

/// The end of a zip's directory with another number of entries and another start.
fn end_of_directory(end: &[u8], entries: u16, start: usize) -> Vec<u8> {
    let mut end = end.to_vec();
    for place in [8, 10] {
        end[place..place + 2].copy_from_slice(&entries.to_le_bytes());
    }
    end[16..20].copy_from_slice(&(start as u32).to_le_bytes());
    end
}

#[test]
fn a_file_of_a_zip_takes_no_more_room_than_its_bytes() {
    let files: Vec<Vec<u8>> = [1, 33, 100_000].map(|length| vec![7; length]).into();
    let named: Vec<(&str, &[u8])> = ["a", "b", "c"].into_iter().zip(files.iter().map(Vec::as_slice)).collect();
    let contents = unpack("z.zip", &zipped(&named), &ZipLimits::default()).expect("a zip");
    assert_eq!(contents.files.iter().map(|(_, bytes)| bytes.capacity()).collect::<Vec<_>>(), [1, 33, 100_000]);
}

#[test]
fn a_broken_zip_is_an_error_and_no_cut_or_flipped_byte_panics() {
    let bytes = zipped(&[("P/P_1.tif", &tiff(1)), ("P/P_2.tif", &tiff(2))]);
    for cut in 0..bytes.len() {
        let mut study = Study::default();
        if let Err(error) = study.add_file("z.zip", &bytes[..cut]) {
            assert!(error.to_string().starts_with("z.zip: "), "{error}");
        }
    }
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x55;
        let _ = Study::default().add_file("z.zip", &changed);
    }
    let broken = unpack("z.zip", &bytes[..bytes.len() - 30], &ZipLimits::default());
    assert!(matches!(broken, Err(Error::File { fault: FileFault::Zip { .. }, .. })), "{broken:?}");
}

// ---- cases that grow -----------------------------------------------------------------------------------------------

#[test]
fn a_case_with_the_same_slices_keeps_its_findings() {
    let mut study = Study::default();
    for name in ["P/P_1.tif", "P/P_2.tif", "Q/Q_1.tif"] {
        study.add_file(name, &tiff(name.len() as u8)).expect("a slice");
    }
    study.assemble();
    for (number, slice) in ["P/P_1.tif", "Q/Q_1.tif"].into_iter().enumerate() {
        study.adopt(slice, values(number as u16 + 1)).expect("a slice");
        study.set_edit(slice, Some(dot(number).inside().to_vec())).expect("a slice");
    }
    let tasks = ["P/P_1.tif", "Q/Q_1.tif"].map(|slice| study.task(slice).expect("a slice"));

    // Another patient, a mask, and a file that is open already: the slices of P and Q stay the same.
    study.add_file("A/A_1.tif", &tiff(1)).expect("a slice");
    study.add_file("P/P_1_mask.tif", &mask_tiff(&dot(3))).expect("a mask");
    study.add_file("P/P_2.tif", &tiff(9)).expect("a slice");
    let notes = study.assemble();
    assert!(notes.is_empty(), "{notes:?}");
    assert_eq!(names(&study), ["A: A/A_1.tif", "P: P/P_1.tif P/P_2.tif", "Q: Q/Q_1.tif"]);
    let p = study.case("P/P").expect("P");
    assert_eq!((p.probability(0), p.edit(0)), (Some(&map(1)), Some(&dot(0))));
    assert_eq!(p.case().slices[0].reference, Some(dot(3)));
    assert_eq!(study.case("Q/Q").expect("Q").probability(0), Some(&map(2)));
    for task in &tasks {
        assert!(study.keep(task, map(9)).expect("the size of the slice"));
    }

    // Another slice of P: all of P is normalised again, so its probabilities are dropped and its edits stay.
    study.add_file("P/P_0.tif", &tiff(1)).expect("a slice");
    study.assemble();
    let p = study.case("P/P").expect("P");
    assert_eq!((p.probability(0), p.probability(1), p.edit(0), p.edit(1)), (None, None, None, Some(&dot(0))));
    // A result for P as it was is dropped, one for Q is kept.
    assert!(!study.keep(&tasks[0], map(7)).expect("the size of the slice"));
    assert!(study.keep(&tasks[1], map(7)).expect("the size of the slice"));
    let (p, slice) = study.slice("P/P_1.tif").expect("a slice");
    assert_eq!((slice, p.probability(slice)), (1, None));
    assert_eq!(study.case("Q/Q").expect("Q").probability(0), Some(&map(7)));

    study.clear();
    assert_eq!(study.cases().len(), 0);
    study.assemble();
    assert_eq!(study.cases().len(), 0);
    // The same files again are another case.
    study.add_file("Q/Q_1.tif", &tiff(9)).expect("a slice");
    study.assemble();
    assert!(!study.keep(&tasks[1], map(7)).expect("the size of the slice"));
}

#[test]
fn adding_a_patient_leaves_every_other_case_as_it_is() {
    let mut study = Study::default();
    let add = |study: &mut Study, patient: &str| {
        for number in 1..=3 {
            study.add_file(&format!("{patient}/axial/{number}.tif"), &tiff(number)).expect("a slice");
            study.add_file(&format!("{patient}/axial/{number}_mask.tif"), &mask_tiff(&dot(1))).expect("a mask");
        }
        // A mask that fits no slice, which is noted every time.
        study.add_file(&format!("{patient}/axial/4.tif"), &tiff(4)).expect("a slice");
        study.add_file(&format!("{patient}/axial/4_mask.tif"), &mask_tiff(&Mask::empty(2, 2))).expect("a mask");
        study.assemble()
    };
    // A case that is built again has its slices and masks in other places of memory.
    let places = |study: &Study| -> Vec<(String, *const CaseSlice, *const bool)> {
        let place = |findings: &Findings| {
            let slices = &findings.case().slices;
            let mask = slices[0].reference.as_ref().expect("a reference");
            (findings.case().id().to_string(), slices.as_ptr(), mask.inside().as_ptr())
        };
        study.cases().map(place).collect()
    };
    assert_eq!(add(&mut study, "p01").len(), 1);
    assert_eq!(names(&study)[0].split(':').next(), Some("axial"));
    for number in 2..=20 {
        let before = places(&study);
        assert_eq!(add(&mut study, &format!("p{number:02}")).len(), number);
        let after = places(&study);
        assert_eq!(after.len(), number);
        assert!(before.iter().all(|place| after.contains(place)), "p{number:02} has moved another");
    }
    // The first has a longer name now, since it has namesakes.
    assert_eq!(study.case("p01/axial/").expect("p01").case().name, "p01/axial");
    // A mask for p07 builds p07 again, and no other.
    let before = places(&study);
    study.add_file("p07/axial/5.tif", &tiff(5)).expect("a slice");
    study.assemble();
    let after = places(&study);
    let moved: Vec<&str> = before.iter().filter(|place| !after.contains(place)).map(|(id, ..)| id.as_str()).collect();
    assert_eq!(moved, ["p07/axial/"]);
}

#[test]
fn ids_do_not_depend_on_the_other_files_or_on_their_order() {
    let files = ["P/P_1.tif", "P/P_2.tif", "deep/P/P_1.tif", "Q_1.tif", "P/P.tif"];
    let open = |order: &[usize]| {
        let mut study = Study::default();
        for &at in order {
            study.add_file(files[at], &tiff(at as u8)).expect("a slice");
            study.assemble();
        }
        study
    };
    let ids = |study: &Study| -> Vec<String> {
        let mut ids: Vec<String> = study
            .cases()
            .flat_map(|case| {
                let id = case.case().id();
                case.case().slices.iter().map(move |entry| format!("{id} {}", entry.slice.name())).collect::<Vec<_>>()
            })
            .collect();
        ids.sort();
        ids
    };
    let all = ids(&open(&[0, 1, 2, 3, 4]));
    assert_eq!(all, ["/Q Q_1.tif", "P/ P/P.tif", "P/P P/P_1.tif", "P/P P/P_2.tif", "deep/P/P deep/P/P_1.tif"]);
    assert_eq!(ids(&open(&[4, 3, 2, 1, 0])), all);
    // One of them alone.
    for (at, name) in files.iter().enumerate() {
        let alone = ids(&open(&[at]));
        assert!(alone.len() == 1 && all.contains(&alone[0]) && alone[0].ends_with(name), "{alone:?}");
    }
}

#[test]
fn an_unknown_id_and_a_wrong_size_are_usage_errors() {
    let mut study = Study::default();
    study.add_file("P/P_1.tif", &tiff(1)).expect("a slice");
    study.assemble();
    let unknown = |id: &str| UsageFault::UnknownSlice { id: id.to_owned() };
    // A slice that is not open, one of no case, and the id of the case.
    for id in ["P/P_2.tif", "Q/Q_1.tif", "P/P", ""] {
        assert_eq!(usage(study.slice(id).map(|_| ())), unknown(id));
        assert_eq!(usage(study.task(id).map(|_| ())), unknown(id));
        assert_eq!(usage(study.adopt(id, values(1))), unknown(id));
        assert_eq!(usage(study.set_edit(id, None)), unknown(id));
    }
    assert_eq!(usage(study.case("P").map(|_| ())), UsageFault::UnknownCase { id: "P".to_owned() });
    let size = |found| UsageFault::Size { slice: "P/P_1.tif".to_owned(), expected: [4, 3], found };
    assert_eq!(usage(study.adopt("P/P_1.tif", vec![0; 11])), size(11));
    assert_eq!(usage(study.set_edit("P/P_1.tif", Some(vec![true; 13]))), size(13));
    let task = study.task("P/P_1.tif").expect("a slice");
    assert_eq!(usage(study.keep(&task, Probability::new(3, 4, vec![0; 12])).map(|_| ())), size(12));
    assert_eq!(study.case("P/P").expect("P").probability(0), None);
}

#[test]
fn other_slices_with_open_names_are_refused_and_so_are_the_next_of_their_case() {
    let mut study = Study::default();
    for number in 1..=3 {
        study.add_file(&format!("images/{number}.tif"), &tiff(number)).expect("a slice");
    }
    study.assemble();
    // Another patient with more slices in a folder of the same name.
    for number in 1..=5 {
        let error = study.add_file(&format!("images/{number}.tif"), &tiff(number + 100)).expect_err("taken");
        let reason = "a case with this name and other files is open: rename the folder of the new files, or clear all cases first";
        assert_eq!(error.to_string(), format!("images/{number}.tif: {reason}"));
    }
    study.add_file("others/1.tif", &tiff(101)).expect("another folder's");
    assert!(study.assemble().is_empty());
    assert_eq!(names(&study), ["images: images/1.tif images/2.tif images/3.tif", "others: others/1.tif"]);
    let first = study.cases().next().map(|case| slice_tiff(&case.case().slices[0].slice));
    assert_eq!(first, Some(tiff(1)));
    // After the assembly, slices of the case are read again.
    study.add_file("images/4.tif", &tiff(4)).expect("a slice that was forgotten");
    assert!(study.assemble().is_empty());
    assert_eq!(study.cases().next().map(|case| case.case().slices.len()), Some(4));
}

#[test]
fn a_session_with_two_files_of_one_name_still_opens() {
    let study = found(&[(Some(1), None), (None, Some(2))]);
    let saved = saved(&study, "model", &Settings::default());
    // Some versions read both files and wrote such a session.
    let mut entries = unpack("", &saved, &ZipLimits::default()).expect("a zip").files;
    let (_, json) = entries.iter_mut().find(|(name, _)| name.ends_with(".json")).expect("a manifest");
    *json = String::from_utf8_lossy(json).replace("P/P_1.tif", "P/P_0.tif").into_bytes();
    let entries: Vec<(&str, &[u8])> = entries.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let mut opened = Study::default();
    opened.open(&zipped(&entries), "model").expect("a session");
    let notes = opened.assemble();
    assert!(notes.iter().any(|note| note.message.contains("given twice")), "{notes:?}");
    assert_eq!(names(&opened), ["P: P/P_0.tif"]);
}

#[test]
fn a_case_that_gets_another_name_keeps_its_findings() {
    for (first, second, renamed) in [
        ("p1/axial/1.tif", "p2/axial/1.tif", ["axial", "p1/axial", "p2/axial"]),
        ("all/a_1.tif", "all/b_1.tif", ["all", "all/a", "all/b"]),
    ] {
        let mut study = Study::default();
        study.add_file(first, &tiff(1)).expect("a slice");
        study.assemble();
        study.adopt(first, values(1)).expect("a slice");
        study.set_edit(first, Some(dot(4).inside().to_vec())).expect("a slice");
        let (id, task) = (study.cases().next().expect("a case").case().id(), study.task(first).expect("a slice"));
        assert_eq!(names(&study), [format!("{}: {first}", renamed[0])]);

        study.add_file(second, &tiff(2)).expect("a slice");
        assert!(study.assemble().is_empty());
        assert_eq!(names(&study), [format!("{}: {first}", renamed[1]), format!("{}: {second}", renamed[2])]);
        let found: Vec<_> = study.cases().map(|case| (case.probability(0).cloned(), case.edit(0).cloned())).collect();
        assert_eq!(found, [(Some(map(1)), Some(dot(4))), (None, None)]);
        assert_eq!(study.case(id.as_str()).expect("the same id").case().name, renamed[1]);
        assert!(study.keep(&task, map(2)).expect("the size of the slice"), "its slices are the same");
    }
}

#[test]
fn the_sample_is_a_case_with_references() {
    let mut study = Study::default();
    study.add_sample(Sample::default()).expect("the sample is readable");
    assert!(study.assemble().is_empty());
    let case = study.cases().next().expect("a case");
    assert!(case.case().slices.len() >= 12);
    assert!(case.case().slices.iter().all(|entry| entry.reference.is_some()));
    assert_eq!(study.cases().len(), 1);
}

// ---- sessions ------------------------------------------------------------------------------------------------------

#[test]
fn probabilities_of_another_network_are_dropped_with_a_note() {
    let study = found(&[(Some(3), Some(1)), (Some(4), None)]);
    let bytes = saved(&study, "another", &Settings { threshold: 0.5, ..Settings::default() });
    let mut opened = Study::default();
    opened.open(&bytes, MODEL).expect("a session");
    let notes = opened.assemble();
    assert!(notes.iter().any(|note| note.message.contains("another network")), "{notes:?}");
    // Every assembly repeats the note, until the study is cleared.
    assert_eq!(opened.assemble(), notes);
    opened.clear();
    assert!(opened.assemble().is_empty());
    opened.open(&bytes, MODEL).expect("a session");
    opened.assemble();
    let case = opened.case("P/P").expect("a case");
    assert_eq!((case.probability(0), case.edit(0), case.probability(1)), (None, Some(&dot(1)), None));
}

#[test]
fn a_session_of_version_1_still_opens() {
    // Written by version 0.1.0, which had the spacings as a list in the order of the cases.
    let bytes = include_bytes!("fixtures/session-1.zip");
    let mut study = Study::default();
    let settings = study.open(bytes, MODEL).expect("a session");
    let given = Spacing { x: 0.5, y: 0.75, z: Some(6.0) };
    let spacing = [(CaseId::of("Q/Q_1.tif"), given)].into();
    assert_eq!(
        settings,
        Settings { threshold: 0.25, spacing, rules: Some("T2 signal".to_owned()), ..Settings::default() }
    );
    assert!(study.assemble().is_empty());
    assert_eq!(names(&study), ["P: P/P_1.tif P/P_2.tif", "Q: Q/Q_1.tif"]);
    let spacings: Vec<_> = study.measured(&settings).map(|(_, spacing)| spacing).collect();
    assert_eq!(spacings, [None, Some(given)]);
    let p = study.case("P/P").expect("P");
    assert_eq!([p.probability(0), p.probability(1)], [Some(&map(1)), Some(&map(2))]);
    assert_eq!([p.edit(0), p.edit(1)], [None, Some(&dot(5))]);
    assert_eq!(p.case().slices[1].reference, Some(dot(3)));
    let q = study.case("Q/Q").expect("Q");
    assert_eq!((q.probability(0), q.edit(0)), (None, None));
}

#[test]
fn a_session_of_version_2_still_opens() {
    let mut study = Study::default();
    let settings = study.open(include_bytes!("fixtures/session-2.zip"), MODEL).expect("a session");
    assert_eq!(settings, example().1);
    assert!(study.assemble().is_empty());
    let (expected, _) = example();
    assert_eq!(names(&study), names(&expected));
    for (a, b) in study.cases().zip(expected.cases()) {
        assert_eq!(a.case(), b.case());
        for slice in 0..a.case().slices.len() {
            assert_eq!((a.probability(slice), a.edit(slice)), (b.probability(slice), b.edit(slice)));
        }
    }
}

/// Two cases with probabilities, an edit, a reference, and every setting.
fn example() -> (Study, Settings) {
    let mut study = Study::default();
    for (name, bytes) in
        [("P/P_1.tif", tiff(1)), ("P/P_2.tif", tiff(2)), ("P/P_2_mask.tif", mask_tiff(&dot(3))), ("Q/Q_1.tif", tiff(3))]
    {
        study.add_file(name, &bytes).expect("a file");
    }
    study.assemble();
    study.adopt("P/P_1.tif", values(1)).expect("a slice");
    study.adopt("P/P_2.tif", values(2)).expect("a slice");
    study.set_edit("P/P_2.tif", Some(dot(5).inside().to_vec())).expect("a slice");
    let spacing = [(CaseId::of("Q/Q_1.tif"), Spacing { x: 0.5, y: 0.75, z: Some(6.0) })].into();
    let (rules, view) = (Some("T2 signal".to_owned()), view(r#"{"channel":"flair","zoom":2}"#));
    (study, Settings { threshold: 0.25, spacing, rules, view, ..Settings::default() })
}

#[test]
fn lines_belong_to_their_slices_and_replace_all_earlier_ones() {
    let (mut study, _) = example();
    let lines = Lines { rulers: vec![[[0.0, 0.0], [3.0, 4.0]]], diameters: None };
    study.set_lines(&[("P/P_2.tif".to_owned(), lines.clone()), ("gone".to_owned(), lines.clone())].into());
    let of =
        |study: &Study| study.cases().map(|case| case.lines(case.case().slices.len() - 1).clone()).collect::<Vec<_>>();
    assert_eq!(of(&study), [lines.clone(), Lines::default()]);
    study.set_lines(&[("Q/Q_1.tif".to_owned(), lines.clone())].into());
    assert_eq!(of(&study), [Lines::default(), lines]);
}

#[test]
fn saving_in_pieces_gives_the_whole_and_holds_one_file() {
    let (study, settings) = example();
    let mut stream = study.save(MODEL, &settings);
    let mut pieces = Vec::new();
    while let Some(bytes) = stream.next(&study).expect("an unchanged study") {
        pieces.push(bytes);
    }
    assert_eq!(stream.next(&study), Ok(None), "the end stays the end");
    let whole = pieces.concat();
    assert_eq!(whole, saved(&study, MODEL, &settings));
    // session.json, four files, two probabilities and an edit; the last piece has the directory too.
    assert_eq!(zip::ZipArchive::new(Cursor::new(&whole)).expect("a zip").len(), 8);
    assert_eq!(pieces.len(), 8);
    assert!(pieces.iter().all(|piece| piece.starts_with(b"PK\x03\x04")));
}

#[test]
fn the_results_in_pieces_are_the_files_of_a_bundle() {
    let manifest = Manifest::from_json(include_bytes!("../www/model/model.json")).expect("the shipped manifest");
    let (study, settings) = example();
    let origin = Origin { manifest, card: None, backend: "cpu".to_owned(), threshold: settings.threshold, rules: None };
    let mut bundle = Bundle::new(origin.clone());
    let mut files: Vec<NamedFile> =
        study.measured(&settings).flat_map(|(findings, spacing)| bundle.case_files(findings, spacing)).collect();
    files.extend(bundle.finish());
    assert!(files.iter().any(|(path, _)| path == "P/mask.nii.gz"));
    let mut stream = study.export(origin, &settings);
    let mut pieces = Vec::new();
    while let Some(bytes) = stream.next(&study).expect("an unchanged study") {
        pieces.push(bytes);
    }
    assert_eq!(pieces.len(), files.len());
    assert!(pieces.concat() == glioscope::write::zip(&files));
}

#[test]
fn a_change_while_a_zip_is_read_is_a_usage_error() {
    type Change = fn(&mut Study);
    let changes: [Change; 5] = [
        |study| study.adopt("P/P_1.tif", values(9)).expect("a slice"),
        |study| study.set_edit("P/P_2.tif", None).expect("a slice"),
        |study| drop(study.assemble()),
        |study| study.clear(),
        |study| {
            let task = study.task("Q/Q_1.tif").expect("a slice");
            assert!(study.keep(&task, map(1)).expect("the size of the slice"));
        },
    ];
    for change in changes {
        let (mut study, settings) = example();
        let mut stream = study.save(MODEL, &settings);
        assert!(stream.next(&study).expect("an unchanged study").is_some());
        // Reading does not change anything, and neither does a file that is in no case yet.
        study.add_file("R/R_1.tif", &tiff(4)).expect("a slice");
        assert!(stream.next(&study).expect("an unchanged study").is_some());
        change(&mut study);
        assert_eq!(stream.next(&study), Err(UsageFault::Changed));
        assert_eq!(stream.next(&study), Err(UsageFault::Changed));
    }
}

#[test]
fn a_session_json_over_the_limit_is_not_parsed() {
    let zeros = format!("[{}0]", "0,".repeat(1 << 23));
    let error = Study::default().open(&zipped(&[("session.json", zeros.as_bytes())]), MODEL).expect_err("too large");
    assert!(error.to_string().contains("session.json has 16777219 bytes, expected at most 16777216"), "{error}");
}

#[test]
fn a_file_is_refused_by_its_beginning_and_size() {
    let admit = |size: u64, head: &[u8]| Study::admit("f.tif", size, head).map_err(|error| error.to_string());
    for (head, most) in
        [(&b"II*\0\x08\0\0\0"[..], 1 << 28), (b"\x89PNG\r\n\x1a\n", 1 << 28), (b"PK\x03\x04\x14\0\0\0", 1 << 30)]
    {
        assert_eq!(admit(most, head), Ok(None));
        assert!(admit(most + 1, head).is_err_and(|message| message.contains(&format!("at most {most}"))));
    }
    // Every session that was saved can be opened.
    let session = [b"PK\x03\x04", &[0; 26][..], b"session.json"].concat();
    assert!(session.len() <= HEAD);
    assert_eq!(admit(3 << 30, &session), Ok(None));
    assert!(admit((3 << 30) + 1, &session).is_err());
    // An empty file and a video.
    for (head, reason) in [(&b""[..], "an empty file"), (b"\0\0\0\x18ftyp", "a video")] {
        assert!(admit(1 << 40, head).is_err_and(|message| message.contains(reason)));
    }
    // The same under names that are not those of images.
    for (name, kind) in
        [("f", Litter::Other), ("f.xyz", Litter::Other), ("f.mp4", Litter::Video), ("._f.tif", Litter::System)]
    {
        assert_eq!(Study::admit(name, 1 << 40, b"\0\0\0\x18ftyp").map_err(|error| error.to_string()), Ok(Some(kind)));
    }
    // A slice needs no extension.
    assert!(Study::admit("f", 1 << 40, b"II*\0\x08\0\0\0").is_err());
}

#[test]
fn a_session_is_not_added_and_a_file_is_not_opened_as_a_session() {
    let bytes = saved(&found(&[(Some(3), None)]), MODEL, &Settings::default());
    let refused = Study::default().add_file("s.zip", &bytes);
    assert!(matches!(refused, Err(Error::File { fault: FileFault::SavedSession, .. })), "{refused:?}");
    for other in [zipped(&[("P/P_1.tif", &tiff(1))]), tiff(1), Vec::new()] {
        let refused = Study::default().open(&other, MODEL);
        assert!(matches!(refused, Err(Error::File { fault: FileFault::Session { .. }, .. })), "{refused:?}");
    }
}

#[test]
fn a_broken_session_leaves_everything_as_it_was() {
    let bytes = saved(&found(&[(Some(3), Some(2)), (None, None)]), MODEL, &Settings::default());
    let mut study = found(&[(Some(5), None)]);
    for at in (0..bytes.len()).step_by(3) {
        let mut changed = bytes.clone();
        changed[at] ^= 0x2a;
        for bytes in [&changed[..], &bytes[..at]] {
            if study.open(bytes, MODEL).is_err() {
                assert_eq!(study.case("P/P").expect("a case").probability(0), Some(&map(5)), "at {at}");
            } else {
                study = found(&[(Some(5), None)]);
            }
        }
    }
}

#[test]
fn invalid_settings_are_refused() {
    let wrong = Spacing { x: 0.0, y: 1.0, z: Some(1.0) };
    let long = view(&format!("{:?}", "a".repeat((1 << 16) - 1)));
    for settings in [
        Settings { threshold: 1.5, ..Settings::default() },
        Settings { threshold: f64::NAN, ..Settings::default() },
        Settings { threshold: 0.5, ..spaced(Some(wrong)) },
        Settings { view: long, ..Settings::default() },
    ] {
        assert!(settings.check().is_err());
        let bytes = saved(&Study::default(), MODEL, &settings);
        assert!(Study::default().open(&bytes, MODEL).is_err());
    }
    let view = view(&format!("{:?}", "a".repeat((1 << 16) - 2)));
    assert!(Settings { view, ..Settings::default() }.check().is_ok());
}

#[test]
fn files_that_are_not_assembled_are_not_saved() {
    let mut study = found(&[(Some(3), Some(2))]);
    let given = Spacing { x: 1.0, y: 1.0, z: Some(5.0) };
    let settings = Settings { threshold: 0.5, ..spaced(Some(given)) };
    let before = saved(&study, MODEL, &settings);
    study.add_file("A/A_1.tif", &tiff(9)).expect("a slice");
    assert_eq!(saved(&study, MODEL, &settings), before);
    let mut opened = Study::default();
    let settings = opened.open(&saved(&study, MODEL, &settings), MODEL).expect("a session");
    opened.assemble();
    let spacings: Vec<_> =
        opened.measured(&settings).map(|(case, spacing)| (case.case().name.as_str(), spacing)).collect();
    assert_eq!(spacings, [("P", Some(given))]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_session_that_is_saved_and_opened_is_the_same(
        slices in proptest::collection::vec((any::<Option<u16>>(), proptest::option::of(0_usize..12)), 1..5),
        threshold in (0_u32..=1000).prop_map(thousandths),
        lengths in proptest::option::of((1_u32..20_000, 1_u32..20_000, 1_u32..20_000)),
        rules in proptest::option::of("\\PC{0,20}"),
    ) {
        let study = found(&slices);
        let given = lengths.map(|(x, y, z)| {
            Spacing { x: thousandths(x), y: thousandths(y), z: Some(thousandths(z)) }
        });
        let lines = view(r#"{"P/P_1.tif":{"rulers":[[[0,0.5],[3.25,2]]],"diameters":null}}"#);
        let view = rules.is_some().then(|| view(&format!("{{\"zoom\":{threshold},\"order\":[1e3, null]}}"))).flatten();
        let settings = Settings { threshold, rules, view, lines, ..spaced(given) };
        let bytes = saved(&study, MODEL, &settings);
        prop_assert_eq!(&bytes, &saved(&study, MODEL, &settings));
        let mut opened = Study::default();
        let read = opened.open(&bytes, MODEL).expect("what was saved");
        prop_assert_eq!(read, settings.clone());
        let notes = opened.assemble();
        prop_assert!(notes.is_empty(), "{:?}", notes);
        prop_assert_eq!(names(&opened), names(&study));
        for (a, b) in study.cases().zip(opened.cases()) {
            prop_assert_eq!(a.case(), b.case());
            for index in 0..a.case().slices.len() {
                prop_assert_eq!(a.probability(index), b.probability(index));
                prop_assert_eq!(a.edit(index), b.edit(index));
            }
        }
        // And the opened study is saved as the same bytes.
        prop_assert_eq!(saved(&opened, MODEL, &settings), bytes);
    }
}

// ---- helpers -------------------------------------------------------------------------------------------------------

/// Numbers as people write them, with few digits, which JSON keeps exactly.
fn thousandths(number: u32) -> f64 {
    f64::from(number) / 1000.0
}

/// A slice of 4 by 3 pixels, different for each number.
fn tiff(number: u8) -> Vec<u8> {
    let samples = (0..12).map(|pixel| number.wrapping_mul(17).wrapping_add(pixel)).collect();
    slice_tiff(&Slice::new("", 4, 3, Channels::Grey, Samples::U8(samples)).expect("valid"))
}

fn values(number: u16) -> Vec<u16> {
    (0..12).map(|pixel| number.wrapping_mul(3001).wrapping_add(pixel)).collect()
}

fn map(number: u16) -> Probability {
    Probability::new(4, 3, values(number))
}

/// The whole zip of a saved session.
fn saved(study: &Study, model: &str, settings: &Settings) -> Vec<u8> {
    study.save(model, settings).collect(study).expect("an unchanged study")
}

fn view(json: &str) -> Option<View> {
    Some(View::new(json).expect("JSON"))
}

/// With the spacing of case P.
fn spaced(given: Option<Spacing>) -> Settings {
    let spacing = given.map(|given| (CaseId::of("P/P_1.tif"), given));
    Settings { spacing: spacing.into_iter().collect(), ..Settings::default() }
}

fn usage<T: std::fmt::Debug>(result: Result<T, Error>) -> UsageFault {
    match result.expect_err("refused") {
        Error::Usage(fault) => fault,
        other => unreachable!("{other}"),
    }
}

/// A mask of one pixel.
fn dot(at: usize) -> Mask {
    Mask::new(4, 3, (0..12).map(|pixel| pixel == at).collect())
}

/// Case P with the findings on its slices: the number of the probabilities, and the pixel of the edit.
fn found(slices: &[(Option<u16>, Option<usize>)]) -> Study {
    let mut study = Study::default();
    for index in 0..slices.len() {
        study.add_file(&format!("P/P_{index}.tif"), &tiff(index as u8)).expect("a slice");
    }
    study.assemble();
    for (index, &(probability, edit)) in slices.iter().enumerate() {
        let slice = format!("P/P_{index}.tif");
        if let Some(number) = probability {
            study.adopt(&slice, values(number)).expect("a slice");
        }
        study.set_edit(&slice, edit.map(|at| dot(at).inside().to_vec())).expect("a slice");
    }
    study
}

fn names(study: &Study) -> Vec<String> {
    let line = |findings: &Findings| {
        let slices: Vec<&str> = findings.case().slices.iter().map(|entry| entry.slice.name()).collect();
        format!("{}: {}", findings.case().name, slices.join(" "))
    };
    study.cases().map(line).collect()
}

fn stored() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Stored)
}

fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        if let Some(folder) = name.strip_suffix('/') {
            writer.add_directory(folder, options).expect("in memory");
            continue;
        }
        writer.start_file(*name, options).expect("in memory");
        writer.write_all(bytes).expect("in memory");
    }
    writer.finish().expect("in memory").into_inner()
}
