//! Skull-stripping: training slices that look like those of datasets which are published without skull.
//!
//! It is crude, without a brain atlas and without a network, but it needs no program of its own. In the middle of the head it
//! follows the brain; at the base of the skull some muscle stays. Lengths are in pixels of slices of 256 x 256.

use glioscope::mask::Mask;
use glioscope::read::{Channels, Samples, Slice};

use super::shape::Shape;

/// The percentile of a channel that counts as white.
const WHITE: f32 = 0.995;
/// Brighter pixels are head, as a fraction of white.
const HEAD: f32 = 0.12;
/// Pixels in the smallest head.
const SMALLEST_HEAD: f32 = 1500.0;
/// Pixels that are this deep in the head are brain for sure. Their median says how bright brain is.
const MIDDLE: f32 = 25.0;
/// Brighter pixels are tissue, as a fraction of the brightness of the brain. Bone is darker.
const TISSUE: f32 = 0.45;
/// The skin is less deep than this.
const SKIN: f32 = 5.0;
/// Widths of the bridges between brain and scalp, in the order in which they are tried.
const BRIDGES: [f32; 4] = [3.0, 4.0, 5.0, 6.0];
/// A brain that is a larger fraction of the head still has its scalp.
const LARGEST_BRAIN: f32 = 0.82;
/// Gaps in the brain that are narrower than twice this are closed.
const GAP: f32 = 4.0;
/// The margin around the lesion that stays.
const LESION_MARGIN: f32 = 3.0;

/// The slices of a case with black outside the brain. The lesion always stays, with a small margin.
pub(crate) fn strip(slices: &[Slice], references: &[Mask]) -> Vec<Slice> {
    let white = [0, Channels::FLAIR].map(|channel| white(slices, channel));
    let cut = |(slice, reference): (&Slice, &Mask)| {
        let shape = Shape::of(slice);
        let lesion = shape.dilate(reference.inside(), LESION_MARGIN);
        let inside: Vec<bool> =
            brain(slice, white).iter().zip(lesion).map(|(&brain, lesion)| brain || lesion).collect();
        only(slice, &inside)
    };
    slices.iter().zip(references).map(cut).collect()
}

/// The slice with black where `inside` is false.
fn only(slice: &Slice, inside: &[bool]) -> Slice {
    fn masked<T: Copy + Default>(samples: &[T], channels: usize, inside: &[bool]) -> Vec<T> {
        let value = |(i, &sample): (usize, &T)| if inside[i / channels] { sample } else { T::default() };
        samples.iter().enumerate().map(value).collect()
    }
    let channels = slice.channels();
    let samples = match slice.samples() {
        Samples::U8(samples) => Samples::U8(masked(samples, channels.count(), inside)),
        Samples::U16(samples) => Samples::U16(masked(samples, channels.count(), inside)),
    };
    Slice::new(slice.name(), slice.width(), slice.height(), channels, samples).expect("as many samples as before")
}

/// The values of a channel, from 0 to 1 of the full scale.
fn channel(slice: &Slice, channel: usize) -> impl Iterator<Item = f32> + '_ {
    let (count, scale) = (slice.channels().count(), f32::from(slice.samples().max()));
    slice.samples().iter().skip(channel.min(count - 1)).step_by(count).map(move |value| f32::from(value) / scale)
}

/// The value of a channel that counts as white.
fn white(slices: &[Slice], index: usize) -> f32 {
    let values: Vec<f32> = slices.iter().flat_map(|slice| channel(slice, index)).collect();
    quantile(values, WHITE).max(f32::MIN_POSITIVE)
}

/// 0 without values.
fn quantile(mut values: Vec<f32>, fraction: f32) -> f32 {
    let rank = (values.len() as f32 * fraction) as usize;
    if rank >= values.len() {
        return 0.0;
    }
    *values.select_nth_unstable_by(rank, f32::total_cmp).1
}

/// The brain is the deepest connected piece of tissue after the bridges to the scalp are eroded.
fn brain(slice: &Slice, white: [f32; 2]) -> Vec<bool> {
    let shape = Shape::of(slice);
    let none = vec![false; shape.width * shape.height];
    let [pre, flair] = white;
    let mean = |(a, b): (f32, f32)| ((a / pre).min(1.0) + (b / flair).min(1.0)) / 2.0;
    let level = shape.smooth(channel(slice, 0).zip(channel(slice, Channels::FLAIR)).map(mean).collect());

    let bright: Vec<bool> = level.iter().map(|&level| level > HEAD).collect();
    let opened = shape.dilate(&shape.erode(&bright, 2.0), 2.0);
    let head = shape.fill(shape.largest(&opened));
    let size = count(&head);
    if (size as f32) < SMALLEST_HEAD * shape.unit * shape.unit {
        return none;
    }
    let depth = shape.steps(|i| !head[i], true);
    let of = |wanted: &dyn Fn(usize) -> bool| (0..level.len()).filter(|&i| wanted(i)).map(|i| level[i]).collect();
    let mut middle: Vec<f32> = of(&|i| depth[i] > shape.length(MIDDLE));
    if middle.is_empty() {
        middle = of(&|i| head[i]);
    }
    let from = TISSUE * quantile(middle, 0.5);
    let skin = shape.length(SKIN);
    let tissue: Vec<bool> = level.iter().zip(&depth).map(|(&level, &depth)| level > from && depth >= skin).collect();

    let mut brain = none;
    for bridge in BRIDGES {
        let core = shape.deepest(&shape.erode(&tissue, bridge), &depth);
        if count(&core) == 0 {
            break;
        }
        let found = shape.dilate(&core, bridge + 1.0);
        let found: Vec<bool> = found.iter().zip(&head).map(|(&found, &head)| found && head).collect();
        let scalp_is_gone = count(&found) as f32 <= LARGEST_BRAIN * size as f32;
        brain = shape.fill(shape.erode(&shape.dilate(&found, GAP), GAP));
        brain.iter_mut().zip(&depth).for_each(|(brain, &depth)| *brain &= depth > skin);
        if scalp_is_gone {
            break;
        }
    }
    brain
}

