//! `train average`.

use std::fs;

use anyhow::Result;
use serde_json::Value;

use crate::world::World;

const FIT: &str = "fit --data data --device cpu --held-out-fraction 0.5 --epochs 1 --batch 4 --crop 64";

/// The fields of `model.json` and `card.json`.
fn json(world: &World, out: &str) -> Result<Value> {
    let mut fields = serde_json::Map::new();
    for file in ["model.json", "card.json"] {
        let read: serde_json::Map<String, Value> = serde_json::from_slice(&fs::read(world.path(out).join(file))?)?;
        fields.extend(read);
    }
    Ok(Value::Object(fields))
}

#[test]
fn the_mean_is_a_model_of_the_same_split_with_the_recipes_of_its_models() -> Result<()> {
    let world = World::new()?;
    world.train(&format!("{FIT} --seed 7 --widths 3,4 --stem 4 --out first"))?.succeeded();
    world.train(&format!("{FIT} --seed 7 --start first --out second"))?.succeeded();
    world.train("average --data data --out mean first second")?.succeeded();
    world.train("average --out swapped second first")?.succeeded();
    world.train("average --out same first first")?.succeeded();

    let answer = |out: &str| json(&world, out).map(|manifest| manifest["known_answer"].clone());
    assert!(answer("mean")? != answer("first")? && answer("mean")? != answer("second")?);
    assert_eq!(answer("mean")?, answer("swapped")?, "the order matters");
    assert_eq!(answer("same")?, answer("first")?, "the mean of a model with itself differs");

    let (first, second, mean) = (json(&world, "first")?, json(&world, "second")?, json(&world, "mean")?);
    for key in ["network", "grid", "normalisation", "threshold", "split", "counts"] {
        assert_eq!(mean[key], first[key], "{key}");
    }
    for (of, model) in [first, second].iter().enumerate() {
        assert_eq!(mean["recipe"]["mean"][of]["weights"], model["weights"]["sha256"]);
        assert_eq!(mean["recipe"]["mean"][of]["recipe"], model["recipe"]);
    }

    // Its metrics are those of its held-out patients; without data it has none.
    fs::write(world.path("list.txt"), mean["split"]["held_out"][0].as_str().expect("a name"))?;
    world.train("evaluate --data data --model mean --patients list.txt --device cpu --json figures.json")?.succeeded();
    let figures: Value = serde_json::from_slice(&fs::read(world.path("figures.json"))?)?;
    assert_eq!(mean["metrics"]["pooled_dice"], figures["pooled"]["dice"], "{}", mean["metrics"]);
    assert_eq!(json(&world, "swapped")?["metrics"], serde_json::json!({}));
    Ok(())
}

#[test]
fn models_without_a_mean_are_an_error_with_their_names() -> Result<()> {
    let world = World::new()?;
    world.train(&format!("{FIT} --seed 7 --widths 3,4 --stem 4 --out first"))?.succeeded();
    world.train(&format!("{FIT} --seed 7 --widths 3,5 --stem 4 --out wider"))?.succeeded();
    world.train("average --out mean first wider")?.failed_with(&["wider: its network", "first"]);
    world.train("average --out mean first model")?.failed_with(&["model: its network", "first"]);
    world.train("average --out mean first nowhere")?.failed_with(&["nowhere", "train fit"]);

    let split = fs::read_to_string(world.path("first/card.json"))?.replace("PHANTOM_0001", "PHANTOM_0003");
    fs::create_dir(world.path("other"))?;
    fs::write(world.path("other/card.json"), split)?;
    fs::copy(world.path("first/model.json"), world.path("other/model.json"))?;
    fs::copy(world.path("first/weights.safetensors"), world.path("other/weights.safetensors"))?;
    world.train("average --out mean first other")?.failed_with(&["other: its split", "first"]);
    // `model` has no held-out patients.
    world.train("average --data data --out mean model model")?.failed_with(&["model: it has no held-out patients"]);
    assert!(!world.path("mean").exists());
    // The fit in `first` could not be resumed.
    world.train("average --out first first first")?.failed_with(&["checkpoint.bin", "--out"]);

    world.train("fit --data data --device cpu --by-slice --epochs 1 --batch 4 --crop 64 --widths 3,4 --out slices")?;
    world.train("average --out mean slices slices")?.succeeded();
    world
        .train("average --data data --out mean slices slices")?
        .failed_with(&["slices: it has held-out slices", "--unseen"]);
    Ok(())
}
