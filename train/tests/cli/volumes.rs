//! NIfTI volumes and DICOM series in `train inspect`, `segment` and `evaluate`. `fit` reads its data as `evaluate` does.

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

/// The files of a DICOM series, or one DICOM file, below the folder `to`.
fn copy_dicom(world: &World, from: &str, to: &str) -> Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/dicom").join(from);
    if path.is_file() {
        return write(&world.path(&format!("{to}/{from}")), &fs::read(path)?);
    }
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        write(&world.path(&format!("{to}/{}", entry.file_name().to_string_lossy())), &fs::read(entry.path())?)?;
    }
    Ok(())
}

#[test]
fn a_dicom_study_is_read_as_one_case_without_the_name_of_the_patient() -> Result<()> {
    let world = World::new()?;
    copy_dicom(&world, "series", "scans/P/5")?;
    copy_dicom(&world, "t1", "scans/P/2")?;
    for file in ["DICOMDIR", "report.dcm", "refused-colour.dcm"] {
        copy_dicom(&world, file, "scans/P")?;
    }
    let reading = inspect(&world, "scans")?;
    let case = &reading["cases"][0];
    for (key, value) in [
        ("name", json!("P")),
        ("plane", json!("axial")),
        ("spacing", json!([0.9, 0.8, 5.5])),
        ("spacing_source", json!("dicom")),
        ("orientation", json!("LAS")),
    ] {
        assert_eq!(case[key], value, "{key}");
    }
    let files: Vec<&Value> = case["slices"].as_array().expect("slices").iter().map(|slice| &slice["file"]).collect();
    assert_eq!(files, ["P/5/c", "P/5/a", "P/5/e", "P/5/b", "P/5/d"]);
    let passed_over = json!([
        {"file": "P/DICOMDIR", "reason": "a DICOMDIR"},
        {"file": "P/report.dcm", "reason": "a structured report"},
    ]);
    assert_eq!(reading["passed_over"], passed_over);
    assert_eq!(reading["refused"][0]["file"], "P/refused-colour.dcm");
    assert_eq!(reading["notes"].as_array().map(Vec::len), Some(1), "{}", reading["notes"]);
    let text = reading.to_string().to_lowercase();
    assert!(!text.contains("secret") && !text.contains("1.2.826"), "{text}");
    Ok(())
}

#[test]
fn results_of_a_dicom_study_are_on_the_grid_of_flair() -> Result<()> {
    let world = World::new()?;
    copy_dicom(&world, "series", "scans/P")?;
    let run = world.train("segment scans/P --out masks --model model --device cpu")?.succeeded();
    assert!(run.stdout.contains("1 masks") && !format!("{run:?}").to_lowercase().contains("secret"), "{run:?}");
    let expected: Value = serde_json::from_slice(&fs::read(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/dicom/expected.json"),
    )?)?;
    let mask = fs::read(world.path("masks/P/mask.nii.gz"))?;
    let again = read("mask.nii.gz", &mask, &Limits::default())?;
    let grid = again[0].scan().expect("a volume").stored();
    for (row, expected) in grid.affine().rows().iter().zip(expected["series"]["affine"].as_array().expect("rows")) {
        for (found, expected) in row.iter().zip(expected.as_array().expect("a row")) {
            assert!((found - expected.as_f64().expect("a number")).abs() < 1e-4, "{row:?}");
        }
    }
    Ok(())
}

#[test]
fn volumes_with_references_are_evaluated_in_any_layout() -> Result<()> {
    let world = World::new()?;
    for patient in ["P_1", "P_2"] {
        for (name, file) in
            [("flair.nii.gz", "compressed.nii.gz"), ("t2.nii", "kind-f32.nii"), ("seg.nii", "kind-u8.nii")]
        {
            write(&world.path(&format!("brats/{patient}/{patient}_{name}")), &fixture(file))?;
        }
        write(&world.path(&format!("nnunet/imagesTr/{patient}_0000.nii.gz")), &fixture("compressed.nii.gz"))?;
        write(&world.path(&format!("nnunet/labelsTr/{patient}.nii")), &fixture("kind-u8.nii"))?;
    }
    write(&world.path("nnunet/dataset.json"), br#"{"channel_names": {"0": "FLAIR"}}"#)?;
    copy_dicom(&world, "series", "dicom/P")?;
    copy_dicom(&world, "report.dcm", "dicom/P")?;
    world.train("segment dicom/P --out masks --model model --device cpu")?.succeeded();
    write(&world.path("dicom/P/seg.nii.gz"), &fs::read(world.path("masks/P/mask.nii.gz"))?)?;
    for (data, names) in [("brats", &["P_1", "P_2"][..]), ("nnunet", &["nnunet/P_1", "nnunet/P_2"]), ("dicom", &["P"])]
    {
        world.train(&format!("evaluate --data {data} --model model --device cpu --json figures.json"))?.succeeded();
        let figures: Value = serde_json::from_slice(&fs::read(world.path("figures.json"))?)?;
        let patients = figures["patients"].as_array().expect("patients");
        let found: Vec<&str> = patients.iter().filter_map(|patient| patient["patient"].as_str()).collect();
        assert_eq!(found, names, "{data}");
    }
    Ok(())
}

#[test]
fn a_dicom_segmentation_is_written_unless_it_is_not_wanted() -> Result<()> {
    let world = World::new()?;
    copy_dicom(&world, "series", "scans/P")?;
    for (kind, expected) in
        [("", Some("BINARY")), ("--dicom-seg labelmap", Some("LABELMAP")), ("--dicom-seg none", None)]
    {
        world
            .train(&format!("segment scans/P --out masks{} --model model --device cpu {kind}", kind.len()))?
            .succeeded();
        let path = world.path(&format!("masks{}/P/mask.seg.dcm", kind.len()));
        assert_eq!(path.is_file(), expected.is_some(), "{kind}");
        if let Some(expected) = expected {
            let bytes = fs::read(path)?;
            let text = String::from_utf8_lossy(&bytes);
            assert!(text.contains(expected) && text.contains("Secret^Name"), "{kind}");
        }
    }
    Ok(())
}
