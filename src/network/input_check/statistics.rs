//! Means, quantiles and matrices.

pub(super) fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0_usize);
    for value in values {
        sum += value;
        count += 1;
    }
    if count == 0 { 0.0 } else { sum / count as f64 }
}

pub(super) fn share(values: impl Iterator<Item = bool>) -> f64 {
    mean(values.map(|value| f64::from(u8::from(value))))
}

/// Of sorted values, by the nearest rank.
pub(super) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get((share * last as f64).round() as usize).copied().unwrap_or(0.0)
}

/// Pearson's, 1 where one side never varies: both are then a flat picture.
pub(super) fn correlation(pairs: &[[f64; 2]]) -> f64 {
    let average = [0, 1].map(|side| mean(pairs.iter().map(|pair| pair[side])));
    let moment = |a: usize, b: usize| mean(pairs.iter().map(|pair| (pair[a] - average[a]) * (pair[b] - average[b])));
    let scale = (moment(0, 0) * moment(1, 1)).sqrt();
    if scale > 0.0 { moment(0, 1) / scale } else { 1.0 }
}

/// The covariance of the columns of `rows`; to each variance the square of `grain` is added.
pub(super) fn covariance(rows: &[Vec<f64>], grain: f64) -> Vec<Vec<f64>> {
    let columns = rows.first().map_or(0, Vec::len);
    let average: Vec<f64> = (0..columns).map(|t| mean(rows.iter().map(|row| row[t]))).collect();
    let entry = |a: usize, b: usize| mean(rows.iter().map(|row| (row[a] - average[a]) * (row[b] - average[b])));
    let least = |a, b| if a == b { grain * grain } else { 0.0 };
    (0..columns).map(|a| (0..columns).map(|b| entry(a, b) + least(a, b)).collect()).collect()
}

/// The inverse of a symmetric positive matrix, by Gauss and Jordan; none where it has none.
pub(super) fn inverse(mut matrix: Vec<Vec<f64>>) -> Option<Vec<Vec<f64>>> {
    let size = matrix.len();
    for (i, row) in matrix.iter_mut().enumerate() {
        row.extend((0..size).map(|j| f64::from(u8::from(i == j))));
    }
    for pivot in 0..size {
        let best = (pivot..size).max_by(|&a, &b| matrix[a][pivot].abs().total_cmp(&matrix[b][pivot].abs()))?;
        matrix.swap(pivot, best);
        let divisor = matrix[pivot][pivot];
        if divisor.is_nan() || divisor.abs() <= 1e-12 {
            return None;
        }
        matrix[pivot].iter_mut().for_each(|value| *value /= divisor);
        let row = matrix[pivot].clone();
        for (i, other) in matrix.iter_mut().enumerate().filter(|(i, _)| *i != pivot) {
            let factor = other[pivot];
            debug_assert_ne!(i, pivot);
            other.iter_mut().zip(&row).for_each(|(value, pivot)| *value -= factor * pivot);
        }
    }
    Some(matrix.into_iter().map(|row| row[size..].to_vec()).collect())
}
