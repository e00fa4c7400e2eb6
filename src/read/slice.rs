//! [`Slice`]: one validated image.

use std::sync::Arc;

use super::scale::Scale;
use super::{Frame, Orientation, ReadNote, Scan, Spacing, SpacingSource};
use crate::error::{Error, FileFault, Result};

/// One 2-D image with at least one pixel, and `width * height * channels` samples. Clones share the samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice {
    name: String,
    width: usize,
    height: usize,
    channels: Channels,
    samples: Arc<Samples>,
    /// The numbers of a file whose samples are not unsigned integers of at most 16 bits.
    numbers: Option<Arc<Vec<f32>>>,
    labels: Option<Arc<Vec<u8>>>,
    orientation: Orientation,
    spacing: Option<Spacing>,
    doubtful_spacing: Option<Spacing>,
    spacing_source: Option<SpacingSource>,
    notes: Vec<ReadNote>,
    /// The volume that it is cut from, and its place from the feet.
    scan: Option<(Arc<Scan>, usize)>,
    /// What a DICOM file states of it, until it is part of a volume.
    frame: Option<Arc<Frame>>,
}

/// What a file says of a slice beside its samples. The fields are those of [`Slice`].
pub(super) struct Details {
    pub(super) labels: Option<Vec<u8>>,
    pub(super) orientation: Orientation,
    pub(super) spacing: Option<Spacing>,
    pub(super) doubtful_spacing: Option<Spacing>,
    pub(super) spacing_source: Option<SpacingSource>,
    pub(super) notes: Vec<ReadNote>,
    pub(super) frame: Option<Frame>,
}

/// The channels of a slice. An alpha channel is dropped on reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channels {
    /// One channel, which is taken for FLAIR and fills all three inputs of the network.
    Grey,
    /// Three channels: pre-contrast, FLAIR and post-contrast.
    Rgb,
}

