//! Small regions, which are removed from the masks of a case. This is the only step that needs all slices of a case.
//!
//! The network segments each slice on its own and marks a few pixels far from the lesion. The connected components of
//! the whole case show them: a region that is much smaller than the largest one is removed.

use super::{Mask, Probability, components, level};

/// Pixels of at least this probability form regions. It is the lowest threshold of
/// [`RANGE`](crate::result::measure::RANGE), so that every threshold there has the same regions removed.
pub const LEVEL: f32 = 0.3;

/// A region is removed together with its surroundings down to this probability, the lowest threshold that the page
/// offers. Without them, a threshold below [`LEVEL`] would draw a ring around each removed region.
pub const FLOOR: f32 = 0.05;

/// Regions with less than this fraction of the largest region's voxels are removed.
///
/// Chosen on the held-out patients with the masks of five networks: from 0.3 to 0.4 no patient loses by it, at 0.5 one
/// patient loses the lesion itself (`train/EXPERIMENTS.md`).
pub const FRACTION: f64 = 0.3;

/// Finds the pixels to remove from each slice of a case; `None` for a slice without any.
///
/// `maps` holds the probabilities of all slices of a case, in order. Voxels of neighbouring slices are connected as in
/// [`components()`].
///
/// Voxels from [`FLOOR`] to below [`LEVEL`] surround the regions. Each belongs to the region that it reaches in the
/// fewest steps through such voxels, of 26 neighbours each; in a tie, to one that is kept. Surroundings that reach no
/// region are removed if they are connected to fewer voxels than the smallest kept region may have. Without a region
/// nothing is removed.
///
/// The result does not depend on the threshold at which masks are drawn.
pub fn find<'a>(maps: impl IntoIterator<Item = &'a Probability>) -> Vec<Option<Mask>> {
    let maps: Vec<&Probability> = maps.into_iter().collect();
    let stack: Vec<Mask> = maps.iter().map(|map| Mask::from_probability(map, LEVEL)).collect();
    let regions = components(&stack);
    let sizes = regions.sizes();
    let Some(&largest) = sizes.iter().max() else { return vec![None; maps.len()] };
    let least = FRACTION * largest as f64;
    let removed = regions.keep(|region| (sizes[region] as f64) < least);
    drop(stack);

    let mut labels = Labels::new(&maps, removed);
    labels.assign_surroundings(&maps);
    let islands = components(&labels.unassigned());
    let islands = islands.keep(|island| (islands.sizes()[island] as f64) < least);
    labels.removed(&islands)
}

/// The mask of a slice at `threshold`, without the pixels that [`find`] removes from it.
///
/// # Panics
///
/// If the two have different sizes.
pub fn mask(map: &Probability, removed: Option<&Mask>, threshold: f32) -> Mask {
    let mask = Mask::from_probability(map, threshold);
    match removed {
        Some(removed) => mask.without(removed),
        None => mask,
    }
}

/// What happens to a voxel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Label {
    /// Below [`FLOOR`]: outside every mask.
    Outside,
    /// At least [`FLOOR`], and not assigned to a region yet.
    Unassigned,
    /// In a region that is kept, or in its surroundings.
    Kept,
    /// In a region that is removed, or in its surroundings.
    Removed,
}

/// The labels of all voxels of a case, one byte each.
struct Labels {
    slices: Vec<Plane>,
}

struct Plane {
    width: usize,
    height: usize,
    /// Row by row.
    labels: Vec<Label>,
}

/// A voxel: its slice, column and row.
type Voxel = [usize; 3];

impl Labels {
    /// Labels the regions; `removed` holds those that are removed.
    fn new(maps: &[&Probability], removed: Vec<Mask>) -> Self {
        let [floor, region] = [FLOOR, LEVEL].map(level);
        let plane = |(map, removed): (&&Probability, Mask)| {
            let label = |(&value, &removed): (&u16, &bool)| match u32::from(value) {
                value if value < floor => Label::Outside,
                value if value < region => Label::Unassigned,
                _ if removed => Label::Removed,
                _ => Label::Kept,
            };
            let labels = map.values().iter().zip(removed.inside()).map(label).collect();
            Plane { width: map.width(), height: map.height(), labels }
        };
        Self { slices: maps.iter().zip(removed).map(plane).collect() }
    }

    /// Assigns the surroundings, one step at a time from all regions at once, so that the nearest region takes each
    /// voxel. Within a step, kept regions come first.
    fn assign_surroundings(&mut self, maps: &[&Probability]) {
        let region = level(LEVEL);
        let mut front = Vec::new();
        for label in [Label::Kept, Label::Removed] {
            for (z, map) in maps.iter().enumerate() {
                for (i, &value) in map.values().iter().enumerate() {
                    // Voxels that were assigned just now carry the label too, but lie below the level.
                    if u32::from(value) >= region && self.slices[z].labels[i] == label {
                        self.assign_neighbours(label, [z, i % map.width(), i / map.width()], &mut front);
                    }
                }
            }
        }
        while !front.is_empty() {
            for voxel in std::mem::take(&mut front) {
                self.assign_neighbours(self.label(voxel), voxel, &mut front);
            }
        }
    }

