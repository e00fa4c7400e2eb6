//! Augmentation: one sample → a crop of it that is moved, bent, scaled and looks like another scanner's.

use glioscope::random::Rng;

use super::sample::Sample;
use super::scan::{apply_bias, bias_field, blur, coarsen};

/// How far samples are varied. Amounts are the ends of uniform ranges unless stated otherwise.
///
/// The names of former versions are still read, since checkpoints hold them.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Augmentation {
    /// Rotation in degrees, in both directions.
    pub(crate) rotation: f32,
    /// Natural logarithm of the zoom factor, in and out.
    pub(crate) scale: f32,
    /// Standard deviation of the elastic displacement, in pixels of a crop of 192. One affine sample in three has one.
    pub(crate) elastic: f32,
    /// Distance from 1 of a channel's factor, up and down.
    pub(crate) gain: f32,
    /// Offset of a channel, in standard deviations of the head, up and down.
    pub(crate) offset: f32,
    /// Natural logarithm of the exponent of a channel's intensities, up and down.
    pub(crate) gamma: f32,
    /// Largest standard deviation of the noise, in standard deviations of the head.
    pub(crate) noise: f32,
    /// Natural logarithm of the bias field at the border, up and down: one field for all channels. 0 in recipes without the key,
    /// which are older. The next two are 0 there too.
    #[serde(default)]
    pub(crate) bias: f32,
    /// Largest standard deviation of the blur, in pixels. One sample in four is blurred.
    #[serde(default)]
    pub(crate) blur: f32,
    /// Natural logarithm of the largest pixels of a coarser scan. One sample in four is coarser, along one axis or both.
    #[serde(default)]
    pub(crate) coarse: f32,
    /// Probability that FLAIR replaces the pre-contrast channel, the post-contrast channel or both. The dataset itself does so
    /// where a contrast is missing, and the page does for grey slices.
    #[serde(alias = "flair")]
    pub(crate) flair_share: f32,
    /// Probability that all channels are FLAIR and equal, as in a case that has nothing else. 0 in recipes without the key,
    /// which are older.
    #[serde(default)]
    pub(crate) flair_only_share: f32,
    /// Probability that a sample is from the case [without skull](super::strip()). 0 in recipes without the key, which are older.
    #[serde(default)]
    pub(crate) strip_share: f32,
    /// Probability that a lesion of another slice is [pasted](super::paste) first; 0 in recipes without the key, which are
    /// older.
    #[serde(alias = "paste", default)]
    pub(crate) paste_share: f32,
    /// Probability that a sample is rotated, scaled and bent, which blurs it a little. The others move by whole pixels and
    /// stay as sharp as the slices that are segmented. 1 in recipes without the key, which are older.
    #[serde(alias = "warp", default = "always")]
    pub(crate) affine_share: f32,
}

fn always() -> f32 {
    1.0
}

impl Default for Augmentation {
    fn default() -> Self {
        Self {
            rotation: 15.0,
            scale: 0.2,
            elastic: 4.0,
            gain: 0.25,
            offset: 0.25,
            gamma: 0.35,
            noise: 0.15,
            bias: 0.0,
            blur: 0.0,
            coarse: 0.0,
            flair_share: 0.2,
            flair_only_share: 0.0,
            strip_share: 0.0,
            paste_share: 0.5,
            affine_share: 1.0,
        }
    }
}

impl Augmentation {
    /// Only a crop at whole pixels and its mirror image.
    pub(crate) fn none() -> Self {
        Self {
            rotation: 0.0,
            scale: 0.0,
            elastic: 0.0,
            gain: 0.0,
            offset: 0.0,
            gamma: 0.0,
            noise: 0.0,
            bias: 0.0,
            blur: 0.0,
            coarse: 0.0,
            flair_share: 0.0,
            flair_only_share: 0.0,
            strip_share: 0.0,
            paste_share: 0.0,
            affine_share: 0.0,
        }
    }

    /// A varied square of `crop` pixels on a side. If the sample has a lesion, at least one of its pixels is in the square.
    pub(crate) fn apply(&self, sample: &Sample, crop: usize, rng: &mut Rng) -> Sample {
        let centre = centre(sample, crop, rng);
        let map = self.map(crop, centre, rng);
        let mut out = warp(sample, crop, &map);
        // A share of 0 draws no number, so that older recipes give the same samples as before.
        let flair_only = self.flair_only_share > 0.0 && rng.chance(self.flair_only_share);
        if !flair_only {
            self.replace_contrasts(&mut out, rng);
        }
        self.vary_scan(&mut out, rng);
        self.vary_intensities(&mut out, rng);
        if flair_only {
            let (pre, rest) = out.image.split_at_mut(crop * crop);
            let (flair, post) = rest.split_at_mut(crop * crop);
            pre.copy_from_slice(flair);
            post.copy_from_slice(flair);
        }
        out
    }

