//! [`Affine`]: a map from one coordinate system to another.

/// The first three rows of a 4 x 4 matrix whose last row is 0, 0, 0, 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine([[f64; 4]; 3]);

impl Affine {
    /// The map with these rows.
    pub const fn new(rows: [[f64; 4]; 3]) -> Self {
        Self(rows)
    }

    /// The map whose columns are three axes, and that maps 0, 0, 0 to `origin`.
    pub fn of_axes(axes: [[f64; 3]; 3], origin: [f64; 3]) -> Self {
        Self([0, 1, 2].map(|row: usize| [axes[0][row], axes[1][row], axes[2][row], origin[row]]))
    }

    /// The rows.
    pub const fn rows(&self) -> &[[f64; 4]; 3] {
        &self.0
    }

    /// The step of one unit along an axis, 0 to 2.
    pub fn axis(&self, axis: usize) -> [f64; 3] {
        self.0.map(|row| row[axis])
    }

    /// The point that 0, 0, 0 is mapped to.
    pub fn origin(&self) -> [f64; 3] {
        self.axis(3)
    }

    /// The same map with all lengths multiplied by `factor`.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        Self(self.0.map(|row| row.map(|value| value * factor)))
    }

    /// The point that `at` is mapped to.
    pub fn apply(&self, at: [f64; 3]) -> [f64; 3] {
        self.0.map(|[a, b, c, offset]| a * at[0] + b * at[1] + c * at[2] + offset)
    }

    /// First this map, then `next`.
    #[must_use]
    pub fn then(&self, next: &Self) -> Self {
        let turned = |axis: usize| {
            let step = self.axis(axis);
            next.0.map(|[a, b, c, _]| a * step[0] + b * step[1] + c * step[2])
        };
        Self::of_axes([0, 1, 2].map(turned), next.apply(self.origin()))
    }

    /// The map in the other direction; `None` if there is none or a value is not finite.
    pub fn inverse(&self) -> Option<Self> {
        let [a, b, c] = [0, 1, 2].map(|axis| self.axis(axis));
        let determinant = dot(a, cross(b, c));
        // Relative to the axes, so that the unit does not matter.
        let volume = length(a) * length(b) * length(c);
        if !(determinant.abs() > 1e-9 * volume && volume.is_finite()) {
            return None;
        }
        let rows = [cross(b, c), cross(c, a), cross(a, b)].map(|row| row.map(|value| value / determinant));
        let inverse = Self(rows.map(|[x, y, z]| [x, y, z, -dot([x, y, z], self.origin())]));
        inverse.0.iter().flatten().all(|value| value.is_finite()).then_some(inverse)
    }
}

pub(super) fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub(super) fn length(a: [f64; 3]) -> f64 {
    dot(a, a).sqrt()
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: Affine = Affine([[-0.9, 0.1, 0.2, 95.0], [0.0, 0.8, -1.4, -120.5], [0.2, 0.3, 5.2, 7.0]]);

    #[test]
    fn the_inverse_maps_back() {
        let inverse = MAP.inverse().expect("a map with an inverse");
        let back = inverse.apply(MAP.apply([3.0, -2.0, 11.0]));
        assert!(
            back.iter().zip([3.0, -2.0, 11.0]).all(|(found, expected)| (found - expected).abs() < 1e-9),
            "{back:?}"
        );
        let both = MAP.then(&inverse).apply([5.0, 6.0, 7.0]);
        assert!(both.iter().zip([5.0, 6.0, 7.0]).all(|(found, expected)| (found - expected).abs() < 1e-9), "{both:?}");
    }

    #[test]
    fn two_maps_are_applied_in_order() {
        let shift = Affine([[1.0, 0.0, 0.0, 10.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]);
        assert_eq!(shift.then(&MAP).apply([0.0; 3]), MAP.apply([10.0, 0.0, 0.0]));
    }

    #[test]
    fn flat_maps_and_values_that_are_not_finite_have_no_inverse() {
        let flat = Affine([[1.0, 2.0, 0.0, 0.0], [2.0, 4.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]);
        let mut rows = *MAP.rows();
        rows[1][3] = f64::NAN;
        assert_eq!([flat, Affine([[0.0; 4]; 3]), Affine(rows)].map(|map| map.inverse()), [None; 3]);
        // A unit of nanometres changes nothing.
        assert!(MAP.scaled(1e-6).inverse().is_some() && MAP.scaled(1e6).inverse().is_some());
    }
}