fn count(inside: &[bool]) -> usize {
    inside.iter().filter(|inside| **inside).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: usize = 256;

    /// The distance from the middle of the head.
    fn radius(i: usize) -> f32 {
        ((i % LENGTH) as f32 - 128.0).hypot((i / LENGTH) as f32 - 128.0)
    }

    fn bridge(i: usize) -> bool {
        (i / LENGTH).abs_diff(128) < 2 && i % LENGTH > 128
    }

    fn lesion(i: usize) -> bool {
        ((i % LENGTH) as f32 - 128.0).hypot((i / LENGTH) as f32 - 60.0) < 12.0
    }

    /// A brain of radius 80, dark bone with a thin bridge up to 90, scalp up to 100. The lesion touches the bone.
    fn head() -> (Slice, Mask) {
        let value = |i: usize| match radius(i) {
            _ if lesion(i) => 230,
            r if r < 80.0 || (r < 90.0 && bridge(i)) => 120,
            r if r < 90.0 => 35,
            r if r < 100.0 => 200,
            _ => 0,
        };
        let samples = (0..LENGTH * LENGTH).flat_map(|i| [value(i), value(i), value(i)]).collect();
        let slice = Slice::new("head", LENGTH, LENGTH, Channels::Rgb, Samples::U8(samples)).expect("valid");
        (slice, Mask::new(LENGTH, LENGTH, (0..LENGTH * LENGTH).map(lesion).collect()))
    }

    #[test]
    fn scalp_and_bone_become_black_and_brain_and_lesion_stay() {
        let (slice, reference) = head();
        let stripped = strip(std::slice::from_ref(&slice), &[reference]).swap_remove(0);
        let value = |slice: &Slice, i: usize| slice.value(i % LENGTH, i / LENGTH, 1).expect("a pixel");
        let mut lost = 0;
        for i in 0..LENGTH * LENGTH {
            let (before, after) = (value(&slice, i), value(&stripped, i));
            match radius(i) {
                _ if lesion(i) => assert_eq!(after, before, "the lesion at {i}"),
                r if r < 80.0 => lost += usize::from(after != before),
                r if r > 92.0 => assert_eq!(after, 0, "the scalp at {i}"),
                _ => {}
            }
        }
        assert!(lost < 400, "{lost} of 20,000 pixels of the brain are lost");
    }

    #[test]
    fn a_lesion_stays_where_there_is_no_head() {
        let samples = (0..64 * 32).map(|i| if i == 700 { 9 } else { 0 }).collect();
        let slice = Slice::new("black", 64, 32, Channels::Grey, Samples::U16(samples)).expect("valid");
        let reference = Mask::new(64, 32, (0..64 * 32).map(|i| i == 700).collect());
        let stripped = strip(&[slice.clone(), slice], &[reference, Mask::empty(64, 32)]);
        assert_eq!(stripped[0].value(700 % 64, 700 / 64, 0), Some(9));
        assert!(stripped[1].samples().iter().all(|value| value == 0));
    }

    #[test]
    fn steps_match_a_direct_search() {
        let shape = Shape { width: 17, height: 9, unit: 1.0 };
        let from = |i: usize| i % 31 == 4;
        let [open, closed] = [false, true].map(|border| shape.steps(from, border));
        for (i, (&open, &closed)) in open.iter().zip(&closed).enumerate() {
            let (x, y) = (i % 17, i / 17);
            let away = |j: usize| x.abs_diff(j % 17) + y.abs_diff(j / 17);
            let nearest = (0..17 * 9).filter(|&j| from(j)).map(away).min().expect("some");
            let border = [x, y, 16 - x, 8 - y].into_iter().min().expect("four") + 1;
            assert_eq!([open as usize, closed as usize], [nearest, nearest.min(border)], "at {x}, {y}");
        }
    }

    #[test]
    fn holes_are_filled_and_bays_are_not() {
        let shape = Shape { width: 6, height: 4, unit: 1.0 };
        let picture = "......  .####.  .#..#.  .####.".replace(' ', "");
        let inside = |picture: &str| picture.chars().map(|pixel| pixel == '#').collect::<Vec<_>>();
        assert_eq!(shape.fill(inside(&picture)), inside(".......####..####..####."));
        let bay = "..#..#..#..#..#..#..####";
        assert_eq!(shape.fill(inside(bay)), inside(bay));
    }
}
