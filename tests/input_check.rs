//! The input check: estimated on phantoms, it accepts other phantoms and refuses images that show no head.
#![cfg(not(target_arch = "wasm32"))]

use std::sync::OnceLock;

use glioscope::error::ModelFault;
use glioscope::layout::Case;
use glioscope::network::input_check::{InputCheck, TrainingDistribution, Traits};
use glioscope::network::preprocess::CaseStatistics;
use glioscope::phantom::PhantomConfig;
use glioscope::random::Rng;
use glioscope::read::{Channels, Samples, Slice};

const SIDE: usize = 256;

fn phantom(patient: u32) -> Case {
    PhantomConfig { seed: 9, patient, slices: 12, ..Default::default() }.case()
}

fn slices(case: &Case) -> Vec<Slice> {
    case.slices.iter().map(|entry| entry.slice.clone()).collect()
}

fn traits(slices: &[Slice]) -> Vec<Traits> {
    let statistics = CaseStatistics::of(slices);
    slices.iter().filter_map(|slice| Traits::of(&statistics.normalise(slice, SIDE), SIDE, &statistics)).collect()
}

/// Estimated as `train fit` does: each slice with its case's statistics, and as grey FLAIR on its own.
fn distribution() -> &'static TrainingDistribution {
    static DISTRIBUTION: OnceLock<TrainingDistribution> = OnceLock::new();
    DISTRIBUTION.get_or_init(|| {
        let mut all = Vec::new();
        for patient in 1..=20 {
            let case = slices(&phantom(patient));
            all.extend(traits(&case));
            case.iter().for_each(|slice| all.extend(traits(&[slice.flair()])));
        }
        TrainingDistribution::of(&all).expect("hundreds of slices")
    })
}

fn check(slices: &[Slice]) -> InputCheck {
    distribution().check(slices, &CaseStatistics::of(slices), SIDE)
}

fn image(value: impl Fn(usize, usize, usize) -> f32) -> Slice {
    let sample = |i: usize| value(i / 3 % SIDE, i / 3 / SIDE, i % 3).clamp(0.0, 255.0) as u8;
    let samples = Samples::U8((0..3 * SIDE * SIDE).map(sample).collect());
    Slice::new("image.png", SIDE, SIDE, Channels::Rgb, samples).expect("valid")
}

#[test]
fn other_phantoms_are_accepted_in_colour_in_grey_and_mostly_slice_by_slice() {
    let mut alone = 0;
    for patient in 21..=26 {
        let case = slices(&phantom(patient));
        let grey: Vec<Slice> = case.iter().map(Slice::flair).collect();
        for slices in [&case, &grey] {
            let found = check(slices);
            assert!(found.accepted && found.reasons.is_empty(), "patient {patient}: {:?}", found.reasons);
        }
        alone += case[3..8].iter().filter(|&slice| check(std::slice::from_ref(slice)).accepted).count();
    }
    // By construction 0.5 % of the training slices are refused; other phantoms differ a little more.
    assert!(alone >= 27, "{alone} of 30");
}

#[test]
fn images_without_a_head_are_refused_with_reasons() {
    let noise = {
        let mut rng = Rng::new(1, 0);
        let values: Vec<f32> = (0..3 * SIDE * SIDE).map(|_| rng.range(0.0, 255.0)).collect();
        image(|x, y, c| values[3 * (y * SIDE + x) + c])
    };
    let head = &slices(&phantom(30))[6];
    let Samples::U8(samples) = head.samples() else { panic!("phantoms have 8 bits") };
    let at = |x: usize, y: usize, c: usize| f32::from(samples[3 * (y * SIDE + x) + c]);
    let inside = |x: usize, y: usize| ((x as f32 - 128.0) / 80.0).hypot((y as f32 - 128.0) / 100.0) < 1.0;
    let images = [
        ("blank", image(|_, _, _| 0.0)),
        ("grey", image(|_, _, _| 90.0)),
        ("noise", noise),
        ("a gradient", image(|x, _, _| x as f32)),
        ("a chessboard", image(|x, y, _| 255.0 * ((x / 16 + y / 16) % 2) as f32)),
        ("a disc", image(|x, y, _| if inside(x, y) { 120.0 } else { 0.0 })),
        ("a negative", image(|x, y, c| 255.0 - at(x, y, c))),
        ("stripes", image(|x, y, c| 128.0 + 100.0 * ((x + 2 * y + 40 * c) as f32 / 9.0).sin())),
    ];
    for (name, slice) in images {
        let found = check(&[slice]);
        assert!(!found.accepted, "{name} is accepted");
        assert!(!found.reasons.is_empty() && found.reasons.iter().all(|reason| reason.ends_with('.')), "{name}");
    }
}

#[test]
fn a_case_with_a_few_odd_slices_is_accepted() {
    let mut case = slices(&phantom(26));
    for (at, slice) in case.iter_mut().enumerate().filter(|(at, _)| at % 4 == 0) {
        *slice = image(|x, y, _| ((x * 7 + y * 13 + at) % 97) as f32);
    }
    assert!(check(&case).accepted);
}

#[test]
fn a_distribution_is_read_as_it_was_written() {
    let json = serde_json::to_string(distribution()).expect("plain numbers");
    assert_eq!(serde_json::from_str::<TrainingDistribution>(&json).expect("as written"), *distribution());
}

#[test]
fn a_malformed_distribution_is_refused_with_the_value() {
    distribution().validate().expect("as estimated");
    type Change = fn(&mut TrainingDistribution);
    let faults: [(&str, &str, Change); 12] = [
        ("traits", "15", |d| d.traits.truncate(15)),
        ("traits", "0", |d| d.traits.clear()),
        ("traits[1].name", "largest", |d| d.traits.swap(1, 2)),
        ("low of head", "NaN", |d| d.traits[0].low = f32::NAN),
        ("low of head", "2", |d| d.traits[0].low = 2.0),
        ("high of border", "-1", |d| d.traits[1].high = -1.0),
        ("precision", "17", |d| d.precision.push(vec![0.0; 16])),
        ("precision[3]", "15", |d| d.precision[3].truncate(15)),
        ("precision[3][4]", "inf", |d| d.precision[3][4] = f32::INFINITY),
        ("precision[5][5]", "-1", |d| d.precision[5][5] = -1.0),
        ("precision[7][2]", "1000000", |d| d.precision[7][2] = 1e6),
        ("distance", "-1", |d| d.distance = -1.0),
    ];
    for (expected, value, change) in faults {
        let mut changed = distribution().clone();
        change(&mut changed);
        match changed.validate() {
            Err(ModelFault::TrainingDistribution { field, found, .. }) => {
                assert_eq!((field.as_str(), found.as_str()), (expected, value));
            }
            other => panic!("{expected}: {other:?}"),
        }
    }
}
