//! The browsers that the tests drive, and their drivers.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::process;
use crate::workspace::Workspace;

/// A Chromium and the chromedriver of the same version.
pub(crate) struct Browser {
    /// The browser's own program.
    pub(crate) chromium: PathBuf,
    /// Its WebDriver server.
    pub(crate) driver: PathBuf,
}

/// What else the end-to-end tests use, as a Debian package and a file that it installs. The tests that need one of them
/// are skipped where it is missing.
const EXTRAS: [(&str, &str); 4] = [
    // The screenshots are compared in this font.
    ("fonts-liberation", "/usr/share/fonts/truetype/liberation"),
    ("firefox-esr", "/usr/bin/firefox-esr"),
    ("webkit2gtk-driver", "/usr/bin/WebKitWebDriver"),
    ("xvfb", "/usr/bin/Xvfb"),
];

/// Flags and preferences of the browsers for the Rust tests, as `wasm-bindgen-test-runner` reads them: WebGPU on the
/// software adapter, so that the results do not depend on the machine's GPU, and no traffic of the browser's own.
const WEBDRIVER: &str = "webdriver.json";

const CHROMIUM_NAMES: [&str; 5] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

/// Where the installers of macOS and Windows put it, off the PATH.
const CHROMIUM_PLACES: [&str; 3] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
];

impl Browser {
    /// Finds a Chromium with its driver. On Debian, as root, installs what is missing, and [`EXTRAS`] too.
    pub(crate) fn ensure() -> Result<Self> {
        let found = Self::find();
        let mut missing: Vec<&str> = if found.is_none() { vec!["chromium", "chromium-driver"] } else { vec![] };
        if missing.is_empty() && EXTRAS.iter().all(|(_, file)| Path::new(file).exists()) || !debian_as_root() {
            return found.context(
                "no Chromium with a chromedriver of the same version was found: install both (Debian: apt-get install \
                 chromium chromium-driver; elsewhere: npx @puppeteer/browsers install chrome@stable and \
                 chromedriver@stable) and put them on the PATH, or name them in CHROMIUM and CHROMEDRIVER",
            );
        }
        missing.extend(EXTRAS.iter().filter(|(_, file)| !Path::new(file).exists()).map(|(package, _)| package));
        println!("Installing with apt-get: {}", missing.join(", "));
        process::run(Command::new("apt-get").arg("update"))?;
        for package in missing {
            // Each by itself: one that is not there must not keep the others out.
            if let Err(error) = install(package) {
                println!("Without {package}: {error:#}");
            }
        }
        Self::find().context("apt-get did not install chromium and chromium-driver")
    }

    /// Writes the file that tells `wasm-bindgen-test-runner` which Chromium to start, and how.
    pub(crate) fn webdriver_json(&self, workspace: &Workspace) -> Result<PathBuf> {
        let source = workspace.root.join(WEBDRIVER);
        let text = fs::read(&source).with_context(|| format!("cannot read {}", source.display()))?;
        let mut options: Value = serde_json::from_slice(&text).context("webdriver.json is no JSON")?;
        options["goog:chromeOptions"]["binary"] = self.chromium.to_string_lossy().into();
        let path = workspace.tools().join(WEBDRIVER);
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

/// A Firefox on the PATH.
pub(crate) fn firefox() -> Option<PathBuf> {
    ["firefox", "firefox-esr"].into_iter().find_map(process::find)
}

fn install(package: &str) -> Result<()> {
    process::run(
        Command::new("apt-get")
            .args(["install", "--yes", "--no-install-recommends", package])
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )
}

fn named_in(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).map(PathBuf::from).filter(|path| path.is_file())
}

/// Ubuntu does not count: its chromium package is a snap, which does not run as root in a container.
fn debian_as_root() -> bool {
    let debian =
        fs::read_to_string("/etc/os-release").is_ok_and(|release| release.lines().any(|line| line == "ID=debian"));
    debian
        && process::find("apt-get").is_some()
        && process::output(Command::new("id").arg("-u")).is_ok_and(|user| user.trim() == "0")
}
