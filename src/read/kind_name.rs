//! [`kind_name`]: what a file that is not read is, in words.

/// What a file is, judged by its first bytes. Most kinds need 8 of them, a WebP 12 and a DICOM file 132.
pub(super) fn kind_name(head: &[u8]) -> Option<&'static str> {
    let at = |place: usize, bytes: &[u8]| head.get(place..place + bytes.len()) == Some(bytes);
    let first: [(&[u8], &str); 18] = [
        (b"%PDF", "a PDF"),
        (b"\xff\xd8\xff", "a JPEG"),
        (b"GIF8", "a GIF"),
        (b"PK\x03\x04", "a zip"),
        (b"PK\x05\x06", "an empty zip"),
        (b"\x1f\x8b", "a gzip file, such as a NIfTI volume"),
        (b"\x5c\x01\0\0", "a NIfTI volume"),
        (b"\0\0\x01\x5c", "a NIfTI volume"),
        (b"\0\0\0\x0cjP", "a JPEG 2000"),
        (b"\xff\x4f\xff\x51", "a JPEG 2000"),
        (b"\xff\x0a", "a JPEG XL"),
        (b"\x89HDF", "an HDF5 file, such as a new MATLAB file"),
        (b"MATLAB", "a MATLAB file"),
        (b"NRRD", "an NRRD volume"),
        (b"\x93NUMPY", "a NumPy array"),
        (b"7z\xbc\xaf", "a 7z archive"),
        (b"Rar!", "a RAR archive"),
        (b"8BPS", "a Photoshop file"),
    ];
    if let Some((_, name)) = first.iter().find(|(bytes, _)| at(0, bytes)) {
        return Some(name);
    }
    match head {
        _ if at(0, b"RIFF") && at(8, b"WEBP") => Some("a WebP"),
        _ if at(0, b"RIFF") && head.len() >= 12 => Some("a video or sound"),
        _ if at(0, b"BM") && at(6, b"\0\0") => Some("a BMP"),
        _ if at(4, b"ftyp") => Some("a video or an HEIF image"),
        _ if at(0, b"\x1a\x45\xdf\xa3") => Some("a video"),
        _ if at(128, b"DICM") => Some("a DICOM file"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_named() {
        assert_eq!(kind_name(b"%PDF-1.7"), Some("a PDF"));
        assert_eq!(kind_name(b"RIFF\x10\0\0\0WEBPVP8L"), Some("a WebP"));
        assert_eq!(kind_name(b"RIFF\x10\0\0\0AVI LIST"), Some("a video or sound"));
        assert_eq!(kind_name(&[&[0; 128][..], b"DICM"].concat()), Some("a DICOM file"));
        assert_eq!([&b""[..], b"BM", b"BMI,age\n", b"id,name\n"].map(kind_name), [None; 4]);
    }
}
