//! A U-Net for inference: each batch normalisation is folded into a scale and a bias.

use std::borrow::Cow;

use super::config::{INPUTS, UNetConfig};
use super::safetensors::{Kind, Precision, Tensors};
use crate::error::ModelFault;

/// The numbers of a U-Net for inference, on no device: what `weights.safetensors` holds.
#[derive(Clone, Debug, PartialEq)]
pub struct FoldedUNet {
    pub(crate) config: UNetConfig,
    /// Two 3x3 convolutions for each depth, the finest first; the last is the bottleneck.
    pub(crate) down: Vec<[Layer; 2]>,
    /// 2x2 up-convolutions, from depth `i + 1` to depth `i`.
    pub(crate) up: Vec<Layer>,
    /// Two 3x3 convolutions after the skip at depth `i` is joined.
    pub(crate) merge: Vec<[Layer; 2]>,
    /// A 1x1 convolution to one logit for each pixel of the stem's cell.
    pub(crate) head: Layer,
}

/// One convolution.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layer {
    /// `[outputs, inputs, side, side]`; `[inputs, outputs, 2, 2]` for an up-convolution.
    pub(crate) kernel: Vec<f32>,
    /// `[outputs]`: the normalisation's factor, which applies to the kernel; empty without a normalisation.
    pub(crate) scale: Vec<f32>,
    /// `[outputs]`.
    pub(crate) bias: Vec<f32>,
}

/// What a layer of a configuration is called, and its shape.
struct Place {
    name: String,
    kernel: [usize; 4],
    outputs: usize,
    normalised: bool,
}

impl Layer {
    /// The kernel with its scale.
    pub(crate) fn weight(&self) -> Cow<'_, [f32]> {
        if self.scale.is_empty() {
            return Cow::Borrowed(&self.kernel);
        }
        let inputs = self.kernel.len() / self.scale.len();
        let scaled = |(kernel, scale): (&[f32], &f32)| kernel.iter().map(|value| value * scale).collect::<Vec<_>>();
        Cow::Owned(self.kernel.chunks_exact(inputs).zip(&self.scale).flat_map(scaled).collect())
    }

    /// A layer with this [`weight`](Self::weight). The scale is that of this layer, or 1 where it is 0.
    fn with_weight(&self, mut kernel: Vec<f32>, bias: Vec<f32>) -> Self {
        let scale: Vec<f32> = self.scale.iter().map(|&scale| if scale == 0.0 { 1.0 } else { scale }).collect();
        if !scale.is_empty() {
            let inputs = kernel.len() / scale.len();
            for (kernel, scale) in kernel.chunks_exact_mut(inputs).zip(&scale) {
                kernel.iter_mut().for_each(|value| *value /= scale);
            }
        }
        Self { kernel, scale, bias }
    }

    fn put(&self, place: &Place, kernels: Precision, tensors: &mut Tensors) {
        let Place { name, kernel, outputs, .. } = place;
        tensors.put(format!("{name}.weight"), kernel, &self.kernel, kernels);
        if !self.scale.is_empty() {
            tensors.put(format!("{name}.scale"), &[*outputs], &self.scale, Precision::Single);
        }
        tensors.put(format!("{name}.bias"), &[*outputs], &self.bias, Precision::Single);
    }

    fn take(place: &Place, tensors: &mut Tensors) -> Result<Self, ModelFault> {
        let Place { name, kernel, outputs, normalised } = place;
        let scale = if *normalised { tensors.take(&format!("{name}.scale"), &[*outputs])? } else { Vec::new() };
        Ok(Self {
            kernel: tensors.take(&format!("{name}.weight"), kernel)?,
            scale,
            bias: tensors.take(&format!("{name}.bias"), &[*outputs])?,
        })
    }
}

