//! Synthetic heads: the properties that training, tests and the page's sample case rely on.
#![cfg(not(target_arch = "wasm32"))]

use glioscope::layout::Case;
use glioscope::mask::{Mask, components};
use glioscope::phantom::{Lesions, PhantomConfig, Sample};
use glioscope::read::{Channels, Limits, Samples, read};
use glioscope::write::{mask_tiff, slice_tiff};

/// A head that is small enough for an unoptimised build.
fn config(patient: u32) -> PhantomConfig {
    PhantomConfig { seed: 3, patient, slices: 14, size: 96, lesions: Lesions::One }
}

fn references(case: &Case) -> Vec<Mask> {
    case.slices.iter().filter_map(|slice| slice.reference.clone()).collect()
}

fn samples(case: &Case, slice: usize) -> &[u8] {
    match case.slices[slice].slice.samples() {
        Samples::U8(samples) => samples,
        Samples::U16(_) => panic!("8 bits expected"),
    }
}

/// FNV-1a of all samples, then of all mask pixels.
fn fingerprint(case: &Case) -> u64 {
    let pixels = (0..case.slices.len()).flat_map(|slice| samples(case, slice).iter().copied());
    let masks = references(case).into_iter().flat_map(|mask| mask.inside().to_vec()).map(u8::from);
    pixels.chain(masks).fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

#[test]
fn names_and_sizes_are_those_of_the_dataset() {
    let case = PhantomConfig { patient: 12, ..config(1) }.case();
    assert_eq!(case.name, "PHANTOM_0012");
    assert_eq!(case.slices.len(), 14);
    for (index, slice) in case.slices.iter().enumerate() {
        assert_eq!(slice.slice.name(), format!("PHANTOM_0012/PHANTOM_0012_{}.tif", index + 1));
        assert_eq!([slice.slice.width(), slice.slice.height()], [96, 96]);
        assert_eq!(slice.slice.channels(), Channels::Rgb);
        assert!(slice.reference.as_ref().is_some_and(|mask| [mask.width(), mask.height()] == [96, 96]));
    }
    let default = PhantomConfig::default();
    assert_eq!((default.slices, default.size, default.lesions), (24, 256, Lesions::One));
}

/// The bytes are the same on every platform. A change to phantoms changes this number.
#[test]
fn the_bytes_do_not_change() {
    assert_eq!(format!("{:016x}", fingerprint(&config(1).case())), "a801149e676f9116");
}

#[test]
fn seeds_and_patients_give_different_heads() {
    let heads = [config(1), config(2), PhantomConfig { seed: 4, ..config(1) }];
    let [a, b, c] = heads.map(|config| fingerprint(&config.case()));
    assert!(a != b && a != c && b != c);
}

#[test]
fn the_lesion_is_one_region_away_from_the_ends() {
    for patient in 1..=8 {
        let references = references(&config(patient).case());
        let with: Vec<usize> = (0..references.len()).filter(|&slice| !references[slice].is_empty()).collect();
        let (first, last) = (with[0], with[with.len() - 1]);
        assert_eq!(with.len(), last - first + 1, "patient {patient}: {with:?}");
        assert!(first >= 2 && last + 2 < references.len() && with.len() >= 3, "patient {patient}: {with:?}");
        assert_eq!(components(&references).count(), 1);
    }
}

#[test]
fn the_smallest_heads_have_a_lesion() {
    for patient in 1..=30 {
        let case = PhantomConfig { seed: 1, patient, slices: 12, size: 64, lesions: Lesions::One }.case();
        let areas: Vec<usize> = references(&case).iter().map(Mask::area).collect();
        assert!(areas.iter().sum::<usize>() > 20, "patient {patient}: {areas:?}");
        assert_eq!(areas[..2], [0, 0], "patient {patient}: {areas:?}");
        assert_eq!(areas[10..], [0, 0], "patient {patient}: {areas:?}");
    }
}

#[test]
fn the_lesion_is_bright_on_flair_and_dark_on_t1() {
    for patient in 1..=4 {
        let case = config(patient).case();
        let references = references(&case);
        // The sum and count of each channel in the lesion, and in the healthy tissue mirrored at the midline.
        let mut sums = [[[0.0_f64; 2]; 3]; 2];
        for (slice, mask) in references.iter().enumerate() {
            for y in 0..96 {
                for x in (0..96).filter(|&x| mask.contains(x, y) && !mask.contains(95 - x, y)) {
                    for (side, x) in [x, 95 - x].into_iter().enumerate() {
                        let pixel = &samples(&case, slice)[(y * 96 + x) * 3..][..3];
                        for ([sum, count], &level) in sums[side].iter_mut().zip(pixel) {
                            *sum += f64::from(level);
                            *count += 1.0;
                        }
                    }
                }
            }
        }
        let [lesion, healthy] = sums.map(|side| side.map(|[sum, count]| sum / count));
        assert!(lesion[1] > 1.25 * healthy[1], "patient {patient}: FLAIR {lesion:?} {healthy:?}");
        assert!(lesion[0] < healthy[0], "patient {patient}: T1 {lesion:?} {healthy:?}");
    }
}

#[test]
fn references_without_a_lesion_are_empty() {
    let case = PhantomConfig { lesions: Lesions::None, ..config(1) }.case();
    assert_eq!(references(&case).iter().filter(|mask| mask.is_empty()).count(), 14);
}

#[test]
fn a_small_lesion_is_a_small_part_of_the_lesion_in_the_same_head() {
    for patient in 1..=4 {
        let volume =
            |lesions| references(&PhantomConfig { lesions, ..config(patient) }.case()).iter().map(Mask::area).sum();
        let (one, small): (usize, usize) = (volume(Lesions::One), volume(Lesions::Small));
        assert!(small > 0 && 4 * small < one, "patient {patient}: {small} of {one}");
    }
}

#[test]
fn two_lesions_are_in_two_hemispheres() {
    for patient in 1..=4 {
        let references = references(&PhantomConfig { lesions: Lesions::Two, ..config(patient) }.case());
        assert_eq!(components(&references).count(), 2, "patient {patient}");
        let pixels = references
            .iter()
            .flat_map(|mask| (0..96 * 96).filter(|pixel| mask.inside()[*pixel]).map(|pixel| pixel % 96));
        let (left, right): (Vec<usize>, Vec<usize>) = pixels.partition(|x| *x < 48);
        assert!(left.len() > 20 && right.len() > 20, "patient {patient}: {} and {}", left.len(), right.len());
    }
}

#[test]
fn samples_have_names_and_are_different_heads() {
    let names = ["one", "small", "two", "none", "refused"];
    let samples = names.map(|name| Sample::named(name).unwrap_or_else(|| panic!("no sample {name}")).case());
    let regions = samples.each_ref().map(|case| components(&references(case)).count());
    assert_eq!(regions, [1, 1, 2, 0, 1]);
    for (at, case) in samples.iter().enumerate() {
        assert_eq!(case.name, format!("PHANTOM_{:04}", at + 1));
    }
    assert_eq!(Sample::named("three"), None);
}

#[test]
fn the_head_is_bright_and_the_corners_are_dark() {
    let case = config(2).case();
    let image = samples(&case, 5);
    let mean = |from: usize, to: usize| {
        let area = (from..to).flat_map(|y| (from..to).map(move |x| y * 96 + x));
        let levels: Vec<f64> = area.flat_map(|pixel| image[3 * pixel..3 * pixel + 3].to_vec()).map(f64::from).collect();
        levels.iter().sum::<f64>() / levels.len() as f64
    };
    assert!(mean(0, 8) < 6.0);
    assert!((20.0..120.0).contains(&mean(32, 64)));
}

#[test]
fn written_files_are_read_back_unchanged() {
    let case = config(1).case();
    for CaseFiles { name, image, mask } in case.slices.iter().map(CaseFiles::new) {
        let read = |bytes: &[u8]| read(&name, bytes, &Limits::default()).map(|mut slices| slices.remove(0));
        let slice = read(&image);
        let own = case.slices.iter().find(|own| own.slice.name() == name);
        assert!(slice.is_ok_and(|slice| own.is_some_and(|own| own.slice == slice)));
        let mask = read(&mask).map(|mask| Mask::from_slice(&mask));
        assert!(mask.is_ok_and(|mask| own.is_some_and(|own| own.reference == Some(mask))));
    }
}

struct CaseFiles {
    name: String,
    image: Vec<u8>,
    mask: Vec<u8>,
}

impl CaseFiles {
    fn new(slice: &glioscope::layout::CaseSlice) -> Self {
        let mask = slice.reference.as_ref().map(mask_tiff).unwrap_or_default();
        Self { name: slice.slice.name().to_owned(), image: slice_tiff(&slice.slice), mask }
    }
}
