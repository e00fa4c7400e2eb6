//! Where things are: the repository, cargo's target folder, the locked versions.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use cargo_metadata::MetadataCommand;
use serde::Deserialize;

/// The repository that this xtask was built in.
pub(crate) struct Workspace {
    /// The folder of the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Cargo's target folder.
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// Asks cargo for the target folder, because `CARGO_TARGET_DIR` and every configuration file may move it.
    pub(crate) fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask has no parent folder")?.to_path_buf();
        let metadata = MetadataCommand::new().current_dir(&root).no_deps().exec()?;
        Ok(Self { target: metadata.target_directory.into(), root })
    }

    /// A cargo of the toolchain that runs this xtask, in the root.
    pub(crate) fn cargo(&self) -> Command {
        // `cargo run` names its own binary here, which keeps a `+toolchain` choice.
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(&self.root);
        command
    }

    /// The folder of the tools that xtask installs, apart from the user's own.
    pub(crate) fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// The packages of `Cargo.lock`.
    pub(crate) fn lock(&self) -> Result<Lock> {
        let path = self.root.join("Cargo.lock");
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("cannot parse {}", path.display()))
    }

    /// `path` relative to the root where it is below it, for messages.
    pub(crate) fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }
}

/// A `Cargo.lock`, as far as xtask reads it.
#[derive(Deserialize)]
pub(crate) struct Lock {
    #[serde(rename = "package")]
    pub(crate) packages: Vec<LockedPackage>,
}

/// One package of it.
#[derive(Deserialize)]
pub(crate) struct LockedPackage {
    pub(crate) name: String,
    pub(crate) version: String,
    /// SHA-256 in hexadecimal digits, of packages from a registry.
    pub(crate) checksum: Option<String>,
}

impl Lock {
    /// The version of the first package of that name.
    pub(crate) fn version(&self, name: &str) -> Result<&str> {
        let package = self.packages.iter().find(|package| package.name == name);
        Ok(&package.with_context(|| format!("Cargo.lock has no package {name}"))?.version)
    }
}

#[cfg(test)]
mod tests {
    use super::Lock;

    #[test]
    fn a_lock_tells_versions_by_name() {
        let lock: Lock = toml::from_str(
            "version = 4\n[[package]]\nname = \"wasm\"\nversion = \"0.1.0\"\n\n[[package]]\nname = \
             \"wasm-bindgen\"\nversion = \"0.2.130\"\nsource = \"x\"\nchecksum = \"abcd\"\n",
        )
        .expect("a lock");
        assert_eq!(lock.version("wasm-bindgen").expect("it is there"), "0.2.130");
        assert_eq!(lock.packages[1].checksum.as_deref(), Some("abcd"));
        let message = lock.version("wasm-pack").expect_err("it is not there").to_string();
        assert!(message.contains("wasm-pack"), "{message}");
    }
}
