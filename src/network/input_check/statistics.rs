//! Means, quantiles and matrices.
//!
//! `nalgebra` has them too. It would add a linear-algebra library to the page for one inverse, which only `train`
//! needs.

/// The mean, or 0 without values.
pub(super) fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0_usize);
    for value in values {
        sum += value;
        count += 1;
    }
    if count == 0 { 0.0 } else { sum / count as f64 }
}

/// The fraction of values that are true, or 0 without values.
pub(super) fn fraction(values: impl Iterator<Item = bool>) -> f64 {
    mean(values.map(|value| f64::from(u8::from(value))))
}

/// The quantile of sorted values at `level`, 0 to 1, by the nearest rank; 0 without values.
pub(super) fn quantile(sorted: &[f64], level: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get((level * last as f64).round() as usize).copied().unwrap_or(0.0)
}

/// Pearson's correlation coefficient, or 1 if one side is constant: both halves are then a flat image.
pub(super) fn correlation(pairs: &[[f64; 2]]) -> f64 {
    let average = [0, 1].map(|side| mean(pairs.iter().map(|pair| pair[side])));
    let moment = |a: usize, b: usize| mean(pairs.iter().map(|pair| (pair[a] - average[a]) * (pair[b] - average[b])));
    let scale = (moment(0, 0) * moment(1, 1)).sqrt();
    if scale > 0.0 { moment(0, 1) / scale } else { 1.0 }
}

/// The covariance matrix of the columns of `rows`, with the square of `deviation` added to each variance.
pub(super) fn covariance(rows: &[Vec<f64>], deviation: f64) -> Vec<Vec<f64>> {
    let columns = rows.first().map_or(0, Vec::len);
    let average: Vec<f64> = (0..columns).map(|column| mean(rows.iter().map(|row| row[column]))).collect();
    let entry = |a: usize, b: usize| mean(rows.iter().map(|row| (row[a] - average[a]) * (row[b] - average[b])));
    let added = |a, b| if a == b { deviation * deviation } else { 0.0 };
    (0..columns).map(|a| (0..columns).map(|b| entry(a, b) + added(a, b)).collect()).collect()
}

/// The inverse of a symmetric positive definite matrix by Gauss-Jordan elimination; `None` if it is singular.
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
        for (_, other) in matrix.iter_mut().enumerate().filter(|(i, _)| *i != pivot) {
            let factor = other[pivot];
            other.iter_mut().zip(&row).for_each(|(value, pivot)| *value -= factor * pivot);
        }
    }
    Some(matrix.into_iter().map(|row| row[size..].to_vec()).collect())
}
