//! The shipped network in a real browser, in a worker, on both backends, against what it computes natively.
#![cfg(target_arch = "wasm32")]
#![allow(unsafe_code, reason = "the constructors that the linker collects are called by hand")]

use burn::tensor::{Device, Tensor, TensorData};
use glioscope::network::burn::{conv_transpose, conv3x3_relu};
use glioscope::network::segmenter::{Backend, Segmenter};
use glioscope::random::Rng;
use glioscope::web::Session;
use js_sys::Reflect;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

unsafe extern "C" {
    /// The linker's own. The page's module calls it when it starts, which a module of tests does not do.
    fn __wasm_call_ctors();
}

/// In probability.
const TOLERANCE: f32 = 1e-3;

async fn error_on(backend: Backend) -> f32 {
    let (manifest, weights) =
        (include_bytes!("../www/model/model.json"), include_bytes!("../www/model/weights.safetensors"));
    let segmenter = Segmenter::load(manifest, weights, backend).expect("the shipped model loads");
    segmenter.known_answer_error().await.expect("the device computes")
}

#[wasm_bindgen_test]
async fn the_cpu_computes_what_is_computed_natively() {
    let error = error_on(Backend::Cpu).await;
    assert!(error <= TOLERANCE, "largest difference in probability {error}");
}

#[wasm_bindgen_test]
async fn weights_are_opened_if_they_are_those_of_the_manifest_and_refused_else() {
    let (manifest, weights) =
        (include_bytes!("../www/model/model.json"), include_bytes!("../www/model/weights.safetensors"));
    let open =
        async |weights: &[u8]| Session::create("cpu".to_owned(), manifest.to_vec(), weights.to_vec(), None).await;
    assert!(open(weights).await.is_ok(), "the shipped ones");
    let mut altered = weights.to_vec();
    altered[weights.len() / 2] ^= 1;
    let fault = open(&altered).await.err().expect("refused");
    let kind = Reflect::get(&fault, &"kind".into()).expect("a kind");
    assert_eq!(kind.as_string().as_deref(), Some("model"));
}

/// Values from -1 to 1 in that shape, which depend on the shape alone.
fn values<const D: usize>(shape: [usize; D]) -> TensorData {
    let count = shape.iter().product();
    let mut rng = Rng::new(7, count as u64);
    TensorData::new::<f32, _>((0..count).map(|_| rng.range(-1.0, 1.0)).collect(), shape)
}

/// The largest difference between what `layer` computes on `device` and, by Burn's own operations, on the CPU.
async fn difference(device: &Device, layer: impl Fn(&Device) -> Tensor<4>) -> f32 {
    let mut found = Vec::new();
    for device in [device, &Device::flex()] {
        let out = layer(device);
        let shape = out.dims();
        let data = out.into_data_async().await.expect("the device computes");
        found.push((shape, data.try_into_vec::<f32>().expect("f32")));
    }
    let [(shape, values), (expected_shape, expected)] = &found[..] else { unreachable!("two devices") };
    assert_eq!(shape, expected_shape);
    // Not `f32::max`, which would pass over a NaN; nor does a NaN give way to a number that comes after it.
    let differences = values.iter().zip(expected).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, |most: f32, value| if most.is_nan() || value <= most { most } else { value })
}

/// The layers of the project's own against Burn's: the largest difference of each, by shape.
async fn differences_on(device: &Device) -> Vec<(String, f32)> {
    let mut differences = Vec::new();
    // Odd sizes, one row, one column, widths that end within a unit's four pixels, channels in whole vectors and not.
    for (shape, outputs) in [
        ([1, 4, 1, 1], 4),
        ([2, 12, 5, 7], 16),
        ([1, 16, 8, 4], 8),
        ([3, 8, 1, 9], 12),
        ([1, 20, 9, 1], 4),
        ([8, 4, 6, 6], 4),
        ([1, 256, 3, 5], 64),
        ([1, 3, 7, 10], 4),
        ([1, 4, 6, 5], 5),
        ([2, 1, 3, 2], 1),
    ] {
        let inputs = shape[1];
        let same = async |side: usize| {
            let layer = |device: &Device| {
                let x = Tensor::<4>::from_data(values(shape), device);
                let bias = Tensor::<1>::from_data(values([outputs]), device);
                match side {
                    3 => conv3x3_relu(x, Tensor::from_data(values([outputs, inputs, 3, 3]), device), bias),
                    _ => conv_transpose(x, Tensor::from_data(values([inputs, outputs, side, side]), device), bias),
                }
            };
            difference(device, layer).await
        };
        for side in [3, 2, 1] {
            differences.push((format!("{side}x{side}, {shape:?} to {outputs}"), same(side).await));
        }
    }
    differences
}

/// One test for everything on WebGPU: an instance can open it once.
#[wasm_bindgen_test]
async fn webgpu_computes_what_is_computed_natively() {
    // SAFETY: the linker defines it in every module; what CubeCL registers there may be registered again.
    unsafe { __wasm_call_ctors() };
    let device = Device::wgpu_options().init_async().await.expect("a browser with WebGPU");
    for (shape, difference) in differences_on(&device).await {
        assert!(difference < 1e-4, "{shape}: largest difference {difference}");
    }
    let error = error_on(Backend::Burn(device)).await;
    assert!(error <= TOLERANCE, "largest difference in probability {error}");
}
