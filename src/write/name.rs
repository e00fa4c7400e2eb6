//! The names of a slice's files.

/// The name of a slice's mask file: `P/P_1.tif` → `P/P_1_mask.tif`, `stack.tif#2` →
/// `stack_2_mask.tif`.
///
/// An extension is one to five letters and digits with at least one letter, so `IMG.0001` has none. Opened together with the
/// slice, or with the stack, the mask is its reference.
pub fn mask_name(slice: &str) -> String {
    named(slice, "_mask.tif")
}

/// The name of the picture of a slice with its mask: `P/P_1.tif` → `P/P_1_overlay.png`.
pub fn overlay_name(slice: &str) -> String {
    named(slice, "_overlay.png")
}

fn named(slice: &str, ending: &str) -> String {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (file, page) = match slice.rsplit_once('#') {
        Some((file, page)) if digits(page) => (file, format!("_{page}")),
        _ => (slice, String::new()),
    };
    let extension = |ending: &str| {
        (1..=5).contains(&ending.len()) && ending.bytes().all(|byte| byte.is_ascii_alphanumeric()) && !digits(ending)
    };
    let stem = match file.rsplit_once('.') {
        Some((stem, ending)) if extension(ending) && !stem.is_empty() && !stem.ends_with('/') => stem,
        _ => file,
    };
    format!("{stem}{page}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_after_slices() {
        for (name, expected) in [
            ("P/P_1.tif", "P/P_1_mask.tif"),
            ("stack.tiff#12", "stack_12_mask.tif"),
            ("a.b/c", "a.b/c_mask.tif"),
            ("odd#name.png", "odd#name_mask.tif"),
            ("v1.2.tif", "v1.2_mask.tif"),
            ("IMG.0001", "IMG.0001_mask.tif"),
        ] {
            assert_eq!(mask_name(name), expected, "{name}");
        }
        assert_eq!(overlay_name("P/P_1.tif"), "P/P_1_overlay.png");
    }
}
