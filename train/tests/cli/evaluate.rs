//! `train evaluate`: its figures are compared with counts of the masks that it writes.

use std::fs;

use anyhow::{Context as _, Result};
use glioscope::network::card::Split;
use serde_json::Value;

use crate::world::{World, files, write};

const EVALUATE: &str = "evaluate --data data --model model --device cpu";

/// Dice and false slices of a patient, counted in a direct way.
fn dice(world: &World, patient: &str) -> Result<(f64, usize)> {
    let (mut both, mut sum, mut false_slices) = (0_usize, 0_usize, 0_usize);
    for slice in 1..=12 {
        let name = format!("{patient}/{patient}_{slice}_mask.tif");
        let (reference, prediction) = (world.mask(&format!("data/{name}"))?, world.mask(&format!("masks/{name}"))?);
        both += reference.inside().iter().zip(prediction.inside()).filter(|(r, p)| **r && **p).count();
        sum += reference.area() + prediction.area();
        false_slices += usize::from(reference.area() == 0 && prediction.area() > 0);
    }
    Ok((2.0 * both as f64 / sum as f64, false_slices))
}

fn json(world: &World, name: &str) -> Result<Value> {
    Ok(serde_json::from_slice(&fs::read(world.path(name))?)?)
}

fn number(value: &Value, path: &str) -> Result<f64> {
    value.pointer(path).and_then(Value::as_f64).with_context(|| format!("{path} in {value}"))
}

#[test]
fn figures_match_the_written_masks() -> Result<()> {
    let world = World::new()?;
    let run = world
        .train(&format!(
            "{EVALUATE} --masks masks --json out/figures.json --picture out/picture.png --failures out/failures.png"
        ))?
        .succeeded();
    let figures = json(&world, "out/figures.json")?;
    let mut expected = Vec::new();
    for (index, patient) in ["PHANTOM_0001", "PHANTOM_0002"].into_iter().enumerate() {
        let (dice, false_slices) = dice(&world, patient)?;
        assert!((number(&figures, &format!("/patients/{index}/dice"))? - dice).abs() < 1e-12);
        assert_eq!(number(&figures, &format!("/patients/{index}/false_slices"))?, false_slices as f64);
        assert!(run.stdout.contains(&format!("{dice:.4}")), "{}", run.stdout);
        expected.push(dice);
    }
    assert!((number(&figures, "/patient/mean")? - (expected[0] + expected[1]) / 2.0).abs() < 1e-12);
    assert_eq!(number(&figures, "/patient/worst")?, expected[0].min(expected[1]));
    assert_eq!(number(&figures, "/per_slice/slices")?, 24.0);
    assert_eq!(number(&figures, "/slice_protocol/batches")?, 1.0);
    assert!(!run.stdout.contains("!!!"), "{}", run.stdout);
    assert_eq!(files(&world.path("masks"))?.len(), 24);
    for picture in ["out/picture.png", "out/failures.png"] {
        assert!(fs::read(world.path(picture))?.starts_with(b"\x89PNG"), "{picture}");
    }
    Ok(())
}

#[test]
fn two_runs_print_the_same_figures() -> Result<()> {
    let world = World::new()?;
    for name in ["a.json", "b.json"] {
        world.train(&format!("{EVALUATE} --json {name}"))?.succeeded();
    }
    let [mut a, mut b] = [json(&world, "a.json")?, json(&world, "b.json")?];
    for value in [&mut a, &mut b] {
        value["seconds"] = Value::Null;
    }
    assert_eq!(a, b);
    Ok(())
}

#[test]
fn a_list_selects_patients() -> Result<()> {
    let world = World::new()?;
    write(&world.path("list.txt"), b"PHANTOM_0002\n")?;
    let run = world.train(&format!("{EVALUATE} --patients list.txt"))?.succeeded();
    assert!(run.stdout.contains("PHANTOM_0002") && !run.stdout.contains("PHANTOM_0001"), "{}", run.stdout);
    Ok(())
}

