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

    /// The parts `b`, `c` and `d` of the unit quaternion of the axes, and -1 if its third axis is against their order, else 1.
    pub(crate) fn quaternion(&self) -> ([f64; 3], f64) {
        let unit = |axis: [f64; 3]| axis.map(|part| part / length(axis));
        let x = unit(self.axis(0));
        let y = self.axis(1);
        let y = unit([0, 1, 2].map(|index: usize| y[index] - dot(x, y) * x[index]));
        let z = cross(x, y);
        let flip = if dot(z, self.axis(2)) < 0.0 { -1.0 } else { 1.0 };
        // Of the four parts the largest is found first, so that no division is by a small number.
        let squares =
            [1.0 + x[0] + y[1] + z[2], 1.0 + x[0] - y[1] - z[2], 1.0 - x[0] + y[1] - z[2], 1.0 - x[0] - y[1] + z[2]];
        let largest = (0..4).fold(0, |best, next| if squares[next] > squares[best] { next } else { best });
        let twice = squares[largest].max(0.0).sqrt();
        let [a, b, c, d] = match largest {
            0 => [twice * twice, y[2] - z[1], z[0] - x[2], x[1] - y[0]],
            1 => [y[2] - z[1], twice * twice, y[0] + x[1], z[0] + x[2]],
            2 => [z[0] - x[2], y[0] + x[1], twice * twice, z[1] + y[2]],
            _ => [x[1] - y[0], z[0] + x[2], z[1] + y[2], twice * twice],
        }
        .map(|part| part / (2.0 * twice));
        // Only three parts are stored, and the first is taken to be positive.
        let sign = if a < 0.0 { -1.0 } else { 1.0 };
        ([b, c, d].map(|part| sign * part), flip)
    }
}

pub(crate) fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub(crate) fn length(a: [f64; 3]) -> f64 {
    dot(a, a).sqrt()
}

pub(crate) fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
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
    fn a_quaternion_is_the_rotation_of_the_axes() {
        for signs in 0..16 {
            let angle = [0.3, 1.9, 3.0, 4.4][signs % 4];
            let (sin, cos) = f64::sin_cos(angle);
            let mut axes = [[2.0 * cos, 2.0 * sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 3.0]];
            axes.rotate_left(signs / 4 % 3);
            if signs / 12 == 1 {
                axes[2] = axes[2].map(|part| -part);
            }
            let ([b, c, d], flip) = Affine::of_axes(axes, [0.0; 3]).quaternion();
            let a = (1.0 - b * b - c * c - d * d).max(0.0).sqrt();
            let columns = [
                [a * a + b * b - c * c - d * d, 2.0 * (b * c + a * d), 2.0 * (b * d - a * c)],
                [2.0 * (b * c - a * d), a * a + c * c - b * b - d * d, 2.0 * (c * d + a * b)],
                [2.0 * (b * d + a * c), 2.0 * (c * d - a * b), a * a + d * d - b * b - c * c].map(|part| flip * part),
            ];
            for (axis, column) in axes.into_iter().zip(columns) {
                let long = length(axis);
                assert!(axis.iter().zip(column).all(|(x, y)| (x / long - y).abs() < 1e-6), "{axis:?} {column:?}");
            }
        }
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
