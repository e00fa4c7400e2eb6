//! [`Sequence`]: what a series of MR pictures shows, from its header.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a series shows. [`Protocol::sequence`] decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Sequence {
    /// T2-FLAIR.
    Flair,
    /// T1 before contrast agent.
    T1,
    /// T1 after contrast agent.
    T1Contrast,
    /// T2 or proton density.
    T2,
    /// Pictures in which others are planned.
    Localiser,
    /// Diffusion, perfusion, angiography, maps and the like.
    Other,
    /// Anything: the header does not tell.
    Unknown,
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flair => "FLAIR",
            Self::T1 => "pre-contrast T1",
            Self::T1Contrast => "post-contrast T1",
            Self::T2 => "T2",
            Self::Localiser => "a localiser",
            Self::Other => "another sequence",
            Self::Unknown => "an unknown sequence",
        })
    }
}

impl Sequence {
    /// What a name alone states, such as that of a channel. `pre` and `post` are T1.
    pub(crate) fn of_name(name: &str) -> Self {
        match name.trim().to_lowercase().as_str() {
            "pre" => Self::T1,
            "post" => Self::T1Contrast,
            _ => Protocol { descriptions: vec![name.to_owned()], ..Protocol::default() }.sequence(),
        }
    }
}

/// The fields of a header that tell what a series shows. Texts may have upper and lower case; times are in milliseconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Protocol {
    /// `Modality`.
    pub modality: String,
    /// The values of `ImageType` and `FrameType`.
    pub image_type: Vec<String>,
    /// `SeriesDescription`, `ProtocolName` and the name of the pulse sequence. The first that has a known word counts.
    pub descriptions: Vec<String>,
    /// The values of `ScanningSequence`, such as `SE` or `GR`. For an enhanced object the same letters.
    pub scanning: Vec<String>,
    /// `AcquisitionContrast` of an enhanced object.
    pub contrast: String,
    /// `ContrastBolusAgent`, or that there is a sequence of agents.
    pub agent: Option<String>,
    /// `EchoTime`.
    pub echo_time: Option<f64>,
    /// `RepetitionTime`.
    pub repetition_time: Option<f64>,
    /// `InversionTime`.
    pub inversion_time: Option<f64>,
    /// `DiffusionBValue`.
    pub b_value: Option<f64>,
}

const LOCALISERS: &[&str] = &["localizer", "localiser", "loc", "scout", "survey", "3plane", "aahscout", "smartbrain"];

/// Words of what is neither FLAIR nor T1 nor T2.
const OTHERS: &[&str] = &[
    "adc",
    "angio",
    "asl",
    "bold",
    "cbf",
    "cbv",
    "csi",
    "dce",
    "dsc",
    "dti",
    "dwi",
    "eadc",
    "ep2d",
    "fa",
    "fieldmap",
    "fmri",
    "hemo",
    "mip",
    "minip",
    "mra",
    "mrs",
    "mrv",
    "mtt",
    "perf",
    "perfusion",
    "pwi",
    "spectro",
    "sub",
    "subtraction",
    "svs",
    "swan",
    "swi",
    "t2star",
    "tensor",
    "tof",
    "trace",
    "tracew",
    "ttp",
    "venbold",
    "diff",
    "diffusion",
];

/// The values of `ImageType` of what is none of them.
const OTHER_TYPES: &[&str] = &[
    "ADC",
    "ASL",
    "CBF",
    "CBV",
    "DIFFUSION",
    "FA",
    "MIN IP",
    "MINIP",
    "MIP",
    "MTT",
    "P",
    "PERFUSION",
    "PHASE",
    "PHASE MAP",
    "PROJECTION IMAGE",
    "SUBTRACTION",
    "SWI",
    "TENSOR",
    "TRACEW",
    "TTP",
    "VELOCITY",
];

const FLAIR: &[&str] = &["flair", "tirm", "darkfluid", "t2flair", "flair3d", "3dflair", "flairsense"];
const T1: &[&str] = &[
    "t1", "t1w", "t1wi", "t13d", "mprage", "mpr", "bravo", "spgr", "fspgr", "ispgr", "efgre3d", "vibe", "tfl3d",
    "t1se", "t1tse",
];
const T2: &[&str] = &["t2", "t2w", "t2wi", "pd", "pdw", "t2tse", "t2fse", "t2se", "blade", "propeller"];
const AFTER: &[&str] = &[
    "c",
    "ce",
    "contrast",
    "gad",
    "gado",
    "gadavist",
    "gadolinium",
    "gadovist",
    "gd",
    "km",
    "mdc",
    "post",
    "postcontrast",
    "postgad",
    "t1c",
    "t1ce",
    "t1gd",
    "t1post",
];
const BEFORE: &[&str] =
    &["native", "nativ", "noncontrast", "nongd", "pre", "precontrast", "pregad", "unenhanced", "wo", "without"];

