//! Builds `www/pkg`, the wasm modules of the page with their JavaScript bindings.

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
    /// For work on the page and for its tests: a shorter build, a larger module.
    Dev,
}

impl Effort {
    /// What the end-to-end tests run over: with `full` the modules as they are published, which take twice as long to build.
    pub(crate) fn of_tests(full: bool) -> Self {
        if full { Self::Release } else { Self::Dev }
    }
}

/// A wasm module: the library with some of its features.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Module {
    /// Everything but WebGPU. It has no Burn, so it is built in a minute.
    Page,
    /// The network in Burn on WebGPU.
    Gpu,
    /// The reader of rare files.
    Formats,
}

/// The library's package and crate.
const LIBRARY: &str = "glioscope";

const PACKAGE: &str = "www/pkg";

impl Module {
    pub(crate) const ALL: [Self; 3] = [Self::Page, Self::Gpu, Self::Formats];

    /// Those that have tests in a browser; without `full` those that are tested in every run. The readers are tested
    /// natively, and the end-to-end tests run WebGPU too.
    pub(crate) fn tested(full: bool) -> &'static [Self] {
        if full { &[Self::Page, Self::Gpu] } else { &[Self::Page] }
    }

    /// The stem of its files in `www/pkg`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Page => "glioscope",
            Self::Gpu => "gpu",
            Self::Formats => "formats",
        }
    }

    /// Its published files, relative to the site's root.
    pub(crate) fn files(self) -> [String; 2] {
        [format!("{PACKAGE}/{}.js", self.name()), format!("{PACKAGE}/{}_bg.wasm", self.name())]
    }

    /// The profile in `Cargo.toml`. The module's wasm tests share that of `Dev`, so that dependencies are built once.
    fn profile(self, effort: Effort) -> &'static str {
        match (self, effort) {
            (_, Effort::Release) => "web",
            (Self::Gpu, Effort::Dev) => "gpu-test",
            (Self::Page | Self::Formats, Effort::Dev) => "wasm-test",
        }
    }

    fn feature(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Gpu => "wgpu",
            Self::Formats => "formats",
        }
    }

    /// A target folder of its own: cargo gives the library's module the same path for all features.
    fn target(self, workspace: &Workspace) -> PathBuf {
        workspace.target.join("modules").join(self.name())
    }
}

/// Builds one module into `www/pkg`, unless it is up to date.
pub(crate) fn build(workspace: &Workspace, module: Module, effort: Effort) -> Result<()> {
    tools::wasm_target(workspace)?;
    let bindgen = tools::wasm_bindgen(workspace)?;

    println!("Building the wasm module {}.", module.name());
    // Only this one of the library's two crate types: together with an rlib cargo skips link-time optimisation, and
    // the module becomes twice as large.
    process::run(cargo(workspace, "rustc", module, effort).args(["--lib", "--crate-type", "cdylib"]))?;
    let built = module.target(workspace).join(tools::WASM_TARGET).join(module.profile(effort));
    let built = built.join(format!("{LIBRARY}.wasm"));

    let package = workspace.root.join(PACKAGE);
    let stamp = Stamp::of(&built, module.profile(effort))?;
    if stamp.lies_in(&package, module) {
        println!("{PACKAGE}/{}.js is up to date.", module.name());
        return Ok(());
    }
    process::run(
        Command::new(process::executable(&bindgen, "wasm-bindgen"))
            .args(["--target", "web", "--remove-name-section", "--out-name", module.name(), "--out-dir"])
            .arg(&package)
            .arg(&built),
    )?;
    stamp.write(&package, module)
}

/// A cargo subcommand over the library, for wasm32, with the flags of `.cargo/config.toml`.
pub(crate) fn cargo(workspace: &Workspace, subcommand: &str, module: Module, effort: Effort) -> Command {
    let mut command = workspace.cargo();
    command
        .args([subcommand, "--package", LIBRARY, "--no-default-features", "--features", module.feature()])
        .args(["--target", tools::WASM_TARGET, "--profile", module.profile(effort)])
        .arg("--target-dir")
        .arg(module.target(workspace));
    keep_rustflags(&mut command);
    command
}

/// Keeps the flags of `.cargo/config.toml`, such as SIMD, which these variables would replace.
pub(crate) fn keep_rustflags(command: &mut Command) {
    command.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
}

/// Identifies the build that a module in `www/pkg` was made from, so that an unchanged one is not written again.
struct Stamp(String);

impl Stamp {
    fn of(module: &Path, profile: &str) -> Result<Self> {
        let bytes = fs::read(module).with_context(|| format!("cannot read {}", module.display()))?;
        // It detects changes, not attacks, so a hash of the standard library is enough.
        let mut hasher = DefaultHasher::new();
        hasher.write(&bytes);
        Ok(Self(format!("{profile} {} {:016x}\n", bytes.len(), hasher.finish())))
    }

    fn lies_in(&self, package: &Path, module: Module) -> bool {
        fs::read_to_string(Self::path(package, module)).is_ok_and(|text| text == self.0)
    }

    fn write(&self, package: &Path, module: Module) -> Result<()> {
        let path = Self::path(package, module);
        fs::write(&path, &self.0).with_context(|| format!("cannot write {}", path.display()))
    }

    /// A dot-file, which is neither served nor published.
    fn path(package: &Path, module: Module) -> PathBuf {
        package.join(format!(".{}", module.name()))
    }
}
