//! [`Pass`]: forward and backward through a U-Net, for batches of one shape.

use std::cell::RefCell;

use glioscope_kernels::fit::batch_norm::{self, Affine, Backward, Statistics};
use glioscope_kernels::fit::{UpGradient, add_max_pool_gradient, head_gradient, weight_gradient};
use glioscope_kernels::{
    Convolution, FeatureMap, Head, Scratch, TAPS, UpConvolution, max_pool, padded, space_to_depth,
};
use rayon::prelude::*;

use super::{NormedConv, Parameters, PlainConv};
use crate::network::config::{INPUTS, UNetConfig};

/// Images that one thread convolves at a time. With more, the weights of coarse feature maps are read less often; with
/// fewer, more threads have work in a batch. It is fixed, so that the order of sums does not depend on the number of
/// threads.
const IMAGES: usize = 4;

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// The feature maps of a batch at one place of the network, one for each image.
type Maps = Vec<FeatureMap>;

/// The feature maps of a batch and their gradients. Each list has one for each depth, the finest first.
pub(crate) struct Pass {
    config: UNetConfig,
    n: usize,
    /// Height and width of the images.
    size: [usize; 2],
    /// Inputs of the first convolution.
    inputs: Vec<Maps>,
    down: Vec<[Normed; 2]>,
    /// Between the two convolutions on the way down.
    down_middle: Vec<Maps>,
    /// The skip, then the result of the up-convolution.
    joined: Vec<Maps>,
    merge: Vec<[Normed; 2]>,
    merge_middle: Vec<Maps>,
    /// The last results of each depth on the way up; at the last depth those of the way down.
    outputs: Vec<Maps>,
    of_inputs: Vec<Maps>,
    of_middle: Vec<Maps>,
    of_joined: Vec<Maps>,
    of_outputs: Vec<Maps>,
}

/// A normalised convolution of a batch.
struct Normed {
    /// The results of the convolution.
    sums: Maps,
    statistics: Statistics,
    affine: Affine,
    /// The channels of a feature map that the inputs of the weight are.
    channels: Vec<usize>,
    outputs: usize,
}

impl Pass {
    /// Memory for batches of `n` images of `height` x `width`.
    ///
    /// # Panics
    /// If `height` or `width` is not a [multiple](UNetConfig::multiple), or `n` is 0.
    pub(crate) fn new(config: &UNetConfig, n: usize, size: [usize; 2]) -> Self {
        let multiple = config.multiple();
        assert!(
            n > 0 && size.iter().all(|side| *side > 0 && side.is_multiple_of(multiple)),
            "expected images whose sides are multiples of {multiple}, found {n} of {size:?}"
        );
        let UNetConfig { widths, stem } = config;
        let last = widths.len() - 1;
        let maps = |channels: usize, depth: usize| -> Maps {
            let size = size.map(|side| (side / stem) >> depth);
            (0..n).map(|_| FeatureMap::new(padded(channels), size)).collect()
        };
        let joined = |depth: usize| -> Maps {
            let size = size.map(|side| (side / stem) >> depth);
            (0..n).map(|_| FeatureMap::new(2 * padded(widths[depth]), size)).collect()
        };
        let inputs = |depth: usize| if depth == 0 { INPUTS * stem * stem } else { widths[depth - 1] };
        let normed = |channels: Vec<usize>, depth: usize| Normed {
            sums: maps(widths[depth], depth),
            statistics: Statistics::default(),
            affine: Affine::default(),
            channels,
            outputs: widths[depth],
        };
        let all = || 0..=last;
        let of = |depth: usize| maps(widths[depth], depth);
        Self {
            config: config.clone(),
            n,
            size,
            inputs: all().map(|depth| maps(inputs(depth), depth)).collect(),
            down: all()
                .map(|depth| [normed((0..inputs(depth)).collect(), depth), normed((0..widths[depth]).collect(), depth)])
                .collect(),
            down_middle: all().map(of).collect(),
            joined: (0..last).map(joined).collect(),
            merge: (0..last)
                .map(|depth| {
                    // The result of the up-convolution comes after the skip and its padding.
                    let (skip, after) = (widths[depth], padded(widths[depth]));
                    let first = (0..skip).chain(after..after + skip).collect();
                    [normed(first, depth), normed((0..skip).collect(), depth)]
                })
                .collect(),
            merge_middle: (0..last).map(of).collect(),
            outputs: all().map(of).collect(),
            of_inputs: all().map(|depth| maps(inputs(depth), depth)).collect(),
            of_middle: all().map(of).collect(),
            of_joined: (0..last).map(joined).collect(),
            of_outputs: all().map(of).collect(),
        }
    }

