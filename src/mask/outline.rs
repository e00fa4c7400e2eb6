//! The outline of a mask along the edges of its pixels.
//!
//! `imageproc::contours` returns border pixels, not edges: filled again, they do not give the same mask.

use super::Mask;

impl Mask {
    /// The outline as closed loops along the edges of pixels, for a canvas to stroke or fill.
    ///
    /// Each loop is a list of corners `[x, y]`, from `[0, 0]` at the top left of the image to `[width, height]` at the
    /// bottom right. The last corner connects to the first, which is not repeated. Horizontal and vertical sides
    /// alternate. The inside is on the right: with y pointing down, outer loops run clockwise and loops around holes
    /// anticlockwise, so that both fill rules restore the mask. Loops are in the order of their topmost, then leftmost
    /// corner. Regions that touch at a corner have one loop, as they are one component.
    pub fn outline(&self) -> Vec<Vec<[usize; 2]>> {
        trace(self)
    }
}

/// The direction of a walk along pixel edges, with the inside on the right.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Heading {
    East,
    South,
    West,
    North,
}

fn trace(mask: &Mask) -> Vec<Vec<[usize; 2]>> {
    // Every loop contains the top edge of an inside pixel, walked eastwards. These edges identify the loops.
    let mut walked = vec![false; mask.width() * mask.height()];
    let mut loops = Vec::new();
    for y in 0..mask.height() {
        for x in 0..mask.width() {
            if has_top_edge(mask, x, y) && !walked[y * mask.width() + x] {
                loops.push(walk(mask, &mut walked, [x, y]));
            }
        }
    }
    loops
}

/// Whether the outline runs along the top edge of a pixel.
fn has_top_edge(mask: &Mask, x: usize, y: usize) -> bool {
    mask.contains(x, y) && (y == 0 || !mask.contains(x, y - 1))
}

/// Follows one loop from its topmost, leftmost corner, where it always turns.
fn walk(mask: &Mask, walked: &mut [bool], start: [usize; 2]) -> Vec<[usize; 2]> {
    let mut corners = vec![start];
    let ([mut x, mut y], mut heading) = (start, Heading::East);
    loop {
        match heading {
            Heading::East => {
                walked[y * mask.width() + x] = true;
                x += 1;
            }
            Heading::South => y += 1,
            Heading::West => x -= 1,
            Heading::North => y -= 1,
        }
        let next = turn(mask, x, y, heading);
        if [x, y] == start && next == Heading::East {
            return corners;
        }
        if next != heading {
            corners.push([x, y]);
        }
        heading = next;
    }
}

/// The direction after a corner. A left turn follows a pixel that touches diagonally. It comes first, so that such
/// pixels have one loop.
fn turn(mask: &Mask, x: usize, y: usize, heading: Heading) -> Heading {
    let north_west = x > 0 && y > 0 && mask.contains(x - 1, y - 1);
    let north_east = y > 0 && mask.contains(x, y - 1);
    let south_west = x > 0 && mask.contains(x - 1, y);
    let south_east = mask.contains(x, y);
    // The pixels ahead of the corner, to the left and to the right.
    let (left, right, to_left, to_right) = match heading {
        Heading::East => (north_east, south_east, Heading::North, Heading::South),
        Heading::South => (south_east, south_west, Heading::East, Heading::West),
        Heading::West => (south_west, north_west, Heading::South, Heading::North),
        Heading::North => (north_west, north_east, Heading::West, Heading::East),
    };
    match (left, right) {
        (true, _) => to_left,
        (false, true) => heading,
        (false, false) => to_right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Even-odd filling: a pixel is inside if an odd number of vertical sides lie to its left.
    fn fill(loops: &[Vec<[usize; 2]>], width: usize, height: usize) -> Mask {
        let crossings = |x: usize, y: usize| {
            sides(loops)
                .filter(|[[ax, ay], [bx, by]]| ax == bx && *ax <= x && (*ay.min(by)..*ay.max(by)).contains(&y))
                .count()
        };
        let inside = (0..width * height).map(|i| crossings(i % width, i / width) % 2 == 1).collect();
        Mask::new(width, height, inside)
    }

    fn sides(loops: &[Vec<[usize; 2]>]) -> impl Iterator<Item = [[usize; 2]; 2]> {
        loops.iter().flat_map(|corners| (0..corners.len()).map(move |i| [corners[i], corners[(i + 1) % corners.len()]]))
    }

    /// Twice the area by the shoelace formula; positive for a loop that is clockwise on the screen.
    fn doubled_area(corners: &[[usize; 2]]) -> i64 {
        (0..corners.len())
            .map(|i| (corners[i], corners[(i + 1) % corners.len()]))
            .map(|([ax, ay], [bx, by])| ax as i64 * by as i64 - bx as i64 * ay as i64)
            .sum()
    }

    /// The number of neighbouring pixels of which one is inside. Everything around the image is outside.
    fn border_length(mask: &Mask) -> usize {
        let at = |x: isize, y: isize| x >= 0 && y >= 0 && mask.contains(x as usize, y as usize);
        let (width, height) = (mask.width() as isize, mask.height() as isize);
        let mut length = 0;
        for y in -1..height {
            for x in -1..width {
                length += usize::from(at(x, y) != at(x + 1, y)) + usize::from(at(x, y) != at(x, y + 1));
            }
        }
        length
    }

    fn check(mask: &Mask) {
        let loops = mask.outline();
        assert_eq!(&fill(&loops, mask.width(), mask.height()), mask);
        let length: usize = sides(&loops).map(|[a, b]| a[0].abs_diff(b[0]) + a[1].abs_diff(b[1])).sum();
        assert_eq!(length, border_length(mask));
        assert_eq!(loops.iter().map(|l| doubled_area(l)).sum::<i64>(), 2 * mask.area() as i64);
        let outer = loops.iter().filter(|l| doubled_area(l) > 0).count();
        assert_eq!(outer, mask.components().count());
        for [a, b] in sides(&loops) {
            assert!((a[0] == b[0]) != (a[1] == b[1]), "side {a:?} {b:?} is neither horizontal nor vertical");
        }
        for corners in &loops {
            assert_eq!(corners.len() % 2, 0, "two sides in a row along one line: {corners:?}");
        }
    }

    #[test]
    fn every_4x4_mask() {
        for bits in 0_u32..1 << 16 {
            check(&Mask::new(4, 4, (0..16).map(|i| bits >> i & 1 == 1).collect()));
        }
    }

    #[test]
    fn outlines_of_a_ring_and_a_diagonal() {
        let ring = Mask::new(3, 3, (0..9).map(|i| i != 4).collect());
        let outer = vec![[0, 0], [3, 0], [3, 3], [0, 3]];
        let hole = vec![[1, 2], [2, 2], [2, 1], [1, 1]];
        assert_eq!(ring.outline(), [outer, hole]);
        let diagonal = Mask::new(2, 2, vec![true, false, false, true]);
        assert_eq!(diagonal.outline(), [vec![[0, 0], [1, 0], [1, 1], [2, 1], [2, 2], [1, 2], [1, 1], [0, 1]]]);
    }

    #[test]
    fn an_empty_mask_has_no_outline() {
        assert!(Mask::empty(5, 3).outline().is_empty());
        assert!(Mask::empty(0, 0).outline().is_empty());
    }
}
