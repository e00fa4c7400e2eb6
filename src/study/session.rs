//! A [`Study`] ↔ the bytes of a saved session.
//!
//! The session is a zip. Its first entry, `session.json` ([`SessionIndex`]), names the others: the files as they were handed in,
//! the probabilities (16 bits a pixel, little-endian) and the edited masks (a byte a pixel, 0 or 1), row by row.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::session_head::{INDEX, is_session, limits};
use super::{Note, Settings, Study};
use crate::error::{Error, FileFault, Result};
use crate::layout::{CaseSlice, Words, assemble};
use crate::mask::{Mask, Probability};
use crate::read::Spacing;
use crate::read::zip as archive;
use crate::result::findings::Found;

/// What errors call the session.
const NAME: &str = "session";

/// The version that is written. Version 1, which had a list of spacings in the order of the cases, is still read.
const FORMAT: u32 = 2;

/// The content of `session.json`. `S` are the settings of its version.
#[derive(Serialize, Deserialize)]
struct SessionIndex<S> {
    /// 1 or 2.
    format: u32,
    /// The version of the program that wrote it.
    version: String,
    /// SHA-256 of the weights that gave the probabilities.
    model: String,
    settings: S,
    files: Vec<SavedFile>,
    slices: Vec<SavedSlice>,
    /// The visitor's answers to questions about the files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    answers: Vec<Words>,
}

/// The settings of version 1.
#[derive(Deserialize)]
struct Settings1 {
    threshold: f64,
    /// In the order of the cases.
    #[serde(default)]
    spacing: Vec<Option<Spacing>>,
    rules: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct SavedFile {
    /// Its name as it was handed in.
    name: String,
    /// The path of its bytes in the zip.
    path: String,
}

#[derive(Serialize, Deserialize)]
struct SavedSlice {
    name: String,
    width: usize,
    height: usize,
    /// The path of its probabilities in the zip.
    probability: Option<String>,
    /// The path of its edited mask in the zip.
    edit: Option<String>,
}

/// The most bytes of `session.json`: 16 MiB. A file and its slice take some 300 bytes, and a zip has at most 32,768 entries.
const LARGEST: usize = 1 << 24;

/// The part of `session.json` that every version has.
#[derive(Deserialize)]
struct Header {
    format: Option<u64>,
}

/// The entries of a session's zip, to be made one at a time.
#[derive(Debug)]
pub(super) struct Saved {
    entries: VecDeque<(String, Entry)>,
}

/// Where the bytes of an entry come from.
#[derive(Debug)]
enum Entry {
    /// `session.json`.
    Index(Vec<u8>),
    /// The file at this place.
    File(usize),
    /// The probabilities of a slice, by the places of its case and of itself.
    Probability(usize, usize),
    /// The edited mask of a slice.
    Edit(usize, usize),
}

impl Saved {
    pub(super) fn of(study: &Study, model: &str, settings: &Settings) -> Self {
        let mut entries = VecDeque::new();
        let mut index = SessionIndex {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            model: model.to_owned(),
            settings: settings.clone(),
            files: Vec::new(),
            slices: Vec::new(),
            answers: study.answers.clone(),
        };
        let mut store = |folder: &str, entry| {
            let path = format!("{folder}/{}", entries.len() + 1);
            entries.push_back((path.clone(), entry));
            path
        };
        // A file that is in no case yet would be in one after opening.
        for (at, file) in study.files[..study.assembled].iter().enumerate() {
            index.files.push(SavedFile { name: file.name.clone(), path: store("files", Entry::File(at)) });
        }
        for (case, findings) in study.cases().enumerate() {
            for (at, CaseSlice { slice, .. }) in findings.case().slices.iter().enumerate() {
                let probability =
                    findings.probability(at).map(|_| store("probabilities", Entry::Probability(case, at)));
                let edit = findings.edit(at).map(|_| store("edits", Entry::Edit(case, at)));
                if probability.is_some() || edit.is_some() {
                    let (name, width, height) = (slice.name().to_owned(), slice.width(), slice.height());
                    index.slices.push(SavedSlice { name, width, height, probability, edit });
                }
            }
        }
        let json = match serde_json::to_vec_pretty(&index) {
            Ok(json) => json,
            Err(error) => unreachable!("every key is a string and every number finite: {error}"),
        };
        entries.push_front((INDEX.to_owned(), Entry::Index(json)));
        Self { entries }
    }

