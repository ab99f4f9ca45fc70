//! A reader of JSON that understands nothing: it checks every byte against the grammar and says where
//! the values stand.
//!
//! Written by hand because no crate does this: one pass over a message finds the parts of the envelope,
//! of its parameters and of their metadata, without copying, and refuses nesting beyond a limit on the
//! way. (A parser with raw values goes over the same bytes once for every level, and knows no limit for
//! what it skips.) What it accepts is what `serde_json` accepts; tests hold the two against each other.

use std::{borrow::Cow, fmt};

use super::span::Span;
use crate::json::Key;

/// Why a text cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The text is not JSON: what was expected, and at which byte.
    Syntax(&'static str, usize),
    /// Values nest deeper than the limit.
    TooDeep,
    /// Something else than an object, where one must stand.
    NotAnObject,
    /// The part of this name stands twice in one object.
    Twice(&'static str),
    /// An array has more elements than the limit.
    TooMany,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(expected, at) => write!(f, "not JSON: expected {expected} at byte {at}"),
            Self::TooDeep => f.write_str("it nests too deeply"),
            Self::NotAnObject => f.write_str("an object is expected"),
            Self::Twice(name) => write!(f, "`{name}` is there twice"),
            Self::TooMany => f.write_str("the batch holds too many messages"),
        }
    }
}

/// Goes over a text once. Outside of strings JSON is ASCII; whether the strings are UTF-8 is checked at
/// the [end](Scanner::end), and only where one of them is not ASCII.
pub(crate) struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
    /// How many more levels there may be.
    levels: usize,
    /// The high bits of what has been seen in strings.
    high: u64,
}

type Scan<T = ()> = Result<T, Trouble>;

/// The high bit of every byte.
const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);