    /// The number of images, their height and their width.
    pub(crate) fn shape(&self) -> [usize; 3] {
        [self.n, self.size[0], self.size[1]]
    }

    /// The logits of a batch, `[n, 3, height, width]` to `[n, height, width]`, with the statistics of the batch.
    ///
    /// # Panics
    /// If a length does not match.
    pub(crate) fn forward(&mut self, parameters: &Parameters, images: &[f32], epsilon: f32) -> Vec<f32> {
        let Self { config: UNetConfig { widths, stem }, n, size: [height, width], .. } = &*self;
        let (widths, n, stem, area, last) = (widths.clone(), *n, *stem, height * width, widths.len() - 1);
        assert!(images.len() == n * INPUTS * area, "expected {n} images of {area} pixels, found {}", images.len());
        let convolutions = self.convolutions(parameters, false);
        let mut convolution = convolutions.iter();
        let mut next = || convolution.next().expect("one for each layer");
        let inputs = self.inputs[0].par_iter_mut().zip(images.par_chunks_exact(INPUTS * area));
        inputs.for_each(|(to, image)| space_to_depth(image, stem, to));
        for depth in 0..=last {
            let ([first, second], [of_first, of_second]) = (&mut self.down[depth], &parameters.down[depth]);
            first.forward(next(), &self.inputs[depth], of_first, epsilon, &mut self.down_middle[depth], None);
            if depth < last {
                let pooled = Some(&mut self.inputs[depth + 1]);
                second.forward(next(), &self.down_middle[depth], of_second, epsilon, &mut self.joined[depth], pooled);
            } else {
                second.forward(next(), &self.down_middle[depth], of_second, epsilon, &mut self.outputs[depth], None);
            }
        }
        for depth in (0..last).rev() {
            let PlainConv { weight, bias } = &parameters.up[depth];
            let up = UpConvolution::new(weight, bias, widths[depth + 1]);
            let joined = self.joined[depth].par_iter_mut().zip(&self.outputs[depth + 1]);
            joined.for_each(|(to, x)| up.run(x, to, padded(widths[depth])));
            let ([first, second], [of_first, of_second]) = (&mut self.merge[depth], &parameters.merge[depth]);
            first.forward(next(), &self.joined[depth], of_first, epsilon, &mut self.merge_middle[depth], None);
            second.forward(next(), &self.merge_middle[depth], of_second, epsilon, &mut self.outputs[depth], None);
        }
        let head = Head::new(&parameters.head.weight, &parameters.head.bias, widths[0], stem);
        let mut logits = vec![0.0; n * area];
        let to = logits.par_chunks_exact_mut(area).zip(&self.outputs[0]);
        to.for_each(|(logits, x)| head.run(x, logits));
        logits
    }

    /// Means and biased variances of the batch, in the order of the forward pass: the way down, then from the last depth up.
    pub(crate) fn statistics(&self) -> impl Iterator<Item = (&[f32], &[f32])> {
        let blocks = self.down.iter().chain(self.merge.iter().rev()).flatten();
        blocks.map(|Normed { statistics, .. }| (&*statistics.mean, &*statistics.variance))
    }

