//! The files and folders that a command is given → slices, one patient at a time.

mod found;
mod groups;
mod reader;
mod studies;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context as _, Result, bail};
use glioscope::error::Error;
use glioscope::layout::{AssemblyNote, Contrast, Litter, Words};
use glioscope::read::{DICOM_HEAD, dicom_study, is_dicom, other_of_pair};
use glioscope::study::{HEAD, Study, Unpacked};

use crate::file;
use crate::output::real;
use crate::report::one_line;
use found::Source;
pub(crate) use found::{FileState, Input};
pub(crate) use groups::Group;
pub(crate) use reader::Reader;

/// Words in names that decide how files are read.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Naming {
    /// Read a word of names as a contrast: WORD is a folder, a part of a file's name, or a channel such as 0001; CONTRAST is
    /// pre, flair, post or none
    #[arg(long = "contrast", value_name = "WORD=CONTRAST")]
    contrasts: Vec<Choice>,

    /// Read files as reference masks by a word of their names or by their folder, instead of the usual words
    #[arg(long = "reference", value_name = "WORD")]
    references: Vec<String>,

    /// Read four digits at the end of a name as the number of a slice, never as a channel
    #[arg(long)]
    slice_numbers: bool,
}

/// A contrast that was chosen for a word.
#[derive(Clone, Debug)]
struct Choice(String, Contrast);

impl FromStr for Choice {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let (word, contrast) = text.split_once('=').context("expected WORD=CONTRAST, such as 0001=flair")?;
        let contrast = match contrast {
            "none" => Contrast::Other,
            known => Contrast::of(known)
                .with_context(|| format!("no contrast {known}, expected pre, flair, post or none"))?,
        };
        Ok(Self(word.to_owned(), contrast))
    }
}

impl Naming {
    fn words(&self) -> Words {
        let contrasts = self.contrasts.iter().map(|Choice(word, contrast)| (word.clone(), *contrast));
        Words {
            references: self.references.clone(),
            contrasts: contrasts.collect(),
            slice_numbers: self.slice_numbers,
            ..Words::default()
        }
    }
}

/// The options that choose another reading than `note` states; empty where there is no choice.
pub(crate) fn how_to_choose(note: &AssemblyNote) -> &'static str {
    match note {
        AssemblyNote::Channels { .. } => "; choose with --contrast or --slice-numbers",
        AssemblyNote::Unused { .. } | AssemblyNote::Sequence { .. } => "; choose with --contrast",
        AssemblyNote::StrayMask { .. } | AssemblyNote::Labels { .. } => "; choose with --reference",
        _ => "",
    }
}

/// The files below the paths that a command was given.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    /// The files that may be slices, in groups that hold whole cases with their masks.
    pub(crate) groups: Vec<Group>,
    /// The canonical folders with these files.
    pub(crate) folders: BTreeSet<PathBuf>,
    /// The files that are no slices.
    pub(crate) passed_over: Vec<(String, Litter)>,
    /// The files and folders that cannot be read.
    pub(crate) refused: Vec<Refused>,
    /// The words that decide, also those of a `dataset.json`.
    pub(crate) words: Words,
}

/// A file or folder that cannot be read.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) file: String,
    /// It names the file too.
    pub(crate) error: anyhow::Error,
}

impl Refused {
    /// The reason without the name of the file.
    pub(crate) fn reason(&self) -> String {
        let line = one_line(&self.error);
        line.strip_prefix(&format!("{}: ", self.file)).unwrap_or(&line).to_owned()
    }
}

impl Inputs {
    /// Finds the files below `paths`, except in the folder `out`. A zip is read as the folder that it holds. A file that
    /// several paths lead to is there once.
    pub(crate) fn gather(paths: &[PathBuf], out: Option<&Path>, naming: &Naming) -> Self {
        let mut gathering = Gathering {
            inputs: Self { words: naming.words(), ..Self::default() },
            seen: BTreeSet::new(),
            files: BTreeMap::new(),
            homes: BTreeMap::new(),
            out,
        };
        for path in paths {
            if path.is_dir() {
                // The names of `images` and `masks`, given as two paths, keep the folders that pair them.
                let root = path.parent().filter(|_| paths.len() > 1 && gathering.is_part(path)).unwrap_or(path);
                gathering.walk(root, path, &mut BTreeSet::new());
            } else {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                gathering.file(path.parent().unwrap_or(Path::new("")), path, &name, path);
            }
        }
        gathering.finish(paths)
    }

    /// How many files may be slices.
    pub(crate) fn len(&self) -> usize {
        self.groups.iter().map(|group| group.inputs.len()).sum()
    }

