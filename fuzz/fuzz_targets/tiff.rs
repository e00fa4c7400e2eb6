#![no_main]
//! TIFF: any bytes, then all uses of slices.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    glioscope_fuzz::use_slices(glioscope_fuzz::read("fuzz.tif", bytes));
});
