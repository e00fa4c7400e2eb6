//! `train calibrate`.

use std::fs;

use anyhow::Result;
use glioscope::network::card::Split;
use serde_json::Value;

use crate::world::World;

const FOLDS: &str = "cross-validate --data data --out folds --device cpu --folds 2 --widths 4,8 --stem 2 --epochs 1 --batch 4 --crop 64";

#[test]
fn a_model_gets_a_curve_and_a_predictor_that_results_are_made_with() -> Result<()> {
    let world = World::new()?;
    world.write_model(Split::default())?;
    world.train(FOLDS)?.succeeded();
    let json = |file: &str| -> Result<Value> { Ok(serde_json::from_slice(&fs::read(world.path(file))?)?) };
    let before = json("model/model.json")?;
    world.train("inspect data --model model --predict-dice")?.failed_with(&["--predict-dice", "train calibrate"]);
    let run = world.train("calibrate --data data --folds folds --model model --json figures.json")?.succeeded();
    for heading in ["calibration error above 0.1", "predicted Dice, mean error", "worst fifth found"] {
        assert!(run.stdout.contains(heading), "{run:?}");
    }

    let after = json("model/model.json")?;
    assert!(after["calibration"].as_array().expect("knots").contains(&serde_json::json!([0.0, 0.0])), "{after}");
    assert!(after["dice_predictor"]["slope"].is_number(), "{after}");
    assert_ne!(after["known_answer"], before["known_answer"], "it is computed with the calibration");
    let figures = json("figures.json")?;
    let of = |input: usize, when: &str| figures["inputs"][input][when]["expected_error"].as_f64().expect("a figure");
    assert!((0..2).all(|input| of(input, "before") > 0.0 && of(input, "after") >= 0.0), "{figures}");

    let run = world.train("inspect data --model model --predict-dice --json reading.json")?.succeeded();
    let reading = json("reading.json")?;
    let cases = reading["cases"].as_array().expect("cases");
    let predicted = cases.iter().filter(|case| case["predicted_dice"]["dice"].is_number()).count();
    assert_eq!(run.stdout.matches("predicted Dice 0.").count(), predicted, "{run:?}");
    assert!(cases.iter().all(|case| case.get("predicted_dice").is_some()), "{reading}");

    world.train("segment data --model model --out masks")?.succeeded();
    let table = fs::read_to_string(world.path("masks/cohort.csv"))?;
    let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split(',').collect()).collect();
    let column = |name: &str| lines[0].iter().position(|head| *head == name).expect(name);
    let predicted = ["predicted_dice_from", "predicted_dice", "predicted_dice_to"].map(column);
    for line in &lines[1..] {
        assert_eq!(line[column("voxels")] == "0", line[predicted[0]].is_empty(), "{line:?}");
        let found: Vec<f64> = predicted.iter().filter_map(|&at| line[at].parse().ok()).collect();
        assert!(found.is_sorted() && found.iter().all(|dice| (0.0..=1.0).contains(dice)), "{line:?}");
    }
    Ok(())
}

#[test]
fn folds_that_do_not_cover_the_patients_are_an_error() -> Result<()> {
    let world = World::new()?;
    world.write_model(Split::default())?;
    let calibrate = "calibrate --data data --folds folds --model model";
    world.train(calibrate)?.failed_with(&["folds", "fold-1 and fold-2"]);
    world.train(FOLDS)?.succeeded();
    fs::rename(world.path("folds/fold-2"), world.path("other"))?;
    world.train(calibrate)?.failed_with(&["fold-1 and fold-2"]);
    fs::create_dir(world.path("folds/fold-2"))?;
    for file in ["model.json", "card.json", "weights.safetensors"] {
        fs::copy(world.path("folds/fold-1").join(file), world.path("folds/fold-2").join(file))?;
    }
    world.train(calibrate)?.failed_with(&["is held out by", "fold-1", "fold-2"]);
    Ok(())
}
