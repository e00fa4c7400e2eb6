//! The Chromium that the tests drive, and its driver.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use crate::process;
use crate::workspace::Workspace;

/// A Chromium and the chromedriver that belongs to it.
pub(crate) struct Browser {
    /// The browser's own program.
    pub(crate) chromium: PathBuf,
    /// Its WebDriver server.
    pub(crate) driver: PathBuf,
}

/// WebGPU on the software adapter, so that the results do not depend on the machine's GPU; and no traffic
/// of the browser's own, so that every request that a test sees is the page's.
const FLAGS: [&str; 8] = [
    "--headless=new",
    "--no-sandbox",
    "--enable-unsafe-webgpu",
    "--use-webgpu-adapter=swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
];

/// What the pages' pictures are compared in, and the second browser; where apt has neither, the tests say what they leave out.
const BESIDES: [&str; 2] = ["fonts-liberation", "firefox-esr"];

const CHROMIUM_NAMES: [&str; 5] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

/// Where the installers of macOS and Windows put it, off the PATH.
const CHROMIUM_PLACES: [&str; 3] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
];

impl Browser {
    /// Finds a Chromium with its driver; on Debian, as root, installs them where they are missing, and [`BESIDES`] with them.
    pub(crate) fn ensure() -> Result<Self> {
        if let Some(found) = Self::find() {
            return Ok(found);
        }
        if !debian_as_root() {
            bail!(
                "no Chromium with a chromedriver of the same version was found: install both (Debian: apt-get \
                 install chromium chromium-driver; elsewhere: npx @puppeteer/browsers install chrome@stable \
                 and chromedriver@stable) and put them on the PATH, or name them in CHROMIUM and CHROMEDRIVER"
            );
        }
        println!("Installing Chromium and its driver with apt-get.");
        process::run(Command::new("apt-get").arg("update"))?;
        install(&["chromium", "chromium-driver"])?;
        for package in BESIDES {
            if let Err(error) = install(&[package]) {
                println!("Without {package}: {error:#}");
            }
        }
        Self::find().context("apt-get installed chromium and chromium-driver, but not on the PATH")
    }

    /// The file that tells `wasm-bindgen-test-runner` which browser to start, and how.
    pub(crate) fn webdriver_json(&self, workspace: &Workspace) -> Result<PathBuf> {
        let path = workspace.tools().join("webdriver.json");
        let options = json!({ "goog:chromeOptions": { "binary": self.chromium, "args": FLAGS } });
        fs::create_dir_all(workspace.tools())
            .and_then(|()| fs::write(&path, format!("{options:#}\n")))
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    }

    fn find() -> Option<Self> {
        let chromium = named_in("CHROMIUM")
            .or_else(|| CHROMIUM_NAMES.into_iter().find_map(process::find))
            .or_else(|| CHROMIUM_PLACES.into_iter().map(PathBuf::from).find(|path| path.is_file()))?;
        // CHROMEWEBDRIVER is the folder that GitHub's runners name.
        let driver = named_in("CHROMEDRIVER").or_else(|| process::find("chromedriver")).or_else(|| {
            let folder = env::var_os("CHROMEWEBDRIVER")?;
            Some(process::executable(Path::new(&folder), "chromedriver")).filter(|path| path.is_file())
        })?;
        Some(Self { chromium, driver })
    }
}

fn install(packages: &[&str]) -> Result<()> {
    process::run(
        Command::new("apt-get")
            .args(["install", "--yes", "--no-install-recommends"])
            .args(packages)
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )
}

fn named_in(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).map(PathBuf::from).filter(|path| path.is_file())
}

/// Ubuntu counts as something else: its chromium package is a snap, which does not run as root in a container.
fn debian_as_root() -> bool {
    let debian =
        fs::read_to_string("/etc/os-release").is_ok_and(|release| release.lines().any(|line| line == "ID=debian"));
    debian
        && process::find("apt-get").is_some()
        && process::output(Command::new("id").arg("-u")).is_ok_and(|user| user.trim() == "0")
}
