//! Feature maps of one image, as minimal filtering on the CPU holds them.

/// The widest vector that `macerator` may choose (AVX-512), in f32 lanes.
pub(crate) const WIDEST: usize = 16;
/// The largest square of outputs that a convolution computes at once.
const SQUARE: usize = 4;

/// Maps with a pixel's channels side by side, and around them a border of zeros that a 3x3 convolution may read, one
/// pixel at the top and left, as many as it takes to fill its squares at the bottom and right.
pub(crate) struct Map {
    values: Vec<f32>,
    channels: usize,
    height: usize,
    width: usize,
    /// Numbers from a pixel to the one below it.
    row: usize,
}

impl Map {
    /// Zeros.
    ///
    /// # Panics
    /// Unless `channels` is a multiple of [`WIDEST`]; [`padded`] makes it one.
    pub(crate) fn new(channels: usize, [height, width]: [usize; 2]) -> Self {
        assert!(channels.is_multiple_of(WIDEST), "{channels} channels");
        let row = (width.next_multiple_of(SQUARE) + 2) * channels;
        Self { values: vec![0.0; (height.next_multiple_of(SQUARE) + 2) * row], channels, height, width, row }
    }

    pub(crate) fn channels(&self) -> usize {
        self.channels
    }

    pub(crate) fn height(&self) -> usize {
        self.height
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Height and width.
    pub(crate) fn size(&self) -> [usize; 2] {
        [self.height, self.width]
    }

    /// Numbers from a pixel to the one below it.
    pub(crate) fn row(&self) -> usize {
        self.row
    }

    /// The map of `planes`, `[channels, height, width]`.
    #[cfg(feature = "fit")]
    pub(crate) fn of(planes: &[f32], size: [usize; 2]) -> Self {
        let [height, width] = size;
        let area = height * width;
        let mut map = Self::new(padded(planes.len() / area), size);
        let channels = map.channels;
        for (block, planes) in planes.chunks(area * WIDEST).enumerate() {
            for y in 0..height {
                let to = map.at_mut(y, 0);
                let rows = planes.chunks_exact(area).map(|plane| &plane[y * width..][..width]);
                for (c, row) in rows.enumerate() {
                    for (pixel, value) in to.chunks_exact_mut(channels).zip(row) {
                        pixel[block * WIDEST + c] = *value;
                    }
                }
            }
        }
        map
    }

    /// The first channels as `planes`, `[channels, height, width]`.
    #[cfg(feature = "fit")]
    pub(crate) fn planes(&self, planes: &mut [f32]) {
        let [height, width] = self.size();
        for (block, planes) in planes.chunks_mut(height * width * WIDEST).enumerate() {
            for y in 0..height {
                let from = self.at(y, 0);
                for (c, plane) in planes.chunks_exact_mut(height * width).enumerate() {
                    let row = &mut plane[y * width..][..width];
                    for (value, pixel) in row.iter_mut().zip(from.chunks_exact(self.channels)) {
                        *value = pixel[block * WIDEST + c];
                    }
                }
            }
        }
    }

    /// From the pixel above and to the left of (`y`, `x`) on, as far as a square of `side` pixels reaches.
    pub(crate) fn patch(&self, y: usize, x: usize, side: usize) -> &[f32] {
        let start = y * self.row + x * self.channels;
        &self.values[start..][..(side - 1) * self.row + side * self.channels]
    }

    /// From the pixel (`y`, `x`) on.
    pub(crate) fn at(&self, y: usize, x: usize) -> &[f32] {
        &self.values[(y + 1) * self.row + (x + 1) * self.channels..]
    }

    /// From the pixel (`y`, `x`) on.
    pub(crate) fn at_mut(&mut self, y: usize, x: usize) -> &mut [f32] {
        &mut self.values[(y + 1) * self.row + (x + 1) * self.channels..]
    }
}

/// How many channels a map takes for `channels` that are used.
pub(crate) fn padded(channels: usize) -> usize {
    channels.next_multiple_of(WIDEST)
}
