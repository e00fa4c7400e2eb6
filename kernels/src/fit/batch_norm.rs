//! Batch normalisation followed by ReLU, forward and backward, in feature maps.
//!
//! Sums over a row are in f32, sums over rows and images in f64. Images are summed in order, so results do not depend on the
//! number of threads. The loops are plain Rust: `with_simd` compiles them for the widest vectors.

use macerator::Simd;

use crate::feature_map::FeatureMap;

/// Mean and biased variance of each channel of a batch.
#[derive(Clone, Debug, Default)]
pub struct Statistics {
    /// `[channels]`.
    pub mean: Vec<f32>,
    /// `[channels]`, divided by the number of values.
    pub variance: Vec<f32>,
}

/// A normalisation of each channel of a feature map: `value * scale + shift`. Padding has a scale and shift of 0.
#[derive(Clone, Debug, Default)]
pub struct Affine {
    scale: Vec<f32>,
    shift: Vec<f32>,
}

impl Affine {
    /// `gamma` and `beta` are `[channels]`; the result is for feature maps with `padded` channels.
    pub fn new(gamma: &[f32], beta: &[f32], statistics: &Statistics, epsilon: f32, padded: usize) -> Self {
        let Statistics { mean, variance } = statistics;
        let mut scale: Vec<f32> = gamma.iter().zip(variance).map(|(gamma, v)| gamma / (v + epsilon).sqrt()).collect();
        let shift = scale.iter().zip(mean.iter().zip(beta));
        let mut shift: Vec<f32> = shift.map(|(scale, (mean, beta))| beta - mean * scale).collect();
        scale.resize(padded, 0.0);
        shift.resize(padded, 0.0);
        Self { scale, shift }
    }
}

/// Mean and sum of squared distances from it, of one channel of one image.
pub type Moments = (f64, f64);

/// The moments of each channel.
#[macerator::with_simd]
pub fn moments<S: Simd>(map: &FeatureMap) -> Vec<Moments> {
    let channels = map.channels();
    let area = (map.height() * map.width()) as f64;
    let (mut row_sums, mut sums) = (vec![0f32; channels], vec![0f64; channels]);
    for row in map.rows() {
        row_sums.fill(0.0);
        for pixel in row.chunks_exact(channels) {
            row_sums.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += value);
        }
        sums.iter_mut().zip(&row_sums).for_each(|(sum, row)| *sum += f64::from(*row));
    }
    let means: Vec<f64> = sums.iter().map(|sum| sum / area).collect();
    let centres: Vec<f32> = means.iter().map(|mean| *mean as f32).collect();
    sums.fill(0.0);
    for row in map.rows() {
        row_sums.fill(0.0);
        for pixel in row.chunks_exact(channels) {
            for ((sum, value), centre) in row_sums.iter_mut().zip(pixel).zip(&centres) {
                let distance = value - centre;
                *sum += distance * distance;
            }
        }
        sums.iter_mut().zip(&row_sums).for_each(|(sum, row)| *sum += f64::from(*row));
    }
    means.into_iter().zip(sums).collect()
}

/// Merges the moments of images of `area` pixels, `[n, channels]`, by the method of Chan, Golub and LeVeque (1979), which does
/// not cancel digits at a large mean.
pub fn merge(images: &[Vec<Moments>], area: usize, channels: usize) -> Statistics {
    let merged = (0..channels).map(|channel| {
        let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
        for &(of_image, squares_of_image) in images.iter().map(|image| &image[channel]) {
            let area = area as f64;
            let delta = of_image - mean;
            let total = count + area;
            mean += delta * area / total;
            squares += squares_of_image + delta * delta * count * area / total;
            count = total;
        }
        (mean as f32, (squares / count) as f32)
    });
    let (mean, variance) = merged.unzip();
    Statistics { mean, variance }
}

/// `relu(values * scale + shift)`, into the first channels of `out`.
#[macerator::with_simd]
pub fn apply<'a, S: Simd>(values: &'a FeatureMap, affine: &'a Affine, out: &'a mut FeatureMap) {
    let (channels, pixel) = (values.channels(), out.channels());
    let (scale, shift) = (&affine.scale[..channels], &affine.shift[..channels]);
    for (from, to) in values.rows().zip(out.rows_mut()) {
        for (from, to) in from.chunks_exact(channels).zip(to.chunks_exact_mut(pixel)) {
            for (((to, from), scale), shift) in to.iter_mut().zip(from).zip(scale).zip(shift) {
                *to = (from * scale + shift).max(0.0);
            }
        }
    }
}

