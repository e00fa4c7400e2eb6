//! The static site: its files, and how they are written into a folder.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::bundle;
use crate::seal;
use crate::vendor;
use crate::wasm::{self, Effort, Module};
use crate::workspace::Workspace;
use index::Index;
use size::Size;

mod index;
mod size;

/// The page itself. All other files are below [`ASSETS`].
pub(crate) const INDEX: &str = "index.html";
const ASSETS: &str = "www";

/// The files that the page needs, each with its origin.
const NEEDED: [(&str, &str); 13] = [
    (INDEX, "the repository"),
    ("www/startup.js", "the repository"),
    ("www/app.js", "the repository"),
    ("www/pkg/glioscope.js", "the wasm build"),
    ("www/pkg/glioscope_bg.wasm", "the wasm build"),
    ("www/pkg/gpu.js", "the wasm build"),
    ("www/pkg/gpu_bg.wasm", "the wasm build"),
    ("www/pkg/formats.js", "the wasm build"),
    ("www/pkg/formats_bg.wasm", "the wasm build"),
    ("www/vendor/niivue.js", "the bundle of libraries"),
    ("www/model/model.json", "`train fit`"),
    ("www/model/card.json", "`train fit`"),
    ("www/model/weights.safetensors", "`train fit`"),
];

/// The unfolded network, to fit on: the page does not need it.
const UNFOLDED: &str = "www/model/network.safetensors";

/// The most bytes that the page may have: the modules gzipped, the weights as they are. Nearly half of `formats` is the data
/// dictionary of DICOM. The module is fetched with the first such file.
const LARGEST: [(&str, u64); 3] =
    [("www/pkg/glioscope_bg.wasm", 640_000), ("www/pkg/gpu_bg.wasm", 3_000_000), ("www/pkg/formats_bg.wasm", 800_000)];
const LARGEST_WEIGHTS: u64 = 2_000_000;

/// Lists the files that a `dist` wrote into a folder, which the next `dist` may remove.
const MARKER: &str = ".glioscope-dist";

/// Fails if a file is missing that the page with these modules needs.
pub(crate) fn check(root: &Path, modules: &[Module]) -> Result<()> {
    for (path, origin) in NEEDED {
        if has(modules, path) && !root.join(path).is_file() {
            bail!("the site lacks {path}, which comes from {origin}");
        }
    }
    Ok(())
}

/// Whether a site with these modules has the file at `path`, as far as modules decide it.
fn has(modules: &[Module], path: &str) -> bool {
    Module::ALL.iter().all(|module| modules.contains(module) || !module.files().iter().any(|file| file == path))
}

/// Builds the site with some of its modules and writes it into `out`. All its links are relative, so that any static
/// host can serve it, at any path. Scripts and stylesheets are bundled. Without the module for WebGPU the site runs on
/// the CPU. `address` is that of the site, where it is known.
///
/// # Errors
///
/// If `out` has files that no `dist` wrote.
pub(crate) fn dist(
    workspace: &Workspace,
    out: &Path,
    modules: &[Module],
    effort: Effort,
    address: Option<&str>,
) -> Result<()> {
    let out = std::path::absolute(out).with_context(|| format!("no such path: {}", out.display()))?;
    if out.starts_with(workspace.root.join(ASSETS)) {
        bail!("{} is inside of {ASSETS}, which is copied", out.display());
    }
    let former = former_files(&out)?;
    vendor::build(workspace)?;
    for module in modules {
        wasm::build(workspace, *module, effort)?;
    }
    check(&workspace.root, modules)?;

    for path in former {
        remove(&out, &path)?;
    }
    let sources = files(&workspace.root)?.into_iter().filter(|path| has(modules, path));
    let (bundled, mut files): (BTreeSet<String>, BTreeSet<String>) = sources.partition(|path| bundle::contains(path));
    for path in &files {
        copy(&workspace.root.join(path), &out.join(path))?;
    }
    let page = out.join(INDEX);
    let index = fs::read_to_string(&page).with_context(|| format!("cannot read {}", page.display()))?;
    let index = Index::of(&index, address)?;
    fs::write(&page, index.html).with_context(|| format!("cannot write {}", page.display()))?;
    files.extend(bundle::write(workspace, &out, &bundled, &index.sheets)?);
    seal::seal(workspace, &out, &files)?;
    let files: Vec<&str> = files.iter().map(String::as_str).chain(seal::FILES).collect();
    let marker = out.join(MARKER);
    fs::write(&marker, files.iter().map(|path| format!("{path}\n")).collect::<String>())
        .with_context(|| format!("cannot write {}", marker.display()))?;
    println!("{} files in {}", files.len(), out.display());
    Ok(())
}

/// Prints the sizes of the site in `folder`: each large file, then the whole site.
pub(crate) fn print_sizes(folder: &Path) -> Result<()> {
    println!("{:<32}{:>12}{:>12}{:>12}", "bytes", "raw", "gzip", "brotli");
    let mut total = Size::default();
    for path in files(folder)? {
        let size = Size::of(&folder.join(&path))?;
        if size.raw >= 100_000 || path.ends_with(".wasm") {
            println!("{path:<32}{size}");
        }
        total += size;
    }
    println!("{:<32}{total}", "the whole site");
    Ok(())
}

