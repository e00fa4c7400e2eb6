//! [`Components`]: the connected regions of a stack of masks.
//!
//! `imageproc` labels connected components too, but of one image: it does not connect pixels of neighbouring slices.

use std::ops::Range;

use super::Mask;

/// The connected regions of a stack of masks, in the order of their first voxels.
#[derive(Clone, Debug)]
pub struct Components {
    /// Width and height of every slice.
    grids: Vec<[usize; 2]>,
    runs: Vec<Run>,
    /// The component of each run, from 0.
    labels: Vec<usize>,
    sizes: Vec<usize>,
}

/// Connected voxels in a row, in the columns `start..end`. A few thousand runs represent the millions of voxels of a
/// case.
#[derive(Clone, Debug)]
struct Run {
    slice: usize,
    row: usize,
    start: usize,
    end: usize,
}

/// Finds the connected regions of a stack of masks. Voxels that share a face, an edge or a corner are connected (26
/// neighbours, or 8 in a stack of one).
///
/// Masks of different sizes are aligned at their top left corners.
pub fn components(stack: &[Mask]) -> Components {
    let mut runs = Vec::new();
    let mut rows: Vec<Vec<Range<usize>>> = Vec::with_capacity(stack.len());
    for (slice, mask) in stack.iter().enumerate() {
        rows.push((0..mask.height()).map(|row| push_runs(&mut runs, mask, slice, row)).collect());
    }

    let mut forest = Forest { parent: (0..runs.len()).collect() };
    for (slice, own) in rows.iter().enumerate() {
        for (row, range) in own.iter().enumerate() {
            if row > 0 {
                join(&mut forest, &runs, range.clone(), own[row - 1].clone());
            }
            if slice > 0 {
                for near in rows[slice - 1].iter().take(row + 2).skip(row.saturating_sub(1)) {
                    join(&mut forest, &runs, range.clone(), near.clone());
                }
            }
        }
    }

    // A root is the first run of its tree, so components are numbered in the order of their first runs.
    let mut labels: Vec<usize> = Vec::with_capacity(runs.len());
    let mut sizes = Vec::new();
    for (index, run) in runs.iter().enumerate() {
        let root = forest.root(index);
        let label = if root == index {
            sizes.push(0);
            sizes.len() - 1
        } else {
            labels[root]
        };
        sizes[label] += run.end - run.start;
        labels.push(label);
    }
    let grids = stack.iter().map(|mask| [mask.width(), mask.height()]).collect();
    Components { grids, runs, labels, sizes }
}

/// The stack with only its largest region; the first of several equally large ones.
///
/// Regions are those of [`components()`], which are those of `scipy.ndimage.label` with a 3x3x3 structure of ones.
pub fn largest_component(stack: &[Mask]) -> Vec<Mask> {
    let components = components(stack);
    let largest = components.largest();
    components.keep(|label| Some(label) == largest)
}

impl Mask {
    /// The connected regions of this mask (8 neighbours).
    pub fn components(&self) -> Components {
        components(std::slice::from_ref(self))
    }
}

impl Components {
    /// The number of regions.
    pub fn count(&self) -> usize {
        self.sizes.len()
    }

    /// The number of voxels in each region.
    pub fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    /// The index of the largest region, the first of several equally large ones; `None` without a region.
    pub fn largest(&self) -> Option<usize> {
        // `max_by_key` would return the last of equally large ones.
        let most = self.sizes.iter().max()?;
        self.sizes.iter().position(|size| size == most)
    }

    /// The stack with only the regions whose index `wanted` accepts.
    pub fn keep(&self, wanted: impl Fn(usize) -> bool) -> Vec<Mask> {
        let mut planes: Vec<Vec<bool>> = self.grids.iter().map(|[width, height]| vec![false; width * height]).collect();
        for (run, &label) in self.runs.iter().zip(&self.labels) {
            if wanted(label) {
                let first = run.row * self.grids[run.slice][0];
                planes[run.slice][first + run.start..first + run.end].fill(true);
            }
        }
        let mask = |(&[width, height], inside): (&[usize; 2], Vec<bool>)| Mask::new(width, height, inside);
        self.grids.iter().zip(planes).map(mask).collect()
    }
}

/// Adds the runs of one row and returns their indices.
fn push_runs(runs: &mut Vec<Run>, mask: &Mask, slice: usize, row: usize) -> Range<usize> {
    let first = runs.len();
    let pixels = &mask.inside()[row * mask.width()..(row + 1) * mask.width()];
    let mut x = 0;
    while x < pixels.len() {
        let length = pixels[x..].iter().take_while(|&&inside| inside == pixels[x]).count();
        if pixels[x] {
            runs.push(Run { slice, row, start: x, end: x + length });
        }
        x += length;
    }
    first..runs.len()
}