/// The sums of the gradients that pass the ReLU, and of these times the distance from the mean, of each channel of one image.
/// ReLU passes the gradient where `value * scale + shift > 0`.
#[macerator::with_simd]
pub fn reduce<'a, S: Simd>(
    values: &'a FeatureMap,
    gradient: &'a FeatureMap,
    affine: &'a Affine,
    mean: &'a [f32],
) -> Vec<(f64, f64)> {
    let channels = values.channels();
    let (scale, shift) = (&affine.scale[..channels], &affine.shift[..channels]);
    let mut centre = mean.to_vec();
    centre.resize(channels, 0.0);
    let (mut row_beta, mut row_normal) = (vec![0f32; channels], vec![0f32; channels]);
    let mut sums = vec![(0f64, 0f64); channels];
    for (values, gradients) in values.rows().zip(gradient.rows()) {
        row_beta.fill(0.0);
        row_normal.fill(0.0);
        for (values, gradients) in values.chunks_exact(channels).zip(gradients.chunks_exact(channels)) {
            let of = values.iter().zip(gradients).zip(scale.iter().zip(shift)).zip(&centre);
            for ((beta, normal), (((value, gradient), (scale, shift)), centre)) in
                row_beta.iter_mut().zip(&mut row_normal).zip(of)
            {
                let passed = if value * scale + shift > 0.0 { *gradient } else { 0.0 };
                *beta += passed;
                *normal += passed * (value - centre);
            }
        }
        for ((beta, normal), (row_beta, row_normal)) in sums.iter_mut().zip(row_beta.iter().zip(&row_normal)) {
            *beta += f64::from(*row_beta);
            *normal += f64::from(*row_normal);
        }
    }
    sums
}

/// The gradients of gamma and beta, `[channels]`, and what the gradient of the values needs.
#[derive(Debug)]
pub struct Backward {
    /// `[channels]`.
    pub of_gamma: Vec<f32>,
    /// `[channels]`.
    pub of_beta: Vec<f32>,
    /// For each channel of a feature map: the mean of the gradient, that of `gradient * normal` over the deviation, and the
    /// mean of the values.
    gradient_mean: Vec<f32>,
    normal_mean: Vec<f32>,
    mean: Vec<f32>,
}

impl Backward {
    /// Sums up what [`reduce`] found in each of the images, which have `area` pixels.
    pub fn new(images: &[Vec<(f64, f64)>], area: usize, statistics: &Statistics, epsilon: f32) -> Self {
        let Statistics { mean, variance } = statistics;
        let padded = images.first().map_or(0, Vec::len);
        let count = (images.len() * area) as f32;
        let (mut of_gamma, mut of_beta) = (Vec::new(), Vec::new());
        let (mut gradient_mean, mut normal_mean) = (vec![0.0; padded], vec![0.0; padded]);
        for (channel, variance) in variance.iter().enumerate() {
            let (beta, normal) = images
                .iter()
                .fold((0.0, 0.0), |(beta, normal), image| (beta + image[channel].0, normal + image[channel].1));
            let gamma = (normal / f64::from(variance + epsilon).sqrt()) as f32;
            gradient_mean[channel] = beta as f32 / count;
            normal_mean[channel] = gamma / count / (variance + epsilon).sqrt();
            of_gamma.push(gamma);
            of_beta.push(beta as f32);
        }
        let mut mean = mean.clone();
        mean.resize(padded, 0.0);
        Self { of_gamma, of_beta, gradient_mean, normal_mean, mean }
    }
}

/// Replaces the gradient of the result by that of the values.
///
/// With `normal = (value - mean) / deviation` (Ioffe and Szegedy 2015, simplified):
/// `d value = scale * (gradient - mean(gradient) - normal * mean(gradient * normal))`
#[macerator::with_simd]
pub fn backward<'a, S: Simd>(
    values: &'a FeatureMap,
    gradient: &'a mut FeatureMap,
    affine: &'a Affine,
    backward: &'a Backward,
) {
    let channels = values.channels();
    let (scale, shift) = (&affine.scale[..channels], &affine.shift[..channels]);
    let Backward { gradient_mean, normal_mean, mean, .. } = backward;
    for (values, gradients) in values.rows().zip(gradient.rows_mut()) {
        for (values, gradients) in values.chunks_exact(channels).zip(gradients.chunks_exact_mut(channels)) {
            let of = scale.iter().zip(shift).zip(gradient_mean.iter().zip(normal_mean).zip(mean));
            for ((value, gradient), ((scale, shift), ((gradient_mean, normal_mean), mean))) in
                values.iter().zip(gradients).zip(of)
            {
                let passed = if value * scale + shift > 0.0 { *gradient } else { 0.0 };
                *gradient = scale * (passed - gradient_mean - (value - mean) * normal_mean);
            }
        }
    }
}
