//! [`Tissue`] and [`Mixture`]: the content of a voxel.

/// A kind of tissue, with one brightness in each contrast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tissue {
    Air,
    /// Skin and subcutaneous fat.
    Scalp,
    /// The temporal muscles.
    Muscle,
    /// The two dense layers of the skull.
    Bone,
    /// The marrow between them.
    Marrow,
    /// Cerebrospinal fluid around the brain, in sulci and in ventricles.
    Fluid,
    /// The cortex.
    Grey,
    White,
    /// Thalamus, caudate nucleus, putamen.
    Nuclei,
    /// The lining of the ventricles, which is bright on FLAIR in healthy heads too.
    Lining,
    /// Flowing blood, dark except with contrast agent.
    Blood,
    /// Choroid plexus.
    Plexus,
    /// The infiltrated or swollen part of a lesion.
    Oedema,
    /// The solid part of a lesion.
    Core,
    /// The border of the solid part that takes up contrast agent.
    Rim,
    /// Fluid or necrosis in the solid part.
    Cyst,
}

impl Tissue {
    /// The number of kinds.
    pub(super) const COUNT: usize = Self::Cyst as usize + 1;

    /// The kinds that count as lesion.
    pub(super) const LESION: [Self; 4] = [Self::Oedema, Self::Core, Self::Rim, Self::Cyst];
}

/// The fraction of each tissue in a voxel. The fractions add up to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Mixture([f32; Tissue::COUNT]);

impl Mixture {
    /// Only `tissue`.
    pub(super) fn pure(tissue: Tissue) -> Self {
        let mut fractions = [0.0; Tissue::COUNT];
        fractions[tissue as usize] = 1.0;
        Self(fractions)
    }

    /// Replaces a `fraction`, 0 to 1, of the voxel by `tissue`.
    pub(super) fn paint(&mut self, tissue: Tissue, fraction: f32) {
        self.cover(&Self::pure(tissue), fraction);
    }

    /// Replaces a `fraction`, 0 to 1, of the voxel by another mixture.
    pub(super) fn cover(&mut self, other: &Self, fraction: f32) {
        if fraction > 0.0 {
            for (part, other) in self.0.iter_mut().zip(other.0) {
                *part += fraction * (other - *part);
            }
        }
    }

    /// The fraction of `tissue`, 0 to 1.
    pub(super) fn fraction(&self, tissue: Tissue) -> f32 {
        self.0[tissue as usize]
    }

    /// The fraction of lesion, 0 to 1.
    pub(super) fn lesion(&self) -> f32 {
        Tissue::LESION.iter().map(|&tissue| self.fraction(tissue)).sum()
    }

    /// All fractions, indexed by `Tissue as usize`.
    pub(super) fn fractions(&self) -> &[f32; Tissue::COUNT] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_add_up_to_one() {
        let mut mixture = Mixture::pure(Tissue::Air);
        for (tissue, fraction) in
            [(Tissue::White, 0.75), (Tissue::Core, 0.5), (Tissue::Oedema, 0.25), (Tissue::Grey, 0.0)]
        {
            mixture.paint(tissue, fraction);
            assert_eq!(mixture.fractions().iter().sum::<f32>(), 1.0);
        }
        assert_eq!(mixture.lesion(), 0.25 + 0.75 * 0.5);
        mixture.paint(Tissue::Bone, 1.0);
        assert_eq!(mixture, Mixture::pure(Tissue::Bone));
    }
}
