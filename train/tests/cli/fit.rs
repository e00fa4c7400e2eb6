//! `train fit`.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::world::World;

/// A fit of a few seconds: 3 epochs of 3 steps with a tiny network.
const TINY: &str = "fit --data data --device cpu --held-out-fraction 0.5 --seed 7 \
                    --epochs 3 --batch 4 --crop 64 --widths 3,4 --stem 4 --out";

/// Starts a fit and kills it when it has its first checkpoint.
fn killed_after_its_first_checkpoint(world: &World, out: &str) -> Result<()> {
    let mut fit: Child = Command::new(env!("CARGO_BIN_EXE_train"))
        .current_dir(world.path(""))
        .args(TINY.split_whitespace().chain([out]))
        .stderr(Stdio::null())
        .spawn()?;
    let start = Instant::now();
    while !world.path(out).join("checkpoint.bin").exists() && fit.try_wait()?.is_none() {
        assert!(start.elapsed() < Duration::from_secs(120), "no checkpoint after two minutes");
        std::thread::sleep(Duration::from_millis(2));
    }
    fit.kill()?;
    fit.wait()?;
    Ok(())
}

#[test]
fn equal_seeds_give_equal_weights_also_after_a_kill() -> Result<()> {
    let world = World::new()?;
    for out in ["a", "b"] {
        world.train(&format!("{TINY} {out}"))?.succeeded();
    }
    killed_after_its_first_checkpoint(&world, "killed")?;
    world.train("fit --data data --device cpu --out killed --resume")?.succeeded();
    for file in ["weights.safetensors", "history.csv"] {
        let bytes = |out: &str| fs::read(world.path(out).join(file));
        assert!(bytes("a")? == bytes("b")?, "{file}: two runs of one seed differ");
        assert!(bytes("a")? == bytes("killed")?, "{file}: the resumed fit differs from the undisturbed one");
    }
    Ok(())
}

#[test]
fn a_fit_writes_a_model_that_the_other_commands_can_use() -> Result<()> {
    let world = World::new()?;
    world.train(&format!("{TINY} fitted"))?.succeeded();
    let out = world.path("fitted");
    let model = ["model.json", "card.json", "weights.safetensors", "network.safetensors"];
    for file in model.into_iter().chain(["recipe.toml", "history.csv", "curve.png", "samples.png", "checkpoint.bin"]) {
        assert!(out.join(file).is_file(), "{file}");
    }
    let json = |file: &str| -> Result<serde_json::Value> { Ok(serde_json::from_slice(&fs::read(out.join(file))?)?) };
    let card = json("card.json")?;
    assert_eq!(card["split"]["fit"].as_array().map(Vec::len), Some(1));
    assert_eq!(card["split"]["held_out"].as_array().map(Vec::len), Some(1));
    assert_eq!(card["revision"], env!("GLIOSCOPE_REVISION"));
    assert_eq!(json("model.json")?["known_answer"].as_array().map(Vec::len), Some(256));
    assert_eq!(fs::read_to_string(out.join("history.csv"))?.lines().count(), 1 + 3);

    let run = world.train("evaluate --data data --model fitted --device cpu")?.succeeded();
    assert!(run.stdout.contains("TRAINING DATA"), "one of the two is training data: {run:?}");
    // A second fit does not replace the first.
    world.train(&format!("{TINY} fitted"))?.failed_with(&["checkpoint.bin", "--resume"]);
    Ok(())
}

#[test]
fn a_truncated_checkpoint_or_other_data_is_an_error() -> Result<()> {
    let world = World::new()?;
    world.train(&format!("{TINY} fitted"))?.succeeded();
    world.train("phantom --out others --patients 1 --slices 12 --seed 4")?.succeeded();
    world.train("fit --data others --device cpu --out fitted --resume")?.failed_with(&["PHANTOM_0002"]);

    let checkpoint = world.path("fitted/checkpoint.bin");
    let bytes = fs::read(&checkpoint)?;
    fs::write(&checkpoint, &bytes[..bytes.len() / 2])?;
    world.train("fit --data data --device cpu --out fitted --resume")?.failed_with(&["checkpoint.bin", "truncated"]);
    Ok(())
}

#[test]
fn a_finished_fit_can_be_resumed_for_more_epochs_but_not_for_fewer() -> Result<()> {
    let world = World::new()?;
    world.train(&format!("{TINY} fitted"))?.succeeded();
    let resume = "fit --data data --device cpu --out fitted --resume";
    world.train(&format!("{resume} --epochs 2"))?.failed_with(&["--epochs is 2", "3 epochs that are done"]);
    world.train(&format!("{resume} --epochs 5"))?.succeeded();
    assert_eq!(fs::read_to_string(world.path("fitted/history.csv"))?.lines().count(), 1 + 5);
    assert!(fs::read_to_string(world.path("fitted/recipe.toml"))?.contains("\nepochs = 5\n"));
    Ok(())
}