    /// The gradients of all parameters from those of the logits, `[n, height, width]`, of the last [`forward`](Self::forward).
    ///
    /// # Panics
    /// If a length does not match.
    pub(crate) fn backward(&mut self, parameters: &Parameters, of_logits: &[f32], epsilon: f32) -> Parameters {
        let Self { config: UNetConfig { widths, stem }, n, size: [height, width], .. } = &*self;
        let (widths, stem, area, last) = (widths.clone(), *stem, height * width, widths.len() - 1);
        assert!(of_logits.len() == n * area, "expected {n} images of {area} logits, found {}", of_logits.len());
        let convolutions = self.convolutions(parameters, true);
        // In the order of the forward pass; taken from the end.
        let mut convolution = convolutions.iter().rev();
        let mut next = || Some(convolution.next().expect("one for each layer"));

        let head = self.head_backward(&parameters.head, of_logits, [widths[0], stem]);
        let (mut up, mut merge) = (Vec::new(), Vec::new());
        for depth in 0..last {
            let [first, second] = &self.merge[depth];
            let (of_outputs, of_middle) = (&mut self.of_outputs[depth], &mut self.of_middle[depth]);
            let second = second.backward(next(), &self.merge_middle[depth], epsilon, of_outputs, Some(of_middle));
            let of_joined = Some(&mut self.of_joined[depth]);
            let first = first.backward(next(), &self.joined[depth], epsilon, of_middle, of_joined);
            merge.push([first, second]);
            let shape = [widths[depth + 1], widths[depth]];
            up.push(self.up_backward(&parameters.up[depth], depth, shape));
        }
        let mut down = Vec::new();
        for depth in (0..=last).rev() {
            if depth < last {
                self.skip_backward(depth);
            }
            let [first, second] = &self.down[depth];
            let (of_outputs, of_middle) = (&mut self.of_outputs[depth], &mut self.of_middle[depth]);
            let second = second.backward(next(), &self.down_middle[depth], epsilon, of_outputs, Some(of_middle));
            // The images need no gradient.
            let of_inputs = (depth > 0).then_some(&mut self.of_inputs[depth]);
            let first = first.backward(next(), &self.inputs[depth], epsilon, of_middle, of_inputs);
            down.push([first, second]);
        }
        down.reverse();
        Parameters { down, up, merge, head }
    }

    /// The 3x3 convolutions in the order of the forward pass, or those of the gradients of their inputs.
    fn convolutions(&self, parameters: &Parameters, backward: bool) -> Vec<Convolution> {
        let UNetConfig { widths, stem } = &self.config;
        let down = self.down.iter().zip(&parameters.down).enumerate();
        let merge = self.merge.iter().zip(&parameters.merge).enumerate().rev();
        let layers = down.chain(merge).flat_map(|(depth, (normed, of))| {
            let size = self.size.map(|side| (side / stem) >> depth);
            assert!(of.iter().all(|of| of.gamma.len() == widths[depth]), "expected {} gammas", widths[depth]);
            normed.iter().zip(of).map(move |(normed, of)| (normed, of, size))
        });
        let layers: Vec<_> = layers.collect();
        let pack = |(normed, of, size): &(&Normed, &NormedConv, [usize; 2])| {
            let channels = normed.padded_inputs();
            let weight = normed.spread(&of.weight);
            let (weight, shape) = match backward {
                false => (weight, [normed.outputs, channels]),
                true => (rotated(&weight, normed.outputs, channels), [channels, normed.outputs]),
            };
            Convolution::linear(&weight, shape, *size, IMAGES)
        };
        layers.par_iter().map(pack).collect()
    }

    fn head_backward(&mut self, of: &PlainConv, of_logits: &[f32], [inputs, stem]: [usize; 2]) -> PlainConv {
        let (cells, channels) = (stem * stem, padded(inputs));
        let mut weight = vec![0.0; cells * channels];
        for (to, from) in weight.chunks_exact_mut(channels).zip(of.weight.chunks_exact(inputs)) {
            to[..inputs].copy_from_slice(from);
        }
        let images = self.outputs[0].par_iter().zip(&mut self.of_outputs[0]);
        let images = images.zip(of_logits.par_chunks_exact(of_logits.len() / self.n));
        let parts = images.map(|((x, of_x), logits)| head_gradient(x, &weight, logits, stem, of_x));
        let (mut of_weight, mut of_bias) = (vec![0f64; cells * channels], vec![0f64; cells]);
        for (weight, bias) in parts.collect::<Vec<_>>() {
            of_weight.iter_mut().zip(weight).for_each(|(sum, part)| *sum += part);
            of_bias.iter_mut().zip(bias).for_each(|(sum, part)| *sum += part);
        }
        let weight = of_weight.chunks_exact(channels).flat_map(|row| &row[..inputs]).map(|value| *value as f32);
        PlainConv { weight: weight.collect(), bias: of_bias.into_iter().map(|value| value as f32).collect() }
    }

