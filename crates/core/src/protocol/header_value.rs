//! Texts of a message as they stand in HTTP headers: `Mcp-Name` and `Mcp-Param-…` repeat what the body
//! says, plainly where a header can carry it and in base64 where not.

use std::{borrow::Cow, fmt};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::HeaderValue;

const PREFIX: &str = "=?base64?";
const SUFFIX: &str = "?=";

/// The text that a header carries.
///
/// A value that only begins or only ends like an encoded one is taken as it is.
///
/// ```
/// use fmcp_core::protocol::header_value::{decode, encode};
/// use http::HeaderValue;
///
/// let value = HeaderValue::from_static("=?base64?SGVsbG8sIOS4lueVjA==?=");
/// assert_eq!(decode(&value).unwrap(), "Hello, 世界");
/// assert_eq!(encode("Hello, 世界"), "=?base64?SGVsbG8sIOS4lueVjA==?=");
/// assert_eq!(encode("us-west1"), "us-west1");
/// ```
///
/// # Errors
/// When it holds what no such header may hold, or says that it is encoded and is not.
pub fn decode(value: &HeaderValue) -> Result<Cow<'_, str>, Undecodable> {
    // Visible ASCII, spaces and tabs; what stands around the value is not part of it.
    let text = value.to_str().map_err(|_| Undecodable::Characters)?;
    let text = text.trim_matches([' ', '\t']);
    let encoded = text
        .strip_prefix(PREFIX)
        .and_then(|rest| rest.strip_suffix(SUFFIX));
    let Some(encoded) = encoded else {
        return Ok(Cow::Borrowed(text));
    };
    let bytes = BASE64_STANDARD
        .decode(encoded)
        .map_err(|_| Undecodable::Base64)?;
    String::from_utf8(bytes)
        .map(Cow::Owned)
        .map_err(|_| Undecodable::Utf8)
}

/// The text as a header carries it. [`decode`] gives the text again.
#[must_use]
pub fn encode(text: &str) -> Cow<'_, str> {
    let looks_encoded = text.starts_with(PREFIX) && text.ends_with(SUFFIX);
    let is_padded = text.starts_with([' ', '\t']) || text.ends_with([' ', '\t']);
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t'));
    if is_plain && !is_padded && !looks_encoded {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("{PREFIX}{}{SUFFIX}", BASE64_STANDARD.encode(text)))
}

/// Why the value of a header cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Undecodable {
    /// It holds more than visible ASCII, spaces and tabs.
    Characters,
    /// It says that it is base64, and is not.
    Base64,
    /// It is base64, but of something else than a text.
    Utf8,
}

impl fmt::Display for Undecodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Characters => "contains invalid characters",
            Self::Base64 => "is not valid base64",
            Self::Utf8 => "is not the base64 of UTF-8 text",
        })
    }
}

impl std::error::Error for Undecodable {}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &[u8]) -> Result<String, Undecodable> {
        decode(&HeaderValue::from_bytes(value).unwrap()).map(Cow::into_owned)
    }

    #[test]
    fn what_the_specification_encodes_is_encoded_and_decoded() {
        for (text, header) in [
            ("us-west1", "us-west1"),
            ("Hello, 世界", "=?base64?SGVsbG8sIOS4lueVjA==?="),
            (" padded ", "=?base64?IHBhZGRlZCA=?="),
            ("line1\nline2", "=?base64?bGluZTEKbGluZTI=?="),
            ("=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="),
        ] {
            assert_eq!(encode(text), header);
            assert_eq!(read(header.as_bytes()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn what_a_header_can_carry_stays_as_it_is() {
        for text in [
            "",
            "a b",
            "a\tb",
            "=?base64?",
            "=?base64?YQ==",
            "YQ==?=",
            "=?BASE64?YQ==?=",
        ] {
            assert_eq!(encode(text), text);
            assert_eq!(read(text.as_bytes()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn every_text_survives_the_way() {
        for text in [
            "\t",
            " a",
            "a ",
            "\r\nX-Evil: 1",
            "\u{7f}",
            "=?base64?=",
            "=?base64??=",
        ] {
            let encoded = encode(text);
            assert!(encoded.starts_with(PREFIX), "{text:?} as {encoded:?}");
            assert_eq!(read(encoded.as_bytes()).as_deref(), Ok(text));
        }
        assert_eq!(read(b"=?base64??=").as_deref(), Ok(""));
    }

    #[test]
    fn space_around_a_value_is_not_part_of_it() {
        assert_eq!(read(b" \tus-west1 ").as_deref(), Ok("us-west1"));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (header, why) in [
            (&b"caf\xc3\xa9"[..], Undecodable::Characters),
            (b"a\xffb", Undecodable::Characters),
            (b"=?base64?SGVsbG8?=", Undecodable::Base64),
            (b"=?base64?SGVs bG8=?=", Undecodable::Base64),
            (b"=?base64?YR==?=", Undecodable::Base64),
            (b"=?base64?YQ==YQ==?=", Undecodable::Base64),
            (b"=?base64?_-8=?=", Undecodable::Base64),
            (b"=?base64?!!!?=", Undecodable::Base64),
            (b"=?base64?/w==?=", Undecodable::Utf8),
        ] {
            assert_eq!(read(header), Err(why), "{}", header.escape_ascii());
        }
    }
}
