//! A whole U-Net on the CPU: weights are packed once, feature maps are reused from image to image.

use std::slice;
use std::sync::{Mutex, PoisonError};

use glioscope_kernels::{
    Convolution, FeatureMap, Head, Scratch, UpConvolution, for_each_chunk, max_pool, padded, space_to_depth,
};

use crate::network::config::{INPUTS, UNetConfig};
use crate::network::folded::{FoldedUNet, Layer};

/// A network, ready for images of one size.
pub(crate) struct Plan {
    /// Two convolutions for each depth, the finest first.
    down: Vec<[Convolution; 2]>,
    /// From depth `i + 1` to depth `i`.
    up: Vec<UpConvolution>,
    /// Two convolutions after the skip at depth `i` is joined.
    merge: Vec<[Convolution; 2]>,
    head: Head,
    /// Channels of the feature maps at each depth, without padding.
    widths: Vec<usize>,
    /// The side of the square of pixels that becomes channels of one.
    stem: usize,
    /// Height and width of the finest feature maps: those of the image, divided by `stem`.
    size: [usize; 2],
    /// Feature maps that are not in use.
    spare: Mutex<Vec<Activations>>,
}

/// All feature maps of one image. Each list has one for each depth, the finest first.
struct Activations {
    /// Inputs of the first convolution.
    inputs: Vec<FeatureMap>,
    /// Between two convolutions.
    middle: Vec<FeatureMap>,
    /// The skip, then the result of the up-convolution.
    joined: Vec<FeatureMap>,
    /// Outputs of the second convolution, where they are not a skip.
    outputs: Vec<FeatureMap>,
    scratch: Scratch,
}

impl Plan {
    /// Prepares `network` for images of `height` x `width`.
    ///
    /// # Panics
    /// If `height` or `width` is not a [multiple](UNetConfig::multiple), or a layer does not match the configuration.
    pub(crate) fn new(network: &FoldedUNet, [height, width]: [usize; 2]) -> Self {
        let UNetConfig { widths, stem } = &network.config;
        let (depths, stem) = (widths.len(), *stem);
        let found = [network.down.len(), network.up.len() + 1, network.merge.len() + 1];
        assert!(depths > 0 && found == [depths; 3], "expected layers for {depths} depths, found them for {found:?}");
        let multiple = network.config.multiple();
        assert!(
            height > 0 && height.is_multiple_of(multiple) && width > 0 && width.is_multiple_of(multiple),
            "expected an image whose sides are multiples of {multiple}, found {height} x {width}"
        );

        let size = [height / stem, width / stem];
        // `inputs` are channels of a feature map with `channels`.
        let convolution = |layer: &Layer, depth: usize, channels: usize, inputs: &[usize]| {
            let (outputs, found) = (widths[depth], layer.bias.len());
            assert!(outputs == found, "expected {outputs} biases at depth {depth}, found {found}");
            let size = size.map(|side| side >> depth);
            Convolution::new(&layer.weight(), &layer.bias, channels, inputs, size)
        };
        let pair = |[first, second]: &[Layer; 2], depth: usize, channels: usize, inputs: &[usize]| {
            let middle: Vec<usize> = (0..widths[depth]).collect();
            [convolution(first, depth, channels, inputs), convolution(second, depth, padded(widths[depth]), &middle)]
        };
        let down = network.down.iter().enumerate().map(|(depth, block)| {
            let inputs = if depth == 0 { INPUTS * stem * stem } else { widths[depth - 1] };
            pair(block, depth, padded(inputs), &(0..inputs).collect::<Vec<_>>())
        });
        let up = network.up.iter().enumerate().map(|(depth, layer)| {
            let (outputs, found) = (widths[depth], layer.bias.len());
            assert!(outputs == found, "expected {outputs} biases up to depth {depth}, found {found}");
            UpConvolution::new(&layer.weight(), &layer.bias, widths[depth + 1])
        });
        let merge = network.merge.iter().enumerate().map(|(depth, block)| {
            let skip = widths[depth];
            // The result of the up-convolution comes after the skip and its padding.
            let inputs: Vec<usize> = (0..skip).chain(padded(skip)..padded(skip) + skip).collect();
            pair(block, depth, 2 * padded(skip), &inputs)
        });

        Self {
            down: down.collect(),
            up: up.collect(),
            merge: merge.collect(),
            head: Head::new(&network.head.weight(), &network.head.bias, widths[0], stem),
            widths: widths.clone(),
            stem,
            size,
            spare: Mutex::default(),
        }
    }

