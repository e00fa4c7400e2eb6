//! `train fit-check`.

use std::fs;

use anyhow::Result;
use glioscope::network::card::Split;
use serde_json::Value;

use crate::world::World;

fn split(fit: &str) -> Split {
    Split { fit: vec![fit.to_owned()], held_out: vec!["PHANTOM_0002".to_owned()] }
}

#[test]
fn the_check_is_written_into_the_model_and_is_the_same_each_time() -> Result<()> {
    let world = World::new()?;
    world.write_model(split("PHANTOM_0001"))?;
    let run = world.train("fit-check --data data --model model --json check.json")?.succeeded();
    assert!(run.stdout.contains("FLAIR with T1 without skull"), "{run:?}");
    let groups: Value = serde_json::from_slice(&fs::read(world.path("check.json"))?)?;
    assert_eq!((&groups[0]["name"], &groups[0]["cases"]), (&Value::from("FLAIR with T1"), &Value::from(1)));

    let written = fs::read(world.path("model/model.json"))?;
    let manifest: Value = serde_json::from_slice(&written)?;
    assert!(manifest["kind_classifier"].is_string(), "{manifest}");
    world.train("fit-check --data data --model model")?.succeeded();
    assert_eq!(fs::read(world.path("model/model.json"))?, written);

    let run = world.train("inspect data --model model --json reading.json")?.succeeded();
    assert!(run.stdout.contains("  shows "), "{run:?}");
    let reading: Value = serde_json::from_slice(&fs::read(world.path("reading.json"))?)?;
    assert!(reading["cases"][0]["input_check"]["kind"].is_string(), "{reading}");
    Ok(())
}

#[test]
fn data_without_the_training_patients_is_an_error_with_the_name() -> Result<()> {
    let world = World::new()?;
    world.train("fit-check --data data --model model")?.failed_with(&["no patient ANOTHER_PATIENT"]);
    world.write_model(split("PHANTOM_0001/PHANTOM_0001_1.tif"))?;
    world.train("fit-check --data data --model model")?.failed_with(&["model", "no training patients"]);
    Ok(())
}