    /// The names of the files that may be slices.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.groups.iter().flat_map(|group| &group.inputs).map(|input| input.name.as_str())
    }

    /// How many files were passed over, in one line.
    pub(crate) fn summary(&self) -> Option<String> {
        Litter::summary(self.passed_over.iter().map(|&(_, kind)| kind))
    }

    /// The error for paths without a slice: what was found and what is expected.
    ///
    /// # Errors
    ///
    /// Always.
    pub(crate) fn nothing(&self, paths: &[PathBuf]) -> Result<()> {
        let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        let found = self.summary().map_or_else(String::new, |summary| format!("; {summary}"));
        bail!(
            "no slices in {}: expected TIFF, PNG, NIfTI or DICOM files, folders of them, or a zip{found}",
            paths.join(", ")
        )
    }
}

struct Gathering<'a> {
    inputs: Inputs,
    /// Canonical paths of the files so far.
    seen: BTreeSet<PathBuf>,
    /// By the canonical path that was given, or the folder of a given file.
    files: BTreeMap<PathBuf, Vec<Input>>,
    /// The only folder in a zip that was given, by the path of the zip.
    homes: BTreeMap<PathBuf, String>,
    out: Option<&'a Path>,
}

impl Gathering<'_> {
    /// Whether the name of `folder` states that it has only slices, masks or one contrast.
    fn is_part(&self, folder: &Path) -> bool {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        self.inputs.words.common_folder(&format!("{name}/")).is_empty()
    }

    /// Finds every file below `folder`, which is below `root`, except in the output folder, which has masks of an earlier run.
    /// No folder is searched twice, even if links lead to it. A folder that cannot be read is reported, and the others are
    /// searched.
    fn walk(&mut self, root: &Path, folder: &Path, entered: &mut BTreeSet<PathBuf>) {
        let listing = real(folder).and_then(|own| {
            let skipped = (Some(own.as_path()) == self.out && !entered.is_empty()) || !entered.insert(own);
            if skipped { Ok(file::Listing::default()) } else { file::list(folder) }
        });
        match listing {
            Ok(listing) => {
                for path in &listing.hidden {
                    self.pass_over_hidden(root, path);
                }
                for path in &listing.files {
                    self.file(root, root, &file::name_below(root, path), path);
                }
                listing.folders.iter().for_each(|inner| self.walk(root, inner, entered));
            }
            Err(error) => self.refuse(file::name_below(root, folder), error),
        }
    }

    /// Passes over a hidden file, or the files of a hidden folder. Links to folders are not followed.
    fn pass_over_hidden(&mut self, root: &Path, path: &Path) {
        if path.is_file() {
            self.inputs.passed_over.push((file::name_below(root, path), Litter::System));
        } else if let Ok(file::Listing { files, folders, hidden }) = file::list(path)
            && !path.is_symlink()
        {
            for inner in files.iter().chain(&folders).chain(&hidden) {
                self.pass_over_hidden(root, inner);
            }
        }
    }

    /// Adds the file at `path`, which was found below `root`. `given` is the path that was given.
    fn file(&mut self, root: &Path, given: &Path, name: &str, path: &Path) {
        if Words::is_dataset(name)
            && let Ok(bytes) = file::read(path)
        {
            self.inputs.words.add_dataset(&bytes);
        }
        if let Some(kind) = Litter::of(name) {
            self.inputs.passed_over.push((name.to_owned(), kind));
            return;
        }
        let add = || -> Result<Option<(PathBuf, PathBuf)>> {
            let (own, root) = (real(path)?, real(root)?);
            Ok((!self.seen.contains(&own)).then_some((own, root)))
        };
        let (own, root) = match add() {
            Ok(Some(found)) => found,
            Ok(None) => return,
            Err(error) => return self.refuse(name.to_owned(), error),
        };
        if file::has_extension(path, "zip") {
            self.seen.insert(own);
            // A zip that was given is the folder itself.
            return self.zip(path, name, path == given);
        }
        if with_ending(path, "hdr").is_some_and(|header| matches!(admit(name, &header), Ok(None))) {
            // It is read with its header.
            return;
        }
        // A file that cannot be opened or is refused is reported when it is read.
        if let Some(kind) = admit(name, path).ok().flatten() {
            self.inputs.passed_over.push((name.to_owned(), kind));
            return;
        }
        self.inputs.folders.extend(own.parent().map(PathBuf::from));
        self.seen.insert(own);
        self.files.entry(root).or_default().push(Input {
            name: name.to_owned(),
            source: Source::File(path.to_owned()),
            voxels: with_ending(path, "img").map(Source::File),
            study: study(path).ok().flatten(),
            state: FileState::of(path),
        });
    }

    /// Adds the files in a zip, which is called `name`. The names of the files are relative to a zip that was given.
    fn zip(&mut self, path: &Path, name: &str, given: bool) {
        let read = file::read(path).and_then(|bytes| Ok(Unpacked::of(name, &bytes)?));
        let Ok(contents) = read else {
            // It may be a patient, so it is reported when it is read.
            let source = Source::Zip(path.to_owned());
            let input = Input { name: name.to_owned(), source, voxels: None, study: None, state: FileState::of(path) };
            self.files.entry(path.to_owned()).or_default().push(input);
            return;
        };
        let known = contents.passed_over.iter().filter(|&&(_, kind)| kind != Litter::System).map(|(name, _)| name);
        let names = contents.files.iter().map(|(name, _)| name).chain(known).map(String::as_str);
        let words = &self.inputs.words;
        let (top, folder) = if given {
            let top = words.only_folder(names);
            if !top.is_empty() {
                self.homes.insert(path.to_owned(), top.trim_end_matches('/').to_owned());
            }
            (top, String::new())
        } else {
            (String::new(), contents.folder(name, words, 0))
        };
        let place = |name: &str| match &*folder {
            "" => name.strip_prefix(&top).unwrap_or(name).to_owned(),
            folder => format!("{folder}/{name}"),
        };
        let passed_over = contents.passed_over.iter().map(|(name, kind)| (place(name), *kind));
        self.inputs.passed_over.extend(passed_over);
        for error in contents.refused {
            let file = error.file().map_or_else(|| name.to_owned(), place);
            let error = match error {
                Error::File { fault, .. } => Error::File { file: file.clone(), fault },
                error => error,
            };
            self.refuse(file, error.into());
        }
        let modified = FileState::of(path).modified;
        let entry = |name: String| Source::Entry { zip: path.to_owned(), name };
        for (name, bytes) in contents.files {
            if Words::is_dataset(&name) {
                self.inputs.words.add_dataset(&bytes);
                continue;
            }
            let voxels = other_of_pair(&name, "img").filter(|other| contents.voxels.contains_key(other)).map(entry);
            let state = FileState { length: bytes.len() as u64, modified };
            let study = dicom_study(&bytes);
            let input = Input { name: place(&name), source: entry(name), voxels, study, state };
            self.files.entry(path.to_owned()).or_default().push(input);
        }
    }

    fn refuse(&mut self, file: String, error: anyhow::Error) {
        self.inputs.refused.push(Refused { file, error });
    }

    fn finish(self, paths: &[PathBuf]) -> Inputs {
        let mut inputs = self.inputs;
        let home = |root: &PathBuf| self.homes.get(root).cloned().unwrap_or_else(|| home(root, paths));
        let homes: Vec<String> = self.files.keys().map(home).collect();
        inputs.groups = groups::groups(homes.iter().map(String::as_str).zip(self.files.into_values()), &inputs.words);
        inputs
    }
}

