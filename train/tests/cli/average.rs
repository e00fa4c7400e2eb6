//! `train average`.

use std::fs;

use anyhow::Result;
use serde_json::Value;

use crate::world::World;

const FIT: &str = "fit --data data --device cpu --hold-out 0.5 --epochs 1 --batch 4 --crop 64";

fn json(world: &World, out: &str) -> Result<Value> {
    Ok(serde_json::from_slice(&fs::read(world.path(out).join("model.json"))?)?)
}

#[test]
fn the_mean_is_a_model_of_the_same_split_that_says_whose_it_is() -> Result<()> {
    let world = World::new()?;
    world.train(&format!("{FIT} --seed 7 --widths 3,4 --stem 4 --out first"))?.succeeded();
    world.train(&format!("{FIT} --seed 7 --start first --out second"))?.succeeded();
    world.train("average --data data --out mean first second")?.succeeded();
    world.train("average --out turned second first")?.succeeded();
    world.train("average --out same first first")?.succeeded();

    // `weights.safetensors` also holds names that Burn draws for its tensors, so networks are compared by what they compute.
    let answer = |out: &str| json(&world, out).map(|manifest| manifest["known_answer"].clone());
    assert!(answer("mean")? != answer("first")? && answer("mean")? != answer("second")?);
    assert_eq!(answer("mean")?, answer("turned")?, "the order matters");
    assert_eq!(answer("same")?, answer("first")?, "the mean of equals is another");

    let (first, second, mean) = (json(&world, "first")?, json(&world, "second")?, json(&world, "mean")?);
    for key in ["network", "grid", "normalisation", "threshold", "split", "counts", "seen"] {
        assert_eq!(mean[key], first[key], "{key}");
    }
    for (of, model) in [first, second].iter().enumerate() {
        assert_eq!(mean["recipe"]["mean"][of]["weights"], model["weights"]["sha256"]);
        assert_eq!(mean["recipe"]["mean"][of]["recipe"], model["recipe"]);
    }

    // Its figures are those of whom it holds out, and of nobody without the data.
    fs::write(world.path("list.txt"), mean["split"]["held_out"][0].as_str().expect("a name"))?;
    world.train("evaluate --data data --model mean --patients list.txt --device cpu --json figures.json")?.succeeded();
    let figures: Value = serde_json::from_slice(&fs::read(world.path("figures.json"))?)?;
    assert_eq!(mean["metrics"]["pooled_dice"], figures["pooled"]["dice"], "{}", mean["metrics"]);
    assert_eq!(json(&world, "turned")?["metrics"], serde_json::json!({}));
    Ok(())
}

#[test]
fn what_has_no_mean_is_named() -> Result<()> {
    let world = World::new()?;
    world.train(&format!("{FIT} --seed 7 --widths 3,4 --stem 4 --out first"))?.succeeded();
    world.train(&format!("{FIT} --seed 7 --widths 3,5 --stem 4 --out wider"))?.succeeded();
    world.train("average --out mean first wider")?.failed_with(&["wider: its network", "first"]);
    world.train("average --out mean first model")?.failed_with(&["model: its network", "first"]);
    world.train("average --out mean first nowhere")?.failed_with(&["nowhere", "train fit"]);

    let split = fs::read_to_string(world.path("first/model.json"))?.replace("PHANTOM_0001", "PHANTOM_0003");
    fs::create_dir(world.path("other"))?;
    fs::write(world.path("other/model.json"), split)?;
    fs::copy(world.path("first/weights.safetensors"), world.path("other/weights.safetensors"))?;
    world.train("average --out mean first other")?.failed_with(&["other: its split", "first"]);
    // `model` was fitted on somebody else, and holds out nobody.
    world.train("average --data data --out mean model model")?.failed_with(&["model: it holds out nobody"]);
    assert!(!world.path("mean").exists());
    // The fit in `first` could not go on.
    world.train("average --out first first first")?.failed_with(&["checkpoint.bin", "--out"]);

    world.train("fit --data data --device cpu --by-slice --epochs 1 --batch 4 --crop 64 --widths 3,4 --out slices")?;
    world.train("average --out mean slices slices")?.succeeded();
    world
        .train("average --data data --out mean slices slices")?
        .failed_with(&["slices: it holds out slices", "--unseen"]);
    Ok(())
}
