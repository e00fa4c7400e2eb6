//! `train inspect`.

use std::fs;

use anyhow::{Context as _, Result};
use glioscope::read::{Channels, Limits, Samples, Slice, read};
use glioscope::write::{slice_tiff, zip};
use serde_json::{Value, json};

use crate::world::{Run, World, write};

/// Runs `train inspect` and returns the JSON.
fn inspect(world: &World, arguments: &str) -> Result<(Run, Value)> {
    let run = world.train(&format!("inspect {arguments} --model model --json reading.json"))?;
    let bytes = fs::read(world.path("reading.json")).with_context(|| format!("{run:?}"))?;
    Ok((run, serde_json::from_slice(&bytes)?))
}

/// The channels of a slice of the first phantom as three grey files: pre, FLAIR, post.
fn channels(world: &World, number: usize) -> Result<[Vec<u8>; 3]> {
    let name = format!("data/PHANTOM_0001/PHANTOM_0001_{number}.tif");
    let slice = read(&name, &fs::read(world.path(&name))?, &Limits::default())?.remove(0);
    let plane = |channel: usize| {
        let samples = slice.samples().iter().skip(channel).step_by(3).map(|sample| sample as u8).collect();
        let plane = Slice::new("plane", slice.width(), slice.height(), Channels::Grey, Samples::U8(samples));
        Ok::<_, anyhow::Error>(slice_tiff(&plane?))
    };
    Ok([plane(0)?, plane(1)?, plane(2)?])
}

#[test]
fn the_reading_has_cases_slices_and_references() -> Result<()> {
    let world = World::new()?;
    let (run, reading) = inspect(&world, "data")?;
    let run = run.succeeded();
    assert!(
        run.stdout.contains("PHANTOM_0001: 12 slices of 64 x 64 pixels, pre, flair, post, 12 references"),
        "{run:?}"
    );
    let case = &reading["cases"][1];
    assert_eq!(case["name"], "PHANTOM_0002");
    for key in ["plane", "spacing", "spacing_source", "orientation"] {
        assert_eq!(case.get(key), Some(&Value::Null), "{key}");
    }
    assert_eq!(case["input_check"], json!({ "accepted": true, "reasons": [] }));
    let area = world.mask("data/PHANTOM_0002/PHANTOM_0002_6_mask.tif")?.area();
    assert_eq!(
        case["slices"][5],
        json!({
            "file": "PHANTOM_0002/PHANTOM_0002_6.tif",
            "page": 1,
            "width": 64,
            "height": 64,
            "contrasts": ["pre", "flair", "post"],
            "reference": "PHANTOM_0002/PHANTOM_0002_6_mask.tif",
            "reference_pixels": area,
        })
    );
    for key in ["passed_over", "refused", "notes"] {
        assert_eq!(reading[key], json!([]), "{key}");
    }
    Ok(())
}

#[test]
fn without_a_folder_of_a_model_the_published_one_is_used() -> Result<()> {
    let world = World::new()?;
    world.train("inspect data --json reading.json")?.succeeded();
    let reading: Value = serde_json::from_slice(&fs::read(world.path("reading.json"))?)?;
    // A note would say that there is no model.
    assert_eq!(reading["notes"], json!([]));
    Ok(())
}

#[test]
fn a_single_slice_is_judged_by_itself() -> Result<()> {
    let world = World::new()?;
    let slice = fs::read(world.path("data/PHANTOM_0001/PHANTOM_0001_6.tif"))?;
    write(&world.path("one/a.tif"), &slice)?;
    let (run, reading) = inspect(&world, "one")?;
    let cost = "one: a single slice is judged by itself: its mask is less reliable";
    assert!(run.succeeded().stdout.contains(cost));
    assert!(reading["notes"][0].as_str().is_some_and(|note| note.starts_with(cost)), "{reading}");
    let (run, _) = inspect(&world, "data")?;
    assert!(!run.succeeded().stdout.contains("judged by itself"));
    Ok(())
}

#[test]
fn files_that_are_not_images_are_one_line_and_are_listed_in_the_json() -> Result<()> {
    let world = World::new()?;
    for name in ["data/.DS_Store", "data/._a.tif", "data/README.md", "data/list.csv", "data/PHANTOM_0001/paper.pdf"] {
        write(&world.path(name), b"something")?;
    }
    for number in 0..300 {
        write(&world.path(&format!("data/raw/{number}.xyz")), b"something")?;
    }
    let (run, reading) = inspect(&world, "data")?;
    let run = run.succeeded();
    let line = "305 files passed over (system file: 2, text: 1, table: 1, document: 1, not an image: 300)";
    assert!(run.stdout.lines().any(|found| found == line) && run.stdout.lines().count() == 3, "{run:?}");
    let passed_over = reading["passed_over"].as_array().context("a list")?;
    assert_eq!(passed_over.len(), 305);
    assert!(
        passed_over.contains(&json!({ "file": "PHANTOM_0001/paper.pdf", "reason": "document" })),
        "{passed_over:?}"
    );
    assert_eq!(reading["refused"], json!([]));
    let run = world.train("inspect data --list --model model")?.succeeded();
    assert!(run.stdout.lines().any(|line| line == "  raw/299.xyz: not an image"), "{run:?}");
    // They do not make `segment` fail.
    let run = world.train("segment data --out masks --model model --device cpu")?.succeeded();
    assert!(run.stderr.lines().any(|found| found == format!("note: {line}")), "{run:?}");
    Ok(())
}

