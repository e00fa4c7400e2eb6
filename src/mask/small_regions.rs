//! Which regions of a case stay in its masks: the one step that needs all of its slices.
//!
//! The network looks at slices one by one, and marks a few pixels here and there that are far from the lesion. Laid on
//! one another the slices show which of them belong together: regions that are small beside the largest are left out.

use crate::mask::{Mask, components};
use crate::mask::{Probability, level};

/// Pixels of at least this probability make up the regions: the lowest of [`RANGE`](crate::result::measure::RANGE), so that the
/// same ones are left out at each of its thresholds.
pub const LEVEL: f32 = 0.3;

/// Regions are left out with what surrounds them down to this probability, the lowest threshold that the page offers: at one
/// below [`LEVEL`] a ring would be drawn around the hole that a region leaves.
pub const FLOOR: f32 = 0.05;

/// Regions of less than this part of the largest one's voxels are left out. Chosen by the held-out patients and the masks
/// of five networks: from 0.3 to 0.4 none loses by it, at 0.5 one loses the lesion itself (`train/EXPERIMENTS.md`).
pub const SHARE: f64 = 0.3;

/// The pixels of each slice that lie in regions to be left out; nothing for a slice that has none of them.
///
/// `maps` are those of a whole case, in order. Voxels of neighbouring slices are connected as in [`components`].
///
/// The voxels from [`FLOOR`] to below [`LEVEL`] are the regions' fringe: each goes with the region that is the fewest steps
/// away, a step leading to a voxel of the 26 around that has [`FLOOR`] at least; with one that stays, where both are as
/// near. Those that no region can be reached from are left out where fewer than [`SHARE`] asks for hang together. Without a
/// region nothing is left out.
///
/// Which they are does not depend on the threshold that masks are drawn at.
pub fn small<'a>(maps: impl IntoIterator<Item = &'a Probability>) -> Vec<Option<Mask>> {
    let maps: Vec<&Probability> = maps.into_iter().collect();
    let stack: Vec<Mask> = maps.iter().map(|map| Mask::from_probability(map, LEVEL)).collect();
    let regions = components(&stack);
    let sizes = regions.sizes();
    let Some(&most) = sizes.iter().max() else { return vec![None; maps.len()] };
    let least = SHARE * most as f64;
    let left_out = regions.keep(|region| (sizes[region] as f64) < least);
    drop(stack);

    let mut fringe = Fringe::new(&maps, left_out);
    fringe.share_out(&maps);
    let islands = components(&fringe.open());
    let islands = islands.keep(|island| (islands.sizes()[island] as f64) < least);
    fringe.left_out(&islands)
}

/// What becomes of a voxel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Below [`FLOOR`]: no mask has it.
    Outside,
    /// Above it, and not reached from any region so far.
    Open,
    /// In a region that stays, or nearest to one.
    Stays,
    /// In a region that is left out, or nearest to one.
    LeftOut,
}

/// The places of all voxels of a case, a byte each, while the fringes are shared out.
struct Fringe {
    slices: Vec<Plane>,
}

struct Plane {
    width: usize,
    height: usize,
    /// Row by row.
    places: Vec<Place>,
}

/// A voxel: its slice, column and row.
type At = [usize; 3];

impl Fringe {
    /// Before anything is shared out; `left_out` has the regions that are.
    fn new(maps: &[&Probability], left_out: Vec<Mask>) -> Self {
        let [floor, region] = [FLOOR, LEVEL].map(level);
        let plane = |(map, left_out): (&&Probability, Mask)| {
            let place = |(&value, &left_out): (&u16, &bool)| match u32::from(value) {
                value if value < floor => Place::Outside,
                value if value < region => Place::Open,
                _ if left_out => Place::LeftOut,
                _ => Place::Stays,
            };
            let places = map.values().iter().zip(left_out.inside()).map(place).collect();
            Plane { width: map.width(), height: map.height(), places }
        };
        Self { slices: maps.iter().zip(left_out).map(plane).collect() }
    }

