//! Pasting: copies a lesion from one slice into another, which gives more combinations than there are patients.
//!
//! After CarveMix (Zhang et al., "CarveMix: a simple data augmentation method for brain lesion segmentation", MICCAI 2021).
//! The copied region follows the outline of the lesion with a margin, so that the lesion keeps its border and its place in
//! the head. Unlike in CarveMix the seam is soft, and only tissue is replaced.

use glioscope::random::Rng;

use super::sample::Sample;

/// Range of the margin around the lesion, pixels. The only other range that was tried is 0 to 12 (`train/EXPERIMENTS.md`).
const MARGIN: [f32; 2] = [2.0, 12.0];
/// Width of the seam in which the two slices are blended, pixels. No other width was tried.
const SEAM: f32 = 4.0;
/// FLAIR above this is tissue, in standard deviations from the mean of the head. Air, bone and most fluid are below.
const TISSUE: f32 = -1.0;

/// Pastes the lesion of `donor` into `sample`, mirrored with probability 1/2. Both are whole slices of one size. A donor
/// without a lesion changes nothing.
pub(crate) fn paste(sample: &mut Sample, donor: &Sample, rng: &mut Rng) {
    debug_assert_eq!(sample.side, donor.side);
    let (side, plane) = (sample.side, sample.side * sample.side);
    let margin = rng.range(MARGIN[0], MARGIN[1]);
    let mirror = rng.chance(0.5);
    let reach = (margin + SEAM / 2.0).ceil() as usize;
    for (at, distance) in distances(&donor.reference, side, reach).into_iter().enumerate() {
        let to = if mirror { at / side * side + side - 1 - at % side } else { at };
        let weight = ((margin - distance) / SEAM + 0.5).clamp(0.0, 1.0);
        if weight == 0.0 || sample.image[plane + to] <= TISSUE {
            continue;
        }
        for c in 0..3 {
            let value = &mut sample.image[c * plane + to];
            *value += weight * (donor.image[c * plane + at] - *value);
        }
        if weight > 0.5 {
            sample.reference[to] = donor.reference[at];
        }
    }
}

/// The distance of each pixel to the nearest pixel inside, pixels; infinite beyond `reach` columns or rows.
fn distances(inside: &[f32], side: usize, reach: usize) -> Vec<f32> {
    // First the distances along each row. Then each pixel takes the minimum over the rows of its column.
    let mut along = vec![f32::INFINITY; inside.len()];
    for (row, along) in inside.chunks_exact(side).zip(along.chunks_exact_mut(side)) {
        for (x, _) in row.iter().enumerate().filter(|(_, value)| **value > 0.5) {
            for (to, along) in along.iter_mut().enumerate().take(x + reach + 1).skip(x.saturating_sub(reach)) {
                *along = along.min(to.abs_diff(x) as f32);
            }
        }
    }
    let mut squares = vec![f32::INFINITY; inside.len()];
    for (y, squares) in squares.chunks_exact_mut(side).enumerate() {
        for from in y.saturating_sub(reach)..(y + reach + 1).min(side) {
            let across = from.abs_diff(y) as f32;
            for (square, &along) in squares.iter_mut().zip(&along[from * side..][..side]) {
                *square = square.min(along * along + across * across);
            }
        }
    }
    squares.into_iter().map(f32::sqrt).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: usize = 64;

    /// Tissue of one value with air at the top and the left, and a lesion where `inside` is true.
    fn slice(value: f32, inside: impl Fn(usize, usize) -> bool) -> Sample {
        let at = |i: usize| (i % SIDE, i / SIDE);
        let tissue = |i: usize| at(i).0.min(at(i).1) >= 4;
        let reference: Vec<f32> = (0..SIDE * SIDE).map(|i| f32::from(u8::from(inside(at(i).0, at(i).1)))).collect();
        let image = (0..3 * SIDE * SIDE).map(|i| if tissue(i % (SIDE * SIDE)) { value } else { -2.0 }).collect();
        Sample { side: SIDE, image, reference, black: [-2.0; 3] }
    }

    fn disc(x: usize, y: usize) -> bool {
        x.abs_diff(24).pow(2) + y.abs_diff(30).pow(2) < 25
    }

    #[test]
    fn the_lesion_is_pasted_with_a_margin_and_the_rest_stays() {
        let donor = slice(1.0, disc);
        let mut places = [false; 2];
        for seed in 0..20 {
            let mut sample = slice(0.0, |x, _| x > 60);
            paste(&mut sample, &donor, &mut Rng::new(seed, 0));
            let mirror = sample.reference[30 * SIDE + 24] == 0.0;
            places[usize::from(mirror)] = true;
            for (i, &reference) in sample.reference.iter().enumerate() {
                let (x, y) = (if mirror { SIDE - 1 - i % SIDE } else { i % SIDE }, i / SIDE);
                let from = (x as f32 - 24.0).hypot(y as f32 - 30.0);
                let tissue = (i % SIDE).min(y) >= 4;
                // The disc has a radius below 5 pixels, and the seam ends half its width beyond the margin.
                let far = from > 4.0 + MARGIN[1] + SEAM;
                for c in 0..3 {
                    let value = sample.image[c * SIDE * SIDE + i];
                    match tissue {
                        false => assert_eq!(value, -2.0, "air, seed {seed}"),
                        true if disc(x, y) => assert_eq!(value, 1.0, "the lesion, seed {seed}"),
                        true if far => assert_eq!(value, 0.0, "far away, seed {seed}"),
                        true => assert!((0.0..=1.0).contains(&value), "the seam, seed {seed}: {value}"),
                    }
                }
                if tissue && (disc(x, y) || far) {
                    let own = i % SIDE > 60 && !disc(x, y);
                    assert_eq!(reference, f32::from(u8::from(disc(x, y) || own)), "reference at {i}, seed {seed}");
                }
            }
        }
        assert_eq!(places, [true; 2], "both sides");
    }

    #[test]
    fn a_donor_without_a_lesion_changes_nothing() {
        let mut sample = slice(0.0, disc);
        let before = sample.clone();
        paste(&mut sample, &slice(1.0, |_, _| false), &mut Rng::new(1, 0));
        assert_eq!((before.image, before.reference), (sample.image, sample.reference));
    }

    #[test]
    fn distances_match_a_direct_search() {
        let mut rng = Rng::new(4, 0);
        let inside: Vec<f32> = (0..SIDE * SIDE).map(|_| f32::from(u8::from(rng.chance(0.003)))).collect();
        let reach = 9;
        let pixels = || inside.iter().enumerate().filter(|(_, value)| **value > 0.5).map(|(i, _)| (i % SIDE, i / SIDE));
        for (i, found) in distances(&inside, SIDE, reach).into_iter().enumerate() {
            let away = |(x, y): (usize, usize)| (x.abs_diff(i % SIDE), y.abs_diff(i / SIDE));
            let near = pixels().map(away).filter(|&(x, y)| x <= reach && y <= reach);
            let nearest = near.map(|(x, y)| (x as f32).hypot(y as f32)).fold(f32::INFINITY, f32::min);
            assert!(found == nearest || (found - nearest).abs() < 1e-4, "at {i}: {found}, expected {nearest}");
        }
    }
}