    /// The position in the sample of each pixel of the crop, `[crop, crop]` of `[x, y]`.
    fn map(&self, crop: usize, centre: [f32; 2], rng: &mut Rng) -> Vec<[f32; 2]> {
        let half = (crop as f32 - 1.0) / 2.0;
        // A share of 1 draws no number, so that older recipes give the same samples as before.
        let affine = self.affine_share >= 1.0 || rng.chance(self.affine_share);
        let [cx, cy] = if affine { centre } else { centre.map(|centre| (centre - half).round() + half) };
        let angle = if affine { rng.range(-self.rotation, self.rotation).to_radians() } else { 0.0 };
        let scale = if affine { rng.range(-self.scale, self.scale).exp() } else { 1.0 };
        let mirror = if rng.chance(0.5) { -1.0 } else { 1.0 };
        let (sin, cos) = (angle.sin() * scale, angle.cos() * scale);
        let bend = (affine && rng.chance(1.0 / 3.0)).then(|| Bend::new(self.elastic, crop, rng));
        let mut map = Vec::with_capacity(crop * crop);
        for y in 0..crop {
            for x in 0..crop {
                let (dx, dy) = ((x as f32 - half) * mirror, y as f32 - half);
                let [bx, by] = bend.as_ref().map_or([0.0; 2], |bend| bend.at(x, y));
                map.push([cx + dx * cos - dy * sin + bx, cy + dx * sin + dy * cos + by]);
            }
        }
        map
    }

    fn replace_contrasts(&self, sample: &mut Sample, rng: &mut Rng) {
        if !rng.chance(self.flair_share) {
            return;
        }
        let plane = sample.side * sample.side;
        let flair = sample.image[plane..2 * plane].to_vec();
        // Both with probability 1/2, else one of the two.
        let which = rng.below(4);
        if which != 0 {
            sample.image[..plane].copy_from_slice(&flair);
        }
        if which != 1 {
            sample.image[2 * plane..].copy_from_slice(&flair);
        }
    }

    /// Amounts of 0 draw no number, so that older recipes give the same samples as before.
    fn vary_scan(&self, sample: &mut Sample, rng: &mut Rng) {
        let (side, plane) = (sample.side, sample.side * sample.side);
        if self.coarse > 0.0 && rng.chance(0.25) {
            let factor = rng.range(0.0, self.coarse).exp();
            let axes = [0..=0, 1..=1, 0..=1][rng.below(3)].clone();
            sample.image.chunks_exact_mut(plane).for_each(|channel| coarsen(channel, side, factor, axes.clone()));
        }
        if self.blur > 0.0 && rng.chance(0.25) {
            let deviation = rng.range(0.0, self.blur);
            sample.image.chunks_exact_mut(plane).for_each(|channel| blur(channel, side, deviation));
        }
        if self.bias > 0.0 {
            let field = bias_field(side, self.bias, rng);
            for (channel, &black) in sample.image.chunks_exact_mut(plane).zip(&sample.black) {
                apply_bias(channel, &field, black);
            }
        }
    }

    fn vary_intensities(&self, sample: &mut Sample, rng: &mut Rng) {
        let plane = sample.side * sample.side;
        let noise = rng.range(0.0, self.noise);
        let noisy = rng.chance(0.3);
        for (channel, &black) in sample.image.chunks_exact_mut(plane).zip(&sample.black) {
            let gain = 1.0 + rng.range(-self.gain, self.gain);
            let offset = rng.range(-self.offset, self.offset);
            let gamma = if rng.chance(0.5) { rng.range(-self.gamma, self.gamma).exp() } else { 1.0 };
            // The exponent acts on intensities above black and leaves 0, the mean of the head, as it is.
            let mean = -black.min(-0.1);
            for value in channel.iter_mut() {
                let bent =
                    if gamma == 1.0 { *value } else { mean * (((*value + mean).max(0.0) / mean).powf(gamma) - 1.0) };
                *value = bent * gain + offset;
            }
            if noisy {
                for pair in channel.chunks_mut(2) {
                    for (value, normal) in pair.iter_mut().zip(rng.normal_pair()) {
                        *value += normal * noise;
                    }
                }
            }
        }
    }
}

