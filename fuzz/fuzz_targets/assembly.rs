#![no_main]
//! Case assembly: slices with any names and sizes become cases, each slice once, in any order.

use std::collections::BTreeSet;

use glioscope::layout::{Assembly, assemble, natural_order};
use glioscope::read::{Channels, Samples, Slice};
use libfuzzer_sys::fuzz_target;

/// Parts of names, chosen to collide.
const PIECES: [&str; 40] = [
    "a",
    "B",
    "_",
    "-",
    " ",
    ".",
    "/",
    "\\",
    "#",
    "(",
    ")",
    "0",
    "1",
    "2",
    "10",
    "007",
    "_mask",
    "_MASK",
    ".tif",
    ".TIFF",
    ".png",
    ".0001",
    "..",
    "É",
    "İ",
    "ß",
    "😀",
    "\u{301}",
    "\0",
    "\n",
    "99999999999999999999",
    "mask",
    "labels/",
    "images/",
    "_flair",
    "_t1",
    "_t1ce",
    "_0000",
    "_0001",
    "_0002",
];

fuzz_target!(|bytes: &[u8]| {
    let slices = slices(bytes);
    let count = slices.len();
    let mut backwards = slices.clone();
    backwards.reverse();
    let assembly = assemble(slices);
    let slices = assembly.cases.iter().flat_map(|case| &case.slices);
    let used: usize = slices.map(|s| 1 + usize::from(s.reference.is_some()) + s.contrast_files.len()).sum();
    let unused: usize = assembly.notes.iter().map(|note| note.unused()).sum();
    assert_eq!(used + unused, count, "every slice is used or noted once");
    let names: BTreeSet<&str> = assembly.cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), assembly.cases.len(), "case names are unique");
    for case in &assembly.cases {
        assert!(!case.slices.is_empty() && !case.name.is_empty());
        for entry in &case.slices {
            let size = [entry.slice.width(), entry.slice.height()];
            assert!(entry.reference.as_ref().is_none_or(|mask| [mask.width(), mask.height()] == size));
        }
    }
    assert!(assembly.cases.is_sorted_by(|a, b| natural_order(&a.name, &b.name).is_le()));
    assert_eq!(description(&assembly), description(&assemble(backwards)), "the order does not matter");
});

/// One name per line. A byte above 127 is a part, any other a character.
fn slices(bytes: &[u8]) -> Vec<Slice> {
    let lines = bytes.split(|&byte| byte == b'\n').take(64);
    lines
        .map(|line| {
            let (size, line) = line.split_first().unwrap_or((&0, &[]));
            let name: String = line
                .iter()
                .flat_map(|&byte| match byte {
                    128.. => PIECES[usize::from(byte) % PIECES.len()].chars().collect::<Vec<_>>(),
                    _ => vec![char::from(byte)],
                })
                .collect();
            let (width, height) = (1 + usize::from(size & 1), 1 + usize::from(size >> 1 & 1));
            let channels = if size & 4 == 0 { Channels::Grey } else { Channels::Rgb };
            let samples = vec![*size; width * height * channels.count()];
            Slice::new(name, width, height, channels, Samples::U8(samples)).expect("valid by construction")
        })
        .collect()
}

fn description(assembly: &Assembly) -> String {
    let notes: Vec<String> = assembly.notes.iter().map(ToString::to_string).collect();
    format!("{:?} {notes:?}", assembly.cases)
}
