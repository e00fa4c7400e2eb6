//! A zip that was handed in → the files in it.
//!
//! Nothing is written anywhere, so a zip can do harm only by its size: [`ZipLimits`] says how much of it is read, counted as
//! it is decompressed, whatever its headers claim, and a ration how often the same bytes may be read again. What
//! operating systems leave in folders is passed over; every other entry that is not read is named.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::io::{self, Cursor, Read, Seek, SeekFrom};

use memchr::memmem;
use zip::ZipArchive;
use zip::read::ZipFile;

use crate::error::{Error, FileFault, Quantity, Result};

/// What one zip may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZipLimits {
    /// Entries, folders included. By default 32,768: the dataset, 110 patients with their masks, has 7,969.
    pub entries: u64,
    /// Bytes of the zip itself. By default 1,073,741,824 (1 GiB): the dataset's has 0.7.
    pub packed: u64,
    /// Bytes of all its files together, decompressed. By default 2,147,483,648 (2 GiB), which is half of what a page can
    /// address; the whole dataset has 1 GiB.
    pub bytes: u64,
    /// Bytes of one of its files, decompressed. By default as [`read::Limits`](crate::read::Limits) has it, 256 MiB.
    pub file: u64,
}

/// What is in a zip.
#[derive(Debug)]
pub struct Contents {
    /// Names with their folders and bytes, in the zip's order.
    pub files: Vec<(String, Vec<u8>)>,
    /// The entries that are not read, each with its name and the reason.
    pub refused: Vec<Error>,
}

impl Default for ZipLimits {
    fn default() -> Self {
        Self { entries: 1 << 15, packed: 1 << 30, bytes: 1 << 31, file: crate::read::Limits::default().bytes }
    }
}