#[test]
fn a_fit_starts_from_given_weights_and_keeps_their_training_data() -> Result<()> {
    let world = World::new()?;
    world.train(&format!("{TINY} fitted"))?.succeeded();
    // At this learning rate only the running statistics of the normalisations change.
    let start = "fit --data data --device cpu --start fitted --lr 1e-12 --epochs 1 --batch 4 --crop 64 --seed 7";
    world.train(&format!("{start} --held-out-fraction 0.5 --out again"))?.succeeded();
    let json = |file: &str| -> Result<serde_json::Value> { Ok(serde_json::from_slice(&fs::read(world.path(file))?)?) };
    let (fitted, again) = (json("fitted/card.json")?, json("again/card.json")?);
    assert_eq!(again["recipe"]["start"], json("fitted/model.json")?["weights"]["sha256"]);
    assert_eq!(again["recipe"]["network"], fitted["recipe"]["network"]);
    let loss = |out: &str, line: usize| -> Result<f64> {
        let history = fs::read_to_string(world.path(out).join("history.csv"))?;
        Ok(history.lines().nth(line).and_then(|line| line.split(',').nth(2)).expect("a loss").parse()?)
    };
    assert!(loss("again", 1)? < loss("fitted", 1)?, "it does not start where the other ended");

    // With the other half held out, the weights would be scored on their own training data.
    let named = fitted["split"]["fit"][0].as_str().expect("a name").to_owned();
    fs::write(world.path("list.txt"), &named)?;
    world.train(&format!("{start} --held-out list.txt --out other"))?.failed_with(&[&named, "training data"]);
    world.train(&format!("{start} --held-out-fraction 0 --out all"))?.succeeded();
    assert_eq!(json("all/card.json")?["split"]["fit"].as_array().map(Vec::len), Some(2));
    Ok(())
}

#[test]
fn a_split_by_slices_starts_only_from_weights_of_the_same_split() -> Result<()> {
    let world = World::new()?;
    let fit = "fit --data data --device cpu --by-slice --epochs 1 --batch 4 --crop 64";
    world.train(&format!("{fit} --widths 4,8 --seed 7 --out first"))?.succeeded();
    world.train(&format!("{fit} --seed 7 --start first --out second"))?.succeeded();
    let split = |out: &str| -> Result<serde_json::Value> {
        let json: serde_json::Value = serde_json::from_slice(&fs::read(world.path(out).join("card.json"))?)?;
        Ok(json["split"].clone())
    };
    assert_eq!(split("first")?, split("second")?);
    // Another seed gives another split, which would score training data of the weights.
    world.train(&format!("{fit} --seed 8 --start first --out third"))?.failed_with(&["PHANTOM_000", "training data"]);
    // The same holds for a split by patients.
    world.train(&format!("{TINY} patients"))?.succeeded();
    world
        .train(&format!("{fit} --seed 7 --start patients --out third"))?
        .failed_with(&["PHANTOM_000", "training data"]);
    Ok(())
}

#[test]
fn scoring_less_often_gives_the_same_weights() -> Result<()> {
    let world = World::new()?;
    world.train(&format!("{TINY} always"))?.succeeded();
    world.train(&format!("{TINY} seldom --score-every 2"))?.succeeded();
    assert_eq!(
        fs::read(world.path("always/weights.safetensors"))?,
        fs::read(world.path("seldom/weights.safetensors"))?
    );
    let history = |out: &str| -> Result<Vec<String>> {
        let text = fs::read_to_string(world.path(out).join("history.csv"))?;
        Ok(text.lines().skip(1).map(str::to_owned).collect())
    };
    let (always, seldom) = (history("always")?, history("seldom")?);
    assert!(seldom[0].ends_with(",,,,") && always[0].starts_with(seldom[0].trim_end_matches(',')), "{seldom:?}");
    // The second epoch is due, and the third is the last.
    assert_eq!(seldom[1..], always[1..]);
    Ok(())
}

#[test]
fn an_invalid_recipe_is_refused_before_anything_is_read() -> Result<()> {
    let world = World::new()?;
    for (wrong, value) in [("--crop", "100"), ("--widths", "0"), ("--positive-share", "2")] {
        world.train(&format!("fit --data data --out wrong {wrong} {value}"))?.failed_with(&[value]);
    }
    assert!(!world.path("wrong").exists());
    Ok(())
}
