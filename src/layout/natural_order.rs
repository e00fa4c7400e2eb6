//! [`natural_order()`]: the order of names in which 2 comes before 10.
//!
//! The `natord` crate was considered. It skips whitespace, so names that differ may compare as equal.

use std::cmp::Ordering;

/// Compares names in natural order: runs of digits compare as numbers of any length, letters compare without case, and
/// digits come before everything else.
///
/// The order is total: names that are equal by these rules compare character by character.
pub fn natural_order(a: &str, b: &str) -> Ordering {
    Tokens(a).cmp(Tokens(b)).then_with(|| a.cmp(b))
}

/// The parts of a string that [`natural_order()`] compares.
struct Tokens<'a>(&'a str);

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Token<'a> {
    /// A run of digits without leading zeros: its length, then its digits, which is numeric order.
    Number(usize, &'a str),
    /// Any other character, in lower case.
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
