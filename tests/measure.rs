//! The measures of a case, compared with counting pixel by pixel.
#![cfg(not(target_arch = "wasm32"))]

use glioscope::layout::{Case, CaseSlice};
use glioscope::mask::Mask;
use glioscope::mask::Probability;
use glioscope::mask::small_regions;
use glioscope::network::manifest::WeightsFile;
use glioscope::network::{DicePredictor, Manifest, UNetConfig};
use glioscope::read::{Channels, Samples, Slice, Spacing};
use glioscope::result::findings::Findings;
use glioscope::result::measure::{CaseMeasure, Intensity};
use proptest::prelude::*;

const WIDTH: usize = 5;
const HEIGHT: usize = 4;
const PIXELS: usize = WIDTH * HEIGHT;

/// The findings on one slice.
#[derive(Clone, Debug)]
struct Given {
    probability: Option<Vec<u16>>,
    edit: Option<Vec<bool>>,
    reference: Option<Vec<bool>>,
}

fn given() -> impl Strategy<Value = Vec<Given>> {
    // Mostly 0, so that there are several regions.
    let values = proptest::collection::vec(prop_oneof![4 => Just(0), 1 => any::<u16>()], PIXELS);
    let bits = || proptest::option::of(proptest::collection::vec(any::<bool>(), PIXELS));
    let one = (proptest::option::weighted(0.8, values), bits(), bits());
    let one = one.prop_map(|(probability, edit, reference)| Given { probability, edit, reference });
    proptest::collection::vec(one, 1..5)
}

fn findings(given: &[Given]) -> Findings {
    let mask = |bits: &Vec<bool>| Mask::new(WIDTH, HEIGHT, bits.clone());
    let slices = given.iter().enumerate().map(|(index, given)| {
        let samples = Samples::U8(vec![7; PIXELS]);
        let slice = Slice::new(format!("P/P_{index}.tif"), WIDTH, HEIGHT, Channels::Grey, samples).expect("valid");
        CaseSlice::new(slice, given.reference.as_ref().map(mask))
    });
    let mut findings = Findings::new(Case::new("P", slices.collect()));
    for (index, given) in given.iter().enumerate() {
        if let Some(values) = &given.probability {
            findings.keep(index, Probability::new(WIDTH, HEIGHT, values.clone()));
        }
        findings.set_edit(index, given.edit.as_ref().map(mask));
    }
    findings
}

/// The removed small regions, once every slice has been segmented.
fn removed(given: &[Given]) -> Vec<Vec<bool>> {
    let maps: Option<Vec<_>> =
        given.iter().map(|given| Some(Probability::new(WIDTH, HEIGHT, given.probability.clone()?))).collect();
    let small = maps.map_or(vec![None; given.len()], |maps| small_regions::find(&maps));
    small.into_iter().map(|mask| mask.map_or(vec![false; PIXELS], |mask| mask.inside().to_vec())).collect()
}

/// Pixels inside, by the definition of the threshold.
fn inside(values: &[u16], removed: &[bool], threshold: f64) -> Vec<bool> {
    let level = (threshold * 65_535.0).round();
    values.iter().zip(removed).map(|(&value, removed)| f64::from(value) >= level && !removed).collect()
}

fn count(bits: &[bool]) -> usize {
    bits.iter().filter(|&&bit| bit).count()
}

/// TP, FP, FN, TN.
fn compare(mask: &[bool], reference: &[bool]) -> [u64; 4] {
    let mut counts = [0; 4];
    for (&m, &r) in mask.iter().zip(reference) {
        counts[match (m, r) {
            (true, true) => 0,
            (true, false) => 1,
            (false, true) => 2,
            (false, false) => 3,
        }] += 1;
    }
    counts
}

fn dice([tp, fp, fn_, _]: [u64; 4]) -> f64 {
    if tp + fp + fn_ == 0 { 1.0 } else { 2.0 * tp as f64 / (2 * tp + fp + fn_) as f64 }
}