    /// Gives `label` to the unassigned neighbours of a voxel and adds them to `front`.
    fn assign_neighbours(&mut self, label: Label, [z, x, y]: Voxel, front: &mut Vec<Voxel>) {
        for z in z.saturating_sub(1)..(z + 2).min(self.slices.len()) {
            // Slices of different sizes are aligned at their top left corners.
            let Plane { width, height, labels } = &mut self.slices[z];
            for y in y.saturating_sub(1)..(y + 2).min(*height) {
                for x in x.saturating_sub(1)..(x + 2).min(*width) {
                    let neighbour = &mut labels[y * *width + x];
                    if *neighbour == Label::Unassigned {
                        *neighbour = label;
                        front.push([z, x, y]);
                    }
                }
            }
        }
    }

    fn label(&self, [z, x, y]: Voxel) -> Label {
        let plane = &self.slices[z];
        plane.labels[y * plane.width + x]
    }

    /// The voxels that reach no region.
    fn unassigned(&self) -> Vec<Mask> {
        let mask = |Plane { width, height, labels }: &Plane| {
            Mask::new(*width, *height, labels.iter().map(|&label| label == Label::Unassigned).collect())
        };
        self.slices.iter().map(mask).collect()
    }

    /// The voxels to remove, `islands` included; `None` for a slice without any.
    fn removed(&self, islands: &[Mask]) -> Vec<Option<Mask>> {
        let mask = |(Plane { width, height, labels }, islands): (&Plane, &Mask)| {
            let inside = labels.iter().zip(islands.inside()).map(|(&label, &island)| island || label == Label::Removed);
            Some(Mask::new(*width, *height, inside.collect())).filter(|mask| !mask.is_empty())
        };
        self.slices.iter().zip(islands).map(mask).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn map(values: &[f32]) -> Probability {
        Probability::from_unit(values.len(), 1, values).expect("finite")
    }

    #[test]
    fn small_regions_are_removed_unless_connected_to_the_largest() {
        // One region of ten voxels in two slices; a second of three in the second slice; a third of two in the last.
        let maps = [
            map(&[0.9, 0.9, 0.9, 0.9, 0.9, 0.0, 0.0, 0.0, 0.0]),
            map(&[0.4, 0.4, 0.4, 0.4, 0.4, 0.0, 1.0, 1.0, 1.0]),
            map(&[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
            map(&[0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.04, 0.0]),
        ];
        let found = find(&maps);
        // Exactly three tenths of the largest region are kept.
        assert_eq!([&found[0], &found[1], &found[2]], [&None, &None, &None]);
        let removed = found[3].as_ref().expect("two voxels of ten");
        assert_eq!(removed.to_bytes(), [0, 0, 1, 1, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn the_largest_region_is_never_removed() {
        assert_eq!(find(&[map(&[0.0, 0.3])]), [None]);
        assert_eq!(find(&[map(&[0.0, 0.0])]), [None]);
        // Without a region nothing is removed.
        assert_eq!(find(&[map(&[0.29, 0.0, 0.29, 0.29])]), [None]);
        assert_eq!(find([]), []);
    }

    #[test]
    fn a_small_region_is_removed_with_its_surroundings_and_a_large_one_keeps_them() {
        for (values, removed) in [
            // A spot next to a lesion.
            ([0.2, 0.9, 0.2, 0.0, 0.1, 0.2, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.2, 0.1], [1, 1, 1, 0, 0, 0, 0]),
            // In a tie the surroundings are kept; one step closer to the spot they are removed.
            ([0.9, 0.1, 0.1, 0.1, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9], [1, 1, 0, 0, 0, 0, 0]),
            ([0.9, 0.1, 0.1, 0.1, 0.1, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9], [1, 1, 1, 0, 0, 0, 0]),
            // Below the level everywhere: fewer than three tenths of eight voxels, and more.
            ([0.1, 0.1, 0.0, 0.0, 0.0, 0.0, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9], [1, 1, 0, 0, 0, 0, 0]),
            ([0.1, 0.1, 0.1, 0.0, 0.0, 0.0, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9], [0, 0, 0, 0, 0, 0, 0]),
            // Voxels below the floor are in no mask.
            ([0.04, 0.9, 0.04, 0.0, 0.0, 0.0, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9], [0, 1, 0, 0, 0, 0, 0]),
        ] {
            let map = map(&values);
            let found = find([&map])[0].clone().unwrap_or(Mask::empty(14, 1)).to_bytes();
            assert_eq!((&found[..7], &found[7..]), (&removed[..], &[0; 7][..]), "{values:?}");
        }
    }

    #[test]
    fn surroundings_cross_slices_of_any_size() {
        let lesion = Probability::new(4, 4, vec![58_982; 16]);
        let empty = Probability::new(4, 4, vec![0; 16]);
        let spot = Probability::new(1, 2, vec![0, 58_982]);
        let around = Probability::new(3, 1, vec![6554, 0, 6554]);
        let found = find([&lesion, &empty, &spot, &around]);
        let bytes: Vec<_> = found.iter().map(|mask| mask.as_ref().map(Mask::to_bytes)).collect();
        // The last voxel reaches no region, and one is less than three tenths of sixteen.
        assert_eq!(bytes, [None, None, Some(vec![0, 1]), Some(vec![1, 0, 1])]);
    }

    /// The small regions without their surroundings.
    fn regions_only(maps: &[Probability]) -> Vec<Mask> {
        let stack: Vec<Mask> = maps.iter().map(|map| Mask::from_probability(map, LEVEL)).collect();
        let regions = components(&stack);
        let least = FRACTION * regions.sizes().iter().max().map_or(0.0, |&most| most as f64);
        regions.keep(|region| (regions.sizes()[region] as f64) < least)
    }

    /// Steps from `from` to every voxel of `within`, by relaxing all of them until nothing changes.
    fn steps(from: &[Mask], within: &[Mask]) -> Vec<Vec<usize>> {
        const FAR: usize = usize::MAX;
        let mut steps: Vec<Vec<usize>> = from
            .iter()
            .map(|mask| mask.inside().iter().map(|&inside| if inside { 0 } else { FAR }).collect())
            .collect();
        loop {
            let before = steps.clone();
            for (z, mask) in within.iter().enumerate() {
                for i in (0..mask.inside().len()).filter(|&i| mask.inside()[i]) {
                    let (x, y) = (i % mask.width(), i / mask.width());
                    for (other, around) in within.iter().enumerate().filter(|(other, _)| other.abs_diff(z) < 2) {
                        for j in (0..around.inside().len()).filter(|&j| around.inside()[j]) {
                            let (u, v) = (j % around.width(), j / around.width());
                            if u.abs_diff(x) < 2 && v.abs_diff(y) < 2 {
                                steps[z][i] = steps[z][i].min(before[other][j].saturating_add(1));
                            }
                        }
                    }
                }
            }
            if steps == before {
                return steps;
            }
        }
    }

    fn maps() -> impl Strategy<Value = Vec<Probability>> {
        let value = prop_oneof![3 => Just(0.0_f32), 2 => 0.04_f32..0.31, 1 => Just(0.9_f32)];
        let map = (1_usize..7, 1_usize..5).prop_flat_map(move |(width, height)| {
            let values = proptest::collection::vec(value.clone(), width * height);
            values.prop_map(move |values| Probability::from_unit(width, height, &values).expect("finite"))
        });
        proptest::collection::vec(map, 0..5)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn at_or_above_the_level_only_regions_are_removed(maps in maps(), above in 0.0_f32..=0.7) {
            for (map, (found, expected)) in maps.iter().zip(find(&maps).into_iter().zip(regions_only(&maps))) {
                let found = found.unwrap_or(Mask::empty(map.width(), map.height()));
                for threshold in [LEVEL, LEVEL + above] {
                    let mask = Mask::from_probability(map, threshold);
                    prop_assert_eq!(mask.without(&found), mask.without(&expected));
                }
            }
        }

        #[test]
        fn below_the_level_each_voxel_follows_the_nearest_region(maps in maps()) {
            let inside = |threshold| maps.iter().map(|map| Mask::from_probability(map, threshold)).collect::<Vec<_>>();
            let (stack, floor, removed) = (inside(LEVEL), inside(FLOOR), regions_only(&maps));
            let kept: Vec<Mask> = stack.iter().zip(&removed).map(|(mask, other)| mask.without(other)).collect();
            let (to_kept, to_removed) = (steps(&kept, &floor), steps(&removed, &floor));
            let least = FRACTION * components(&stack).sizes().iter().max().map_or(0.0, |&most| most as f64);
            let all = components(&floor);
            let islands = all.keep(|island| (all.sizes()[island] as f64) < least);
            for (z, found) in find(&maps).into_iter().enumerate() {
                let found = found.unwrap_or(Mask::empty(maps[z].width(), maps[z].height()));
                let expected: Vec<bool> = to_kept[z].iter().zip(&to_removed[z]).zip(islands[z].inside()).map(
                    |((&kept, &removed), &island)| removed < kept || (island && kept == removed)
                ).collect();
                prop_assert_eq!(found.inside(), expected);
            }
        }
    }
}
