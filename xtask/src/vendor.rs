//! Bundles the JavaScript libraries of the page from npm into `www/vendor`.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use anyhow::Result;

use crate::process;
use crate::tools;
use crate::workspace::Workspace;

/// The folder of the list of libraries, of the script that bundles them, and of esbuild.
pub(crate) const SOURCE: &str = "xtask/vendor";
/// The files below [`SOURCE`] that the bundle depends on.
const INPUTS: [&str; 4] = ["package-lock.json", "bundle.mjs", "niivue.js", "licences"];
/// The last file that the script writes.
const OUTPUT: &str = "www/vendor/LICENSE.txt";

/// Builds `www/vendor`, unless it is newer than all of its inputs.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    let source = workspace.root.join(SOURCE);
    if is_fresh(&source, &workspace.root.join(OUTPUT)) {
        println!("www/vendor is up to date.");
        return Ok(());
    }
    println!("Bundling the libraries of the page.");
    tools::node_modules(&source)?;
    process::run(Command::new("node").arg("bundle.mjs").current_dir(&source))
}

fn is_fresh(source: &Path, output: &Path) -> bool {
    let Some(made) = changed(output) else { return false };
    INPUTS.iter().all(|input| changed(&source.join(input)).is_some_and(|input| input <= made))
}

fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|data| data.modified()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::time::Duration;
    use tempfile::TempDir;

    #[test]
    fn a_bundle_is_fresh_while_it_is_newer_than_its_inputs() {
        let folder = TempDir::new().expect("the temporary folder is writable");
        let folder = folder.path();
        let output = folder.join("LICENSE.txt");
        let then = SystemTime::now() - Duration::from_secs(100);
        for input in INPUTS {
            let file = File::create(folder.join(input)).expect("scratch");
            file.set_modified(then).expect("scratch");
        }
        assert!(!is_fresh(folder, &output), "there is none yet");
        File::create(&output).expect("scratch").set_modified(then + Duration::from_secs(10)).expect("scratch");
        assert!(is_fresh(folder, &output));
        let lock = File::options().write(true).open(folder.join(INPUTS[0])).expect("scratch");
        lock.set_modified(then + Duration::from_secs(20)).expect("scratch");
        assert!(!is_fresh(folder, &output), "an input is newer");
    }
}
