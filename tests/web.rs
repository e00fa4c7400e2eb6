//! The shipped network in a real browser, in a worker, on both backends, against what it computes natively.
#![cfg(target_arch = "wasm32")]
#![allow(unsafe_code, reason = "the constructors that the linker collects are called by hand")]

use burn::tensor::{Device, Tensor, TensorData};
use glioscope::kernels::conv3x3_relu;
use glioscope::random::Rng;
use glioscope::segmenter::Segmenter;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

unsafe extern "C" {
    /// The linker's own. The page's module calls it when it starts, which a module of tests does not do.
    fn __wasm_call_ctors();
}

/// In probability.
const TOLERANCE: f32 = 1e-3;

async fn error_on(device: Device) -> f32 {
    let (manifest, weights) = (include_bytes!("../www/model/model.json"), include_bytes!("../www/model/weights.bin"));
    let segmenter = Segmenter::load(manifest, weights, device).expect("the shipped model loads");
    segmenter.known_answer_error().await.expect("the device computes")
}

#[wasm_bindgen_test]
async fn the_cpu_computes_what_is_computed_natively() {
    let error = error_on(Device::flex()).await;
    assert!(error <= TOLERANCE, "largest difference in probability {error}");
}

/// The fused convolution on `device` against Burn's own operations on the CPU: the largest difference, by shape.
async fn convolutions_on(device: &Device) -> Vec<(String, f32)> {
    let mut differences = Vec::new();
    // Odd sizes, one row, one column, widths that end within a unit's four pixels, channels in whole vectors and not.
    for ([n, inputs, h, w], outputs) in [
        ([1, 4, 1, 1], 4),
        ([2, 12, 5, 7], 16),
        ([1, 16, 8, 4], 8),
        ([3, 8, 1, 9], 12),
        ([1, 20, 9, 1], 4),
        ([8, 4, 6, 6], 4),
        ([1, 256, 3, 5], 64),
        ([1, 3, 7, 10], 4),
        ([1, 4, 6, 5], 5),
    ] {
        let mut rng = Rng::new(7, inputs as u64);
        let mut values = |count: usize| (0..count).map(|_| rng.range(-1.0, 1.0)).collect::<Vec<f32>>();
        let x = TensorData::new(values(n * inputs * h * w), [n, inputs, h, w]);
        let weight = TensorData::new(values(outputs * inputs * 9), [outputs, inputs, 3, 3]);
        let bias = TensorData::new(values(outputs), [outputs]);
        let mut found = Vec::new();
        for device in [device, &Device::flex()] {
            let x = Tensor::<4>::from_data(x.clone(), device);
            let weight = Tensor::<4>::from_data(weight.clone(), device);
            let out = conv3x3_relu(x, weight, Tensor::<1>::from_data(bias.clone(), device));
            assert_eq!(out.dims(), [n, outputs, h, w]);
            let data = out.into_data_async().await.expect("the device computes");
            found.push(data.try_into_vec::<f32>().expect("f32"));
        }
        // Not `f32::max`, which would pass over a NaN.
        let pairs = found[0].iter().zip(&found[1]);
        let most = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, |most, value| if value <= most { most } else { value });
        differences.push((format!("{:?} to {outputs}", [n, inputs, h, w]), most));
    }
    differences
}

/// One test for everything on WebGPU: an instance can open it once.
#[wasm_bindgen_test]
async fn webgpu_computes_what_is_computed_natively() {
    // SAFETY: the linker defines it in every module; what CubeCL registers there may be registered again.
    unsafe { __wasm_call_ctors() };
    let device = Device::wgpu_options().init_async().await.expect("a browser with WebGPU");
    for (shape, difference) in convolutions_on(&device).await {
        assert!(difference < 1e-4, "{shape}: largest difference {difference}");
    }
    let error = error_on(device).await;
    assert!(error <= TOLERANCE, "largest difference in probability {error}");
}
