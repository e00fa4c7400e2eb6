#![no_main]
//! DICOM: any bytes as a file; then its frames as a volume, with frames of the same file at other places.

use glioscope::read::{self, dicom_study};
use glioscope_fuzz::{LIMITS, read, use_slices};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = dicom_study(bytes);
    let slices = read("fuzz.dcm", bytes);
    if let Ok(decoded) = read::convert("fuzz.dcm", bytes, &LIMITS) {
        assert_eq!(read::read("fuzz.dcm", &decoded, &LIMITS).expect("decoded slices are read"), slices);
    }
    use_slices(slices);
});
