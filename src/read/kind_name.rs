//! [`kind_name`]: what a file that is not read is, in words.

use super::dicom_head::is_dicom;

/// Whether the feature `formats` reads a kind.
const IN_FORMATS: bool = true;
const NEVER: bool = false;

/// What a file is and whether the feature `formats` reads it, judged by its first bytes. Most kinds need 8 of them, a BMP
/// 10, a WebP 12 and a DICOM file 132.
pub(super) fn kind_name(head: &[u8]) -> Option<(&'static str, bool)> {
    let at = |place: usize, bytes: &[u8]| head.get(place..place + bytes.len()) == Some(bytes);
    let first: [(&[u8], &str, bool); 19] = [
        (b"\xff\xd8\xff", "a JPEG", IN_FORMATS),
        (b"GIF8", "a GIF", IN_FORMATS),
        (b"%PDF", "a PDF", NEVER),
        (b"PK\x03\x04", "a zip", NEVER),
        (b"PK\x05\x06", "an empty zip", NEVER),
        (b"\x1f\x8b", "a gzip file without a NIfTI volume", NEVER),
        (b"\0\0\0\x0cjP", "a JPEG 2000", NEVER),
        (b"\xff\x4f\xff\x51", "a JPEG 2000", NEVER),
        (b"\xff\x0a", "a JPEG XL", NEVER),
        (b"\x89HDF", "an HDF5 file, such as a new MATLAB file", NEVER),
        (b"MATLAB", "a MATLAB file", NEVER),
        (b"NRRD", "an NRRD volume", NEVER),
        (b"\x93NUMPY", "a NumPy array", NEVER),
        (b"7z\xbc\xaf", "a 7z archive", NEVER),
        (b"Rar!", "a RAR archive", NEVER),
        (b"8BPS", "a Photoshop file", NEVER),
        (b"\x1a\x45\xdf\xa3", "a video", NEVER),
        (b"ObjectType", "a MetaImage volume", NEVER),
        (b"NDims", "a MetaImage volume", NEVER),
    ];
    if let Some(&(_, name, in_formats)) = first.iter().find(|(bytes, ..)| at(0, bytes)) {
        return Some((name, in_formats));
    }
    match head {
        _ if at(0, b"RIFF") && at(8, b"WEBP") => Some(("a WebP", IN_FORMATS)),
        _ if at(0, b"RIFF") && head.len() >= 12 => Some(("a video or sound", NEVER)),
        // Two letters are not enough: a text may begin with them. The reserved bytes are 0.
        _ if at(0, b"BM") && at(6, &[0; 4]) => Some(("a BMP", IN_FORMATS)),
        _ if at(4, b"ftyp") && [&b"hei"[..], b"hev", b"mif1", b"avi"].iter().any(|brand| at(8, brand)) => {
            Some(("an HEIF or AVIF image", NEVER))
        }
        _ if at(4, b"ftyp") => Some(("a video", NEVER)),
        _ if is_dicom(head) => Some(("a DICOM file", IN_FORMATS)),
        _ if head.is_empty() => Some(("an empty file", NEVER)),
        _ if head.len() >= LEAST && head.iter().all(|&byte| byte == 0) => Some(("a file of zeros", NEVER)),
        _ => text_name(head).map(|name| (name, NEVER)),
    }
}

/// The fewest bytes that are called a text or zeros.
const LEAST: usize = 8;

/// What a text is; `None` for other bytes.
fn text_name(head: &[u8]) -> Option<&'static str> {
    let text = match str::from_utf8(head) {
        Ok(text) => text,
        // The head of a longer text may end within a character.
        Err(error) if error.error_len().is_none() => str::from_utf8(&head[..error.valid_up_to()]).ok()?,
        Err(_) => return None,
    };
    let printable = |c: char| !c.is_control() || c.is_ascii_whitespace();
    let start = text.trim_start().to_ascii_lowercase();
    match () {
        () if head.len() < LEAST || !text.chars().all(printable) => None,
        () if ["<!doctype html", "<html"].iter().any(|tag| start.starts_with(tag)) => Some("a web page"),
        () if start.starts_with("version https://git-lfs") => Some("a Git LFS pointer without the file itself"),
        () => Some("a text"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_named() {
        assert_eq!(kind_name(b"%PDF-1.7"), Some(("a PDF", false)));
        assert_eq!(kind_name(b"RIFF\x10\0\0\0WEBPVP8L"), Some(("a WebP", true)));
        assert_eq!(kind_name(b"RIFF\x10\0\0\0AVI LIST"), Some(("a video or sound", false)));
        assert_eq!(kind_name(&[&[0; 128][..], b"DICM"].concat()), Some(("a DICOM file", true)));
        assert_eq!(kind_name(b"\0\0\0\x18ftypheic"), Some(("an HEIF or AVIF image", false)));
        assert_eq!(kind_name(b"\0\0\0\x18ftypmp42"), Some(("a video", false)));
        assert_eq!(kind_name(b""), Some(("an empty file", false)));
        assert_eq!(kind_name(&[0; 512]), Some(("a file of zeros", false)));
        assert_eq!(kind_name(b"BMI,age,sex\n"), Some(("a text", false)));
        assert_eq!(kind_name("id,größ".as_bytes().split_last().map_or(&[], |(_, cut)| cut)), Some(("a text", false)));
        assert_eq!(kind_name(b" <!DOCTYPE html>"), Some(("a web page", false)));
        assert_eq!([&b"BM"[..], b"\x01\x02\x03\x04\x05\x06\x07\x08", b"0123456\x00"].map(kind_name), [None; 3]);
    }
}
