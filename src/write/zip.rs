//! Many files in one zip. The bytes depend on the files alone, not on the day or the machine.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::rc::Rc;

use zip::result::ZipResult;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Packs `files`, each a path and its bytes, in the order given. `ZipEncoder::add` says how paths change.
///
/// # Panics
///
/// If a file has 4 GiB or more, or a path more than 65,000 bytes.
pub fn zip<B: AsRef<[u8]>>(files: &[(String, B)]) -> Vec<u8> {
    let mut encoder = ZipEncoder::default();
    let mut bytes: Vec<u8> = files.iter().flat_map(|(path, content)| encoder.add(path, content.as_ref())).collect();
    bytes.extend(encoder.finish());
    bytes
}

/// A zip that is made file by file: it keeps the last file that was added, and hands out the bytes of those before.
#[derive(Debug)]
pub(crate) struct ZipEncoder {
    writer: ZipWriter<Sink>,
    /// What `writer` has written.
    written: Rc<RefCell<Written>>,
    taken: Taken,
}

impl Default for ZipEncoder {
    fn default() -> Self {
        let written = Rc::<RefCell<Written>>::default();
        let mut writer = ZipWriter::new(Sink(Rc::clone(&written)));
        // The writer then flushes what it will not change any more.
        writer.set_flush_on_finish_file(true);
        Self { writer, written, taken: Taken::default() }
    }
}

impl ZipEncoder {
    /// Adds a file and returns the bytes of the zip that follow those of the last call. The first call returns none.
    ///
    /// Paths are made safe to unpack anywhere: separators become `/`, roots, drives, `.` and `..` are dropped, and other
    /// colons, which name a stream of a file on Windows, become `_`. A path that is taken gets a number, `a (2).tif` after
    /// `a.tif`. Every file has the date 1980-01-01.
    ///
    /// # Panics
    ///
    /// If the file has 4 GiB or more, or the path more than 65,000 bytes.
    pub(crate) fn add(&mut self, path: &str, bytes: &[u8]) -> Vec<u8> {
        match self.try_add(path, bytes) {
            Ok(()) => std::mem::take(&mut self.written.borrow_mut().final_bytes),
            // Memory takes every byte, and no path is there twice.
            Err(error) => panic!("{path} of {} bytes in a zip: {error}", bytes.len()),
        }
    }

    /// The rest of the zip: the last file and the directory.
    pub(crate) fn finish(self) -> Vec<u8> {
        let Self { writer, written, .. } = self;
        if let Err(error) = writer.finish() {
            unreachable!("memory takes every byte: {error}");
        }
        let Written { mut final_bytes, open, .. } = written.take();
        final_bytes.extend(open.into_inner());
        final_bytes
    }

    fn try_add(&mut self, path: &str, bytes: &[u8]) -> ZipResult<()> {
        let options = SimpleFileOptions::default().last_modified_time(DateTime::default()).unix_permissions(0o644);
        // Compressed files would gain nothing.
        let packed = [".gz", ".nrrd", ".png"].iter().any(|ending| path.ends_with(ending));
        let method = if packed { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        self.writer.start_file(self.taken.unique(safe(path)), options.compression_method(method))?;
        Ok(self.writer.write_all(bytes)?)
    }
}

/// Where a [`ZipEncoder`]'s writer writes to.
#[derive(Debug)]
struct Sink(Rc<RefCell<Written>>);

/// The bytes of a zip that were not handed out yet.
#[derive(Debug, Default)]
struct Written {
    /// Those that cannot change any more.
    final_bytes: Vec<u8>,
    /// Those of the last file: the writer goes back to put its size and checksum before it.
    open: Cursor<Vec<u8>>,
    /// The position of `open` in the zip.
    start: u64,
}

// The writer's type asks for it where it flushes, but it only reads to copy files.
impl Read for Sink {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.0.borrow_mut().open.read(bytes)
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().open.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut written = self.0.borrow_mut();
        let open = std::mem::take(&mut written.open).into_inner();
        written.start += open.len() as u64;
        written.final_bytes.extend(open);
        Ok(())
    }
}

impl Seek for Sink {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let mut written = self.0.borrow_mut();
        let to = match to {
            SeekFrom::Start(at) => {
                let within = at.checked_sub(written.start);
                SeekFrom::Start(within.ok_or_else(|| io::Error::other("these bytes were handed out"))?)
            }
            relative => relative,
        };
        Ok(written.start + written.open.seek(to)?)
    }
}

/// The path without anything that leads out of the folder that a zip is unpacked in.
pub(super) fn safe(path: &str) -> String {
    let parts: Vec<&str> = path
        .split(['/', '\\'])
        .filter(|part| !part.is_empty() && *part != "." && *part != ".." && !part.ends_with(':'))
        .collect();
    if parts.is_empty() { "unnamed".to_owned() } else { parts.join("/").replace(':', "_") }
}

/// The paths that are taken. Upper and lower case are the same, as on many disks.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// In lower case, with how many files have asked for it.
    paths: BTreeMap<String, usize>,
}

impl Taken {
    /// The path, with a number if it is taken.
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
        // Thousands may ask for one path, so each starts from the number of the one before.
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
    fn a_zip_in_pieces_has_the_bytes_of_one_written_at_once() -> ZipResult<()> {
        let noise =
            |seed: u32, length: u32| (0..length).map(|i| (i.wrapping_mul(seed) >> 7) as u8).collect::<Vec<u8>>();
        let files =
            [("a.tif", noise(3, 70_000)), ("b.png", noise(7, 30_000)), ("", vec![]), ("d/e.csv", vec![65; 9_000])];
        let mut whole = ZipWriter::new(Cursor::new(Vec::new()));
        let mut encoder = ZipEncoder::default();
        let mut pieces = Vec::new();
        for (path, bytes) in &files {
            let options = SimpleFileOptions::default().last_modified_time(DateTime::default()).unix_permissions(0o644);
            let method = if path.ends_with(".png") { CompressionMethod::Stored } else { CompressionMethod::Deflated };
            whole.start_file(safe(path), options.compression_method(method))?;
            whole.write_all(bytes)?;
            pieces.push(encoder.add(path, bytes));
            // No more than the last file is kept.
            let kept = encoder.written.borrow().open.get_ref().len();
            assert!(kept <= bytes.len() + 100, "{kept} bytes for one of {}", bytes.len());
        }
        pieces.push(encoder.finish());
        assert!(pieces[0].is_empty() && pieces[1..].iter().all(|piece| !piece.is_empty()));
        assert!(pieces.concat() == whole.finish()?.into_inner());
        Ok(())
    }

    #[test]
    fn a_zip_that_is_given_up_ends_quietly() {
        let mut encoder = ZipEncoder::default();
        encoder.add("a.tif", &[1; 100]);
        encoder.add("b.tif", &[1; 100]);
        drop(encoder);
    }

    #[test]
    fn files_come_back_in_order_and_the_bytes_depend_on_them_alone() -> ZipResult<()> {
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
    fn paths_are_safe_and_unique() -> ZipResult<()> {
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
    fn a_number_that_is_taken_is_skipped() {
        let mut taken = Taken::default();
        let names =
            ["a (2).tif", "a.tif", "A.tif", "a.tif", "a (2).tif", "a.tif"].map(|path| taken.unique(path.to_owned()));
        assert_eq!(names, ["a (2).tif", "a.tif", "A (3).tif", "a (4).tif", "a (2) (2).tif", "a (5).tif"]);
    }
}