    /// Step by step from all regions at once, so that every voxel is taken by the nearest; of the same step those from
    /// regions that stay come first.
    fn share_out(&mut self, maps: &[&Probability]) {
        let region = level(LEVEL);
        let mut edge = Vec::new();
        for of in [Place::Stays, Place::LeftOut] {
            for (z, map) in maps.iter().enumerate() {
                for (i, &value) in map.values().iter().enumerate() {
                    // What has only just been reached is in the same place, but no part of a region.
                    if u32::from(value) >= region && self.slices[z].places[i] == of {
                        self.reach(of, [z, i % map.width(), i / map.width()], &mut edge);
                    }
                }
            }
        }
        while !edge.is_empty() {
            for at in std::mem::take(&mut edge) {
                self.reach(self.place(at), at, &mut edge);
            }
        }
    }

    /// Takes the open voxels around one for the region that it belongs to, and adds them to `edge`.
    fn reach(&mut self, of: Place, [z, x, y]: At, edge: &mut Vec<At>) {
        for z in z.saturating_sub(1)..(z + 2).min(self.slices.len()) {
            // Slices of different sizes lie on one another at their top left corners.
            let Plane { width, height, places } = &mut self.slices[z];
            for y in y.saturating_sub(1)..(y + 2).min(*height) {
                for x in x.saturating_sub(1)..(x + 2).min(*width) {
                    let place = &mut places[y * *width + x];
                    if *place == Place::Open {
                        *place = of;
                        edge.push([z, x, y]);
                    }
                }
            }
        }
    }

    fn place(&self, [z, x, y]: At) -> Place {
        let plane = &self.slices[z];
        plane.places[y * plane.width + x]
    }

    /// What no region can be reached from.
    fn open(&self) -> Vec<Mask> {
        let mask = |Plane { width, height, places }: &Plane| {
            Mask::new(*width, *height, places.iter().map(|&place| place == Place::Open).collect())
        };
        self.slices.iter().map(mask).collect()
    }

