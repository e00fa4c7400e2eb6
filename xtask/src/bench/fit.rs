//! Times a step of a fit with `train`, Keras and PyTorch.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, anyhow, ensure};
use serde_json::{Value, json};

use crate::process;
use crate::tools;
use crate::workspace::Workspace;

/// Steps of a fit in one turn. The programs take turns.
const STEPS: u64 = 4;
/// Turns of each.
const TURNS: usize = 2;

/// A library that fits the same network.
struct Other {
    name: &'static str,
    /// In `tests/bench`.
    script: &'static str,
    /// Its Python, or why it is skipped.
    python: Result<PathBuf>,
    /// What the script printed, for each turn.
    found: Vec<Value>,
}

/// Times fit steps of `train` and of the other libraries in turns, and inference of `train`. The other libraries are skipped
/// if `others` is false or if they cannot be installed here.
pub(super) fn measure(
    workspace: &Workspace,
    train: &Path,
    browser: &Value,
    quick: bool,
    others: bool,
) -> Result<Value> {
    let (steps, turns) = if quick { (2, 1) } else { (STEPS, TURNS) };
    let install = |install: fn(&Workspace) -> Result<PathBuf>| {
        if others { install(workspace) } else { Err(anyhow!("--quick skips it")) }
    };
    let mut others = [
        Other { name: "Keras", script: "fit_step.py", python: install(tools::keras), found: Vec::new() },
        Other { name: "PyTorch", script: "fit_step_torch.py", python: install(tools::torch), found: Vec::new() },
    ];
    let network = network(browser, &workspace.root)?;
    let mut found = Vec::new();
    for _ in 0..turns {
        let mut command = Command::new(train);
        command.args(["bench", "--device", "cpu", "--steps", &steps.to_string()]);
        let ours = process::json(command.current_dir(&workspace.root))?;
        for other in &mut others {
            let Ok(python) = &other.python else { continue };
            let mut command = Command::new(python);
            command.arg(workspace.root.join("tests/bench").join(other.script)).args(&network);
            command.args(["batch", "crop"].map(|name| ours["fit"][name].to_string())).arg(steps.to_string());
            other.found.push(process::json(&mut command)?);
        }
        found.push(ours);
    }
    let parameters = others.iter().filter_map(|other| other.found.first()?.get("parameters"));
    let parameters: Vec<&Value> = parameters.collect();
    ensure!(
        parameters.windows(2).all(|pair| pair[0] == pair[1]),
        "the networks of Keras and PyTorch differ: {parameters:?} parameters"
    );
    let [keras, torch] = &others;
    Ok(json!({
        // Its other figures are the same in all turns.
        "train": found.last(),
        "step_s": numbers(&found, "/fit/step_s"),
        "keras": {
            "step_s": numbers(&keras.found, "/step_s"),
            "versions": keras.versions(),
            "skipped": keras.skipped(),
        },
        "torch": {
            "float32": { "step_s": numbers(&torch.found, "/float32/step_s") },
            "bfloat16": { "step_s": numbers(&torch.found, "/bfloat16/step_s") },
            "versions": torch.versions(),
            "skipped": torch.skipped(),
        },
    }))
}

impl Other {
    fn versions(&self) -> Option<&Value> {
        self.found.last()?.get("versions")
    }

    /// Why it is skipped, printed too.
    fn skipped(&self) -> Option<String> {
        let reason = format!("{:#}", self.python.as_ref().err()?);
        println!("{} is skipped: {reason}", self.name);
        Some(reason)
    }
}

/// The arrays at `path` in all of `found`, as one.
fn numbers(found: &[Value], path: &str) -> Vec<Value> {
    found.iter().filter_map(|one| one.pointer(path)?.as_array()).flatten().cloned().collect()
}

/// Widths and stem of the shipped network, as arguments of the scripts.
fn network(browser: &Value, root: &Path) -> Result<[String; 2]> {
    let network = match browser.get("network") {
        Some(network) => network.clone(),
        None => {
            let path = root.join("www/model/model.json");
            let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let manifest: Value =
                serde_json::from_str(&text).with_context(|| format!("{} is no JSON", path.display()))?;
            manifest["network"].clone()
        }
    };
    let widths = network["widths"].as_array().context("a network without widths")?;
    let widths = widths.iter().map(Value::to_string).collect::<Vec<_>>().join(",");
    Ok([widths, network["stem"].to_string()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_of_all_turns_are_joined() {
        let turns = [json!({ "a": { "step_s": [1.0, 2.0] } }), json!({ "a": { "step_s": [3.0] } }), json!({})];
        assert_eq!(numbers(&turns, "/a/step_s"), [1.0, 2.0, 3.0]);
    }

    #[test]
    fn the_network_is_that_of_the_site_or_of_the_repository() -> Result<()> {
        let site = json!({ "network": { "widths": [8, 16], "stem": 1 } });
        assert_eq!(network(&site, Path::new("absent"))?, ["8,16", "1"]);
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        assert_eq!(network(&Value::Null, &root)?[1], "2");
        assert!(network(&Value::Null, Path::new("absent")).is_err());
        Ok(())
    }
}
