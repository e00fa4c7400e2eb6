//! [`decimal`]: numbers as DICOM's decimal strings.

/// A number in at most 16 characters, with as many digits as fit. Its absolute value is below 10⁶.
pub(super) fn decimal(number: f64) -> String {
    // A sum with 0 has no negative zero.
    let shortest = (number + 0.0).to_string();
    if shortest.len() <= 16 {
        return shortest;
    }
    let rounded = (0..=14).rev().map(|digits| format!("{number:.digits$}")).find(|text| text.len() <= 16);
    let text = rounded.unwrap_or_default();
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_at_most_16_characters() {
        for (number, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (0.9375, "0.9375"),
            (-123_456.789, "-123456.789"),
            (1.0 / 3.0, "0.33333333333333"),
            (-1.0 / 3.0, "-0.3333333333333"),
            (1e-20, "0"),
            (-1e-20, "0"),
            (-999_999.123_456_789_1, "-999999.12345679"),
        ] {
            assert_eq!(decimal(number), text);
            assert!(text.len() <= 16);
        }
    }
}
