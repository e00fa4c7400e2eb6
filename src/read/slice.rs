//! [`Slice`]: one validated image.

use std::sync::Arc;

use super::{Spacing, SpacingSource};
use crate::error::{Error, FileFault, Result};

/// One 2-D image with at least one pixel, and `width * height * channels` samples. Clones share the samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice {
    name: String,
    width: usize,
    height: usize,
    channels: Channels,
    samples: Arc<Samples>,
    spacing: Option<Spacing>,
    doubtful_spacing: Option<Spacing>,
    spacing_source: Option<SpacingSource>,
}

/// The channels of a slice. An alpha channel is dropped on reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channels {
    /// One channel, which is taken for FLAIR and fills all three inputs of the network.
    Grey,
    /// Three channels: pre-contrast, FLAIR and post-contrast.
    Rgb,
}

/// The samples as the file stores them, row by row from the top left, channels interleaved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Samples {
    /// 8-bit unsigned.
    U8(Vec<u8>),
    /// 16-bit unsigned.
    U16(Vec<u16>),
}

impl Slice {
    /// A slice of `width` x `height` pixels from interleaved `samples`, without a spacing.
    ///
    /// # Errors
    ///
    /// [`FileFault::ZeroSized`] without a pixel, [`FileFault::SampleCount`] unless there are
    /// `width * height * channels.count()` samples.
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
        Ok(Self {
            name,
            width,
            height,
            channels,
            samples: Arc::new(samples),
            spacing: None,
            doubtful_spacing: None,
            spacing_source: None,
        })
    }

    /// The same slice with another spacing.
    #[must_use]
    pub fn with_spacing(mut self, spacing: Option<Spacing>) -> Self {
        self.spacing = spacing;
        self
    }

    /// The FLAIR channel as a grey slice: the second of three channels, or the only one.
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

    /// The file's name as given, with its folders, and `#page` if the file has several pages.
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

    /// The distance between pixels, if the file states one that is plausible. It is never guessed.
    pub fn spacing(&self) -> Option<Spacing> {
        self.spacing
    }

    /// The distance between pixels that the file states, if it is not plausible for a head. It is shown, not used.
    pub fn doubtful_spacing(&self) -> Option<Spacing> {
        self.doubtful_spacing
    }

    /// The metadata that states [`spacing`](Self::spacing) or [`doubtful_spacing`](Self::doubtful_spacing).
    pub fn spacing_source(&self) -> Option<SpacingSource> {
        self.spacing_source
    }

    /// The sample of channel `c` in column `x` and row `y`, or `None` outside the slice.
    pub fn value(&self, x: usize, y: usize, c: usize) -> Option<u16> {
        let channels = self.channels.count();
        if x >= self.width || y >= self.height || c >= channels {
            return None;
        }
        self.samples.get((y * self.width + x) * channels + c)
    }
}

impl Channels {
    /// The channel that grey slices stand for.
    pub const FLAIR: usize = 1;

    /// The number of channels, 1 or 3.
    pub const fn count(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb => 3,
        }
    }
}

impl Samples {
    /// The number of samples in all channels.
    pub fn len(&self) -> usize {
        match self {
            Self::U8(samples) => samples.len(),
            Self::U16(samples) => samples.len(),
        }
    }

    /// Whether there are no samples. A [`Slice`] always has some.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bits per sample, 8 or 16.
    pub const fn bits(&self) -> u32 {
        match self {
            Self::U8(_) => 8,
            Self::U16(_) => 16,
        }
    }

    /// The largest possible value, 255 or 65535.
    pub const fn max(&self) -> u16 {
        match self {
            Self::U8(_) => u8::MAX as u16,
            Self::U16(_) => u16::MAX,
        }
    }

    /// The sample at `index`, or `None` after the last.
    pub fn get(&self, index: usize) -> Option<u16> {
        match self {
            Self::U8(samples) => samples.get(index).map(|&s| u16::from(s)),
            Self::U16(samples) => samples.get(index).copied(),
        }
    }

    /// All samples in order, converted to 16 bits but not rescaled.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = u16> + '_ {
        // One of the two is empty, so that both depths have the same iterator type.
        let (narrow, wide): (&[u8], &[u16]) = match self {
            Self::U8(samples) => (samples, &[]),
            Self::U16(samples) => (&[], samples),
        };
        (0..self.len()).map(move |i| if wide.is_empty() { u16::from(narrow[i]) } else { wide[i] })
    }
}
