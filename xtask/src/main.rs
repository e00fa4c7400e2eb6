//! The development commands: `cargo xtask serve`, `dist`, `package`, `test`, `soak` and `bench`.
//!
//! Each command installs what it needs, prints what it runs, and can be repeated. None of them knows what the product
//! computes.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::serve::Server;
use crate::test::Part;
use crate::wasm::{Effort, Module};
use crate::workspace::Workspace;

mod bench;
mod browser;
mod bundle;
mod export;
mod fuzz;
mod headers;
mod package;
mod process;
mod seal;
mod serve;
mod site;
mod soak;
mod supply;
mod test;
mod tools;
mod vendor;
mod wasm;
mod workspace;

/// Builds, serves, publishes and tests glioscope.
///
/// Needs rustup, Node 20 or newer with npm, and on the first run a network.
///
/// It installs its tools, such as wasm-bindgen, into cargo's target folder, and the wasm32 target through rustup. On Debian
/// as root it installs the browsers for the tests through apt-get; elsewhere install Chromium and chromedriver yourself.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Builds the page and serves it at http://localhost:8080, until Ctrl-C. First it runs on the CPU; WebGPU is built while the
    /// page is served.
    Serve {
        /// The port to listen on, for this machine alone; 0 takes a free port.
        #[arg(long, default_value_t = 8080)]
        port: u16,
        /// Build the page as it is published, with the smallest and fastest module (the default).
        #[arg(long)]
        release: bool,
        /// Build for work on the page: the build takes less time, the module is larger and slower.
        #[arg(long, conflicts_with = "release")]
        dev: bool,
    },
    /// Writes the complete static site into a folder. Any static host can serve it, at any path.
    Dist {
        /// A folder that is new, empty, or from an earlier `dist`.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// The address that the site gets, for example `https://example.org/glioscope/`. Links to it then show a preview image.
        #[arg(long, value_name = "URL", value_parser = address)]
        url: Option<String>,
    },
    /// Writes the npm packages `glioscope` and `glioscope-model` into the folder `packages` in cargo's target folder: a folder
    /// and an archive of `npm pack` for each.
    Package,
    /// Runs the tests, prints the minutes of each stage, and ends with a line `N passed, N failed` that counts stages.
    ///
    /// GLIOSCOPE_REAL=DIR adds tests on real patients; DIR has the layout of the kaggle_3m dataset.
    Test {
        /// Run one part of the tests.
        #[arg(long, value_enum)]
        only: Option<Part>,
        /// Also run what takes long: the modules as they are published and their size, WebGPU's and the library's other tests,
        /// wasm-pack, fuzzing, the long end-to-end tests.
        #[arg(long)]
        full: bool,
    },
    /// Compiles what later stages of `test` run, beside the earlier ones.
    #[command(name = test::builds::ACTION, hide = true)]
    TestBuilds {
        #[arg(long)]
        full: bool,
    },
    /// Runs the fuzz targets, and then one tab that stays open, for a long time.
    Soak {
        /// Minutes of each of the two.
        #[arg(long, default_value_t = 60)]
        minutes: u64,
    },
    /// Compares the network's speed with onnxruntime-web, TF.js, Keras and PyTorch.
    ///
    /// Prints a table and writes bench/bench.json into cargo's target folder. Takes an hour, or some minutes with --quick. Run it
    /// on a machine that does nothing else. The part first_page takes minutes more, and runs only if --only names it.
    ///
    /// Keras and PyTorch are installed into cargo's target folder, which takes 8 GB.
    Bench(bench::Arguments),
}

fn main() -> ExitCode {
    match run(Arguments::parse().action) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// An address of a folder, with its final `/`.
fn address(text: &str) -> Result<String, String> {
    if !text.starts_with("https://") && !text.starts_with("http://") {
        return Err(format!("expected https:// or http://, found {text}"));
    }
    Ok(format!("{}/", text.trim_end_matches('/')))
}

fn run(action: Action) -> Result<()> {
    let workspace = Workspace::find()?;
    match action {
        Action::Serve { port, dev, .. } => serve(&workspace, port, dev),
        Action::Dist { out, url } => {
            site::dist(&workspace, &out, &Module::ALL, Effort::Release, url.as_deref())?;
            site::print_sizes(&out)
        }
        Action::Package => package::package(&workspace, Effort::Release).map(drop),
        Action::Test { only, full } => test::test(&workspace, only, full),
        Action::TestBuilds { full } => test::builds::build(&workspace, full),
        Action::Soak { minutes } => soak::soak(&workspace, minutes),
        Action::Bench(arguments) => bench::bench(&workspace, &arguments),
    }
}

/// Serves the page with the module for the CPU as soon as that is built, then builds the one for WebGPU.
fn serve(workspace: &Workspace, port: u16, dev: bool) -> Result<()> {
    // With the service worker, so that it works offline too.
    let out = workspace.target.join("site");
    let build = |modules: &[Module]| {
        if !dev {
            return site::dist(workspace, &out, modules, Effort::Release, None);
        }
        vendor::build(workspace)?;
        modules.iter().try_for_each(|module| wasm::build(workspace, *module, Effort::Dev))
    };
    build(&[Module::Page])?;
    let root = if dev { &workspace.root } else { &out };
    let server = Server::start(root, "/", port)?;
    println!("\nThe page is at {} (Ctrl-C stops the server). It runs on the CPU until WebGPU is built.", server.url());
    match build(&Module::ALL).and_then(|()| site::check(root, &Module::ALL)) {
        Ok(()) => println!("\nWebGPU is built: reload {}", server.url()),
        Err(error) => println!("warning: the page runs on the CPU alone: {error:#}"),
    }
    server.wait()
}
