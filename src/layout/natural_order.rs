//! The order that a person would put names in.

use std::cmp::Ordering;

/// The order that a person would put names in: runs of digits compare as numbers of any length, letters without regard
/// to case, and digits stand before everything else. A total order: names that are equal in this sense compare
/// character by character.
pub fn natural_order(a: &str, b: &str) -> Ordering {
    Tokens(a).cmp(Tokens(b)).then_with(|| a.cmp(b))
}

/// The parts of a string that [`natural_order`] compares.
struct Tokens<'a>(&'a str);

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Token<'a> {
    /// A run of digits without leading zeros, by its length and then its digits: their numeric order.
    Number(usize, &'a str),
    /// Anything else, in lower case.
    Other(char),
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let first = self.0.chars().next()?;
        let digits = self.0.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.0.len());
        if digits > 0 {
            let (run, rest) = self.0.split_at(digits);
            self.0 = rest;
            let number = run.trim_start_matches('0');
            return Some(Token::Number(number.len(), number));
        }
        self.0 = &self.0[first.len_utf8()..];
        Some(Token::Other(first.to_lowercase().next().unwrap_or(first)))
    }
}
