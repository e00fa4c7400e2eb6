//! The git revision that the build script writes into the binary.

#[path = "../build/revision.rs"]
mod revision;

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};

fn git(folder: &Path, arguments: &str) -> Result<()> {
    let user = ["-c", "user.name=test", "-c", "user.email=test@localhost"];
    let output = Command::new("git").current_dir(folder).args(user).args(arguments.split(' ')).output()?;
    ensure!(output.status.success(), "git {arguments}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// A repository with one commit.
fn repository(folder: &Path) -> Result<()> {
    for path in ["src/lib.rs", "train/src/main.rs", "README.md"] {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(path, "first")?;
    }
    git(folder, "init --quiet")?;
    git(folder, "add .")?;
    git(folder, "commit --quiet --message first")
}

#[test]
fn a_clean_checkout_has_the_hash_of_its_commit() -> Result<()> {
    let folder = tempfile::tempdir()?;
    repository(folder.path())?;
    let first = revision::of(folder.path()).expect("a revision");
    assert!(first.len() == 40 && first.bytes().all(|byte| byte.is_ascii_hexdigit()), "{first}");
    fs::write(folder.path().join("src/lib.rs"), "second")?;
    git(folder.path(), "commit --quiet --all --message second")?;
    let second = revision::of(folder.path()).expect("a revision");
    assert!(second != first && second.len() == 40, "{second}");
    Ok(())
}

#[test]
fn a_changed_source_makes_the_revision_dirty_and_other_files_do_not() -> Result<()> {
    let folder = tempfile::tempdir()?;
    repository(folder.path())?;
    let clean = revision::of(folder.path()).expect("a revision");
    fs::write(folder.path().join("README.md"), "second")?;
    fs::write(folder.path().join("src/untracked.rs"), "not part of the crate without a `mod` line")?;
    assert_eq!(revision::of(folder.path()), Some(clean.clone()));
    for source in ["src/lib.rs", "train/src/main.rs"] {
        fs::write(folder.path().join(source), "second")?;
        assert_eq!(revision::of(folder.path()), Some(format!("{clean}-dirty")), "{source}");
        git(folder.path(), "add .")?;
        assert_eq!(revision::of(folder.path()), Some(format!("{clean}-dirty")), "{source}, staged");
        git(folder.path(), "reset --quiet --hard")?;
        assert_eq!(revision::of(folder.path()), Some(clean.clone()), "{source}, restored");
    }
    Ok(())
}

#[test]
fn a_folder_outside_a_checkout_has_no_revision() -> Result<()> {
    let folder = tempfile::tempdir()?;
    assert_eq!(revision::of(folder.path()), None);
    // An archive that was unpacked in the checkout of something else.
    repository(folder.path())?;
    assert_eq!(revision::of(&folder.path().join("src")), None);
    Ok(())
}

#[test]
fn cargo_watches_only_files_that_exist_and_the_log_of_head() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let watched = |folder: &Path| revision::watched(folder);
    fs::create_dir(folder.path().join("src"))?;
    assert_eq!(watched(folder.path()), [folder.path().join("src")]);
    repository(folder.path())?;
    let log = folder.path().join(".git/logs/HEAD");
    assert!(watched(folder.path()).contains(&log), "{:?}", watched(folder.path()));
    let before = fs::read(&log)?;
    git(folder.path(), "commit --quiet --allow-empty --message second")?;
    assert_ne!(fs::read(&log)?, before);
    // Without a log, HEAD and the branches are watched.
    fs::remove_dir_all(folder.path().join(".git/logs"))?;
    assert!(watched(folder.path()).contains(&folder.path().join(".git/HEAD")), "{:?}", watched(folder.path()));
    assert!(watched(folder.path()).iter().all(|path| path.exists()));
    Ok(())
}

#[test]
fn the_binary_has_the_revision_of_its_build() -> Result<()> {
    let output = Command::new(env!("CARGO_BIN_EXE_train")).arg("--version").output()?;
    let version = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(version.trim(), format!("train {} ({})", env!("CARGO_PKG_VERSION"), env!("GLIOSCOPE_REVISION")));
    Ok(())
}