#[test]
fn intensities_are_the_flair_values_of_the_file_inside_the_mask() {
    let inside = vec![false, true, false, true];
    let rgb = Samples::U8(vec![0, 1, 0, 9, 20, 9, 0, 3, 0, 9, 60, 9]);
    let slices = [
        Slice::new("P/P_1.tif", 2, 2, Channels::Rgb, rgb).expect("valid"),
        Slice::new("P/P_2.tif", 2, 2, Channels::Grey, Samples::U16(vec![1, 3000, 2, 9000])).expect("valid"),
    ];
    let mut findings = Findings::new(Case::new("P", slices.map(|slice| CaseSlice::new(slice, None)).into()));
    assert!(findings.measure(0.5, None).slices.iter().all(|slice| slice.flair.is_none()));
    (0..2).for_each(|slice| findings.set_edit(slice, Some(Mask::new(2, 2, inside.clone()))));
    let found = findings.measure(0.5, None).slices.into_iter().filter_map(|slice| slice.flair);
    let expected = [
        Intensity { mean: 40.0, deviation: 20.0, min: 20.0, max: 60.0 },
        Intensity { mean: 6000.0, deviation: 3000.0, min: 3000.0, max: 9000.0 },
    ];
    assert_eq!(found.collect::<Vec<_>>(), expected);
}

#[test]
fn a_dice_is_predicted_for_whole_cases_with_a_mask() {
    let predictor = DicePredictor { offset: 0.0, slope: 1.0, range: [0.0, 0.0] };
    let manifest = Manifest {
        dice_predictor: Some(predictor),
        ..Manifest::new(UNetConfig { widths: vec![2, 3], stem: 1 }, 32, 0.5, WeightsFile::of(b"", 1))
    };
    let case = |slices: usize| {
        let slice = |at| Slice::new(format!("P/P_{at}.tif"), 2, 1, Channels::Grey, Samples::U8(vec![1, 2]));
        let slices = (0..slices).map(|at| CaseSlice::new(slice(at).expect("valid"), None));
        Findings::new(Case::new("P", slices.collect()))
    };
    let mut findings = case(2);
    assert_eq!(findings.predicted_dice(&manifest), None, "no probabilities");
    findings.keep(0, Probability::from_unit(2, 1, &[0.8, 0.0]).expect("finite"));
    assert_eq!(findings.predicted_dice(&manifest), None, "a slice without");
    findings.keep(1, Probability::from_unit(2, 1, &[0.8, 0.2]).expect("finite"));
    let predicted = findings.predicted_dice(&manifest).expect("a whole case");
    // 2 * 1.6 / (2 + 1.8)
    assert!((predicted.dice - 3.2 / 3.8).abs() < 1e-4 && predicted.from == predicted.dice, "{predicted:?}");
    findings.set_edit(0, Some(Mask::empty(2, 1)));
    assert_eq!(findings.predicted_dice(&manifest), Some(predicted), "edits do not count");
    assert_eq!(findings.predicted_dice(&Manifest { dice_predictor: None, ..manifest.clone() }), None);

    (0..2).for_each(|at| findings.keep(at, Probability::new(2, 1, vec![0, 0])));
    assert_eq!(findings.predicted_dice(&manifest), None, "no mask");
    let mut single = case(1);
    single.keep(0, Probability::new(2, 1, vec![65_535, 0]));
    assert_eq!(single.predicted_dice(&manifest), None, "a single slice");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn measures_are_as_counted_pixel_by_pixel(given in given(), level in 1_u32..1000) {
        let threshold = f64::from(level as f32 / 1000.0);
        let spacing = Spacing { x: 0.5, y: 0.75, z: Some(4.0) };
        let findings = findings(&given);
        let measure = findings.measure(threshold as f32, Some(spacing));

        let (mut voxels, mut network_voxels) = (0, 0);
        let (mut sum, mut network_sum): (Option<[u64; 4]>, Option<[u64; 4]>) = (None, None);
        let mut areas = Vec::new();
        let add = |sum: &mut Option<[u64; 4]>, counts: [u64; 4]| {
            let before = sum.unwrap_or_default();
            *sum = Some([0, 1, 2, 3].map(|i| before[i] + counts[i]));
        };
        let small = removed(&given);
        for ((given, slice), small) in given.iter().zip(&measure.slices).zip(&small) {
            let network = given.probability.as_ref().map(|values| inside(values, small, threshold));
            let mask = given.edit.clone().or(network.clone());
            let area = mask.as_ref().map_or(0, |mask| count(mask));
            areas.push(area);
            voxels += area;
            network_voxels += network.as_ref().map_or(0, |mask| count(mask));
            prop_assert_eq!(slice.area, area);
            prop_assert_eq!(slice.segmented, given.probability.is_some());
            prop_assert_eq!(slice.edited, given.edit.is_some());
            prop_assert_eq!(slice.mm2, Some(area as f64 * 0.375));
            prop_assert_eq!(slice.removed_small_regions, count(small));
            prop_assert_eq!(slice.scores.is_some(), mask.is_some() && given.reference.is_some());
            if let (Some(mask), Some(reference), Some(scores)) = (&mask, &given.reference, &slice.scores) {
                let counts = compare(mask, reference);
                prop_assert_eq!([scores.tp, scores.fp, scores.fn_, scores.tn], counts);
                prop_assert!((scores.dice - dice(counts)).abs() < 1e-12);
                add(&mut sum, counts);
            }
            if let (Some(network), Some(reference)) = (&network, &given.reference) {
                add(&mut network_sum, compare(network, reference));
            }
        }
        prop_assert_eq!(measure.voxels, voxels);
        prop_assert_eq!(measure.network.voxels, network_voxels);
        let millilitres = measure.millilitres.expect("the spacing is known");
        prop_assert!((millilitres - voxels as f64 * 0.0015).abs() < 1e-9);
        for (found, expected) in [(measure.scores, sum), (measure.network.scores, network_sum)] {
            let found = found.map(|scores| ([scores.tp, scores.fp, scores.fn_, scores.tn], scores.dice));
            prop_assert_eq!(found, expected.map(|counts| (counts, dice(counts))));
        }
        let most = areas.iter().copied().max().unwrap_or_default();
        let largest = areas.iter().position(|&area| area == most && most > 0).map(|at| format!("P/P_{at}.tif"));
        prop_assert_eq!(measure.largest, largest);

        for (range, level) in measure.range.iter().zip([0.3, 0.5, 0.7]) {
            // In single precision 0.3 is a little more than 0.3.
            let level = f64::from(level as f32);
            let maps = given.iter().zip(&small).filter_map(|(given, small)| Some((given.probability.as_ref()?, small)));
            prop_assert_eq!(range.voxels, maps.map(|(values, small)| count(&inside(values, small, level))).sum::<usize>());
        }
    }

    #[test]
    fn without_a_spacing_there_are_no_millimetres(given in given()) {
        let CaseMeasure { slices, millilitres, range, .. } = findings(&given).measure(0.5, None);
        prop_assert!(slices.iter().all(|slice| slice.mm2.is_none()));
        prop_assert!(millilitres.is_none() && range.iter().all(|range| range.millilitres.is_none()));
    }

    #[test]
    fn a_mask_is_the_edited_one_or_the_networks(given in given(), threshold in 0.01_f32..1.0) {
        let findings = findings(&given);
        for (index, given) in given.iter().enumerate() {
            let network = findings.network_mask(index, threshold);
            prop_assert_eq!(network.is_some(), given.probability.is_some());
            let found = findings.mask(index, threshold).map(|mask| mask.inside().to_vec());
            let expected = given.edit.clone().or(network.map(|mask| mask.inside().to_vec()));
            prop_assert_eq!(found, expected);
        }
    }
}

