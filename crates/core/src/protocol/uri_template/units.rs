//! The alphabet in which literals and URIs are compared.
//!
//! A unit is one decoded byte and a mark telling whether the URI carried it percent-encoded. The
//! mark is what keeps `a%2Fb` one segment, and what lets a value hold the text of a literal.

/// One decoded byte; [`ENCODED`] is set when it was (or has to be) written as `%XX`.
pub(super) type Unit = u16;

/// The mark of a byte that stands as `%XX` in the URI.
pub(super) const ENCODED: Unit = 0x100;

/// What is wrong with a `%` and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadPercent(pub(super) usize);

/// Bytes that mean nothing to the syntax and read the same whether encoded or not (RFC 3986, 2.3).
pub(super) const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Bytes that may stand in a URI as they are.
pub(super) const fn is_uri_byte(byte: u8) -> bool {
    is_unreserved(byte)
        || matches!(byte, b'!' | b'#'..=b'$' | b'&'..=b',' | b'/' | b':' | b';')
        || matches!(byte, b'=' | b'?' | b'@' | b'[' | b']')
}

/// The units of a piece of a URI. Bytes no URI may carry raw count as encoded.
pub(super) fn units(text: &str) -> Result<Vec<Unit>, BadPercent> {
    let bytes = text.as_bytes();
    let mut units = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte == b'%' {
            let decoded = hex_pair(bytes, at + 1).ok_or(BadPercent(at))?;
            units.push(ENCODED | Unit::from(decoded));
            at += 3;
        } else {
            units.push(if is_uri_byte(byte) {
                Unit::from(byte)
            } else {
                ENCODED | Unit::from(byte)
            });
            at += 1;
        }
    }
    Ok(units)
}

fn hex_pair(bytes: &[u8], at: usize) -> Option<u8> {
    let digit = |at: usize| char::from(*bytes.get(at)?).to_digit(16);
    u8::try_from(digit(at)? << 4 | digit(at + 1)?).ok()
}

/// The bytes behind units as text; `None` when they are not UTF-8.
pub(super) fn text(units: &[Unit]) -> Option<String> {
    String::from_utf8(units.iter().copied().map(byte).collect()).ok()
}

/// The byte behind a unit.
pub(super) fn byte(unit: Unit) -> u8 {
    unit.to_le_bytes()[0]
}

/// Forgets the mark, except on the three bytes whose encoded form means something else.
pub(super) fn fold(unit: Unit) -> Unit {
    if matches!(byte(unit), b'/' | b'?' | b'#') {
        unit
    } else {
        unit & !ENCODED
    }
}

/// Forgets the mark where RFC 3986 gives it no meaning: `%2D` in a template is `-`.
pub(super) fn unmark_unreserved(unit: Unit) -> Unit {
    if is_unreserved(byte(unit)) {
        unit & !ENCODED
    } else {
        unit
    }
}

/// Decodes one percent-encoded piece; `None` for a broken sequence or text that is not UTF-8.
pub(super) fn decode(piece: &str) -> Option<String> {
    text(&units(piece).ok()?)
}

/// Appends `byte` as `%XX`.
pub(super) fn push_encoded(out: &mut String, byte: u8) {
    out.push_str(percent_encoding::percent_encode_byte(byte));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_or_refuses() {
        for (piece, expect) in [
            ("a%20b", Some("a b")),
            ("a+b", Some("a+b")),
            ("caf%c3%A9", Some("café")),
            ("café", Some("café")),
            ("%", None),
            ("%4", None),
            ("%zz", None),
            ("%+1", None),
            ("%FF", None),
            ("%C3", None),
        ] {
            assert_eq!(decode(piece).as_deref(), expect, "{piece}");
        }
    }

    #[test]
    fn uri_bytes_are_those_of_rfc_3986() {
        let expect = "!#$&'()*+,-./:;=?@[]_~";
        let punctuation: String = (0..128u8)
            .filter(|byte| !byte.is_ascii_alphanumeric() && is_uri_byte(*byte))
            .map(char::from)
            .collect();
        assert_eq!(punctuation, expect);
    }
}
