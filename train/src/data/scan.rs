//! What other scans do to a channel: an uneven coil (bias field), blur, and coarser pixels.

use std::ops::RangeInclusive;

use glioscope::random::Rng;

/// The logarithm of a smooth factor over a square of `side` pixels: a slope in a random direction and a bump or hollow in the
/// middle, each up to `amount` at the border. `[side, side]`.
pub(crate) fn bias_field(side: usize, amount: f32, rng: &mut Rng) -> Vec<f32> {
    let [across, down, middle] = [(); 3].map(|()| rng.range(-amount, amount));
    let half = (side as f32 - 1.0).max(1.0) / 2.0;
    let unit = |i: usize| i as f32 / half - 1.0;
    let at = |i: usize| {
        let (x, y) = (unit(i % side), unit(i / side));
        // The mean of x * x + y * y over the square is 2/3.
        (across * x + down * y + middle * (x * x + y * y - 2.0 / 3.0)) / 2.0
    };
    (0..side * side).map(at).collect()
}

/// Multiplies the intensities above `black`.
pub(crate) fn apply_bias(channel: &mut [f32], field: &[f32], black: f32) {
    channel.iter_mut().zip(field).for_each(|(value, field)| *value = (*value - black) * field.exp() + black);
}

/// Gaussian blur with a standard deviation in pixels. The border is repeated.
pub(crate) fn blur(channel: &mut [f32], side: usize, deviation: f32) {
    if deviation <= 0.0 {
        return;
    }
    let reach = (3.0 * deviation).ceil() as isize;
    let weights: Vec<f32> = (-reach..=reach).map(|x| (-0.5 * (x as f32 / deviation).powi(2)).exp()).collect();
    let sum: f32 = weights.iter().sum();
    let weights = weights.into_iter().zip(-reach..=reach).map(|(weight, x)| (x, weight / sum)).collect::<Vec<_>>();
    for stride in [1, side] {
        along(channel, side, stride, |line, i| {
            let near = |x: isize| (i as isize + x).clamp(0, side as isize - 1) as usize;
            weights.iter().map(|&(x, weight)| weight * line[near(x)]).sum()
        });
    }
}

/// Averages over pixels that are `factor` times as long along the chosen axes, and interpolates between their centres.
pub(crate) fn coarsen(channel: &mut [f32], side: usize, factor: f32, axes: RangeInclusive<usize>) {
    let count = ((side as f32 / factor).round() as usize).clamp(1, side);
    if count == side {
        return;
    }
    let length = side as f32 / count as f32;
    for stride in axes.map(|axis| [1, side][axis]) {
        along_lines(channel, side, stride, |line| {
            let coarse: Vec<f32> =
                (0..count).map(|i| mean_between(line, i as f32 * length, (i + 1) as f32 * length)).collect();
            let at = |i: usize| {
                let place = ((i as f32 + 0.5) / length - 0.5).clamp(0.0, (count - 1) as f32);
                let (left, part) = (place as usize, place.fract());
                coarse[left] + part * (coarse[(left + 1).min(count - 1)] - coarse[left])
            };
            (0..side).map(at).collect()
        });
    }
}

/// The mean of a line of pixels from one place to another; a pixel at its end counts by the fraction that is inside.
fn mean_between(line: &[f32], from: f32, to: f32) -> f32 {
    let (first, last) = (from as usize, (to.ceil() as usize).min(line.len()));
    let inside = |i: usize| ((i + 1) as f32).min(to) - (i as f32).max(from);
    let sums = (first..last).fold([0.0; 2], |[sum, weight], i| [sum + inside(i) * line[i], weight + inside(i)]);
    sums[0] / sums[1]
}

/// Replaces each pixel by a function of its line and its place in it. Lines run along rows with a stride of 1, along columns
/// with a stride of `side`.
fn along(channel: &mut [f32], side: usize, stride: usize, value: impl Fn(&[f32], usize) -> f32) {
    along_lines(channel, side, stride, |line| (0..side).map(|i| value(line, i)).collect());
}

fn along_lines(channel: &mut [f32], side: usize, stride: usize, change: impl Fn(&[f32]) -> Vec<f32>) {
    for number in 0..side {
        let first = number * (side / stride);
        let line: Vec<f32> = (0..side).map(|i| channel[first + i * stride]).collect();
        for (i, value) in change(&line).into_iter().enumerate() {
            channel[first + i * stride] = value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: usize = 24;

    /// A step from left to right.
    fn step() -> Vec<f32> {
        (0..SIDE * SIDE).map(|i| if i % SIDE < SIDE / 2 { 0.0 } else { 1.0 }).collect()
    }

    fn mean(values: &[f32]) -> f32 {
        values.iter().sum::<f32>() / values.len() as f32
    }

    #[test]
    fn a_bias_field_is_smooth_and_leaves_black() {
        for seed in 0..20 {
            let field = bias_field(SIDE, 0.5, &mut Rng::new(seed, 0));
            assert!(mean(&field).abs() < 0.05, "seed {seed}");
            assert!(
                field.windows(2).enumerate().all(|(i, pair)| (i + 1) % SIDE == 0 || (pair[0] - pair[1]).abs() < 0.07)
            );
            assert!(field.iter().all(|value| value.abs() <= 1.0));
            let mut channel = vec![-2.0; SIDE * SIDE];
            channel[7] = 1.0;
            apply_bias(&mut channel, &field, -2.0);
            assert!((channel[7] - (3.0 * field[7].exp() - 2.0)).abs() < 1e-6 && channel[8] == -2.0);
        }
    }

    #[test]
    fn blur_spreads_a_point_by_its_standard_deviation() {
        let mut channel = vec![0.0; SIDE * SIDE];
        channel[12 * SIDE + 12] = 1.0;
        blur(&mut channel, SIDE, 1.5);
        let variance: f32 = channel.iter().enumerate().map(|(i, v)| v * ((i % SIDE) as f32 - 12.0).powi(2)).sum();
        assert!((channel.iter().sum::<f32>() - 1.0).abs() < 1e-5 && (variance - 2.25).abs() < 0.1, "{variance}");
        let mut flat = vec![3.0; SIDE * SIDE];
        blur(&mut flat, SIDE, 2.0);
        assert!(flat.iter().all(|value| (value - 3.0).abs() < 1e-5), "the border is repeated");
    }

    #[test]
    fn coarse_pixels_keep_the_mean_and_widen_an_edge_along_their_axes() {
        for (axes, widened) in [(0..=0, true), (0..=1, true), (1..=1, false)] {
            let mut channel = step();
            coarsen(&mut channel, SIDE, 2.4, axes.clone());
            assert!((mean(&channel) - 0.5).abs() < 1e-3, "{axes:?}");
            let edge = channel[..SIDE].iter().filter(|value| (0.01..0.99).contains(*value)).count();
            assert_eq!(edge > 0, widened, "{axes:?}: {:?}", &channel[..SIDE]);
        }
        let mut channel = step();
        coarsen(&mut channel, SIDE, 1.0, 0..=1);
        assert_eq!(channel, step());
    }
}