#[test]
fn the_folder_of_a_patient_and_the_folder_above_kaggle_3m_are_datasets() -> Result<()> {
    let world = World::new()?;
    let run = world.train("evaluate --data data/PHANTOM_0002 --model model --device cpu")?.succeeded();
    assert!(run.stdout.contains("1 patients, 12 slices"), "{}", run.stdout);
    fs::create_dir(world.path("above"))?;
    fs::rename(world.path("data"), world.path("above/kaggle_3m"))?;
    write(&world.path("above/kaggle_3m/data.csv"), b"Patient,age\n")?;
    let run = world.train("evaluate --data above --model model --device cpu")?.succeeded();
    assert!(run.stdout.contains("2 patients, 24 slices"), "{}", run.stdout);
    Ok(())
}

#[test]
fn every_input_gives_other_figures() -> Result<()> {
    let world = World::new()?;
    let mut soft = Vec::new();
    for input in ["case", "single", "flair"] {
        world.train(&format!("{EVALUATE} --input {input} --json {input}.json"))?.succeeded();
        let figures = json(&world, &format!("{input}.json"))?;
        assert_eq!(figures["input"], input);
        soft.push(number(&figures, "/slice_protocol/soft_dice")?);
    }
    assert!(soft[0] != soft[1] && soft[0] != soft[2] && soft[1] != soft[2], "{soft:?}");
    Ok(())
}

#[test]
fn a_threshold_of_1_gives_empty_masks() -> Result<()> {
    let world = World::new()?;
    world.train(&format!("{EVALUATE} --threshold 1 --json figures.json"))?.succeeded();
    let figures = json(&world, "figures.json")?;
    assert_eq!(number(&figures, "/patient/mean")?, 0.0);
    assert_eq!(number(&figures, "/empty/fraction")?, 0.0);
    Ok(())
}

#[test]
fn training_data_gives_a_warning() -> Result<()> {
    let world = World::new()?;
    let patient = |number: u32| format!("PHANTOM_000{number}");
    world.write_model(Split { fit: vec![patient(1)], held_out: vec![patient(2)] })?;
    let run = world.train(&format!("{EVALUATE} --json figures.json"))?.succeeded();
    assert_eq!(run.stdout.matches("!!! TRAINING DATA").count(), 2, "{}", run.stdout);
    assert_eq!(json(&world, "figures.json")?["training"], serde_json::json!(["PHANTOM_0001"]));
    assert!(run.stdout.contains("the recipe was selected on 1 of the names"), "{}", run.stdout);
    // Neither the epoch nor the threshold was selected.
    assert!(!run.stdout.contains("epoch"), "{}", run.stdout);

    world.train(&format!("{EVALUATE} --unseen"))?.failed_with(&["no slice remains"]);
    world.write_model(Split { fit: vec![patient(1)], held_out: Vec::new() })?;
    let run = world.train(&format!("{EVALUATE} --unseen"))?.succeeded();
    assert!(!run.stdout.contains("!!!") && run.stdout.contains("1 patients"), "{}", run.stdout);
    Ok(())
}

#[test]
fn a_split_by_slices_gives_a_warning() -> Result<()> {
    let world = World::new()?;
    let slice = |number: u32| format!("PHANTOM_0001/PHANTOM_0001_{number}.tif");
    world.write_model(Split { fit: (1..=8).map(slice).collect(), held_out: vec![slice(9)] })?;
    let run = world.train(EVALUATE)?.succeeded();
    assert!(run.stdout.contains("TRAINING DATA"), "{}", run.stdout);
    // Three slices of the first patient and all slices of the second.
    let run = world.train(&format!("{EVALUATE} --unseen --json figures.json"))?.succeeded();
    assert!(run.stdout.contains("LEAKY SPLIT") && run.stdout.contains("15 slices"), "{}", run.stdout);
    assert_eq!(json(&world, "figures.json")?["partly_training"], serde_json::json!(["PHANTOM_0001"]));
    Ok(())
}

#[test]
fn a_value_that_is_not_finite_is_an_error_and_not_an_empty_mask() -> Result<()> {
    let world = World::new()?;
    world.write_broken_model()?;
    for input in ["case", "single", "flair"] {
        world
            .train(&format!("{EVALUATE} --input {input} --json figures.json"))?
            .failed_with(&["PHANTOM_0001", "not finite"]);
    }
    assert!(!world.path("figures.json").exists());
    Ok(())
}
