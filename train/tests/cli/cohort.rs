//! `train segment --resume` and `--shard`, and `train merge`.

use std::collections::BTreeMap;
use std::fs;

use anyhow::Result;
use glioscope::write::zip;

use crate::world::{World, files, write};

const SEGMENT: &str = "--model model --device cpu";

/// Four patients of three slices. Patient C is a zip.
fn cohort(world: &World) -> Result<()> {
    for (patient, source) in [("A", 1), ("B", 2), ("C", 1), ("D", 2)] {
        let mut slices = Vec::new();
        for number in 5..8 {
            for ending in [".tif", "_mask.tif"] {
                let name = format!("data/PHANTOM_000{source}/PHANTOM_000{source}_{number}{ending}");
                slices.push((format!("{patient}/{patient}_{number}{ending}"), fs::read(world.path(&name))?));
            }
        }
        if patient == "C" {
            write(&world.path("scans/C.zip"), &zip(&slices))?;
        } else {
            for (name, bytes) in slices {
                write(&world.path("scans").join(name), &bytes)?;
            }
        }
    }
    Ok(())
}

/// The lines of a table of patients, by the names of their columns.
fn table(world: &World, name: &str) -> Result<Vec<BTreeMap<String, String>>> {
    let text = fs::read_to_string(world.path(name))?;
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let head = lines.next().unwrap_or_default();
    Ok(lines.map(|line| head.iter().cloned().zip(line).collect()).collect())
}

fn column(table: &[BTreeMap<String, String>], name: &str) -> Vec<String> {
    table.iter().map(|line| line[name].clone()).collect()
}

/// All files below a folder with their bytes.
fn content(world: &World, folder: &str) -> Result<BTreeMap<String, Vec<u8>>> {
    let names = files(&world.path(folder))?;
    let read = |name: String| {
        let bytes = fs::read(world.path(folder).join(&name))?;
        Ok((name, bytes))
    };
    names.into_iter().map(read).collect()
}

#[test]
fn the_table_has_a_line_for_each_patient() -> Result<()> {
    let world = World::new()?;
    cohort(&world)?;
    let run = world.train(&format!("segment scans --out masks --spacing 0.5 0.5 4 {SEGMENT}"))?.succeeded();
    assert!(run.stdout.contains("12 masks") && run.stdout.contains("cohort.csv"), "{run:?}");
    let table = table(&world, "masks/cohort.csv")?;
    assert_eq!(column(&table, "case"), ["A", "B", "D", "C"]);
    assert_eq!(column(&table, "number"), ["1", "2", "3", "4"]);
    for line in &table {
        assert_eq!((&*line["status"], &*line["slices"], &*line["of"], &*line["z_mm"]), ("complete", "3", "4", "4"));
        assert!(line["dice"].parse::<f64>().is_ok() && line["error"].is_empty(), "{line:?}");
        let (voxels, millilitres): (f64, f64) = (line["voxels"].parse()?, line["volume_ml"].parse()?);
        assert!((millilitres - voxels / 1000.0).abs() < 1e-3, "{line:?}");
        let largest: f64 = line["largest_area_px"].parse()?;
        assert!((line["largest_area_mm2"].parse::<f64>()? - largest / 4.0).abs() < 1e-3, "{line:?}");
    }
    Ok(())
}

#[test]
fn a_patient_that_fails_has_a_line_with_the_error_and_the_others_are_segmented() -> Result<()> {
    let world = World::new()?;
    cohort(&world)?;
    let broken = ["scans/B/B_6.tif", "scans/C.zip"];
    let whole = broken.map(|name| fs::read(world.path(name)));
    write(&world.path(broken[0]), b"some text")?;
    write(&world.path(broken[1]), b"PK\x03\x04 cut off")?;
    let run = world.train(&format!("segment scans --out masks {SEGMENT}"))?;
    assert_eq!(run.code, Some(1), "{run:?}");
    let table = table(&world, "masks/cohort.csv")?;
    assert_eq!(column(&table, "case"), ["A", "B", "D", "C"]);
    assert_eq!(column(&table, "status"), ["complete", "partial", "complete", "failed"]);
    assert_eq!(column(&table, "slices"), ["3", "2", "3", ""]);
    assert!(table[1]["error"].contains("B_6.tif") && table[3]["error"].contains("C.zip"), "{table:?}");
    // The files are repaired: only these two patients are segmented again.
    for (name, bytes) in broken.iter().zip(whole) {
        write(&world.path(name), &bytes?)?;
    }
    let before = fs::metadata(world.path("masks/A/mask.nii.gz"))?.modified()?;
    let run = world.train(&format!("segment scans --out masks --resume {SEGMENT}"))?.succeeded();
    assert!(run.stderr.contains("2 of 4 patients are complete") && run.stdout.contains("12 masks"), "{run:?}");
    assert_eq!(fs::metadata(world.path("masks/A/mask.nii.gz"))?.modified()?, before);
    Ok(())
}

