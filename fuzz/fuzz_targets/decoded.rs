#![no_main]
//! Decoded slices, as the module `formats` hands them to the page: any bytes after the first; then all uses of slices.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    glioscope_fuzz::use_slices(glioscope_fuzz::read("fuzz.jpg", &[b"glioscope slices 1\n", bytes].concat()));
});
