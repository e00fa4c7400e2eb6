//! What is open: zips, cases that grow, and saved sessions.
#![cfg(not(target_arch = "wasm32"))]

use std::io::{Cursor, Write as _};

use glioscope::error::{Error, FileFault};
use glioscope::mask::Mask;
use glioscope::mask::Probability;
use glioscope::read::zip::{ZipLimits, unpack};
use glioscope::read::{Channels, Samples, Slice};
use glioscope::result::measure::Voxel;
use glioscope::study::{HEAD, Settings, Study};
use glioscope::write::{mask_tiff, slice_tiff};
use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const MODEL: &str = "5eed";

// ---- zips ----------------------------------------------------------------------------------------------------------

#[test]
fn a_zip_is_the_folder_that_it_holds() {
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
    assert!(added.notes.is_empty(), "{:?}", added.notes);
    assert!(study.assemble().is_empty());
    assert_eq!(names(&study), ["P: dropped/P/P_1.tif dropped/P/P_2.tif"]);
    assert!(study.case(0).is_some_and(|case| case.case().slices[0].reference.is_some()));
}

#[test]
fn files_without_a_folder_are_in_one_of_the_zips_name() {
    let mut study = Study::default();
    for name in ["a.zip", "b.ZIP"] {
        study.add_file(name, &zipped(&[("1.tif", &tiff(1)), ("2.tif", &tiff(2))])).expect("a zip");
    }
    study.assemble();
    assert_eq!(names(&study), ["a: a/1.tif a/2.tif", "b: b/1.tif b/2.tif"]);
}

#[test]
fn of_entries_with_one_name_the_last_is_read_and_the_others_are_named() {
    // The writer refuses such a zip, so a name of the same length is put in the place of another.
    let mut bytes = zipped(&[("P/1.tif", &tiff(1)), ("P/2.tif", &tiff(2)), ("P/3.tif", &tiff(3))]);
    let places: Vec<usize> = (0..bytes.len() - 7).filter(|&at| bytes[at..].starts_with(b"P/1.tif")).collect();
    assert_eq!(places.len(), 2);
    places.iter().for_each(|&at| bytes[at..at + 7].copy_from_slice(b"P/3.tif"));
    let mut study = Study::default();
    let added = study.add_file("scan.zip", &bytes).expect("a zip");
    let told: Vec<&str> = added.notes.iter().map(|note| note.message.as_str()).collect();
    assert_eq!(told, ["P/3.tif: the zip has several files with this name: only the last one is read"]);
    study.assemble();
    assert_eq!(names(&study), ["P: P/2.tif P/3.tif"]);
    assert_eq!(study.case(0).expect("a case").case().slices[1].slice.samples().get(0), Some(3 * 17));
}

#[test]
fn a_zip_that_claims_a_thousand_million_entries_costs_nothing() {
    let mut bytes = zipped(&[("P/1.tif", &tiff(1))]);
    // An end of the directory in 64 bits, and where it is, before the end in 32, which leaves all to it.
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
    assert!(added.notes[0].message.ends_with("over the limit: 5006 bytes of name, at most 4096 are allowed"));
    assert!(study.add_file(&long, &tiff(1)).is_err());
}

#[test]
fn zips_with_folders_of_one_name_are_never_mixed() {
    let mut study = Study::default();
    let zip = |first: u8| zipped(&[("images/1.tif", &tiff(first)), ("images/2.tif", &tiff(first + 1))]);
    study.add_file("in/p1.zip", &zip(1)).expect("a zip");
    study.add_file("in/p2.zip", &zip(5)).expect("a zip");
    assert!(study.assemble().is_empty());
    let both = ["in/images: in/images/1.tif in/images/2.tif", "in/p2/images: in/p2/images/1.tif in/p2/images/2.tif"];
    assert_eq!(names(&study), both);
    // However often, and however alike their names.
    study.add_file("in/p2.zip", &zip(9)).expect("a zip");
    study.add_file("in/p2.zip", &zip(13)).expect("a zip");
    assert!(study.assemble().is_empty());
    let more = [
        "in/p2 (2)/images: in/p2 (2)/images/1.tif in/p2 (2)/images/2.tif",
        "in/p2 (3)/images: in/p2 (3)/images/1.tif in/p2 (3)/images/2.tif",
    ];
    assert_eq!(names(&study), [&both[..1], &more, &both[1..]].concat());
    // The first one once more is nothing new, nor are masks for it.
    study.add_file("in/p1.zip", &zip(1)).expect("a zip");
    let mask = mask_tiff(&Mask::empty(4, 3));
    study.add_file("in/masks.zip", &zipped(&[("images/1_mask.tif", &mask)])).expect("a zip");
    assert!(study.assemble().is_empty());
    assert_eq!(study.count(), 4);
    assert!(study.cases().any(|case| case.case().slices[0].reference.is_some()));
}