#[test]
fn a_patient_without_a_slice_fails() -> Result<()> {
    let world = World::new()?;
    cohort(&world)?;
    fs::copy(world.path("scans/A/A_5_mask.tif"), world.path("scans/B/B_6_mask.tif"))?;
    for number in 5..8 {
        fs::remove_file(world.path(&format!("scans/B/B_{number}.tif")))?;
    }
    let run = world.train(&format!("segment scans --out masks {SEGMENT}"))?;
    run.failed_with(&["B: no slices"]);
    let table = table(&world, "masks/cohort.csv")?;
    assert_eq!(column(&table, "status"), ["complete", "failed", "complete", "complete"]);
    assert_eq!(table[1]["error"], "B: no slices");
    Ok(())
}

#[test]
fn an_interrupted_run_is_resumed_and_gives_the_same_files() -> Result<()> {
    let world = World::new()?;
    cohort(&world)?;
    world.train(&format!("segment scans --out whole {SEGMENT}"))?.succeeded();
    world.train(&format!("segment scans --out masks {SEGMENT}"))?.succeeded();
    let whole = content(&world, "whole")?;
    assert_eq!(content(&world, "masks")?, whole);

    // The state after a kill while patient 3 was written: its record and those after it are missing, the table is cut off within a
    // line, and the files about all cases were not written. A file of patient 2 was deleted.
    for record in files(&world.path("masks/.cohort"))? {
        let path = world.path("masks/.cohort").join(record);
        let patient = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
        if ["\"patient\":\"C\"", "\"patient\":\"D\""].iter().any(|name| patient.contains(name)) {
            fs::remove_file(path)?;
        }
    }
    fs::remove_dir_all(world.path("masks/C"))?;
    write(&world.path("masks/D/D_5_mask.tif.part"), b"half a mask")?;
    fs::remove_file(world.path("masks/B/B_6_mask.tif"))?;
    for name in ["provenance.json", "report.html", "statistics.csv"] {
        fs::remove_file(world.path("masks").join(name))?;
    }
    let cut = &whole["cohort.csv"][..whole["cohort.csv"].len() - 10];
    write(&world.path("masks/cohort.csv"), cut)?;
    let untouched = fs::metadata(world.path("masks/A/mask.nii.gz"))?.modified()?;

    let run = world.train(&format!("segment scans --out masks --resume {SEGMENT}"))?.succeeded();
    assert!(run.stderr.contains("1 of 4 patients are complete") && run.stdout.contains("12 masks"), "{run:?}");
    assert_eq!(fs::metadata(world.path("masks/A/mask.nii.gz"))?.modified()?, untouched);
    let resumed = content(&world, "masks")?;
    assert_eq!(resumed.keys().collect::<Vec<_>>(), whole.keys().collect::<Vec<_>>());
    for (name, bytes) in &whole {
        assert!(resumed[name] == *bytes, "{name}");
    }
    Ok(())
}

#[test]
fn a_record_that_is_cut_off_does_not_count() -> Result<()> {
    let world = World::new()?;
    cohort(&world)?;
    world.train(&format!("segment scans/A --out masks {SEGMENT}"))?.succeeded();
    let record = world.path("masks/.cohort").join(&files(&world.path("masks/.cohort"))?[0]);
    let bytes = fs::read(&record)?;
    write(&record, &bytes[..bytes.len() / 2])?;
    let run = world.train(&format!("segment scans/A --out masks --resume {SEGMENT}"))?.succeeded();
    assert!(!run.stderr.contains("complete"), "{run:?}");
    assert_eq!(fs::read(&record)?, bytes);
    Ok(())
}

