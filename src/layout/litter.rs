//! [`Litter`]: files that folders have beside their slices.

use std::collections::BTreeMap;
use std::fmt;

use crate::error::{Error, FileFault};
use crate::read::zip;

/// The kind of a file that is not a slice. Such files are passed over and never an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Litter {
    /// `._a.tif`, `.DS_Store`, `__MACOSX`, `Thumbs.db` and the like.
    System,
    /// Text, such as `README.md`.
    Text,
    /// A table, such as `data.csv`.
    Table,
    /// JSON.
    Json,
    /// A document, such as a PDF.
    Document,
    /// A video.
    Video,
    /// A DICOM file without pictures, such as a DICOMDIR.
    NoPictures(&'static str),
    /// Any other file that is not an image.
    Other,
}

impl Litter {
    /// The kind of a file, if its name is enough to tell that it is not a slice. `name` may have folders.
    pub fn of(name: &str) -> Option<Self> {
        if zip::is_litter(name) {
            return Some(Self::System);
        }
        let file = name.rsplit(['/', '\\']).next().unwrap_or_default();
        Some(match extension(file).as_str() {
            "txt" | "md" | "rst" | "log" | "xml" | "html" | "htm" | "yaml" | "yml" | "ini" | "bval" | "bvec" => {
                Self::Text
            }
            "csv" | "tsv" | "xls" | "xlsx" | "ods" => Self::Table,
            "json" | "jsonl" => Self::Json,
            "pdf" | "doc" | "docx" | "odt" | "rtf" | "ppt" | "pptx" => Self::Document,
            "avi" | "mp4" | "mov" | "mkv" | "webm" | "wmv" | "mpg" | "mpeg" => Self::Video,
            _ => return None,
        })
    }

    /// The kind of a file whose first bytes are not those of an image that is read: `None` if its name states an image, a
    /// volume, an array or an archive, which is then a damaged or unsupported one.
    pub fn of_unknown(name: &str) -> Option<Self> {
        const IMAGES: [&str; 36] = [
            "tif", "tiff", "btf", "png", "jpg", "jpeg", "webp", "bmp", "gif", "dcm", "nii", "mha", "mhd", "nrrd",
            "nhdr", "mgh", "mgz", "mnc", "jp2", "j2k", "jpx", "jxl", "heic", "heif", "avif", "psd", "npy", "npz",
            "mat", "svs", "czi", "zip", "7z", "rar", "tar", "tgz",
        ];
        let file = name.rsplit(['/', '\\']).next().unwrap_or_default();
        let image = IMAGES.contains(&extension(file).as_str()) || file.to_ascii_lowercase().ends_with(".nii.gz");
        (!image).then(|| Self::of(name).unwrap_or(Self::Other))
    }

    /// Whether a zip is not a folder of files but the document of a program, such as `model.pt`, by its name.
    pub(crate) fn of_zip(name: &str) -> bool {
        let file = name.rsplit(['/', '\\']).next().unwrap_or_default();
        !matches!(extension(file).as_str(), "" | "zip") && Self::of_unknown(name).is_some()
    }

    /// The kind of a file that was read and turned out to be no slice.
    pub fn of_error(error: &Error) -> Option<Self> {
        match error {
            Error::File { fault: FileFault::NoPictures { kind }, .. } => Some(Self::NoPictures(kind)),
            _ => None,
        }
    }

    /// How many files of which kinds were passed over, in one line; `None` without any.
    pub fn summary(kinds: impl IntoIterator<Item = Self>) -> Option<String> {
        let mut counts: BTreeMap<Self, usize> = BTreeMap::new();
        kinds.into_iter().for_each(|kind| *counts.entry(kind).or_default() += 1);
        let total: usize = counts.values().sum();
        let files = if total == 1 { "file" } else { "files" };
        let each: Vec<String> = counts.into_iter().map(|(kind, count)| format!("{kind}: {count}")).collect();
        (total > 0).then(|| format!("{total} {files} passed over ({})", each.join(", ")))
    }
}

impl fmt::Display for Litter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "system file",
            Self::Text => "text",
            Self::Table => "table",
            Self::Json => "JSON",
            Self::Document => "document",
            Self::Video => "video",
            Self::NoPictures(kind) => kind,
            Self::Other => "not an image",
        })
    }
}

/// The extension in lower case; empty without one.
fn extension(file: &str) -> String {
    file.rsplit_once('.').map_or_else(String::new, |(_, extension)| extension.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_beside_slices_are_known_by_their_names() {
        for (name, kind) in [
            ("p/._a.tif", Litter::System),
            (".DS_Store", Litter::System),
            ("__MACOSX/p/a.tif", Litter::System),
            ("p\\Thumbs.db", Litter::System),
            ("Desktop.ini", Litter::System),
            (".ipynb_checkpoints/a.tif", Litter::System),
            ("@eaDir/a.tif/SYNOPHOTO_THUMB_M.jpg", Litter::System),
            ("README.md", Litter::Text),
            ("p/list.CSV", Litter::Table),
            ("dataset.json", Litter::Json),
            ("paper.pdf", Litter::Document),
            ("scan.MP4", Litter::Video),
        ] {
            assert_eq!(Litter::of(name), Some(kind), "{name}");
        }
        for name in ["a.tif", "IMG.0001", "a", "p.pdf/a.png", "a.xyz", "./a.tif"] {
            assert_eq!(Litter::of(name), None, "{name}");
        }
        assert_eq!(Litter::of_unknown("a.xyz"), Some(Litter::Other));
        assert_eq!(["a.TIF", "a.nrrd", "a.npy", "a.heic", "a.7z"].map(Litter::of_unknown), [None; 5]);
    }

    #[test]
    fn only_zips_of_files_are_folders() {
        assert!(Litter::of_zip("model.pt") && Litter::of_zip("p/a.pptx"));
        assert!(
            !Litter::of_zip("a.ZIP") && !Litter::of_zip("a") && !Litter::of_zip("a.tif") && !Litter::of_zip("a.npz")
        );
    }

    #[test]
    fn files_that_are_passed_over_are_one_line() {
        let kinds = [vec![Litter::Other; 300], vec![Litter::Text]].concat();
        assert_eq!(Litter::summary(kinds).as_deref(), Some("301 files passed over (text: 1, not an image: 300)"));
        assert_eq!(Litter::summary([]), None);
    }
}
