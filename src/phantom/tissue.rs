//! What a voxel of a head can be made of.

/// One kind of matter, of one brightness in each contrast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tissue {
    Air,
    /// Skin and the fat below it.
    Scalp,
    /// The temporal muscles.
    Muscle,
    /// The two dense tables of the skull.
    Bone,
    /// The marrow between them.
    Marrow,
    /// Cerebrospinal fluid: around the brain, in sulci and ventricles.
    Fluid,
    /// The cortex.
    Grey,
    White,
    /// Thalamus, caudate nucleus, putamen.
    Nuclei,
    /// The ventricles' lining, which FLAIR shows bright in healthy heads too.
    Lining,
    /// Flowing blood: dark but for the contrast agent.
    Blood,
    /// Choroid plexus.
    Plexus,
    /// A lesion's infiltrated or swollen part.
    Oedema,
    /// A lesion's solid part.
    Core,
    /// The border of the solid part where it takes up the contrast agent.
    Rim,
    /// Fluid or decay within the solid part.
    Cyst,
}

impl Tissue {
    /// How many kinds there are.
    pub(super) const COUNT: usize = Self::Cyst as usize + 1;

    /// The kinds that make up a lesion.
    pub(super) const LESION: [Self; 4] = [Self::Oedema, Self::Core, Self::Rim, Self::Cyst];
}

/// The parts of a voxel, which add up to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Mixture([f32; Tissue::COUNT]);

impl Mixture {
    /// Nothing but `tissue`.
    pub(super) fn pure(tissue: Tissue) -> Self {
        let mut parts = [0.0; Tissue::COUNT];
        parts[tissue as usize] = 1.0;
        Self(parts)
    }

    /// Replaces `fraction`, 0 to 1, of whatever is there by `tissue`.
    pub(super) fn paint(&mut self, tissue: Tissue, fraction: f32) {
        self.cover(&Self::pure(tissue), fraction);
    }

    /// Replaces `fraction`, 0 to 1, of whatever is there by another mixture.
    pub(super) fn cover(&mut self, other: &Self, fraction: f32) {
        if fraction > 0.0 {
            for (part, other) in self.0.iter_mut().zip(other.0) {
                *part += fraction * (other - *part);
            }
        }
    }

    /// The part that is `tissue`, 0 to 1.
    pub(super) fn part(&self, tissue: Tissue) -> f32 {
        self.0[tissue as usize]
    }

    /// The part that is lesion, 0 to 1.
    pub(super) fn lesion(&self) -> f32 {
        Tissue::LESION.iter().map(|&tissue| self.part(tissue)).sum()
    }

    /// The parts by `Tissue as usize`.
    pub(super) fn parts(&self) -> &[f32; Tissue::COUNT] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up_to_one_whatever_is_painted() {
        let mut mixture = Mixture::pure(Tissue::Air);
        for (tissue, fraction) in
            [(Tissue::White, 0.75), (Tissue::Core, 0.5), (Tissue::Oedema, 0.25), (Tissue::Grey, 0.0)]
        {
            mixture.paint(tissue, fraction);
            assert_eq!(mixture.parts().iter().sum::<f32>(), 1.0);
        }
        assert_eq!(mixture.lesion(), 0.25 + 0.75 * 0.5);
        mixture.paint(Tissue::Bone, 1.0);
        assert_eq!(mixture, Mixture::pure(Tissue::Bone));
    }
}
