//! The Rust tests in a browser.

use std::process::Command;

use anyhow::Result;

use super::report::{Outcome, Report};
use crate::browser::{self, Browser};
use crate::process;
use crate::tools;
use crate::wasm::{self, Effort, Module};
use crate::workspace::Workspace;

/// Seconds for all tests of a file, and for the browser to start. The defaults, 20 and 5, are too short for a software
/// GPU on two shared cores.
const TIMEOUTS: [(&str, &str); 2] = [("WASM_BINDGEN_TEST_TIMEOUT", "900"), ("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "60")];

pub(super) fn wasm(workspace: &Workspace, full: bool, report: &mut Report) {
    for &module in Module::tested(full) {
        report.stage(format!("wasm: {}", module.name()), || tests(workspace, module));
    }
    if full {
        report.stage("wasm-pack: chrome", || wasm_pack_chrome(workspace));
        report.stage("wasm-pack: firefox", || wasm_pack_firefox(workspace));
    }
}

/// Compiles the tests of a module.
pub(super) fn compile(workspace: &Workspace, module: Module) -> Result<()> {
    tools::wasm_target(workspace)?;
    process::run(command(workspace, module).arg("--no-run"))
}

/// What `wasm-pack test` runs for a module, in a profile that is built sooner, and without the minutes that installing
/// wasm-pack takes.
fn command(workspace: &Workspace, module: Module) -> Command {
    let mut command = wasm::cargo(workspace, "test", module, Effort::Dev);
    command.args(["--test", "web"]);
    command
}

fn tests(workspace: &Workspace, module: Module) -> Result<Outcome> {
    tools::wasm_target(workspace)?;
    let bindgen = tools::wasm_bindgen(workspace)?;
    let browser = Browser::ensure()?;
    let mut command = command(workspace, module);
    command
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", process::executable(&bindgen, "wasm-bindgen-test-runner"))
        .env("CHROMEDRIVER", &browser.driver)
        .env("WASM_BINDGEN_TEST_ONLY_WEB", "1")
        .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", browser.webdriver_json(workspace)?)
        .envs(TIMEOUTS);
    process::run(&mut command)?;
    Ok(Outcome::Passed)
}

/// `wasm-pack test --headless --chrome`, as README has it: the driver and the browser that are on the PATH, and the
/// flags in `webdriver.json`.
fn wasm_pack_chrome(workspace: &Workspace) -> Result<Outcome> {
    let browser = Browser::ensure()?;
    wasm_pack(workspace, "--chrome", "--chromedriver", &browser.driver.to_string_lossy())
}

fn wasm_pack_firefox(workspace: &Workspace) -> Result<Outcome> {
    if browser::firefox().is_none() {
        return Ok(Outcome::Skipped("there is no Firefox here".to_owned()));
    }
    let driver = process::executable(&tools::geckodriver(workspace)?, "geckodriver");
    wasm_pack(workspace, "--firefox", "--geckodriver", &driver.to_string_lossy())
}

fn wasm_pack(workspace: &Workspace, browser: &str, driver_flag: &str, driver: &str) -> Result<Outcome> {
    tools::wasm_target(workspace)?;
    let program = process::executable(&tools::wasm_pack(workspace)?, "wasm-pack");
    let mut command = Command::new(program);
    command.current_dir(&workspace.root).args(["test", "--headless", browser, driver_flag, driver]).envs(TIMEOUTS);
    wasm::keep_rustflags(&mut command);
    process::run(&mut command)?;
    Ok(Outcome::Passed)
}