/// The centre of the crop in the sample. The crop lies mostly inside the sample, and a random pixel of the lesion, if there
/// is one, lies in the crop.
fn centre(sample: &Sample, crop: usize, rng: &mut Rng) -> [f32; 2] {
    let (side, crop) = (sample.side as f32, crop as f32);
    let slack = ((side - crop) / 2.0).max(0.0) + 8.0;
    let middle = (side - 1.0) / 2.0;
    let mut centre = [rng.range(middle - slack, middle + slack), rng.range(middle - slack, middle + slack)];
    let lesion: Vec<usize> = (0..sample.reference.len()).filter(|&i| sample.reference[i] > 0.5).collect();
    if !lesion.is_empty() {
        let pixel = lesion[rng.below(lesion.len())];
        let reach = crop * 0.4;
        for (centre, at) in centre.iter_mut().zip([pixel % sample.side, pixel / sample.side]) {
            *centre = centre.clamp(at as f32 - reach, at as f32 + reach);
        }
    }
    centre
}

/// A smooth random displacement: normally distributed vectors on a coarse lattice, interpolated bilinearly.
struct Bend {
    lattice: Vec<[f32; 2]>,
}

/// Lattice cells on a side. There is one point more than cells.
const CELLS: usize = 6;

impl Bend {
    fn new(deviation: f32, crop: usize, rng: &mut Rng) -> Self {
        let deviation = deviation * crop as f32 / 192.0;
        let lattice = (0..(CELLS + 1) * (CELLS + 1)).map(|_| rng.normal_pair().map(|v| v * deviation)).collect();
        Self { lattice }
    }

    fn at(&self, x: usize, y: usize) -> [f32; 2] {
        // 1/32 of a cell per pixel: the lattice spans 192 pixels and repeats its edge beyond.
        let split = |v: usize| {
            let v = (v as f32 / 32.0).min(CELLS as f32 - 0.001);
            (v as usize, v.fract())
        };
        let ((i, u), (j, v)) = (split(x), split(y));
        let point = |i: usize, j: usize| self.lattice[j * (CELLS + 1) + i];
        core::array::from_fn(|axis| {
            let top = point(i, j)[axis] * (1.0 - u) + point(i + 1, j)[axis] * u;
            let bottom = point(i, j + 1)[axis] * (1.0 - u) + point(i + 1, j + 1)[axis] * u;
            top * (1.0 - v) + bottom * v
        })
    }
}

