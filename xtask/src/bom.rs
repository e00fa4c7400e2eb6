//! The bill of materials: every package whose code is in the page, with its version, licence and hash, as CycloneDX.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::process;
use crate::tools;
use crate::workspace::Workspace;

/// Where npm packages are locked that go into the page; packages for development alone are left out.
const NPM_LOCKS: [&str; 1] = ["xtask/vendor/package-lock.json"];

/// What crates may come from.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// The bill of the site of that version. Fails on a package without a licence, or from elsewhere than its registry.
pub(crate) fn of(workspace: &Workspace, version: &str) -> Result<Value> {
    let mut components = crates(workspace)?;
    for path in NPM_LOCKS {
        let lock = workspace.root.join(path);
        if lock.is_file() {
            let text = fs::read_to_string(&lock).with_context(|| format!("cannot read {path}"))?;
            components.extend(packages(&serde_json::from_str(&text).with_context(|| format!("{path} is no JSON"))?)?);
        }
    }
    println!("{} packages are in the page.", components.len());
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "component": { "type": "application", "name": "glioscope", "version": version } },
        "components": components,
    }))
}

/// The crates that are compiled into the module, as cargo resolves their features for it.
fn crates(workspace: &Workspace) -> Result<Vec<Value>> {
    let tree = process::output(
        workspace.cargo().args(["tree", "--package", "glioscope", "--target", tools::WASM_TARGET]).args([
            "--edges",
            "normal,no-proc-macro",
            "--prefix",
            "none",
            "--no-dedupe",
            "--format",
            "{p}\t{l}",
        ]),
    )?;
    let lock = fs::read_to_string(workspace.root.join("Cargo.lock")).context("cannot read Cargo.lock")?;
    listed(&tree, &lock)
}

/// The lines of `cargo tree`, each once, with what the lock says of them; the project's own packages left out.
fn listed(tree: &str, lock: &str) -> Result<Vec<Value>> {
    let locked = locked(lock);
    let mut found = BTreeMap::new();
    for line in tree.lines() {
        let (package, licence) = line.split_once('\t').with_context(|| format!("cargo tree printed {line:?}"))?;
        let mut words = package.split_whitespace();
        let (Some(name), Some(version)) = (words.next(), words.next()) else { bail!("cargo tree printed {line:?}") };
        let version = version.trim_start_matches('v');
        if words.next().is_some_and(|source| source.starts_with("(/") || source.contains(":\\")) {
            continue;
        }
        let Some(checksum) = locked.get(&(name, version)) else {
            bail!("{name} {version} does not come from crates.io");
        };
        if licence.trim().is_empty() {
            bail!("{name} {version} states no licence");
        }
        found.insert((name, version), (licence.trim(), *checksum));
    }
    let component = |((name, version), (licence, checksum)): ((&str, &str), (&str, &str))| {
        json!({
            "type": "library",
            "bom-ref": format!("pkg:cargo/{name}@{version}"),
            "name": name,
            "version": version,
            "purl": format!("pkg:cargo/{name}@{version}"),
            "licenses": [{ "expression": licence.replace('/', " OR ") }],
            "hashes": [{ "alg": "SHA-256", "content": checksum }],
        })
    };
    Ok(found.into_iter().map(component).collect())
}

/// Checksums by name and version of what Cargo.lock takes from crates.io.
fn locked(lock: &str) -> BTreeMap<(&str, &str), &str> {
    let packages = lock.split("[[package]]");
    packages
        .filter_map(|package| {
            let value = |key: &str| {
                package.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"'))
            };
            (value("source") == Some(REGISTRY)).then_some(())?;
            Some(((value("name")?, value("version")?), value("checksum")?))
        })
        .collect()
}

/// What a package-lock.json of version 2 or 3 installs, but for development.
fn packages(lock: &Value) -> Result<Vec<Value>> {
    let mut components = Vec::new();
    for (path, package) in lock["packages"].as_object().context("a package-lock.json without packages")? {
        let Some((_, name)) = path.rsplit_once("node_modules/") else { continue };
        if package["dev"] == true || package["link"] == true {
            continue;
        }
        let text = |key: &str| package[key].as_str().with_context(|| format!("{name}: package-lock.json has no {key}"));
        let version = text("version")?;
        let (algorithm, hash) = text("integrity")?.split_once('-').with_context(|| format!("{name}: a broken hash"))?;
        let purl = format!("pkg:npm/{}@{version}", name.replace('@', "%40"));
        let mut component = json!({
            "type": "library",
            "bom-ref": purl,
            "name": name,
            "version": version,
            "purl": purl,
            "hashes": [{ "alg": algorithm.replace("sha", "SHA-"), "content": hex(hash)? }],
        });
        // Older lock files do not have it.
        if let Ok(licence) = text("license") {
            component["licenses"] = json!([{ "expression": licence }]);
        }
        components.push(component);
    }
    Ok(components)
}

/// Base64, as npm has it, to the hexadecimal that CycloneDX has.
fn hex(base64: &str) -> Result<String> {
    use base64::Engine as _;
    let bytes = base64::prelude::BASE64_STANDARD.decode(base64).context("a hash that is no Base64")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "[[package]]\nname = \"burn\"\nversion = \"0.22.1\"\nsource = \
                        \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"abcd\"\n\n\
                        [[package]]\nname = \"glioscope\"\nversion = \"0.1.0\"\n";

    #[test]
    fn each_crate_once_and_not_the_projects_own() {
        let tree = "glioscope v0.1.0 (/home/x/glioscope)\tMIT OR Apache-2.0\nburn v0.22.1\tMIT/Apache-2.0\n\
                    burn v0.22.1\tMIT/Apache-2.0\n";
        let found = listed(tree, LOCK).expect("sound");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0]["purl"], "pkg:cargo/burn@0.22.1");
        assert_eq!(found[0]["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert_eq!(found[0]["hashes"][0]["content"], "abcd");
    }

    #[test]
    fn what_has_no_licence_or_another_origin_is_named() {
        for (tree, expected) in
            [("burn v0.22.1\t\n", "no licence"), ("stray v1.0.0 (https://x/y.git)\tMIT\n", "stray 1.0.0")]
        {
            let message = listed(tree, LOCK).expect_err(expected).to_string();
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn npm_packages_but_not_those_for_development() {
        let lock = json!({ "packages": {
            "": { "name": "vendor" },
            "node_modules/@niivue/niivue": { "version": "1.0.0", "license": "BSD-2-Clause", "integrity": "sha512-YWJj" },
            "node_modules/esbuild": { "version": "2.0.0", "dev": true, "integrity": "sha512-YWJj" },
        } });
        let found = packages(&lock).expect("sound");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0]["purl"], "pkg:npm/%40niivue/niivue@1.0.0");
        assert_eq!(found[0]["hashes"][0]["content"], "616263");
    }
}