#[test]
fn names_are_read_as_programs_write_them() {
    let mut study = Study::default();
    // From the folder that was packed on; with a folder of Windows' own kind.
    study.add_file("scan.zip", &zipped(&[("./1.tif", &tiff(1)), (".//2.tif", &tiff(2))])).expect("a zip");
    let added = study.add_file("w.zip", &zipped(&[("W\\", b""), ("W\\1.tif", &tiff(3))])).expect("a zip");
    assert!(added.notes.is_empty(), "{:?}", added.notes);
    // UTF-8 that the zip does not call so.
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
fn what_is_not_read_is_named_and_the_others_are_read() {
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
    let messages: Vec<&str> = added.notes.iter().map(|note| note.message.as_str()).collect();
    let count = |text: &str| messages.iter().filter(|message| message.contains(text)).count();
    assert_eq!(count("points outside the zip"), 4, "{messages:?}");
    assert_eq!(count("z/inner.zip: a zip inside a zip"), 1, "{messages:?}");
    assert_eq!(count("z/notes.txt: not an image"), 1, "{messages:?}");
    assert_eq!(added.notes.len(), 6, "{messages:?}");
    study.assemble();
    assert_eq!(names(&study), ["P: P/good.tif"]);
}

#[test]
fn a_link_and_an_unknown_compression_are_named() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_symlink("P/link.tif", "../../secret.tif", SimpleFileOptions::default()).expect("in memory");
    writer.start_file("P/odd.tif", stored()).expect("in memory");
    writer.write_all(&tiff(1)).expect("in memory");
    let mut bytes = writer.finish().expect("in memory").into_inner();
    // Method 97 in both of the second entry's headers.
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
fn a_bomb_is_stopped_by_what_it_unpacks_to_whatever_its_headers_say() {
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
    // One file too large: the others are read.
    let one = unpack("z", &packed(&[60_001, 30_000]), &limits).expect("a zip");
    assert_eq!((one.files.len(), one.refused.len()), (1, 1));
    assert!(one.refused[0].to_string().contains("at most 60000"), "{}", one.refused[0]);
    // Too much in all, and too many: nothing is.
    for (bytes, what) in [(packed(&[60_000, 40_001]), "bytes in all"), (packed(&[1, 1, 1, 1]), "entries")] {
        let refused = unpack("z", &bytes, &limits).map_err(|error| error.to_string());
        assert!(refused.as_ref().is_err_and(|message| message.contains(what)), "{refused:?}");
    }
    // Headers that claim less than there is.
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
fn what_is_read_of_a_zip_is_bounded_by_its_size_however_often_it_points_at_the_same_bytes() {
    let limits = ZipLimits { entries: 1 << 12, ..ZipLimits::default() };
    // Ends of a directory: the last claims one entry more than there is, and so does each before it, which is tried next.
    let one = zipped(&[("", b"")]);
    let (rest, end) = one.split_at(one.len() - 22);
    let entry = &rest[rest.len() - 46..];
    let hostile = [entry.repeat(4000), end_of_directory(end, 4001, 0).repeat(4000)].concat();
    let refused = unpack("z", &hostile, &limits).map_err(|error| error.to_string());
    assert!(refused.as_ref().is_err_and(|message| message.contains("bytes of directory")), "{refused:?}");

    // One file's bytes under a thousand names.
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

/// The end of a zip's directory, with another number of entries that begin elsewhere.
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
fn a_broken_zip_is_named_and_no_cut_or_flipped_byte_panics() {
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
fn what_is_unchanged_keeps_what_was_found() {
    let mut study = Study::default();
    for name in ["P/P_1.tif", "P/P_2.tif", "Q/Q_1.tif"] {
        study.add_file(name, &tiff(name.len() as u8)).expect("a slice");
    }
    study.assemble();
    let tickets = [study.ticket(0), study.ticket(1)];
    for case in 0..2 {
        let findings = study.case_mut(case).expect("a case");
        findings.keep(0, map(case as u16 + 1));
        findings.set_edit(0, Some(dot(case)));
    }

    // Another patient, a mask, and a file that was there before: nothing of the two changes.
    study.add_file("A/A_1.tif", &tiff(1)).expect("a slice");
    study.add_file("P/P_1_mask.tif", &mask_tiff(&dot(3))).expect("a mask");
    study.add_file("P/P_2.tif", &tiff(9)).expect("a slice");
    let notes = study.assemble();
    assert!(notes.is_empty(), "{notes:?}");
    assert_eq!(names(&study), ["A: A/A_1.tif", "P: P/P_1.tif P/P_2.tif", "Q: Q/Q_1.tif"]);
    assert_eq!([study.ticket(1), study.ticket(2)], tickets);
    let p = study.case(1).expect("P");
    assert_eq!((p.probability(0), p.edit(0)), (Some(&map(1)), Some(&dot(0))));
    assert_eq!(p.case().slices[0].reference, Some(dot(3)));
    assert_eq!(study.case(2).and_then(|q| q.probability(0)), Some(&map(2)));

    // Another slice of P: it is normalised anew, so the network's part is gone; what was drawn by hand stays.
    study.add_file("P/P_0.tif", &tiff(1)).expect("a slice");
    study.assemble();
    let p = study.case(1).expect("P");
    assert_eq!((p.probability(0), p.probability(1), p.edit(0), p.edit(1)), (None, None, None, Some(&dot(0))));
    assert_ne!(study.ticket(1), tickets[0]);
    assert_eq!(study.ticket(2), tickets[1]);
    // What was under way for the case as it was, is nobody's.
    if let Some(ticket) = tickets[0] {
        study.keep(ticket, 0, map(7));
    }
    assert!(study.case(1).is_some_and(|p| p.probability(0).is_none()));

    study.clear();
    assert_eq!(study.count(), 0);
    study.assemble();
    assert_eq!(study.count(), 0);
}

#[test]
fn other_slices_under_names_that_are_taken_are_refused_with_what_follows_them() {
    let mut study = Study::default();
    for number in 1..=3 {
        study.add_file(&format!("images/{number}.tif"), &tiff(number)).expect("a slice");
    }
    study.assemble();
    // Another patient, who has more slices, below a folder of the same name.
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
    // What comes later is not held against them.
    study.add_file("images/4.tif", &tiff(4)).expect("a slice that was forgotten");
    assert!(study.assemble().is_empty());
    assert_eq!(study.cases().next().map(|case| case.case().slices.len()), Some(4));
}

#[test]
fn a_session_with_two_files_of_one_name_still_opens() {
    let study = found(&[(Some(1), None), (None, Some(2))]);
    let saved = study.save("model", &Settings::default());
    // As versions wrote it that took both.
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
fn a_case_that_more_files_rename_keeps_what_was_found() {
    for (first, second, renamed) in [
        ("p1/FLAIR/1.tif", "p2/FLAIR/1.tif", ["FLAIR", "p1/FLAIR", "p2/FLAIR"]),
        ("all/a_1.tif", "all/b_1.tif", ["all", "all/a", "all/b"]),
    ] {
        let mut study = Study::default();
        study.add_file(first, &tiff(1)).expect("a slice");
        study.assemble();
        let ticket = study.ticket(0);
        let findings = study.case_mut(0).expect("a case");
        findings.keep(0, map(1));
        findings.set_edit(0, Some(dot(4)));
        assert_eq!(names(&study), [format!("{}: {first}", renamed[0])]);

        study.add_file(second, &tiff(2)).expect("a slice");
        assert!(study.assemble().is_empty());
        assert_eq!(names(&study), [format!("{}: {first}", renamed[1]), format!("{}: {second}", renamed[2])]);
        let found: Vec<_> = study.cases().map(|case| (case.probability(0).cloned(), case.edit(0).cloned())).collect();
        assert_eq!(found, [(Some(map(1)), Some(dot(4))), (None, None)]);
        assert_eq!(study.ticket(0), ticket, "the slices are the same");
    }
}

#[test]
fn the_sample_is_a_case_with_references() {
    let mut study = Study::default();
    study.add_sample().expect("the sample is readable");
    assert!(study.assemble().is_empty());
    let case = study.case(0).expect("a case");
    assert!(case.case().slices.len() >= 12);
    assert!(case.case().slices.iter().all(|entry| entry.reference.is_some()));
    assert_eq!(study.count(), 1);
}

// ---- sessions ------------------------------------------------------------------------------------------------------

#[test]
fn another_networks_probabilities_are_left_out_and_that_is_said() {
    let study = found(&[(Some(3), Some(1)), (Some(4), None)]);
    let bytes = study.save("another", &Settings { threshold: 0.5, ..Settings::default() });
    let mut opened = Study::default();
    opened.open(&bytes, MODEL).expect("a session");
    let notes = opened.assemble();
    assert!(notes.iter().any(|note| note.message.contains("another network")), "{notes:?}");
    // It is still so when more files come, and no longer when another session is opened.
    assert_eq!(opened.assemble(), notes);
    opened.clear();
    assert!(opened.assemble().is_empty());
    opened.open(&bytes, MODEL).expect("a session");
    opened.assemble();
    let case = opened.case(0).expect("a case");
    assert_eq!((case.probability(0), case.edit(0), case.probability(1)), (None, Some(&dot(1)), None));
}

#[test]
fn a_session_whose_list_is_larger_than_any_is_not_even_parsed() {
    let zeros = format!("[{}0]", "0,".repeat(1 << 23));
    let error = Study::default().open(&zipped(&[("session.json", zeros.as_bytes())]), MODEL).expect_err("too large");
    assert!(error.to_string().contains("session.json has 16777219 bytes, expected at most 16777216"), "{error}");
}

#[test]
fn what_would_be_refused_is_known_by_its_beginning_and_size() {
    let admit = |size: u64, head: &[u8]| Study::admit("f", size, head).map_err(|error| error.to_string());
    for (head, most) in
        [(&b"II*\0\x08\0\0\0"[..], 1 << 28), (b"\x89PNG\r\n\x1a\n", 1 << 28), (b"PK\x03\x04\x14\0\0\0", 1 << 30)]
    {
        assert_eq!(admit(most, head), Ok(()));
        assert!(admit(most + 1, head).is_err_and(|message| message.contains(&format!("at most {most}"))));
    }
    // What was saved can be opened, however much was open.
    let session = [b"PK\x03\x04", &[0; 26][..], b"session.json"].concat();
    assert_eq!(session.len(), HEAD);
    assert_eq!(admit(3 << 30, &session), Ok(()));
    assert!(admit((3 << 30) + 1, &session).is_err());
    // An empty file, and a film.
    for head in [&b""[..], b"\0\0\0\x18ftyp"] {
        assert!(admit(1 << 40, head).is_err_and(|message| message.contains("not an image")));
    }
}

#[test]
fn a_session_is_told_from_files_and_files_from_a_session() {
    let bytes = found(&[(Some(3), None)]).save(MODEL, &Settings::default());
    let refused = Study::default().add_file("s.zip", &bytes);
    assert!(matches!(refused, Err(Error::File { fault: FileFault::SavedSession, .. })), "{refused:?}");
    for other in [zipped(&[("P/P_1.tif", &tiff(1))]), tiff(1), Vec::new()] {
        let refused = Study::default().open(&other, MODEL);
        assert!(matches!(refused, Err(Error::File { fault: FileFault::Session { .. }, .. })), "{refused:?}");
    }
}

#[test]
fn a_broken_session_leaves_everything_as_it_was() {
    let bytes = found(&[(Some(3), Some(2)), (None, None)]).save(MODEL, &Settings::default());
    let mut study = found(&[(Some(5), None)]);
    for at in (0..bytes.len()).step_by(3) {
        let mut changed = bytes.clone();
        changed[at] ^= 0x2a;
        for bytes in [&changed[..], &bytes[..at]] {
            if study.open(bytes, MODEL).is_err() {
                assert_eq!(study.case(0).and_then(|case| case.probability(0)), Some(&map(5)), "at {at}");
            } else {
                study = found(&[(Some(5), None)]);
            }
        }
    }
}

#[test]
fn settings_that_cannot_be_are_refused() {
    let wrong = Voxel { x: 0.0, y: 1.0, slice: 1.0 };
    for settings in [
        Settings { threshold: 1.5, ..Settings::default() },
        Settings { threshold: 0.5, spacing: vec![None, Some(wrong)], rules: None },
    ] {
        assert!(settings.check().is_err());
        let bytes = Study::default().save(MODEL, &settings);
        assert!(Study::default().open(&bytes, MODEL).is_err());
    }
}

#[test]
fn files_that_are_in_no_case_yet_are_not_saved() {
    let mut study = found(&[(Some(3), Some(2))]);
    let voxel = Voxel { x: 1.0, y: 1.0, slice: 5.0 };
    let settings = Settings { threshold: 0.5, spacing: vec![Some(voxel)], rules: None };
    let before = study.save(MODEL, &settings);
    // It would come before the other, whose spacing it then had.
    study.add_file("A/A_1.tif", &tiff(9)).expect("a slice");
    assert_eq!(study.save(MODEL, &settings), before);
    let mut opened = Study::default();
    let settings = opened.open(&study.save(MODEL, &settings), MODEL).expect("a session");
    opened.assemble();
    let spacings: Vec<_> = opened.measured(&settings).map(|(case, voxel)| (case.case().name.as_str(), voxel)).collect();
    assert_eq!(spacings, [("P", Some(voxel))]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn saved_and_opened_it_is_the_same(
        slices in proptest::collection::vec((any::<Option<u16>>(), proptest::option::of(0_usize..12)), 1..5),
        threshold in (0_u32..=1000).prop_map(thousandths),
        lengths in proptest::option::of((1_u32..20_000, 1_u32..20_000, 1_u32..20_000)),
        rules in proptest::option::of("\\PC{0,20}"),
    ) {
        let study = found(&slices);
        let voxel = lengths.map(|(x, y, slice)| {
            Voxel { x: thousandths(x), y: thousandths(y), slice: thousandths(slice) }
        });
        let settings = Settings { threshold, spacing: vec![voxel], rules };
        let bytes = study.save(MODEL, &settings);
        prop_assert_eq!(&bytes, &study.save(MODEL, &settings));
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
        // And once more, from what was opened.
        prop_assert_eq!(opened.save(MODEL, &settings), bytes);
    }
}

// ---- helpers -------------------------------------------------------------------------------------------------------

/// Numbers as people give them: few digits, which JSON keeps exactly.
fn thousandths(number: u32) -> f64 {
    f64::from(number) / 1000.0
}

/// A slice of 4 by 3 pixels that is unlike those of other numbers.
fn tiff(number: u8) -> Vec<u8> {
    let samples = (0..12).map(|pixel| number.wrapping_mul(17).wrapping_add(pixel)).collect();
    slice_tiff(&Slice::new("", 4, 3, Channels::Grey, Samples::U8(samples)).expect("valid"))
}

fn map(number: u16) -> Probability {
    Probability::new(4, 3, (0..12).map(|pixel| number.wrapping_mul(3001).wrapping_add(pixel)).collect())
}

/// A mask of one pixel.
fn dot(at: usize) -> Mask {
    Mask::new(4, 3, (0..12).map(|pixel| pixel == at).collect())
}

/// One case with what was found on its slices: the number of the probabilities, and the pixel of the edit.
fn found(slices: &[(Option<u16>, Option<usize>)]) -> Study {
    let mut study = Study::default();
    for index in 0..slices.len() {
        study.add_file(&format!("P/P_{index}.tif"), &tiff(index as u8)).expect("a slice");
    }
    study.assemble();
    let findings = study.case_mut(0).expect("a case");
    for (index, &(probability, edit)) in slices.iter().enumerate() {
        if let Some(number) = probability {
            findings.keep(index, map(number));
        }
        findings.set_edit(index, edit.map(dot));
    }
    study
}

fn names(study: &Study) -> Vec<String> {
    let line = |findings: &glioscope::result::findings::Findings| {
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
