#![no_main]
//! TIFF: any bytes under one of its four signatures, then all that is done with the slices.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    glioscope_fuzz::use_slices(glioscope_fuzz::read("fuzz.tif", bytes));
});
