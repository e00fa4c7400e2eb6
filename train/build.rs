//! Sets `GLIOSCOPE_REVISION` for the compiler: the git revision that the binary is built from.
//!
//! The environment variable of the same name overrides it, for builds outside a checkout.

#[path = "build/revision.rs"]
mod revision;

use std::env;
use std::path::Path;

const NAME: &str = "GLIOSCOPE_REVISION";

fn main() {
    // As cargo says it now: a program that is kept in a target folder may have been compiled in another folder.
    let package = env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let root = Path::new(&package).join("..");
    println!("cargo::rerun-if-env-changed={NAME}");
    for path in revision::watched(&root) {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    let given = env::var(NAME).ok().filter(|revision| !revision.is_empty());
    let revision = given.or_else(|| revision::of(&root)).unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env={NAME}={revision}");
}
