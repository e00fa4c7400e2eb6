//! The gradient of the head, a 1x1 convolution to one logit for each pixel of the stem's cell.

use macerator::Simd;

use crate::feature_map::FeatureMap;

/// Writes the gradient of `x` to `of_x`, from that of the logits of its image, `[height * stem, width * stem]`. Returns the
/// gradients of `weight`, `[stem², channels]`, and of the bias, `[stem²]`.
///
/// `weight` is `[stem², channels]`, with the channels of the feature map.
///
/// # Panics
/// If `weight` or `logits` is too short.
#[macerator::with_simd]
pub fn backward<'a, S: Simd>(
    x: &'a FeatureMap,
    weight: &'a [f32],
    logits: &'a [f32],
    stem: usize,
    of_x: &'a mut FeatureMap,
) -> (Vec<f64>, Vec<f64>) {
    let (channels, cells, width) = (x.channels(), stem * stem, x.width() * stem);
    let (mut of_weight, mut of_bias) = (vec![0f64; cells * channels], vec![0f64; cells]);
    let mut of_row = vec![0f32; cells * channels];
    for (y, (from, to)) in x.rows().zip(of_x.rows_mut()).enumerate() {
        of_row.fill(0.0);
        for (left, (from, to)) in from.chunks_exact(channels).zip(to.chunks_exact_mut(channels)).enumerate() {
            to.fill(0.0);
            for cell in 0..cells {
                let gradient = logits[(y * stem + cell / stem) * width + left * stem + cell % stem];
                of_bias[cell] += f64::from(gradient);
                let (weight, of_row) = (&weight[cell * channels..], &mut of_row[cell * channels..]);
                for (((to, from), weight), of_row) in to.iter_mut().zip(from).zip(weight).zip(of_row) {
                    *to += gradient * weight;
                    *of_row += gradient * from;
                }
            }
        }
        of_weight.iter_mut().zip(&of_row).for_each(|(sum, row)| *sum += f64::from(*row));
    }
    (of_weight, of_bias)
}
