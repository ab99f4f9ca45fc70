//! Words that somebody else has written, before they stand in an error of ours.

use fmcp_core::{Error, Kind};

/// The longest words that are repeated.
const MAX_LENGTH: usize = 200;

/// What may be repeated of `text`: one line, bounded, without anything that could steer a terminal.
pub(crate) fn repeated(text: &str) -> String {
    let mut words: String = text
        .chars()
        .take(MAX_LENGTH)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.chars().nth(MAX_LENGTH).is_some() {
        words.push('…');
    }
    words
}

/// What may be repeated of an explanation by somebody who may know our secrets: nothing that could be one.
pub(crate) fn harmless(text: &str) -> String {
    let shown = |word| if could_be_secret(word) { "…" } else { word };
    let words: Vec<_> = text.split(char::is_whitespace).map(shown).collect();
    repeated(&words.join(" "))
}

/// Long, and not a word of a language.
fn could_be_secret(word: &str) -> bool {
    word.len() > 32 || (word.len() >= 12 && word.bytes().any(|byte| byte.is_ascii_digit()))
}

/// Nobody is let in, for a reason that the user should read.
pub(crate) fn refused(words: impl Into<String>) -> Error {
    Error::new(Kind::Unauthenticated, words.into())
}

/// A setting that cannot work.
pub(crate) fn unusable(words: impl Into<String>) -> Error {
    Error::invalid_params(words.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_repeated_is_short_and_harmless() {
        assert_eq!(repeated("no\r\n\u{1b}[31mway"), "no   [31mway");
        assert_eq!(repeated(&"ä".repeat(300)).chars().count(), MAX_LENGTH + 1);
        assert_eq!(repeated(&"ä".repeat(200)), "ä".repeat(200));
    }

    #[test]
    fn what_could_be_a_secret_is_left_out() {
        for (text, expect) in [
            ("the code has expired", "the code has expired"),
            ("no misunderstanding: 404", "no misunderstanding: 404"),
            (
                "token eyJhbGciOiJFUzI1NiJ9.e30.x is over",
                "token … is over",
            ),
            ("token 2YotnFZFEjr1zCsicMWpAA", "token …"),
            ("unsupported_response_type", "unsupported_response_type"),
            ("abcdefghijklmnopqrstuvwxyzabcdefgh", "…"),
        ] {
            assert_eq!(harmless(text), expect);
        }
    }
}
