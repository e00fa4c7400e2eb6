//! [`SurfaceDistances`]: how far apart the borders of a prediction and a reference are.

use super::Mask;

/// Distances in pixels between the border pixels of predictions and references, slice by slice.
///
/// A border pixel is inside and has a neighbour outside that shares an edge; pixels beyond the slice are outside. Each
/// border pixel of one mask has its distance to the nearest border pixel of the other mask in the same slice. Slices where
/// one of the masks is empty have no distances and are only counted.
///
/// Distances are not measured across slices: the dataset does not state how far apart its slices are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SurfaceDistances {
    of_prediction: Vec<f64>,
    of_reference: Vec<f64>,
    unmatched: usize,
}

impl SurfaceDistances {
    /// Adds the distances of a slice.
    ///
    /// # Panics
    ///
    /// If the masks differ in width or height.
    pub fn add(&mut self, prediction: &Mask, reference: &Mask) {
        assert_eq!(
            [prediction.width(), prediction.height()],
            [reference.width(), reference.height()],
            "the prediction and the reference differ in size"
        );
        let [of_prediction, of_reference] = [prediction, reference].map(border);
        if of_prediction.is_empty() != of_reference.is_empty() {
            self.unmatched += 1;
        } else if !of_prediction.is_empty() {
            self.of_prediction.extend(of_prediction.iter().map(|&from| nearest(from, &of_reference)));
            self.of_reference.extend(of_reference.iter().map(|&from| nearest(from, &of_prediction)));
        }
    }

    /// The slices where only one of the masks is empty.
    pub fn unmatched(&self) -> usize {
        self.unmatched
    }

    /// The mean of all distances of both borders, pixels (average symmetric surface distance). `None` without a distance.
    pub fn mean(&self) -> Option<f64> {
        let count = self.of_prediction.len() + self.of_reference.len();
        let sum: f64 = self.of_prediction.iter().chain(&self.of_reference).sum();
        (count > 0).then(|| sum / count as f64)
    }

    /// The 95th percentile of the distances of one border, pixels: the larger one of the two (HD95, as in Maier-Hein et al.,
    /// "Metrics reloaded", Nature Methods 2024). `None` without a distance.
    pub fn hd95(&self) -> Option<f64> {
        Some(percentile_95(&self.of_prediction)?.max(percentile_95(&self.of_reference)?))
    }
}

/// The smallest value that at least 95 % of the values do not exceed. `None` without values.
fn percentile_95(values: &[f64]) -> Option<f64> {
    let mut values = values.to_vec();
    let rank = (values.len() * 95).div_ceil(100).checked_sub(1)?;
    Some(*values.select_nth_unstable_by(rank, f64::total_cmp).1)
}

fn border(mask: &Mask) -> Vec<[usize; 2]> {
    let (width, height) = (mask.width(), mask.height());
    let on_border = |&[x, y]: &[usize; 2]| {
        let within = x > 0 && y > 0 && x + 1 < width && y + 1 < height;
        let surrounded = || [[x - 1, y], [x + 1, y], [x, y - 1], [x, y + 1]].iter().all(|&[x, y]| mask.contains(x, y));
        mask.contains(x, y) && !(within && surrounded())
    };
    (0..height).flat_map(|y| (0..width).map(move |x| [x, y])).filter(on_border).collect()
}

/// The distance from a pixel to the nearest of `to`, which has at least one.
fn nearest(from: [usize; 2], to: &[[usize; 2]]) -> f64 {
    let square = |&[x, y]: &[usize; 2]| (x.abs_diff(from[0]).pow(2) + y.abs_diff(from[1]).pow(2)) as u64;
    (to.iter().map(square).min().unwrap_or_default() as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rectangle(columns: std::ops::Range<usize>, rows: std::ops::Range<usize>) -> Mask {
        Mask::new(40, 30, (0..1200).map(|i| columns.contains(&(i % 40)) && rows.contains(&(i / 40))).collect())
    }

    fn of(pairs: &[(Mask, Mask)]) -> SurfaceDistances {
        let mut distances = SurfaceDistances::default();
        pairs.iter().for_each(|(prediction, reference)| distances.add(prediction, reference));
        distances
    }

    #[test]
    fn equal_masks_have_no_distance_and_a_shift_has_its_length() {
        let reference = rectangle(5..15, 4..20);
        let equal = of(&[(reference.clone(), reference.clone())]);
        assert_eq!((equal.mean(), equal.hd95(), equal.unmatched()), (Some(0.0), Some(0.0), 0));
        let shifted = of(&[(rectangle(8..18, 4..20), reference)]);
        assert_eq!(shifted.hd95(), Some(3.0));
    }

    #[test]
    fn distances_match_a_direct_search() {
        let (prediction, reference) = (rectangle(3..9, 2..7), rectangle(20..30, 10..26));
        let distances = of(&[(prediction.clone(), reference.clone())]);
        let border = |mask: &Mask| -> Vec<[f64; 2]> {
            let outside = |x: i32, y: i32| x < 0 || y < 0 || !mask.contains(x as usize, y as usize);
            let all = (0..30).flat_map(|y| (0..40).map(move |x| (x, y)));
            let edge = |&(x, y): &(i32, i32)| {
                !outside(x, y) && [(0, 1), (1, 0), (0, -1), (-1, 0)].iter().any(|(i, j)| outside(x + i, y + j))
            };
            all.filter(edge).map(|(x, y)| [x.into(), y.into()]).collect()
        };
        let [p, r] = [&prediction, &reference].map(border);
        let directed = |from: &[[f64; 2]], to: &[[f64; 2]]| -> Vec<f64> {
            let near = |a: &[f64; 2]| to.iter().map(|b| (a[0] - b[0]).hypot(a[1] - b[1])).fold(f64::MAX, f64::min);
            let mut all: Vec<f64> = from.iter().map(near).collect();
            all.sort_by(f64::total_cmp);
            all
        };
        let (mut there, mut back) = (directed(&p, &r), directed(&r, &p));
        let at = |all: &[f64]| all[((0.95 * all.len() as f64).ceil() as usize) - 1];
        let hd95 = at(&there).max(at(&back));
        assert!((distances.hd95().expect("distances") - hd95).abs() < 1e-9, "{distances:?}");
        there.append(&mut back);
        let mean = there.iter().sum::<f64>() / there.len() as f64;
        assert!((distances.mean().expect("distances") - mean).abs() < 1e-9);
    }

    #[test]
    fn slices_with_one_empty_mask_are_only_counted() {
        let (full, empty) = (rectangle(1..4, 1..4), rectangle(0..0, 0..0));
        let pairs = [(full.clone(), empty.clone()), (empty.clone(), full.clone()), (empty.clone(), empty)];
        let distances = of(&pairs);
        assert_eq!((distances.mean(), distances.hd95(), distances.unmatched()), (None, None, 2));
    }
}
