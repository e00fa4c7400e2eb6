//! [`Limits`]: how much one file may contain.

use crate::error::{FileFault, Quantity};

/// How much one file may contain. Each count is checked before that much is allocated or walked through.
///
/// [`read`](super::read()) needs the memory of the samples that it returns (alpha included), and during decoding at
/// most as much again for the current slice. For a PNG it also needs twice the size of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Pixels of one slice, with the padding of the outer tiles of a TIFF. Default: 16,777,216 (4096 x 4096).
    pub pixels: u64,
    /// Bytes of the file, and compressed bytes that are decoded from it. Default: 268,435,456 (256 MiB).
    pub bytes: u64,
    /// Pages of a TIFF, and slices of a volume. Default: 1,024.
    pub pages: u64,
    /// Samples of all slices of the file, alpha included: pixels times channels. Default: 268,435,456, which is 512 MiB
    /// at 16 bits. A sample of any other kind than an unsigned integer of at most 16 bits counts as three. 1,024 slices of 256 x 256 in four channels need as many, 400 slices of 512 x 512 in three need more.
    pub samples: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { pixels: 1 << 24, bytes: 1 << 28, pages: 1 << 10, samples: 1 << 28 }
    }
}

impl Limits {
    /// Whether an image of this size may be decoded after `before` samples of the same file.
    pub(super) fn admit(&self, width: u64, height: u64, samples_per_pixel: u64, before: u64) -> Result<(), FileFault> {
        if width == 0 || height == 0 {
            return Err(FileFault::ZeroSized { width, height });
        }
        let found = width.saturating_mul(height);
        // Even without limits, two bytes a sample must be addressable, twice.
        let addressable = isize::MAX as u64 / 4;
        let limit = self.pixels.min(addressable);
        if found > limit {
            return Err(FileFault::OverLimit { what: Quantity::Pixels, found, limit });
        }
        let found = before.saturating_add(found.saturating_mul(samples_per_pixel));
        let limit = self.samples.min(addressable);
        if found > limit {
            return Err(FileFault::OverLimit { what: Quantity::Samples, found, limit });
        }
        Ok(())
    }

    /// Whether a volume of this size may be decoded, where each voxel takes `samples` samples.
    pub(super) fn admit_volume(&self, size: [u64; 3], samples: u64) -> Result<(), FileFault> {
        let found = size.into_iter().fold(samples, u64::saturating_mul);
        let limit = self.samples.min(isize::MAX as u64 / 4);
        if found > limit {
            return Err(FileFault::OverLimit { what: Quantity::Samples, found, limit });
        }
        Ok(())
    }
}

/// An empty list with room for `len` values, or a fault instead of an abort if the memory is not available.
pub(super) fn reserved<T>(len: u64) -> Result<Vec<T>, FileFault> {
    let fault = || FileFault::Memory { bytes: len.saturating_mul(size_of::<T>() as u64) };
    let mut list = Vec::new();
    list.try_reserve_exact(usize::try_from(len).map_err(|_| fault())?).map_err(|_| fault())?;
    Ok(list)
}

/// A zeroed buffer of `len` values, or a fault instead of an abort if the memory is not available.
pub(super) fn zeroed<T: Clone + Default>(len: u64) -> Result<Vec<T>, FileFault> {
    let mut buffer = reserved(len)?;
    buffer.resize(len as usize, T::default());
    Ok(buffer)
}
