//! Inputs that `evaluate` and `segment` refuse, and their errors. `fit` reads its data with the same code.

use std::fs;

use anyhow::Result;
use glioscope::mask::Mask;
use glioscope::write::mask_tiff;

use crate::world::{World, write};

const SLICE: &str = "data/PHANTOM_0001/PHANTOM_0001_3.tif";
const MASK: &str = "data/PHANTOM_0001/PHANTOM_0001_3_mask.tif";

const EVALUATE: &str = "evaluate --data data --model model --device cpu";

#[test]
fn a_missing_mask() -> Result<()> {
    let world = World::new()?;
    fs::remove_file(world.path(MASK))?;
    world.train(EVALUATE)?.failed_with(&[SLICE, "mask is missing"]);
    Ok(())
}

#[test]
fn a_mask_without_its_slice() -> Result<()> {
    let world = World::new()?;
    fs::remove_file(world.path(SLICE))?;
    world.train(EVALUATE)?.failed_with(&["PHANTOM_0001_3_mask.tif", "without a slice"]);
    Ok(())
}

#[test]
fn a_mask_of_another_size() -> Result<()> {
    let world = World::new()?;
    write(&world.path(MASK), &mask_tiff(&Mask::empty(32, 64)))?;
    world.train(EVALUATE)?.failed_with(&["PHANTOM_0001_3_mask.tif", "32 x 64", "64 x 64"]);
    Ok(())
}

#[test]
fn files_that_are_not_slices() -> Result<()> {
    let whole = fs::read(World::new()?.path(SLICE))?;
    for (bytes, words) in [
        (&b""[..], "an empty file"),
        (b"some text", "a text is not read here"),
        (&whole[..whole.len() / 2], "truncated"),
    ] {
        let world = World::new()?;
        write(&world.path(SLICE), bytes)?;
        world.train(EVALUATE)?.failed_with(&[SLICE, words]);
    }
    Ok(())
}

#[test]
fn an_empty_folder() -> Result<()> {
    let world = World::new()?;
    fs::create_dir(world.path("data/PHANTOM_0003"))?;
    world.train(EVALUATE)?.failed_with(&["data/PHANTOM_0003", "no slices"]);
    Ok(())
}

#[test]
fn no_patients() -> Result<()> {
    let world = World::new()?;
    fs::create_dir(world.path("empty"))?;
    world.train("evaluate --data empty --model model --device cpu")?.failed_with(&["empty", "no patients"]);
    world.train("evaluate --data nowhere --model model --device cpu")?.failed_with(&["nowhere", "No such file"]);
    world.train("evaluate --data model/model.json --model model --device cpu")?.failed_with(&["model.json"]);
    Ok(())
}

#[test]
fn a_list_with_an_unknown_patient() -> Result<()> {
    let world = World::new()?;
    write(&world.path("list.txt"), b"PHANTOM_0001\nPHANTOM_0009\n")?;
    world.train(&format!("{EVALUATE} --patients list.txt"))?.failed_with(&["PHANTOM_0009"]);
    world.train(&format!("{EVALUATE} --patients none.txt"))?.failed_with(&["none.txt"]);
    Ok(())
}

#[test]
fn model_files_that_do_not_match() -> Result<()> {
    let world = World::new()?;
    world.train("evaluate --data data --model nowhere --device cpu")?.failed_with(&["nowhere/model.json", "train fit"]);
    let weights = world.path("model/weights.safetensors");
    let mut bytes = fs::read(&weights)?;
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    write(&weights, &bytes)?;
    world.train(EVALUATE)?.failed_with(&["model", "SHA-256"]);
    fs::remove_file(&weights)?;
    world.train(EVALUATE)?.failed_with(&["model/weights.safetensors"]);
    write(&world.path("model/model.json"), b"{}")?;
    write(&weights, b"")?;
    world.train(EVALUATE)?.failed_with(&["model", "format"]);
    Ok(())
}

#[test]
fn a_device_that_is_not_built_in() -> Result<()> {
    let world = World::new()?;
    // One that is built in may or may not find its hardware.
    let built_in =
        [("vulkan", cfg!(feature = "vulkan")), ("cuda", cfg!(feature = "cuda")), ("metal", cfg!(feature = "metal"))];
    for (device, _) in built_in.into_iter().filter(|(_, built_in)| !built_in) {
        let run = world.train(&format!("evaluate --data data --model model --device {device}"))?;
        run.failed_with(&["not built into", device, &format!("--features {device}")]);
    }
    Ok(())
}

#[test]
fn outputs_that_cannot_be_written() -> Result<()> {
    let world = World::new()?;
    write(&world.path("file"), b"")?;
    world.train(&format!("{EVALUATE} --json file/figures.json"))?.failed_with(&["file"]);
    world.train(&format!("{EVALUATE} --masks data"))?.failed_with(&["PHANTOM_0001", "choose another folder"]);
    world.train("segment data --out file --model model --device cpu")?.failed_with(&["file"]);
    Ok(())
}

#[test]
fn a_threshold_out_of_range() -> Result<()> {
    let world = World::new()?;
    world.train(&format!("{EVALUATE} --threshold 1.5"))?.failed_with(&["--threshold", "1.5"]);
    Ok(())
}
