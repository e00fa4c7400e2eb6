//! Holds the sources to the rules of this repository: no import cycles, wings that use only the wings before them, and
//! files and folders of a size that one can survey.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::MetadataCommand;
use graph::Graph;
use rust::Crate;

mod graph;
mod javascript;
mod rust;

/// The wings of `src/`, each of which may use those before it.
const WINGS: [&str; 13] = [
    "error", "random", "sort", "volume", "read", "mask", "layout", "phantom", "network", "result", "write", "study",
    "web",
];

/// Roots of the crates.
const CRATES: [&str; 4] = ["src/lib.rs", "kernels/src/lib.rs", "train/src/main.rs", "xtask/src/main.rs"];

/// Folders of sources, with all folders below them.
const SOURCES: [&str; 7] = ["src", "kernels/src", "train/src", "xtask/src", "fuzz", "www", "packages"];

const LARGEST_FOLDER: usize = 20;
const LONGEST_FILE: usize = 500;

#[test]
fn the_crates_have_no_import_cycles() {
    let found: Vec<_> = CRATES.map(crate_graph).iter().flat_map(|graph| shown(graph.cycles())).collect();
    assert!(found.is_empty(), "the files of each line use each other:\n{}", found.join("\n"));
}

#[test]
fn the_page_has_no_import_cycles() {
    let mut graph = Graph::default();
    for path in files().iter().filter(|path| is(path, "js")) {
        javascript::add(&mut graph, path, &read(path));
    }
    assert!(!graph.0.is_empty(), "imports are found");
    let found = shown(graph.cycles());
    assert!(found.is_empty(), "the files of each line import each other:\n{}", found.join("\n"));
}

/// Cargo refuses a dependency with two names, even where each is for another platform, but only once a feature turns
/// both on.
#[test]
fn a_dependency_has_one_name() {
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo describes the workspace");
    let mut names = BTreeMap::<_, BTreeSet<_>>::new();
    for package in &metadata.packages {
        for dependency in &package.dependencies {
            let name = dependency.rename.as_deref().unwrap_or(&dependency.name);
            names.entry((package.name.as_str(), dependency.name.as_str())).or_default().insert(name.to_owned());
        }
    }
    assert!(names.len() > 50, "the dependencies are found");
    names.retain(|_, names| names.len() > 1);
    assert!(names.is_empty(), "{names:?}");
}

#[test]
fn a_wing_uses_only_the_wings_before_it() {
    let place = |file: &str| {
        let name = file.strip_prefix("src/").and_then(|path| path.split(['/', '.']).next())?;
        WINGS.iter().position(|wing| *wing == name)
    };
    let mut found = Vec::new();
    for (from, used) in crate_graph("src/lib.rs").0.iter().filter(|(from, _)| *from != "src/lib.rs") {
        // `None`, for lib.rs and for a file that is in no wing, comes before every place.
        let wrong = used.iter().filter(|to| place(to).is_none() || place(to) > place(from));
        found.extend(wrong.map(|to| format!("{from} uses {to}")));
    }
    assert!(found.is_empty(), "the order of the wings is {WINGS:?}:\n{}", found.join("\n"));
}

#[test]
fn no_folder_has_too_many_files() {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for path in files() {
        let (folder, _) = path.rsplit_once('/').expect("a file is in a folder");
        *counts.entry(folder.to_owned()).or_default() += 1;
    }
    counts.retain(|_, count| *count > LARGEST_FOLDER);
    assert!(counts.is_empty(), "folders of more than {LARGEST_FOLDER} files: {counts:?}");
}

#[test]
fn no_file_has_too_many_lines() {
    let mut counts = BTreeMap::new();
    for path in files() {
        let text = read(&path);
        let lines = match is(&path, "rs") {
            true => rust::lines(&text).unwrap_or_else(|error| panic!("{path}: {error}")),
            false => text.lines().count(),
        };
        counts.insert(path, lines);
    }
    counts.retain(|_, lines| *lines > LONGEST_FILE);
    assert!(counts.is_empty(), "files of more than {LONGEST_FILE} lines: {counts:?}");
}

/// Each group of files as a line.
fn shown(groups: Vec<BTreeSet<&str>>) -> Vec<String> {
    groups.into_iter().map(|group| Vec::from_iter(group).join(", ")).collect()
}

fn crate_graph(root: &str) -> Graph {
    let read = |path: &str| fs::read_to_string(repository().join(path)).ok();
    Crate::parse(root, &read).unwrap_or_else(|error| panic!("{root}: {error}")).graph()
}

/// The source files without tests, as paths from the root.
fn files() -> Vec<String> {
    let mut found = Vec::new();
    let mut folders: Vec<String> = SOURCES.map(str::to_owned).into();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(repository().join(&folder)).unwrap_or_else(|error| panic!("{folder}: {error}")) {
            let entry = entry.expect("an entry");
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            // Built, and not in the repository.
            if ["www/pkg", "www/vendor", "fuzz/target"].contains(&&*path) {
                continue;
            }
            if entry.path().is_dir() {
                folders.push(path);
            } else if ["rs", "js", "css"].iter().any(|ending| is(&path, ending)) && !is_test(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn is(path: &str, ending: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == ending)
}

fn is_test(path: &str) -> bool {
    path.ends_with(".test.js") || path.ends_with("/tests.rs") || path.contains("/tests/")
}

fn read(path: &str) -> String {
    fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
