//! [`Head`]: layers of scalp and skull around a folded brain, which may contain lesions.
//!
//! Lengths are in head units of about a millimetre. A slice is 256 wide. x points to the right of the image, y down the
//! image and to the back of the head, and z up to the vertex. The origin is the centre of the head.

use super::geometry::{Point, covered, length};
use super::lesion::Lesion;
use super::noise::{Noise, mix};
use super::tissue::{Mixture, Tissue};
use crate::random::Rng;

/// The random shape of one head.
#[derive(Clone, Debug)]
pub(super) struct Head {
    /// The half-axes of the skin, an ellipsoid.
    half: Point,
    /// How much narrower the forehead is than the back of the head.
    egg: f32,
    scalp: f32,
    marrow: f32,
    /// The loss of brain volume, from 0 in young heads to 1.
    atrophy: f32,
    ventricles: f32,
    /// The distance between folds.
    folds: f32,
    /// The thickness of a slice. Oblique borders are blurred by it.
    thickness: f32,
    lesions: Vec<Lesion>,
    skin_noise: Noise,
    shell_noise: Noise,
    /// For vessels in the brain and strands in the scalp.
    thread_noise: Noise,
    warp_noise: [Noise; 3],
    fold_noise: [Noise; 2],
    ripple_noise: Noise,
}

impl Head {
    /// A random head with the half-axes `half`, in slices of `thickness`.
    pub(super) fn new(rng: &mut Rng, half: Point, thickness: f32, lesions: Vec<Lesion>) -> Self {
        let atrophy = rng.range(0.0, 1.0);
        let mut noise = || Noise::new(rng.next_u64());
        let (skin_noise, shell_noise, thread_noise) = (noise(), noise(), noise());
        let warp_noise = [noise(), noise(), noise()];
        let (fold_noise, ripple_noise) = ([noise(), noise()], noise());
        Self {
            half,
            egg: rng.range(0.04, 0.12),
            scalp: rng.range(3.6, 6.0),
            marrow: rng.range(1.2, 3.2),
            atrophy: atrophy * atrophy,
            ventricles: rng.range(0.75, 1.1) + 0.35 * atrophy,
            folds: rng.range(19.0, 24.0),
            thickness,
            lesions,
            skin_noise,
            shell_noise,
            thread_noise,
            warp_noise,
            fold_noise,
            ripple_noise,
        }
    }