impl FoldedUNet {
    /// Reads `weights.safetensors`.
    ///
    /// # Errors
    /// [`ModelFault::Config`] for a configuration that cannot be, [`ModelFault::Record`] for tensors that do not fit it.
    pub fn from_safetensors(config: &UNetConfig, bytes: &[u8]) -> Result<Self, ModelFault> {
        config.validate()?;
        let mut tensors = Tensors::read(bytes, Kind::Folded)?;
        let layers = places(config).iter().map(|place| Layer::take(place, &mut tensors)).collect::<Result<_, _>>()?;
        tensors.finish()?;
        Ok(Self::from_layers(config, layers))
    }

    /// The bytes of `weights.safetensors`: kernels with eight bits a number; scales and biases in single precision, where
    /// small factors keep their digits.
    pub fn to_safetensors(&self) -> Vec<u8> {
        self.write(Precision::Byte)
    }

    /// As [`to_safetensors`](Self::to_safetensors), with another precision for kernels.
    pub(crate) fn write(&self, kernels: Precision) -> Vec<u8> {
        let mut tensors = Tensors::default();
        for (layer, place) in self.layers().zip(places(&self.config)) {
            layer.put(&place, kernels, &mut tensors);
        }
        tensors.write(Kind::Folded)
    }

    /// Name, shape and values of every weight, its scale applied, and of every bias: `down.0.first.weight` and so on. Weights are
    /// `[outputs, inputs, side, side]`; those of `up` are `[inputs, outputs, 2, 2]`.
    pub fn tensors(&self) -> Vec<(String, Vec<usize>, Vec<f32>)> {
        let named = |(layer, place): (&Layer, Place)| {
            let weight = (format!("{}.weight", place.name), place.kernel.to_vec(), layer.weight().into_owned());
            [weight, (format!("{}.bias", place.name), vec![place.outputs], layer.bias.clone())]
        };
        self.layers().zip(places(&self.config)).flat_map(named).collect()
    }

    /// This network with other weights and biases, the inverse of [`tensors`](Self::tensors). Scales are kept, and weights are
    /// divided by them.
    ///
    /// # Errors
    /// [`ModelFault::Record`] unless there is one tensor for each weight and bias, of its shape and with finite values.
    ///
    /// # Panics
    /// If a tensor does not have as many values as its shape says.
    pub fn with_tensors(&self, all: Vec<(String, Vec<usize>, Vec<f32>)>) -> Result<Self, ModelFault> {
        let mut tensors = Tensors::default();
        for (name, shape, values) in all {
            tensors.put(name, &shape, &values, Precision::Single);
        }
        let layers = self.layers().zip(places(&self.config)).map(|(layer, place)| {
            let weight = tensors.take(&format!("{}.weight", place.name), &place.kernel)?;
            let bias = tensors.take(&format!("{}.bias", place.name), &[place.outputs])?;
            Ok::<_, ModelFault>(layer.with_weight(weight, bias))
        });
        let layers = layers.collect::<Result<_, ModelFault>>()?;
        tensors.finish()?;
        Ok(Self::from_layers(&self.config, layers))
    }

    /// The network of these layers, in the order of [`layers`](Self::layers).
    ///
    /// # Panics
    /// If there are fewer layers than the configuration has.
    pub(crate) fn from_layers(config: &UNetConfig, layers: Vec<Layer>) -> Self {
        let mut layers = layers.into_iter();
        let mut next = || layers.next().expect("a layer for each place of the configuration");
        let (depths, rises) = (config.widths.len(), config.widths.len() - 1);
        Self {
            config: config.clone(),
            down: (0..depths).map(|_| [next(), next()]).collect(),
            up: (0..rises).map(|_| next()).collect(),
            merge: (0..rises).map(|_| [next(), next()]).collect(),
            head: next(),
        }
    }

    /// Every layer: down, up, merge, head.
    pub(crate) fn layers(&self) -> impl Iterator<Item = &Layer> {
        self.down.iter().flatten().chain(&self.up).chain(self.merge.iter().flatten()).chain([&self.head])
    }
}