/// Fails if the site in `out` is larger than it may be.
///
/// # Errors
///
/// Also where a file cannot be read.
pub(crate) fn budget(out: &Path) -> Result<()> {
    let weights = fs::metadata(out.join("www/model/weights.safetensors"))?.len();
    println!("The weights take {weights} bytes (of {LARGEST_WEIGHTS}).");
    let mut over = weights > LARGEST_WEIGHTS;
    for (path, largest) in LARGEST {
        let bytes = size::gzipped(&out.join(path))?;
        println!("{path} takes {bytes} bytes gzipped (of {largest}).");
        over |= bytes > largest;
    }
    if over {
        bail!("the page is over its budget");
    }
    Ok(())
}

/// Whether a path relative to the site's root is one that the site publishes: `index.html`, what [`seal`] writes beside
/// it, or a file below `www` without dot-files, without a way upwards, and without tests, type
/// declarations and the network to fit on.
pub(crate) fn publishes(path: &str) -> bool {
    let plain =
        path.split('/').all(|part| !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', ':', '\0']));
    plain
        && (path == INDEX || path.starts_with("www/") || seal::FILES.contains(&path))
        && path != seal::WORKER
        && !path.ends_with(".d.ts")
        && !path.ends_with(".test.js")
        && path != UNFOLDED
        && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}

/// Every published file below `root`, as sorted paths relative to it with `/` between their parts.
pub(crate) fn files(root: &Path) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::from([INDEX.to_owned()]);
    let mut folders = vec![ASSETS.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(root.join(&folder))
            .with_context(|| format!("cannot list {}", root.join(&folder).display()))?;
        for entry in entries {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else {
                bail!("{} has no plain name", entry.path().display());
            };
            let path = format!("{folder}/{name}");
            let kind = entry.file_type()?;
            if kind.is_dir() && !name.starts_with('.') {
                folders.push(path);
            } else if kind.is_file() && publishes(&path) {
                found.insert(path);
            }
        }
    }
    Ok(found)
}

/// The files of an earlier `dist` in `out`; none if `out` is new or empty.
fn former_files(out: &Path) -> Result<Vec<String>> {
    let empty = match fs::read_dir(out) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
        Err(error) => {
            return Err(error).with_context(|| format!("cannot list {}", out.display()));
        }
    };
    if empty {
        return Ok(Vec::new());
    }
    let Ok(list) = fs::read_to_string(out.join(MARKER)) else {
        bail!("{} has files that no `dist` wrote: choose an empty or a new folder", out.display());
    };
    // Someone may have changed the list, so only paths that a site can have are removed.
    Ok(list.lines().filter(|path| publishes(path)).map(str::to_owned).collect())
}

fn remove(out: &Path, path: &str) -> Result<()> {
    let file = out.join(path);
    match fs::remove_file(&file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", file.display()))
        }
        _ => Ok(()),
    }
}

fn copy(from: &Path, to: &PathBuf) -> Result<()> {
    let folder = to.parent().context("a file has a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    fs::copy(from, to).with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    #[test]
    fn publishes_only_the_page_and_its_assets() {
        for path in
            ["index.html", "sw.js", "assets.json", "www/app.js", "www/pkg/glioscope_bg.wasm", "www/model/LICENSE"]
        {
            assert!(publishes(path), "{path}");
        }
        for path in [
            "",
            "Cargo.toml",
            "www",
            "www/",
            "/etc/passwd",
            "www//app.js",
            "www/../Cargo.toml",
            "www/./app.js",
            "www/.hidden",
            "www/.git/config",
            "www\\..\\Cargo.toml",
            "www/..\\Cargo.toml",
            "www/c:/x",
            "www/a\0b",
            "www/pkg/glioscope.d.ts",
            "www/offline/service-worker.js",
            "www/core/store.test.js",
            "wwwx/app.js",
        ] {
            assert!(!publishes(path), "{path:?}");
        }
    }

    #[test]
    fn a_site_has_the_files_of_its_modules_alone() {
        let modules = [Module::Page];
        for path in ["www/app.js", "www/pkg/glioscope.js", "www/pkg/glioscope_bg.wasm"] {
            assert!(has(&modules, path), "{path}");
        }
        for path in ["www/pkg/gpu.js", "www/pkg/gpu_bg.wasm"] {
            assert!(!has(&modules, path) && has(&Module::ALL, path), "{path}");
        }
    }

    #[test]
    fn a_folder_with_other_files_is_refused_and_an_earlier_dist_is_not() {
        let folder = TempDir::new().expect("the temporary folder is writable");
        let out = folder.path();
        assert!(former_files(&out.join("new")).is_ok_and(|list| list.is_empty()));
        assert!(former_files(out).is_ok_and(|list| list.is_empty()));
        fs::write(out.join("thesis.tex"), "years of work").expect("scratch");
        let message = former_files(out).expect_err("took a foreign folder").to_string();
        assert!(message.contains(&out.display().to_string()), "{message}");
        fs::write(out.join(MARKER), "index.html\n../thesis.tex\nthesis.tex\n").expect("scratch");
        assert_eq!(former_files(out).expect("former"), ["index.html"]);
    }

    #[test]
    fn lists_every_published_file_of_a_folder() {
        let folder = TempDir::new().expect("the temporary folder is writable");
        let root = folder.path();
        for path in ["www/app.js", "www/model/weights.safetensors", "www/.secret", "www/.git/x", "other.txt"] {
            let file = root.join(path);
            fs::create_dir_all(file.parent().expect("a folder")).expect("scratch");
            fs::write(file, path).expect("scratch");
        }
        let found = files(root).expect("list");
        assert_eq!(
            found.iter().map(String::as_str).collect::<Vec<_>>(),
            ["index.html", "www/app.js", "www/model/weights.safetensors"]
        );
    }
}