/// Samples row by row from the top left, channels interleaved: as the file stores them if it stores unsigned integers of
/// at most 16 bits. Other numbers are scaled to 16 bits, with one scale for the whole case.
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
            numbers: None,
            labels: None,
            orientation: Orientation::TopLeft,
            spacing: None,
            doubtful_spacing: None,
            spacing_source: None,
            notes: Vec::new(),
            scan: None,
            frame: None,
        })
    }

    /// A slice of numbers that are not unsigned integers of at most 16 bits. Its samples have a scale of its own until
    /// [`share_scale`](super::share_scale) gives it that of its case.
    ///
    /// # Errors
    ///
    /// As [`Slice::new`], and [`FileFault::NotFinite`] for a number that is infinite or not a number.
    pub(crate) fn of_numbers(
        name: impl Into<String>,
        width: usize,
        height: usize,
        channels: Channels,
        numbers: Vec<f32>,
    ) -> Result<Self> {
        let name = name.into();
        if let Some(first) = numbers.iter().position(|number| !number.is_finite()) {
            let pixel = (first / channels.count()) as u64;
            let (x, y) = (pixel % width.max(1) as u64, pixel / width.max(1) as u64);
            let count = numbers.iter().filter(|number| !number.is_finite()).count();
            return Err(Error::in_file(name, FileFault::NotFinite { count, value: numbers[first], x, y }));
        }
        let samples = Samples::U16(Scale::of([&*numbers]).apply(&numbers));
        let slice = Self::new(name, width, height, channels, samples)?;
        Ok(Self { numbers: Some(Arc::new(numbers)), ..slice })
    }

    /// A colour slice of three grey slices: pre-contrast, FLAIR and post-contrast. All else is that of the first.
    ///
    /// # Errors
    ///
    /// [`FileFault::ChannelSizes`] unless all three have the same size.
    pub(super) fn interleave(grey: [Self; 3]) -> Result<Self> {
        let [first, ..] = &grey;
        if let Some(other) = grey.iter().find(|other| (other.width, other.height) != (first.width, first.height)) {
            let [expected, found] = [first, other].map(|slice| [slice.width as u64, slice.height as u64]);
            return Err(Error::in_file(&first.name, FileFault::ChannelSizes { expected, found }));
        }
        let (width, height, channels) = (first.width, first.height, Channels::Rgb);
        let slice = if let [Some(a), Some(b), Some(c)] = [0, 1, 2].map(|channel: usize| grey[channel].numbers()) {
            Self::of_numbers(&first.name, width, height, channels, interleave([a, b, c]))?
        } else {
            let samples = match [0, 1, 2].map(|channel: usize| &*grey[channel].samples) {
                [Samples::U8(a), Samples::U8(b), Samples::U8(c)] => Samples::U8(interleave([a, b, c])),
                other => {
                    // An 8-bit sample of 255 is as bright as a 16-bit one of 65535.
                    let wide = other.map(|samples| samples.iter().map(|s| s * (u16::MAX / samples.max())).collect());
                    Samples::U16(interleave(wide.each_ref().map(Vec::as_slice)))
                }
            };
            Self::new(&first.name, width, height, channels, samples)?
        };
        let [Self { spacing, doubtful_spacing, spacing_source, orientation, notes, .. }, ..] = grey;
        Ok(Self { spacing, doubtful_spacing, spacing_source, orientation, notes, ..slice })
    }

    /// The same slice with the spacing that its file states.
    #[must_use]
    pub(super) fn with_stated_spacing(self, stated: Spacing, source: SpacingSource, doubtful: bool) -> Self {
        let (spacing, doubtful_spacing) = if doubtful { (None, Some(stated)) } else { (Some(stated), None) };
        Self { spacing, doubtful_spacing, spacing_source: Some(source), ..self }
    }

    /// The same slice as slice `position` of a volume.
    #[must_use]
    pub(super) fn of_scan(self, scan: Arc<Scan>, position: usize) -> Self {
        // Headers have single precision, which is seven digits.
        let digits = |length: f64| format!("{length:.6e}").parse().unwrap_or(length);
        let [x, y, z] = scan.upright().spacing().map(digits);
        let spacing = Spacing { x, y, z: Some(z) };
        let source = scan.spacing_source();
        Self { scan: Some((scan, position)), ..self.with_stated_spacing(spacing, source, false) }
    }

    /// The same slice as a frame of a DICOM series.
    #[must_use]
    #[cfg(feature = "formats")]
    pub(super) fn of_frame(self, frame: Frame) -> Self {
        Self { frame: Some(Arc::new(frame)), ..self }
    }

    /// Adds a note.
    pub(crate) fn note(&mut self, note: ReadNote) {
        self.notes.push(note);
    }

    /// The same slice with the stored values of its pixels, of which its samples are the colours or a multiple.
    #[must_use]
    pub(super) fn with_labels(self, labels: Vec<u8>) -> Self {
        Self { labels: Some(Arc::new(labels)), ..self }
    }

    /// The same slice with all that a decoded file says of it.
    #[must_use]
    pub(super) fn with_details(self, details: Details) -> Self {
        let Details { labels, orientation, spacing, doubtful_spacing, spacing_source, notes, frame } = details;
        let (labels, frame) = (labels.map(Arc::new), frame.map(Arc::new));
        Self { labels, orientation, spacing, doubtful_spacing, spacing_source, notes, frame, ..self }
    }

    /// The slice of which `self` is the stored image.
    #[must_use]
    pub(super) fn upright(self, orientation: Orientation) -> Self {
        if orientation == Orientation::TopLeft {
            return self;
        }
        let (width, height, channels) = (self.width, self.height, self.channels.count());
        let samples = match &*self.samples {
            Samples::U8(samples) => Samples::U8(orientation.upright(width, height, channels, samples)),
            Samples::U16(samples) => Samples::U16(orientation.upright(width, height, channels, samples)),
        };
        let numbers = self.numbers.map(|numbers| Arc::new(orientation.upright(width, height, channels, &numbers)));
        let labels = self.labels.map(|labels| Arc::new(orientation.upright(width, height, 1, &labels)));
        let [width, height] = orientation.size(width, height);
        let turned = |spacing: Option<Spacing>| match spacing {
            Some(Spacing { x, y, z }) if orientation.swaps() => Some(Spacing { x: y, y: x, z }),
            spacing => spacing,
        };
        let (spacing, doubtful_spacing) = (turned(self.spacing), turned(self.doubtful_spacing));
        Self {
            width,
            height,
            spacing,
            doubtful_spacing,
            samples: Arc::new(samples),
            numbers,
            labels,
            orientation,
            ..self
        }
    }

    /// Scales the numbers of the file, if they are not the samples themselves.
    pub(super) fn rescale(&mut self, scale: Scale) {
        if let Some(numbers) = &self.numbers {
            self.samples = Arc::new(Samples::U16(scale.apply(numbers)));
        }
    }

    /// The same slice with another spacing, of which the source is not known.
    #[must_use]
    pub fn with_spacing(self, spacing: Option<Spacing>) -> Self {
        Self { spacing, doubtful_spacing: None, spacing_source: None, ..self }
    }

    /// The FLAIR channel as a grey slice: the second of three channels, or the only one.
    #[must_use]
    pub fn flair(&self) -> Self {
        fn second<T: Copy>(samples: &[T]) -> Vec<T> {
            samples.iter().skip(Channels::FLAIR).step_by(3).copied().collect()
        }
        match self.channels {
            Channels::Grey => self.clone(),
            Channels::Rgb => {
                let samples = match &*self.samples {
                    Samples::U8(samples) => Samples::U8(second(samples)),
                    Samples::U16(samples) => Samples::U16(second(samples)),
                };
                let numbers = self.numbers().map(|numbers| Arc::new(second(numbers)));
                Self { channels: Channels::Grey, samples: Arc::new(samples), numbers, ..self.clone() }
            }
        }
    }

    /// This slice as the FLAIR channel of a slice with three. Samples of 8 bits become 16 bits, not rescaled, where the
    /// others have 16.
    ///
    /// # Panics
    ///
    /// If the three differ in size.
    #[must_use]
    pub(crate) fn with_contrasts(&self, pre: &Self, post: &Self) -> Self {
        let planes = [pre.flair(), self.flair(), post.flair()];
        let sizes = planes.each_ref().map(|plane| [plane.width, plane.height]);
        assert!(sizes.iter().all(|size| *size == sizes[0]), "contrasts of one size, found {sizes:?}");
        let at = (0..self.width * self.height).flat_map(|pixel| [0, 1, 2].map(|plane| (plane, pixel)));
        let narrow: Vec<&[u8]> = planes.iter().filter_map(|plane| plane.samples.narrow()).collect();
        let samples = if let &[pre, flair, post] = &narrow[..] {
            Samples::U8(at.map(|(plane, pixel)| [pre, flair, post][plane][pixel]).collect())
        } else {
            Samples::U16(at.map(|(plane, pixel)| planes[plane].samples.get(pixel).unwrap_or_default()).collect())
        };
        // Without numbers in all three, the scale of each file stays.
        let numbers = match [0, 1, 2].map(|plane: usize| planes[plane].numbers()) {
            [Some(pre), Some(flair), Some(post)] => Some(Arc::new(interleave([pre, flair, post]))),
            _ => None,
        };
        Self { channels: Channels::Rgb, samples: Arc::new(samples), numbers, labels: None, ..self.clone() }
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

    /// The numbers of a file whose samples are not unsigned integers of at most 16 bits.
    pub(crate) fn numbers(&self) -> Option<&[f32]> {
        self.numbers.as_ref().map(|numbers| numbers.as_slice())
    }

    /// The numbers of the file, or the samples where these are the numbers.
    pub(super) fn values(&self) -> impl Iterator<Item = f32> + '_ {
        let numbers = self.numbers().unwrap_or_default();
        let samples = (0..if numbers.is_empty() { self.samples.len() } else { 0 }).map(|at| self.samples.get(at));
        numbers.iter().copied().chain(samples.flatten().map(f32::from))
    }

    /// The FLAIR value of a pixel as the file states it. Pixels count row by row.
    ///
    /// # Panics
    ///
    /// If there is no such pixel.
    pub(crate) fn flair_value(&self, pixel: usize) -> f32 {
        let at = match self.channels {
            Channels::Grey => pixel,
            Channels::Rgb => 3 * pixel + Channels::FLAIR,
        };
        match (self.numbers(), &*self.samples) {
            (Some(numbers), _) => numbers[at],
            (None, Samples::U8(samples)) => samples[at].into(),
            (None, Samples::U16(samples)) => samples[at].into(),
        }
    }

    /// The stored value of each pixel, row by row, if the samples are something else: the palette indices of a colour
    /// image, the values of a PNG with fewer than 8 bits, and whether alpha is above 0 in a PNG of one colour. In a
    /// reference mask these are the labels.
    pub fn labels(&self) -> Option<&[u8]> {
        self.labels.as_ref().map(|labels| labels.as_slice())
    }

    /// The volume that the slice is cut from, if its file holds one.
    pub fn scan(&self) -> Option<&Scan> {
        self.scan.as_ref().map(|(scan, _)| &**scan)
    }

    /// What its DICOM file states, if it is not yet part of a volume. `layout` joins frames to volumes.
    pub fn frame(&self) -> Option<&Frame> {
        self.frame.as_deref()
    }

    /// Whether the slice is cut from this very volume.
    pub(crate) fn is_of_scan(&self, scan: &Scan) -> bool {
        self.scan().is_some_and(|own| std::ptr::eq(own, scan))
    }

    /// The place of the slice in its volume, from 0 at the feet.
    pub(crate) fn position(&self) -> Option<usize> {
        self.scan.as_ref().map(|&(_, position)| position)
    }

    /// How the file stores the slice. The slice itself is upright.
    pub fn orientation(&self) -> Orientation {
        self.orientation
    }

    /// What is worth knowing about how the slice was read.
    pub fn notes(&self) -> &[ReadNote] {
        &self.notes
    }

    /// Whether the case scales the values of the file.
    pub(crate) fn is_scaled(&self) -> bool {
        self.numbers.is_some()
    }

    /// The bytes of memory that the pixels take.
    pub(crate) fn memory(&self) -> usize {
        self.samples.len() * (self.samples.bits() / 8) as usize
            + self.numbers().map_or(0, size_of_val)
            + self.labels().map_or(0, <[u8]>::len)
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

/// Gives all slices of a case the same scale. Slices of integers that fit 16 bits stay as they are.
pub(crate) fn share_scale(slices: &mut [&mut Slice]) {
    let scale = Scale::of(slices.iter().filter_map(|slice| slice.numbers()));
    slices.iter_mut().for_each(|slice| slice.rescale(scale));
}

/// The values of three channels, pixel by pixel.
fn interleave<T: Copy>([a, b, c]: [&[T]; 3]) -> Vec<T> {
    a.iter().zip(b).zip(c).flat_map(|((&a, &b), &c)| [a, b, c]).collect()
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

    /// The samples of 8 bits.
    fn narrow(&self) -> Option<&[u8]> {
        match self {
            Self::U8(samples) => Some(samples),
            Self::U16(_) => None,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flair_values_are_those_of_the_file() {
        let numbers = vec![0.0, -0.5, 9.0, 0.0, 7.25, 9.0];
        let numbers = Slice::of_numbers("a", 2, 1, Channels::Rgb, numbers).expect("finite numbers");
        assert_eq!([0, 1].map(|pixel| numbers.flair_value(pixel)), [-0.5, 7.25]);
        let samples = Slice::new("b", 2, 1, Channels::Rgb, Samples::U16(vec![1, 2, 3, 4, 50_000, 6])).expect("valid");
        assert_eq!([0, 1].map(|pixel| samples.flair_value(pixel)), [2.0, 50_000.0]);
        let grey = Slice::new("c", 2, 1, Channels::Grey, Samples::U8(vec![8, 9])).expect("valid");
        assert_eq!([0, 1].map(|pixel| grey.flair_value(pixel)), [8.0, 9.0]);
    }

    #[test]
    fn a_case_has_one_scale() {
        let slice = |numbers: Vec<f32>| {
            Slice::of_numbers("a", numbers.len(), 1, Channels::Grey, numbers).expect("finite numbers")
        };
        let mut dark = slice(vec![0.0, 0.25]);
        let mut bright = slice(vec![0.5, 1.0]);
        let mut narrow = Slice::new("b", 1, 1, Channels::Grey, Samples::U8(vec![9])).expect("valid");
        assert_eq!(dark.samples(), &Samples::U16(vec![0, 65_535]), "alone, the slice has its own scale");
        share_scale(&mut [&mut dark, &mut bright, &mut narrow]);
        assert_eq!(dark.samples(), &Samples::U16(vec![0, 16_384]));
        assert_eq!(bright.samples(), &Samples::U16(vec![32_768, 65_535]));
        assert_eq!(narrow.samples(), &Samples::U8(vec![9]));
    }
}