/// Every layer of a configuration, in the order of [`FoldedUNet::layers`].
fn places(config: &UNetConfig) -> Vec<Place> {
    let UNetConfig { widths, .. } = config;
    let cells = config.cells();
    let block = |name: &str, depth: usize, inputs: usize| {
        let outputs = widths[depth];
        [("first", inputs), ("second", outputs)].map(|(part, inputs)| Place {
            name: format!("{name}.{depth}.{part}"),
            kernel: [outputs, inputs, 3, 3],
            outputs,
            normalised: true,
        })
    };
    let inputs = [INPUTS * cells].into_iter().chain(widths.iter().copied());
    let down = inputs.take(widths.len()).enumerate().flat_map(|(depth, inputs)| block("down", depth, inputs));
    let up = widths.windows(2).enumerate().map(|(depth, pair)| Place {
        name: format!("up.{depth}"),
        kernel: [pair[1], pair[0], 2, 2],
        outputs: pair[0],
        normalised: false,
    });
    let merge = (0..widths.len() - 1).flat_map(|depth| block("merge", depth, 2 * widths[depth]));
    let head = Place { name: "head".to_owned(), kernel: [cells, widths[0], 1, 1], outputs: cells, normalised: false };
    down.chain(up).chain(merge).chain([head]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;

    #[test]
    fn weights_round_trip_and_a_scale_applies_to_its_output() {
        let mut rng = Rng::new(4, 0);
        let config = UNetConfig { widths: vec![3, 5], stem: 2 };
        // Multiples of 1/64 are exact in half precision.
        let mut values = |count: usize| (0..count).map(|_| rng.range(-64.0, 64.0).round() / 64.0).collect::<Vec<_>>();
        let places = places(&config);
        let layers = places.iter().map(|place| Layer {
            kernel: values(place.kernel.iter().product()),
            scale: values(if place.normalised { place.outputs } else { 0 }),
            bias: values(place.outputs),
        });
        let network = FoldedUNet::from_layers(&config, layers.collect());
        let bytes = network.write(Precision::Half);
        assert_eq!(FoldedUNet::from_safetensors(&config, &bytes).expect("what was written"), network);
        // With eight bits each weight is within half a step, which is the row's largest magnitude / 127.
        let eight = FoldedUNet::from_safetensors(&config, &network.to_safetensors()).expect("what was written");
        for ((layer, rounded), place) in network.layers().zip(eight.layers()).zip(&places) {
            let row = layer.kernel.len() / place.kernel[0];
            for (exact, rounded) in layer.kernel.chunks(row).zip(rounded.kernel.chunks(row)) {
                let step = exact.iter().fold(0.0_f32, |most, value| most.max(value.abs())) / 127.0;
                assert!(exact.iter().zip(rounded).all(|(a, b)| (a - b).abs() <= 0.501 * step), "{}", place.name);
            }
            assert_eq!((&layer.scale, &layer.bias), (&rounded.scale, &rounded.bias));
        }

        let first = &network.down[0][0];
        let inputs = first.kernel.len() / 3;
        assert_eq!(first.weight()[2 * inputs], first.kernel[2 * inputs] * first.scale[2]);
        assert_eq!(&*network.head.weight(), network.head.kernel);

        // What is in the file is what its tensors give back.
        let again = eight.with_tensors(eight.tensors()).expect("its own tensors");
        assert_eq!(again.to_safetensors(), network.to_safetensors());
        let mut tensors = eight.tensors();
        tensors[3].2[1] = 0.25;
        assert_eq!(eight.with_tensors(tensors.clone()).expect("another bias").down[0][1].bias[1], 0.25);
        tensors[3].2[1] = f32::NAN;
        let said = |tensors| eight.with_tensors(tensors).expect_err("a fault").to_string();
        assert!(said(tensors.clone()).contains("down.0.second.bias: expected finite values, found NaN"));
        tensors[3].0 = "down.9.bias".to_owned();
        assert!(said(tensors.clone()).contains("down.0.second.bias is missing"));

        let wider = UNetConfig { widths: vec![3, 6], stem: 2 };
        let fault = FoldedUNet::from_safetensors(&wider, &bytes).expect_err("another network").to_string();
        assert!(fault.contains("down.1.first.scale: expected the shape [6], found [5]"), "{fault}");
    }
}
