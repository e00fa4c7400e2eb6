#![no_main]
//! PNG: any bytes with corrected checksums, so that more than the first chunk is reached; then all uses of slices.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    glioscope_fuzz::use_slices(glioscope_fuzz::read("fuzz.png", &corrected(bytes)));
});

/// The file with the right signature and checksums, or unchanged if its first byte is even.
fn corrected(bytes: &[u8]) -> Vec<u8> {
    let mut png = bytes.to_vec();
    if png.len() < 8 || png[0] & 1 == 0 {
        return png;
    }
    let mut at = 8;
    while let Some(head) = png.get(at..at + 8) {
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let Some(end) = (at + 8).checked_add(length).filter(|end| end + 4 <= png.len()) else { break };
        let sum = crc(&png[at + 4..end]);
        png[end..end + 4].copy_from_slice(&sum.to_be_bytes());
        at = end + 4;
    }
    png
}

/// The checksum of the PNG specification, annex D.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { 0xedb8_8320 ^ (sum >> 1) } else { sum >> 1 })
    })
}
