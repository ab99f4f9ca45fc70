//! What others wrote, so that it can do nothing to the terminal.

use std::borrow::Cow;

/// `text` without characters that steer a terminal, or turn around what is read. Lines and tabs stay.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let shown = |c: char| if steers(c) { '\u{fffd}' } else { c };
    Cow::Owned(text.replace("\r\n", "\n").chars().map(shown).collect())
}

fn steers(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        // Text that runs the other way, for which terminals have no brackets.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        other => other.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(clean("a\n\tb ü 漢"), "a\n\tb ü 漢");
        assert_eq!(
            clean("\u{1b}[31mred\u{1b}]0;title\u{7}"),
            "\u{fffd}[31mred\u{fffd}]0;title\u{fffd}"
        );
        assert_eq!(clean("a\r\nb\rc"), "a\nb\u{fffd}c");
        assert_eq!(clean("x\u{9b}2J"), "x\u{fffd}2J");
        assert_eq!(clean("safe\u{202e}exe"), "safe\u{fffd}exe");
    }
}