    /// The next entry; `study` has not changed since [`of`](Self::of).
    pub(super) fn next<'a>(&mut self, study: &'a Study) -> Option<(String, Cow<'a, [u8]>)> {
        let (path, entry) = self.entries.pop_front()?;
        let bytes = match entry {
            Entry::Index(json) => Cow::Owned(json),
            Entry::File(at) => Cow::Borrowed(study.files[at].bytes.as_slice()),
            Entry::Probability(case, slice) => {
                let map = study.cases[case].findings.probability(slice)?;
                Cow::Owned(map.values().iter().flat_map(|value| value.to_le_bytes()).collect())
            }
            Entry::Edit(case, slice) => Cow::Owned(study.cases[case].findings.edit(slice)?.to_bytes()),
        };
        Some((path, bytes))
    }
}

impl Study {
    /// Replaces everything that is open by a saved session, and returns its settings. [`assemble`](Self::assemble) then makes
    /// the cases. Probabilities of another network than `model` are dropped, with a note.
    ///
    /// # Errors
    ///
    /// [`Error::File`] with [`FileFault::Session`], or the fault of one of its files.
    /// Everything then stays as it was.
    pub fn open(&mut self, bytes: &[u8], model: &str) -> Result<Settings> {
        let (study, settings) = read(bytes, model)?;
        *self = Self { change: self.change + 1, ..study };
        Ok(settings)
    }
}

/// Reads a session. `model` identifies the probabilities of the open network.
fn read(bytes: &[u8], model: &str) -> Result<(Study, Settings)> {
    if !is_session(bytes) {
        return Err(fault(format!("it does not begin with {INDEX}")));
    }
    // Without a name, so that the entries keep theirs.
    let contents = archive::extract("", bytes, &limits())?;
    if let Some(refused) = contents.refused.first() {
        return Err(fault(refused.to_string()));
    }
    let mut entries: Entries = contents.files.into_iter().collect();
    let json = take(&mut entries, INDEX)?;
    if json.len() > LARGEST {
        return Err(fault(format!("{INDEX} has {} bytes, expected at most {LARGEST}", json.len())));
    }
    // The version first, so that an unknown one is named, and not a missing field.
    let Header { format } = parse(&json)?;
    let (study, settings) = match format {
        Some(1) => {
            let contents: SessionIndex<Settings1> = parse(&json)?;
            let (study, settings) = restore(contents, entries, model)?;
            let settings = settings.by_id(&study);
            (study, settings)
        }
        Some(2) => restore(parse(&json)?, entries, model)?,
        other => {
            let found = other.map_or("none".to_owned(), |format| format.to_string());
            return Err(fault(format!("expected format 1 or {FORMAT}, found {found}")));
        }
    };
    settings.check().map_err(|error| fault(error.to_string()))?;
    Ok((study, settings))
}

/// The files of the zip by path.
type Entries = BTreeMap<String, Vec<u8>>;

fn restore<S>(contents: SessionIndex<S>, mut entries: Entries, model: &str) -> Result<(Study, S)> {
    let mut study = Study { answers: contents.answers, ..Study::default() };
    for file in &contents.files {
        study.add_image(&file.name, &take(&mut entries, &file.path)?)?;
    }
    let same_model = contents.model == model;
    if !same_model && contents.slices.iter().any(|slice| slice.probability.is_some()) {
        let message =
            "session: saved with another network, so its probabilities were dropped. Segment again.".to_owned();
        study.notes.push(Note { file: NAME.to_owned(), message });
    }
    for SavedSlice { name, width, height, probability, edit } in contents.slices {
        let mut load = |path: &Option<String>, size: u64| -> Result<Option<Vec<u8>>> {
            let Some(path) = path else { return Ok(None) };
            let bytes = take(&mut entries, path)?;
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
    Ok((study, contents.settings))
}

impl Settings1 {
    /// With the ids of the cases that the files of `study` make up.
    fn by_id(self, study: &Study) -> Settings {
        let Self { threshold, spacing, rules } = self;
        let slices = study.files.iter().flat_map(|file| file.slices.iter().cloned()).collect();
        let ids = assemble(slices).cases.into_iter().map(|case| case.id());
        let spacing = ids.zip(spacing).filter_map(|(id, spacing)| Some((id, spacing?))).collect();
        Settings { threshold, spacing, rules, ..Settings::default() }
    }
}

fn take(entries: &mut Entries, path: &str) -> Result<Vec<u8>> {
    entries.remove(path).ok_or_else(|| fault(format!("{path} is missing")))
}

fn parse<T: DeserializeOwned>(json: &[u8]) -> Result<T> {
    serde_json::from_slice(json).map_err(|error| fault(error.to_string()))
}

fn fault(reason: String) -> Error {
    Error::in_file(NAME, FileFault::Session { reason })
}
