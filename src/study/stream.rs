//! A zip of what is open, in pieces.

use std::collections::VecDeque;

use super::session::Saved;
use super::{Settings, Study};
use crate::error::UsageFault;
use crate::write::{Bundle, CaseFile, NamedFile, Origin, ZipEncoder};

/// A zip that is made file by file while it is read, so that no more than a file of it is in memory.
///
/// [`Study::export`] and [`Study::save`] give one.
#[derive(Debug)]
pub struct ZipStream {
    source: Source,
    /// `None` at the end.
    encoder: Option<ZipEncoder>,
    /// The change of the study that it belongs to.
    change: u64,
}

#[derive(Debug)]
enum Source {
    Results(Box<Results>),
    Session(Saved),
}

impl ZipStream {
    fn new(source: Source, study: &Study) -> Self {
        Self { source, encoder: Some(ZipEncoder::default()), change: study.change }
    }

    /// The next bytes of the zip, `None` at its end. `study` is the one that the stream comes from.
    ///
    /// # Errors
    ///
    /// [`UsageFault::Changed`] if the study has changed since the stream was made. The zip cannot be finished then.
    pub fn next(&mut self, study: &Study) -> Result<Option<Vec<u8>>, UsageFault> {
        let Some(encoder) = &mut self.encoder else { return Ok(None) };
        if study.change != self.change {
            return Err(UsageFault::Changed);
        }
        loop {
            let added = match &mut self.source {
                Source::Results(results) => results.next(study).map(|(path, bytes)| encoder.add(&path, &bytes)),
                Source::Session(saved) => saved.next(study).map(|(path, bytes)| encoder.add(&path, &bytes)),
            };
            match added {
                // The first file gives none.
                Some(bytes) if bytes.is_empty() => {}
                Some(bytes) => return Ok(Some(bytes)),
                None => return Ok(self.encoder.take().map(ZipEncoder::finish)),
            }
        }
    }

    /// The rest of the zip at once.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub fn collect(mut self, study: &Study) -> Result<Vec<u8>, UsageFault> {
        let mut all = Vec::new();
        while let Some(bytes) = self.next(study)? {
            all.extend(bytes);
        }
        Ok(all)
    }
}

/// The files of a [`Bundle`] of all cases.
#[derive(Debug)]
struct Results {
    settings: Settings,
    /// `None` once the files about all cases are in `last`.
    bundle: Option<Bundle>,
    /// How many cases were added.
    added: usize,
    /// The files of the last case that was added.
    files: VecDeque<CaseFile>,
    last: VecDeque<NamedFile>,
}

impl Results {
    fn next(&mut self, study: &Study) -> Option<NamedFile> {
        while let Some(bundle) = &mut self.bundle {
            if let Some(file) = self.files.pop_front() {
                let (findings, spacing) = study.measured(&self.settings).nth(self.added - 1)?;
                return Some(bundle.encode(file, findings, spacing));
            }
            match study.measured(&self.settings).nth(self.added) {
                Some((findings, spacing)) => self.files = bundle.add(findings, spacing).into(),
                None => self.last = self.bundle.take().map(Bundle::finish).unwrap_or_default().into(),
            }
            self.added += 1;
        }
        self.last.pop_front()
    }
}

impl Study {
    /// The files of a [`Bundle`] of all cases as a zip.
    pub fn export(&self, origin: Origin, settings: &Settings) -> ZipStream {
        let results = Results {
            settings: settings.clone(),
            bundle: Some(Bundle::new(origin)),
            added: 0,
            files: VecDeque::new(),
            last: VecDeque::new(),
        };
        ZipStream::new(Source::Results(Box::new(results)), self)
    }

    /// The session as a zip: the files of the cases as they were handed in, the findings, and the settings. Files that were
    /// read since the last [`assemble`](Self::assemble) are not in it.
    ///
    /// `model` is the SHA-256 of the weights that gave the probabilities.
    pub fn save(&self, model: &str, settings: &Settings) -> ZipStream {
        ZipStream::new(Source::Session(Saved::of(self, model, settings)), self)
    }
}
