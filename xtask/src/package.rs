//! The npm packages: `glioscope` with the library and its workers, and `glioscope-model` with the published weights.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::process;
use crate::tools;
use crate::vendor;
use crate::wasm::{self, Effort, Module};
use crate::workspace::Workspace;

/// The folder of the packages' sources, a folder for each.
const SOURCES: &str = "packages";
const LIBRARY: &str = "glioscope";
const MODEL: &str = "glioscope-model";

/// The ECMAScript version of the library's scripts, as of the page.
const TARGET: &str = "--target=es2022";
/// The modules that a package's user imports. They have shared code in further files.
const ENTRIES: [&str; 3] = ["index.js", "node.js", "client.js"];
/// The scripts of the workers, one file each.
const WORKERS: [&str; 3] = ["www/worker/worker.js", "www/worker/gpu-worker.js", "www/worker/formats-worker.js"];
/// The types of the wasm module, which the types of the library import.
const WASM_TYPES: &str = "www/pkg/glioscope.d.ts";
/// The package with the TypeScript compiler.
const TYPESCRIPT: &str = "tests/e2e";

const MODEL_FILES: [&str; 5] = ["model.json", "card.json", "weights.safetensors", "MODEL_CARD.md", "LICENSE"];

/// Writes the packages into `packages` in cargo's target folder: a folder and an archive of `npm pack` for each. Returns that
/// folder.
pub(crate) fn package(workspace: &Workspace, effort: Effort) -> Result<PathBuf> {
    for module in Module::ALL {
        wasm::build(workspace, module, effort)?;
    }
    let out = workspace.target.join("packages");
    if out.exists() {
        fs::remove_dir_all(&out).with_context(|| format!("cannot remove {}", out.display()))?;
    }
    library(workspace, &out.join(LIBRARY))?;
    model(workspace, &out.join(MODEL))?;
    for name in [LIBRARY, MODEL] {
        let mut pack = process::node_script("npm");
        pack.args(["pack", "--silent", "--pack-destination"]).arg(&out).current_dir(out.join(name));
        process::run(&mut pack)?;
    }
    println!("The packages are in {}.", workspace.shown(&out));
    Ok(out)
}

fn library(workspace: &Workspace, out: &Path) -> Result<()> {
    let source = workspace.root.join(SOURCES).join(LIBRARY);
    describe(workspace, LIBRARY, out)?;
    for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
        copy(&workspace.root.join(licence), &out.join(licence))?;
    }
    for module in Module::ALL {
        let file = format!("{}_bg.wasm", module.name());
        copy(&workspace.root.join("www/pkg").join(&file), &out.join(file))?;
    }
    tools::node_modules(&workspace.root.join(vendor::SOURCE))?;
    let entries = ENTRIES.map(|entry| source.join(entry));
    bundle(workspace, &entries, out, &["--splitting", "--external:node:*"])?;
    bundle(workspace, &WORKERS.map(|worker| workspace.root.join(worker)), out, &[])?;

    let typescript = workspace.root.join(TYPESCRIPT);
    tools::node_modules(&typescript)?;
    let types = out.join("types");
    process::run(tools::npx(&typescript).args(["tsc", "--project"]).arg(&source).arg("--outDir").arg(&types))?;
    copy(&workspace.root.join(WASM_TYPES), &types.join(WASM_TYPES))
}

fn model(workspace: &Workspace, out: &Path) -> Result<()> {
    describe(workspace, MODEL, out)?;
    for file in ["index.js", "index.d.ts"] {
        copy(&workspace.root.join(SOURCES).join(MODEL).join(file), &out.join(file))?;
    }
    for file in MODEL_FILES {
        copy(&workspace.root.join("www/model").join(file), &out.join(file))?;
    }
    Ok(())
}

/// Writes `package.json`, with the version of the workspace, and `README.md`.
fn describe(workspace: &Workspace, name: &str, out: &Path) -> Result<()> {
    let source = workspace.root.join(SOURCES).join(name);
    copy(&source.join("README.md"), &out.join("README.md"))?;
    let path = source.join("package.json");
    let text = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut described: Value =
        serde_json::from_slice(&text).with_context(|| format!("{} is no JSON", path.display()))?;
    described["version"] = workspace.lock()?.version(LIBRARY)?.into();
    let path = out.join("package.json");
    fs::write(&path, format!("{described:#}\n")).with_context(|| format!("cannot write {}", path.display()))
}

/// Bundles each module into `out`, not minified.
fn bundle(workspace: &Workspace, modules: &[PathBuf], out: &Path, flags: &[&str]) -> Result<()> {
    let mut command: Command = tools::npx(&workspace.root.join(vendor::SOURCE));
    command.args(["esbuild", "--bundle", "--format=esm", "--log-level=warning", TARGET]).args(flags).args(modules);
    process::run(command.arg(format!("--outdir={}", out.display())))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let folder = to.parent().context("a file has a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    fs::copy(from, to).with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    Ok(())
}
