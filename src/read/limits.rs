//! [`Limits`]: what one file may ask for.

use crate::error::FileFault;

/// What one file may ask for. Every count is checked before anything of that size is allocated or walked through.
///
/// The memory that [`read`] takes beyond the file itself is that of the samples it returns (alpha included), while it
/// decodes at most as much again for the slice in hand, and for a PNG twice the file and, while a colour profile in it is passed
/// over, at most four samples a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Pixels of one slice, width times height; in a tiled TIFF the padding of the outer tiles counts too. By default
    /// 16,777,216 (4096 x 4096).
    pub pixels: u64,
    /// Bytes of one file, and compressed bytes decoded from it. By default 268,435,456 (256 MiB).
    pub bytes: u64,
    /// Pages of one TIFF. By default 1,024.
    pub pages: u64,
    /// Samples of all slices of one file together, alpha included: pixels times channels. By default 268,435,456, that
    /// is 512 MiB at 16 bits; 400 slices of 512 x 512 in three channels need more, 256 x 256 never do.
    pub samples: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { pixels: 1 << 24, bytes: 1 << 28, pages: 1 << 10, samples: 1 << 28 }
    }
}

impl Limits {
    /// `Ok` if an image of this size may be decoded after `before` samples of the same file.
    pub(super) fn admit(&self, width: u64, height: u64, samples_per_pixel: u64, before: u64) -> Result<(), FileFault> {
        if width == 0 || height == 0 {
            return Err(FileFault::ZeroSized { width, height });
        }
        let found = width.saturating_mul(height);
        // However wide the limits: twice as many bytes as samples, at least, must be addressable on this machine.
        let addressable = isize::MAX as u64 / 4;
        let limit = self.pixels.min(addressable);
        if found > limit {
            return Err(FileFault::OverLimit { what: "pixels", found, limit });
        }
        let found = before.saturating_add(found.saturating_mul(samples_per_pixel));
        let limit = self.samples.min(addressable);
        if found > limit {
            return Err(FileFault::OverLimit { what: "samples", found, limit });
        }
        Ok(())
    }
}

/// A zeroed buffer of `len` values, or a fault instead of an abort where the memory is not to be had.
pub(super) fn zeroed<T: Clone + Default>(len: u64) -> Result<Vec<T>, FileFault> {
    let fault = || FileFault::Memory { bytes: len.saturating_mul(size_of::<T>() as u64) };
    let len = usize::try_from(len).map_err(|_| fault())?;
    let mut buffer = Vec::new();
    buffer.try_reserve_exact(len).map_err(|_| fault())?;
    buffer.resize(len, T::default());
    Ok(buffer)
}
