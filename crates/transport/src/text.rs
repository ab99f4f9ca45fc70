//! Messages as text.

/// A message on one line. Within JSON, line breaks stand only between tokens, where a space does as well;
/// most messages have none.
#[must_use]
pub(crate) fn one_line(mut message: Vec<u8>) -> Vec<u8> {
    for at in memchr::memchr2_iter(b'\n', b'\r', &message).collect::<Vec<_>>() {
        message[at] = b' ';
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_become_spaces() {
        for (text, expect) in [
            ("{}", "{}"),
            ("{\"a\":\r\n\"\\n\"}\n", "{\"a\":  \"\\n\"} "),
        ] {
            assert_eq!(one_line(text.into()), expect.as_bytes());
        }
    }
}