/// Whether these are the first bytes of a zip.
pub fn is_zip(bytes: &[u8]) -> bool {
    // An entry's header, or at once the end of an empty one.
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// Reads every file of the zip `bytes`; `name` is what it was handed in as.
///
/// A file keeps the folders that it has in the zip, below the zip's own; one without any is put in a folder of the zip's
/// name, so that `scan.zip` is the case that the folder `scan` would be. Not read, and named in
/// [`Contents::refused`]: zips within the zip, links, names that lead out of it, all files of a name but the last, and what
/// cannot be decompressed (encrypted, or in a way other than Deflate). Hidden files, `__MACOSX`, `Thumbs.db` and `desktop.ini` are passed over.
///
/// # Errors
///
/// [`FileFault::Zip`] where the zip as a whole cannot be read, [`FileFault::OverLimit`] where it has more of something
/// than `limits` allows, where it takes more than 512 bytes of directory for each entry that they allow, or where its files
/// share their compressed bytes: nothing of it is read then.
pub fn unpack(name: &str, bytes: &[u8], limits: &ZipLimits) -> Result<Contents> {
    let Contents { files, mut refused } = extract(name, bytes, limits)?;
    let (nested, files): (Vec<_>, Vec<_>) = files.into_iter().partition(|(_, bytes)| is_zip(bytes));
    refused.extend(nested.into_iter().map(|(name, _)| Error::in_file(name, FileFault::NestedZip)));
    Ok(Contents { files, refused })
}

/// As [`unpack`], whatever the files are.
pub(crate) fn extract(name: &str, bytes: &[u8], limits: &ZipLimits) -> Result<Contents> {
    let fault = |fault| Error::in_file(name, fault);
    let over = |what, found, limit| fault(FileFault::OverLimit { what, found, limit });
    limits.admit(name, bytes.len() as u64)?;
    // Before the unpacker sets memory aside for as many.
    let claimed = claimed(bytes);
    if claimed > limits.entries {
        return Err(over(Quantity::Entries, claimed, limits.entries));
    }
    let directory = limits.entries.saturating_mul(DIRECTORY_ENTRY).saturating_add(DIRECTORY_END);
    let ration = Cell::new(directory);
    let source = Ration { bytes: Cursor::new(bytes), left: &ration };
    let mut archive = ZipArchive::new(source).map_err(|source| match ration.get() {
        0 => over(Quantity::DirectoryBytes, directory + 1, directory),
        _ => fault(FileFault::Zip { source }),
    })?;
    let found = archive.len() as u64;
    if found > limits.entries {
        return Err(over(Quantity::Entries, found, limits.entries));
    }
    // The unpacker gives the last of them alone.
    let repeated = repeated(bytes, archive.central_directory_start());
    let refused = repeated
        .into_iter()
        .filter(|entry| !is_folder(entry) && !is_litter(entry))
        .map(|entry| Error::in_file(below(name, &entry), FileFault::Repeated));
    let mut contents = Contents { files: Vec::new(), refused: refused.collect() };
    let mut left = limits.bytes;
    // Files of their own take no more than the zip has; twice as much leaves room for headers that are read again.
    let compressed = 2 * bytes.len() as u64;
    ration.set(compressed);
    for index in 0..archive.len() {
        // The name is known even where the data is not to be had.
        let entry = archive.name_for_index(index).unwrap_or_default().to_owned();
        if is_folder(&entry) || is_litter(&entry) {
            continue;
        }
        let opened = archive.by_index(index);
        let entry = opened.as_ref().ok().and_then(utf8_name).unwrap_or(entry);
        let path = below(name, &entry);
        let read = match opened {
            _ if leads_out(&entry) => Err(FileFault::UnsafeName),
            Ok(file) => read(file, limits, &mut left),
            Err(source) => Err(FileFault::Zip { source }),
        };
        match read {
            Ok(file) => contents.files.push((path, file)),
            // Of the zip, not of the file.
            Err(excess @ FileFault::OverLimit { what: Quantity::UnpackedBytes, .. }) => return Err(fault(excess)),
            Err(_) if ration.get() == 0 => {
                return Err(over(Quantity::OverlappingBytes, compressed + 1, compressed));
            }
            Err(fault) => contents.refused.push(Error::in_file(path, fault)),
        }
    }
    Ok(contents)
}

impl ZipLimits {
    /// `Ok` if a zip of so many bytes is read at all.
    ///
    /// # Errors
    ///
    /// [`FileFault::OverLimit`] if it is not.
    pub(crate) fn admit(&self, name: &str, found: u64) -> Result<()> {
        if found > self.packed {
            return Err(Error::in_file(
                name,
                FileFault::OverLimit { what: Quantity::Bytes, found, limit: self.packed },
            ));
        }
        Ok(())
    }
}

/// The most entries that an end of the directory of 64 bits claims: the unpacker sets memory aside for all of them before it
/// looks for the first, some 200 bytes each.
fn claimed(bytes: &[u8]) -> u64 {
    const RECORD: usize = 40;
    let records = memmem::find_iter(bytes, b"PK\x06\x06").filter_map(|at| bytes.get(at..at + RECORD));
    let number = |record: &[u8], at: usize| record[at..].first_chunk().map_or(0, |&number| u64::from_le_bytes(number));
    // Its own length stands before it, which chance would hardly make less than the file's.
    let sound = records.filter(|record| number(record, 4) < bytes.len() as u64);
    sound.map(|record| number(record, 24).max(number(record, 32))).max().unwrap_or(0)
}

/// The names in the directory at `start` that others after them have too, each once.
fn repeated(bytes: &[u8], start: u64) -> BTreeSet<String> {
    const HEADER: usize = 46;
    let (mut seen, mut repeated) = (BTreeSet::new(), BTreeSet::new());
    let mut rest = usize::try_from(start).ok().and_then(|start| bytes.get(start..)).unwrap_or_default();
    while let Some((header, behind)) = rest.split_first_chunk::<HEADER>()
        && header.starts_with(b"PK\x01\x02")
    {
        let [name, extra, comment] =
            [28, 30, 32].map(|at| usize::from(u16::from_le_bytes([header[at], header[at + 1]])));
        let Some(own) = behind.get(..name) else { break };
        if !seen.insert(own) {
            repeated.insert(String::from_utf8_lossy(own).into_owned());
        }
        rest = behind.get(name + extra + comment..).unwrap_or_default();
    }
    repeated
}

/// Bytes of directory that an entry may take: 46 and its name, its extra fields and its comment, which are seldom more
/// than 200.
const DIRECTORY_ENTRY: u64 = 512;

/// Bytes that the end of the directory may take: it is searched through a comment of at most 64 KiB, twice where it is
/// one of 64 bits.
const DIRECTORY_END: u64 = 1 << 18;

/// A zip's bytes, of which only so many are read: in a hostile one the end of the directory stands again and again, each to
/// be tried with the whole directory, and thousands of entries share the same compressed bytes.
struct Ration<'a> {
    bytes: Cursor<&'a [u8]>,
    left: &'a Cell<u64>,
}

