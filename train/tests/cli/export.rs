//! `train export` and `train import`.

use std::collections::HashMap;
use std::fs;

use anyhow::Result;
use glioscope::network::card::Split;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView, serialize};
use serde_json::Value;

use crate::world::{World, files};

type Tensors = HashMap<String, (Vec<usize>, Vec<u8>)>;

fn tensors(bytes: &[u8]) -> Result<Tensors> {
    let file = SafeTensors::deserialize(bytes)?;
    Ok(file.iter().map(|(name, view)| (name.to_owned(), (view.shape().to_vec(), view.data().to_vec()))).collect())
}

fn file(tensors: &Tensors) -> Result<Vec<u8>> {
    let views =
        tensors.iter().map(|(name, (shape, bytes))| Ok((name, TensorView::new(Dtype::F32, shape.clone(), bytes)?)));
    Ok(serialize(views.collect::<Result<Vec<_>>>()?, None)?)
}

#[test]
fn a_network_that_is_exported_and_imported_is_the_same() -> Result<()> {
    let world = World::new()?;
    let fit = ["PHANTOM_0001", "PHANTOM_0002"].map(str::to_owned).to_vec();
    world.write_model(Split { fit, held_out: Vec::new() })?;
    world.train("export --model model --out network.safetensors")?.succeeded();
    world.train("import network.safetensors --model model --out back")?.succeeded();
    assert_eq!(files(&world.path("back"))?, ["card.json", "model.json", "weights.safetensors"]);
    let read = |name: &str| fs::read(world.path(name));
    assert!(read("back/weights.safetensors")? == read("model/weights.safetensors")?);
    let json = |name: &str| -> Result<Value> { Ok(serde_json::from_slice(&read(name)?)?) };
    assert_eq!(json("back/card.json")?, json("model/card.json")?);
    assert_eq!(json("back/model.json")?["weights"], json("model/model.json")?["weights"]);

    for model in ["model", "back"] {
        world.train(&format!("segment data --model {model} --device cpu --out masks-{model}"))?.succeeded();
    }
    let probability = "PHANTOM_0001/probability.nii.gz";
    assert!(read(&format!("masks-back/{probability}"))? == read(&format!("masks-model/{probability}"))?);
    world
        .train("fit --data data --out fit --start back --held-out-fraction 0")?
        .failed_with(&["a fit cannot start from this model", "back/network.safetensors"]);
    Ok(())
}

#[test]
fn weights_that_were_changed_are_imported_without_the_figures_of_the_model() -> Result<()> {
    let world = World::new()?;
    world.train("export --model model --out network.safetensors")?.succeeded();
    let mut changed = tensors(&fs::read(world.path("network.safetensors"))?)?;
    changed.remove("input");
    changed.get_mut("head.bias").expect("a bias").1 = 9.0_f32.to_le_bytes().repeat(4);
    fs::write(world.path("changed.safetensors"), file(&changed)?)?;
    // An unfolded network of other weights would not belong to the new ones.
    fs::create_dir(world.path("back"))?;
    fs::copy(world.path("model/network.safetensors"), world.path("back/network.safetensors"))?;
    world.train("import changed.safetensors --model model --out back")?.succeeded();
    assert!(!world.path("back/network.safetensors").exists());
    let json = |name: &str| -> Result<Value> { Ok(serde_json::from_slice(&fs::read(world.path(name))?)?) };
    let (card, model) = (json("back/card.json")?, json("model/model.json")?);
    assert_eq!(card["recipe"]["model"], model["weights"]["sha256"]);
    assert_eq!(card["split"], json("model/card.json")?["split"]);
    assert_eq!(card["metrics"], serde_json::json!({}));
    let known = json("back/model.json")?["known_answer"].clone();
    assert!(known.as_array().expect("numbers").iter().all(|value| value.as_f64() > Some(0.9)), "{known}");
    Ok(())
}

#[test]
fn a_file_that_is_not_this_network_is_an_error_with_the_tensor() -> Result<()> {
    let world = World::new()?;
    world.train("export --model model --out network.safetensors")?.succeeded();
    let whole = tensors(&fs::read(world.path("network.safetensors"))?)?;
    let refused = |change: &dyn Fn(&mut Tensors), words: &[&str]| -> Result<()> {
        let mut changed = whole.clone();
        change(&mut changed);
        fs::write(world.path("changed.safetensors"), file(&changed)?)?;
        let run = world.train("import changed.safetensors --model model --out back")?;
        run.failed_with(&[&["changed.safetensors: not a network like that in model"], words].concat());
        Ok(())
    };
    refused(&|all| drop(all.remove("up.0.bias")), &["up.0.bias is missing"])?;
    refused(&|all| drop(all.insert("other".to_owned(), (vec![0], Vec::new()))), &["other belongs to no layer"])?;
    refused(&|all| all.get_mut("up.0.bias").expect("a bias").0 = vec![2, 2], &["up.0.bias", "[4]", "[2, 2]"])?;
    refused(&|all| all.get_mut("head.bias").expect("a bias").1.fill(0xff), &["head.bias", "NaN"])?;
    assert!(!world.path("back").exists());
    fs::write(world.path("text.safetensors"), "text")?;
    world.train("import text.safetensors --model model --out back")?.failed_with(&["text.safetensors", "model"]);
    fs::create_dir(world.path("fit"))?;
    fs::write(world.path("fit/checkpoint.bin"), "")?;
    world.train("import network.safetensors --model model --out fit")?.failed_with(&["fit/checkpoint.bin", "--out"]);
    Ok(())
}

#[test]
fn the_format_is_that_of_the_ending_or_of_the_flag() -> Result<()> {
    let world = World::new()?;
    for (arguments, name) in [("--out a.onnx", "a.onnx"), ("--out b --format onnx", "b")] {
        world.train(&format!("export --model model {arguments}"))?.succeeded();
        // The field with the IR version.
        assert_eq!(fs::read(world.path(name))?[..2], [0x08, 8], "{name}");
    }
    world.train("export --model model --out c.ONNX --format safetensors")?.succeeded();
    tensors(&fs::read(world.path("c.ONNX"))?)?;
    let words = ["network.pt", ".safetensors or .onnx", "--format"];
    world.train("export --model model --out network.pt")?.failed_with(&words);
    Ok(())
}