impl Protocol {
    /// What the series shows. The first row that fits decides; a word is a part of the description between separators.
    ///
    /// | what | header |
    /// |---|---|
    /// | localiser | the image type `LOCALIZER`, or a word such as `localizer`, `scout`, `survey` |
    /// | other | a modality other than `MR`; a b-value above 0; an image type such as `ADC`, `PHASE`, `SUBTRACTION`; an acquisition contrast other than those below; a word such as `dwi`, `perfusion`, `swi`, `tof` |
    /// | T1 | a word of FLAIR and a word of T1, or a word of FLAIR with an inversion time below 1400 ms and an echo time below 50 ms: T1-FLAIR |
    /// | FLAIR | a word such as `flair`, `tirm`, `dark fluid`; the acquisition contrast `FLUID_ATTENUATED` |
    /// | T1 | a word such as `t1`, `mprage`, `bravo`; the acquisition contrast `T1` |
    /// | T2 | a word such as `t2`, `pd`; the acquisition contrasts `T2` and `PROTON_DENSITY` |
    /// | FLAIR | an inversion time from 1500 ms and an echo time from 60 ms |
    /// | T1 | an echo time up to 30 ms, and a repetition time up to 1000 ms or an inversion time up to 1400 ms |
    /// | T2 | an echo time from 60 ms, a repetition time from 2000 ms, no inversion |
    /// | unknown | everything else |
    ///
    /// T1 is after contrast agent if a word such as `post`, `gd`, `ce`, `+c` says so, or an agent is stated. A word such as `pre`,
    /// `without` takes precedence.
    pub fn sequence(&self) -> Sequence {
        let known = [LOCALISERS, OTHERS, FLAIR, T1, T2];
        let tells = |text: &&str| words(text).iter().any(|word| known.iter().any(|list| list.contains(&&**word)));
        let texts = || self.descriptions.iter().map(String::as_str);
        let description = texts().find(tells).or_else(|| texts().next()).unwrap_or_default();
        let words = words(description);
        let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
        let is_type =
            |known: &[&str]| self.image_type.iter().any(|own| known.iter().any(|k| own.eq_ignore_ascii_case(k)));
        if is_type(&["LOCALIZER"]) || has(LOCALISERS) {
            return Sequence::Localiser;
        }
        let contrast = self.contrast.to_ascii_uppercase();
        let usual = ["", "UNKNOWN", "FLUID_ATTENUATED", "T1", "T2", "PROTON_DENSITY", "MIXED"];
        let modality = self.modality.trim();
        if !(modality.is_empty() || modality.eq_ignore_ascii_case("MR"))
            || self.b_value.is_some_and(|b| b > 0.0)
            || is_type(OTHER_TYPES)
            || !usual.contains(&&*contrast)
            || has(OTHERS)
            || description.contains("T2*")
        {
            return Sequence::Other;
        }
        let echo = |range: std::ops::RangeInclusive<f64>| self.echo_time.is_some_and(|time| range.contains(&time));
        let inversion =
            |range: std::ops::RangeInclusive<f64>| self.inversion_time.is_some_and(|time| range.contains(&time));
        let repetition =
            |range: std::ops::RangeInclusive<f64>| self.repetition_time.is_some_and(|time| range.contains(&time));
        let t1 = if self.is_after_contrast(description, &words) { Sequence::T1Contrast } else { Sequence::T1 };
        if has(FLAIR) || contrast == "FLUID_ATTENUATED" {
            let t1_flair = has(&["t1", "t1w"]) || inversion(1.0..=1400.0) && echo(0.0..=50.0);
            return if t1_flair { t1 } else { Sequence::Flair };
        }
        if has(T1) || has(&["t1c", "t1ce", "t1gd", "t1post"]) || contrast == "T1" {
            return t1;
        }
        if has(T2) || contrast == "T2" || contrast == "PROTON_DENSITY" {
            return Sequence::T2;
        }
        let inverted = self.inversion_time.is_some_and(|time| time > 0.0) || self.scanning.iter().any(|s| s == "IR");
        if inversion(1500.0..=4000.0) && echo(60.0..=1000.0) {
            Sequence::Flair
        } else if echo(0.0..=30.0) && (repetition(1.0..=1000.0) || inversion(1.0..=1400.0)) {
            t1
        } else if echo(60.0..=1000.0) && repetition(2000.0..=30_000.0) && !inverted {
            Sequence::T2
        } else {
            Sequence::Unknown
        }
    }

    fn is_after_contrast(&self, description: &str, words: &[String]) -> bool {
        let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
        let description = description.to_ascii_lowercase();
        if has(BEFORE) && !description.contains("w/wo")
            || description.contains("w/o")
            || description.contains("-c ")
            || description.ends_with("-c")
        {
            return false;
        }
        let agent = self.agent.as_deref().map(|agent| agent.trim().to_ascii_lowercase());
        let stated = agent.is_some_and(|agent| !matches!(&*agent, "" | "n" | "no" | "none" | "0" | "-" | "without"));
        stated || has(AFTER) || description.contains("+c") || description.contains("c+")
    }
}

