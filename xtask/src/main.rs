//! The development commands: `cargo xtask serve`, `dist`, `test`, `soak` and `bench`.
//!
//! Each command installs what it needs, prints what it runs, and can be repeated. None of them knows what the product
//! computes.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::serve::Server;
use crate::test::Part;
use crate::wasm::Effort;
use crate::workspace::Workspace;

mod bench;
mod bom;
mod browser;
mod fuzz;
mod headers;
mod process;
mod seal;
mod serve;
mod site;
mod size;
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
    /// Builds the page and serves it at http://localhost:8080, until Ctrl-C.
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
    },
    /// Runs the tests, prints the minutes of each stage, and ends with a line `N passed, N failed` that counts stages.
    ///
    /// GLIOSCOPE_REAL=DIR adds tests on real patients; DIR has the layout of the kaggle_3m dataset.
    Test {
        /// Run one part of the tests.
        #[arg(long, value_enum)]
        only: Option<Part>,
        /// Also run what takes long: wasm-pack, longer fuzzing, the long end-to-end tests.
        #[arg(long)]
        full: bool,
    },
    /// Runs the fuzz targets, and then one tab that stays open, for a long time.
    Soak {
        /// Minutes of each of the two.
        #[arg(long, default_value_t = 60)]
        minutes: u64,
    },
    /// Compares the network's speed with onnxruntime-web and Keras.
    ///
    /// Prints a table and writes bench/bench.json into cargo's target folder. Takes half an hour, or some minutes with
    /// --quick. Run it on a machine that does nothing else.
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

fn run(action: Action) -> Result<()> {
    let workspace = Workspace::find()?;
    match action {
        Action::Serve { port, dev, .. } => {
            let root = if dev {
                vendor::build(&workspace)?;
                wasm::build(&workspace, Effort::Dev)?;
                if let Err(error) = site::check(&workspace.root) {
                    println!("warning: {error:#}");
                }
                workspace.root.clone()
            } else {
                // With the service worker, so that it works offline too.
                let out = workspace.target.join("site");
                site::dist(&workspace, &out)?;
                out
            };
            let server = Server::start(&root, "/", port)?;
            println!("\nThe page is at {} (Ctrl-C stops the server)", server.url());
            server.wait()
        }
        Action::Dist { out } => {
            site::dist(&workspace, &out)?;
            site::print_sizes(&out)
        }
        Action::Test { only, full } => test::test(&workspace, only, full),
        Action::Soak { minutes } => soak::soak(&workspace, minutes),
        Action::Bench(arguments) => bench::bench(&workspace, &arguments),
    }
}
