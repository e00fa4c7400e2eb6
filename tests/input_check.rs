//! The input check with the published classifier: it accepts axial FLAIR and refuses other contrasts, other planes and pictures.
#![cfg(all(feature = "cpu", not(target_arch = "wasm32")))]

use std::sync::OnceLock;

use glioscope::layout::Case;
use glioscope::network::Manifest;
use glioscope::network::input_check::{InputCheck, Kind, KindClassifier};
use glioscope::network::preprocess::CaseStatistics;
use glioscope::network::segmenter::{Backend, Segmenter};
use glioscope::phantom::PhantomConfig;
use glioscope::random::Rng;
use glioscope::read::{Channels, Samples, Slice};

const SIDE: usize = 256;
const MANIFEST: &[u8] = include_bytes!("../www/model/model.json");
const WEIGHTS: &[u8] = include_bytes!("../www/model/weights.safetensors");

fn segmenter() -> &'static Segmenter {
    static SEGMENTER: OnceLock<Segmenter> = OnceLock::new();
    SEGMENTER.get_or_init(|| Segmenter::load(MANIFEST, WEIGHTS, Backend::Cpu).expect("the published model"))
}

fn phantom(patient: u32) -> Case {
    PhantomConfig { seed: 9, patient, slices: 24, ..Default::default() }.case()
}

fn slices(case: &Case) -> Vec<Slice> {
    case.slices.iter().map(|entry| entry.slice.clone()).collect()
}

fn check(slices: &[Slice]) -> InputCheck {
    let found = segmenter().check_input(&slices.iter().collect::<Vec<_>>(), &CaseStatistics::of(slices));
    found.expect("the published model has a classifier")
}

/// One channel of each slice, as a grey one.
fn channel(slices: &[Slice], channel: usize) -> Vec<Slice> {
    let grey = |slice: &Slice| {
        let samples = slice.samples().iter().skip(channel).step_by(3).map(|sample| sample as u8).collect();
        Slice::new(slice.name(), SIDE, SIDE, Channels::Grey, Samples::U8(samples)).expect("valid")
    };
    slices.iter().map(grey).collect()
}

fn image(value: impl Fn(usize, usize, usize) -> f32) -> Slice {
    let sample = |i: usize| value(i / 3 % SIDE, i / 3 / SIDE, i % 3).clamp(0.0, 255.0) as u8;
    let samples = Samples::U8((0..3 * SIDE * SIDE).map(sample).collect());
    Slice::new("image.png", SIDE, SIDE, Channels::Rgb, samples).expect("valid")
}

#[test]
fn flair_of_phantoms_is_accepted_in_colour_in_grey_and_slice_by_slice() {
    for patient in 21..=24 {
        let case = slices(&phantom(patient));
        let grey: Vec<Slice> = case.iter().map(Slice::flair).collect();
        for slices in [&case[..], &grey, &case[10..11]] {
            let expected = InputCheck { accepted: true, reasons: Vec::new(), kind: Some(Kind::Flair) };
            assert_eq!(check(slices), expected, "patient {patient}");
        }
    }
}

#[test]
fn t1_of_phantoms_is_refused_with_its_kind() {
    for patient in 21..=24 {
        let case = slices(&phantom(patient));
        for index in [0, 2] {
            let found = check(&channel(&case, index));
            assert!(!found.accepted && found.reasons.len() == 1, "patient {patient}: {found:?}");
            assert!(matches!(found.kind, Some(Kind::T1 | Kind::T1Contrast)), "patient {patient}: {found:?}");
        }
    }
}

#[test]
fn coronal_slices_of_phantoms_are_refused() {
    let case = PhantomConfig { seed: 9, patient: 25, slices: 60, ..Default::default() }.case();
    let flair = channel(&slices(&case), Channels::FLAIR);
    let planes: Vec<Vec<u8>> =
        flair.iter().map(|slice| slice.samples().iter().map(|value| value as u8).collect()).collect();
    let coronal = |y: usize| {
        let pixel = |i: usize| {
            let (x, z) = (i % SIDE, (220_usize.saturating_sub(i / SIDE)) * 60 / 150);
            if i / SIDE <= 220 { planes.get(z).map_or(0, |plane| plane[y * SIDE + x]) } else { 0 }
        };
        let samples = Samples::U8((0..SIDE * SIDE).map(pixel).collect());
        Slice::new(format!("{y}.png"), SIDE, SIDE, Channels::Grey, samples).expect("valid")
    };
    let found = check(&(90..170).step_by(10).map(coronal).collect::<Vec<_>>());
    assert_eq!((found.accepted, found.kind), (false, Some(Kind::OtherPlane)), "{:?}", found.reasons);
}

#[test]
fn images_without_a_head_are_refused_with_reasons() {
    let noise = {
        let mut rng = Rng::new(1, 0);
        let values: Vec<f32> = (0..3 * SIDE * SIDE).map(|_| rng.range(0.0, 255.0)).collect();
        image(|x, y, c| values[3 * (y * SIDE + x) + c])
    };
    let head = &slices(&phantom(30))[12];
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
fn a_case_without_a_visible_head_is_refused() {
    let blank = image(|_, _, _| 0.0);
    let found = check(&[blank.clone(), blank]);
    assert_eq!((found.accepted, found.kind), (false, Some(Kind::NoHead)));
    assert_eq!(found.reasons, ["No slice shows a head: every slice is nearly empty."]);
}

#[test]
fn a_case_with_a_few_odd_slices_is_accepted() {
    let mut case = slices(&phantom(26));
    for (at, slice) in case.iter_mut().enumerate().filter(|(at, _)| at % 6 == 0) {
        *slice = image(|x, y, _| ((x * 7 + y * 13 + at) % 97) as f32);
    }
    assert!(check(&case).accepted);
}

#[test]
fn a_classifier_is_read_as_it_was_written_and_a_malformed_one_is_refused() {
    let classifier = segmenter().manifest().kind_classifier.clone().expect("the published model has one");
    let json = serde_json::to_string(&classifier).expect("text");
    assert_eq!(serde_json::from_str::<KindClassifier>(&json).expect("as written"), classifier);
    assert!(json.len() < 24_000, "{} bytes", json.len());

    type Change = fn(&mut KindClassifier);
    let faults: [(&str, Change); 3] = [
        ("expected deviations above 0, found 0", |c| c.deviations[0] = 0.0),
        ("mean: expected finite values, found NaN", |c| c.means[1] = f32::NAN),
        ("bias: expected finite values, found inf", |c| c.biases[2] = f32::INFINITY),
    ];
    for (expected, change) in faults {
        let mut changed = classifier.clone();
        change(&mut changed);
        let refused = KindClassifier::try_from(String::from(changed)).expect_err(expected).to_string();
        assert!(refused.contains(expected), "{refused}");
    }
    let mut narrow = segmenter().manifest().clone();
    narrow.network.widths[0] += 2;
    let refused = Manifest::validate(&narrow).expect_err("a classifier for another network").to_string();
    assert!(refused.contains("expected 1494 features, found 1488"), "{refused}");
}
