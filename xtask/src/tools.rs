//! The tools that a build needs besides cargo, and their installation.
//!
//! A tool of the right version on the PATH is used. Otherwise it is installed into cargo's target folder, so that no
//! tool of the user's is replaced. Everything comes from the registries of cargo, npm and pip.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::process;
use crate::workspace::Workspace;

/// The compilation target of the page.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

const CARGO_FUZZ_VERSION: &str = "0.13.2";
const WASM_PACK_VERSION: &str = "0.15.1";
const GECKODRIVER_VERSION: &str = "0.37.1";

/// What the bench compares fitting with.
const KERAS: [&str; 2] = ["keras==3.15.1", "tensorflow==2.21.0"];
const TORCH: [&str; 2] = ["torch==2.15.0", "numpy==2.4.6"];

/// What runs and checks exported networks.
const ONNX: [&str; 4] = ["numpy==2.4.6", "onnx==1.23.2", "onnxruntime==1.32.0", "safetensors==0.8.0"];

/// What runs the workflow of `train`. It needs Python 3.11.
const SNAKEMAKE: [&str; 2] = ["snakemake==9.27.1", "snakemake-executor-plugin-slurm==2.8.0"];

/// Installs the wasm32 standard library if the toolchain lacks it.
pub(crate) fn wasm_target(workspace: &Workspace) -> Result<()> {
    let libraries = process::output(
        Command::new("rustc").args(["--print", "target-libdir", "--target", WASM_TARGET]).current_dir(&workspace.root),
    )?;
    if Path::new(libraries.trim()).is_dir() {
        return Ok(());
    }
    println!("The Rust toolchain has no {WASM_TARGET} yet: adding it.");
    process::run(Command::new("rustup").args(["target", "add", WASM_TARGET]).current_dir(&workspace.root))
        .with_context(|| format!("install {WASM_TARGET} for this toolchain (rustup does so: https://rustup.rs)"))
}

/// The folder of `wasm-bindgen` and its test runner, in the version of `Cargo.lock`: any other version refuses the
/// module.
pub(crate) fn wasm_bindgen(workspace: &Workspace) -> Result<PathBuf> {
    CargoTool {
        package: "wasm-bindgen-cli",
        programs: &["wasm-bindgen", "wasm-bindgen-test-runner"],
        version: workspace.lock()?.version("wasm-bindgen")?,
        // It rewrites megabytes of code.
        opt_level: "1",
    }
    .ensure(workspace)
}

/// The folder of `cargo-fuzz`, which builds the fuzz targets.
pub(crate) fn cargo_fuzz(workspace: &Workspace) -> Result<PathBuf> {
    CargoTool {
        package: "cargo-fuzz",
        programs: &["cargo-fuzz"],
        version: CARGO_FUZZ_VERSION,
        // It starts other programs.
        opt_level: "0",
    }
    .ensure(workspace)
}

/// The folder of `wasm-pack`, which runs the browser tests without xtask.
pub(crate) fn wasm_pack(workspace: &Workspace) -> Result<PathBuf> {
    CargoTool { package: "wasm-pack", programs: &["wasm-pack"], version: WASM_PACK_VERSION, opt_level: "0" }
        .ensure(workspace)
}

/// The folder of `geckodriver`, the WebDriver server of Firefox.
pub(crate) fn geckodriver(workspace: &Workspace) -> Result<PathBuf> {
    CargoTool { package: "geckodriver", programs: &["geckodriver"], version: GECKODRIVER_VERSION, opt_level: "0" }
        .ensure(workspace)
}

/// Fails if Node or npm is missing.
pub(crate) fn node() -> Result<()> {
    for program in ["node", "npm"] {
        let mut command = process::node_script(program);
        if program == "node" {
            command = Command::new(program);
        }
        process::output(command.arg("--version"))
            .with_context(|| format!("{program} is needed: install Node 20 or newer with npm"))?;
    }
    Ok(())
}

