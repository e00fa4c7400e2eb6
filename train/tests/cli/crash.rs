//! What a fit survives: a kill at any moment, a full disk, data that changes or disappears, a loss that is not finite. In each
//! case the resumed fit ends with the weights of an undisturbed one.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::world::{Run, World, with_suffix};

/// A fit of a few seconds. Its checkpoint is the largest file that it writes.
const FIT: &str = "fit --data data --device cpu --held-out-fraction 0 --seed 7 \
                   --epochs 4 --batch 6 --crop 64 --widths 6,12 --stem 4 --out";

const RESUME: &str = "fit --data data --device cpu --resume --out";

fn start(world: &World, arguments: &str) -> Result<Child> {
    Ok(Command::new(env!("CARGO_BIN_EXE_train"))
        .current_dir(world.path(""))
        .args(arguments.split_whitespace())
        .stderr(Stdio::null())
        .spawn()?)
}

/// The arguments that start the fit or, if it has a checkpoint, resume it.
fn next(world: &World, out: &str) -> String {
    let started = world.path(out).join("checkpoint.bin").exists();
    format!("{} {out}", if started { RESUME } else { FIT })
}

/// Waits until `done`, or until the child has ended.
fn wait_until(child: &mut Child, mut done: impl FnMut() -> bool) -> Result<()> {
    let start = Instant::now();
    while !done() && child.try_wait()?.is_none() {
        assert!(start.elapsed() < Duration::from_secs(180), "no progress for three minutes");
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

/// Checks that both folders have the same model, bit for bit, also in single precision.
#[track_caller]
fn assert_same(world: &World, a: &str, b: &str) -> Result<()> {
    for file in ["weights.safetensors", "history.csv", "checkpoint.bin"] {
        let bytes = |out: &str| fs::read(world.path(out).join(file)).with_context(|| format!("{out}/{file}"));
        let (mut bytes, mut other) = (bytes(a)?, bytes(b)?);
        if file == "checkpoint.bin" {
            (bytes, other) = (without_optimiser(&bytes)?, without_optimiser(&other)?);
        }
        assert!(bytes == other, "{b}/{file} differs from the undisturbed fit");
    }
    Ok(())
}

/// Header, network and moving average of a checkpoint. Burn writes the record of the optimiser in a different order each time.
/// The weights of later steps show whether it was resumed correctly.
fn without_optimiser(checkpoint: &[u8]) -> Result<Vec<u8>> {
    let start = checkpoint.iter().position(|&byte| byte == b'\n').context("a first line")? + 1 + 32;
    let mut end = start;
    for _ in 0..3 {
        let length = checkpoint.get(end..).and_then(|rest| rest.first_chunk()).context("a part")?;
        end += 8 + u64::from_le_bytes(*length) as usize;
    }
    Ok(checkpoint.get(start..end).context("three parts")?.to_vec())
}

#[test]
fn a_fit_that_is_killed_at_many_moments_ends_with_the_same_weights() -> Result<()> {
    let world = World::new()?;
    world.train(&format!("{FIT} whole"))?.succeeded();
    let part = world.path("killed/checkpoint.bin.part");
    let mut kills = 0;
    // First when the writing of a checkpoint starts, then later and later.
    for delay in [0, 0, 1, 2, 3, 5, 8, 12] {
        let mut fit = start(&world, &next(&world, "killed"))?;
        wait_until(&mut fit, || part.exists())?;
        std::thread::sleep(Duration::from_millis(delay));
        kills += u32::from(fit.try_wait()?.is_none());
        fit.kill()?;
        fit.wait()?;
    }
    assert!(kills >= 3, "only {kills} kills came before the end of the fit");
    world.train(&next(&world, "killed"))?.succeeded();
    assert_same(&world, "whole", "killed")
}

#[cfg(unix)]
#[test]
fn a_fit_that_is_told_to_end_saves_a_checkpoint_and_its_exit_code_is_130() -> Result<()> {
    let world = World::new()?;
    let fit = FIT.replace("--epochs 4", "--epochs 50") + " fit";
    let folds = "cross-validate --data data --device cpu --folds 2 --only 1 --seed 7 \
                 --epochs 50 --batch 6 --crop 64 --widths 6,12 --stem 4 --out folds";
    for (arguments, folder) in [(&*fit, "fit"), (folds, "folds/fold-1")] {
        let mut child = start(&world, arguments)?;
        let history = world.path(folder).join("history.csv");
        wait_until(&mut child, || history.exists())?;
        assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status()?.success());
        assert_eq!(child.wait()?.code(), Some(130), "{arguments}");
        assert!(world.path(folder).join("checkpoint.bin").exists(), "{arguments}");
    }
    Ok(())
}

/// Runs `train` with a limit of `blocks` times 512 bytes for each file.
#[cfg(unix)]
fn limited(world: &World, arguments: &str, blocks: u64, ignored: bool) -> Result<Run> {
    let trap = if ignored { "trap '' XFSZ;" } else { "" };
    let script = format!("{trap} ulimit -f {blocks}; exec \"$0\" {arguments}");
    let output = Command::new("/bin/sh")
        .current_dir(world.path(""))
        .args(["-c", &script, env!("CARGO_BIN_EXE_train")])
        .output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Run { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) })
}

