//! Where things lie: the repository, cargo's target folder, the locked versions.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::process;

/// The repository that this xtask was built in.
pub(crate) struct Workspace {
    /// The folder of the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Cargo's target folder, wherever the machine's configuration puts it.
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// Asks cargo for the target folder, because `CARGO_TARGET_DIR` and every config file may move it.
    pub(crate) fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask has no parent folder")?.to_path_buf();
        let metadata = process::output(cargo(&root).args(["metadata", "--no-deps", "--format-version", "1"]))?;
        let metadata: serde_json::Value =
            serde_json::from_str(&metadata).context("`cargo metadata` printed no JSON")?;
        let target = metadata["target_directory"].as_str().context("`cargo metadata` named no target_directory")?;
        Ok(Self { target: PathBuf::from(target), root })
    }

    /// A cargo of the toolchain that runs this xtask, in the root.
    pub(crate) fn cargo(&self) -> Command {
        cargo(&self.root)
    }

    /// Where this project keeps the tools that it installs, apart from the user's own.
    pub(crate) fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// The version of `package` in `Cargo.lock`.
    pub(crate) fn locked_version(&self, package: &str) -> Result<String> {
        let path = self.root.join("Cargo.lock");
        let lock = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        version_in_lock(&lock, package).with_context(|| format!("{} names no package {package}", path.display()))
    }

    /// `path` as seen from the root where it lies below it, for messages.
    pub(crate) fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }
}

fn cargo(root: &Path) -> Command {
    // `cargo run` names its own binary here, which keeps a `+toolchain` choice alive.
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}

/// The first version that follows the package's name; Cargo writes one key a line, name first.
fn version_in_lock(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    lock.lines()
        .skip_while(|line| *line != name)
        .find_map(|line| line.strip_prefix("version = \"")?.strip_suffix('"'))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::version_in_lock;

    const LOCK: &str = "[[package]]\nname = \"wasm\"\nversion = \"0.1.0\"\n\n\
                        [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\nsource = \"x\"\n";

    #[test]
    fn reads_the_version_of_the_named_package_alone() {
        assert_eq!(version_in_lock(LOCK, "wasm-bindgen").as_deref(), Some("0.2.130"));
        assert_eq!(version_in_lock(LOCK, "wasm").as_deref(), Some("0.1.0"));
        assert_eq!(version_in_lock(LOCK, "wasm-pack"), None);
    }
}