    /// The tissue at a point; `None` in the air around the head.
    pub(super) fn at(&self, p: Point) -> Option<Mixture> {
        let [x, y, z] = p;
        let shape = [x * (1.0 - self.egg * y / self.half[1]), y, z];
        let scaled: Point = std::array::from_fn(|i| shape[i] / self.half[i]);
        // 0 at the centre, 1 on the skin. Divided by its slope it is a distance.
        let radius = length(scaled).max(0.15);
        if radius > 1.12 {
            return None;
        }
        let slope: Point = std::array::from_fn(|i| scaled[i] / self.half[i] / radius);
        let steep = length(slope).max(1e-3);
        let depth = (1.0 - radius) / steep;
        // No layer and no fold reaches this depth.
        if depth > 56.0 {
            return Some(self.brain(p, radius, depth - 14.0));
        }
        let depth = depth + 2.5 * self.skin_noise.at(p.map(|c| c / 42.0));
        // The sideways shift of the skin within the thickness of the slice.
        let slant = self.thickness * slope[2] / steep;
        let soft = (1.4 + slant * slant).sqrt();
        if depth < -soft {
            return None;
        }

        let mut mixture = Mixture::pure(Tissue::Air);
        mixture.paint(Tissue::Scalp, covered(depth, soft));
        let rough = self.shell_noise.at(p.map(|c| c / 24.0));
        let fine = self.shell_noise.at(p.map(|c| c / 11.0 + 30.5));
        if depth < 12.0 + soft {
            // Skin and strands of connective tissue are darker than the fat between them.
            let strands = self.thread_noise.at(p.map(|c| c / 5.0 + 10.5)) + 0.6 * rough;
            let dark = 0.55 * ramp(1.0 - depth / 2.2) + 0.5 * ramp(strands);
            mixture.paint(Tissue::Muscle, covered(depth, soft) * dark);
        }
        let mut below = depth - self.scalp - 1.2 * rough - 2.0 * (y / self.half[1]).max(0.0);
        let muscle = 7.0 * bump((y + 20.0) / 34.0) * ramp((12.0 - z) / 24.0);
        if muscle > 0.0 {
            mixture.paint(Tissue::Muscle, covered(below, soft));
            below -= muscle;
        }
        mixture.paint(Tissue::Bone, covered(below, soft));
        below -= 2.0;
        let marrow = (self.marrow + 1.3 * fine + 1.2 * rough).max(0.0);
        mixture.paint(Tissue::Marrow, covered(below, soft) * ramp(marrow));
        below -= marrow;
        mixture.paint(Tissue::Bone, covered(below, soft));
        below -= 2.4;
        mixture.paint(Tissue::Fluid, covered(below, soft));
        if below < -soft {
            return Some(mixture);
        }
        // The sagittal sinus runs along the midline below the skull.
        let sinus = (2.7 + rough - 0.9 * x.abs() - 0.45 * below).min(below + 1.0);
        below -= 0.6 + 1.6 * self.atrophy + 0.8 * fine.max(-0.5);
        let brain = self.brain(p, radius, below);
        mixture.cover(&brain, covered(below, soft));
        if y.abs() > 0.35 * self.half[1] || z > 0.6 * self.half[2] {
            mixture.paint(Tissue::Blood, 0.9 * covered(sinus, 2.4));
        }
        Some(mixture)
    }

    /// The tissue at a point of the brain, at the depth `below` its surface and the fraction `radius` of the way from
    /// the centre to the skin.
    fn brain(&self, p: Point, radius: f32, below: f32) -> Mixture {
        // The skull is rigid, so displacement grows with the distance from it.
        let was = self.lesions.iter().fold(p, |p, lesion| lesion.before(p));
        let free = ramp(below / 14.0);
        let was: Point = std::array::from_fn(|i| mix(p[i], was[i], free));
        // Heads differ, and so do the two halves of each.
        let warp: Point = std::array::from_fn(|i| 0.8 * self.warp_noise[i].at(was.map(|c| c / 26.0)));
        let ripple = self.ripple_noise.at(was.map(|c| c / 9.0));
        let deep: Point =
            [was[0] + 6.0 * warp[0] + 2.2 * ripple, was[1] + 6.0 * warp[1] - 2.2 * ripple, was[2] + 5.0 * warp[2]];

        // The hemispheres are separate except around the corpus callosum.
        let joined = 1.0 - length([(deep[1] - 4.0) / 46.0, (deep[2] - 2.0) / 30.0, 0.0]);
        let joined = ramp(joined * 5.0 + 0.5);
        let midline = (was[0] + 2.0 * warp[0]).abs();
        let fissure = midline - 0.5 - 0.7 * self.atrophy - 0.5 * ramp(warp[1] + 0.2) + 12.0 * joined;

        let depths = self.lesions.iter().map(|lesion| {
            // A lesion does not cross between separate hemispheres.
            let kept = lesion.side() * (was[0] + 2.0 * warp[0]) - 1.5 + 40.0 * joined;
            (lesion, lesion.depth(p).min(kept))
        });
        let deepest = depths.max_by(|(_, a), (_, b)| a.total_cmp(b));
        // Swelling closes sulci.
        let swollen = deepest.map_or(0.0, |(_, depth)| covered(depth + 2.0, 10.0));

        let open = 0.25 + 0.7 * self.atrophy + 1.1 * ripple + 0.5 * warp[1] - 2.0 * swollen;
        let sulcus = self.sulcus(was, radius, below.min(1.6 * midline + 4.0 + 40.0 * joined), &warp, ripple) - open;
        let bent = [deep[0] + 3.0 * ripple, deep[1] + 4.0 * warp[2] - 3.0 * ripple, deep[2]];
        let sylvian = sylvian(bent) - 0.5 - 1.0 * self.atrophy - 0.8 * ripple + 1.2 * swollen;
        let cistern = cistern(bent) - 0.5 - 1.5 * ripple;
        let fluid = sulcus.min(fissure).min(sylvian).min(cistern);
        let ribbon = 3.0 + 0.8 * warp[2];

        let mut mixture = Mixture::pure(Tissue::White);
        mixture.paint(Tissue::Nuclei, covered(nuclei(deep), 2.6));
        // Some tracts look slightly like grey matter.
        mixture.paint(Tissue::Grey, 0.4 * ramp(0.4 + 1.4 * (warp[1] - warp[0])));
        mixture.paint(Tissue::Grey, covered(ribbon - fluid.min(below), 2.6));
        let ventricle = ventricle(deep, self.ventricles);
        mixture.paint(Tissue::Lining, 0.6 * covered(1.0 + 1.2 * warp[0] - ventricle.abs(), 1.6));

        if let Some((lesion, depth)) = deepest {
            let fraction = lesion.fraction(depth, mixture.fraction(Tissue::Grey));
            if fraction > 0.0 {
                mixture.cover(&lesion.matter(p), fraction);
            }
        }
        mixture.paint(Tissue::Fluid, covered(-ventricle, 1.5));
        let plexus = 3.4 - length([deep[0].abs() - 17.0, 0.7 * (deep[1] - 26.0), deep[2] - 10.0]);
        mixture.paint(Tissue::Plexus, covered(plexus, 2.0) * covered(1.5 - ventricle, 1.5));
        mixture.paint(Tissue::Fluid, covered(-fluid, 1.5));
        // Vessels cross the fluid, and sometimes the white matter.
        if fluid < 2.0 {
            let vessel = self.thread_noise.at(was.map(|c| c / 4.2)) - 0.45;
            mixture.paint(Tissue::Blood, 0.8 * covered(vessel * 5.0, 1.0) * covered(0.6 - fluid - 2.0 * swollen, 1.6));
        }
        mixture
    }

