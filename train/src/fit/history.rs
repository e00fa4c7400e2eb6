//! The history of a fit, epoch by epoch: `history.csv` and the learning curve.

use serde::{Deserialize, Serialize};

use crate::held_out::HeldOut;
use crate::report::{Canvas, Panel, Series, chart};

/// One epoch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Epoch {
    /// Its number, from 1.
    pub(crate) epoch: u64,
    /// Steps at its end.
    pub(crate) step: u64,
    /// Mean loss of its steps.
    pub(crate) loss: f64,
    /// Mean soft Dice of its batches.
    pub(crate) dice: f64,
    /// Figures of the held-out patients at its end, if they were scored.
    pub(crate) held_out: Option<HeldOut>,
}

impl std::fmt::Display for Epoch {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "epoch {:3}: loss {:.4}, Dice {:.4}", self.epoch, self.loss, self.dice)?;
        self.held_out.map_or(Ok(()), |held_out| write!(formatter, "; {held_out}"))
    }
}

/// The text of `history.csv`.
pub(crate) fn csv(history: &[Epoch]) -> String {
    let mut text = "epoch,step,loss,dice,held_out_mean,held_out_median,held_out_worst,held_out_pooled\n".to_owned();
    for row in history {
        let held_out = row.held_out.map_or(",,,".to_owned(), |held_out| {
            let HeldOut { mean, median, worst, pooled, .. } = held_out;
            format!("{mean:.5},{median:.5},{worst:.5},{pooled:.5}")
        });
        text += &format!("{},{},{:.5},{:.5},{held_out}\n", row.epoch, row.step, row.loss, row.dice);
    }
    text
}

/// Loss and Dice over epochs.
pub(crate) fn curve(history: &[Epoch]) -> Canvas {
    let series = |name: &str, value: &dyn Fn(&Epoch) -> f64| Series {
        name: name.to_owned(),
        // Epochs that were not scored are skipped.
        points: history
            .iter()
            .map(|row| [row.epoch as f64, value(row)])
            .filter(|[_, value]| value.is_finite())
            .collect(),
    };
    let held_out = |figure: fn(&HeldOut) -> f64| move |row: &Epoch| row.held_out.as_ref().map_or(f64::NAN, figure);
    let dice = vec![
        series("training (soft, batch)", &|row| row.dice),
        series("held out, mean Dice", &held_out(|figures| figures.mean)),
        series("held out, median Dice", &held_out(|figures| figures.median)),
    ];
    let panels = [
        Panel { title: "loss".to_owned(), range: None, series: vec![series("loss", &|row| row.loss)] },
        Panel { title: "Dice".to_owned(), range: Some([0.0, 1.0]), series: dice },
    ];
    chart("learning curve", "epoch", &panels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_epoch_is_a_row_of_8_columns() {
        let held_out = HeldOut { mean: 0.5, median: 0.6, worst: 0.1, mean_largest: 0.5, pooled: 0.7 };
        let epoch = |epoch, held_out| Epoch { epoch, step: 10 * epoch, loss: 0.25, dice: 0.75, held_out };
        let text = csv(&[epoch(1, None), epoch(2, Some(held_out))]);
        let rows: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(rows, ["1,10,0.25000,0.75000,,,,", "2,20,0.25000,0.75000,0.50000,0.60000,0.10000,0.70000"]);
        let columns = text.lines().map(|line| line.split(',').count());
        assert!(columns.clone().all(|count| count == 8), "{columns:?}");
    }
}
