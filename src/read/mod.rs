//! File bytes → [`Slice`]s: TIFF and PNG, by their first bytes, never by their name.
//!
//! What is read: unsigned samples of 8 or 16 bits, one channel or three, an alpha channel dropped. Anything else is a
//! [`FileFault`] that carries the values; a file cannot panic the reader, and it cannot make it allocate more than
//! [`Limits`] says.

mod png;
mod spacing;
mod tiff;
pub mod zip;

pub use spacing::Spacing;
pub use zip::ZipLimits;

use std::sync::Arc;

use crate::error::{Error, FileFault, Result};

/// One 2-D image of a case, validated: as many samples as width, height and channels say, and at least one pixel. Its clones
/// share the samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice {
    name: String,
    width: usize,
    height: usize,
    channels: Channels,
    samples: Arc<Samples>,
    spacing: Option<Spacing>,
}

/// How many channels a slice has; an alpha channel is dropped on reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channels {
    /// One channel: it serves as FLAIR for all three of the network's inputs.
    Grey,
    /// Pre-contrast, FLAIR and post-contrast, interleaved.
    Rgb,
}

/// The pixels as the file stores them, row by row from the top left, channels interleaved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Samples {
    /// 8-bit unsigned.
    U8(Vec<u8>),
    /// 16-bit unsigned.
    U16(Vec<u16>),
}

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

/// Reads one file; `name` only names it in the slices and in errors.
///
/// A multi-page TIFF gives one slice a page, in the file's order, each of its own size and named `name#1`, `name#2`
/// and so on; any other file gives one slice called `name`. Pixels are taken as stored: no orientation, gamma or
/// colour profile is applied.
///
/// # Errors
///
/// [`Error::File`] with the [`FileFault`]; a fault of one page of several is under that page's name, and fails the
/// file.
pub fn read(name: &str, bytes: &[u8], limits: &Limits) -> Result<Vec<Slice>> {
    admit(name, bytes.len() as u64, bytes, limits)?;
    if tiff::is_tiff(bytes) { tiff::read(name, bytes, limits) } else { Ok(vec![png::read(name, bytes, limits)?]) }
}

/// `Ok` if a file of `size` bytes that begins with `head`, 8 bytes or more where it has them, is one that [`read`] would look
/// into.
///
/// # Errors
///
/// [`FileFault::NotAnImage`] and [`FileFault::OverLimit`], as [`read`] has them.
pub(crate) fn admit(name: &str, size: u64, head: &[u8], limits: &Limits) -> Result<()> {
    if !tiff::is_tiff(head) && !png::is_png(head) {
        let found = head.iter().take(4).copied().collect();
        return Err(Error::in_file(name, FileFault::NotAnImage { found }));
    }
    if size > limits.bytes {
        return Err(Error::in_file(name, FileFault::OverLimit { what: "bytes", found: size, limit: limits.bytes }));
    }
    Ok(())
}

impl Slice {
    /// A slice of `width` by `height` pixels from interleaved `samples`, without a spacing.
    ///
    /// # Errors
    ///
    /// [`FileFault::ZeroSized`] without a pixel, [`FileFault::SampleCount`] if `samples` is not of the length
    /// `width * height * channels.count()`.
    pub fn new(
        name: impl Into<String>,
        width: usize,
        height: usize,
        channels: Channels,
        samples: Samples,
    ) -> Result<Self> {
        let name = name.into();
        if width == 0 || height == 0 {
            let fault = FileFault::ZeroSized { width: width as u64, height: height as u64 };
            return Err(Error::in_file(name, fault));
        }
        let expected = (width as u128 * height as u128).saturating_mul(channels.count() as u128);
        if expected != samples.len() as u128 {
            return Err(Error::in_file(name, FileFault::SampleCount { expected, found: samples.len() }));
        }
        Ok(Self { name, width, height, channels, samples: Arc::new(samples), spacing: None })
    }