    /// The distance to the nearest fold of the surface.
    fn sulcus(&self, p: Point, radius: f32, below: f32, warp: &Point, ripple: f32) -> f32 {
        // Projected to the surface, folds are lines. They extend inwards as curved sheets.
        let onto = 1.0 / (0.35 + 0.65 * radius);
        let bent: Point = std::array::from_fn(|i| {
            let other = if i == 1 { -ripple } else { ripple };
            p[i] * onto + 6.0 * warp[(i + 1) % 3] + 2.6 * other
        });
        let fold = |noise: Noise, spacing: f32, deepest: f32| {
            if below > deepest + 8.0 {
                return f32::MAX;
            }
            let sheet = noise.at(bent.map(|c| c / spacing)).abs() * spacing * 0.8;
            let past = (below - deepest).max(0.0);
            // Narrower with depth.
            (sheet * sheet + past * past).sqrt() + 0.6 * (below / deepest).min(1.0)
        };
        let long = fold(self.fold_noise[0], self.folds, 15.0 + 16.0 * warp[0].abs());
        let short = fold(self.fold_noise[1], 0.62 * self.folds, 6.0 + 9.0 * warp[1].abs());
        long.min(short)
    }
}

/// The distance to the Sylvian fissure, which separates the temporal lobe, with the insula at its bottom.
fn sylvian([x, y, z]: Point) -> f32 {
    let x = x.abs();
    let entrance = segment([x, y], [64.0, -12.0], [44.0, -4.0]);
    let insula = segment([x, y], [46.0, -15.0], [40.0, 10.0]);
    let above = (z - 14.0).max(-24.0 - z).max(0.0);
    entrance.min(insula) + 0.5 * above
}

