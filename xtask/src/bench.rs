//! Compares the speed of the network with onnxruntime-web in the browser and with Keras for fitting.
//!
//! `tests/bench/bench.js` measures in the browser, `train bench` natively. This module prepares both and prints the
//! ratios.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::process;
use crate::site;
use crate::test::native;
use crate::tools;
use crate::wasm::Module;
use crate::workspace::Workspace;

mod table;

/// Options of the bench.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Measure for a few minutes only: fewer repetitions, no Keras.
    #[arg(long)]
    quick: bool,
    /// A site that `dist` wrote; by default it is built first.
    #[arg(long, value_name = "DIR")]
    site: Option<PathBuf>,
    /// Run only these parts in the browser: ceiling, slice, patient, reference, webgpu, growth, cold, memory, bytes.
    #[arg(long, value_name = "PARTS")]
    only: Option<String>,
}

/// Steps of a fit in one turn. `train` and Keras take turns.
const STEPS: u64 = 4;
/// Turns of each.
const TURNS: usize = 2;

/// Measures, prints a table, and writes `bench/bench.json` into cargo's target folder.
///
/// Parts that cannot run here are skipped, with a reason.
///
/// # Errors
///
/// If nothing could be measured.
pub(crate) fn bench(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let out = workspace.target.join("bench");
    fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
    let site = match &arguments.site {
        Some(site) => std::path::absolute(site)?,
        None => {
            let site = workspace.target.join("dist");
            site::dist(workspace, &site, &Module::ALL)?;
            site
        }
    };
    // As the tests build it: another selection of packages would compile half of Burn again.
    native::build(workspace)?;
    let train = process::executable(&workspace.target.join("release"), "train");

    let mut skipped = Vec::new();
    let mut part = |name: &str, run: &dyn Fn() -> Result<Value>| {
        println!("\n== {name}");
        run().unwrap_or_else(|error| {
            println!("skipped: {error:#}");
            skipped.push(format!("{name}: {error:#}"));
            Value::Null
        })
    };
    let browser = part("browser", &|| in_browser(workspace, arguments, &site, &train, &out));
    let ceiling = part("ceiling", &|| native_ceiling(workspace, &out));
    let segment = part("segment", &|| segment(workspace, &train, &out, arguments.quick));
    let fit = part("fit", &|| fit(workspace, &train, &browser, arguments.quick));
    let gpu = part("gpu", &|| vulkan(workspace, &train));
    if browser.is_null() && fit.is_null() {
        bail!("nothing could be measured");
    }

    let raw =
        json!({ "browser": browser, "native": { "ceiling": ceiling, "segment": segment, "fit": fit, "vulkan": gpu } });
    let ratios = table::ratios(&raw);
    table::print(&raw, &ratios);
    for reason in &skipped {
        println!("skipped: {reason}");
    }
    let path = out.join("bench.json");
    let result = json!({ "ratios": ratios, "quick": arguments.quick, "skipped": skipped, "raw": raw });
    fs::write(&path, format!("{result:#}\n")).with_context(|| format!("cannot write {}", path.display()))?;
    println!("\nAll figures are in {}", workspace.shown(&path));
    Ok(())
}