    /// The same slice with the spacing that is known for it.
    #[must_use]
    pub fn with_spacing(mut self, spacing: Option<Spacing>) -> Self {
        self.spacing = spacing;
        self
    }

    /// The same slice with FLAIR alone, grey: the second of three channels, or the only one.
    #[must_use]
    pub fn flair(&self) -> Self {
        let second = |samples: &Samples| match samples {
            Samples::U8(samples) => Samples::U8(samples.iter().skip(1).step_by(3).copied().collect()),
            Samples::U16(samples) => Samples::U16(samples.iter().skip(1).step_by(3).copied().collect()),
        };
        match self.channels {
            Channels::Grey => self.clone(),
            Channels::Rgb => {
                let samples = Arc::new(second(&self.samples));
                Self { channels: Channels::Grey, samples, ..self.clone() }
            }
        }
    }

    /// The file's name as it was handed in, with folders, and `#page` if the file has several.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Columns, at least 1.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows, at least 1.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Grey or RGB.
    pub fn channels(&self) -> Channels {
        self.channels
    }

    /// All samples, row by row, channels interleaved.
    pub fn samples(&self) -> &Samples {
        &self.samples
    }

    /// Millimetres per pixel, if the file states a resolution per inch or centimetre.
    pub fn spacing(&self) -> Option<Spacing> {
        self.spacing
    }

    /// The sample of channel `c` in column `x` and row `y`, or `None` beyond the edges.
    pub fn value(&self, x: usize, y: usize, c: usize) -> Option<u16> {
        let channels = self.channels.count();
        if x >= self.width || y >= self.height || c >= channels {
            return None;
        }
        self.samples.get((y * self.width + x) * channels + c)
    }
}

impl Channels {
    /// 1 or 3.
    pub const fn count(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb => 3,
        }
    }
}

impl Samples {
    /// How many samples there are, over all channels.
    pub fn len(&self) -> usize {
        match self {
            Self::U8(samples) => samples.len(),
            Self::U16(samples) => samples.len(),
        }
    }

    /// Whether there is none; never so in a [`Slice`].
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bits a sample, 8 or 16.
    pub const fn bits(&self) -> u32 {
        match self {
            Self::U8(_) => 8,
            Self::U16(_) => 16,
        }
    }

    /// The largest value of the type, 255 or 65535.
    pub const fn max(&self) -> u16 {
        match self {
            Self::U8(_) => u8::MAX as u16,
            Self::U16(_) => u16::MAX,
        }
    }

    /// The sample at `index`, or `None` past the end.
    pub fn get(&self, index: usize) -> Option<u16> {
        match self {
            Self::U8(samples) => samples.get(index).map(|&s| u16::from(s)),
            Self::U16(samples) => samples.get(index).copied(),
        }
    }

    /// Every sample in order, widened to 16 bits but not rescaled.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = u16> + '_ {
        // One of the two is empty: a plain iterator type over both depths without a box.
        let (narrow, wide): (&[u8], &[u16]) = match self {
            Self::U8(samples) => (samples, &[]),
            Self::U16(samples) => (&[], samples),
        };
        (0..self.len()).map(move |i| if wide.is_empty() { u16::from(narrow[i]) } else { wide[i] })
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { pixels: 1 << 24, bytes: 1 << 28, pages: 1 << 10, samples: 1 << 28 }
    }
}

impl Limits {
    /// `Ok` if an image of this size may be decoded after `before` samples of the same file.
    fn admit(&self, width: u64, height: u64, samples_per_pixel: u64, before: u64) -> Result<(), FileFault> {
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
fn zeroed<T: Clone + Default>(len: u64) -> Result<Vec<T>, FileFault> {
    let fault = || FileFault::Memory { bytes: len.saturating_mul(size_of::<T>() as u64) };
    let len = usize::try_from(len).map_err(|_| fault())?;
    let mut buffer = Vec::new();
    buffer.try_reserve_exact(len).map_err(|_| fault())?;
    buffer.resize(len, T::default());
    Ok(buffer)
}
