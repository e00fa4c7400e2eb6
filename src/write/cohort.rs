//! `cohort.csv`: one line per case.

use serde::{Deserialize, Serialize};

use super::csv::{decimal, quoted, scores};
use crate::network::input_check::InputCheck;
use crate::network::{Manifest, PredictedDice};
use crate::read::Spacing;
use crate::result::findings::Findings;
use crate::result::measure::CaseMeasure;

/// The line of one case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CohortRow {
    /// The name of the case, usually the patient's.
    pub case: String,
    /// Whether its files were read and its slices segmented.
    pub status: Status,
    /// What failed, in one line; empty if nothing did.
    pub error: String,
    /// How many slices it has.
    pub slices: usize,
    /// The spacing of its voxels, if it is known.
    pub spacing: Option<Spacing>,
    /// Voxels inside the masks.
    pub voxels: usize,
    /// Their volume, if the distance between slices is known.
    pub millilitres: Option<f64>,
    /// The slice with the largest area.
    pub largest: Option<Largest>,
    /// The result of the input check, if it has run.
    pub input_check: Option<InputCheck>,
    /// Dice, IoU, sensitivity and precision of all slices that have a mask and a reference.
    pub scores: [Option<f64>; 4],
    /// How well the network's masks are expected to match a reference.
    #[serde(default)]
    pub predicted_dice: Option<PredictedDice>,
}

/// How far a case was processed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Every file was read, and every slice has a mask.
    Complete,
    /// A file could not be read, or a slice has no mask.
    Partial,
    /// There is no mask.
    Failed,
}

/// The slice of a case with the largest area.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Largest {
    /// The name of the slice.
    pub slice: String,
    /// Its area in pixels.
    pub area: usize,
    /// Its area in square millimetres, if the size of a pixel is known.
    pub mm2: Option<f64>,
}

/// The header line of `cohort.csv`.
pub const COHORT_HEAD: &str = "number,of,case,status,slices,x_mm,y_mm,z_mm,voxels,volume_ml,largest_area_px,largest_area_mm2,\
     largest_slice,input_check,input_check_reasons,dice,iou,sensitivity,precision,predicted_dice,predicted_dice_from,\
     predicted_dice_to,error\n";

impl Status {
    /// `complete`, `partial` or `failed`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Partial => "partial",
            Self::Failed => "failed",
        }
    }
}

impl CohortRow {
    /// The line of a case without a mask.
    pub fn failed(case: impl Into<String>, error: impl Into<String>) -> Self {
        Self {
            case: case.into(),
            status: Status::Failed,
            error: error.into(),
            slices: 0,
            spacing: None,
            voxels: 0,
            millilitres: None,
            largest: None,
            input_check: None,
            scores: [None; 4],
            predicted_dice: None,
        }
    }

    /// The line of a case that was segmented by the network of `manifest`. `given` is the spacing of the voxels where the user has
    /// given it.
    pub(super) fn of(findings: &Findings, measure: &CaseMeasure, given: Option<Spacing>, manifest: &Manifest) -> Self {
        let masks = measure.slices.iter().filter(|slice| slice.segmented || slice.edited).count();
        let status = match masks {
            0 => Status::Failed,
            masks if masks < measure.slices.len() => Status::Partial,
            _ => Status::Complete,
        };
        let largest = measure.slices.iter().find(|slice| Some(&slice.id) == measure.largest.as_ref());
        let scores = measure.scores.as_ref();
        Self {
            case: findings.case().name.clone(),
            status,
            error: String::new(),
            slices: measure.slices.len(),
            spacing: findings.voxel_spacing(given).or_else(|| findings.spacing_in_files()),
            voxels: measure.voxels,
            millilitres: measure.millilitres,
            largest: largest.map(|slice| Largest { slice: slice.id.clone(), area: slice.area, mm2: slice.mm2 }),
            input_check: findings.input_check().cloned(),
            scores: [
                scores.map(|scores| scores.dice),
                scores.map(|scores| scores.iou),
                scores.and_then(|scores| scores.sensitivity),
                scores.and_then(|scores| scores.precision),
            ],
            predicted_dice: findings.predicted_dice(manifest),
        }
    }

    /// The line, with `\n` at its end. It is that of patient `number`, from 1, of all `of` patients.
    ///
    /// Numbers and names are written as in [`csv`](super::csv()). The input check is `accepted`, `not accepted` or empty; its
    /// reasons are separated by spaces. A case without a mask has no numbers. The predicted Dice has three decimals.
    pub fn line(&self, number: usize, of: usize) -> String {
        let Self { case, status, error, slices, spacing, voxels, millilitres, largest, input_check, .. } = self;
        let spacing = spacing.map(|Spacing { x, y, z }| [Some(x), Some(y), z]).unwrap_or_default();
        let [x, y, z] = spacing.map(|length| length.map_or(String::new(), |length| length.to_string()));
        let (area, mm2, slice) = match largest {
            Some(Largest { slice, area, mm2 }) => (area.to_string(), decimal(*mm2, 3), quoted(slice)),
            None => Default::default(),
        };
        let (check, reasons) = match input_check {
            Some(check) if check.accepted => ("accepted", String::new()),
            Some(check) => ("not accepted", check.reasons.join(" ")),
            None => Default::default(),
        };
        let predicted =
            self.predicted_dice.map_or([None; 3], |PredictedDice { dice, from, to }| [dice, from, to].map(Some));
        let measured = *status != Status::Failed;
        let counts = [slices, voxels].map(|count| if measured { count.to_string() } else { String::new() });
        [
            number.to_string(),
            of.to_string(),
            quoted(case),
            status.name().to_owned(),
            counts[0].clone(),
            x,
            y,
            z,
            counts[1].clone(),
            decimal(*millilitres, 3),
            area,
            mm2,
            slice,
            check.to_owned(),
            quoted(&reasons),
            scores(self.scores),
            predicted.map(|dice| decimal(dice, 3)).join(","),
            quoted(error),
        ]
        .join(",")
            + "\n"
    }
}