#[test]
fn areas_use_the_spacing_of_the_files_until_one_is_given_and_volumes_need_a_given_one() {
    let slice = |index: usize, spacing| {
        let samples = Samples::U8(vec![7; PIXELS]);
        let slice = Slice::new(format!("P/P_{index}.tif"), WIDTH, HEIGHT, Channels::Grey, samples).expect("valid");
        CaseSlice::new(slice.with_spacing(spacing), None)
    };
    let measured = |spacings: [Option<Spacing>; 2], given| {
        let slices = spacings.into_iter().enumerate().map(|(index, spacing)| slice(index, spacing)).collect();
        let mut findings = Findings::new(Case::new("P", slices));
        findings.set_edit(0, Some(Mask::new(WIDTH, HEIGHT, (0..PIXELS).map(|pixel| pixel < 6).collect())));
        let CaseMeasure { slices, millilitres, .. } = findings.measure(0.5, given);
        (slices[0].mm2, millilitres)
    };
    let stated = Some(Spacing::in_plane(0.5, 2.0));
    assert_eq!(measured([stated; 2], None), (Some(6.0), None));
    assert_eq!(measured([stated; 2], Some(Spacing::in_plane(1.0, 3.0))), (Some(18.0), None));
    assert_eq!(measured([stated; 2], Some(Spacing { x: 1.0, y: 3.0, z: Some(10.0) })), (Some(18.0), Some(0.18)));
    // A file without a spacing, or with another one.
    for other in [None, Some(Spacing::in_plane(0.5, 1.0))] {
        assert_eq!(measured([stated, other], None), (None, None));
    }
}
