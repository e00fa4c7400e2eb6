//! [`Orientation`]: where the first row and column of a stored image are.

/// Where the first row and column of a stored image are, as in TIFF's Orientation tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Orientation {
    /// 1: the first row is at the top, the first column at the left.
    #[default]
    TopLeft,
    /// 2: top and right.
    TopRight,
    /// 3: bottom and right.
    BottomRight,
    /// 4: bottom and left.
    BottomLeft,
    /// 5: the first row is at the left, the first column at the top.
    LeftTop,
    /// 6: right and top.
    RightTop,
    /// 7: right and bottom.
    RightBottom,
    /// 8: left and bottom.
    LeftBottom,
}

impl Orientation {
    const ALL: [Self; 8] = [
        Self::TopLeft,
        Self::TopRight,
        Self::BottomRight,
        Self::BottomLeft,
        Self::LeftTop,
        Self::RightTop,
        Self::RightBottom,
        Self::LeftBottom,
    ];

    /// The orientation with a value of TIFF's Orientation tag, 1 to 8.
    pub fn from_code(code: u64) -> Option<Self> {
        Self::ALL.get(usize::try_from(code.checked_sub(1)?).ok()?).copied()
    }

    /// The value of TIFF's Orientation tag, 1 to 8.
    pub const fn code(self) -> u16 {
        self as u16 + 1
    }

    /// Whether stored rows are columns of the upright image.
    pub const fn swaps(self) -> bool {
        self.code() > 4
    }

    /// The stored width and height for an upright one, and the other way round.
    pub const fn size(self, width: usize, height: usize) -> [usize; 2] {
        if self.swaps() { [height, width] } else { [width, height] }
    }

    /// A stored image of `width` x `height` pixels, turned upright.
    pub(crate) fn upright<T: Copy>(self, width: usize, height: usize, channels: usize, stored: &[T]) -> Vec<T> {
        let [across, down] = self.size(width, height);
        let place = |x, y| self.stored_place(width, height, x, y) * channels;
        let pixels = (0..down).flat_map(|y| (0..across).map(move |x| (x, y)));
        pixels.flat_map(|(x, y)| &stored[place(x, y)..][..channels]).copied().collect()
    }

    /// The pixels of an upright image of `width` x `height` pixels, in the order of the stored image.
    pub(crate) fn stored<T: Copy>(self, width: usize, height: usize, upright: &[T]) -> Vec<T> {
        let [across, down] = self.size(width, height);
        let mut stored = upright.to_vec();
        for y in 0..height {
            for x in 0..width {
                stored[self.stored_place(across, down, x, y)] = upright[y * width + x];
            }
        }
        stored
    }

    /// The index in a stored image of `width` x `height` pixels of the upright pixel in column `x` and row `y`.
    const fn stored_place(self, width: usize, height: usize, x: usize, y: usize) -> usize {
        let (column, row) = match self {
            Self::TopLeft => (x, y),
            Self::TopRight => (width - 1 - x, y),
            Self::BottomRight => (width - 1 - x, height - 1 - y),
            Self::BottomLeft => (x, height - 1 - y),
            Self::LeftTop => (y, x),
            Self::RightTop => (y, height - 1 - x),
            Self::RightBottom => (width - 1 - y, height - 1 - x),
            Self::LeftBottom => (width - 1 - y, x),
        };
        row * width + column
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_orientation_turns_a_letter_upright() {
        // An F of 3 x 4 pixels, as each value of the tag stores it.
        let upright = b"####..##.#..";
        for (code, stored) in [
            (1, b"####..##.#.."),
            (2, b"###..#.##..#"),
            (3, b"..#.##..####"),
            (4, b"#..##.#..###"),
            (5, b"#####.#.#..."),
            (6, b"#...#.#.####"),
            (7, b"...#.#.#####"),
            (8, b"####.#.#...#"),
        ] {
            let orientation = Orientation::from_code(code).expect("1 to 8");
            let [width, height] = orientation.size(3, 4);
            assert_eq!(u64::from(orientation.code()), code);
            assert_eq!(orientation.upright(width, height, 1, stored), upright, "{orientation:?}");
            assert_eq!(orientation.stored(3, 4, upright), stored, "{orientation:?}");
        }
        assert_eq!([0, 9].map(Orientation::from_code), [None; 2]);
    }
}
