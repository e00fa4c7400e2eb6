//! Makes a few minified files of the page's scripts and stylesheets, so that a first visit needs few requests.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::process;
use crate::tools;
use crate::vendor;
use crate::workspace::Workspace;

/// All stylesheets of the page in one.
pub(crate) const SHEET: &str = "www/styles.css";

/// The page's modules, all in one file.
pub(crate) const APP: &str = "www/app.js";
/// A classic script without imports, which runs in browsers without modules.
const STARTUP: &str = "www/startup.js";
/// The folder of the workers' modules. Each script whose name ends with `worker.js` starts one.
const WORKERS: &str = "www/worker/";

/// The folders of modules that are published as they are. The page and its workers import them when they need them.
const SEPARATE: [&str; 2] = ["www/pkg/", "www/vendor/"];

/// The ECMAScript version of the published scripts, as of the libraries.
const TARGET: &str = "--target=es2022";

/// Whether the file of the repository at `path` is published as a part of a bundle.
pub(crate) fn contains(path: &str) -> bool {
    (path.ends_with(".js") || path.ends_with(".css")) && !SEPARATE.iter().any(|folder| path.starts_with(folder))
}

/// Writes the bundles into the site in `out` and returns their paths. `sources` are the files of the repository that
/// [`contains`] names; `sheets` are the stylesheets among them, in the order of `index.html`.
pub(crate) fn write(
    workspace: &Workspace,
    out: &Path,
    sources: &BTreeSet<String>,
    sheets: &[String],
) -> Result<Vec<String>> {
    tools::node_modules(&workspace.root.join(vendor::SOURCE))?;
    let modules: Vec<&String> = sources.iter().filter(|path| is_entry(path)).collect();
    process::run(
        esbuild(workspace)
            .args(modules.iter().map(|path| workspace.root.join(path)))
            .args(["--bundle", "--format=esm", TARGET])
            // The path of a bundle is that of its first module, so this import stays valid.
            .arg("--external:../pkg/*")
            .arg(flag("--outbase=", &workspace.root))
            .arg(flag("--outdir=", out)),
    )?;
    process::run(
        esbuild(workspace).arg(workspace.root.join(STARTUP)).arg(TARGET).arg(flag("--outfile=", &out.join(STARTUP))),
    )?;
    // The sheets have no imports and no addresses, so they can be joined as they are.
    let joined = sheets
        .iter()
        .map(|path| fs::read_to_string(workspace.root.join(path)).with_context(|| format!("cannot read {path}")))
        .collect::<Result<String>>()?;
    let sheet = out.join(SHEET);
    fs::write(&sheet, joined).with_context(|| format!("cannot write {}", sheet.display()))?;
    process::run(esbuild(workspace).arg(&sheet).args(["--allow-overwrite"]).arg(flag("--outfile=", &sheet)))?;
    Ok(modules.into_iter().cloned().chain([STARTUP.to_owned(), SHEET.to_owned()]).collect())
}

/// Whether a page or a worker starts with this module.
fn is_entry(path: &str) -> bool {
    path == APP || path.strip_prefix(WORKERS).is_some_and(|name| name.ends_with("worker.js"))
}

/// esbuild, as the libraries are bundled with it.
fn esbuild(workspace: &Workspace) -> Command {
    let source = concat!("/* glioscope, minified. Source: ", env!("CARGO_PKG_REPOSITORY"), " */");
    let mut command = tools::npx(&workspace.root.join(vendor::SOURCE));
    command.args(["esbuild", "--minify", "--log-level=warning"]);
    command.args(["js", "css"].map(|language| format!("--banner:{language}={source}")));
    command
}

fn flag(name: &str, path: &Path) -> PathBuf {
    let mut flag = OsString::from(name);
    flag.push(path);
    flag.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_and_sheets_are_bundled_and_other_files_are_not() {
        for path in ["www/app.js", "www/core/store.js", "www/worker/serve.js", "www/styles/base.css"] {
            assert!(contains(path), "{path}");
        }
        for path in ["index.html", "www/icon.svg", "www/pkg/gpu.js", "www/vendor/niivue.js", "www/model/model.json"] {
            assert!(!contains(path), "{path}");
        }
    }

    #[test]
    fn the_page_and_each_worker_have_a_bundle() {
        for path in ["www/app.js", "www/worker/worker.js", "www/worker/gpu-worker.js", "www/worker/formats-worker.js"] {
            assert!(is_entry(path), "{path}");
        }
        for path in ["www/startup.js", "www/worker/serve.js", "www/worker/gpu.js", "www/engine/primary-worker.js"] {
            assert!(!is_entry(path), "{path}");
        }
    }
}