impl Read for Ration<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left.get();
        if left == 0 && !buffer.is_empty() {
            return Err(io::Error::other("too much is read again"));
        }
        let most = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let read = self.bytes.read(&mut buffer[..most])?;
        self.left.set(left - read as u64);
        Ok(read)
    }
}

impl Seek for Ration<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.bytes.seek(to)
    }
}

fn read(entry: ZipFile<'_, Ration<'_>>, limits: &ZipLimits, left: &mut u64) -> Result<Vec<u8>, FileFault> {
    if entry.is_symlink() {
        return Err(FileFault::Link);
    }
    let mut bytes = Vec::new();
    let most = limits.file.min(*left);
    // One more than may be: that tells a file that fits from one that was cut.
    let read = entry.take(most.saturating_add(1)).read_to_end(&mut bytes);
    let found = bytes.len() as u64;
    if found > *left {
        return Err(FileFault::OverLimit {
            what: Quantity::UnpackedBytes,
            found: limits.bytes.saturating_add(1),
            limit: limits.bytes,
        });
    }
    // What was decompressed has cost its time, whether it is kept or not.
    *left -= found;
    if found > limits.file {
        return Err(FileFault::OverLimit { what: Quantity::Bytes, found, limit: limits.file });
    }
    read.map_err(|source| FileFault::Zip { source: source.into() })?;
    // Reading on and on has made room for up to twice as many.
    bytes.shrink_to_fit();
    Ok(bytes)
}

fn is_folder(name: &str) -> bool {
    name.ends_with(['/', '\\'])
}

/// What operating systems leave in folders; `www/drop.js` has the same list for folders.
fn is_litter(name: &str) -> bool {
    let mut parts = name.split(['/', '\\']);
    let file = parts.next_back().unwrap_or_default();
    file.starts_with('.')
        || ["thumbs.db", "desktop.ini"].iter().any(|litter| file.eq_ignore_ascii_case(litter))
        || parts.any(|folder| folder == "__MACOSX")
}

/// Whether the name is not of something below the zip.
fn leads_out(name: &str) -> bool {
    let mut parts = name.split(['/', '\\']);
    name.starts_with(['/', '\\']) || name.contains('\0') || parts.any(|part| part == ".." || part.ends_with(':'))
}

/// The name as it stands in the zip, where that is UTF-8: macOS writes it so and does not say it.
fn utf8_name(entry: &ZipFile<'_, Ration<'_>>) -> Option<String> {
    std::str::from_utf8(entry.name_raw()).ok().map(str::to_owned)
}

fn below(zip: &str, entry: &str) -> String {
    let (folder, stem) = folder_and_stem(zip);
    let mut entry = entry;
    // Some programs begin every name with the folder that was packed.
    while let Some(rest) = entry.strip_prefix("./") {
        entry = rest.trim_start_matches('/');
    }
    let own = if entry.contains(['/', '\\']) { "" } else { stem };
    joined([folder, own, entry])
}

/// The `number`-th place of a file of the zip `zip`, for as long as another file has those before: as [`unpack`] gave it,
/// below a folder of the zip's name, below that name with a number.
pub(crate) fn apart(zip: &str, path: &str, number: usize) -> String {
    let (folder, stem) = folder_and_stem(zip);
    let entry = path.strip_prefix(folder).unwrap_or(path).trim_start_matches('/');
    match number {
        0 => path.to_owned(),
        1 => joined([folder, stem, entry]),
        _ => joined([folder, &format!("{stem} ({number})"), entry]),
    }
}

/// The folder of a file, without a slash at its end, and its name without extension.
fn folder_and_stem(path: &str) -> (&str, &str) {
    let (folder, file) = path.rsplit_once(['/', '\\']).unwrap_or(("", path));
    (folder, file.rsplit_once('.').map_or(file, |(stem, _)| stem))
}

fn joined(parts: [&str; 3]) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}
