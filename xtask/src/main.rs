//! What a newcomer types: `cargo xtask serve`, `cargo xtask test`, `cargo xtask dist`,
//! `cargo xtask bench`.
//!
//! Each command does its own set-up, says what it does, and can be repeated. None of them knows what the
//! product computes.

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
/// Needs rustup, Node 20 with npm, and a network for what it installs: the wasm32 target, wasm-bindgen,
/// and for the tests a Chromium with its driver (on Debian as root through apt-get). All
/// but the browser go below cargo's target folder.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Builds the page and serves it at http://localhost:8080 until Ctrl-C.
    Serve {
        /// The port to listen on, on this machine alone; 0 takes a free one.
        #[arg(long, default_value_t = 8080)]
        port: u16,
        /// Build what is published: the smallest and fastest module (the default).
        #[arg(long)]
        release: bool,
        /// Build for work on the page: sooner ready, but larger and slower.
        #[arg(long, conflicts_with = "release")]
        dev: bool,
    },
    /// Writes the complete static site into a folder, ready for any static host under any path.
    Dist {
        /// The folder: new, empty, or written by an earlier `dist`.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Runs every test, and ends in a line `N passed, N failed` that counts the stages.
    ///
    /// With GLIOSCOPE_REAL=DIR, a folder of patients in the layout of the kaggle_3m dataset, real slices are
    /// tested too.
    Test {
        /// One part alone.
        #[arg(long, value_enum)]
        only: Option<Part>,
        /// Also run what takes long: wasm-pack, longer fuzzing, the long end-to-end tests.
        #[arg(long)]
        full: bool,
    },
    /// Runs the long tests of trust: hours of fuzzing, and of one tab that is never closed.
    Soak {
        /// How long each of the two is to take.
        #[arg(long, default_value_t = 60)]
        minutes: u64,
    },
    /// Times the network side by side with onnxruntime-web and Keras, prints a table, and writes bench/bench.json into
    /// cargo's target folder.
    ///
    /// Half an hour, or some minutes with --quick; for figures worth keeping, on a machine that does nothing else.
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
                // As it is published, so that it works offline too.
                let out = workspace.target.join("site");
                site::dist(&workspace, &out)?;
                out
            };
            let server = Server::start(&root, "/", port)?;
            println!("\nThe page is at {} (Ctrl-C ends this)", server.url());
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
