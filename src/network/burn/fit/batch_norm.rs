//! Batch normalisation followed by ReLU on the CPU, forward and backward: NCHW, f32.
//!
//! Sums over one plane are in f32, sums over planes in f64. Their order does not depend on the number of threads.

use crate::network::cpu::threads;

/// Partial sums of a plane. Addition of floats is not associative, so that the compiler uses vectors only for sums that
/// are independent. Sixteen fill one vector of AVX-512.
const LANES: usize = 16;

/// The shape of values: `[n, channels, area]`, where `area` is height times width.
#[derive(Clone, Copy)]
pub(crate) struct Layout {
    pub(crate) n: usize,
    pub(crate) channels: usize,
    pub(crate) area: usize,
}

impl Layout {
    fn planes(self, values: &[f32], channel: usize) -> impl Iterator<Item = &[f32]> {
        (0..self.n).map(move |image| &values[(image * self.channels + channel) * self.area..][..self.area])
    }

    fn count(self) -> f64 {
        (self.n * self.area) as f64
    }
}

/// The sum of `f(a, b)` over two planes of the same length.
#[inline(always)]
fn sum(a: &[f32], b: &[f32], f: impl Fn(f32, f32) -> f32) -> f64 {
    let mut lanes = [0f32; LANES];
    let (mut a, mut b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    for (a, b) in (&mut a).zip(&mut b) {
        for ((lane, &a), &b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += f(a, b);
        }
    }
    let rest: f32 = a.remainder().iter().zip(b.remainder()).map(|(&a, &b)| f(a, b)).sum();
    lanes.iter().map(|&lane| f64::from(lane)).sum::<f64>() + f64::from(rest)
}

/// Mean and biased variance of each channel, `([channels], [channels])`.
pub(crate) fn statistics(values: &[f32], layout: Layout) -> (Vec<f32>, Vec<f32>) {
    threads::map(layout.channels, |channel| {
        // Planes are merged by the method of Chan, Golub and LeVeque (1979), which does not cancel digits at a large
        // mean.
        let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
        for plane in layout.planes(values, channel) {
            let area = plane.len() as f64;
            let plane_mean = sum(plane, plane, |v, _| v) / area;
            let centre = plane_mean as f32;
            let plane_squares = sum(plane, plane, |v, _| (v - centre) * (v - centre));
            let delta = plane_mean - mean;
            let total = count + area;
            mean += delta * area / total;
            squares += plane_squares + delta * delta * count * area / total;
            count = total;
        }
        (mean as f32, (squares / count) as f32)
    })
    .into_iter()
    .unzip()
}

/// Scale and shift of each channel, `[channels]`: the normalisation is `x * scale + shift`.
pub(crate) fn affine(gamma: &[f32], beta: &[f32], mean: &[f32], variance: &[f32], epsilon: f32) -> Vec<(f32, f32)> {
    let scale = gamma.iter().zip(variance).map(|(gamma, variance)| gamma / (variance + epsilon).sqrt());
    scale.zip(mean.iter().zip(beta)).map(|(scale, (mean, beta))| (scale, beta - mean * scale)).collect()
}

/// `relu(values * scale + shift)`, channel by channel.
pub(crate) fn apply(values: &[f32], affine: &[(f32, f32)], layout: Layout) -> Vec<f32> {
    let mut out = vec![0.0; values.len()];
    threads::for_each_chunk(&mut out, layout.area, |plane, out| {
        let (scale, shift) = affine[plane % layout.channels];
        for (out, &value) in out.iter_mut().zip(&values[plane * layout.area..]) {
            *out = (value * scale + shift).max(0.0);
        }
    });
    out
}

/// The gradients of the values, `[n, channels, area]`, of gamma and of beta, `[channels]`, from that of the result of
/// [`apply`].
pub(crate) fn backward(
    values: &[f32],
    gradient: &[f32],
    affine: &[(f32, f32)],
    (mean, variance, epsilon): (&[f32], &[f32], f32),
    layout: Layout,
) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
    // ReLU passes the gradient where `value * scale + shift > 0`.
    let (of_gamma, of_beta): (Vec<f32>, Vec<f32>) = threads::map(layout.channels, |channel| {
        let (scale, shift) = affine[channel];
        let centre = mean[channel];
        let pass = |value: f32, gradient: f32| if value * scale + shift > 0.0 { gradient } else { 0.0 };
        let (mut of_beta, mut of_normal) = (0.0, 0.0);
        for (values, gradients) in layout.planes(values, channel).zip(layout.planes(gradient, channel)) {
            of_beta += sum(values, gradients, pass);
            of_normal += sum(values, gradients, |value, gradient| pass(value, gradient) * (value - centre));
        }
        ((of_normal / f64::from(variance[channel] + epsilon).sqrt()) as f32, of_beta as f32)
    })
    .into_iter()
    .unzip();

    let mut out = vec![0.0; values.len()];
    threads::for_each_chunk(&mut out, layout.area, |plane, out| {
        let channel = plane % layout.channels;
        let (scale, shift) = affine[channel];
        let inverse = 1.0 / (variance[channel] + epsilon).sqrt();
        // With `normal = (value - mean) * inverse` (Ioffe and Szegedy 2015, simplified):
        // d value = scale * (gradient - mean(gradient) - normal * mean(gradient * normal))
        let count = layout.count() as f32;
        let gradient_mean = of_beta[channel] / count;
        let normal_mean = of_gamma[channel] / count * inverse;
        let (values, gradients) = (&values[plane * layout.area..], &gradient[plane * layout.area..]);
        for ((out, &value), &gradient) in out.iter_mut().zip(values).zip(gradients) {
            let gradient = if value * scale + shift > 0.0 { gradient } else { 0.0 };
            *out = scale * (gradient - gradient_mean - (value - mean[channel]) * normal_mean);
        }
    });
    (out, of_gamma, of_beta)
}
