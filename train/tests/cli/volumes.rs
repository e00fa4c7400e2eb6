//! `train inspect` and `train segment` with NIfTI volumes.

use std::fs;
use std::path::Path;

use anyhow::Result;
use glioscope::read::{Limits, read};
use glioscope::write::zip;
use serde_json::{Value, json};

use crate::world::{World, files, write};

/// A volume that nibabel wrote.
fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/nifti").join(name)).expect(name)
}

fn inspect(world: &World, path: &str) -> Result<Value> {
    world.train(&format!("inspect {path} --model model --json reading.json"))?.succeeded();
    Ok(serde_json::from_slice(&fs::read(world.path("reading.json"))?)?)
}

#[test]
fn the_reading_of_a_volume_has_its_geometry() -> Result<()> {
    let world = World::new()?;
    for (name, file) in [
        ("flair.nii.gz", "compressed.nii.gz"),
        ("t1.nii", "shifted.nii"),
        ("t1ce.nii", "kind-f32.nii"),
        ("seg.nii", "kind-u8.nii"),
    ] {
        write(&world.path(&format!("scans/B_1/B_1_{name}")), &fixture(file))?;
    }
    let reading = inspect(&world, "scans")?;
    let case = &reading["cases"][0];
    for (key, value) in [
        ("name", json!("B_1")),
        ("plane", json!("axial")),
        ("spacing", json!([0.9, 0.8, 5.5])),
        ("spacing_source", json!("nifti")),
        ("orientation", json!("LAS")),
    ] {
        assert_eq!(case[key], value, "{key}");
    }
    let slice = json!({
        "file": "B_1/B_1_flair.nii.gz",
        "page": 2,
        "width": 6,
        "height": 5,
        "contrasts": ["pre", "flair", "post"],
        "reference": "B_1/B_1_seg.nii",
        "reference_pixels": 30,
    });
    assert_eq!(case["slices"][1], slice);
    assert_eq!(reading["notes"].as_array().map(Vec::len), Some(1), "{}", reading["notes"]);
    Ok(())
}

#[test]
fn a_volume_in_two_files_is_one_file_also_in_a_zip() -> Result<()> {
    let world = World::new()?;
    let pair = ["a.hdr", "a.img"].map(|name| (name.to_owned(), fixture(&name.replace('a', "pair"))));
    for (name, bytes) in &pair {
        write(&world.path(&format!("pair/{name}")), bytes)?;
    }
    write(&world.path("pair.zip"), &zip(&pair))?;
    for path in ["pair", "pair.zip"] {
        let reading = inspect(&world, path)?;
        assert_eq!(reading["cases"][0]["slices"].as_array().map(Vec::len), Some(4), "{path}: {reading}");
        assert_eq!((&reading["passed_over"], &reading["refused"]), (&json!([]), &json!([])), "{path}");
    }
    Ok(())
}

#[test]
fn masks_of_volumes_are_volumes_on_the_same_grid() -> Result<()> {
    let world = World::new()?;
    write(&world.path("scans/P/flair.nii"), &fixture("oblique-qform.nii"))?;
    let run = world.train("segment scans --out masks --model model --device cpu")?.succeeded();
    assert!(run.stdout.contains("1 masks"), "{run:?}");
    let written = files(&world.path("masks"))?;
    assert!(!written.iter().any(|name| name.ends_with(".tif") || name.ends_with(".png")), "{written:?}");
    let limits = Limits::default();
    let input = read("a.nii", &fixture("oblique-qform.nii"), &limits)?;
    for name in ["mask.nii.gz", "probability.nii.gz"] {
        let output = read(name, &fs::read(world.path("masks/P").join(name))?, &limits)?;
        let grids = [&input, &output].map(|slices| slices[0].scan().map(|scan| *scan.stored()));
        assert_eq!(grids[0], grids[1], "{name}");
    }
    assert!(written.contains(&"P/mask.seg.nrrd".to_owned()), "{written:?}");
    Ok(())
}