#[test]
fn a_folder_without_a_slice_says_what_it_has() -> Result<()> {
    let world = World::new()?;
    write(&world.path("other/paper.pdf"), b"something")?;
    write(&world.path("other/broken.tif"), b"something")?;
    let (run, reading) = inspect(&world, "other")?;
    run.failed_with(&["no slices in other", "1 file passed over (document: 1)", "TIFF, PNG, NIfTI or DICOM"]);
    assert_eq!(reading["cases"], json!([]));
    assert_eq!(reading["refused"][0]["file"], "broken.tif");
    assert!(
        reading["refused"][0]["reason"].as_str().is_some_and(|reason| reason.starts_with("a text is not read here"))
    );
    Ok(())
}

#[test]
fn contrasts_and_references_in_folders_are_one_case_also_in_a_zip() -> Result<()> {
    let world = World::new()?;
    let mut files = Vec::new();
    for number in [6, 7, 10] {
        for (folder, bytes) in ["t1", "flair", "t1ce"].into_iter().zip(channels(&world, number)?) {
            files.push((format!("{folder}/{number}.tif"), bytes));
        }
        let mask = fs::read(world.path(&format!("data/PHANTOM_0001/PHANTOM_0001_{number}_mask.tif")))?;
        files.push((format!("masks/{number}.tif"), mask));
    }
    for (name, bytes) in &files {
        write(&world.path(&format!("P/{name}")), bytes)?;
    }
    write(&world.path("Z.zip"), &zip(&files))?;
    let inner: Vec<_> = files.iter().map(|(name, bytes)| (format!("P/{name}"), bytes.clone())).collect();
    write(&world.path("inner.zip"), &zip(&inner))?;
    let mut readings = Vec::new();
    for (path, name) in [("P", "P"), ("Z.zip", "Z"), ("inner.zip", "P")] {
        let (run, mut reading) = inspect(&world, path)?;
        run.succeeded();
        assert_eq!(reading["cases"].as_array().map(Vec::len), Some(1), "{reading}");
        assert_eq!(reading["cases"][0]["name"].take(), name);
        readings.push(reading);
    }
    assert!(readings.iter().all(|reading| *reading == readings[0]), "{readings:?}");
    let slices = &readings[0]["cases"][0]["slices"];
    for (index, number) in [6, 7, 10].into_iter().enumerate() {
        assert_eq!(slices[index]["file"], format!("flair/{number}.tif"));
        assert_eq!(slices[index]["reference"], format!("masks/{number}.tif"));
        assert_eq!(slices[index]["contrasts"], json!(["pre", "flair", "post"]));
    }
    // As paths.
    let (run, reading) = inspect(&world, "P/flair P/t1 P/t1ce P/masks")?;
    run.succeeded();
    assert_eq!(reading["cases"][0]["slices"], *slices);
    // The same masks as those of the colour files.
    world.train("segment P --out masks --model model --device cpu")?.succeeded();
    for number in [6, 7, 10] {
        let colour = world.path(&format!("data/PHANTOM_0001/PHANTOM_0001_{number}.tif"));
        write(&world.path(&format!("colour/a_{number}.tif")), &fs::read(colour)?)?;
    }
    world.train("segment colour --out expected --model model --device cpu")?.succeeded();
    for number in [6, 7, 10] {
        let expected = world.mask(&format!("expected/a_{number}_mask.tif"))?;
        assert_eq!(world.mask(&format!("masks/flair/{number}_mask.tif"))?, expected);
    }
    Ok(())
}

#[test]
fn channels_and_references_can_be_chosen() -> Result<()> {
    let world = World::new()?;
    for number in [6, 7] {
        for (channel, bytes) in channels(&world, number)?.iter().enumerate() {
            write(&world.path(&format!("P/p_{number}_{channel:04}.tif")), bytes)?;
        }
        let mask = fs::read(world.path(&format!("data/PHANTOM_0001/PHANTOM_0001_{number}_mask.tif")))?;
        write(&world.path(&format!("P/p_{number}_lesion.tif")), &mask)?;
    }
    let (run, reading) = inspect(&world, "P --reference lesion")?;
    run.succeeded();
    let slice = &reading["cases"][0]["slices"][0];
    assert_eq!(slice["file"], "p_6_0001.tif");
    assert_eq!(slice["reference"], "p_6_lesion.tif");
    let note = reading["notes"][0].as_str().context("a note")?;
    assert!(note.contains("0001 FLAIR") && note.ends_with("choose with --contrast or --slice-numbers"), "{note}");

    let (run, reading) = inspect(&world, "P --reference lesion --contrast 0000=flair --contrast 0001=none")?;
    run.succeeded();
    let slice = &reading["cases"][0]["slices"][0];
    assert_eq!((&slice["file"], &slice["contrasts"]), (&json!("p_6_0000.tif"), &json!(["flair"])));

    // Every file is a slice.
    let (run, reading) = inspect(&world, "P --reference lesion --slice-numbers")?;
    run.succeeded();
    let slices = reading["cases"].as_array().context("a list")?.iter();
    assert_eq!(slices.filter_map(|case| case["slices"].as_array()).map(Vec::len).sum::<usize>(), 6, "{reading}");

    // The dataset's own order.
    write(&world.path("P/dataset.json"), br#"{"channel_names": {"0": "T1", "1": "T1gd", "2": "FLAIR"}}"#)?;
    let (run, reading) = inspect(&world, "P --reference lesion")?;
    run.succeeded();
    assert_eq!(reading["cases"][0]["slices"][1]["file"], "p_7_0002.tif");
    assert_eq!(reading["notes"], json!([]));
    Ok(())
}
