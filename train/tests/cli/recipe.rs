//! `train fit --config`, and recipes of former versions.

use std::fs;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::world::{World, write};

const FIT: &str = "fit --data data --device cpu --held-out-fraction 0";

/// The recipe of a fit of a few seconds.
const RECIPE: &str = "\
# a comment
epochs = 1
batch = 4
crop = 64
lr = 0.003
seed = 7

[network]
widths = [3, 4]
stem = 4

[augmentation]
noise = 0.0
";

/// The same as flags; there is no flag for `noise`.
const FLAGS: &str = "--epochs 1 --batch 4 --crop 64 --lr 0.003 --seed 7 --widths 3,4 --stem 4";

fn recipe(world: &World, out: &str) -> Result<Value> {
    let card: Value = serde_json::from_slice(&fs::read(world.path(out).join("card.json"))?)?;
    Ok(card["recipe"].clone())
}

#[test]
fn flags_override_the_file_and_the_resolved_recipe_is_written() -> Result<()> {
    let world = World::new()?;
    write(&world.path("recipe.toml"), RECIPE.as_bytes())?;
    world.train(&format!("{FIT} --config recipe.toml --lr 0.001 --out fitted"))?.succeeded();
    let resolved = fs::read_to_string(world.path("fitted/recipe.toml"))?;
    for line in ["lr = 0.001", "crop = 64", "ema_decay = 0.998", "widths = [3, 4]", "noise = 0.0", "paste_share = 0.5"]
    {
        assert!(resolved.lines().any(|found| found == line), "`{line}` in: {resolved}");
    }
    let expected: toml::Value = serde_json::from_value(recipe(&world, "fitted")?)?;
    assert_eq!(toml::from_str::<toml::Value>(&resolved)?.as_table().map(toml::Table::len), Some(12));
    assert_eq!(expected["network"], toml::from_str::<toml::Value>(&resolved)?["network"]);

    // The resolved recipe repeats the fit.
    world.train(&format!("{FIT} --config fitted/recipe.toml --out again"))?.succeeded();
    assert_eq!(recipe(&world, "fitted")?, recipe(&world, "again")?);
    assert_eq!(fs::read(world.path("fitted/weights.safetensors"))?, fs::read(world.path("again/weights.safetensors"))?);
    Ok(())
}

#[test]
fn a_file_and_the_same_flags_give_the_same_weights() -> Result<()> {
    let world = World::new()?;
    write(&world.path("recipe.toml"), RECIPE.replace("noise = 0.0", "").as_bytes())?;
    world.train(&format!("{FIT} --config recipe.toml --out of_file"))?.succeeded();
    world.train(&format!("{FIT} {FLAGS} --out of_flags"))?.succeeded();
    assert_eq!(
        fs::read(world.path("of_file/weights.safetensors"))?,
        fs::read(world.path("of_flags/weights.safetensors"))?
    );
    Ok(())
}

#[test]
fn a_recipe_that_starts_from_weights_is_repeated_with_their_model() -> Result<()> {
    let world = World::new()?;
    world.train(&format!("{FIT} {FLAGS} --out first"))?.succeeded();
    world.train(&format!("{FIT} --start first --epochs 1 --batch 4 --crop 64 --out second"))?.succeeded();
    let again = format!("{FIT} --config second/recipe.toml --out again");
    world.train(&again)?.failed_with(&["second/recipe.toml: start is ", "no --start"]);
    world.train(&format!("{again} --start second"))?.failed_with(&["second/recipe.toml: start is ", "--start"]);
    world.train(&format!("{again} --start first"))?.succeeded();
    assert_eq!(fs::read(world.path("second/weights.safetensors"))?, fs::read(world.path("again/weights.safetensors"))?);
    Ok(())
}

#[test]
fn an_invalid_file_is_an_error_with_its_name() -> Result<()> {
    let world = World::new()?;
    for (text, words) in [
        ("learning_rate = 0.1", ["recipe.toml: line 1", "unknown field `learning_rate`"]),
        ("epochs = 1\nlr = -0.5", ["recipe.toml: lr is -0.5", "expected a number above 0"]),
        ("lr = 'fast'", ["recipe.toml: line 1", "lr = 'fast'"]),
    ] {
        write(&world.path("recipe.toml"), text.as_bytes())?;
        world.train(&format!("{FIT} --config recipe.toml --out wrong"))?.failed_with(&words);
    }
    world.train(&format!("{FIT} --config nowhere.toml --out wrong"))?.failed_with(&["nowhere.toml"]);
    assert!(!world.path("wrong").exists());
    Ok(())
}

#[test]
fn a_checkpoint_of_a_former_version_is_resumed() -> Result<()> {
    let world = World::new()?;
    // Written with `train fit --data old --hold-out 0 --seed 7 --epochs 1 --batch 4 --crop 64 --widths 1,1 --stem 4` by the
    // version before the recipe had its present names.
    world.train("phantom --out old --patients 1 --slices 12 --seed 4")?.succeeded();
    write(&world.path("fitted/checkpoint.bin"), include_bytes!("../fixtures/checkpoint-old-names.bin"))?;
    world.train("fit --data old --device cpu --resume --epochs 2 --out fitted")?.succeeded();
    let history = fs::read_to_string(world.path("fitted/history.csv"))?;
    assert_eq!(history.lines().count(), 1 + 2, "{history}");
    let recipe = recipe(&world, "fitted")?;
    for (key, value) in [("lr", 0.002), ("bce_weight", 1.0), ("ema_decay", 0.998)] {
        let found = recipe[key].as_f64().with_context(|| format!("{key} in {recipe}"))?;
        assert_eq!(found, value, "{key}");
    }
    assert_eq!(recipe["augmentation"]["paste_share"], 0.5);
    assert_eq!(recipe["single_slice_share"], 0.25);
    Ok(())
}