    /// From the second half of the joined channels to the outputs of the next depth.
    fn up_backward(&mut self, of: &PlainConv, depth: usize, [inputs, outputs]: [usize; 2]) -> PlainConv {
        let up = UpGradient::new(&of.weight, [inputs, outputs]);
        let images = self.outputs[depth + 1].par_chunks(IMAGES).zip(self.of_joined[depth].par_chunks(IMAGES));
        let images = images.zip(self.of_outputs[depth + 1].par_chunks_mut(IMAGES));
        let parts = images.map(|((x, gradient), of_x)| {
            let (mut sums, mut of_bias) = (up.sums(), vec![0f64; outputs]);
            for ((x, gradient), of_x) in x.iter().zip(gradient).zip(of_x) {
                let bias = up.run(x, gradient, padded(outputs), of_x, &mut sums);
                of_bias.iter_mut().zip(bias).for_each(|(sum, part)| *sum += part);
            }
            (sums, of_bias)
        });
        let (mut sums, mut of_bias) = (up.sums(), vec![0f64; outputs]);
        for (part, bias) in parts.collect::<Vec<_>>() {
            sums.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
            of_bias.iter_mut().zip(bias).for_each(|(sum, part)| *sum += part);
        }
        PlainConv { weight: up.weight(&sums), bias: of_bias.into_iter().map(|value| value as f32).collect() }
    }

    /// From the skip and from the pooled inputs of the next depth to the outputs of this depth on the way down.
    fn skip_backward(&mut self, depth: usize) {
        let from = self.of_joined[depth].par_iter().zip(&self.joined[depth]).zip(&self.of_inputs[depth + 1]);
        from.zip(&mut self.of_outputs[depth]).for_each(|(((of_joined, joined), of_pooled), to)| {
            let (pixel, channels) = (of_joined.channels(), to.channels());
            for (from, to) in of_joined.rows().zip(to.rows_mut()) {
                for (from, to) in from.chunks_exact(pixel).zip(to.chunks_exact_mut(channels)) {
                    to.copy_from_slice(&from[..channels]);
                }
            }
            add_max_pool_gradient(joined, of_pooled, to);
        });
    }
}

impl std::fmt::Debug for Pass {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Pass").field("config", &self.config).field("shape", &self.shape()).finish()
    }
}

impl Normed {
    /// The channels that the feature maps of the inputs have.
    fn padded_inputs(&self) -> usize {
        padded(self.channels.last().map_or(0, |last| last + 1))
    }

    /// `weight`, `[outputs, inputs, 3, 3]`, with zeros for the padding of the feature maps.
    fn spread(&self, weight: &[f32]) -> Vec<f32> {
        let (inputs, channels) = (self.channels.len(), self.padded_inputs());
        let expected = self.outputs * inputs * TAPS;
        assert!(weight.len() == expected, "expected {expected} weights, found {}", weight.len());
        let mut spread = vec![0.0; self.outputs * channels * TAPS];
        for (to, from) in spread.chunks_exact_mut(channels * TAPS).zip(weight.chunks_exact(inputs * TAPS)) {
            for (channel, from) in self.channels.iter().zip(from.chunks_exact(TAPS)) {
                to[channel * TAPS..][..TAPS].copy_from_slice(from);
            }
        }
        spread
    }

    /// The inverse of [`spread`](Self::spread).
    fn gather(&self, spread: &[f32]) -> Vec<f32> {
        let row = self.padded_inputs() * TAPS;
        let kernels = spread
            .chunks_exact(row)
            .flat_map(|row| self.channels.iter().map(move |channel| &row[channel * TAPS..][..TAPS]));
        kernels.flatten().copied().collect()
    }