/// The words of a description in lower case. `dark fluid` and `3 plane` are one word each.
fn words(description: &str) -> Vec<String> {
    let lower = description.to_lowercase();
    let parts: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).collect();
    let pairs = parts.windows(2).map(|pair| pair.concat()).filter(|pair| ["darkfluid", "3plane"].contains(&&**pair));
    parts.iter().map(|&part| part.to_owned()).chain(pairs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(description: &str) -> Sequence {
        Protocol { modality: "MR".to_owned(), descriptions: vec![description.to_owned()], ..Protocol::default() }
            .sequence()
    }

    fn timed(echo: f64, repetition: f64, inversion: Option<f64>) -> Sequence {
        let (echo_time, repetition_time) = (Some(echo), Some(repetition));
        Protocol { echo_time, repetition_time, inversion_time: inversion, ..Protocol::default() }.sequence()
    }

    #[test]
    fn descriptions_of_scanners_are_known() {
        for (description, expected) in [
            ("AX T2 FLAIR", Sequence::Flair),
            ("t2_tirm_tra_dark-fluid_4mm", Sequence::Flair),
            ("FLAIR post Gd", Sequence::Flair),
            ("Sag CUBE T2 FLAIR", Sequence::Flair),
            ("AX T1 FLAIR", Sequence::T1),
            ("AX T1 SE", Sequence::T1),
            ("t1_mprage_sag_p2_iso", Sequence::T1),
            ("AX T1 POST", Sequence::T1Contrast),
            ("T1W_SE +C", Sequence::T1Contrast),
            ("t1_mpr_tra_km", Sequence::T1Contrast),
            ("T1 pre contrast", Sequence::T1),
            ("T1 w/o contrast", Sequence::T1),
            ("AX T2 FSE", Sequence::T2),
            ("Ax PD", Sequence::T2),
            ("3-plane loc", Sequence::Localiser),
            ("SURVEY", Sequence::Localiser),
            ("ep2d_diff_3scan_trace_ADC", Sequence::Other),
            ("AX T2* GRE", Sequence::Other),
            ("T1 subtraction", Sequence::Other),
            ("T1 w/wo Gd", Sequence::T1Contrast),
            ("series 5", Sequence::Unknown),
            ("", Sequence::Unknown),
        ] {
            assert_eq!(described(description), expected, "{description}");
        }
    }

    #[test]
    fn times_decide_without_a_description() {
        assert_eq!(timed(120.0, 9000.0, Some(2200.0)), Sequence::Flair);
        assert_eq!(timed(388.0, 5000.0, Some(1800.0)), Sequence::Flair);
        assert_eq!(timed(10.0, 500.0, None), Sequence::T1);
        assert_eq!(timed(2.9, 2300.0, Some(900.0)), Sequence::T1);
        assert_eq!(timed(100.0, 4000.0, None), Sequence::T2);
        assert_eq!(timed(100.0, 4000.0, Some(0.0)), Sequence::T2);
        assert_eq!(timed(40.0, 1500.0, None), Sequence::Unknown);
    }

    #[test]
    fn other_fields_count_too() {
        let protocol =
            |description: &str| Protocol { descriptions: vec![description.to_owned()], ..Protocol::default() };
        let agent = |agent: &str| Protocol { agent: Some(agent.to_owned()), ..protocol("T1 SE") }.sequence();
        assert_eq!(["Gadovist", "NONE", ""].map(agent), [Sequence::T1Contrast, Sequence::T1, Sequence::T1]);
        let pre = Protocol { agent: Some("Gadovist".to_owned()), ..protocol("T1 pre") };
        assert_eq!(pre.sequence(), Sequence::T1);
        let localiser = Protocol { image_type: vec!["LOCALIZER".to_owned()], ..protocol("T2") };
        assert_eq!(localiser.sequence(), Sequence::Localiser);
        assert_eq!(Protocol { modality: "CT".to_owned(), ..protocol("head") }.sequence(), Sequence::Other);
        assert_eq!(Protocol { b_value: Some(1000.0), ..protocol("T2") }.sequence(), Sequence::Other);
        for (contrast, expected) in [
            ("FLUID_ATTENUATED", Sequence::Flair),
            ("T1", Sequence::T1),
            ("T2", Sequence::T2),
            ("DIFFUSION", Sequence::Other),
        ] {
            let enhanced = Protocol { contrast: contrast.to_owned(), ..Protocol::default() };
            assert_eq!(enhanced.sequence(), expected, "{contrast}");
        }
        let short = Protocol { echo_time: Some(20.0), inversion_time: Some(900.0), ..protocol("FLAIR") };
        assert_eq!(short.sequence(), Sequence::T1);
    }
}
