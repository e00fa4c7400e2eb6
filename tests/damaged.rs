//! Damaged files: each fixture with random changes is read, or an error names it. A panic fails the test. libFuzzer goes
//! much further (`fuzz/`); this takes seconds and runs with the other tests.
#![cfg(not(target_arch = "wasm32"))]

use std::fs;
use std::path::{Path, PathBuf};

use glioscope::layout::assemble;
use glioscope::random::Rng;
use glioscope::read::zip::{ZipLimits, unpack};
use glioscope::read::{self, Limits};

/// Those of the fuzz targets: small, so that the time goes into structures and not into sizes.
const LIMITS: Limits = Limits { pixels: 1 << 16, bytes: 1 << 20, pages: 64, samples: 1 << 18 };
const ZIP_LIMITS: ZipLimits = ZipLimits { entries: 64, packed: 1 << 20, bytes: 1 << 20, file: 1 << 18 };

/// Changed copies of each file.
const COPIES: u64 = 1000;

#[test]
fn a_damaged_image_is_read_or_named() {
    let files = files("tests/fixtures");
    assert!(files.len() > 100, "{} fixtures", files.len());
    let (mut read, mut refused) = (0, 0);
    for (seed, bytes) in files.iter().enumerate() {
        for copy in 0..COPIES {
            let mut rng = Rng::new(seed as u64, copy);
            let damaged = damaged(bytes, &files[rng.below(files.len())], &mut rng);
            match read::read("damaged", &damaged, &LIMITS) {
                Ok(slices) => {
                    let samples: usize = slices.iter().map(|slice| slice.samples().len()).sum();
                    assert!(samples as u64 <= LIMITS.samples, "file {seed}, copy {copy}");
                    let assembly = assemble(slices);
                    assert!(assembly.cases.iter().all(|case| !case.slices.is_empty()), "file {seed}, copy {copy}");
                    read += 1;
                }
                Err(error) => {
                    assert!(error.to_string().starts_with("damaged"), "{error}");
                    refused += 1;
                }
            }
        }
    }
    // Both ways are taken.
    assert!(read > 10_000 && refused > 10_000, "{read} read, {refused} refused");
}

#[test]
fn a_damaged_zip_stays_within_its_limits() {
    let files = files("fuzz/seeds/zip");
    assert!(!files.is_empty());
    for (seed, bytes) in files.iter().enumerate() {
        for copy in 0..10 * COPIES {
            let mut rng = Rng::new(seed as u64, copy);
            let damaged = damaged(bytes, &files[rng.below(files.len())], &mut rng);
            if let Ok(contents) = unpack("damaged.zip", &damaged, &ZIP_LIMITS) {
                let unpacked: usize = contents.files.iter().map(|(_, bytes)| bytes.len()).sum();
                assert!(unpacked as u64 <= ZIP_LIMITS.bytes, "file {seed}, copy {copy}");
            }
        }
    }
}

/// `bytes` with up to four bytes replaced, mostly near the start, where the headers are. One copy in four is cut off, and
/// one in four continues with the end of `other`.
fn damaged(bytes: &[u8], other: &[u8], rng: &mut Rng) -> Vec<u8> {
    let mut damaged = bytes.to_vec();
    if damaged.is_empty() {
        return damaged;
    }
    for _ in 0..1 + rng.below(4) {
        let near = if rng.chance(0.7) { damaged.len().min(512) } else { damaged.len() };
        let at = rng.below(near);
        damaged[at] = match rng.below(4) {
            0 => 0,
            1 => u8::MAX,
            2 => damaged[at] ^ (1 << rng.below(8)),
            _ => rng.next_u64() as u8,
        };
    }
    match rng.below(4) {
        0 => damaged.truncate(rng.below(bytes.len())),
        1 => {
            damaged.truncate(rng.below(bytes.len()));
            damaged.extend_from_slice(&other[other.len().min(damaged.len())..]);
        }
        _ => {}
    }
    damaged
}

/// The contents of all files in a folder of the repository, with its sub-folders.
fn files(folder: &str) -> Vec<Vec<u8>> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { walk(&path, found) } else { found.push(path) }
        }
    }
    let mut paths = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut paths);
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("readable")).collect()
}
