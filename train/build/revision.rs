//! The git revision of a checkout.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What `train` is built from, relative to the root of the checkout. Changes elsewhere do not make a binary dirty.
pub(crate) const SOURCES: [&str; 8] = [
    ".cargo/config.toml",
    "Cargo.lock",
    "Cargo.toml",
    "src",
    "train/Cargo.toml",
    "train/build",
    "train/build.rs",
    "train/src",
];

/// The revision of the checkout with this root, followed by `-dirty` if a tracked file of [`SOURCES`] differs from it. None
/// outside a checkout and without git.
pub(crate) fn of(root: &Path) -> Option<String> {
    if !is_root(root) {
        return None;
    }
    let head = git(root, &["rev-parse", "HEAD"])?;
    let status = ["--no-optional-locks", "status", "--porcelain", "--untracked-files=no", "--"];
    let changes = git(root, &[&status[..], &SOURCES].concat())?;
    Some(if changes.is_empty() { head } else { format!("{head}-dirty") })
}

/// The files and folders that decide the revision. All of them exist, since cargo takes a missing file for a changed one.
pub(crate) fn watched(root: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = SOURCES.iter().map(|path| root.join(path)).collect();
    if is_root(root) {
        let in_git = |name: &str| Some(root.join(git(root, &["rev-parse", "--git-path", name])?));
        // The log changes when HEAD moves, and only then. It can be turned off.
        let log = in_git("logs/HEAD").filter(|path| path.exists());
        let heads = ["HEAD", "refs/heads", "packed-refs"];
        paths.extend(log.map_or_else(|| heads.into_iter().filter_map(in_git).collect(), |log| vec![log]));
    }
    paths.retain(|path| path.exists());
    paths
}

/// Whether the folder is the root of a checkout. An unpacked archive may be inside the checkout of something else.
fn is_root(folder: &Path) -> bool {
    git(folder, &["rev-parse", "--show-prefix"]).is_some_and(|prefix| prefix.is_empty())
}

/// What git prints, if it succeeds.
fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").current_dir(folder).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
