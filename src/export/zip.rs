//! One archive of many files, the same bytes for the same files on every day and machine.

use std::collections::BTreeSet;
use std::io::{Cursor, Write};

use zip::result::ZipResult;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Packs `files`, each a path and its bytes, in the order given.
///
/// Paths are made safe to unpack anywhere: separators become `/`, and roots, drives, `.` and `..` are
/// dropped. A path that is taken already gets a number, `a.tif` then `a (2).tif`. All files are dated
/// 1980-01-01, so that the archive depends on nothing but its contents.
///
/// # Panics
///
/// If a file has 4 GiB or more.
pub fn zip(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    match try_zip(files) {
        Ok(bytes) => bytes,
        // Memory takes every byte, and the paths are unique by now.
        Err(error) => panic!("a zip of {} files: {error}", files.len()),
    }
}

fn try_zip(files: &[(String, Vec<u8>)]) -> ZipResult<Vec<u8>> {
    let options = SimpleFileOptions::default().last_modified_time(DateTime::default()).unix_permissions(0o644);
    let mut taken = BTreeSet::new();
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in files {
        // What is compressed already gains nothing.
        let packed = [".gz", ".png"].iter().any(|ending| path.ends_with(ending));
        let method = if packed { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        archive.start_file(unique(safe(path), &mut taken), options.compression_method(method))?;
        archive.write_all(bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}

/// The path below wherever the archive is unpacked.
pub(super) fn safe(path: &str) -> String {
    let parts: Vec<&str> = path
        .split(['/', '\\'])
        .filter(|part| !part.is_empty() && *part != "." && *part != ".." && !part.ends_with(':'))
        .collect();
    if parts.is_empty() { "unnamed".to_owned() } else { parts.join("/") }
}

/// The path, numbered if it is taken; upper and lower case count as the same, as they do on many disks.
pub(super) fn unique(path: String, taken: &mut BTreeSet<String>) -> String {
    let (stem, extension) = match path.rfind('.') {
        Some(dot) if !path[dot..].contains('/') => path.split_at(dot),
        _ => (path.as_str(), ""),
    };
    let mut candidate = path.clone();
    let mut number = 2;
    while !taken.insert(candidate.to_lowercase()) {
        candidate = format!("{stem} ({number}){extension}");
        number += 1;
    }
    candidate
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use zip::ZipArchive;

    use super::*;

    fn unzip(bytes: Vec<u8>) -> ZipResult<Vec<(String, Vec<u8>)>> {
        let mut archive = ZipArchive::new(Cursor::new(bytes))?;
        let mut files = Vec::new();
        for index in 0..archive.len() {
            let mut file = archive.by_index(index)?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            let name = file.name().to_owned();
            files.push((name, bytes));
        }
        Ok(files)
    }

    #[test]
    fn files_come_back_in_order_and_bytes_depend_on_nothing_else() -> ZipResult<()> {
        let files = [
            ("b/2_mask.tif".to_owned(), vec![255; 70_000]),
            ("a.csv".to_owned(), b"case\n".to_vec()),
            ("ü".to_owned(), vec![]),
        ];
        let bytes = zip(&files);
        assert!(bytes.len() < 1_000, "{} bytes", bytes.len());
        assert_eq!(bytes, zip(&files));
        assert_eq!(unzip(bytes)?, files);
        assert_eq!(unzip(zip(&[]))?, []);
        Ok(())
    }

    #[test]
    fn paths_stay_below_and_apart() -> ZipResult<()> {
        let paths = ["../x/a.tif", "x\\a.tif", "C:\\x\\A.tif", "/etc/./b", "..", "v1.0/c", "v1.0/c"];
        let found = unzip(zip(&paths.map(|path| (path.to_owned(), vec![1]))))?;
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["x/a.tif", "x/a (2).tif", "x/A (3).tif", "etc/b", "unnamed", "v1.0/c", "v1.0/c (2)"]);
        Ok(())
    }
}
