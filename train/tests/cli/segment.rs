//! `train segment`.

use std::fs;

use anyhow::Result;

use crate::world::{World, files, write};

#[test]
fn the_output_has_the_folders_of_the_input_and_the_masks_of_evaluate() -> Result<()> {
    let world = World::new()?;
    write(&world.path("data/data.csv"), b"Patient,age\n")?;
    let run = world.train("segment data --out masks --model model --device cpu")?.succeeded();
    assert!(run.stdout.contains("24 masks"), "{run:?}");
    world.train("evaluate --data data --model model --device cpu --masks evaluated")?.succeeded();
    let names = files(&world.path("evaluated"))?;
    assert_eq!(names.len(), 24);
    for name in &names {
        assert_eq!(fs::read(world.path("masks").join(name))?, fs::read(world.path("evaluated").join(name))?, "{name}");
    }
    let written = files(&world.path("masks"))?;
    assert_eq!(written.iter().filter(|name| name.ends_with("_mask.tif")).count(), names.len());
    for name in &names {
        let overlay = name.replace("_mask.tif", "_overlay.png");
        assert!(written.contains(&overlay), "{overlay}");
    }
    for patient in ["PHANTOM_0001", "PHANTOM_0002"] {
        for volume in ["mask.nii.gz", "probability.nii.gz"] {
            assert!(written.contains(&format!("{patient}/{volume}")), "{patient}/{volume} of {written:?}");
        }
    }
    for name in ["README.txt", "cohort.csv", "provenance.json", "report.html", "statistics.csv"] {
        assert!(written.contains(&name.to_owned()), "{name}");
    }
    let records = written.iter().filter(|name| name.starts_with(".cohort/")).count();
    assert_eq!([records, written.len()], [2, 24 + 24 + 4 + 5 + 2], "{written:?}");

    let table = fs::read_to_string(world.path("masks/statistics.csv"))?;
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 25);
    assert!(lines[0].starts_with("case,slice,width,height,area_px,dice"));
    // Natural order, and a score, since the slices have references.
    assert!(lines[2].starts_with("PHANTOM_0001,PHANTOM_0001/PHANTOM_0001_2.tif,64,64,"), "{}", lines[2]);
    let area = world.mask("masks/PHANTOM_0001/PHANTOM_0001_2_mask.tif")?.area();
    assert_eq!(lines[2].split(',').nth(4), Some(area.to_string().as_str()));
    assert!(lines[2].split(',').nth(5).is_some_and(|dice| dice.parse::<f64>().is_ok()), "{}", lines[2]);
    Ok(())
}

#[test]
fn files_of_one_folder_are_the_same_case_as_the_folder() -> Result<()> {
    let world = World::new()?;
    let list: Vec<String> = (1..=12).map(|slice| format!("data/PHANTOM_0001/PHANTOM_0001_{slice}.tif")).collect();
    world.train(&format!("segment {} --out files --model model --device cpu", list.join(" ")))?.succeeded();
    world.train("segment data/PHANTOM_0001 --out folder --model model --device cpu")?.succeeded();
    for slice in [1, 7, 12] {
        let name = format!("PHANTOM_0001_{slice}_mask.tif");
        assert_eq!(world.mask(&format!("files/{name}"))?, world.mask(&format!("folder/{name}"))?, "{name}");
    }
    Ok(())
}

#[test]
fn two_folders_of_the_same_name_are_two_cases() -> Result<()> {
    let world = World::new()?;
    for (folder, number) in [("a/P1", 5), ("b/P1", 6), ("b/P2", 7)] {
        let slice = fs::read(world.path(&format!("data/PHANTOM_0001/PHANTOM_0001_{number}.tif")))?;
        write(&world.path(&format!("study/{folder}/scan_1.tif")), &slice)?;
    }
    world.train("segment study --out masks --model model --device cpu")?.succeeded();
    let table = fs::read_to_string(world.path("masks/statistics.csv"))?;
    let cases: Vec<&str> = table.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    assert_eq!(cases, ["a/P1", "b/P1", "P2"]);
    let written = files(&world.path("masks"))?;
    for name in ["a/P1/mask.nii.gz", "b/P1/mask.nii.gz", "P2/mask.nii.gz", "b/P2/scan_1_mask.tif"] {
        assert!(written.contains(&name.to_owned()), "{name} of {written:?}");
    }
    Ok(())
}