    /// The logits of `images`: `[n, 3, height, width]` to `[n, height, width]`.
    ///
    /// # Panics
    /// If the length of `images` is not a multiple of `3 * height * width`.
    pub(crate) fn logits(&self, images: &[f32]) -> Vec<f32> {
        let [height, width] = self.size.map(|side| side * self.stem);
        let area = height * width;
        assert!(
            images.len().is_multiple_of(INPUTS * area),
            "expected images of {INPUTS} x {height} x {width}, found {} values",
            images.len()
        );
        let mut logits = vec![0.0; images.len() / INPUTS];
        for_each_chunk(&mut logits, area, |image, logits| {
            self.with_activations(|activations| {
                self.encode(&images[image * INPUTS * area..][..INPUTS * area], activations);
                self.decode(activations, logits);
            });
        });
        logits
    }

    /// The encoder's feature maps of an image, `[3, height, width]`, each pooled to its mean, its standard deviation and its
    /// largest value. The finest depth is first; each has the means of all its maps, then the deviations, then the largest
    /// values.
    ///
    /// # Panics
    /// If `image` does not have `3 * height * width` values.
    pub(crate) fn features(&self, image: &[f32]) -> Vec<f32> {
        let expected = self.size.iter().fold(INPUTS, |product, side| product * side * self.stem);
        assert!(image.len() == expected, "expected an image of {expected} values, found {}", image.len());
        let mut features = Vec::new();
        self.with_activations(|activations| {
            self.encode(image, activations);
            let Activations { joined, outputs, .. } = activations;
            for (map, &width) in joined.iter().chain(outputs.last()).zip(&self.widths) {
                features.extend(map.pooled(width));
            }
        });
        features
    }

    /// Calls `work` with feature maps that are not in use.
    fn with_activations(&self, work: impl FnOnce(&mut Activations)) {
        // A panic in another thread leaves the list whole.
        let spare = || self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        let reused = spare().pop();
        let mut activations = reused.unwrap_or_else(|| self.activations());
        work(&mut activations);
        spare().push(activations);
    }

    /// Feature maps of zeros.
    fn activations(&self) -> Activations {
        let depths = self.down.len();
        let size = |depth: usize| self.size.map(|side| side >> depth);
        let channels = |depth: usize| self.down[depth][1].channels();
        let before = |depth: usize| match depth {
            0 => padded(INPUTS * self.stem * self.stem),
            _ => channels(depth - 1),
        };
        Activations {
            inputs: (0..depths).map(|depth| FeatureMap::new(before(depth), size(depth))).collect(),
            middle: (0..depths).map(|depth| FeatureMap::new(channels(depth), size(depth))).collect(),
            joined: (0..depths - 1).map(|depth| FeatureMap::new(2 * channels(depth), size(depth))).collect(),
            outputs: (0..depths).map(|depth| FeatureMap::new(channels(depth), size(depth))).collect(),
            scratch: Scratch::default(),
        }
    }

    /// The first half of `UNet::forward` for one image, `[3, height, width]`: the skips and the bottleneck.
    fn encode(&self, image: &[f32], activations: &mut Activations) {
        // Shapes are those of the default configuration and an image of 256 x 256.
        let Activations { inputs, middle, joined, outputs, scratch } = activations;
        let mut run = |convolution: &Convolution, x: &FeatureMap, out: &mut FeatureMap| {
            convolution.run(slice::from_ref(x), slice::from_mut(out), scratch);
        };
        space_to_depth(image, self.stem, &mut inputs[0]); // [128, 128, 12]
        for (depth, [first, second]) in self.down.iter().enumerate() {
            run(first, &inputs[depth], &mut middle[depth]);
            match joined.get_mut(depth) {
                Some(joined) => {
                    run(second, &middle[depth], joined); // [128, 128, 16], [64, 64, 32], …
                    max_pool(joined, &mut inputs[depth + 1]); // [64, 64, 16], [32, 32, 32], …
                }
                None => run(second, &middle[depth], &mut outputs[depth]), // [8, 8, 256]
            }
        }
    }

    /// The second half of `UNet::forward`: from what [`encode`](Self::encode) has left to the logits, `[height, width]`.
    fn decode(&self, activations: &mut Activations, logits: &mut [f32]) {
        let Activations { middle, joined, outputs, scratch, .. } = activations;
        let mut run = |convolution: &Convolution, x: &FeatureMap, out: &mut FeatureMap| {
            convolution.run(slice::from_ref(x), slice::from_mut(out), scratch);
        };
        for (depth, (up, [first, second])) in self.up.iter().zip(&self.merge).enumerate().rev() {
            let skip = joined[depth].channels() / 2;
            up.run(&outputs[depth + 1], &mut joined[depth], skip); // [16, 16, 256], …
            run(first, &joined[depth], &mut middle[depth]);
            run(second, &middle[depth], &mut outputs[depth]); // [16, 16, 128], … [128, 128, 16]
        }
        self.head.run(&outputs[0], logits);
    }
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Plan").field("size", &self.size).field("depths", &self.down.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;

