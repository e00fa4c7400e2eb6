#![no_main]
//! NIfTI: any bytes, as one file or as a pair; then all uses of slices, and results on the grid of the volume.

use glioscope::layout::assemble;
use glioscope::mask::Probability;
use glioscope::read::{self, Slice};
use glioscope::result::findings::Findings;
use glioscope::write::{Volume, nifti};
use glioscope_fuzz::{LIMITS, metered, read, use_slices};
use libfuzzer_sys::fuzz_target;

/// The length of a header of NIfTI-1. A pair is split there.
const HEADER: usize = 348;

fuzz_target!(|bytes: &[u8]| {
    let slices = match bytes.split_at_checked(HEADER) {
        Some((header, voxels)) if header.ends_with(b"ni1\0") => {
            // The joined file is there beside the samples.
            let most = 2 * 2 * LIMITS.samples as usize + 2 * LIMITS.bytes as usize + 2 * bytes.len();
            let joined = || read::join_pair("fuzz.hdr", header, voxels, &LIMITS);
            metered(most, || joined().and_then(|file| read::read("fuzz.hdr", &file, &LIMITS))).unwrap_or_default()
        }
        _ => read("fuzz.nii", bytes),
    };
    check_results(&slices);
    use_slices(slices);
});

/// The masks of a volume are written on its own grid and read again.
fn check_results(slices: &[Slice]) {
    for case in assemble(slices.to_vec()).cases {
        let Some(scan) = case.scan().cloned() else { continue };
        let mut findings = Findings::new(case);
        for index in 0..findings.case().slices.len() {
            let slice = &findings.case().slices[index].slice;
            let (width, height) = (slice.width(), slice.height());
            findings.keep(index, Probability::new(width, height, vec![0; width * height]));
        }
        // A file may have more voxels along an axis than NIfTI-1 has numbers for.
        let Ok(written) = nifti(&findings, Volume::Mask, 0.5, None) else { continue };
        let again = read::read("again.nii", &written, &LIMITS).expect("a volume that was written is read");
        assert_eq!(again[0].scan().expect("a volume").stored(), scan.stored());
    }
}