#[test]
fn slices_without_a_number_are_the_case_of_their_folder() -> Result<()> {
    let world = World::new()?;
    for (name, number) in [("upper", 7), ("lower", 6)] {
        let slice = fs::read(world.path(&format!("data/PHANTOM_0001/PHANTOM_0001_{number}.tif")))?;
        write(&world.path(&format!("scan/{name}.tif")), &slice)?;
    }
    world.train("segment scan --out masks --model model --device cpu")?.succeeded();
    let table = fs::read_to_string(world.path("masks/statistics.csv"))?;
    let cases: Vec<&str> = table.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    assert_eq!(cases, ["scan", "scan"]);
    assert!(files(&world.path("masks"))?.contains(&"upper_mask.tif".to_owned()));
    // Paths of files do not name a folder.
    world.train("segment scan/upper.tif scan/lower.tif --out loose --model model --device cpu")?.succeeded();
    let table = fs::read_to_string(world.path("loose/statistics.csv"))?;
    let cases: Vec<&str> = table.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    assert_eq!(cases, ["lower", "upper"]);
    Ok(())
}

#[test]
fn unreadable_files_are_reported_and_the_others_are_segmented() -> Result<()> {
    let world = World::new()?;
    write(&world.path("data/PHANTOM_0001/PHANTOM_0001_13.tif"), b"some text")?;
    let run = world.train("segment data nowhere.tif --out masks --model model --device cpu")?;
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stderr.contains("PHANTOM_0001_13.tif: a text is not read here"), "{run:?}");
    assert!(run.stderr.contains("nowhere.tif"), "{run:?}");
    assert!(run.stderr.contains("2 errors"), "{run:?}");
    let written = files(&world.path("masks"))?;
    assert_eq!(written.iter().filter(|name| name.ends_with("_mask.tif")).count(), 24);
    Ok(())
}

/// A broken link and a folder that cannot be listed do not stop the others.
#[cfg(unix)]
#[test]
fn broken_links_and_closed_folders_are_reported_and_the_others_are_segmented() -> Result<()> {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let world = World::new()?;
    symlink("nowhere.tif", world.path("data/PHANTOM_0001/PHANTOM_0001_0.tif"))?;
    let closed = world.path("data/A_CLOSED");
    fs::create_dir(&closed)?;
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000))?;
    // The superuser can list every folder.
    let failed = if fs::read_dir(&closed).is_err() { 2 } else { 1 };
    let run = world.train("segment data --out masks --model model --device cpu")?;
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700))?;
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stderr.contains("PHANTOM_0001_0.tif"), "{run:?}");
    assert_eq!(run.stderr.contains("A_CLOSED"), failed == 2, "{run:?}");
    assert!(run.stderr.contains(&format!("{failed} errors")), "{run:?}");
    assert!(run.stdout.contains("24 masks"), "{run:?}");
    Ok(())
}

#[test]
fn an_input_file_is_never_overwritten() -> Result<()> {
    let world = World::new()?;
    let name = "data/PHANTOM_0001/PHANTOM_0001_6_mask.tif";
    let before = fs::read(world.path(name))?;
    for arguments in [
        "segment data --out data",
        "segment data/PHANTOM_0001 --out data/PHANTOM_0001",
        "segment data/PHANTOM_0001/PHANTOM_0001_6.tif --out data/PHANTOM_0001/../PHANTOM_0001",
    ] {
        world.train(&format!("{arguments} --model model --device cpu"))?.failed_with(&["choose another folder"]);
    }
    assert_eq!(fs::read(world.path(name))?, before);
    assert_eq!(files(&world.path("data"))?.len(), 48);
    Ok(())
}

#[test]
fn a_second_run_does_not_segment_the_masks_of_the_first() -> Result<()> {
    let world = World::new()?;
    for _ in 0..2 {
        let run = world.train("segment data --out data/masks --model model --device cpu")?.succeeded();
        assert!(run.stdout.contains("24 masks"), "{run:?}");
    }
    Ok(())
}

#[test]
fn a_folder_without_slices_is_an_error() -> Result<()> {
    let world = World::new()?;
    fs::create_dir(world.path("empty"))?;
    world.train("segment empty --out masks --model model --device cpu")?.failed_with(&["no slices", "empty"]);
    Ok(())
}

