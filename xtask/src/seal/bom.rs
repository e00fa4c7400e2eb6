//! The bill of materials as CycloneDX: every package whose code is in the page, with version, licence and hash.
//!
//! `cyclonedx-bom` 0.8 was considered for the encoding: it writes at most CycloneDX 1.5, and would add 15 crates to
//! xtask for one JSON object.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use cargo_metadata::{MetadataCommand, Package};
use serde_json::{Value, json};

use crate::process;
use crate::tools;
use crate::workspace::{Lock, Workspace};

/// Lock files of npm packages that go into the page. Their development dependencies are not listed.
const NPM_LOCKS: [&str; 1] = ["xtask/vendor/package-lock.json"];

/// The bill of materials of the site of that version.
///
/// # Errors
///
/// Where a package has no licence or does not come from its registry.
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

/// The crates that are compiled into the module.
fn crates(workspace: &Workspace) -> Result<Vec<Value>> {
    let metadata = MetadataCommand::new()
        .current_dir(&workspace.root)
        .other_options(["--filter-platform".to_owned(), tools::WASM_TARGET.to_owned()])
        .exec()?;
    // `cargo metadata` resolves features for the whole workspace, and `train` turns on more of them than the page.
    // `cargo tree` resolves them for one package.
    let tree = process::output(
        workspace.cargo().args(["tree", "--package", "glioscope", "--target", tools::WASM_TARGET]).args([
            "--edges",
            "normal,no-proc-macro",
            "--prefix",
            "none",
            "--no-dedupe",
            "--format",
            "{p}",
        ]),
    )?;
    listed(&selected(&tree)?, &metadata.packages, &workspace.lock()?)
}

/// Names and versions of the lines of `cargo tree`, each once.
fn selected(tree: &str) -> Result<BTreeSet<(&str, &str)>> {
    let package = |line| {
        let mut words = str::split(line, ' ');
        words.next().zip(words.next()?.strip_prefix('v'))
    };
    tree.lines().map(|line| package(line).with_context(|| format!("cargo tree printed {line:?}"))).collect()
}

/// The components of the selected crates, without those of the workspace.
fn listed(selected: &BTreeSet<(&str, &str)>, packages: &[Package], lock: &Lock) -> Result<Vec<Value>> {
    let checksums: BTreeMap<(&str, &str), &str> = lock
        .packages
        .iter()
        .filter_map(|package| Some(((&*package.name, &*package.version), package.checksum.as_deref()?)))
        .collect();
    let mut components = Vec::new();
    for (name, version) in selected {
        let package = packages
            .iter()
            .find(|package| package.name == *name && package.version.to_string() == *version)
            .with_context(|| format!("cargo metadata has no {name} {version}"))?;
        let Some(source) = &package.source else { continue };
        let checksum = checksums.get(&(*name, *version)).filter(|_| source.is_crates_io());
        let checksum = checksum.with_context(|| format!("{name} {version} does not come from crates.io"))?;
        let licence = package.license.as_deref().with_context(|| format!("{name} {version} states no licence"))?;
        let purl = format!("pkg:cargo/{name}@{version}");
        components.push(json!({
            "type": "library",
            "bom-ref": purl,
            "name": name,
            "version": version,
            "purl": purl,
            "licenses": [{ "expression": licence.replace('/', " OR ") }],
            "hashes": [{ "alg": "SHA-256", "content": checksum }],
        }));
    }
    Ok(components)
}

/// The packages of a package-lock.json of version 2 or 3, without those for development and those for one platform alone.
fn packages(lock: &Value) -> Result<Vec<Value>> {
    let mut components = Vec::new();
    for (path, package) in lock["packages"].as_object().context("a package-lock.json without packages")? {
        let Some((_, name)) = path.rsplit_once("node_modules/") else { continue };
        if ["dev", "link", "optional"].iter().any(|kind| package[kind] == true) {
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
        // Older lock files have no licences.
        if let Ok(licence) = text("license") {
            component["licenses"] = json!([{ "expression": licence }]);
        }
        components.push(component);
    }
    Ok(components)
}

/// Converts a hash from Base64, which npm uses, to hexadecimal digits, which CycloneDX uses.
fn hex(base64: &str) -> Result<String> {
    let bytes = BASE64_STANDARD.decode(base64).context("a hash that is no Base64")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

    /// A package as `cargo metadata` prints it.
    fn package(name: &str, version: &str, source: Option<&str>, license: Option<&str>) -> Package {
        let package = json!({
            "name": name, "version": version, "id": format!("{name}@{version}"), "source": source, "license": license,
            "manifest_path": "/Cargo.toml", "dependencies": [], "targets": [], "features": {},
        });
        serde_json::from_value(package).expect("a package")
    }

    fn lock() -> Lock {
        toml::from_str("[[package]]\nname = \"burn\"\nversion = \"0.22.1\"\nchecksum = \"abcd\"\n").expect("a lock")
    }

    #[test]
    fn each_crate_is_listed_once_and_the_workspace_is_not() {
        let tree = "glioscope v0.1.0 (/home/x/glioscope)\nburn v0.22.1\nburn v0.22.1\n";
        let packages = [
            package("glioscope", "0.1.0", None, Some("MIT")),
            package("burn", "0.22.1", Some(CRATES_IO), Some("MIT/Apache-2.0")),
            package("train-only", "1.0.0", Some(CRATES_IO), Some("MIT")),
        ];
        let found = listed(&selected(tree).expect("sound"), &packages, &lock()).expect("sound");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0]["purl"], "pkg:cargo/burn@0.22.1");
        assert_eq!(found[0]["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert_eq!(found[0]["hashes"][0]["content"], "abcd");
        assert!(selected("burn\n").is_err());
    }

    #[test]
    fn the_error_names_a_crate_without_licence_or_from_elsewhere() {
        for (source, licence, expected) in [
            (CRATES_IO, None, "burn 0.22.1 states no licence"),
            ("git+https://x/y.git#1", Some("MIT"), "burn 0.22.1 does not come from crates.io"),
        ] {
            let packages = [package("burn", "0.22.1", Some(source), licence)];
            let message = listed(&BTreeSet::from([("burn", "0.22.1")]), &packages, &lock()).expect_err(expected);
            assert_eq!(message.to_string(), expected);
        }
    }

    #[test]
    fn npm_packages_are_listed_without_those_for_development() {
        let lock = json!({ "packages": {
            "": { "name": "vendor" },
            "node_modules/@niivue/niivue": { "version": "1.0.0", "license": "BSD-2-Clause", "integrity": "sha512-YWJj" },
            "node_modules/esbuild": { "version": "2.0.0", "dev": true, "integrity": "sha512-YWJj" },
            "node_modules/rollup-linux": { "version": "3.0.0", "optional": true, "integrity": "sha512-YWJj" },
        } });
        let found = packages(&lock).expect("sound");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0]["purl"], "pkg:npm/%40niivue/niivue@1.0.0");
        assert_eq!(found[0]["hashes"][0]["content"], "616263");
    }

    #[test]
    fn the_libraries_of_the_page_are_listed() {
        let lock: Value = serde_json::from_str(include_str!("../../vendor/package-lock.json")).expect("JSON");
        let found = packages(&lock).expect("sound");
        assert!(found.iter().any(|component| component["name"] == "@niivue/niivue"), "{found:?}");
        assert!(found.iter().all(|component| component["name"] != "esbuild"), "{found:?}");
    }
}
