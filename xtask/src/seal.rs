//! The files that make a folder one version of the site: hashes and sizes, the service worker that checks them, the
//! headers that a host should send, and the bill of materials.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::headers;
use crate::workspace::Workspace;

mod bom;

/// The files that [`seal`] writes, next to `index.html`.
pub(crate) const FILES: [&str; 4] = ["assets.json", "sw.js", "_headers", "bom.json"];

/// Where the service worker's code lies. At the root it may answer for the whole site; no static host would let it from
/// below `www`.
pub(crate) const WORKER: &str = "www/offline/service-worker.js";

/// Removes the service worker of an earlier version with its cached files. `serve --dev` sends it, because a cached file
/// would be out of date.
pub(crate) const RETIRE: &str = "\
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name.startsWith('glioscope ')) await caches.delete(name);
  await self.registration.unregister();
  for (const tab of await self.clients.matchAll({ type: 'window' })) tab.navigate(tab.url).catch(() => {});
})()));
";

/// Adds [`FILES`] to the site in `out`, whose other files are `files`.
pub(crate) fn seal(workspace: &Workspace, out: &Path, files: &BTreeSet<String>) -> Result<()> {
    let read =
        |path: &str| fs::read(out.join(path)).with_context(|| format!("cannot read {path} in {}", out.display()));
    let write = |path: &str, text: &str| {
        fs::write(out.join(path), text).with_context(|| format!("cannot write {path} in {}", out.display()))
    };
    let mut hashes = BTreeMap::new();
    let mut sizes = BTreeMap::new();
    for path in files {
        let bytes = read(path)?;
        hashes.insert(path.as_str(), integrity(&bytes));
        sizes.insert(path.as_str(), bytes.len());
    }
    let worker = fs::read_to_string(workspace.root.join(WORKER)).with_context(|| format!("cannot read {WORKER}"))?;
    let version = version(&hashes, &worker);
    let assets = json!({ "version": version, "files": hashes, "bytes": sizes });
    write("assets.json", &format!("{assets:#}\n"))?;
    write("sw.js", &format!("self.SITE = {assets};\n{worker}"))?;
    write("_headers", &headers::file(&String::from_utf8(read("index.html")?)?)?)?;
    write("bom.json", &format!("{:#}\n", bom::of(workspace, &version)?))?;
    println!("This is version {version} of the site.");
    Ok(())
}

/// The hash of a file as `fetch` takes it: `sha256-` and Base64.
pub(crate) fn integrity(bytes: &[u8]) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(bytes)))
}

/// The version of a site, which depends on the paths and contents of its files.
fn version(hashes: &BTreeMap<&str, String>, worker: &str) -> String {
    let mut hasher = Sha256::new();
    for (path, hash) in hashes {
        hasher.update(format!("{path} {hash}\n"));
    }
    hasher.update(worker);
    hasher.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_in_the_format_that_browsers_check() {
        // `printf abc | openssl dgst -sha256 -binary | base64`
        assert_eq!(integrity(b"abc"), "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
    }

    #[test]
    fn the_version_depends_on_every_byte_and_name() {
        let of = |path, bytes: &[u8]| version(&BTreeMap::from([(path, integrity(bytes))]), "worker");
        assert_eq!(of("a", b"1"), of("a", b"1"));
        assert_ne!(of("a", b"1"), of("a", b"2"));
        assert_ne!(of("a", b"1"), of("b", b"1"));
        assert_ne!(of("a", b"1"), version(&BTreeMap::from([("a", integrity(b"1"))]), "another worker"));
    }
}
