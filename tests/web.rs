//! The shipped network in a real browser, in a worker, on both backends, against what it computes natively.
#![cfg(target_arch = "wasm32")]

use burn::tensor::Device;
use glioscope::segmenter::Segmenter;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

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

#[wasm_bindgen_test]
async fn webgpu_computes_what_is_computed_natively() {
    let device = Device::wgpu_options().init_async().await.expect("a browser with WebGPU");
    let error = error_on(device).await;
    assert!(error <= TOLERANCE, "largest difference in probability {error}");
}
