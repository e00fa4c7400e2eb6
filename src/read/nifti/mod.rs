//! NIfTI-1 and NIfTI-2 → the upright axial [`Slice`]s of a volume.
//!
//! `.nii` and `.nii.gz`, and `.hdr` with `.img`; both byte orders; every real type of numbers. Of several volumes in one file the
//! first is read.
//!
//! Own code: `nifti` allocates what a header claims before the data is seen, and reads pairs of files from a disk only.

mod geometry;
mod header;
mod inflate;
mod voxels;

use std::sync::Arc;

pub(crate) use header::{Field, Header};
use voxels::Encoding;

use super::planes::{Planes, Values, resliced};
use super::scan::Scan;
use super::{Channels, Limits, ReadNote, Samples, Slice};
use crate::error::{Error, FileFault, Quantity, Result};
use crate::volume::VoxelGrid;

/// Whether these are the first bytes of a NIfTI file, also compressed. Of a compressed file 256 bytes are enough, unless its
/// header has a long name.
pub(super) fn is_nifti(bytes: &[u8]) -> bool {
    header::length(&inflate::head(bytes, 4)).is_some()
}

/// The name of the other file of a volume in two files: for the `ending` `img` that of the voxels of an `.hdr` file, for `hdr` that
/// of the header of an `.img` file. `None` for any other name.
pub fn other_of_pair(name: &str, ending: &str) -> Option<String> {
    let own = if ending == "hdr" { "img" } else { "hdr" };
    let (stem, found) = name.rsplit_once('.')?;
    found.eq_ignore_ascii_case(own).then(|| {
        let upper = found.bytes().all(|byte| byte.is_ascii_uppercase());
        format!("{stem}.{}", if upper { ending.to_uppercase() } else { ending.to_owned() })
    })
}

/// Reads the first volume of a file. `voxels` are the bytes of the `.img` file of a pair.
pub(super) fn read(name: &str, bytes: &[u8], voxels: Option<&[u8]>, limits: &Limits) -> Result<Vec<Slice>> {
    let fault = |fault| Error::in_file(name, fault);
    let volume = Stored::open(bytes, voxels, limits).map_err(fault)?;
    let values = volume.values(bytes, voxels).map_err(fault)?;
    volume.slices(name, values)
}

/// A volume whose header was checked.
struct Stored {
    header: Header,
    encoding: Encoding,
    grid: VoxelGrid,
    /// The place of the first voxel.
    offset: u64,
    notes: Vec<ReadNote>,
}

impl Stored {
    /// Reads the header and judges it, before memory is spent on the voxels.
    fn open(bytes: &[u8], voxels: Option<&[u8]>, limits: &Limits) -> Result<Self, FileFault> {
        let head = inflate::head(bytes, header::LONGEST);
        let unknown = || FileFault::NotAnImage { found: head.iter().take(4).copied().collect() };
        let length = header::length(&head).ok_or_else(unknown)?;
        let found = head.len() as u64;
        let head =
            head.get(..length).ok_or(FileFault::Truncated { what: "the header", needed: length as u64, found })?;
        let header = Header::parse(head)?;
        if header.is_of_pair() != voxels.is_some() {
            return Err(if header.is_of_pair() { FileFault::NoVoxels } else { FileFault::UnexpectedVoxels });
        }
        if let Some(found) = voxels.map(|voxels| voxels.len() as u64).filter(|found| *found > limits.bytes) {
            return Err(FileFault::OverLimit { what: Quantity::Bytes, found, limit: limits.bytes });
        }
        let encoding = Encoding::of(&header)?;
        let ([x, y, z], volumes) = geometry::size(&header)?;
        // Above this no file has enough bytes, and no index fits in memory.
        limits.admit_volume([x, y, z], encoding.samples())?;
        let size = [x as usize, y as usize, z as usize];
        let (grid, mut notes) = geometry::grid(&header, size)?;
        let [columns, rows, slices] = grid.axes().upright([x, y, z]);
        limits.admit(columns, rows, 1, 0)?;
        if slices > limits.pages {
            return Err(FileFault::OverLimit { what: Quantity::Slices, found: slices, limit: limits.pages });
        }
        if volumes > 1 {
            notes.push(ReadNote::FirstVolume { count: volumes });
        }
        notes.extend(resliced(&grid)?);
        let offset = header.get(Field::VOX_OFFSET, 0);
        let least = if header.is_of_pair() { 0.0 } else { header.offset() as f64 };
        // Some programs write 0 for the usual place.
        let offset = if offset == 0.0 { least } else { offset };
        if !(offset >= least && offset.fract() == 0.0) {
            let expected = "a whole number of bytes after the header";
            return Err(FileFault::HeaderValue { field: "vox_offset", found: offset, expected });
        }
        let offset = offset as u64;
        if offset > limits.bytes {
            return Err(FileFault::OverLimit { what: Quantity::Bytes, found: offset, limit: limits.bytes });
        }
        Ok(Self { header, encoding, grid, offset, notes })
    }

    /// Decodes the voxels.
    fn values(&self, bytes: &[u8], voxels: Option<&[u8]>) -> Result<Values, FileFault> {
        let mut source = inflate::source(voxels.unwrap_or(bytes));
        let count = self.grid.size().iter().fold(1, |count, length| count * *length as u64);
        let needed = self.offset + count * self.encoding.size();
        let mut skipped = 0;
        let mut buffer = [0; 4096];
        while skipped < self.offset {
            let some = &mut buffer[..(self.offset - skipped).min(4096) as usize];
            inflate::fill(&mut *source, some, "the last voxel", needed, skipped)?;
            skipped += some.len() as u64;
        }
        self.encoding.read(&mut *source, count, self.offset)
    }

    /// The slices, from the feet to the head.
    fn slices(self, name: &str, values: Values) -> Result<Vec<Slice>> {
        let [columns, rows, count] = self.grid.upright().size();
        let named = |z: usize| if count > 1 { format!("{name}#{}", z + 1) } else { name.to_owned() };
        let planes = Planes::of(&self.grid, &values).map_err(|(z, fault)| Error::in_file(named(z), fault))?;
        let scan = Arc::new(Scan::new(self.grid, self.header, &planes));
        let slice = |(z, plane): (usize, Vec<u16>)| {
            let slice = Slice::new(named(z), columns, rows, Channels::Grey, Samples::U16(plane))?;
            let mut slice = slice.of_scan(Arc::clone(&scan), z);
            self.notes.iter().for_each(|note| slice.note(*note));
            Ok(slice)
        };
        planes.samples.into_iter().enumerate().map(slice).collect()
    }
}