/// Runs `tests/bench/bench.js` and returns its figures.
fn in_browser(workspace: &Workspace, arguments: &Arguments, site: &Path, train: &Path, out: &Path) -> Result<Value> {
    let folder = workspace.root.join("tests/bench");
    tools::node_modules(&folder)?;
    let browser = Browser::ensure()?;
    tools::wasm_target(workspace)?;
    let ceiling = out.join("ceiling.wasm");
    process::run(rustc(workspace, &ceiling).args(["--target", tools::WASM_TARGET, "--crate-type", "cdylib"]).args([
        "-C",
        "target-feature=+simd128",
        "-C",
        "strip=symbols",
    ]))?;
    let model = out.join("model.safetensors");
    // The weights of the site, which may differ from those of this repository.
    process::run(
        Command::new(train).arg("export").arg("--model").arg(site.join("www/model")).arg("--out").arg(&model),
    )?;
    let phantom = phantom(train, out, if arguments.quick { 50 } else { 500 })?;
    let found = out.join("browser.json");
    let mut command = Command::new("node");
    command.arg(folder.join("bench.js"));
    for (name, path) in [
        ("--site", site),
        ("--model", &model),
        ("--ceiling", &ceiling),
        ("--phantom", &phantom),
        ("--chromium", &browser.chromium),
        ("--out", &found),
    ] {
        command.arg(name).arg(path);
    }
    if arguments.quick {
        command.arg("--quick");
    }
    if let Some(only) = &arguments.only {
        command.arg("--only").arg(only);
    }
    process::run(&mut command)?;
    let text = fs::read_to_string(&found).with_context(|| format!("cannot read {}", found.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is no JSON", found.display()))
}

/// The folder of a phantom of that many slices, made where it does not exist.
fn phantom(train: &Path, out: &Path, slices: usize) -> Result<PathBuf> {
    let folder = out.join(format!("phantom-{slices}"));
    if !folder.is_dir() {
        // Renamed when it is complete, so that an interrupted run leaves no folder of that name.
        let part = tempfile::tempdir_in(out)?;
        let made = part.path().join("phantom");
        let slices = slices.to_string();
        process::run(
            Command::new(train).args(["phantom", "--patients", "1", "--slices", &slices, "--out"]).arg(&made),
        )?;
        fs::rename(&made, &folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    Ok(folder)
}

/// The most that one thread of this machine can do, in multiply-adds and bytes a second.
fn native_ceiling(workspace: &Workspace, out: &Path) -> Result<Value> {
    let program = process::executable(out, "ceiling");
    process::run(rustc(workspace, &program).args(["-C", "target-cpu=native"]))?;
    json_of(&process::output(&mut Command::new(&program))?)
}

fn rustc(workspace: &Workspace, out: &Path) -> Command {
    let mut command = Command::new("rustc");
    command.current_dir(&workspace.root).args([
        "tests/bench/ceiling.rs",
        "--edition",
        "2024",
        "-C",
        "opt-level=3",
        "-o",
    ]);
    command.arg(out);
    command
}

/// Time and memory of `train segment` for cases of growing size.
fn segment(workspace: &Workspace, train: &Path, out: &Path, quick: bool) -> Result<Value> {
    let phantom = phantom(train, out, if quick { 50 } else { 500 })?;
    let mut growth = Vec::new();
    for slices in if quick { &[1, 10, 50][..] } else { &[1, 10, 100, 500] } {
        let scratch = tempfile::tempdir_in(out)?;
        let (cut, masks) = (scratch.path().join("cut"), scratch.path().join("masks"));
        for folder in [&cut, &masks] {
            fs::create_dir(folder)?;
        }
        for slice in 1..=*slices {
            let name = format!("PHANTOM_0001_{slice}.tif");
            fs::copy(phantom.join("PHANTOM_0001").join(&name), cut.join(&name))?;
        }
        let mut command = Command::new(train);
        command.arg("segment").arg(&cut).arg("--out").arg(&masks).args(["--device", "cpu"]);
        let run = process::measure(command.current_dir(&workspace.root))?;
        growth.push(json!({ "slices": slices, "seconds": run.seconds, "memory": run.memory }));
    }
    Ok(json!(growth))
}

/// Times fit steps of `train` and Keras in turns, and inference.
fn fit(workspace: &Workspace, train: &Path, browser: &Value, quick: bool) -> Result<Value> {
    let (steps, turns) = if quick { (2, 1) } else { (STEPS, TURNS) };
    let keras = if quick {
        Err(anyhow::anyhow!("--quick skips Keras"))
    } else {
        tools::keras(workspace).map_err(|error| error.context("TensorFlow cannot be installed here"))
    };
    let mut ours: Vec<Value> = Vec::new();
    let mut theirs: Vec<Value> = Vec::new();
    let mut shown = Value::Null;
    for _ in 0..turns {
        let found = json_of(&process::output(
            Command::new(train)
                .args(["bench", "--device", "cpu", "--steps", &steps.to_string()])
                .current_dir(&workspace.root),
        )?)?;
        ours.extend(found["fit"]["step_s"].as_array().into_iter().flatten().cloned());
        if let Ok(python) = &keras {
            let network = network(browser, &workspace.root)?;
            let [batch, crop] = ["batch", "crop"].map(|name| found["fit"][name].to_string());
            let text =
                process::output(Command::new(python).arg(workspace.root.join("tests/bench/fit_step.py")).args([
                    &network.0,
                    &network.1,
                    &batch,
                    &crop,
                    &steps.to_string(),
                ]))?;
            let keras = json_of(text.lines().last().unwrap_or_default())?;
            theirs.extend(keras["step_s"].as_array().into_iter().flatten().cloned());
            shown = keras["versions"].clone();
        }
        // `found` is of the last turn; its other figures are the same in all turns.
        if ours.len() >= turns * steps as usize {
            let reason = keras.as_ref().err().map(|error| format!("{error:#}"));
            if let Some(reason) = &reason {
                println!("Keras is skipped: {reason}");
            }
            return Ok(json!({
                "train": found, "step_s": ours, "keras": { "step_s": theirs, "versions": shown, "skipped": reason },
            }));
        }
    }
    bail!("no step was timed")
}

/// Widths and stem of the shipped network, as arguments of `fit_step.py`.
fn network(browser: &Value, root: &Path) -> Result<(String, String)> {
    let network = match browser.get("network") {
        Some(network) => network.clone(),
        None => {
            let path = root.join("www/model/model.json");
            let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            json_of(&text)?["network"].clone()
        }
    };
    let widths = network["widths"].as_array().context("a network without widths")?;
    let widths = widths.iter().map(Value::to_string).collect::<Vec<_>>().join(",");
    Ok((widths, network["stem"].to_string()))
}

/// Runs `train bench` on a GPU, if this machine has one.
fn vulkan(workspace: &Workspace, train: &Path) -> Result<Value> {
    let there = ["/dev/nvidia0", "/dev/dri/renderD128"].iter().any(|path| Path::new(path).exists());
    if !there && env::var_os("GLIOSCOPE_VULKAN").is_none() {
        bail!("no GPU was found on this machine (GLIOSCOPE_VULKAN=1 tries Vulkan anyway)");
    }
    // In a separate folder, because its features differ from those of the other builds.
    let target = workspace.target.join("vulkan");
    process::run(
        workspace
            .cargo()
            .args(["build", "--release", "--package", "train", "--features", "vulkan", "--target-dir"])
            .arg(&target),
    )?;
    let train = process::executable(
        &target.join("release"),
        train.file_stem().and_then(|name| name.to_str()).unwrap_or("train"),
    );
    json_of(&process::output(
        Command::new(train).args(["bench", "--device", "vulkan", "--steps", "4"]).current_dir(&workspace.root),
    )?)
}

fn json_of(text: &str) -> Result<Value> {
    serde_json::from_str(text).with_context(|| format!("expected JSON, found {text:?}"))
}