    /// Convolves, normalises and rectifies `x` into the first channels of `out`, and pools it.
    fn forward(
        &mut self,
        convolution: &Convolution,
        x: &[FeatureMap],
        of: &NormedConv,
        epsilon: f32,
        out: &mut [FeatureMap],
        pooled: Option<&mut Maps>,
    ) {
        let chunks = x.par_chunks(IMAGES).zip(self.sums.par_chunks_mut(IMAGES));
        let moments = chunks.flat_map_iter(|(x, sums)| {
            SCRATCH.with_borrow_mut(|scratch| convolution.run(x, sums, scratch));
            sums.iter().map(batch_norm::moments).collect::<Vec<_>>()
        });
        let moments: Vec<_> = moments.collect();
        let area = x[0].height() * x[0].width();
        self.statistics = batch_norm::merge(&moments, area, self.outputs);
        self.affine = Affine::new(&of.gamma, &of.beta, &self.statistics, epsilon, padded(self.outputs));
        let images = self.sums.par_iter().zip(out);
        match pooled {
            None => images.for_each(|(sums, out)| batch_norm::apply(sums, &self.affine, out)),
            Some(pooled) => images.zip(pooled).for_each(|((sums, out), pooled)| {
                batch_norm::apply(sums, &self.affine, out);
                max_pool(out, pooled);
            }),
        }
    }

    /// The gradients of the parameters from that of the result, which is replaced by that of the convolution. Writes the
    /// gradient of `x` to `of_x`.
    fn backward(
        &self,
        convolution: Option<&Convolution>,
        x: &[FeatureMap],
        epsilon: f32,
        gradient: &mut [FeatureMap],
        of_x: Option<&mut Maps>,
    ) -> NormedConv {
        let images = self.sums.par_iter().zip(&*gradient);
        let parts = images.map(|(sums, of)| batch_norm::reduce(sums, of, &self.affine, &self.statistics.mean));
        let parts: Vec<_> = parts.collect();
        let area = x[0].height() * x[0].width();
        let backward = Backward::new(&parts, area, &self.statistics, epsilon);

        let shape = [self.outputs, self.padded_inputs()];
        let of_weight = |sums: &[FeatureMap], gradient: &mut [FeatureMap], x: &[FeatureMap]| {
            for (sums, gradient) in sums.iter().zip(&mut *gradient) {
                batch_norm::backward(sums, gradient, &self.affine, &backward);
            }
            SCRATCH.with_borrow_mut(|scratch| weight_gradient(x, gradient, shape, scratch))
        };
        let chunks = self.sums.par_chunks(IMAGES).zip(gradient.par_chunks_mut(IMAGES)).zip(x.par_chunks(IMAGES));
        let parts: Vec<Vec<f32>> = match of_x.zip(convolution) {
            None => chunks.map(|((sums, gradient), x)| of_weight(sums, gradient, x)).collect(),
            Some((of_x, convolution)) => chunks
                .zip(of_x.par_chunks_mut(IMAGES))
                .map(|(((sums, gradient), x), of_x)| {
                    let part = of_weight(sums, gradient, x);
                    SCRATCH.with_borrow_mut(|scratch| convolution.run(gradient, of_x, scratch));
                    part
                })
                .collect(),
        };
        let mut weight = vec![0.0; self.outputs * self.padded_inputs() * TAPS];
        for part in parts {
            weight.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        }
        NormedConv { weight: self.gather(&weight), gamma: backward.of_gamma, beta: backward.of_beta }
    }
}

/// `weight` for the gradient of the input: channels swapped and kernels rotated by 180 degrees.
///
/// `[outputs, inputs, 3, 3]` to `[inputs, outputs, 3, 3]`.
fn rotated(weight: &[f32], outputs: usize, inputs: usize) -> Vec<f32> {
    let kernel = |i: usize, o: usize| weight[(o * inputs + i) * TAPS..][..TAPS].iter().rev().copied();
    (0..inputs).flat_map(|i| (0..outputs).flat_map(move |o| kernel(i, o))).collect()
}