#[test]
fn results_of_other_settings_are_not_resumed() -> Result<()> {
    let world = World::new()?;
    cohort(&world)?;
    world.train(&format!("segment scans/A --out masks {SEGMENT}"))?.succeeded();
    let run = world.train(&format!("segment scans/A --out masks --resume --spacing 1 1 5 {SEGMENT}"))?;
    run.failed_with(&["other settings", "--spacing"]);
    Ok(())
}

#[test]
fn shards_split_the_patients_and_their_tables_merge_to_that_of_one_run() -> Result<()> {
    let world = World::new()?;
    cohort(&world)?;
    world.train(&format!("segment scans --out whole {SEGMENT}"))?.succeeded();
    for shard in ["1/3", "2/3", "3/3"] {
        world.train(&format!("segment scans --out masks --shard {shard} {SEGMENT}"))?.succeeded();
    }
    assert_eq!(column(&table(&world, "masks/cohort-1-of-3.csv")?, "case"), ["A", "C"]);
    let tables = ["masks/cohort-3-of-3.csv", "masks/cohort-1-of-3.csv", "masks/cohort-2-of-3.csv"];
    world.train(&format!("merge {} --out masks/cohort.csv", tables.join(" ")))?.succeeded();
    assert_eq!(fs::read(world.path("masks/cohort.csv"))?, fs::read(world.path("whole/cohort.csv"))?);
    let (whole, masks) = (content(&world, "whole")?, content(&world, "masks")?);
    for (name, bytes) in whole.iter().filter(|(name, _)| name.contains('/') && !name.starts_with('.')) {
        assert!(masks.get(name) == Some(bytes), "{name}");
    }

    world.train("merge masks/cohort-1-of-3.csv masks/cohort-3-of-3.csv --out m.csv")?.failed_with(&["missing (2)"]);
    let twice = format!("merge {} masks/cohort-2-of-3.csv --out m.csv", tables.join(" "));
    world.train(&twice)?.failed_with(&["patient 2 is also in"]);
    let none = world.train(&format!("segment scans --out masks --shard 5/5 {SEGMENT}"))?;
    none.failed_with(&["only 4 patients"]);
    Ok(())
}

#[test]
fn volumes_of_one_folder_are_separate_patients() -> Result<()> {
    let world = World::new()?;
    let volume = |name: &str| {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/nifti");
        fs::read(folder.join(name))
    };
    for patient in ["P1", "P2"] {
        write(&world.path(&format!("named/{patient}_flair.nii.gz")), &volume("compressed.nii.gz")?)?;
        write(&world.path(&format!("named/{patient}_seg.nii")), &volume("kind-u8.nii")?)?;
        write(&world.path(&format!("named/{patient}_adc.nii")), &volume("kind-f32.nii")?)?;
        write(&world.path(&format!("plain/{patient}.nii.gz")), &volume("compressed.nii.gz")?)?;
        write(&world.path(&format!("nnunet/imagesTr/{patient}_0000.nii.gz")), &volume("compressed.nii.gz")?)?;
        write(&world.path(&format!("nnunet/labelsTr/{patient}.nii")), &volume("kind-u8.nii")?)?;
    }
    for (folder, cases) in [
        ("named", ["named/P1", "named/P2"]),
        ("plain", ["plain/P1", "plain/P2"]),
        ("nnunet", ["nnunet/P1", "nnunet/P2"]),
    ] {
        world.train(&format!("segment {folder} --out {folder}-masks {SEGMENT}"))?.succeeded();
        let table = table(&world, &format!("{folder}-masks/cohort.csv"))?;
        assert_eq!(column(&table, "case"), cases, "{folder}");
        assert_eq!(column(&table, "number"), ["1", "2"], "{folder}");
        assert_eq!(table.iter().all(|line| line["dice"].is_empty()), folder == "plain", "{folder}");
        for case in cases {
            assert!(world.path(&format!("{folder}-masks/{case}/mask.nii.gz")).is_file(), "{case}");
        }
    }
    Ok(())
}
