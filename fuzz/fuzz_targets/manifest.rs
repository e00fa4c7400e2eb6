#![no_main]
//! `model.json`: refused, or a manifest that is read again after it is written.

use glioscope::network::manifest::Manifest;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(manifest) = Manifest::from_json(bytes) else { return };
    assert!(manifest.grid % manifest.network.multiple() == 0 && (1..=4096).contains(&manifest.grid));
    let json = serde_json::to_vec(&manifest).expect("a manifest is written");
    let again = Manifest::from_json(&json).expect("a written manifest is read");
    // Numbers of double precision may differ in the last place. None of them is used in computations.
    assert_eq!((again.network, again.grid, again.weights), (manifest.network, manifest.grid, manifest.weights));
    assert_eq!((again.threshold, again.known_answer), (manifest.threshold, manifest.known_answer));
});
