#![no_main]
//! Zips: any bytes, and zips that the library writes from any names and contents.

use std::collections::BTreeMap;

use glioscope::read::zip::{ZipLimits, unpack};
use glioscope::write::zip;
use libfuzzer_sys::fuzz_target;

const LIMITS: ZipLimits = ZipLimits { entries: 64, packed: 1 << 20, bytes: 1 << 20, file: 1 << 18 };

fuzz_target!(|bytes: &[u8]| {
    let Some((&kind, rest)) = bytes.split_first() else { return };
    if kind == b'P' {
        check("any.zip", bytes);
        return;
    }
    // Lines are names and contents in turn.
    let pieces: Vec<&[u8]> = rest.split(|&byte| byte == b'\n').take(64).collect();
    let files: BTreeMap<String, Vec<u8>> =
        pieces.chunks_exact(2).map(|pair| (String::from_utf8_lossy(pair[0]).into_owned(), pair[1].to_vec())).collect();
    let files: Vec<(String, Vec<u8>)> = files.into_iter().collect();
    check("own.zip", &zip(&files));
});

/// The bytes that the zip crate allocates for the 65,535 entries that a zip of 22 bytes can claim, 232 for each.
const CLAIMED: usize = (1 << 16) * 232;

fn check(name: &str, bytes: &[u8]) {
    let Some(contents) =
        glioscope_fuzz::metered(bytes.len() + LIMITS.bytes as usize + CLAIMED, || unpack(name, bytes, &LIMITS).ok())
    else {
        return;
    };
    assert!(contents.files.len() + contents.refused.len() <= LIMITS.entries as usize);
    assert!(contents.files.iter().map(|(_, bytes)| bytes.len() as u64).sum::<u64>() <= LIMITS.bytes);
    for (path, bytes) in &contents.files {
        assert!(
            bytes.len() as u64 <= LIMITS.file && !bytes.starts_with(b"PK\x03\x04"),
            "a zip inside a zip is not read"
        );
        let mut parts = path.split(['/', '\\']);
        assert!(!path.starts_with(['/', '\\']) && parts.all(|part| part != ".."), "{path:?} points outside the zip");
    }
}