    /// What is left out, `islands` too; nothing for a slice without any of it.
    fn left_out(&self, islands: &[Mask]) -> Vec<Option<Mask>> {
        let mask = |(Plane { width, height, places }, islands): (&Plane, &Mask)| {
            let inside = places.iter().zip(islands.inside()).map(|(&place, &island)| island || place == Place::LeftOut);
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
    fn what_is_small_beside_the_largest_is_left_out_and_what_hangs_on_it_is_not() {
        // Ten voxels over two slices; three apart from them in the second, two in the third.
        let maps = [
            map(&[0.9, 0.9, 0.9, 0.9, 0.9, 0.0, 0.0, 0.0, 0.0]),
            map(&[0.4, 0.4, 0.4, 0.4, 0.4, 0.0, 1.0, 1.0, 1.0]),
            map(&[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
            map(&[0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.04, 0.0]),
        ];
        let found = small(&maps);
        // Three tenths of the largest stay.
        assert_eq!([&found[0], &found[1], &found[2]], [&None, &None, &None]);
        let left_out = found[3].as_ref().expect("two voxels of ten");
        assert_eq!(left_out.to_bytes(), [0, 0, 1, 1, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn the_largest_always_stays() {
        assert_eq!(small(&[map(&[0.0, 0.3])]), [None]);
        assert_eq!(small(&[map(&[0.0, 0.0])]), [None]);
        // Without a region there is nothing that another one could be small beside.
        assert_eq!(small(&[map(&[0.29, 0.0, 0.29, 0.29])]), [None]);
        assert_eq!(small([]), []);
    }

    #[test]
    fn a_small_region_vanishes_whole_also_below_the_level_and_a_large_one_keeps_its_fringe() {
        for (values, left_out) in [
            // A spot beside a lesion.
            ([0.2, 0.9, 0.2, 0.0, 0.1, 0.2, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.2, 0.1], [1, 1, 1, 0, 0, 0, 0]),
            // Where both are as near the fringe stays; a step nearer to the spot it does not.
            ([0.9, 0.1, 0.1, 0.1, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9], [1, 1, 0, 0, 0, 0, 0]),
            ([0.9, 0.1, 0.1, 0.1, 0.1, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9], [1, 1, 1, 0, 0, 0, 0]),
            // On its own and below the level all over: less than three tenths of eight voxels, and more.
            ([0.1, 0.1, 0.0, 0.0, 0.0, 0.0, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9], [1, 1, 0, 0, 0, 0, 0]),
            ([0.1, 0.1, 0.1, 0.0, 0.0, 0.0, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9], [0, 0, 0, 0, 0, 0, 0]),
            // Nobody draws what lies below the floor.
            ([0.04, 0.9, 0.04, 0.0, 0.0, 0.0, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9], [0, 1, 0, 0, 0, 0, 0]),
        ] {
            let map = map(&values);
            let found = small([&map])[0].clone().unwrap_or(Mask::empty(14, 1)).to_bytes();
            assert_eq!((&found[..7], &found[7..]), (&left_out[..], &[0; 7][..]), "{values:?}");
        }
    }

    #[test]
    fn a_fringe_goes_from_slice_to_slice_whatever_their_sizes() {
        let lesion = Probability::new(4, 4, vec![58_982; 16]);
        let nothing = Probability::new(4, 4, vec![0; 16]);
        let spot = Probability::new(1, 2, vec![0, 58_982]);
        let around = Probability::new(3, 1, vec![6554, 0, 6554]);
        let found = small([&lesion, &nothing, &spot, &around]);
        let bytes: Vec<_> = found.iter().map(|mask| mask.as_ref().map(Mask::to_bytes)).collect();
        // The last voxel touches nothing, and one is less than three tenths of sixteen.
        assert_eq!(bytes, [None, None, Some(vec![0, 1]), Some(vec![1, 0, 1])]);
    }

    /// As [`small`], but from [`LEVEL`] on alone: how it was before there was a fringe.
    fn at_level(maps: &[Probability]) -> Vec<Mask> {
        let stack: Vec<Mask> = maps.iter().map(|map| Mask::from_probability(map, LEVEL)).collect();
        let regions = components(&stack);
        let least = SHARE * regions.sizes().iter().max().map_or(0.0, |&most| most as f64);
        regions.keep(|region| (regions.sizes()[region] as f64) < least)
    }

    /// Steps from the voxels of `from` to every other through `within`, by going over all of them until nothing changes.
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
        fn from_the_level_on_nothing_has_changed(maps in maps(), above in 0.0_f32..=0.7) {
            for (map, (found, before)) in maps.iter().zip(small(&maps).into_iter().zip(at_level(&maps))) {
                let found = found.unwrap_or(Mask::empty(map.width(), map.height()));
                for threshold in [LEVEL, LEVEL + above] {
                    let mask = Mask::from_probability(map, threshold);
                    prop_assert_eq!(mask.without(&found), mask.without(&before));
                }
            }
        }

        #[test]
        fn below_it_every_voxel_goes_with_the_nearest(maps in maps()) {
            let inside = |threshold| maps.iter().map(|map| Mask::from_probability(map, threshold)).collect::<Vec<_>>();
            let (stack, floor, left_out) = (inside(LEVEL), inside(FLOOR), at_level(&maps));
            let stays: Vec<Mask> = stack.iter().zip(&left_out).map(|(mask, other)| mask.without(other)).collect();
            let (to_stays, to_left_out) = (steps(&stays, &floor), steps(&left_out, &floor));
            let least = SHARE * components(&stack).sizes().iter().max().map_or(0.0, |&most| most as f64);
            let all = components(&floor);
            let islands = all.keep(|island| (all.sizes()[island] as f64) < least);
            for (z, found) in small(&maps).into_iter().enumerate() {
                let found = found.unwrap_or(Mask::empty(maps[z].width(), maps[z].height()));
                let expected: Vec<bool> = to_stays[z].iter().zip(&to_left_out[z]).zip(islands[z].inside()).map(
                    |((&stays, &left_out), &island)| left_out < stays || (island && stays == left_out)
                ).collect();
                prop_assert_eq!(found.inside(), expected);
            }
        }
    }
}
