#![no_main]
//! `model.json`: refused, or a manifest that is the same after writing and reading it.

use glioscope::weights::Manifest;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(manifest) = Manifest::from_json(bytes) else { return };
    assert!(manifest.grid % manifest.network.multiple() == 0 && (1..=4096).contains(&manifest.grid));
    let json = serde_json::to_vec(&manifest).expect("a manifest can be written");
    let again = Manifest::from_json(&json).expect("a manifest that was written is read");
    assert_eq!(serde_json::to_vec(&again).expect("a manifest can be written"), json);
});