/// The distance to the fluid around the midbrain, which lies below the ventricles.
fn cistern([x, y, z]: Point) -> f32 {
    // Thickest at the back, absent at the front.
    let ring = (length([x, 0.85 * (y - 12.0), 0.0]) - 17.0).abs() - 0.5 + 4.0 * ramp((14.0 - y) / 26.0);
    let star = length([0.45 * x, y + 9.0, 0.0]) - 2.8;
    ring.min(star) + (z + 15.0).max(0.0)
}

/// The distance to the third and the lateral ventricles; negative inside.
fn ventricle([x, y, z]: Point, scale: f32) -> f32 {
    // The centre line and radius of a lateral ventricle, from the frontal horn back and down to the temporal horn.
    const COURSE: [[f32; 4]; 5] = [
        [11.0, -36.0, 10.0, 1.8],
        [6.5, -22.0, 15.0, 4.4],
        [7.5, -2.0, 20.0, 4.4],
        [13.0, 15.0, 18.0, 4.8],
        [21.0, 30.0, 11.0, 5.0],
    ];
    const OCCIPITAL: [[f32; 4]; 2] = [[20.0, 27.0, 12.0, 4.6], [17.0, 49.0, 8.0, 1.2]];
    const TEMPORAL: [[f32; 4]; 2] = [[21.0, 29.0, 10.0, 3.2], [32.0, 8.0, -18.0, 0.4]];
    let p = [x.abs(), y, z];
    let course = COURSE.windows(2).map(|pair| tube(p, pair[0], pair[1], scale));
    let branches = [OCCIPITAL, TEMPORAL].map(|[from, to]| tube(p, from, to, scale));
    let lateral = branches.into_iter().chain(course).fold(f32::MAX, f32::min);
    // The third ventricle is a slit in the midline between the thalami.
    let third = (x.abs() - 1.6 * scale).max((y - 3.0).abs() - 12.0).max((z + 3.0).abs() - 10.0);
    lateral.min(third)
}

/// The depth inside the nearest deep nucleus; negative outside.
fn nuclei([x, y, z]: Point) -> f32 {
    // Centres and half-axes of the caudate nucleus, thalamus and putamen.
    const BODIES: [[f32; 6]; 3] =
        [[14.0, -22.0, 10.0, 5.0, 11.0, 10.0], [10.0, 7.0, 4.0, 8.0, 13.0, 9.0], [26.0, -8.0, 2.0, 6.0, 16.0, 10.0]];
    let depth = |[a, b, c, u, v, w]: [f32; 6]| {
        let scaled = [(x.abs() - a) / u, (y - b) / v, (z - c) / w];
        (1.0 - length(scaled)) * u.min(v).min(w)
    };
    BODIES.into_iter().map(depth).fold(f32::MIN, f32::max)
}

/// The distance to a tube from `a` to `b` (x, y, z and radius each), with its radius multiplied by `scale`.
fn tube(p: Point, a: [f32; 4], b: [f32; 4], scale: f32) -> f32 {
    let (way, from): (Point, Point) = (std::array::from_fn(|i| b[i] - a[i]), std::array::from_fn(|i| p[i] - a[i]));
    let dot = |a: &Point, b: &Point| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    let t = (dot(&from, &way) / dot(&way, &way)).clamp(0.0, 1.0);
    length(std::array::from_fn(|i| from[i] - t * way[i])) - scale * mix(a[3], b[3], t)
}

/// The distance to a line in the slice.
fn segment([x, y]: [f32; 2], [ax, ay]: [f32; 2], [bx, by]: [f32; 2]) -> f32 {
    tube([x, y, 0.0], [ax, ay, 0.0, 0.0], [bx, by, 0.0, 0.0], 1.0)
}

/// 0 below 0, 1 above 1, smooth between.
fn ramp(t: f32) -> f32 {
    covered(t - 0.5, 1.0)
}

/// 1 at 0, 0 below -1 and above 1, smooth between.
fn bump(t: f32) -> f32 {
    ramp(1.0 - t.abs())
}