#[test]
fn a_single_grey_slice_is_segmented() -> Result<()> {
    let world = World::new()?;
    let grey = glioscope::read::Slice::new(
        "grey",
        90,
        50,
        glioscope::read::Channels::Grey,
        glioscope::read::Samples::U16((0..90 * 50).map(|value| value * 7).collect()),
    )?;
    write(&world.path("grey.tif"), &glioscope::write::slice_tiff(&grey))?;
    let run = world.train("segment grey.tif --out masks --model model --device cpu")?.succeeded();
    assert!(run.stderr.contains("note: grey: a single slice is judged by itself"), "{run:?}");
    let mask = world.mask("masks/grey_mask.tif")?;
    assert_eq!([mask.width(), mask.height()], [90, 50]);
    let table = fs::read_to_string(world.path("masks/statistics.csv"))?;
    assert!(table.lines().nth(1).is_some_and(|line| line.contains(",,,,,false,")), "{table}");
    Ok(())
}

/// Two pages of 8-bit grey in one file.
fn stack() -> Result<Vec<u8>> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut encoder = tiff::encoder::TiffEncoder::new(&mut bytes)?;
    for page in 0..2_u8 {
        let samples: Vec<u8> = (0..64 * 64).map(|pixel| (pixel % 251) as u8 ^ page).collect();
        encoder.write_image::<tiff::encoder::colortype::Gray8>(64, 64, &samples)?;
    }
    Ok(bytes.into_inner())
}

#[test]
fn every_page_of_a_stack_gets_a_mask() -> Result<()> {
    let world = World::new()?;
    write(&world.path("stack.tif"), &stack()?)?;
    world.train("segment stack.tif --out masks --model model --device cpu")?.succeeded();
    let written = files(&world.path("masks"))?;
    for name in ["stack_1_mask.tif", "stack_2_mask.tif", "stack_2_overlay.png", "stack/mask.nii.gz"] {
        assert!(written.contains(&name.to_owned()), "{name} of {written:?}");
    }
    Ok(())
}

#[test]
fn a_spacing_gives_areas_in_millimetres_and_an_invalid_one_is_an_error() -> Result<()> {
    let world = World::new()?;
    let command = "segment data/PHANTOM_0001 --out masks --model model --device cpu --spacing";
    world.train(&format!("{command} 0.5 0.25 4"))?.succeeded();
    let table = fs::read_to_string(world.path("masks/statistics.csv"))?;
    for line in table.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let (pixels, millimetres): (f64, f64) = (fields[4].parse()?, fields[9].parse()?);
        assert!((millimetres - pixels * 0.125).abs() < 1e-3, "{line}");
    }
    let report = fs::read_to_string(world.path("masks/report.html"))?;
    assert!(report.contains("0.5 x 0.25 x 4 mm"), "{report}");
    world.train(&format!("{command} 0.5 0 4"))?.failed_with(&["--spacing", "above 0"]);
    Ok(())
}

#[test]
fn two_inputs_never_have_the_same_mask_file() -> Result<()> {
    let world = World::new()?;
    write(&world.path("in/stack.tif"), &stack()?)?;
    fs::copy(world.path("data/PHANTOM_0001/PHANTOM_0001_6.tif"), world.path("in/stack_2.tif"))?;
    let run = world.train("segment in --out masks --model model --device cpu")?.succeeded();
    assert!(run.stdout.contains("3 masks"), "{run:?}");
    let written = files(&world.path("masks"))?;
    let provenance: serde_json::Value = serde_json::from_slice(&fs::read(world.path("masks/provenance.json"))?)?;
    for name in ["stack_1_mask.tif", "stack_2_mask.tif", "stack_2_mask (2).tif", "stack_2_overlay (2).png"] {
        assert!(written.contains(&name.to_owned()), "{name} of {written:?}");
        assert!(name.ends_with(".png") || provenance.to_string().contains(name), "{name} in {provenance}");
    }
    Ok(())
}

#[test]
fn a_value_that_is_not_finite_is_an_error_and_not_an_empty_mask() -> Result<()> {
    let world = World::new()?;
    world.write_broken_model()?;
    let run = world.train("segment data --out masks --model model --device cpu")?;
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stderr.contains("not finite") && run.stderr.contains("2 errors"), "{run:?}");
    for patient in ["PHANTOM_0001", "PHANTOM_0002"] {
        assert!(run.stderr.contains(patient), "{run:?}");
    }
    let written = files(&world.path("masks"))?;
    assert!(!written.iter().any(|name| name.contains("mask")), "{written:?}");
    Ok(())
}