/// A signal ends the program at a chosen byte in the middle of a write: once of the first checkpoint, once of the second.
#[cfg(unix)]
#[test]
fn a_fit_that_is_killed_in_the_middle_of_a_write_ends_with_the_same_weights() -> Result<()> {
    let world = World::new()?;
    world.train(&format!("{FIT} whole"))?.succeeded();
    let size = |file: &str| Ok::<_, anyhow::Error>(fs::metadata(world.path("whole").join(file))?.len() / 512);
    let (largest, checkpoint) =
        (size("curve.png")?.max(size("weights.safetensors")?).max(size("model.json")?), size("checkpoint.bin")?);
    assert!(
        largest + 8 < checkpoint,
        "the checkpoint must be the largest file, found {checkpoint} blocks of 512 bytes"
    );
    for blocks in [1, largest + 2, (largest + checkpoint) / 2, checkpoint - 1] {
        let out = format!("killed{blocks}");
        for _ in 0..2 {
            let killed = limited(&world, &next(&world, &out), blocks, false)?;
            assert_eq!(killed.code, None, "expected a signal: {killed:?}");
            // One more epoch, so that the next kill hits the second checkpoint.
            let before = fs::read(world.path(&out).join("checkpoint.bin")).ok();
            let mut fit = start(&world, &next(&world, &out))?;
            let checkpoint = world.path(&out).join("checkpoint.bin");
            wait_until(&mut fit, || fs::read(&checkpoint).ok() != before)?;
            fit.kill()?;
            fit.wait()?;
        }
        world.train(&next(&world, &out))?.succeeded();
        assert_same(&world, "whole", &out)?;
    }
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_an_error_and_costs_only_the_epoch() -> Result<()> {
    let world = World::new()?;
    world.train(&format!("{FIT} whole"))?.succeeded();
    let blocks = fs::metadata(world.path("whole/checkpoint.bin"))?.len() / 512;
    // First no file fits, then only the recipe does, then all but the checkpoint do.
    let recipe = fs::metadata(world.path("whole/recipe.toml"))?.len() / 512 + 1;
    limited(&world, &format!("{FIT} full"), 1, true)?.failed_with(&["full/recipe.toml", "bytes"]);
    limited(&world, &format!("{FIT} full"), recipe, true)?.failed_with(&["full/weights.safetensors", "bytes"]);
    limited(&world, &format!("{FIT} full"), blocks - 1, true)?.failed_with(&["full/checkpoint.bin", "bytes"]);
    assert!(!world.path("full/checkpoint.bin.part").exists(), "a part of a file is left");
    world.train(&next(&world, "full"))?.succeeded();
    assert_same(&world, "whole", "full")
}

#[test]
fn data_that_disappears_during_the_fit_makes_no_difference() -> Result<()> {
    let world = World::new()?;
    world.train(&format!("{FIT} whole"))?.succeeded();
    let mut fit = start(&world, &format!("{FIT} without"))?;
    let first = world.path("without/checkpoint.bin");
    wait_until(&mut fit, || first.exists())?;
    fs::rename(world.path("data"), world.path("elsewhere"))?;
    assert!(fit.wait()?.success());
    assert_same(&world, "whole", "without")?;
    world.train(&format!("{RESUME} without"))?.failed_with(&["data", "No such file"]);
    Ok(())
}

#[test]
fn data_that_differs_from_the_checkpoint_is_an_error_with_the_patient() -> Result<()> {
    let world = World::new()?;
    world.train(&format!("{FIT} fitted"))?.succeeded();
    let slice = world.path("data/PHANTOM_0002/PHANTOM_0002_3.tif");
    let mask = with_suffix(&slice, "_mask.tif");
    let (bytes, mask_bytes) = (fs::read(&slice)?, fs::read(&mask)?);

    // One pixel of a slice, one pixel of a mask, then a missing pair.
    let mut altered = bytes.clone();
    let middle = altered.len() / 2;
    altered[middle] ^= 1;
    fs::write(&slice, &altered)?;
    world.train(&format!("{RESUME} fitted"))?.failed_with(&["PHANTOM_0002", "changed"]);
    fs::write(&slice, &bytes)?;
    let mut altered = mask_bytes.clone();
    let middle = altered.len() / 2;
    altered[middle] ^= 0xff;
    fs::write(&mask, &altered)?;
    world.train(&format!("{RESUME} fitted"))?.failed_with(&["PHANTOM_0002", "changed"]);
    fs::remove_file(&slice)?;
    fs::remove_file(&mask)?;
    world.train(&format!("{RESUME} fitted"))?.failed_with(&["PHANTOM_0002", "missing"]);

    fs::write(&slice, &bytes)?;
    fs::write(&mask, &mask_bytes)?;
    world.train(&format!("{RESUME} fitted"))?.succeeded();
    Ok(())
}

#[test]
fn a_resumed_fit_cannot_have_another_recipe_or_network() -> Result<()> {
    let world = World::new()?;
    world.train(&format!("{FIT} fitted"))?.succeeded();
    // The recipe is that of the checkpoint.
    for other in ["--widths 8,16", "--seed 8", "--by-slice", "--config recipe.toml"] {
        let run = world.train(&format!("{RESUME} fitted {other}"))?;
        assert_eq!(run.code, Some(2), "{run:?}");
        assert!(run.stderr.contains("--resume"), "{run:?}");
    }
    // A list with other held-out patients than the checkpoint.
    fs::write(world.path("list.txt"), "PHANTOM_0001\n")?;
    world.train(&format!("{RESUME} fitted --held-out list.txt"))?.failed_with(&["list.txt", "other patients"]);
    // Records of another network than that of the header. Format 1 has no hash.
    let path = world.path("fitted/checkpoint.bin");
    let bytes = fs::read(&path)?;
    let parts = &bytes[b"glioscope checkpoint 2\n".len() + 32..];
    let end = 8 + u64::from_le_bytes(*parts.first_chunk().context("a length")?) as usize;
    let header: serde_json::Value = ciborium::from_reader(&parts[8..end])?;
    for (key, value) in
        [("widths", serde_json::json!([8, 12])), ("widths", serde_json::json!([6, 12, 24])), ("stem", 2.into())]
    {
        let mut header = header.clone();
        assert_ne!(header["recipe"]["network"][key], value);
        header["recipe"]["network"][key] = value;
        let header = serde_json::to_vec(&header)?;
        let length = (header.len() as u64).to_le_bytes();
        fs::write(&path, [b"glioscope checkpoint 1\n", &length[..], &header, &parts[end..]].concat())?;
        world.train(&format!("{RESUME} fitted"))?.failed_with(&["fitted/checkpoint.bin"]);
    }
    Ok(())
}

#[test]
fn a_loss_that_is_not_finite_is_an_error_with_step_and_epoch_and_leaves_no_broken_file() -> Result<()> {
    let world = World::new()?;
    let run = world.train(&format!("{FIT} wild --lr 1e30"))?;
    run.failed_with(&["the loss is NaN at step ", " of 16, epoch 1: ", "--lr"]);
    // Files of earlier epochs are usable.
    if world.path("wild/model.json").exists() {
        world.train("evaluate --data data --model wild --device cpu")?.succeeded();
    }
    assert!(!world.path("wild/checkpoint.bin.part").exists());
    Ok(())
}
