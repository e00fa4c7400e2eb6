//! One archive of many files, the same bytes for the same files on every day and machine.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::{Cursor, Write};

use zip::result::ZipResult;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Packs `files`, each a path and its bytes, in the order given.
///
/// Paths are made safe to unpack anywhere: separators become `/`, roots, drives, `.` and `..` are
/// dropped, and other colons, which name a stream of a file on Windows, become `_`. A path that is taken already gets a number, `a.tif` then `a (2).tif`. All files are dated
/// 1980-01-01, so that the archive depends on nothing but its contents.
///
/// # Panics
///
/// If a file has 4 GiB or more, or a path more than 65,000 bytes.
pub fn zip<B: AsRef<[u8]>>(files: &[(String, B)]) -> Vec<u8> {
    match try_zip(files) {
        Ok(bytes) => bytes,
        // Memory takes every byte, and the paths are unique by now.
        Err(error) => panic!("a zip of {} files: {error}", files.len()),
    }
}

fn try_zip<B: AsRef<[u8]>>(files: &[(String, B)]) -> ZipResult<Vec<u8>> {
    let options = SimpleFileOptions::default().last_modified_time(DateTime::default()).unix_permissions(0o644);
    let mut taken = Taken::default();
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in files {
        // What is compressed already gains nothing.
        let packed = [".gz", ".png"].iter().any(|ending| path.ends_with(ending));
        let method = if packed { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        archive.start_file(taken.unique(safe(path)), options.compression_method(method))?;
        archive.write_all(bytes.as_ref())?;
    }
    Ok(archive.finish()?.into_inner())
}

/// The path below wherever the archive is unpacked.
pub(super) fn safe(path: &str) -> String {
    let parts: Vec<&str> = path
        .split(['/', '\\'])
        .filter(|part| !part.is_empty() && *part != "." && *part != ".." && !part.ends_with(':'))
        .collect();
    if parts.is_empty() { "unnamed".to_owned() } else { parts.join("/").replace(':', "_") }
}

/// Paths that are given away; upper and lower case count as the same, as they do on many disks.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// In lower case, with how many have asked for it.
    paths: BTreeMap<String, usize>,
}

impl Taken {
    /// The path, numbered if it is taken.
    pub(super) fn unique(&mut self, path: String) -> String {
        let (stem, extension) = match path.rfind('.') {
            Some(dot) if !path[dot..].contains('/') => path.split_at(dot),
            _ => (path.as_str(), ""),
        };
        let asked = self.paths.entry(path.to_lowercase()).or_default();
        *asked += 1;
        if *asked == 1 {
            return path;
        }
        // Thousands may ask for one path: each goes on where the one before has ended.
        let mut number = *asked;
        let candidate = loop {
            let candidate = format!("{stem} ({number}){extension}");
            if let Entry::Vacant(free) = self.paths.entry(candidate.to_lowercase()) {
                free.insert(1);
                break candidate;
            }
            number += 1;
        };
        self.paths.insert(path.to_lowercase(), number);
        candidate
    }
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
        assert_eq!(unzip(zip::<Vec<u8>>(&[]))?, []);
        Ok(())
    }

    #[test]
    fn paths_stay_below_and_apart() -> ZipResult<()> {
        let paths =
            ["../x/a.tif", "x\\a.tif", "C:\\x\\A.tif", "/etc/./b", "..", "v1.0/c", "v1.0/c", "C:a.tif", "b:c/d:e"];
        let found = unzip(zip(&paths.map(|path| (path.to_owned(), vec![1]))))?;
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        let expected =
            ["x/a.tif", "x/a (2).tif", "x/A (3).tif", "etc/b", "unnamed", "v1.0/c", "v1.0/c (2)", "C_a.tif", "b_c/d_e"];
        assert_eq!(names, expected);
        Ok(())
    }

    #[test]
    fn a_number_that_is_taken_is_passed_over() {
        let mut taken = Taken::default();
        let names =
            ["a (2).tif", "a.tif", "A.tif", "a.tif", "a (2).tif", "a.tif"].map(|path| taken.unique(path.to_owned()));
        assert_eq!(names, ["a (2).tif", "a.tif", "A (3).tif", "a (4).tif", "a (2) (2).tif", "a (5).tif"]);
    }
}
