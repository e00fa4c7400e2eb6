//! [`kind_name`]: what a file that is not read is, in words.

use super::dicom_head::is_dicom;

/// Whether the feature `formats` reads a kind.
const IN_FORMATS: bool = true;
const NEVER: bool = false;

/// What a file is and whether the feature `formats` reads it, judged by its first bytes. Most kinds need 8 of them, a BMP
/// 10, a WebP 12 and a DICOM file 132.
pub(super) fn kind_name(head: &[u8]) -> Option<(&'static str, bool)> {
    let at = |place: usize, bytes: &[u8]| head.get(place..place + bytes.len()) == Some(bytes);
    let first: [(&[u8], &str, bool); 17] = [
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
    ];
    if let Some(&(_, name, in_formats)) = first.iter().find(|(bytes, ..)| at(0, bytes)) {
        return Some((name, in_formats));
    }
    match head {
        _ if at(0, b"RIFF") && at(8, b"WEBP") => Some(("a WebP", IN_FORMATS)),
        _ if at(0, b"RIFF") && head.len() >= 12 => Some(("a video or sound", NEVER)),
        // Two letters are not enough: a text may begin with them. The reserved bytes are 0.
        _ if at(0, b"BM") && at(6, &[0; 4]) => Some(("a BMP", IN_FORMATS)),
        _ if at(4, b"ftyp") => Some(("a video or an HEIF image", NEVER)),
        _ if is_dicom(head) => Some(("a DICOM file", IN_FORMATS)),
        _ => None,
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
        assert_eq!([&b""[..], b"BM", b"BMI,age,sex\n", b"id,name\n"].map(kind_name), [None; 4]);
    }
}
