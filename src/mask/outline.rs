//! The border between inside and outside, followed along the pixels' edges.

use super::Mask;

impl Mask {
    /// The border of the mask as closed loops along the pixels' edges, for a canvas to stroke or fill.
    ///
    /// Each loop lists its turning points `[x, y]` in pixel corners: `[0, 0]` is the top left corner of the
    /// picture and `[width, height]` its bottom right one. The last point joins the first, which is not
    /// repeated, and horizontal and vertical sides alternate. With y downwards, the inside is always on the
    /// right: outer borders run clockwise, those of holes anticlockwise, so either fill rule gives the mask
    /// back. Loops are ordered by their topmost row's leftmost corner. Regions that touch at a corner share a
    /// loop, as they share a component.
    pub fn outline(&self) -> Vec<Vec<[usize; 2]>> {
        trace(self)
    }
}

/// Which way the walk goes along a row or column of pixel corners, the inside on its right hand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Heading {
    East,
    South,
    West,
    North,
}

fn trace(mask: &Mask) -> Vec<Vec<[usize; 2]>> {
    // Every loop goes east at least once, along the top edge of an inside pixel: those edges name the loops.
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

fn has_top_edge(mask: &Mask, x: usize, y: usize) -> bool {
    mask.contains(x, y) && (y == 0 || !mask.contains(x, y - 1))
}

/// Follows one loop from its topmost, leftmost corner, which is always a turning point.
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

/// Where the border goes on from a corner. A left turn leads onto the pixel that touches diagonally, so it
/// comes first: that is what joins such pixels into one loop.
fn turn(mask: &Mask, x: usize, y: usize, heading: Heading) -> Heading {
    let north_west = x > 0 && y > 0 && mask.contains(x - 1, y - 1);
    let north_east = y > 0 && mask.contains(x, y - 1);
    let south_west = x > 0 && mask.contains(x - 1, y);
    let south_east = mask.contains(x, y);
    // The pixels ahead of the corner, on the left and on the right of the way.
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

    /// Even-odd filling, pixel centre by pixel centre: a centre is inside if an odd number of vertical sides
    /// lie to its left.
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

    /// Twice the area by the shoelace formula: positive when the loop runs clockwise on the screen.
    fn doubled_area(corners: &[[usize; 2]]) -> i64 {
        (0..corners.len())
            .map(|i| (corners[i], corners[(i + 1) % corners.len()]))
            .map(|([ax, ay], [bx, by])| ax as i64 * by as i64 - bx as i64 * ay as i64)
            .sum()
    }

    /// Pairs of neighbours of which one is inside, the world around the picture being outside.
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
    fn every_mask_of_four_by_four_pixels() {
        for bits in 0_u32..1 << 16 {
            check(&Mask::new(4, 4, (0..16).map(|i| bits >> i & 1 == 1).collect()));
        }
    }

    #[test]
    fn corners_of_a_ring_and_a_diagonal() {
        let ring = Mask::new(3, 3, (0..9).map(|i| i != 4).collect());
        let outer = vec![[0, 0], [3, 0], [3, 3], [0, 3]];
        let hole = vec![[1, 2], [2, 2], [2, 1], [1, 1]];
        assert_eq!(ring.outline(), [outer, hole]);
        let diagonal = Mask::new(2, 2, vec![true, false, false, true]);
        assert_eq!(diagonal.outline(), [vec![[0, 0], [1, 0], [1, 1], [2, 1], [2, 2], [1, 2], [1, 1], [0, 1]]]);
    }

    #[test]
    fn nothing_to_draw() {
        assert!(Mask::empty(5, 3).outline().is_empty());
        assert!(Mask::empty(0, 0).outline().is_empty());
    }
}
