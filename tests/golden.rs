//! The U-Net against an independent implementation: `fixtures/golden_logits.py`.
#![cfg(all(feature = "burn", not(target_arch = "wasm32")))]

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Tensor, TensorData};
use glioscope::network::UNetConfig;
use glioscope::network::burn::UNet;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    widths: Vec<usize>,
    stem: usize,
    side: usize,
    seed: u64,
    logits: Vec<f32>,
}

/// Fills a network as the script does: SplitMix64, kernels in [-0.5, 0.5), vectors in [0.5, 1.5).
struct Fill(u64);

impl Fill {
    fn values(&mut self, count: usize, low: f32) -> Vec<f32> {
        (0..count)
            .map(|_| {
                self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let z = self.0;
                let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                low + ((z ^ (z >> 31)) >> 40) as f32 / (1 << 24) as f32
            })
            .collect()
    }
}

impl ModuleMapper for Fill {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| {
            let values = self.values(tensor.shape().num_elements(), if D == 1 { 0.5 } else { -0.5 });
            Tensor::from_data(TensorData::new(values, tensor.shape()), &tensor.device())
        })
    }
}

fn golden() -> (Golden, UNet, Tensor<4>) {
    let golden: Golden = serde_json::from_str(include_str!("fixtures/golden_logits.json")).expect("the fixture");
    let device = Device::flex();
    let mut fill = Fill(golden.seed);
    let unet = UNetConfig { widths: golden.widths.clone(), stem: golden.stem }.init(&device).map(&mut fill);
    let side = golden.side;
    let image = TensorData::new(fill.values(3 * side * side, -0.5), [1, 3, side, side]);
    (golden, unet, Tensor::from_data(image, &device))
}

fn difference(logits: Tensor<4>, expected: &[f32]) -> f32 {
    let found = logits.into_data().try_into_vec::<f32>().expect("f32");
    assert_eq!(found.len(), expected.len());
    // The largest of numbers passes over those that are none.
    assert!(found.iter().all(|logit| logit.is_finite()), "a logit is no number");
    found.iter().zip(expected).map(|(a, b)| (a - b).abs() / b.abs().max(1.0)).fold(0.0, f32::max)
}

#[test]
fn plain_logits_are_the_references() {
    let (golden, unet, image) = golden();
    let difference = difference(unet.forward(image), &golden.logits);
    assert!(difference < 1e-4, "largest relative difference {difference}");
}

#[test]
fn folded_logits_are_the_references() {
    let (golden, unet, image) = golden();
    let difference = difference(UNet::from_folded(&unet.fold(), &Device::flex()).forward(image), &golden.logits);
    assert!(difference < 1e-4, "largest relative difference {difference}");
}