/// Joins the runs of two neighbouring rows that touch, also at a corner. Both rows are sorted from left to right.
fn join(forest: &mut Forest, runs: &[Run], mut a: Range<usize>, mut b: Range<usize>) {
    while !a.is_empty() && !b.is_empty() {
        let (left, right) = (&runs[a.start], &runs[b.start]);
        if left.start <= right.end && right.start <= left.end {
            forest.join(a.start, b.start);
        }
        if left.end < right.end {
            a.start += 1;
        } else {
            b.start += 1;
        }
    }
}

/// Disjoint sets whose root is always the smallest member.
struct Forest {
    parent: Vec<usize>,
}

impl Forest {
    fn root(&mut self, mut index: usize) -> usize {
        while self.parent[index] != index {
            // Path halving keeps later look-ups short.
            self.parent[index] = self.parent[self.parent[index]];
            index = self.parent[index];
        }
        index
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.parent[a.max(b)] = a.min(b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Labels from 1 by flood fill; 0 is outside.
    fn flood(stack: &[Mask]) -> Vec<Vec<usize>> {
        let mut labels: Vec<Vec<usize>> = stack.iter().map(|mask| vec![0; mask.inside().len()]).collect();
        let mut count = 0;
        for z in 0..stack.len() {
            for i in 0..labels[z].len() {
                if !stack[z].inside()[i] || labels[z][i] != 0 {
                    continue;
                }
                count += 1;
                let mut open = vec![(z, i % stack[z].width(), i / stack[z].width())];
                while let Some((z, x, y)) = open.pop() {
                    let i = y * stack[z].width() + x;
                    if labels[z][i] != 0 {
                        continue;
                    }
                    labels[z][i] = count;
                    for z in z.saturating_sub(1)..z + 2 {
                        for y in y.saturating_sub(1)..y + 2 {
                            for x in x.saturating_sub(1)..x + 2 {
                                if stack.get(z).is_some_and(|mask| mask.contains(x, y)) {
                                    open.push((z, x, y));
                                }
                            }
                        }
                    }
                }
            }
        }
        labels
    }

    fn check(stack: &[Mask]) {
        let oracle = flood(stack);
        let found = components(stack);
        let count = oracle.iter().flatten().copied().max().unwrap_or(0);
        assert_eq!(found.count(), count);
        for label in 0..count {
            let kept = found.keep(|other| other == label);
            for (mask, labels) in kept.iter().zip(&oracle) {
                let expected: Vec<bool> = labels.iter().map(|&l| l == label + 1).collect();
                assert_eq!(mask.inside(), expected);
            }
            assert_eq!(kept.iter().map(Mask::area).sum::<usize>(), found.sizes()[label]);
        }
    }

    #[test]
    fn every_4x4_mask() {
        for bits in 0_u32..1 << 16 {
            check(&[Mask::new(4, 4, (0..16).map(|i| bits >> i & 1 == 1).collect())]);
        }
    }

    #[test]
    fn every_2x3x2_stack() {
        for bits in 0_u32..1 << 12 {
            let slice = |from: u32| Mask::new(2, 3, (0..6).map(|i| bits >> (from + i) & 1 == 1).collect());
            check(&[slice(0), slice(6)]);
        }
    }

    #[test]
    fn larger_stacks_of_every_density() {
        let mut state = 1_u64;
        for percent in (0..100).step_by(5) {
            let mut slice = |width: usize, height: usize| {
                let inside = (0..width * height).map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    (state >> 33) % 100 < percent
                });
                Mask::new(width, height, inside.collect())
            };
            // Sizes may differ within a stack.
            check(&[slice(9, 7), slice(9, 7), slice(9, 7), slice(5, 8)]);
        }
    }

    #[test]
    fn the_first_largest_region_is_kept() {
        let row = |bits: &str| Mask::new(bits.len(), 1, bits.bytes().map(|b| b == b'#').collect());
        assert_eq!(largest_component(&[row("#.##.##"), row(".......")]), [row("..##..."), row(".......")]);
        assert_eq!(largest_component(&[row("#.##.##"), row("#......")]), [row("#......"), row("#......")]);
        // Voxels of neighbouring slices connect at a corner: three voxels against two.
        assert_eq!(largest_component(&[row("##..##."), row("......#")]), [row("....##."), row("......#")]);
        assert_eq!(largest_component(&[]), []);
        assert_eq!(largest_component(&[row("...")]), [row("...")]);
    }
}
