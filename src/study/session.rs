//! A [`Study`] ↔ the bytes of a saved session.
//!
//! A zip with `session.json` ([`Manifest`]) and, named by it, the files as they were handed in, the probabilities
//! (little-endian, 16 bits each) and the masks that were drawn by hand (a byte each, 0 or 1), all row by row.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{HELD, Note, Settings, Study};
use crate::error::{Error, FileFault, Result};
use crate::mask::Mask;
use crate::mask::Probability;
use crate::read::zip::{self as archive, ZipLimits};
use crate::result::findings::Found;
use crate::write::zip;

/// The version of the layout that is written and read here.
const FORMAT: u32 = 1;
const MANIFEST: &str = "session.json";

/// `session.json`.
#[derive(Serialize, Deserialize)]
struct Manifest {
    /// [`FORMAT`].
    format: u32,
    /// Of the program that has written it.
    version: String,
    /// SHA-256 of the weights by which the probabilities were found.
    model: String,
    settings: Settings,
    files: Vec<SavedFile>,
    slices: Vec<SavedSlice>,
}

#[derive(Serialize, Deserialize)]
struct SavedFile {
    /// The name that it was handed in under.
    name: String,
    /// Where its bytes are in the zip.
    path: String,
}

#[derive(Serialize, Deserialize)]
struct SavedSlice {
    name: String,
    width: usize,
    height: usize,
    /// Where its probabilities are in the zip.
    probability: Option<String>,
    /// Where the mask that was drawn by hand is.
    edit: Option<String>,
}

/// Bytes of `session.json` at most: 16 MiB. A file and a slice take some 300 of them, and there are at most as many files as a zip
/// may have entries, 32,768.
const LARGEST: usize = 1 << 24;

/// As much of `session.json` as every format has.
#[derive(Deserialize)]
struct Header {
    format: Option<u64>,
}

/// Of a saved session: as large as what is open may be, so that what was saved can be opened.
pub(super) fn limits() -> ZipLimits {
    ZipLimits { packed: HELD, bytes: HELD, ..ZipLimits::default() }
}

/// Whether a zip is a saved session: its first entry is the manifest, named at a fixed place.
pub(super) fn is_session(zip: &[u8]) -> bool {
    zip.get(30..30 + MANIFEST.len()).is_some_and(|name| name == MANIFEST.as_bytes())
}

pub(super) fn save(study: &Study, model: &str, settings: &Settings) -> Vec<u8> {
    let mut contents: Vec<(String, Cow<'_, [u8]>)> = Vec::new();
    let mut manifest = Manifest {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        model: model.to_owned(),
        settings: settings.clone(),
        files: Vec::new(),
        slices: Vec::new(),
    };
    let mut store = |folder: &str, bytes| {
        let path = format!("{folder}/{}", contents.len() + 1);
        contents.push((path.clone(), bytes));
        path
    };
    // What is in no case yet would be in one after opening, and what counts cases, as the spacings do, would be of another.
    for file in &study.files[..study.assembled] {
        manifest.files.push(SavedFile { name: file.name.clone(), path: store("files", Cow::Borrowed(&file.bytes)) });
    }
    for findings in study.cases() {
        for (index, entry) in findings.case().slices.iter().enumerate() {
            let probability = findings.probability(index).map(|map| {
                let bytes: Vec<u8> = map.values().iter().flat_map(|value| value.to_le_bytes()).collect();
                store("probabilities", Cow::Owned(bytes))
            });
            let edit = findings.edit(index).map(|mask| store("edits", Cow::Owned(mask.to_bytes())));
            if probability.is_some() || edit.is_some() {
                let (width, height) = (entry.slice.width(), entry.slice.height());
                let name = entry.slice.name().to_owned();
                manifest.slices.push(SavedSlice { name, width, height, probability, edit });
            }
        }
    }
    let json = match serde_json::to_vec_pretty(&manifest) {
        Ok(json) => json,
        // Strings and numbers, all keys strings.
        Err(error) => unreachable!("{error}"),
    };
    contents.insert(0, (MANIFEST.to_owned(), Cow::Owned(json)));
    zip(&contents)
}

pub(super) fn open(bytes: &[u8], model: &str) -> Result<(Study, Settings)> {
    const NAME: &str = "session";
    let fault = |reason: String| Error::in_file(NAME, FileFault::Session { reason });
    if !is_session(bytes) {
        return Err(fault(format!("it does not begin with {MANIFEST}")));
    }
    // Without a name: the entries keep theirs.
    let contents = archive::extract("", bytes, &limits())?;
    if let Some(refused) = contents.refused.first() {
        return Err(fault(refused.to_string()));
    }
    let mut contents: BTreeMap<String, Vec<u8>> = contents.files.into_iter().collect();
    let mut take = |path: &str| contents.remove(path).ok_or_else(|| fault(format!("{path} is missing")));

    let manifest = take(MANIFEST)?;
    if manifest.len() > LARGEST {
        return Err(fault(format!("{MANIFEST} has {} bytes, expected at most {LARGEST}", manifest.len())));
    }
    let malformed = |error: serde_json::Error| fault(error.to_string());
    // Looked at first, so that another format is called that and not a missing field.
    let Header { format } = serde_json::from_slice(&manifest).map_err(malformed)?;
    if format != Some(FORMAT.into()) {
        let found = format.map_or("none".to_owned(), |format| format.to_string());
        return Err(fault(format!("expected format {FORMAT}, found {found}")));
    }
    let manifest: Manifest = serde_json::from_slice(&manifest).map_err(malformed)?;
    manifest.settings.check().map_err(fault)?;

    let mut study = Study::default();
    for file in &manifest.files {
        study.add_image(&file.name, &take(&file.path)?)?;
    }
    let same_model = manifest.model == model;
    if !same_model && manifest.slices.iter().any(|slice| slice.probability.is_some()) {
        let message = "session: saved with another network, whose probabilities are left out; segment again".to_owned();
        study.notes.push(Note { file: NAME.to_owned(), message });
    }
    for slice in manifest.slices {
        let SavedSlice { name, width, height, probability, edit } = slice;
        let mut load = |path: &Option<String>, size: u64| -> Result<Option<Vec<u8>>> {
            let Some(path) = path else { return Ok(None) };
            let bytes = take(path)?;
            let expected = (width as u64).saturating_mul(height as u64).saturating_mul(size);
            if bytes.len() as u64 != expected {
                let found = bytes.len();
                return Err(fault(format!("{path} has {found} bytes, expected {expected} for {name}")));
            }
            Ok(Some(bytes))
        };
        let probability = load(&probability, 2)?.filter(|_| same_model).map(|bytes| {
            let values = bytes.as_chunks::<2>().0.iter().map(|&pair| u16::from_le_bytes(pair)).collect();
            Probability::new(width, height, values)
        });
        let edit =
            load(&edit, 1)?.map(|bytes| Mask::new(width, height, bytes.into_iter().map(|value| value != 0).collect()));
        study.restored.insert(name, Found { probability, edit });
    }
    Ok((study, manifest.settings))
}