/// Runs `npm ci`, unless the folder's packages are up to date.
pub(crate) fn node_modules(folder: &Path) -> Result<()> {
    node()?;
    let changed = |path: &str| fs::metadata(folder.join(path)).and_then(|data| data.modified());
    let fresh = matches!(
        (changed("package-lock.json"), changed("node_modules/.package-lock.json")),
        (Ok(locked), Ok(installed)) if installed >= locked
    );
    if fresh {
        return Ok(());
    }
    process::run(
        process::node_script("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            // For Playwright: the tests use the machine's Chromium.
            .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
            .current_dir(folder),
    )
}

/// npx for the programs that [`node_modules`] installs in `folder`; it fetches none.
pub(crate) fn npx(folder: &Path) -> Command {
    let mut command = process::node_script("npx");
    // After `--`, npm takes no flag for its own.
    command.args(["--no", "--"]).current_dir(folder);
    command
}

/// A Python with Keras and TensorFlow.
pub(crate) fn keras(workspace: &Workspace) -> Result<PathBuf> {
    python(workspace, "keras", "tensorflow", &KERAS)
}

/// A Python with PyTorch. On Linux it takes 6 GB, because the package needs NVIDIA's libraries on a CPU too.
pub(crate) fn torch(workspace: &Workspace) -> Result<PathBuf> {
    python(workspace, "torch", "torch", &TORCH)
}

/// A Python with ONNX Runtime and the checker of ONNX.
pub(crate) fn onnx(workspace: &Workspace) -> Result<PathBuf> {
    python(workspace, "onnx", "onnxruntime", &ONNX)
}

/// A Python with Snakemake and its executor for Slurm.
pub(crate) fn snakemake(workspace: &Workspace) -> Result<PathBuf> {
    python(workspace, "snakemake", "snakemake_executor_plugin_slurm", &SNAKEMAKE)
}

/// A Python that can import `module`, in the virtual environment `name` in cargo's target folder. It is made with these
/// packages if it does not exist.
fn python(workspace: &Workspace, name: &str, module: &str, packages: &[&str]) -> Result<PathBuf> {
    let own = workspace.tools().join(name);
    let bin = own.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let python = process::executable(&bin, "python");
    let works = || {
        Command::new(&python)
            .arg("-c")
            .arg(format!("import {module}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    let packages_shown = packages.join(", ");
    if !works() {
        println!("Installing {packages_shown} into {} (some minutes, once).", workspace.shown(&own));
        process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&own))?;
        process::run(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(packages))?;
        if !works() {
            bail!("pip installed {packages_shown}, but {module} cannot be imported here");
        }
    }
    Ok(python)
}

/// A package of programs that cargo installs.
struct CargoTool<'a> {
    package: &'a str,
    /// The first one is asked for its version.
    programs: &'a [&'a str],
    version: &'a str,
    /// They run for seconds, so building them faster matters more than their speed.
    opt_level: &'a str,
}

impl CargoTool<'_> {
    /// The folder of the programs in this version, which are installed if they are missing.
    fn ensure(&self, workspace: &Workspace) -> Result<PathBuf> {
        let own = workspace.tools();
        let bin = own.join("bin");
        let mut folders = process::search_path();
        folders.insert(0, bin.clone());
        if let Some(folder) = folders.into_iter().find(|folder| self.lies_in(folder)) {
            return Ok(folder);
        }
        println!("Installing {} {} into {} (some minutes, once).", self.package, self.version, workspace.shown(&own));
        // First with the package's own lock file, which its authors tested. A registry mirror may lack one of its
        // versions; then any compatible versions will do.
        self.install(workspace, &["--locked"]).or_else(|error| {
            println!("  {error}; trying again without its lock file");
            self.install(workspace, &[])
        })?;
        if !self.lies_in(&bin) {
            bail!(
                "cargo installed {} {}, but {} is not in {}",
                self.package,
                self.version,
                self.programs.join(", "),
                bin.display()
            );
        }
        Ok(bin)
    }

    fn lies_in(&self, folder: &Path) -> bool {
        self.programs.iter().all(|program| process::executable(folder, program).is_file())
            && Command::new(process::executable(folder, self.programs[0]))
                .arg("--version")
                .stderr(Stdio::null())
                .output()
                .is_ok_and(|output| version_of(&String::from_utf8_lossy(&output.stdout)) == Some(self.version))
    }

    fn install(&self, workspace: &Workspace, flags: &[&str]) -> Result<()> {
        let own = workspace.tools();
        let build = own.join("build");
        process::run(
            workspace
                .cargo()
                .args(["install", self.package, "--force", "--version"])
                .arg(format!("={}", self.version))
                .arg("--root")
                .arg(&own)
                .args(flags)
                // A separate folder, so that an interrupted installation continues where it stopped.
                .env("CARGO_TARGET_DIR", &build)
                .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", self.opt_level)
                .env("CARGO_PROFILE_RELEASE_LTO", "off")
                .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
                .env("CARGO_PROFILE_RELEASE_DEBUG", "0"),
        )?;
        // Hundreds of megabytes that nothing needs now. It does no harm if they stay.
        let _ = fs::remove_dir_all(build);
        Ok(())
    }
}

/// The version in `name 1.2.3 (…)`, which every clap program prints.
fn version_of(line: &str) -> Option<&str> {
    line.split_whitespace().nth(1)
}

#[cfg(test)]
mod tests {
    use super::version_of;

    #[test]
    fn reads_the_version_that_a_program_prints() {
        assert_eq!(version_of("wasm-bindgen 0.2.130\n"), Some("0.2.130"));
        assert_eq!(version_of("wasm-bindgen 0.2.130 (3c1f9f6 2026-01-01)"), Some("0.2.130"));
        assert_eq!(version_of(""), None);
    }
}
