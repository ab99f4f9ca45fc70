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
}
