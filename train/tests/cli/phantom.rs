//! `train phantom`.

use std::fs;

use anyhow::Result;

use crate::world::{World, files, write};

#[test]
fn phantoms_have_the_layout_of_the_dataset_and_depend_only_on_the_seed() -> Result<()> {
    let world = World::new()?;
    for out in ["once", "again"] {
        let run = world.train(&format!("phantom --out {out} --patients 2 --seed 7 --slices 12"))?.succeeded();
        assert!(run.stdout.contains("2 patients, 24 slices"), "{run:?}");
    }
    let names = files(&world.path("once"))?;
    assert_eq!(names.len(), 48);
    for name in ["PHANTOM_0001/PHANTOM_0001_1.tif", "PHANTOM_0002/PHANTOM_0002_12_mask.tif"] {
        assert!(names.iter().any(|found| found == name), "{name} in {names:?}");
    }
    for name in &names {
        let [once, again] = ["once", "again"].map(|out| fs::read(world.path(out).join(name)));
        assert_eq!(once?, again?, "{name}");
    }
    let lesion = world.mask("once/PHANTOM_0001/PHANTOM_0001_6_mask.tif")?;
    assert_eq!([lesion.width(), lesion.height()], [256, 256]);
    world.train("phantom --out other --patients 1 --seed 8 --slices 12")?.succeeded();
    let name = "PHANTOM_0001/PHANTOM_0001_6.tif";
    assert_ne!(fs::read(world.path("once").join(name))?, fs::read(world.path("other").join(name))?);
    Ok(())
}

#[test]
fn a_folder_that_is_not_empty_is_not_changed() -> Result<()> {
    let world = World::new()?;
    write(&world.path("taken/file.txt"), b"mine")?;
    world.train("phantom --out taken --patients 1")?.failed_with(&["taken", "not empty", "file.txt"]);
    assert_eq!(files(&world.path("taken"))?, ["file.txt"]);
    Ok(())
}
