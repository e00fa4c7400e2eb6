//! The feature map of one image.

use crate::vector::MAX_LANES;

/// The largest side of a tile of outputs, [`Tile4::OUT`](crate::tile::Tile4).
const MAX_TILE: usize = 4;

/// The feature map of one image, `[height, width, channels]`, inside a border of zeros that a 3x3 convolution may read.
///
/// The border is one pixel wide at the top and left. At the bottom and right it fills up the last tile and has one
/// pixel more.
pub struct FeatureMap {
    /// `[rows, columns, channels]`, with the border.
    values: Vec<f32>,
    channels: usize,
    height: usize,
    width: usize,
    /// Width with the border.
    columns: usize,
}

impl FeatureMap {
    /// A feature map of zeros.
    ///
    /// # Panics
    /// If `channels` is not a multiple of 16 (see [`padded`]), or a dimension is 0.
    pub fn new(channels: usize, [height, width]: [usize; 2]) -> Self {
        assert!(
            channels > 0 && channels.is_multiple_of(MAX_LANES),
            "expected a multiple of {MAX_LANES} channels, found {channels}"
        );
        assert!(height > 0 && width > 0, "expected a feature map with pixels, found {height} x {width}");
        let [rows, columns] = [height, width].map(|side| side.next_multiple_of(MAX_TILE) + 2);
        Self { values: vec![0.0; rows * columns * channels], channels, height, width, columns }
    }

    /// The values of a pixel: a multiple of 16.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// In pixels, without the border.
    pub fn height(&self) -> usize {
        self.height
    }

    /// In pixels, without the border.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Height and width in pixels, without the border.
    pub fn size(&self) -> [usize; 2] {
        [self.height, self.width]
    }

    /// The distance in `values` from a pixel to the one below it.
    pub(crate) fn row(&self) -> usize {
        self.columns * self.channels
    }

    /// The rows of pixels, without the border: `width * channels` values each.
    pub fn rows(&self) -> impl Iterator<Item = &[f32]> {
        let (row, first, length) = (self.row(), self.channels, self.width * self.channels);
        self.values.chunks_exact(row).skip(1).take(self.height).map(move |row| &row[first..][..length])
    }

    /// The mean, the standard deviation and the largest value of each of the first `channels`: all means, then all
    /// deviations, then all largest values.
    ///
    /// # Panics
    /// If there are fewer channels.
    pub fn pooled(&self, channels: usize) -> Vec<f32> {
        assert!(channels <= self.channels, "{channels} of {} channels", self.channels);
        let mut pooled = vec![0.0; 3 * channels];
        let (sums, rest) = pooled.split_at_mut(channels);
        let (squares, most) = rest.split_at_mut(channels);
        most.fill(f32::NEG_INFINITY);
        for pixel in self.rows().flat_map(|row| row.chunks_exact(self.channels)) {
            let totals = sums.iter_mut().zip(squares.iter_mut()).zip(most.iter_mut());
            for (((sum, square), most), &value) in totals.zip(pixel) {
                *sum += value;
                *square += value * value;
                *most = most.max(value);
            }
        }
        let pixels = (self.height * self.width) as f32;
        for (sum, square) in sums.iter_mut().zip(squares) {
            *sum /= pixels;
            *square = (*square / pixels - *sum * *sum).max(0.0).sqrt();
        }
        pooled
    }

    /// As [`rows`](Self::rows), to be changed.
    #[cfg(feature = "fit")]
    pub fn rows_mut(&mut self) -> impl Iterator<Item = &mut [f32]> {
        let (row, first, length) = (self.row(), self.channels, self.width * self.channels);
        self.values.chunks_exact_mut(row).skip(1).take(self.height).map(move |row| &mut row[first..][..length])
    }

    /// The values from the pixel above and to the left of (`y`, `x`) to the last pixel of a square of `side` pixels.
    ///
    /// Its rows are [`row`](Self::row) apart: `(side - 1) * (row + channels) + channels` values.
    ///
    /// # Panics
    /// If the square extends beyond the border.
    pub(crate) fn patch(&self, y: usize, x: usize, side: usize) -> &[f32] {
        assert!(x + side <= self.columns, "a square of {side} pixels at column {x} of {}", self.columns);
        let start = y * self.row() + x * self.channels;
        &self.values[start..][..(side - 1) * self.row() + side * self.channels]
    }

    /// The values from the pixel (`y`, `x`) to the end of the border.
    pub(crate) fn at(&self, y: usize, x: usize) -> &[f32] {
        &self.values[(y + 1) * self.row() + (x + 1) * self.channels..]
    }

    /// The values from the pixel (`y`, `x`) to the end of the border.
    pub(crate) fn at_mut(&mut self, y: usize, x: usize) -> &mut [f32] {
        let start = (y + 1) * self.row() + (x + 1) * self.channels;
        &mut self.values[start..]
    }
}

/// The channels of a [`FeatureMap`] that holds `channels`: the next multiple of 16.
pub fn padded(channels: usize) -> usize {
    channels.next_multiple_of(MAX_LANES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "expected a multiple of 16 channels, found 17")]
    fn channels_that_are_not_whole_vectors_are_refused() {
        FeatureMap::new(17, [4, 4]);
    }

    #[test]
    #[should_panic(expected = "expected a feature map with pixels, found 4 x 0")]
    fn a_feature_map_without_pixels_is_refused() {
        FeatureMap::new(16, [4, 0]);
    }

    #[test]
    #[should_panic(expected = "a square of 6 pixels at column 5 of 10")]
    fn a_patch_beyond_the_right_border_is_refused() {
        FeatureMap::new(16, [8, 8]).patch(0, 5, 6);
    }

    #[test]
    #[should_panic(expected = "out of range")]
    fn a_patch_beyond_the_bottom_border_is_refused() {
        FeatureMap::new(16, [8, 8]).patch(5, 4, 6);
    }

    #[test]
    fn a_patch_may_reach_the_last_pixel_of_the_border() {
        assert_eq!(FeatureMap::new(16, [8, 8]).patch(4, 4, 6).len(), 5 * 10 * 16 + 6 * 16);
    }

    #[test]
    fn pooling_gives_mean_deviation_and_largest_value_of_each_channel() {
        let mut map = FeatureMap::new(16, [1, 4]);
        for (x, value) in [1.0, 1.0, 5.0, 1.0].into_iter().enumerate() {
            map.at_mut(0, x)[..2].copy_from_slice(&[value, -value]);
        }
        assert_eq!(map.pooled(2), [2.0, -2.0, 3.0_f32.sqrt(), 3.0_f32.sqrt(), 5.0, -1.0]);
    }

    #[test]
    #[cfg(feature = "fit")]
    fn rows_are_the_pixels_without_the_border() {
        let mut map = FeatureMap::new(16, [2, 3]);
        map.rows_mut().enumerate().for_each(|(y, row)| row.fill(y as f32 + 1.0));
        assert_eq!(map.rows().map(<[f32]>::len).collect::<Vec<_>>(), [48, 48]);
        assert_eq!((map.at(0, 0)[0], map.at(1, 2)[15]), (1.0, 2.0));
        assert_eq!((map.at(0, 2)[16], map.patch(0, 0, 1)[0]), (0.0, 0.0), "the border");
    }
}