/// Samples the channels bilinearly. A pixel of the reference is inside if its bilinear value is at least one half.
fn warp(sample: &Sample, crop: usize, map: &[[f32; 2]]) -> Sample {
    let side = sample.side;
    let plane = side * side;
    let mut out = Sample {
        side: crop,
        image: vec![0.0; 3 * crop * crop],
        reference: vec![0.0; crop * crop],
        black: sample.black,
    };
    for (to, &[x, y]) in map.iter().enumerate() {
        let (left, top) = (x.floor(), y.floor());
        let (u, v) = (x - left, y - top);
        let weights = [(1.0 - u) * (1.0 - v), u * (1.0 - v), (1.0 - u) * v, u * v];
        let (left, top) = (left as isize, top as isize);
        let corners = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(i, j)| {
            let (x, y) = (left + i, top + j);
            let inside = (0..side as isize).contains(&x) && (0..side as isize).contains(&y);
            inside.then(|| y as usize * side + x as usize)
        });
        for c in 0..3 {
            let at = |corner: Option<usize>| corner.map_or(sample.black[c], |i| sample.image[c * plane + i]);
            out.image[c * crop * crop + to] = corners.iter().zip(weights).map(|(&i, w)| at(i) * w).sum();
        }
        let inside: f32 = corners.iter().zip(weights).map(|(i, w)| i.map_or(0.0, |i| sample.reference[i]) * w).sum();
        out.reference[to] = if inside >= 0.5 { 1.0 } else { 0.0 };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disc in all channels; the reference is the same disc.
    fn disc(side: usize, x: f32, y: f32) -> Sample {
        let inside = |i: usize| ((i % side) as f32 - x).hypot((i / side) as f32 - y) < 6.0;
        let reference: Vec<f32> = (0..side * side).map(|i| f32::from(u8::from(inside(i)))).collect();
        let image = [1.0, 2.0, 3.0].iter().flat_map(|c| reference.iter().map(move |value| value * c)).collect();
        Sample { side, image, reference, black: [0.0; 3] }
    }

    #[test]
    fn the_reference_moves_with_the_channels() {
        for seed in 0..20 {
            let mut rng = Rng::new(seed, 0);
            let augmentation =
                Augmentation { gain: 0.0, offset: 0.0, gamma: 0.0, noise: 0.0, flair_share: 0.0, ..Default::default() };
            let out = augmentation.apply(&disc(64, 20.0, 40.0), 48, &mut rng);
            assert!(out.reference.iter().sum::<f32>() > 20.0, "the lesion left the crop, seed {seed}");
            for (i, &inside) in out.reference.iter().enumerate() {
                for c in 0..3 {
                    let value = out.image[c * 48 * 48 + i] / (c + 1) as f32;
                    assert_eq!(
                        inside,
                        f32::from(u8::from(value >= 0.4999)),
                        "seed {seed}, pixel {i}, channel {c}: {value}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_sample() {
        let apply = |seed| Augmentation::default().apply(&disc(64, 30.0, 30.0), 32, &mut Rng::new(seed, 1)).image;
        assert_eq!(apply(5), apply(5));
        assert_ne!(apply(5), apply(6));
    }

    #[test]
    fn another_scan_changes_the_channels_and_not_the_reference() {
        let sample = disc(64, 30.0, 30.0);
        let apply = |augmentation: Augmentation, seed| augmentation.apply(&sample, 64, &mut Rng::new(seed, 1));
        let none = Augmentation::none();
        for (share, augmentation) in [
            (1.0, Augmentation { bias: 0.4, ..none }),
            (0.25, Augmentation { blur: 1.5, ..none }),
            (0.25, Augmentation { coarse: 1.0, ..none }),
        ] {
            let mut changed = 0;
            for seed in 0..100 {
                let (before, after) = (apply(none, seed), apply(augmentation, seed));
                assert_eq!(before.reference, after.reference, "{augmentation:?}, seed {seed}");
                changed += usize::from(before.image != after.image);
            }
            assert!((changed as f32 / 100.0 - share).abs() < 0.15, "{changed} of 100 for {augmentation:?}");
        }
    }

    #[test]
    fn samples_of_flair_alone_have_equal_channels() {
        let sample = disc(64, 30.0, 30.0);
        let apply = |flair_only_share, seed| {
            let augmentation = Augmentation { flair_share: 0.0, flair_only_share, ..Default::default() };
            augmentation.apply(&sample, 32, &mut Rng::new(seed, 1))
        };
        let equal = |out: &Sample| out.image.chunks_exact(32 * 32).all(|channel| *channel == out.image[..32 * 32]);
        for seed in 0..10 {
            assert!(equal(&apply(1.0, seed)) && !equal(&apply(0.0, seed)), "seed {seed}");
        }
        let count = (0..200).filter(|&seed| equal(&apply(0.25, seed))).count();
        assert!((30..70).contains(&count), "{count} of 200");
    }

    #[test]
    fn without_augmentation_a_sample_is_a_crop_or_its_mirror_image() {
        let mut rng = Rng::new(9, 0);
        let mut sample = disc(64, 30.0, 33.0);
        sample.image.iter_mut().for_each(|value| *value = rng.range(-1.0, 1.0));
        let mut mirrored = [false; 2];
        for seed in 0..20 {
            let out = Augmentation::none().apply(&sample, 32, &mut Rng::new(seed, 0));
            // Whether it is the crop with this top left corner. Outside the slice it is black.
            let is = |[left, top]: [isize; 2], mirror: bool| {
                (0..32 * 32).all(|i| {
                    let (x, y) = (i % 32, i / 32);
                    let (x, y) = (left + if mirror { 31 - x } else { x } as isize, top + y as isize);
                    let inside = (0..64).contains(&x) && (0..64).contains(&y);
                    let from = |plane: &[f32]| if inside { plane[(y * 64 + x) as usize] } else { 0.0 };
                    let same = |c: usize| out.image[c * 32 * 32 + i] == from(&sample.image[c * 64 * 64..]);
                    (0..3).all(same) && out.reference[i] == from(&sample.reference)
                })
            };
            let corners = (-8..=40).flat_map(|top| (-8..=40).map(move |left| [left, top]));
            let found = corners.flat_map(|corner| [(corner, false), (corner, true)]).find(|&(c, m)| is(c, m));
            let (_, mirror) = found.expect("a crop of the slice");
            mirrored[usize::from(mirror)] = true;
        }
        assert_eq!(mirrored, [true; 2]);
    }

    #[test]
    fn an_augmentation_without_an_affine_share_is_affine_throughout() -> serde_json::Result<()> {
        let mut json = serde_json::to_value(Augmentation::none())?;
        json.as_object_mut().expect("an object").remove("affine_share");
        assert_eq!(
            serde_json::from_value::<Augmentation>(json)?,
            Augmentation { affine_share: 1.0, ..Augmentation::none() }
        );
        Ok(())
    }

    #[test]
    fn an_affine_sample_without_amounts_is_a_crop_at_a_fraction_of_a_pixel() {
        let sample = disc(64, 32.0, 32.0);
        let augmentation = Augmentation { affine_share: 1.0, ..Augmentation::none() };
        let out = augmentation.apply(&sample, 64, &mut Rng::new(3, 0));
        let area = |reference: &[f32]| reference.iter().sum::<f32>();
        // The crop is up to 8 pixels off the centre.
        assert!((area(&out.reference) - area(&sample.reference)).abs() < 12.0);
    }
}
