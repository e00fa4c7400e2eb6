//! Compares the speed of the network with onnxruntime-web and TF.js in the browser, and with Keras and PyTorch for fitting.
//!
//! `tests/bench/bench.js` measures in the browser, `train bench` natively. This module prepares both and prints the
//! ratios.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::export::export;
use crate::process;
use crate::site;
use crate::test::native;
use crate::tools;
use crate::wasm::{Effort, Module};
use crate::workspace::Workspace;

mod first_page;
mod fit;
mod table;

/// Options of the bench.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Measure for a few minutes only: fewer repetitions, and Keras and PyTorch only with `--only fit`.
    #[arg(long)]
    quick: bool,
    /// A site that `dist` wrote; by default it is built first.
    #[arg(long, value_name = "DIR")]
    site: Option<PathBuf>,
    /// Run only these parts, separated by commas.
    #[arg(long, value_name = "PARTS", value_enum, value_delimiter = ',')]
    only: Vec<Part>,
}

/// A part of the bench.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The peak rates of one thread, natively and in the browser
    Ceiling,
    /// A slice on the CPU, one thread
    Slice,
    /// 35 slices on the CPU, two threads
    Patient,
    /// The reference U-Net in onnxruntime-web
    Reference,
    /// A slice on WebGPU, software adapter
    Webgpu,
    /// Time and memory by the number of slices, in the browser
    Growth,
    /// A new browser until its first mask
    Cold,
    /// The peak memory of the browser's process for one slice
    Memory,
    /// The memory of the page's workers after 35 slices
    Workers,
    /// Dragging the threshold on a large slice
    Drag,
    /// Bytes to the first mask
    Bytes,
    /// Time and memory of `train segment` by the number of slices
    Segment,
    /// A step of a fit, with Keras and PyTorch
    Fit,
    /// `train bench` on this machine's GPU
    Gpu,
    /// A fresh clone of HEAD until its page has segmented a slice. It takes minutes, so it runs only when it is named
    #[value(name = "first_page")]
    FirstPage,
}

impl Part {
    /// Whether `bench.js` measures it.
    fn is_in_browser(self) -> bool {
        !matches!(self, Self::Segment | Self::Fit | Self::Gpu | Self::FirstPage)
    }

    /// Whether it needs a `train` of this repository.
    fn needs_train(self) -> bool {
        // The one for a GPU is another build.
        self.is_in_browser() || matches!(self, Self::Segment | Self::Fit)
    }