    /// A network of random numbers. Its layers can be changed before a plan is made of it.
    fn network(widths: &[usize], stem: usize) -> FoldedUNet {
        let mut rng = Rng::new(6, 0);
        let mut values = |count: usize| (0..count).map(|_| rng.range(-0.5, 0.5)).collect::<Vec<f32>>();
        let mut layer = |weights: usize, outputs: usize| Layer {
            kernel: values(weights * outputs),
            scale: Vec::new(),
            bias: values(outputs),
        };
        let cells = stem * stem;
        let inputs = [INPUTS * cells].into_iter().chain(widths.iter().copied());
        FoldedUNet {
            config: UNetConfig { widths: widths.to_vec(), stem },
            down: inputs.zip(widths).map(|(i, &o)| [layer(i * 9, o), layer(o * 9, o)]).collect(),
            up: widths.windows(2).map(|pair| layer(pair[1] * 4, pair[0])).collect(),
            merge: widths.windows(2).map(|pair| [layer(pair[0] * 18, pair[0]), layer(pair[0] * 9, pair[0])]).collect(),
            head: layer(widths[0], cells),
        }
    }

    fn images(n: usize, [height, width]: [usize; 2]) -> Vec<f32> {
        let mut rng = Rng::new(9, 0);
        (0..n * INPUTS * height * width).map(|_| rng.range(-2.0, 2.0)).collect()
    }

    #[test]
    fn an_image_has_the_same_logits_alone_in_a_batch_and_in_reused_feature_maps() {
        let size = [8, 24];
        let plan = Plan::new(&network(&[3, 20, 5], 2), size);
        let images = images(3, size);
        let batch = plan.logits(&images);
        assert!(batch.iter().all(|logit| logit.is_finite()) && batch.iter().any(|logit| *logit != batch[0]));
        let alone: Vec<f32> = images.chunks_exact(3 * 8 * 24).flat_map(|image| plan.logits(image)).collect();
        assert_eq!(alone, batch);
        assert!(plan.logits(&[]).is_empty());
    }

    #[test]
    #[should_panic(expected = "expected an image whose sides are multiples of 4, found 8 x 10")]
    fn an_image_of_another_size_is_refused() {
        Plan::new(&network(&[3, 5], 2), [8, 10]);
    }

    #[test]
    #[should_panic(expected = "expected images of 3 x 8 x 12, found 289 values")]
    fn values_that_are_not_whole_images_are_refused() {
        Plan::new(&network(&[3, 5], 2), [8, 12]).logits(&[0.0; 3 * 8 * 12 + 1]);
    }

    #[test]
    #[should_panic(expected = "expected layers for 2 depths, found them for [2, 1, 2]")]
    fn a_network_without_a_layer_is_refused() {
        let mut network = network(&[3, 5], 2);
        network.up.pop();
        Plan::new(&network, [8, 8]);
    }

    #[test]
    #[should_panic(expected = "expected a weight of [5, 3, 3, 3], found 134 values")]
    fn a_convolution_of_another_length_is_refused() {
        let mut network = network(&[3, 5], 2);
        network.down[1][0].kernel.pop();
        Plan::new(&network, [8, 8]);
    }

    #[test]
    #[should_panic(expected = "expected 5 biases at depth 1, found 6")]
    fn a_convolution_with_another_bias_is_refused() {
        let mut network = network(&[3, 5], 2);
        network.down[1][0].bias.push(0.0);
        Plan::new(&network, [8, 8]);
    }

    #[test]
    #[should_panic(expected = "expected 3 biases up to depth 0, found 2")]
    fn an_up_convolution_with_another_bias_is_refused() {
        let mut network = network(&[3, 5], 2);
        network.up[0].bias.pop();
        Plan::new(&network, [8, 8]);
    }

    #[test]
    #[should_panic(expected = "expected a head of [4, 3, 1, 1], found 13 weights and 4 biases")]
    fn a_head_of_another_length_is_refused() {
        let mut network = network(&[3, 5], 2);
        network.head.kernel.push(0.0);
        Plan::new(&network, [8, 8]);
    }
}
