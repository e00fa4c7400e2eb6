//! Models that former versions wrote are still read: format 1, a Burn record, and the first weights of format 2, with
//! kernels in half precision.
#![cfg(all(feature = "burn", not(target_arch = "wasm32")))]

use burn::tensor::Device;
use glioscope::error::ModelFault;
use glioscope::network::Segmenter;
use glioscope::network::burn::{FormerModel, read_former};
use glioscope::network::segmenter::Backend;

const MODEL_JSON: &[u8] = include_bytes!("fixtures/model-1/model.json");
const WEIGHTS: &[u8] = include_bytes!("fixtures/model-1/weights.bin");

#[test]
fn a_model_of_format_1_is_read_with_its_answer_and_card() {
    let FormerModel { unet, manifest, card, weights } =
        read_former(MODEL_JSON, WEIGHTS, &Device::flex()).expect("the fixture");
    assert_eq!(manifest.network.widths, [3, 4]);
    assert_eq!(manifest.weights.parameters, unet.parameters());
    assert_eq!([card.split.fit.len(), card.split.held_out.len()], [1, 1]);
    assert!(card.metrics.contains_key("patient_dice_mean"));
    // Written in today's format and read back, it computes what the former version computed.
    let json = serde_json::to_vec(&manifest).expect("JSON");
    let segmenter = Segmenter::load(&json, &weights, Backend::Cpu).expect("a model of format 2");
    let error = pollster::block_on(segmenter.known_answer_error()).expect("the CPU computes");
    assert!(error <= 1e-5, "largest difference in probability {error}");
}

#[test]
fn weights_in_half_precision_are_read_with_their_answer() {
    let json = include_bytes!("fixtures/model-2/model.json");
    let weights = include_bytes!("fixtures/model-2/weights.safetensors");
    assert!(weights.windows(13).any(|window| window == b"folded-unet-1"));
    let segmenter = Segmenter::load(json, weights, Backend::Cpu).expect("a model of format 2");
    let error = pollster::block_on(segmenter.known_answer_error()).expect("the CPU computes");
    assert!(error <= 1e-5, "largest difference in probability {error}");
}

#[test]
fn altered_files_of_format_1_are_refused() {
    let read = |json: &[u8], weights: &[u8]| read_former(json, weights, &Device::flex()).map(|_| ());
    assert!(matches!(read(MODEL_JSON, &WEIGHTS[1..]), Err(ModelFault::Hash { .. })));
    assert!(matches!(read(b"{}", WEIGHTS), Err(ModelFault::Manifest(_))));
    let today = include_bytes!("../www/model/model.json");
    assert!(read(today, WEIGHTS).is_err(), "format 2 is not format 1");
}
