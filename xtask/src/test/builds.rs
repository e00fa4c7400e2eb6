//! Builds for later stages, beside the stages before them: compilers often use one core alone.

use std::env;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};

use super::wasm;
use crate::wasm::{Effort, Module};
use crate::workspace::Workspace;

/// The hidden action of xtask that runs [`build`].
pub(crate) const ACTION: &str = "test-builds";

/// Compiles what the stages after the native ones run, each in a target folder of its own. The native stages can run at
/// the same time.
pub(crate) fn build(workspace: &Workspace, full: bool) -> Result<()> {
    for &module in Module::tested(full) {
        wasm::compile(workspace, module)?;
    }
    for module in Module::ALL {
        crate::wasm::build(workspace, module, Effort::of_tests(full))?;
    }
    Ok(())
}

/// A process that runs [`build`]. It writes to a file, so that its output does not mix with that of the stages.
pub(super) struct Builds {
    child: Child,
    log: PathBuf,
}

impl Builds {
    pub(super) fn start(workspace: &Workspace, full: bool) -> Result<Self> {
        let log = workspace.target.join("test-builds.log");
        fs::create_dir_all(&workspace.target)
            .with_context(|| format!("cannot create {}", workspace.target.display()))?;
        let file = File::create(&log).with_context(|| format!("cannot create {}", log.display()))?;
        let mut command = Command::new(env::current_exe().context("xtask does not find itself")?);
        command.arg(ACTION).args(full.then_some("--full")).stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let child = command.spawn().context("cannot start xtask")?;
        println!("The builds of later stages run beside the first ones. They print to {}.", log.display());
        Ok(Self { child, log })
    }

    /// Waits for the builds.
    ///
    /// # Errors
    ///
    /// Where one failed; its output is in the error.
    pub(super) fn finish(mut self) -> Result<()> {
        let status = self.child.wait()?;
        if !status.success() {
            bail!("the builds ended with {status}:\n{}", fs::read_to_string(&self.log).unwrap_or_default());
        }
        Ok(())
    }
}

impl Drop for Builds {
    fn drop(&mut self) {
        // It has ended, unless a stage panicked. `kill` then stops at least what it would start next.
        self.child.kill().ok();
    }
}