    /// Its name in `--only` and in `bench.js`.
    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// Measures, prints a table, and writes `bench/bench.json` into cargo's target folder.
///
/// Parts that cannot run here are skipped, with a reason.
///
/// # Errors
///
/// If nothing could be measured.
pub(crate) fn bench(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let parts: Vec<Part> = if arguments.only.is_empty() {
        Part::value_variants().iter().copied().filter(|part| *part != Part::FirstPage).collect()
    } else {
        arguments.only.clone()
    };
    let out = workspace.target.join("bench");
    fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
    let in_page = parts.iter().any(|part| part.is_in_browser());
    let site = match &arguments.site {
        Some(site) => std::path::absolute(site)?,
        None => workspace.target.join("dist"),
    };
    if in_page && arguments.site.is_none() {
        site::dist(workspace, &site, &Module::ALL, Effort::Release, None)?;
    }
    if parts.iter().any(|part| part.needs_train()) {
        // As the tests build it: another selection of packages would compile half of Burn again.
        native::build(workspace)?;
    }
    let train = process::executable(&workspace.target.join("release"), "train");

    let mut skipped = Vec::new();
    let mut run = |name: &str, wanted: bool, measure: &dyn Fn() -> Result<Value>| {
        if !wanted {
            return Value::Null;
        }
        println!("\n== {name}");
        measure().unwrap_or_else(|error| {
            println!("skipped: {error:#}");
            skipped.push(format!("{name}: {error:#}"));
            Value::Null
        })
    };
    let wants = |part: Part| parts.contains(&part);
    let quick = arguments.quick;
    let browser = run("browser", in_page, &|| in_browser(workspace, &parts, quick, &site, &train, &out));
    let ceiling = run("ceiling", wants(Part::Ceiling), &|| native_ceiling(workspace, &out));
    let segment = run("segment", wants(Part::Segment), &|| segment(workspace, &train, &out, quick));
    // `--quick` alone installs no gigabytes.
    let others = !quick || !arguments.only.is_empty();
    let fit = run("fit", wants(Part::Fit), &|| fit::measure(workspace, &train, &browser, quick, others));
    let gpu = run("gpu", wants(Part::Gpu), &|| vulkan(workspace, &train));
    let first = run("first_page", wants(Part::FirstPage), &|| first_page::measure(workspace));
    if [&browser, &ceiling, &segment, &fit, &gpu, &first].iter().all(|found| found.is_null()) {
        bail!("nothing could be measured");
    }

    let raw = json!({
        "browser": browser,
        "native": { "ceiling": ceiling, "segment": segment, "fit": fit, "vulkan": gpu },
        "firstPage": first,
    });
    let (ratios, figures) = (table::ratios(&raw), table::figures(&raw));
    table::print(&raw, &ratios, &figures);
    for reason in &skipped {
        println!("skipped: {reason}");
    }
    let path = out.join("bench.json");
    let result = json!({ "ratios": ratios, "figures": figures, "quick": quick, "skipped": skipped, "raw": raw });
    fs::write(&path, format!("{result:#}\n")).with_context(|| format!("cannot write {}", path.display()))?;
    println!("\nAll figures are in {}", workspace.shown(&path));
    Ok(())
}

/// Runs `tests/bench/bench.js` and returns its figures.
fn in_browser(
    workspace: &Workspace,
    parts: &[Part],
    quick: bool,
    site: &Path,
    train: &Path,
    out: &Path,
) -> Result<Value> {
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
    // The weights of the site, which may differ from those of this repository.
    let model = export(train, &site.join("www/model"), out.join("model"))?;
    let reference = reference(train, out)?;
    let phantom = phantom(train, out, if quick { 50 } else { 500 })?;
    let found = out.join("browser.json");
    let mut command = Command::new("node");
    command.arg(folder.join("bench.js"));
    for (name, path) in [
        ("--site", site),
        ("--model", &model),
        ("--reference", &reference),
        ("--ceiling", &ceiling),
        ("--phantom", &phantom),
        ("--chromium", &browser.chromium),
        ("--out", &found),
    ] {
        command.arg(name).arg(path);
    }
    if quick {
        command.arg("--quick");
    }
    let names: Vec<String> = parts.iter().filter(|part| part.is_in_browser()).map(|part| part.name()).collect();
    process::run(command.arg("--only").arg(names.join(",")))?;
    let text = fs::read_to_string(&found).with_context(|| format!("cannot read {}", found.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is no JSON", found.display()))
}

/// Exports the reference network of this field (Buda, Saha and Mazurowski 2019, 7.76 million parameters). Its weights do not matter
/// for its speed: they are those of a few steps on a phantom.
fn reference(train: &Path, out: &Path) -> Result<PathBuf> {
    let scratch = tempfile::tempdir_in(out)?;
    let fit = scratch.path().join("fit");
    let mut command = Command::new(train);
    command.arg("fit").arg("--data").arg(phantom(train, out, 12)?).arg("--out").arg(&fit);
    command.args(["--widths", "32,64,128,256,512", "--stem", "1", "--device", "cpu", "--held-out-fraction", "0"]);
    process::run(command.args(["--epochs", "1", "--batch", "4", "--crop", "32"]))?;
    export(train, &fit, out.join("reference"))
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
    process::json(&mut Command::new(&program))
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
    process::json(
        Command::new(train).args(["bench", "--device", "vulkan", "--steps", "4"]).current_dir(&workspace.root),
    )
}