/// The name of `root` if it is a folder or zip that was given: the names of its files do not have it. Else empty.
fn home(root: &Path, paths: &[PathBuf]) -> String {
    let folder = paths.iter().any(|path| path.is_dir() && real(path).is_ok_and(|real| real == root));
    let zip = file::has_extension(root, "zip");
    let name = if zip { root.file_stem() } else { root.file_name() };
    name.filter(|_| folder || zip).map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// The other file of a NIfTI volume in two files: that with the `ending` `hdr` or `img`, if it is there.
fn with_ending(path: &Path, ending: &str) -> Option<PathBuf> {
    let other = other_of_pair(path.to_str()?, ending).map(PathBuf::from)?;
    other.is_file().then_some(other)
}

/// The kind of a file that is passed over; `None` for one that is read.
fn admit(name: &str, path: &Path) -> Result<Option<Litter>> {
    let size = std::fs::metadata(path)?.len();
    Ok(Study::admit(name, size, &head(path, HEAD)?)?)
}

/// The study of a DICOM file. Of any other file only the first bytes are read.
fn study(path: &Path) -> Result<Option<String>> {
    Ok(if is_dicom(&head(path, HEAD)?) { dicom_study(&head(path, DICOM_HEAD)?) } else { None })
}

/// The first bytes of a file.
fn head(path: &Path, length: usize) -> Result<Vec<u8>> {
    let mut head = Vec::new();
    std::fs::File::open(path)?.take(length as u64).read_to_end(&mut head)?;
    Ok(head)
}
