//! The weights that the page ships.
#![cfg(all(feature = "cpu", not(target_arch = "wasm32")))]

use glioscope::error::{Error, ModelFault};
use glioscope::network::segmenter::{Backend, Segmenter};

const MANIFEST: &[u8] = include_bytes!("../www/model/model.json");
const WEIGHTS: &[u8] = include_bytes!("../www/model/weights.safetensors");

#[test]
fn they_load_and_give_the_known_answer() {
    let segmenter = Segmenter::load(MANIFEST, WEIGHTS, Backend::Cpu).expect("the shipped model loads");
    let error = pollster::block_on(segmenter.known_answer_error()).expect("the CPU computes");
    assert!(error <= 1e-4, "largest difference in probability {error}");
}

#[test]
fn they_are_small_enough_to_fetch() {
    assert!(WEIGHTS.len() <= 4 << 20, "{} bytes", WEIGHTS.len());
    let segmenter = Segmenter::load(MANIFEST, WEIGHTS, Backend::Cpu).expect("the shipped model loads");
    assert!(segmenter.manifest().weights.parameters <= 2_000_000);
}

#[test]
fn a_changed_or_cut_file_is_refused() {
    let mut changed = WEIGHTS.to_vec();
    changed[WEIGHTS.len() / 2] ^= 1;
    for bytes in [&changed[..], &WEIGHTS[..WEIGHTS.len() - 1], &[]] {
        let refused = Segmenter::load(MANIFEST, bytes, Backend::Cpu);
        assert!(matches!(refused, Err(Error::Model(ModelFault::Hash { .. }))), "{:?}", refused.err());
    }
    let refused = Segmenter::load(&MANIFEST[..MANIFEST.len() - 20], WEIGHTS, Backend::Cpu);
    assert!(matches!(refused, Err(Error::Model(ModelFault::Manifest(_)))), "{:?}", refused.err());
}