/// Sets the high bit of every byte that is a quote, a backslash or a control character. The lowest one
/// set is right; a borrow may set others above it.
fn meaningful(chunk: u64) -> u64 {
    const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
    let quote = chunk ^ (ONES * 0x22);
    let backslash = chunk ^ (ONES * b'\\' as u64);
    let below = |bytes: u64, limit: u64| bytes.wrapping_sub(ONES * limit) & !bytes & HIGHS;
    below(quote, 1) | below(backslash, 1) | below(chunk, 0x20)
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a [u8], levels: usize) -> Self {
        Self {
            text,
            at: 0,
            levels,
            high: 0,
        }
    }

    /// How far it has come.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// The next byte that is not white space.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        while let Some(&byte) = self.text.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    /// Nothing but white space may follow, and the whole must be UTF-8.
    pub(crate) fn end(&mut self) -> Scan {
        if self.peek().is_some() {
            return self.expected("the end");
        }
        if self.high & HIGHS != 0
            && let Err(error) = std::str::from_utf8(self.text)
        {
            return Err(Trouble::Syntax("UTF-8", error.valid_up_to()));
        }
        Ok(())
    }

    /// Goes over one value of any kind and says where it stands.
    pub(crate) fn value(&mut self) -> Scan<Span> {
        let first = self.peek();
        let start = self.at;
        match first {
            Some(b'"') => self.string().map(drop)?,
            Some(b'{') => self.object(|scanner, _| scanner.value().map(drop))?,
            Some(b'[') => self.array(|scanner| scanner.value().map(drop))?,
            Some(b't') => self.word(b"true")?,
            Some(b'f') => self.word(b"false")?,
            Some(b'n') => self.word(b"null")?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            _ => return self.expected("a value"),
        }
        Ok(Span::new(start, self.at))
    }

    /// Goes over an object; `field` is called at each value, with its key, and must go over it.
    pub(crate) fn object(
        &mut self,
        mut field: impl FnMut(&mut Self, Cow<'a, [u8]>) -> Scan,
    ) -> Scan {
        self.open()?;
        if self.peek() == Some(b'}') {
            return self.close();
        }
        loop {
            if self.peek() != Some(b'"') {
                return self.expected("a key");
            }
            let key = self.key()?;
            if self.peek() != Some(b':') {
                return self.expected("`:`");
            }
            self.at += 1;
            field(self, key)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => return self.close(),
                _ => return self.expected("`,` or `}`"),
            }
        }
    }

    /// Goes over an array; `element` is called at each value and must go over it.
    pub(crate) fn array(&mut self, mut element: impl FnMut(&mut Self) -> Scan) -> Scan {
        self.open()?;
        if self.peek() == Some(b']') {
            return self.close();
        }
        loop {
            element(self)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => return self.close(),
                _ => return self.expected("`,` or `]`"),
            }
        }
    }

    fn open(&mut self) -> Scan {
        self.levels = self.levels.checked_sub(1).ok_or(Trouble::TooDeep)?;
        self.at += 1;
        Ok(())
    }

    fn close(&mut self) -> Scan {
        self.levels += 1;
        self.at += 1;
        Ok(())
    }

    fn key(&mut self) -> Scan<Cow<'a, [u8]>> {
        let start = self.at;
        if !self.string()? {
            return Ok(Cow::Borrowed(&self.text[start + 1..self.at - 1]));
        }
        match serde_json::from_slice::<String>(&self.text[start..self.at]) {
            Ok(key) => Ok(Cow::Owned(key.into_bytes())),
            Err(_) => Err(Trouble::Syntax("a key that can be read", start)),
        }
    }

    /// Goes over a string; whether it has escapes. Halves of surrogate pairs without the other half are
    /// left to whoever reads the string.
    fn string(&mut self) -> Scan<bool> {
        self.at += 1;
        let mut escaped = false;
        loop {
            self.skip_ordinary();
            match self.text.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(_) => return self.expected("no control character"),
                None => return self.expected("`\"`"),
            }
        }
        self.at += 1;
        Ok(escaped)
    }

    /// Goes on to the next byte of a string that means something, eight bytes at a time.
    fn skip_ordinary(&mut self) {
        while let Some(chunk) = self.text[self.at..].first_chunk::<8>() {
            let chunk = u64::from_le_bytes(*chunk);
            let found = meaningful(chunk);
            if found != 0 {
                // The bytes before the one found are the string's; those behind it are seen again.
                let before = found.trailing_zeros() / 8;
                self.high |= chunk & !(u64::MAX << (8 * before));
                self.at += before as usize;
                return;
            }
            self.high |= chunk;
            self.at += 8;
        }
        while let Some(&byte) = self.text.get(self.at) {
            if byte < 0x20 || byte == b'"' || byte == b'\\' {
                return;
            }
            self.high |= u64::from(byte);
            self.at += 1;
        }
    }

    fn escape(&mut self) -> Scan {
        self.at += 1;
        match self.text.get(self.at) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 1;
                Ok(())
            }
            Some(b'u') => {
                let digits = self.text.get(self.at + 1..self.at + 5);
                if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
                    return self.expected("four hexadecimal digits");
                }
                self.at += 5;
                Ok(())
            }
            _ => self.expected("an escape"),
        }
    }

    fn word(&mut self, word: &'static [u8]) -> Scan {
        if !self.text[self.at..].starts_with(word) {
            return self.expected("a value");
        }
        self.at += word.len();
        Ok(())
    }

    fn number(&mut self) -> Scan {
        if self.text[self.at] == b'-' {
            self.at += 1;
        }
        if self.text.get(self.at) == Some(&b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.text.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.text.get(self.at) {
            self.at += 1;
            if let Some(b'+' | b'-') = self.text.get(self.at) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Scan {
        let start = self.at;
        while self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        if self.at == start {
            self.expected("a digit")
        } else {
            Ok(())
        }
    }

    #[cold]
    fn expected<T>(&self, what: &'static str) -> Scan<T> {
        Err(Trouble::Syntax(what, self.at))
    }
}

/// The text of a JSON string; borrowed where it has no escapes.
pub(crate) fn text(json: &[u8]) -> Option<Cow<'_, str>> {
    let inner = json.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    if !inner.contains(&b'\\') {
        return std::str::from_utf8(inner).ok().map(Cow::Borrowed);
    }
    let Key(text) = serde_json::from_slice(json).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scanned(text: &str, levels: usize) -> Scan<Span> {
        let mut scanner = Scanner::new(text.as_bytes(), levels);
        let span = scanner.value()?;
        scanner.end().map(|()| span)
    }

    /// The reference. It does not look into the strings that it skips for lone surrogates, either.
    fn is_json(text: &str) -> bool {
        serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
    }

    #[test]
    fn accepts_what_the_reference_accepts() {
        for text in [
            "null",
            "true",
            "false",
            " [ ] ",
            "{}",
            "0",
            "-0",
            "01",
            "-",
            "1.",
            ".5",
            "1.5e",
            "1e+5",
            "1E-5",
            "1e5.5",
            "+1",
            "nul",
            "truefalse",
            "\"\"",
            "\"a",
            "\"\\u12\"",
            "\"\\u12zz\"",
            "\"\\x\"",
            "\"\u{1}\"",
            "\"\\\"\"",
            "[1,]",
            "[,1]",
            "[1 2]",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{a:1}",
            "{\"a\":1 \"b\":2}",
            "[1]x",
            "",
            " ",
            "\u{feff}1",
            "\"\u{1F600}\"",
            "{\"a\\n\":[{},[],{\"b\":null}]}",
            "[",
            "]",
            "{",
            "}",
            "\"\\",
        ] {
            assert_eq!(scanned(text, 128).is_ok(), is_json(text), "{text:?}");
        }
    }

    #[test]
    fn every_byte_is_judged_alike_wherever_it_stands() {
        for byte in 0..=u8::MAX {
            let meant = byte < 0x20 || byte == b'"' || byte == b'\\';
            for at in 0..8 {
                let mut bytes = [b'a'; 8];
                bytes[at] = byte;
                let found = meaningful(u64::from_le_bytes(bytes));
                assert_eq!(found != 0, meant, "{byte:#x}");
                assert!(
                    !meant || (found.trailing_zeros() / 8) as usize == at,
                    "{byte:#x} at {at}"
                );
            }
        }
    }

    #[test]
    fn depth_is_limited_at_its_edge() {
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(scanned(&nested(4), 4).is_ok());
        assert_eq!(scanned(&nested(5), 4), Err(Trouble::TooDeep));
        assert_eq!(scanned(&"[".repeat(100_000), 128), Err(Trouble::TooDeep));
        assert!(scanned("[[],[],[],[[]]]", 3).is_ok());
    }

    fn nearly_json() -> impl Strategy<Value = String> {
        let piece = proptest::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\"a\"",
            "\"\\u00e9\"",
            "1",
            "-1.5e3",
            "0",
            "true",
            "null",
            " ",
            "\\",
            "é",
            "\u{7}",
            "{\"k\":1}",
            "[1,\"x\"]",
        ]);
        proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn agrees_with_the_reference(text in nearly_json()) {
            prop_assert_eq!(scanned(&text, 128).is_ok(), is_json(&text), "{:?}", text);
        }

        #[test]
        fn survives_any_text(text in ".*") {
            prop_assert_eq!(scanned(&text, 128).is_ok(), is_json(&text));
        }
    }
}
