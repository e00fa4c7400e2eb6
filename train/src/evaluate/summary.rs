//! The tables of `train evaluate`.

use crate::metrics::{Bin, Reliability, Scores, Spread, Surface, VolumeAgreement};
use crate::report::Table;

/// The tables of patients, of Dice over patients and of pooled figures, and the lines below them.
pub(crate) fn of(scores: &Scores) -> String {
    let mut table =
        Table::new(&["patient", "slices", "Dice", "largest", "IoU", "sensitivity", "precision", "false slices"]);
    for patient in &scores.patients {
        table.row([
            patient.patient.clone(),
            patient.slices.to_string(),
            four(patient.dice),
            four(patient.dice_largest),
            four(patient.iou),
            fraction(patient.sensitivity),
            fraction(patient.precision),
            format!("{} of {}", patient.false_slices, patient.empty_slices),
        ]);
    }
    let mut text = format!("{table}\n");

    let mut table = Table::new(&["Dice over patients", "mean", "median", "worst", "deviation", "worst patient"]);
    for (name, spread) in [
        ("final masks", &scores.patient),
        ("with small regions", &scores.patient_every_region),
        ("largest component", &scores.patient_largest),
    ] {
        table.row(spread_row(name, spread));
    }
    text += &format!("{table}\n");

    let mut table = Table::new(&["all pixels", "Dice", "IoU", "sensitivity", "precision"]);
    let pooled = &scores.pooled;
    table.row(
        ["final masks".to_owned()]
            .into_iter()
            .chain([pooled.dice, pooled.iou].map(four))
            .chain([pooled.sensitivity, pooled.precision].map(fraction)),
    );
    text += &format!("{table}\n");

    let (slices, empty, protocol) = (&scores.per_slice, &scores.empty, &scores.slice_protocol);
    text += &format!(
        "Dice of slices        {} over {} slices with lesion, {} over all {} (1 if reference and prediction are empty)\n\
         empty slices          false positives on {} of {}, {:.1} %\n\
         slice protocol        soft Dice {} (mean of {} batches of {} slices in {} random orders, smooth = {}), pooled Dice {}\n",
        four(slices.lesion_dice),
        slices.lesion_slices,
        four(slices.dice),
        slices.slices,
        empty.predicted,
        empty.slices,
        100.0 * empty.fraction,
        four(protocol.soft_dice),
        protocol.batches,
        protocol.batch,
        protocol.orders,
        protocol.smooth,
        four(protocol.hard_dice),
    );
    text += &borders(&scores.surface);
    text += &volumes(&scores.volume);
    text + &calibration(&scores.calibration)
}

fn borders(Surface { patients, mean, hd95_mean, hd95_median }: &Surface) -> String {
    format!(
        "surface distance      mean {mean:.2} pixels, HD95 mean {hd95_mean:.2}, median {hd95_median:.2}, within slices, over {patients} patients\n"
    )
}

fn volumes(volume: &VolumeAgreement) -> String {
    let [bias, error, from, to] = [volume.bias, volume.mean_error, volume.from, volume.to].map(|part| 100.0 * part);
    format!(
        "volume                error {error:.1} %, difference {bias:+.1} %, limits of agreement {from:+.1} to {to:+.1} %\n"
    )
}

/// One line per bin.
fn calibration(calibration: &Reliability) -> String {
    let mut table = Table::new(&["probability", "pixels", "mean", "lesion"]);
    for Bin { from, to, pixels, probability, lesion } in calibration.bins.iter().chain([&calibration.uncertain]) {
        table.row([format!("{from:.1} to {to:.1}"), pixels.to_string(), four(*probability), four(*lesion)]);
    }
    format!(
        "\n{table}calibration error     {} over all pixels, {} over pixels above 0.1\n",
        four(calibration.expected_error),
        four(calibration.expected_error_above_tenth)
    )
}

fn spread_row(name: &str, spread: &Spread) -> Vec<String> {
    let figures = [spread.mean, spread.median, spread.worst, spread.deviation].map(four);
    [name.to_owned()].into_iter().chain(figures).chain([spread.worst_patient.clone()]).collect()
}

/// Four decimals.
pub(crate) fn four(figure: f64) -> String {
    format!("{figure:.4}")
}

/// Four decimals, or a dash if there is no figure.
fn fraction(figure: Option<f64>) -> String {
    figure.map_or("–".to_owned(), four)
}
