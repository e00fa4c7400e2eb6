//! `train cross-validate`.

use std::fs;

use anyhow::Result;

use crate::world::World;

const TINY: &str =
    "cross-validate --data data --device cpu --folds 2 --widths 4,8 --stem 2 --epochs 1 --batch 4 --crop 64";

#[test]
fn every_patient_is_scored_by_a_network_that_has_not_seen_it() -> Result<()> {
    let world = World::new()?;
    let json = |file: &str| -> Result<serde_json::Value> { Ok(serde_json::from_slice(&fs::read(world.path(file))?)?) };
    world.train(&format!("{TINY} --out folds --only 2"))?.succeeded();
    assert!(!world.path("folds/fold-1").exists() && !world.path("folds/cross-validation.json").exists());
    let second = fs::metadata(world.path("folds/fold-2/checkpoint.bin"))?.modified()?;
    let run = world.train(&format!("{TINY} --out folds"))?.succeeded();
    for heading in ["mean Dice", "HD95", "limits of agreement", "calibrated"] {
        assert!(run.stdout.contains(heading), "{run:?}");
    }
    assert_eq!(fs::metadata(world.path("folds/fold-2/checkpoint.bin"))?.modified()?, second, "it was finished");

    let figures = json("folds/cross-validation.json")?;
    let mut scored = Vec::new();
    for (number, fold) in (1..).zip(figures["folds"].as_array().expect("folds")) {
        let card = json(&format!("folds/fold-{number}/card.json"))?;
        assert_eq!(card["split"]["held_out"], fold["held_out"]);
        scored.extend(fold["held_out"].as_array().expect("names").clone());
    }
    assert_eq!(scored.len(), 2);
    for input in figures["inputs"].as_array().expect("inputs") {
        let patients = input["patients"].as_array().expect("patients");
        assert_eq!(patients.len(), 2);
        assert!(patients.iter().all(|patient| scored.contains(&patient["patient"])), "{patients:?}");
        assert!(patients.iter().all(|patient| patient["volume_difference"].is_number()), "{patients:?}");
        let number = |value: &serde_json::Value| value.as_f64().expect("a number");
        let volume = &input["volume"];
        assert!(number(&volume["from"]) <= number(&volume["bias"]) && number(&volume["bias"]) <= number(&volume["to"]));
        let curves = input["calibrated"]["curves"].as_array().expect("one a fold");
        assert!(
            curves.len() == 2 && curves.iter().all(|curve| curve[4] == serde_json::json!([0.0, 0.0])),
            "{curves:?}"
        );
        let (from, to) = (&input["mean_interval"]["from"], &input["mean_interval"]["to"]);
        assert!(from.as_f64() <= input["patient"]["mean"].as_f64() && to.as_f64() >= input["patient"]["mean"].as_f64());
    }

    let run = world.train(&format!("{TINY} --out folds --compare folds"))?.succeeded();
    assert!(run.stdout.contains("+0.0000"), "the same networks: {run:?}");
    world.train(&format!("{TINY} --out folds --lr 0.5"))?.failed_with(&["fold-1", "another recipe"]);
    Ok(())
}

#[test]
fn a_wrong_fold_is_an_error() -> Result<()> {
    let world = World::new()?;
    world.train(&format!("{TINY} --out folds --only 3"))?.failed_with(&["--only is 3", "1 to 2"]);
    world.train("cross-validate --data data --out folds --folds 9")?.failed_with(&["--folds is 9", "2"]);
    Ok(())
}
