//! Builds `www/pkg`, the wasm module of the page with its JavaScript bindings.

use std::fs;
use std::hash::{DefaultHasher, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::process;
use crate::tools;
use crate::workspace::Workspace;

/// How much time the build spends on the module.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// For publication: whole-program optimisation, no names.
    Release,
    /// For work on the page: a shorter build, a larger and slower module. It has the profile of the wasm tests, so
    /// that their dependencies are built once.
    Dev,
}

impl Effort {
    /// The profile in `Cargo.toml`.
    pub(crate) fn profile(self) -> &'static str {
        match self {
            Self::Release => "web",
            Self::Dev => "wasm-test",
        }
    }
}

const NAME: &str = "glioscope";

/// Builds `www/pkg`, unless it is up to date.
pub(crate) fn build(workspace: &Workspace, effort: Effort) -> Result<()> {
    tools::wasm_target(workspace)?;
    let bindgen = tools::wasm_bindgen(workspace)?;

    println!("Building the wasm module (minutes the first time, then only what changed).");
    // Only this one of the library's two crate types: together with an rlib cargo skips link-time optimisation, and
    // the module becomes twice as large.
    process::run(cargo(workspace, "rustc", effort).args(["--lib", "--crate-type", "cdylib"]))?;
    let module = workspace.target.join(tools::WASM_TARGET).join(effort.profile()).join(format!("{NAME}.wasm"));

    let package = workspace.root.join("www/pkg");
    let stamp = Stamp::of(&module, effort)?;
    if stamp.lies_in(&package) {
        println!("{} is up to date.", workspace.shown(&package));
        return Ok(());
    }
    pack(&module, &bindgen, &package)?;
    stamp.write(&package)
}

/// A cargo subcommand over the library, for wasm32, with the flags of `.cargo/config.toml`.
pub(crate) fn cargo(workspace: &Workspace, subcommand: &str, effort: Effort) -> Command {
    let mut command = workspace.cargo();
    command.args([subcommand, "--package", NAME, "--target", tools::WASM_TARGET]).args(["--profile", effort.profile()]);
    keep_rustflags(&mut command);
    command
}

/// Keeps the flags of `.cargo/config.toml`, such as SIMD, which these variables would replace.
pub(crate) fn keep_rustflags(command: &mut Command) {
    command.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
}

fn pack(module: &Path, bindgen: &Path, package: &Path) -> Result<()> {
    // Remove the old package, so that no file of another version of wasm-bindgen stays.
    if package.exists() {
        fs::remove_dir_all(package).with_context(|| format!("cannot remove {}", package.display()))?;
    }
    process::run(
        Command::new(process::executable(bindgen, "wasm-bindgen"))
            .args(["--target", "web", "--remove-name-section", "--out-name", NAME, "--out-dir"])
            .arg(package)
            .arg(module),
    )
}

/// Identifies the module that a package was made from, so that an unchanged package is not written again.
struct Stamp(String);

impl Stamp {
    fn of(module: &Path, effort: Effort) -> Result<Self> {
        let bytes = fs::read(module).with_context(|| format!("cannot read {}", module.display()))?;
        // It detects changes, not attacks, so a hash of the standard library is enough.
        let mut hasher = DefaultHasher::new();
        hasher.write(&bytes);
        Ok(Self(format!("{} {} {:016x}\n", effort.profile(), bytes.len(), hasher.finish())))
    }

    fn lies_in(&self, package: &Path) -> bool {
        fs::read_to_string(Self::path(package)).is_ok_and(|text| text == self.0)
    }

    fn write(&self, package: &Path) -> Result<()> {
        let path = Self::path(package);
        fs::write(&path, &self.0).with_context(|| format!("cannot write {}", path.display()))
    }

    /// A dot-file, which is neither served nor published.
    fn path(package: &Path) -> PathBuf {
        package.join(".module")
    }
}
