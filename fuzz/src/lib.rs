//! Common to the targets: limits, a meter of time and memory, and checks of slices.

use std::time::Duration;

use cpu_time::ThreadTime;
use glioscope::layout::{Case, assemble};
use glioscope::mask::Mask;
use glioscope::mask::Probability;
use glioscope::network::preprocess::CaseStatistics;
use glioscope::network::preprocess::Grid;
use glioscope::read::{self, Limits, Slice};
use glioscope::result::display::Window;
use glioscope::write::slice_tiff;
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Small limits, so that a run tries structures instead of sizes. The arithmetic is the same as with the page's limits.
pub const LIMITS: Limits = Limits { pixels: 1 << 16, bytes: 1 << 20, pages: 64, samples: 1 << 18 };

/// The bytes of a decompressor, a directory and an error, which do not depend on the file.
const STATE: usize = 4 << 20;

/// The longest time for an input: CPU time, so that other load on the machine does not matter. Half of it is for the
/// sanitizer.
const LONGEST: Duration = Duration::from_secs(1);

/// Reads `bytes` and checks that the result is an error or slices within the limits, and that no more memory is used
/// than [`Limits`] allows.
pub fn read(name: &str, bytes: &[u8]) -> Vec<Slice> {
    // Two bytes per sample, for the result and the current slice. The PNG decoder may buffer the file twice.
    let read = metered(2 * 2 * LIMITS.samples as usize + 2 * bytes.len(), || read::read(name, bytes, &LIMITS));
    match read {
        Ok(slices) => {
            let samples: usize = slices.iter().map(|slice| slice.samples().len()).sum();
            assert!(!slices.is_empty() && slices.len() as u64 <= LIMITS.pages);
            assert!(samples as u64 <= LIMITS.samples);
            slices
        }
        Err(error) => {
            // Formatting is tested too: messages contain values of the file.
            assert!(error.to_string().starts_with(name));
            Vec::new()
        }
    }
}

/// Runs a reader, and panics if it takes more than a second of CPU time or more than `most + STATE` bytes.
pub fn metered<T>(most: usize, read: impl FnOnce() -> T) -> T {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let start = ThreadTime::now();
    let result = read();
    let time = start.elapsed();
    let taken = MEMORY.peak_usage().saturating_sub(before);
    assert!(time <= LONGEST, "{time:?}");
    assert!(taken <= most + STATE, "{taken} bytes, at most {most} + {STATE} are allowed");
    result
}

/// Runs all steps of the page before and after the network on slices. Only for one file in eight, because this takes
/// much longer than reading.
pub fn use_slices(slices: Vec<Slice>) {
    if slices.iter().map(|slice| slice.samples().len()).sum::<usize>() % 8 != 0 {
        return;
    }
    for slice in &slices {
        let spacing = slice.spacing();
        assert!(spacing.is_none_or(|spacing| spacing.x > 0.0 && spacing.y > 0.0), "{spacing:?}");
        let again = read::read("again", &slice_tiff(slice), &LIMITS).expect("a slice that was written is read");
        assert_eq!(again[0].samples(), slice.samples());
    }
    for Case { slices, .. } in assemble(slices).cases {
        let statistics = CaseStatistics::of(slices.iter().map(|entry| &entry.slice));
        let window = Window::of(&statistics);
        for entry in &slices {
            let slice = &entry.slice;
            let input = statistics.normalise(slice, 16);
            assert!(input.len() == 3 * 16 * 16 && input.iter().all(|value| value.is_finite()));
            assert_eq!(window.levels(slice).len(), 3 * slice.width() * slice.height());
            let probability = Grid::of(slice, 16).restore(&[0.5; 256]);
            let probability = Probability::from_unit(slice.width(), slice.height(), &probability).expect("finite");
            let mask = Mask::from_probability(&probability, 0.25);
            // A volume may not fit on the grid.
            assert!(slice.scan().is_some() || mask.area() == slice.width() * slice.height());
        }
    }
}
